//! Vestibule around plain hyper, without axum: `cargo run --example hyper_server`. `PORT` says where it
//! listens.

mod acme;

use std::{convert::Infallible, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder, ServiceExt};
use vestibule::{MemberSession, PeerAddress, Requirement, Vestibule, domain::FactorDemand};

use acme::Error;

type Answer = Response<Full<Bytes>>;

/// The application: what is demanded stands around the service that it is demanded for.
fn application(
    vestibule: &Vestibule,
) -> impl Service<Request<Incoming>, Response = Answer, Error = Infallible, Future: Send> + Clone + Send + 'static
{
    let account = ServiceBuilder::new().layer(vestibule.require(Requirement::member())).service_fn(account);
    let fresh = FactorDemand::secondary().within(Duration::from_secs(300));
    let fresh = vestibule.require(Requirement::member().factor(fresh)).back_to("/account");
    let transfer = ServiceBuilder::new().layer(fresh).service_fn(transfer);
    let mails = vestibule.clone();

    let routes = move |request: Request<Incoming>| {
        let (account, transfer, mails) = (account.clone(), transfer.clone(), mails.clone());
        async move {
            match (request.method(), request.uri().path()) {
                (&Method::GET, "/") => Ok(text("Everybody may read this.")),
                (&Method::GET, "/mailbox") => Ok(text(acme::mailbox(&mails))),
                (&Method::GET, "/account") => account.oneshot(request).await,
                (&Method::POST, "/transfer") => transfer.oneshot(request).await,
                _ => Ok(not_found()),
            }
        }
    };
    ServiceBuilder::new().layer(vestibule.session_layer()).layer(vestibule.auth_layer()).service_fn(routes)
}

async fn account(request: Request<Incoming>) -> Result<Answer, Infallible> {
    Ok(text(match request.extensions().get::<MemberSession>() {
        Some(session) => {
            format!("{} is signed in to {}.", session.email_address(), session.organization_slug())
        }
        None => "RequireLayer lets nobody get here without a session.".to_owned(),
    }))
}

async fn transfer(_: Request<Incoming>) -> Result<Answer, Infallible> {
    Ok(text("Transferred."))
}

fn text(text: impl Into<Bytes>) -> Answer {
    Response::new(Full::new(text.into()))
}

fn not_found() -> Answer {
    let mut answer = text("There is nothing here.");
    *answer.status_mut() = StatusCode::NOT_FOUND;
    answer
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let listener = TcpListener::bind(("127.0.0.1", acme::port()?)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let vestibule = Vestibule::development().origin(&origin).home("/account").build().await?;
    acme::settle(&vestibule).await?;
    let _background = vestibule.start();

    println!("The application runs at {origin}; ada@acme.example and bob@acme.example may sign in\n");
    println!("  curl {origin}/            # for everybody");
    println!("  curl -i {origin}/account  # 401");
    println!("  curl -c jar -d email_address=ada@acme.example {origin}/auth/o/acme");
    println!("  curl {origin}/mailbox     # her code");
    println!("  curl -b jar -c jar -d code=… {origin}/auth/code");
    println!("  curl -b jar {origin}/account");
    println!("  curl -b jar -X POST {origin}/transfer");

    let application = application(&vestibule);
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Most often there are too many connections, and soon fewer.
                eprintln!("a connection was not accepted: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        // Limits count by the client's address, which hyper tells nobody.
        let service = ServiceBuilder::new()
            .map_request(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(PeerAddress(peer));
                request
            })
            .service(application.clone());
        tokio::spawn(async move {
            let connection = auto::Builder::new(TokioExecutor::new());
            let service = TowerToHyperService::new(service);
            if let Err(error) = connection.serve_connection(TokioIo::new(stream), service).await {
                eprintln!("a connection failed: {error}");
            }
        });
    }
}
