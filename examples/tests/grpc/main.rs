//! A gRPC service behind Vestibule: which statuses a client meets, and what their details tell it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../acme.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod acme;
#[path = "../common/mod.rs"]
mod common;
#[path = "../../grpc/ledger.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod ledger;
mod transport;

use common::{Client, Example, Person};
use hyper_util::{
    client::legacy::{Client as Connections, connect::HttpConnector},
    rt::TokioExecutor,
};
use ledger::{BalanceReply, BalanceRequest, CloseRequest, TransferRequest};
use tonic::{Code, Request, Status, body::Body, client::Grpc};
use tonic_prost::ProstCodec;
use tonic_types::{ErrorInfo, StatusExt};

/// A client of the service, with or without a token in its metadata.
struct Ledger {
    grpc: Grpc<Connections<HttpConnector, Body>>,
    token: Option<String>,
}

impl Ledger {
    fn of(example: &Example, token: Option<&str>) -> Self {
        Self::at(example.origin(), token)
    }

    fn at(origin: &str, token: Option<&str>) -> Self {
        let connections = Connections::builder(TokioExecutor::new()).http2_only(true).build_http();
        let grpc = Grpc::with_origin(connections, origin.parse().unwrap());
        Self { grpc, token: token.map(str::to_owned) }
    }

    /// With the token that a person has now.
    fn for_person(example: &Example, person: &Person) -> Self {
        assert!(person.client.cookies.is_empty(), "nothing travels in cookies");
        Self::of(example, person.client.bearer.as_deref())
    }

    async fn call<M>(&mut self, method: &'static str, message: M) -> Result<BalanceReply, Status>
    where
        M: prost::Message + Default + 'static,
    {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        self.grpc.ready().await.unwrap();
        let path = format!("/bank.Ledger/{method}").parse().unwrap();
        let reply = self.grpc.unary(request, path, ProstCodec::<M, BalanceReply>::default()).await?;
        Ok(reply.into_inner())
    }

    async fn balance(&mut self) -> Result<BalanceReply, Status> {
        self.call("Balance", BalanceRequest {}).await
    }

    async fn transfer(&mut self, cents: u64) -> Result<BalanceReply, Status> {
        self.call("Transfer", TransferRequest { cents }).await
    }
}

/// The details of a refusal, read by a library that knows nothing of Vestibule.
#[track_caller]
fn info(refused: &Status, code: Code, reason: &str) -> ErrorInfo {
    assert_eq!(refused.code(), code, "{refused:?}");
    let info = refused.get_details_error_info().expect("details");
    assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason, "vestibule"));
    info
}

#[tokio::test]
async fn metadata_carries_the_token() {
    let example = Example::start("grpc");
    let ada = Person::sign_in(&example, "ada").await;
    let reply = Ledger::for_person(&example, &ada).balance().await.unwrap();
    assert_eq!(reply, BalanceReply { owner: "ada@acme.example".to_owned(), cents: 10_000 });
}

#[tokio::test]
async fn who_is_anonymous_gets_unauthenticated() {
    let example = Example::start("grpc");
    for token in [None, Some("nonsense")] {
        let refused = Ledger::of(&example, token).balance().await.unwrap_err();
        info(&refused, Code::Unauthenticated, "UNAUTHENTICATED");
        assert!(refused.message().starts_with("This needs a member session."), "{refused:?}");
    }
}

#[tokio::test]
async fn a_session_that_was_ended_is_refused() {
    let example = Example::start("grpc");
    let mut ada = Person::sign_in(&example, "ada").await;
    let mut ledger = Ledger::for_person(&example, &ada);
    ledger.balance().await.unwrap();
    ada.sign_out().await;
    info(&ledger.balance().await.unwrap_err(), Code::Unauthenticated, "UNAUTHENTICATED");
}

#[tokio::test]
async fn who_lacks_a_role_gets_permission_denied() {
    let example = Example::start("grpc");
    let bob = Person::sign_in(&example, "bob").await;
    let mut his = Ledger::for_person(&example, &bob);
    let refused = his.call("Close", CloseRequest {}).await.unwrap_err();
    let info = info(&refused, Code::PermissionDenied, "FORBIDDEN");
    assert!(info.metadata["unmet"].contains("\"role_id\":\"stytch_admin\""), "{info:?}");
    assert_eq!(his.balance().await.unwrap().cents, 10_000, "nothing was done");

    let ada = Person::sign_in(&example, "ada").await;
    let closed = Ledger::for_person(&example, &ada).call("Close", CloseRequest {}).await.unwrap();
    assert_eq!(closed.cents, 0);
}

#[tokio::test]
async fn who_lacks_a_factor_gets_a_challenge_and_meets_it() {
    let example = Example::start("grpc");
    let mut bob = Person::sign_in(&example, "bob").await;
    let refused = Ledger::for_person(&example, &bob).transfer(2_500).await.unwrap_err();
    let missing = info(&refused, Code::PermissionDenied, "ENROLMENT_REQUIRED");
    assert_eq!(missing.metadata["enrol_at"], "/auth/enrol");

    let mut app = Person::sign_in(&example, "bob").await.set_app_up().await;
    let mut before = Ledger::for_person(&example, &bob);
    let refused = before.transfer(2_500).await.unwrap_err();
    let challenge = info(&refused, Code::Unauthenticated, "INSUFFICIENT_FACTORS");
    assert_eq!(challenge.metadata["complete_at"], "/auth/step-up");
    assert!(challenge.metadata["unmet"].contains("\"max_age\":300"), "{challenge:?}");
    assert_eq!(before.balance().await.unwrap().cents, 10_000, "nothing was done");

    bob.answer(&challenge.metadata["challenge_token"], &mut app).await;
    let mut raised = Ledger::for_person(&example, &bob);
    assert_eq!(raised.transfer(2_500).await.unwrap().cents, 7_500);
    let refused = before.transfer(2_500).await.unwrap_err();
    info(&refused, Code::Unauthenticated, "UNAUTHENTICATED");
    assert_eq!(raised.balance().await.unwrap().cents, 7_500, "the former token moves nothing");
}

#[tokio::test]
async fn the_sign_in_is_served_on_the_same_port() {
    let example = Example::start("grpc");
    let mut client = Client::of(&example);
    client.get("/auth/jwks.json").await.expect(200);
    client.post_form("/auth/o/acme", &[("email_address", "ada@acme.example")]).await.expect(200);
    assert!(client.cookies.is_empty());
}
