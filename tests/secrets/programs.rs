//! Tokens that travel without cookies, and those that an application hands on itself.

use std::convert::Infallible;

use http::{HeaderMap, Method, Request, Response, header::AUTHORIZATION};
use serde_json::json;
use tower::{ServiceBuilder, ServiceExt};
use vestibule::{
    Caller, Grpc, PeerAddress, RequireLayer, Requirement, Terms, Vouched,
    domain::{FactorKind, RoleId},
};

use crate::{
    common::Issued,
    common::{
        ACME, GLOBEX, World,
        world::{fresh_second_factor, organization_id},
    },
    log,
    wire::Wire,
};

const GINA: &str = "gina@globex.example";

#[tokio::test]
async fn tokens_in_bodies_stand_in_no_log() {
    let log = log();
    let wire = Wire::default();
    let mut world = World::with(|builder| builder.tokens_in_body()).await;
    world.router = wire.around(world.router.clone());
    let mut client = world.client();
    client.post("/auth/sign-in", json!({"email_address": GINA})).await.expect(200);
    let code = world.code_for(GINA, 0).await;
    let typed = |code: &str| json!({"email_address": GINA, "code": code});
    client.post("/auth/code", typed("000000")).await.expect(401);
    let proved = client.post("/auth/code", typed(&code)).await.expect(200).json();
    let ist = proved["intermediate_session_token"].as_str().unwrap();
    client.post("/auth/organizations/list", json!({"intermediate_session_token": ist})).await.expect(200);
    let enter =
        json!({"organization_id": organization_id(GLOBEX).as_str(), "intermediate_session_token": ist});
    let entered = client.post("/auth/organizations", enter.clone()).await.expect(200).json();
    client.post("/auth/organizations", enter).await.expect(401);
    client.bearer = entered["session_token"].as_str().map(str::to_owned);
    client.get("/auth/session").await.expect(200);
    client.get("/fresh").await.expect(403);
    client.post("/auth/sign-out", json!({})).await.expect(200);

    let issued = wire.issued(&world.mailbox);
    for what in ["code", "intermediate_session_token", "session_token", "session_jwt"] {
        assert!(issued.has(what), "no {what} was issued");
    }
    issued.none_in("the log", &log.text());
}

#[tokio::test]
async fn what_an_application_vouches_for_stands_in_no_log() {
    let log = log();
    let (world, mut issued) = (World::new().await, Issued::default());
    let request = Request::post("/own-login").body(()).unwrap().into_parts().0;
    let handoff = world.vestibule.vouch(&request, world.vouched(GINA)).await.unwrap();
    let mut gina = world.client();
    handoff.cookies().iter().for_each(|line| gina.take(line));
    issued.cookies(&gina);
    gina.exchange(organization_id(GLOBEX).as_str()).await.expect(200);
    issued.cookies(&gina);

    let session = world.vestibule.current_session(&gina.session_token()).await.unwrap();
    for kind in [FactorKind::Sso, FactorKind::Totp] {
        let (vouched, caller) = (Vouched { kind, ..world.vouched(GINA) }, Caller::at(world.vestibule.now()));
        let added =
            world.vestibule.engine().add_first_factor(&session, vouched, &Terms::default(), &caller).await;
        assert_eq!(added.is_ok(), kind == FactorKind::Sso);
    }
    let text = log.text();
    assert!(text.contains("Extended"), "nothing of it was traced");
    issued.none_in("the log", &text);
}

#[tokio::test]
async fn forward_auth_tells_tokens_to_nobody_else() {
    let log = log();
    let mut issued = Issued::default();
    let world = World::with(|builder| builder.trusted_proxies(["10.0.0.0/8".parse().unwrap()])).await;
    let (bob, app) = world.with_app(ACME, "bob@acme.example").await;
    issued.cookies(&bob);
    issued.note("secret of the app", &app.secret);
    let member = world.vestibule.require(Requirement::member()).forward_auth().with_session_jwt();
    let fresh = world.vestibule.require(Requirement::member().factor(fresh_second_factor()));
    world.clock.advance_secs(301);
    for (check, status) in [(member, 200), (fresh.forward_auth().with_session_jwt(), 401)] {
        let mut question = bob
            .request(Method::GET, "/check")
            .header("x-forwarded-method", "GET")
            .header("x-forwarded-host", "app.example.com")
            .header("x-forwarded-uri", "/reports");
        question.extensions_mut().unwrap().insert(PeerAddress("10.0.0.1:4000".parse().unwrap()));
        let answer = check.oneshot(question.body(()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status);
        if let Some(jwt) = answer.headers().get("x-vestibule-session-jwt") {
            issued.note("JWT", jwt.to_str().unwrap());
        }
    }
    assert!(issued.has("JWT"));
    issued.none_in("the log", &log.text());
}

/// What a method answers in headers whoever calls it with this token.
async fn call(world: &World, layer: RequireLayer, token: &str) -> HeaderMap {
    let method = ServiceBuilder::new()
        .layer(world.vestibule.session_layer())
        .layer(layer.respond_with(Grpc))
        .service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    let request = Request::post("/bank.Ledger/Balance")
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .body(())
        .unwrap();
    method.oneshot(request).await.unwrap().headers().clone()
}

#[tokio::test]
async fn refusals_of_grpc_tell_the_client_alone() {
    let log = log();
    let (world, mut issued) = (World::new().await, Issued::default());
    let (mut bob, _) = world.with_app(ACME, "bob@acme.example").await;
    issued.cookies(&bob);
    let jwt = bob.get("/auth/session").await.expect(200).json()["session_jwt"].as_str().unwrap().to_owned();
    issued.note("JWT", &jwt);
    world.clock.advance_secs(301);
    let challenged = bob.get("/fresh").await.expect(401).json();
    issued.note("challenge", challenged["challenge"]["challenge_token"].as_str().unwrap());
    for token in [bob.session_token(), jwt.clone(), format!("{jwt}x")] {
        for requirement in [
            Requirement::member().factor(fresh_second_factor()),
            Requirement::member().role(RoleId::new("treasurer").unwrap()),
        ] {
            let headers = call(&world, world.vestibule.require(requirement), &token).await;
            assert!(headers.contains_key("grpc-status-details-bin"));
        }
    }
    issued.none_in("the log", &log.text());
}
