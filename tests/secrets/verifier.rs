//! Another service, which verifies JWTs.

use axum::{Router, routing::get};
use vestibule::{Requirement, Verifier};

#[path = "../verify_only/key_server.rs"]
#[allow(dead_code, reason = "these tests need a server that answers")]
mod key_server;

use crate::{
    common::Issued,
    common::{Client, World},
    log,
};
use key_server::KeyServer;

#[tokio::test]
async fn who_only_verifies_logs_no_jwt() {
    let log = log();
    let (world, mut issued) = (World::new().await, Issued::default());
    let mut gina = world.gina().await;
    issued.cookies(&gina);
    let jwt = gina.get("/auth/session").await.expect(200).json()["session_jwt"].as_str().unwrap().to_owned();
    issued.note("JWT", &jwt);
    let keys = KeyServer::start(&world.vestibule.engine().jwks()).await;
    let verifier = Verifier::builder()
        .jwks(keys.address())
        .project_id("project-test-00000000-0000-4000-8000-000000000000")
        .clock(world.clock.clone())
        .build()
        .unwrap();
    let router = Router::new()
        .route("/member", get("member").route_layer(verifier.require(Requirement::member())))
        .layer(verifier.session_layer());
    let mut client = Client::new(router, "");
    let mut status = async |token: String| {
        client.bearer = Some(token);
        client.get("/member").await.status.as_u16()
    };
    assert_eq!(status(jwt.clone()).await, 200);
    for token in [format!("{jwt}x"), gina.session_token()] {
        assert_eq!(status(token).await, 401);
    }
    keys.answer(500, &[], "");
    world.clock.advance_secs(301);
    assert_ne!(status(jwt).await, 200, "it has expired");
    issued.none_in("the log", &log.text());
}
