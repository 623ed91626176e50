//! Two services and one sign-in: `cargo run --example verify_only`. The second one takes the session JWTs of the
//! first by its public keys; it has no store and no sign-in of its own. `PORT` says where the first listens,
//! the second is on the port after it.
//!
//! As it would be deployed, each by itself: `cargo run --example verify_only sign-in` and
//! `ISSUER=http://127.0.0.1:3000 PORT=3001 cargo run --example verify_only reports`.

mod acme;

use std::{env, future::pending, net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use tokio::net::TcpListener;
use vestibule::{
    Background, MemberSession, Requirement, Verifier, Vestibule,
    domain::{FactorDemand, RoleId},
};

use acme::Error;

/// The project id of a development deployment.
const PROJECT: &str = "project-test-00000000-0000-4000-8000-000000000000";

fn fresh_second_factor() -> Requirement {
    Requirement::member().factor(FactorDemand::secondary().within(Duration::from_secs(300)))
}

/// The first service: where people sign in, and prove again what a service asks for.
fn sign_in(vestibule: &Vestibule) -> Router {
    let fresh = vestibule.require(fresh_second_factor());
    Router::new()
        .route("/mailbox", get(mailbox))
        .route("/confirm", get(async || "Confirmed. The next session_jwt says so.").route_layer(fresh))
        .layer(vestibule.auth_layer())
        .layer(vestibule.session_layer())
        .with_state(vestibule.clone())
}

async fn mailbox(State(vestibule): State<Vestibule>) -> String {
    acme::mailbox(&vestibule)
}

/// The second service: the same layers and extractors, of a `Verifier`.
fn reports(verifier: &Verifier) -> Router {
    let member = verifier.require(Requirement::member());
    let administrator = verifier.require(Requirement::member().role(RoleId::admin()));
    Router::new()
        .route("/", get(home))
        .route("/reports", get(list).route_layer(member))
        .route("/people", get(async || "Ada and Bob.").route_layer(administrator))
        .route("/publish", post(publish).route_layer(verifier.require(fresh_second_factor())))
        .layer(verifier.session_layer())
}

async fn home(session: Option<MemberSession>) -> &'static str {
    if session.is_some() { "Somebody is signed in." } else { "Everybody may read this." }
}

async fn list(session: MemberSession) -> String {
    format!("The reports of {}, for {}.", session.organization_slug(), session.email_address())
}

async fn publish(session: MemberSession) -> String {
    format!("{} has published a report.", session.email_address())
}

async fn run_sign_in(listener: TcpListener) -> Result<(String, Background), Error> {
    let origin = format!("http://{}", listener.local_addr()?);
    let vestibule = Vestibule::development().origin(&origin).build().await?;
    acme::settle(&vestibule).await?;
    let background = vestibule.start();
    let service = sign_in(&vestibule).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok((origin, background))
}

fn run_reports(listener: TcpListener, issuer: &str) -> Result<String, Error> {
    let origin = format!("http://{}", listener.local_addr()?);
    let verifier = Verifier::builder()
        .jwks(format!("{issuer}/auth/jwks.json"))
        .project_id(PROJECT)
        .sign_in_at(format!("{issuer}/auth/sign-in"))
        .build()?;
    let service = reports(&verifier);
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(origin)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let port = acme::port()?;
    let listen = async |port: u16| TcpListener::bind(("127.0.0.1", port)).await;
    let _background = match env::args().nth(1).as_deref() {
        Some("sign-in") => {
            let (origin, background) = run_sign_in(listen(port).await?).await?;
            println!("The sign-in runs at {origin}; its keys are at {origin}/auth/jwks.json");
            Some(background)
        }
        Some("reports") => {
            let issuer = env::var("ISSUER").unwrap_or_else(|_| "http://127.0.0.1:3000".to_owned());
            let origin = run_reports(listen(port).await?, &issuer)?;
            println!("The second service runs at {origin}; people sign in at {issuer}");
            None
        }
        _ => {
            let (issuer, background) = run_sign_in(listen(port).await?).await?;
            let next = if port == 0 { 0 } else { port.saturating_add(1) };
            let reports = run_reports(listen(next).await?, &issuer)?;
            println!("The sign-in runs at {issuer}; the second service at {reports}");
            println!("ada@acme.example (who administers) and bob@acme.example may sign in\n");
            println!("  curl -i {reports}/reports   # 401");
            println!("  curl -c jar -d email_address=ada@acme.example {issuer}/auth/o/acme");
            println!("  curl {issuer}/mailbox       # her code");
            println!("  curl -b jar -c jar -d code=… {issuer}/auth/code");
            println!("  curl -b jar {issuer}/auth/session   # has a session_jwt, good for five minutes");
            println!("  curl -H 'Authorization: Bearer …' {reports}/reports");
            println!(
                "  curl -H 'Authorization: Bearer …' -X POST {reports}/publish   # 401: not fresh enough"
            );
            println!(
                "  {issuer}/confirm in a browser: where that is proved, after an app was set up at \
                 {issuer}/auth/enrol and a new sign-in; then get a new session_jwt"
            );
            Some(background)
        }
    };
    pending().await
}
