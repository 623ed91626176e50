//! What a proxy is answered that asks about requests: who may ask, about what, and that nobody passes by mistake.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::net::SocketAddr;

use axum::{Router, body::Body, extract::ConnectInfo};
use common::{ACME, Client, Fault, GLOBEX, World};
use http::{
    HeaderMap, Method, Request, Response, StatusCode,
    header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE, WWW_AUTHENTICATE},
};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::ServiceExt;
use vestibule::{ForwardAuth, PeerAddress, Requirement, domain::RoleId};

use common::world::fresh_second_factor;

const PROXY: &str = "10.0.0.1:4000";

/// A world whose trusted proxies are in one network.
async fn world() -> World {
    World::with(|builder| builder.trusted_proxies(["10.0.0.0/8".parse().unwrap()])).await
}

fn members(world: &World) -> ForwardAuth {
    world.vestibule.require(Requirement::member()).forward_auth()
}

/// What the proxy asks about a request that somebody sends.
fn question(client: &Client, method: &str, uri: &str) -> Request<()> {
    let mut request = client
        .request(Method::GET, "/check")
        .header("x-forwarded-method", method)
        .header("x-forwarded-host", "app.example.com")
        .header("x-forwarded-uri", uri)
        .header("x-forwarded-for", "192.0.2.7");
    request.extensions_mut().unwrap().insert(PeerAddress(PROXY.parse().unwrap()));
    request.body(()).unwrap()
}

async fn ask(check: &ForwardAuth, question: Request<()>) -> Response<Full<bytes::Bytes>> {
    check.clone().oneshot(question).await.unwrap()
}

async fn status(check: &ForwardAuth, question: Request<()>) -> u16 {
    ask(check, question).await.status().as_u16()
}

async fn json_of(answer: Response<Full<bytes::Bytes>>) -> Value {
    serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

fn tells_nobody(headers: &HeaderMap) -> bool {
    !headers.keys().any(|name| name.as_str().contains("vestibule"))
}

#[tokio::test]
async fn who_is_signed_in_is_told_by_all_headers() {
    let world = world().await;
    let gina = world.gina().await;
    let mut question = question(&gina, "GET", "/");
    question.headers_mut().insert("x-vestibule-member-id", "evil".parse().unwrap());
    let answer = ask(&members(&world), question).await;
    assert_eq!(answer.status(), 200);
    let member = world.member(GLOBEX, "gina@globex.example").await;
    let headers = answer.headers();
    assert_eq!(headers["x-vestibule-member-id"], member.member_id.as_str());
    assert_eq!(headers["x-vestibule-organization-id"], member.organization_id.as_str());
    assert_eq!(headers["x-vestibule-roles"], "stytch_member,stytch_admin");
    assert!(!headers.contains_key("x-vestibule-session-jwt") && !headers.contains_key(SET_COOKIE));
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    // Who has no role assigned has one all the same: no header is empty.
    let ada = world.member_of(GLOBEX, "ada@acme.example").await;
    let answer = ask(&members(&world), self::question(&ada, "GET", "/")).await;
    assert_eq!(answer.headers()["x-vestibule-roles"], "stytch_member");
}

#[tokio::test]
async fn the_session_jwt_is_told_where_it_is_asked_for() {
    let world = world().await;
    let gina = world.gina().await;
    let check = members(&world).with_session_jwt();
    let answer = ask(&check, question(&gina, "GET", "/")).await;
    assert!(answer.headers().contains_key("x-vestibule-member-id"));
    let jwt = &answer.headers()["x-vestibule-session-jwt"];
    let session = world.vestibule.current_session(jwt.to_str().unwrap()).await.unwrap();
    assert_eq!(session.email_address().as_str(), "gina@globex.example");
    assert!(tells_nobody(ask(&check, question(&world.client(), "GET", "/")).await.headers()));
}

#[tokio::test]
async fn only_trusted_proxies_may_ask() {
    let world = world().await;
    let gina = world.gina().await;
    for check in [members(&world), members(&world).for_envoy("/check"), members(&world).refusals_for_nginx()]
    {
        let mut unknown = question(&gina, "GET", "/");
        unknown.extensions_mut().clear();
        assert_eq!(status(&check, unknown).await, 403);
        for peer in ["192.0.2.7:4000", "127.0.0.1:4000", "[::1]:4000"] {
            let mut stranger = question(&gina, "GET", "/");
            stranger.extensions_mut().insert(PeerAddress(peer.parse().unwrap()));
            let refused = ask(&check, stranger).await;
            assert_eq!(refused.status(), 403, "{peer}");
            assert!(tells_nobody(refused.headers()), "{peer}");
        }
    }
    // However its address is known.
    let mut connected = question(&gina, "GET", "/");
    connected.extensions_mut().clear();
    connected.extensions_mut().insert(ConnectInfo::<SocketAddr>("[::ffff:10.1.2.3]:4000".parse().unwrap()));
    assert_eq!(status(&members(&world), connected).await, 200);
    // Nobody is trusted who was not named.
    let unnamed = World::new().await;
    let gina = unnamed.gina().await;
    assert_eq!(status(&members(&unnamed), question(&gina, "GET", "/")).await, 403);
    assert_eq!(status(&members(&unnamed).for_nginx(), question(&gina, "GET", "/")).await, 401);
}

#[tokio::test]
async fn a_question_that_can_be_read_in_two_ways_is_refused() {
    let world = world().await;
    let gina = world.gina().await;
    for name in ["x-forwarded-method", "x-forwarded-host", "x-forwarded-uri"] {
        let mut missing = question(&gina, "GET", "/");
        missing.headers_mut().remove(name);
        assert_eq!(status(&members(&world), missing).await, 400, "{name}");
        let mut twice = question(&gina, "GET", "/");
        let value = twice.headers()[name].clone();
        twice.headers_mut().append(name, value);
        assert_eq!(status(&members(&world), twice).await, 400, "{name}");
    }
    for path in [
        "/a/../admin",
        "//admin",
        "/a%2f..%2fadmin",
        "/%252e%252e/",
        "/..;/admin",
        "/admin.",
        "/admin%20/people",
        "/a#b",
        "*",
    ] {
        assert_eq!(status(&members(&world), question(&gina, "GET", path)).await, 400, "{path}");
        assert_eq!(status(&members(&world).for_nginx(), question(&gina, "GET", path)).await, 401, "{path}");
    }
    let encoded = || question(&gina, "GET", "/projects/a%2Fb?c=//d");
    assert_eq!(status(&members(&world), encoded()).await, 400);
    assert_eq!(status(&members(&world).any_path(), encoded()).await, 200);
    assert_eq!(status(&members(&world).any_path(), question(&world.client(), "GET", "/a%2Fb")).await, 401);
}

#[tokio::test]
async fn refusals_are_those_of_the_route() {
    let world = world().await;
    let browser = ask(&members(&world), question(&world.browser(), "GET", "/reports?year=2026")).await;
    assert_eq!(browser.status(), 303);
    assert_eq!(browser.headers()[LOCATION], "/auth/sign-in?return_to=%2Freports%3Fyear%3D2026");
    let program = ask(&members(&world), question(&world.client(), "POST", "/reports")).await;
    assert_eq!(program.status(), 401);
    assert_eq!(program.headers()[WWW_AUTHENTICATE], "Bearer");
    assert_eq!(json_of(program).await["type"], "urn:vestibule:problem:unauthenticated");

    let administrators = world.vestibule.require(Requirement::member().role(RoleId::admin())).forward_auth();
    let ada = world.member_of(GLOBEX, "ada@acme.example").await;
    assert_eq!(status(&administrators, question(&ada, "GET", "/")).await, 403);
    assert_eq!(status(&administrators, question(&world.gina().await, "GET", "/")).await, 200);
}

#[tokio::test]
async fn a_step_up_leads_back_to_the_page_or_to_the_one_before() {
    let world = world().await;
    let (bob, app) = world.with_app(ACME, "bob@acme.example").await;
    let mut bob = bob.browsing();
    let fresh = Requirement::member().factor(fresh_second_factor());
    let check = world.vestibule.require(fresh).back_to("/transfers/new").forward_auth();
    for (method, leads_to) in [("GET", "/transfers?to=7"), ("POST", "/transfers/new")] {
        world.clock.advance_secs(301);
        let refused = ask(&check, question(&bob, method, "/transfers?to=7")).await;
        assert_eq!(refused.status(), 303);
        assert_eq!(refused.headers()[LOCATION], "/auth/step-up");
        bob.take(&refused.headers()[SET_COOKIE]);
        let raised = bob.post("/auth/step-up/totp", json!({"code": app.next_code()})).await.expect(303);
        assert_eq!(raised.location(), leads_to);
        assert_eq!(status(&check, question(&bob, method, "/transfers?to=7")).await, 200);
    }
}

#[tokio::test]
async fn nginx_is_told_yes_or_401_and_then_what_to_answer() {
    let world = world().await;
    let (mut bob, _) = world.with_app(ACME, "bob@acme.example").await;
    world.clock.advance_secs(301);
    let fresh = world.vestibule.require(Requirement::member().factor(fresh_second_factor())).forward_auth();
    let administrators = world.vestibule.require(Requirement::member().role(RoleId::admin())).forward_auth();
    let stranger = world.browser();
    for (check, client, explained) in
        [(&members(&world), &stranger, 303), (&fresh, &bob, 401), (&administrators, &bob, 403)]
    {
        let refused = ask(&check.clone().for_nginx(), question(client, "GET", "/")).await;
        assert_eq!(refused.status(), 401, "whatever the reason");
        for header in [SET_COOKIE, LOCATION, WWW_AUTHENTICATE] {
            assert!(!refused.headers().contains_key(&header), "{header} would reach the client twice");
        }
        assert_eq!(refused.headers()[CACHE_CONTROL], "no-store");
        let whole = ask(&check.clone().refusals_for_nginx(), question(client, "GET", "/")).await;
        assert_eq!(whole.status(), explained);
    }
    // The second question lets nobody in who would be by now.
    let by_now = ask(&members(&world).refusals_for_nginx(), question(&bob, "GET", "/")).await;
    assert_eq!(by_now.status(), 503);
    assert!(tells_nobody(by_now.headers()));
    bob.post("/auth/sign-out", json!({})).await;
    assert_eq!(status(&members(&world).for_nginx(), question(&bob, "GET", "/")).await, 401);
}

#[tokio::test]
async fn envoy_asks_with_the_request_itself() {
    let world = world().await;
    let demand = world.vestibule.require(Requirement::member());
    let check = demand.organization_in_host(".example.com").forward_auth().for_envoy("/check/tenant");
    let router: Router = Router::new().nest_service("/check/tenant", check);
    let asked = |client: &Client, method: Method, path: &str, host: &str| {
        let mut request = client.request(method, &format!("/check/tenant{path}"));
        let headers = request.headers_mut().unwrap();
        headers.insert("host", host.parse().unwrap());
        headers.insert("x-forwarded-uri", "/forged".parse().unwrap());
        headers.insert("x-forwarded-host", "globex.example.com".parse().unwrap());
        request.extensions_mut().unwrap().insert(PeerAddress(PROXY.parse().unwrap()));
        router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let refused = asked(&world.browser(), Method::GET, "/a/b?c=d", "globex.example.com").await.unwrap();
    assert_eq!(refused.headers()[LOCATION], "/auth/sign-in?return_to=%2Fa%2Fb%3Fc%3Dd");
    let gina = world.gina().await;
    for method in [Method::GET, Method::POST, Method::OPTIONS] {
        let passes = asked(&gina, method, "/a", "globex.example.com").await.unwrap();
        assert_eq!(passes.status(), StatusCode::OK, "Envoy takes no other 2xx");
        assert!(passes.headers().contains_key("x-vestibule-member-id"));
    }
    assert_eq!(asked(&gina, Method::GET, "/", "acme.example.com").await.unwrap().status(), 403);
    for path in ["//admin", "/a/../admin", "/a%2Fb", ""] {
        assert_eq!(
            asked(&gina, Method::GET, path, "globex.example.com").await.unwrap().status(),
            400,
            "{path}"
        );
    }
}

#[tokio::test]
async fn envoys_question_is_not_reached_through_paths_of_elsewhere() {
    let world = world().await;
    let gina = world.gina().await;
    let check = members(&world).with_session_jwt().for_envoy("/envoy/member").any_path();
    let router: Router = Router::new().nest_service("/envoy/member", check);
    let asked = |path: &str| {
        let mut request = gina.request(Method::GET, &format!("/envoy/member{path}"));
        request.extensions_mut().unwrap().insert(PeerAddress(PROXY.parse().unwrap()));
        router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    // What a proxy that resolves them takes for `/auth/x`.
    for path in [
        "/../../auth/x",
        "/./../../auth/x",
        "/%2e%2e/.%2E/auth/x",
        "/..%2f..%2fauth/x",
        "/%2e%2e%2f%2e%2e%2fauth/x",
        "/..%5c..%5cauth/x",
        "/..;/..;a/auth/x",
        "//..//../auth/x",
    ] {
        let refused = asked(path).await.unwrap();
        assert_eq!(refused.status(), 400, "{path}");
        assert!(tells_nobody(refused.headers()), "{path}");
    }
    for path in ["/a%2Fb", "//a", "/.well-known/a..b", "/..."] {
        assert_eq!(asked(path).await.unwrap().status(), 200, "{path}");
    }
}

#[tokio::test]
async fn the_host_that_was_asked_names_the_organization() {
    let world = world().await;
    let demand = world.vestibule.require(Requirement::member());
    let check = demand.organization_in_host(".example.com").forward_auth();
    let gina = world.gina().await;
    for (host, expected) in [("globex.example.com", 200), ("acme.example.com", 403), ("example.com", 403)] {
        let mut asked = question(&gina, "GET", "/");
        asked.headers_mut().insert("x-forwarded-host", host.parse().unwrap());
        asked.headers_mut().insert("host", "globex.example.com".parse().unwrap());
        assert_eq!(status(&check, asked).await, expected, "{host}");
    }
}

#[tokio::test]
async fn a_page_is_come_back_to_wherever_the_question_is_mounted() {
    let world = world().await;
    let checks: Router =
        Router::new().nest("/internal", Router::new().route_service("/check", members(&world)));
    let (mut parts, ()) = question(&world.browser(), "GET", "/reports").into_parts();
    parts.uri = "/internal/check".parse().unwrap();
    let refused = checks.oneshot(Request::from_parts(parts, Body::empty())).await.unwrap();
    assert_eq!(refused.headers()[LOCATION], "/auth/sign-in?return_to=%2Freports");
}

#[tokio::test]
async fn nobody_passes_while_a_store_does_not_answer() {
    let world = world().await;
    let gina = world.gina().await;
    world.clock.advance_secs(61);
    for operation in ["sessions.by_seed", "directory.organization", "directory.member"] {
        world.durable.faults.set(operation, Fault::Fails);
        let check = members(&world);
        let whole = ask(&check, question(&gina, "GET", "/")).await;
        assert_eq!(whole.status(), 503, "{operation}");
        assert!(tells_nobody(whole.headers()), "{operation}");
        assert_eq!(status(&check.clone().for_nginx(), question(&gina, "GET", "/")).await, 401, "{operation}");
        assert_eq!(
            status(&check.refusals_for_nginx(), question(&gina, "GET", "/")).await,
            503,
            "{operation}"
        );
        world.durable.faults.clear();
    }
    assert_eq!(status(&members(&world), question(&gina, "GET", "/")).await, 200);
}

#[tokio::test]
async fn who_is_revoked_is_refused_at_once() {
    let world = world().await;
    let gina = world.gina().await;
    let mut bearer = world.client();
    bearer.bearer = Some(gina.session_token());
    let mut both = gina.clone();
    both.bearer = Some("unknown".to_owned());
    assert_eq!(status(&members(&world), question(&bearer, "GET", "/")).await, 200);
    assert_eq!(
        status(&members(&world), question(&both, "GET", "/")).await,
        401,
        "no cookie helps a bad token"
    );
    let mut twice = question(&gina, "GET", "/");
    let cookie = twice.headers()[COOKIE].clone();
    twice.headers_mut().append(COOKIE, cookie);
    assert_eq!(status(&members(&world), twice).await, 401, "two sessions are none");
    let member = world.member(GLOBEX, "gina@globex.example").await;
    world.vestibule.revoke_member(&member.member_id, None).await.unwrap();
    for client in [&gina, &bearer] {
        assert_eq!(status(&members(&world), question(client, "GET", "/")).await, 401);
    }
}

#[tokio::test]
async fn the_address_of_a_client_is_what_trusted_proxies_say() {
    let world = world().await;
    let asked = |peer: &str, forwarded: &str| {
        let mut request = Request::get("/").header("x-forwarded-for", forwarded).body(()).unwrap();
        request.extensions_mut().insert(PeerAddress(peer.parse().unwrap()));
        world.vestibule.client_address(&request.into_parts().0).map(|address| address.to_string())
    };
    assert_eq!(asked(PROXY, "1.1.1.1, 192.0.2.7, 10.0.0.2").as_deref(), Some("192.0.2.7"));
    assert_eq!(asked("198.51.100.1:1", "192.0.2.7").as_deref(), Some("198.51.100.1"));
    let (unknown, ()) = Request::new(()).into_parts();
    assert_eq!(world.vestibule.client_address(&unknown), None);
}
