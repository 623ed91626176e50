//! Vestibule beside a proxy, in front of an application that knows nothing of it:
//! `cargo run --example forward_auth`. `PORT` says where it listens, `ORIGIN` where the proxy does.

#[path = "../acme.rs"]
mod acme;
mod application;

use std::{env, net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use tokio::net::TcpListener;
use vestibule::{
    Requirement, Vestibule,
    domain::{FactorDemand, RoleId},
};

use acme::Error;

/// What the proxies ask, and what they pass below `/auth`. No proxy passes anything else here.
fn router(vestibule: &Vestibule) -> Router {
    let fresh = FactorDemand::secondary().within(Duration::from_secs(300));
    let demands = [
        ("member", vestibule.require(Requirement::member())),
        ("administrator", vestibule.require(Requirement::member().role(RoleId::admin()))),
        ("fresh", vestibule.require(Requirement::member().factor(fresh)).back_to("/")),
    ];
    let mut router = Router::new();
    for (name, demand) in demands {
        let check = demand.forward_auth();
        router = router
            .route_service(&format!("/check/{name}"), check.clone()) // Caddy, Traefik
            .nest_service(&format!("/envoy/{name}"), check.clone().for_envoy(&format!("/envoy/{name}")))
            .route_service(&format!("/nginx/{name}"), check.clone().for_nginx())
            .route_service(&format!("/nginx/{name}/refused"), check.refusals_for_nginx());
    }
    let mails = vestibule.clone();
    router.route("/mailbox", get(async move || acme::mailbox(&mails))).layer(vestibule.auth_layer())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let port = acme::port()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let application = TcpListener::bind(("127.0.0.1", if port == 0 { 0 } else { port + 1 })).await?;
    let here = format!("http://{}", listener.local_addr()?);
    let origin = env::var("ORIGIN").unwrap_or_else(|_| "http://127.0.0.1:8080".to_owned());
    let vestibule =
        Vestibule::development().origin(&origin).trusted_proxies(["127.0.0.1/32".parse()?]).build().await?;
    acme::settle(&vestibule).await?;
    let _background = vestibule.start();

    println!("Vestibule runs at {here}; the application at http://{}\n", application.local_addr()?);
    println!("Start a proxy, one of:");
    println!(
        "  nginx -e stderr -p \"$(mktemp -d)\" -c \"$PWD/examples/forward_auth/nginx.conf\" -g 'daemon off;'"
    );
    println!("  caddy run --config examples/forward_auth/Caddyfile --adapter caddyfile\n");
    println!("Then open {origin}, sign in as ada@acme.example or bob@acme.example, and take the code from");
    println!(
        "{here}/mailbox. {origin}/administration takes a role, {origin}/transfers a fresh second factor."
    );

    let service = router(&vestibule).into_make_service_with_connect_info::<SocketAddr>();
    tokio::try_join!(axum::serve(listener, service), axum::serve(application, application::router()))?;
    Ok(())
}
