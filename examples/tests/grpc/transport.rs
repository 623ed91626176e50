//! The same layers around `tonic::transport::Server`.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::net::TcpListener;
use tonic::{
    Code,
    body::Body,
    server::{Grpc, NamedService},
    transport::server::{Server, TcpIncoming},
};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};
use vestibule::{
    Requirement, Vestibule, Vouched,
    domain::{FactorKind, OrganizationId},
};

use crate::{
    Ledger, acme, info,
    ledger::{BalanceReply, BalanceRequest, Ledger as Account},
};

/// As generated servers are.
#[derive(Clone)]
struct Generated(Account);

impl NamedService for Generated {
    const NAME: &'static str = "bank.Ledger";
}

impl Service<http::Request<Body>> for Generated {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let account = self.0.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<BalanceReply, BalanceRequest>::default());
            Ok(grpc.unary(service_fn(move |asked| account.clone().balance(asked)), request).await)
        })
    }
}

/// Ada's session, of whom the application has made sure by itself.
async fn ada(vestibule: &Vestibule) -> String {
    let vouched = Vouched {
        kind: FactorKind::Sso,
        address: "ada@acme.example".parse().unwrap(),
        verified: true,
        organizations: Vec::new(),
        proved_at: vestibule.now(),
        enter: Some(OrganizationId::new("organization-acme").unwrap()),
        return_to: None,
    };
    let (request, ()) = http::Request::new(()).into_parts();
    vestibule.vouch(&request, vouched).await.unwrap().session_token().unwrap().to_owned()
}

#[tokio::test]
async fn layers_go_around_tonics_own_server() {
    let vestibule = Vestibule::development().tokens_in_body().build().await.unwrap();
    acme::settle(&vestibule).await.unwrap();
    let member = vestibule.require(Requirement::member()).respond_with(vestibule::Grpc);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::builder()
        .layer(vestibule.session_layer())
        .layer(member)
        .add_service(Generated(Account::new(10_000)));
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));

    let refused = Ledger::at(&origin, None).balance().await.unwrap_err();
    info(&refused, Code::Unauthenticated, "UNAUTHENTICATED");
    let reply = Ledger::at(&origin, Some(&ada(&vestibule).await)).balance().await.unwrap();
    assert_eq!(reply, BalanceReply { owner: "ada@acme.example".to_owned(), cents: 10_000 });
}
