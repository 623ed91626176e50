//! Vestibule in front of a gRPC service, with tonic and without protoc: `cargo run --example grpc`. `PORT`
//! says where it listens. The sign-in answers JSON on the same port; its token goes into the metadata.

#[path = "../acme.rs"]
mod acme;
mod ledger;

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::Request,
    routing::{MethodRouter, get, post},
};
use ledger::Ledger;
use tokio::net::TcpListener;
use tonic::{Response, Status};
use tonic_prost::ProstCodec;
use vestibule::{
    Grpc, Requirement, Vestibule,
    domain::{FactorDemand, RoleId},
};

use acme::Error;

/// To gRPC a method is a path, so that a requirement is attached to it as to every other route.
fn router(vestibule: &Vestibule) -> Router {
    let ledger = Ledger::new(10_000);
    let require = |requirement| vestibule.require(requirement).respond_with(Grpc);
    let member = require(Requirement::member());
    let administrator = require(Requirement::member().role(RoleId::admin()));
    let fresh = FactorDemand::secondary().within(Duration::from_secs(300));
    let fresh = require(Requirement::member().factor(fresh));

    let mails = vestibule.clone();
    Router::new()
        .route("/bank.Ledger/Balance", unary(&ledger, Ledger::balance).route_layer(member))
        .route("/bank.Ledger/Transfer", unary(&ledger, Ledger::transfer).route_layer(fresh))
        .route("/bank.Ledger/Close", unary(&ledger, Ledger::close).route_layer(administrator))
        .route("/mailbox", get(async move || acme::mailbox(&mails)))
        .layer(vestibule.auth_layer())
        .layer(vestibule.session_layer())
}

/// A method with one message either way; generated servers do the same inside.
fn unary<Asked, Answered, M, Answering>(ledger: &Ledger, method: M) -> MethodRouter
where
    Asked: prost::Message + Default + 'static,
    Answered: prost::Message + Default + 'static,
    M: Fn(Ledger, tonic::Request<Asked>) -> Answering + Copy + Send + Sync + 'static,
    Answering: Future<Output = Result<Response<Answered>, Status>> + Send + 'static,
{
    let ledger = ledger.clone();
    post(async move |request: Request| {
        let mut grpc = tonic::server::Grpc::new(ProstCodec::<Answered, Asked>::default());
        grpc.unary(tower::service_fn(move |asked| method(ledger.clone(), asked)), request).await
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let listener = TcpListener::bind(("127.0.0.1", acme::port()?)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    // Clients are programs: tokens travel in bodies and metadata, never in cookies.
    let vestibule = Vestibule::development().origin(&origin).tokens_in_body().build().await?;
    acme::settle(&vestibule).await?;
    let _background = vestibule.start();

    println!("The service runs at {origin}; ada@acme.example and bob@acme.example may sign in\n");
    println!("  curl -d email_address=ada@acme.example {origin}/auth/o/acme");
    println!("  curl {origin}/mailbox   # her code");
    println!(
        "  curl -d email_address=ada@acme.example -d organization_slug=acme -d code=… {origin}/auth/code"
    );
    println!("  # an empty message is five zero bytes; the metadata carries the session_token");
    println!("  printf '\\0\\0\\0\\0\\0' | curl -sv --http2-prior-knowledge --data-binary @- -o reply \\");
    println!("    -H 'content-type: application/grpc' -H 'te: trailers' -H 'authorization: Bearer …' \\");
    println!("    {origin}/bank.Ledger/Balance");

    let service = router(&vestibule).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}
