//! What routes demand: each refusal as a browser and as a program gets it, and the way back in.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use common::{
    ACME, App, Client, Fault, GLOBEX, World,
    world::{PHONE, fresh_second_factor, organization_id},
};
use http::{
    Request, Response, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE, VARY, WWW_AUTHENTICATE},
};
use http_body_util::{
    BodyExt, Full,
    combinators::{BoxBody, UnsyncBoxBody},
};
use serde_json::json;
use tower::{Layer, Service, ServiceExt, limit::ConcurrencyLimit, service_fn};
use tower_test::mock;
use vestibule::{
    MemberSession, Refusal, RefusalReason, Requirement, SessionPolicy, Unmet, domain::OrganizationId,
};

/// Bob in Acme with an app, whose second factor was proved too long ago for a transfer.
async fn stale_bob(world: &World) -> (Client, App) {
    let (mut client, app) = world.with_app(ACME, "bob@acme.example").await;
    client.get("/fresh").await.expect(200);
    world.clock.advance_secs(301);
    world.handled.store(0, Ordering::SeqCst);
    (client, app)
}

#[tokio::test]
async fn no_session() {
    let world = World::new().await;
    let browser = world.browser().get("/member?tab=2").await.expect(303);
    assert_eq!(browser.location(), "/auth/sign-in?return_to=%2Fmember%3Ftab%3D2");
    let program = world.client().get("/member").await.expect(401);
    assert_eq!(program.headers[WWW_AUTHENTICATE], "Bearer");
    assert_eq!(program.headers[CONTENT_TYPE], "application/problem+json");
    let problem = program.json();
    assert_eq!(problem["type"], "urn:vestibule:problem:unauthenticated");
    assert_eq!(problem["status"], 401);
    assert_eq!(problem["unmet"][0]["requirement"], "member");
    let mut stranger = world.client();
    stranger.bearer = Some("unknown".to_owned());
    let presented = stranger.get("/member").await.expect(401);
    assert!(presented.headers[WWW_AUTHENTICATE].to_str().unwrap().contains("invalid_token"));
    for answer in [browser, program, presented] {
        assert!(!answer.headers.contains_key(SET_COOKIE), "nothing is minted for anybody");
    }
    assert_eq!(world.handled(), 0);
}

#[tokio::test]
async fn a_page_of_a_nested_router_is_come_back_to() {
    let world = World::new().await;
    let inner = Router::new()
        .route("/reports", get("reports"))
        .route_layer(world.vestibule.require(Requirement::member().factor(fresh_second_factor())));
    let router = Router::new()
        .nest("/teams/{team}", Router::new().nest("/account", inner))
        .layer(world.vestibule.session_layer());
    let page = "/teams/7/account/reports?year=2026";
    let asks = |client: &Client| client.request(http::Method::GET, page).body(Body::empty()).unwrap();
    let refused = router.clone().oneshot(asks(&world.browser())).await.unwrap();
    let to = "/auth/sign-in?return_to=%2Fteams%2F7%2Faccount%2Freports%3Fyear%3D2026";
    assert_eq!(refused.headers()["location"], to);

    let (bob, app) = stale_bob(&world).await;
    let mut bob = bob.browsing();
    let refused = router.oneshot(asks(&bob)).await.unwrap();
    bob.take(&refused.headers()[SET_COOKIE]);
    let raised = bob.post("/auth/step-up/totp", json!({"code": app.next_code()})).await.expect(303);
    assert_eq!(raised.location(), page);
}

#[tokio::test]
async fn a_factor_that_is_missing_or_too_old() {
    let world = World::new().await;
    let (mut program, _) = stale_bob(&world).await;
    let refused = program.get("/fresh").await.expect(401);
    let header = refused.headers[WWW_AUTHENTICATE].to_str().unwrap();
    for part in [
        "Bearer error=\"insufficient_user_authentication\"",
        "acr_values=\"urn:vestibule:acr:mfa\"",
        "max_age=300",
    ] {
        assert!(header.contains(part), "{header}");
    }
    let problem = refused.json();
    assert_eq!(problem["type"], "urn:vestibule:problem:insufficient_factors");
    assert_eq!(problem["status"], 401);
    let unmet = &problem["unmet"][0];
    assert_eq!(
        (&unmet["requirement"], &unmet["factor"], &unmet["max_age"]),
        (&json!("factor"), &json!("secondary"), &json!(300))
    );
    assert!(unmet["satisfied_by"].as_str().unwrap().contains("5 minutes"));
    let challenge = &problem["challenge"];
    assert_eq!(challenge["complete_at"], "/auth/step-up");
    assert_eq!(challenge["challenge_token"].as_str().unwrap().len(), 44);
    assert!(challenge["expires_at"].as_str().unwrap().ends_with('Z'));
    assert!(program.is_in().await, "the session is as good as it was");

    let mut browser = program.browsing();
    let sent = browser.get("/fresh").await.expect(303);
    assert_eq!(sent.location(), "/auth/step-up");
    assert_eq!(browser.cookie("challenge").as_deref(), challenge["challenge_token"].as_str());
    assert!(!sent.text.contains(challenge["challenge_token"].as_str().unwrap()));
}

#[tokio::test]
async fn no_factor_that_could_answer() {
    let world = World::new().await;
    let mut program = world.gina().await;
    let problem = program.get("/fresh").await.expect(403).json();
    assert_eq!(problem["type"], "urn:vestibule:problem:enrolment_required");
    assert_eq!(problem["enrol_at"], "/auth/enrol");
    assert!(problem["challenge"].is_null());
    let page = program.browsing().get("/fresh").await.expect(403);
    assert!(page.text.contains("href=\"/auth/enrol\""));
    // A kind that is named and not set up, though another is.
    let (mut bob, _) = world.with_app(ACME, "bob@acme.example").await;
    bob.get("/app").await.expect(200);
    let problem = bob.get("/sms").await.expect(403).json();
    assert_eq!(problem["type"], "urn:vestibule:problem:enrolment_required");
    assert_eq!(problem["unmet"][0]["factor"], "otp");
    assert_eq!(world.handled(), 1);
}

#[tokio::test]
async fn a_role_that_is_missing() {
    let world = World::new().await;
    let (mut program, _) = world.with_app(ACME, "bob@acme.example").await;
    let refused = program.get("/admin").await.expect(403);
    assert!(refused.headers[WWW_AUTHENTICATE].to_str().unwrap().contains("insufficient_scope"));
    let problem = refused.json();
    assert_eq!(
        problem["unmet"],
        json!([{
            "requirement": "role", "role_id": "stytch_admin", "satisfied_by": "the role stytch_admin",
        }])
    );
    program.browsing().get("/admin").await.expect(403);
    assert_eq!(world.handled(), 0);
    world.gina().await.get("/admin").await.expect(200);
}

#[tokio::test]
async fn another_organization_than_the_one_in_the_url() {
    let world = World::new().await;
    let mut program = world.gina().await;
    program.get("/o/globex").await.expect(200);
    program.get(&format!("/o/{}", organization_id(GLOBEX))).await.expect(200);
    let handled = world.handled();
    for path in [
        "/o/acme".to_owned(),
        format!("/o/{}", organization_id(ACME)),
        "/o/GLOBEX".to_owned(),
        "/o/globex%00".to_owned(),
        "/o/%20globex".to_owned(),
        "/o/globex%2Facme".to_owned(),
        "/o/acme%2F..%2Fglobex".to_owned(),
    ] {
        let problem = program.get(&path).await.expect(403).json();
        assert_eq!(problem["switch_at"], "/auth/switch", "{path}");
        assert_eq!(problem["unmet"][0]["requirement"], "organization");
        let page = program.browsing().get(&path).await.expect(403);
        assert!(page.text.contains("href=\"/auth/switch\""), "{path}");
    }
    assert_eq!(world.handled(), handled);
}

#[tokio::test]
async fn nobody_names_an_organization_like_the_id_of_another() {
    let world = World::new().await;
    let mut founder = world.begin("mallory@evil.example").await;
    let victim = organization_id(ACME);
    // An application's own ids need not look like ours.
    let mut hooli = world.new_organization("hooli");
    hooli.organization_id = OrganizationId::new("hooli-corporation").unwrap();
    world.vestibule.create_organization(&hooli, &[]).await.unwrap();
    for slug in [victim.as_str(), "organization-live-1", "acme", "hooli-corporation"] {
        let form = json!({"organization_name": "Evil", "organization_slug": slug});
        let answer = founder.post("/auth/organizations/create", form).await;
        assert_eq!(answer.status, 400, "{slug}: {}", answer.text);
    }
    let form = json!({"organization_name": "Evil", "organization_slug": "evil"});
    assert!(founder.post("/auth/organizations/create", form).await.is_session());
    founder.get("/o/evil").await.expect(200);
    founder.get(&format!("/o/{victim}")).await.expect(403);
}

#[tokio::test]
async fn a_store_that_does_not_answer() {
    let world = World::new().await;
    let (mut program, _) = stale_bob(&world).await;
    world.transient.faults.set("transient.challenge", Fault::Fails);
    let problem = program.get("/fresh").await.expect(503).json();
    assert_eq!(problem["type"], "urn:vestibule:problem:unavailable");
    program.browsing().get("/fresh").await.expect(503);
    world.transient.faults.clear();

    world.clock.advance_secs(61);
    for operation in ["sessions.by_seed", "directory.organization", "directory.member"] {
        world.durable.faults.set(operation, Fault::Fails);
        for path in ["/member", "/admin", "/fresh", "/o/acme"] {
            program.get(path).await.expect(503);
            program.browsing().get(path).await.expect(503);
        }
        world.durable.faults.clear();
    }
    assert_eq!(world.handled(), 0);
}

#[tokio::test]
async fn every_answer_to_a_route_that_demands_something_stays_out_of_caches() {
    let world = World::new().await;
    let (mut bob, _) = stale_bob(&world).await;
    for (path, status) in [("/member", 200), ("/fresh", 401), ("/admin", 403)] {
        let answer = bob.get(path).await.expect(status);
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store", "{path}");
        assert!(answer.headers[VARY].to_str().unwrap().contains("Cookie"), "{path}");
    }
    for path in ["/auth/session", "/auth/sessions", "/auth/sign-in", "/auth/nowhere"] {
        assert_eq!(bob.get(path).await.headers[CACHE_CONTROL], "no-store", "{path}");
    }
    // The layer that only loads leaves answers alone.
    for path in ["/open", "/me"] {
        let answer = bob.get(path).await.expect(200);
        assert!(!answer.headers.contains_key(CACHE_CONTROL) && !answer.headers.contains_key(VARY), "{path}");
    }

    let own = get(|| async { [("cache-control", "private, max-age=5"), ("vary", "Accept-Language")] });
    let router = Router::new()
        .route("/own", own.route_layer(world.vestibule.require(Requirement::member())))
        .layer(world.vestibule.session_layer());
    let request = bob.request(http::Method::GET, "/own").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.headers()[CACHE_CONTROL], "private, max-age=5");
    assert_eq!(response.headers()[VARY], "Accept-Language");
}

fn challenge_of(answer: &common::Answer) -> String {
    answer.json()["challenge"]["challenge_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn one_live_challenge_a_session_and_requirement() {
    let world = World::new().await;
    let (mut bob, app) = stale_bob(&world).await;
    let first = challenge_of(&bob.get("/fresh").await.expect(401));
    for _ in 0..20 {
        assert_eq!(challenge_of(&bob.get("/fresh").await.expect(401)), first);
    }
    let other = challenge_of(&bob.get("/recent").await.expect(401));
    assert_ne!(other, first, "another requirement, another challenge");

    let former = bob.clone();
    let form = json!({"code": app.next_code(), "challenge_token": first});
    assert!(bob.post("/auth/step-up/totp", form).await.is_session());
    bob.get("/fresh").await.expect(200);
    bob.get("/recent").await.expect(401);
    assert!(!former.clone().is_in().await, "the token from before the step-up is dead");
    assert_ne!(bob.session_token(), former.session_token());

    // It is met once; the next time there is a new one.
    let form = json!({"code": app.next_code(), "challenge_token": first});
    assert_eq!(bob.post("/auth/step-up/totp", form).await.expect(401).error_type(), "challenge_not_found");
    world.clock.advance_secs(301);
    assert_ne!(challenge_of(&bob.get("/fresh").await.expect(401)), first);
}

#[tokio::test]
async fn a_challenge_lasts_ten_minutes() {
    for (seconds, status) in [(599, 200), (600, 401)] {
        let world = World::new().await;
        let (mut bob, app) = stale_bob(&world).await;
        let token = challenge_of(&bob.get("/fresh").await.expect(401));
        world.clock.advance_secs(seconds);
        bob.post("/auth/step-up/totp", json!({"code": app.code(), "challenge_token": token}))
            .await
            .expect(status);
        assert_eq!(bob.get("/fresh").await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_challenge_is_worth_nothing_with_another_session() {
    let world = World::new().await;
    let (mut bob, app) = stale_bob(&world).await;
    let mut twin = world.again(ACME, "bob@acme.example", &app).await;
    let (mut ada, ada_app) = world.with_app(ACME, "ada@acme.example").await;
    let token = challenge_of(&bob.get("/fresh").await.expect(401));
    for (client, app) in [(&mut twin, &app), (&mut ada, &ada_app)] {
        let form = json!({"code": app.next_code(), "challenge_token": token});
        let answer = client.post("/auth/step-up/totp", form).await.expect(401);
        assert_eq!(answer.error_type(), "challenge_not_found");
    }
    // Without a session it is nothing, and it dies with its session.
    let form = json!({"code": app.next_code(), "challenge_token": token});
    world.client().post("/auth/step-up/totp", form).await.expect(401);
    bob.post("/auth/sign-out", json!({})).await.expect(200);
    let form = json!({"code": app.next_code(), "challenge_token": token});
    bob.post("/auth/step-up/totp", form).await.expect(401);
    assert!(bob.cookie("session").is_none());
}

#[tokio::test]
async fn a_factor_that_was_set_up_in_this_session_does_not_answer_it() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let app = world.enrol_app(&mut gina).await;
    for route in ["/fresh", "/app"] {
        let problem = gina.get(route).await.expect(403).json();
        assert_eq!(problem["type"], "urn:vestibule:problem:sign_in_required", "{route}");
        assert!(problem["challenge"].is_null());
    }
    assert_eq!(world.handled(), 0);
    // At the next sign-in it counts.
    let mut again = world.again(GLOBEX, "gina@globex.example", &app).await;
    again.get("/fresh").await.expect(200);

    let lax = SessionPolicy { enrolled_answers: true, ..SessionPolicy::default() };
    let world = World::with(|builder| builder.session_policy(lax)).await;
    let mut gina = world.gina().await;
    world.enrol_app(&mut gina).await;
    gina.get("/fresh").await.expect(200);
}

#[tokio::test]
async fn nor_does_it_answer_a_challenge_from_before_it_was_set_up() {
    let world = World::new().await;
    let (mut bob, app) = stale_bob(&world).await;
    let token = challenge_of(&bob.get("/fresh").await.expect(401));
    // Met, and left open.
    world.transient.faults.set("transient.close_challenge", Fault::Fails);
    bob.post("/auth/step-up/totp", json!({"code": app.next_code(), "challenge_token": token}))
        .await
        .expect(200);
    let replaced = world.enrol_app(&mut bob).await;
    world.clock.advance_secs(301);
    for (path, field, code) in [
        ("/auth/step-up/totp", "code", replaced.code()),
        ("/auth/step-up/recovery", "recovery_code", replaced.recovery_codes[0].clone()),
    ] {
        let answer = bob.post(path, json!({field: code, "challenge_token": token})).await.expect(401);
        assert_eq!(answer.error_type(), "insufficient_factors");
    }
    bob.get("/fresh").await.expect(403);
}

#[tokio::test]
async fn changing_how_one_signs_in_takes_a_fresh_proof_of_what_is_there() {
    let world = World::new().await;
    let new_phone = || json!({"phone_number": "+15557654321"});
    // Without a second factor: a first one of at most five minutes.
    let mut gina = world.gina().await;
    world.clock.advance_secs(301);
    for (path, form) in [
        ("/auth/enrol/totp", json!({})),
        ("/auth/enrol/totp/confirm", json!({"code": "123456"})),
        ("/auth/enrol/sms", new_phone()),
        ("/auth/enrol/sms/confirm", json!({"code": "123456"})),
    ] {
        assert_eq!(gina.post(path, form).await.expect(401).error_type(), "insufficient_factors", "{path}");
    }
    assert_eq!(
        gina.browsing().post("/auth/enrol/totp", json!({})).await.expect(303).location(),
        "/auth/step-up"
    );

    // Begun while fresh, not finished in time.
    let mut gina = world.gina().await;
    let begun = gina.post("/auth/enrol/totp", json!({})).await.expect(200).json();
    let app = App::new(begun["secret"].as_str().unwrap(), Vec::new(), world.clock.clone());
    world.clock.advance_secs(301);
    gina.post("/auth/enrol/totp/confirm", json!({"code": app.code()})).await.expect(401);

    // With one: only that one, or another that is there, however fresh the first factor is.
    let (mut bob, app) = stale_bob(&world).await;
    let token = challenge_of(&bob.get("/recent").await.expect(401));
    let before = world.last_message();
    bob.post("/auth/step-up/email/send", json!({"challenge_token": token})).await.expect(200);
    let code = world.code_for("bob@acme.example", before).await;
    bob.post("/auth/step-up/email", json!({"code": code, "challenge_token": token})).await.expect(200);
    bob.get("/recent").await.expect(200);
    for (path, form) in [("/auth/enrol/totp", json!({})), ("/auth/enrol/sms", new_phone())] {
        assert_eq!(bob.post(path, form).await.expect(401).error_type(), "insufficient_factors", "{path}");
    }
    let token = challenge_of(&bob.get("/fresh").await.expect(401));
    bob.post("/auth/step-up/totp", json!({"code": app.next_code(), "challenge_token": token}))
        .await
        .expect(200);
    let before = world.last_message();
    let replaced = world.enrol_app(&mut bob).await;
    let notice = world.mailbox.wait_for("bob@acme.example", before).await;
    assert!(notice.subject.contains("has changed"));
    // The app that was replaced is worth nothing, neither are its recovery codes.
    let mut next = world.begin("bob@acme.example").await;
    next.exchange(organization_id(ACME).as_str()).await.expect(200);
    next.post("/auth/mfa/totp", json!({"code": app.next_code()})).await.expect(401);
    next.post("/auth/mfa/recovery", json!({"recovery_code": app.recovery_codes[0]})).await.expect(401);
    next.post("/auth/mfa/totp", json!({"code": replaced.code()})).await.expect(200);
}

#[tokio::test]
async fn in_a_sign_in_another_factor_is_set_up_only_after_the_one_that_is_there() {
    let world = World::new().await;
    let (_, app) = world.with_app(ACME, "bob@acme.example").await;
    let mut thief = world.begin("bob@acme.example").await;
    thief.exchange(organization_id(ACME).as_str()).await.expect(200);
    for (path, form) in [
        ("/auth/enrol/totp", json!({})),
        ("/auth/enrol/totp/confirm", json!({"code": "123456"})),
        ("/auth/enrol/sms", json!({"phone_number": "+15557654321"})),
        ("/auth/enrol/sms/confirm", json!({"code": "123456"})),
    ] {
        assert_eq!(thief.post(path, form).await.expect(401).error_type(), "insufficient_factors", "{path}");
    }
    assert!(world.mailbox.messages().iter().all(|message| message.to != "+15557654321"));
    world.again(ACME, "bob@acme.example", &app).await;
}

#[tokio::test]
async fn a_refused_request_that_would_have_changed_something_did_nothing() {
    let world = World::new().await;
    let (mut bob, app) = stale_bob(&world).await;
    let problem = bob.post("/transfer", json!({"amount": "100"})).await.expect(401).json();
    assert!(problem["detail"].as_str().unwrap().ends_with("Nothing was done."));
    let mut browser = bob.browsing();
    assert_eq!(
        browser.post("/transfer", json!({"amount": "100"})).await.expect(303).location(),
        "/auth/step-up"
    );
    assert!(browser.get("/auth/step-up").await.expect(200).text.contains("Nothing was done"));
    assert_eq!(world.handled(), 0);
    let done = browser.post("/auth/step-up/totp", json!({"code": app.next_code()})).await.expect(303);
    assert_eq!(done.location(), "/transfer/new", "the page of the form, not the transfer itself");
    assert_eq!(world.handled(), 0);
    browser.post("/transfer", json!({"amount": "100"})).await.expect(200);
    assert_eq!(world.handled(), 1);
}

#[tokio::test]
async fn a_recovery_code_answers_for_any_second_factor_and_for_none_that_is_named() {
    let world = World::new().await;
    let (mut bob, app) = world.with_app(ACME, "bob@acme.example").await;
    let mut by_code = world.begin("bob@acme.example").await;
    by_code.exchange(organization_id(ACME).as_str()).await.expect(200);
    let form = json!({"recovery_code": app.recovery_codes[0]});
    assert!(by_code.post("/auth/mfa/recovery", form).await.is_session());
    by_code.get("/fresh").await.expect(200);
    let token = challenge_of(&by_code.get("/app").await.expect(401));
    let form = json!({"recovery_code": app.recovery_codes[1], "challenge_token": token});
    assert_eq!(
        by_code.post("/auth/step-up/recovery", form).await.expect(401).error_type(),
        "insufficient_factors"
    );
    by_code.get("/app").await.expect(401);
    // It was not used up by being refused.
    world.clock.advance_secs(301);
    let token = challenge_of(&bob.get("/fresh").await.expect(401));
    let form = json!({"recovery_code": app.recovery_codes[1], "challenge_token": token});
    bob.post("/auth/step-up/recovery", form).await.expect(200);
}

#[tokio::test]
async fn a_challenge_that_can_not_be_closed_keeps_nobody_out() {
    let world = World::new().await;
    let (mut bob, app) = stale_bob(&world).await;
    let token = challenge_of(&bob.get("/fresh").await.expect(401));
    world.transient.faults.set("transient.close_challenge", Fault::Fails);
    let form = json!({"code": app.next_code(), "challenge_token": token});
    bob.post("/auth/step-up/totp", form).await.expect(200);
    bob.get("/fresh").await.expect(200);
}

/// A service of `Full` bodies that needs no axum, behind a layer that requires and one that loads.
async fn plain<L>(world: &World, layer: L, request: Request<Full<Bytes>>) -> StatusCode
where
    L: Layer<Plain>,
    L::Service: Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    <L::Service as Service<Request<Full<Bytes>>>>::Future: Send,
{
    let service = world.vestibule.session_layer().layer(layer.layer(Plain));
    service.oneshot(request).await.unwrap().status()
}

#[derive(Clone)]
struct Plain;

impl Service<Request<Full<Bytes>>> for Plain {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(request.extensions().get::<MemberSession>().is_some());
        std::future::ready(Ok(Response::new(Full::new(Bytes::from_static(b"in")))))
    }
}

fn with_token(client: &Client, uri: &str) -> Request<Full<Bytes>> {
    Request::get(uri)
        .header(AUTHORIZATION, format!("Bearer {}", client.session_token()))
        .body(Full::default())
        .unwrap()
}

#[tokio::test]
async fn the_organization_in_the_host() {
    let world = World::new().await;
    let gina = world.gina().await;
    let layer = || world.vestibule.require(Requirement::member()).organization_in_host(".example.com");
    for (host, status) in [
        ("globex.example.com", 200),
        ("GLOBEX.example.com:8443", 200),
        ("acme.example.com", 403),
        ("example.com", 403),
        (".example.com", 403),
        ("globex.acme.example.com", 403),
        ("globex.example.com.evil", 403),
        ("globexexample.com", 403),
        ("globex.example.com@acme.example.com", 403),
        ("", 403),
    ] {
        let mut request = with_token(&gina, "/");
        request.headers_mut().insert("host", host.parse().unwrap());
        assert_eq!(plain(&world, layer(), request).await, status, "{host:?}");
    }
    let mut twice = with_token(&gina, "/");
    twice.headers_mut().append("host", "globex.example.com".parse().unwrap());
    twice.headers_mut().append("host", "acme.example.com".parse().unwrap());
    assert_eq!(plain(&world, layer(), twice).await, 403);
    assert_eq!(plain(&world, layer(), with_token(&gina, "/")).await, 403, "no host, no organization");
    // HTTP/2 has it in the URI.
    assert_eq!(plain(&world, layer(), with_token(&gina, "https://globex.example.com/")).await, 200);
    let mut other = with_token(&gina, "https://acme.example.com/");
    other.headers_mut().append("host", "globex.example.com".parse().unwrap());
    assert_eq!(plain(&world, layer(), other).await, 403);
}

#[tokio::test]
async fn the_organization_by_a_closure() {
    let world = World::new().await;
    let gina = world.gina().await;
    let layer = || {
        world.vestibule.require(Requirement::member()).organization_by(|parts| {
            parts.headers.get("x-tenant").and_then(|name| name.to_str().ok()).map(str::to_owned)
        })
    };
    for (name, status) in [(Some("globex"), 200), (Some("acme"), 403), (Some(""), 403), (None, 403)] {
        let mut request = with_token(&gina, "/");
        if let Some(name) = name {
            request.headers_mut().insert("x-tenant", name.parse().unwrap());
        }
        assert_eq!(plain(&world, layer(), request).await, status, "{name:?}");
    }
}

#[tokio::test]
async fn a_route_without_the_parameter_lets_nobody_in() {
    let world = World::new().await;
    let gina = world.gina().await;
    let layer = world.vestibule.require(Requirement::member()).organization_in_path("tenant");
    let router = Router::new()
        .route("/o/{organization}", get(|| async { "in" }).route_layer(layer.clone()))
        .route("/t/{tenant}", get(|| async { "in" }).route_layer(layer))
        .layer(world.vestibule.session_layer());
    for (path, status) in [("/o/globex", 403), ("/t/globex", 200), ("/t/acme", 403)] {
        let request = gina.request(http::Method::GET, path).body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), status, "{path}");
    }
}

#[tokio::test]
async fn an_application_answers_refusals_in_its_own_words() {
    let world = World::new().await;
    let (bob, _) = stale_bob(&world).await;
    let respond = |refusal: Refusal| {
        let status = refusal.status();
        let text = match refusal.reason() {
            RefusalReason::Anonymous => "who are you",
            RefusalReason::Unmet(unmet) if matches!(unmet.as_slice(), [Unmet::Factor(_)]) => "prove it",
            _ => "no",
        };
        let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
        *response.status_mut() = status;
        response
    };
    let requirement = Requirement::member().factor(fresh_second_factor());
    let layer = world.vestibule.require(requirement.clone()).respond_with(respond);
    let service = world.vestibule.session_layer().layer(layer.layer(Plain));
    for (request, status, text) in [
        (Request::get("/").body(Full::default()).unwrap(), 401, "who are you"),
        (with_token(&bob, "/"), 401, "prove it"),
    ] {
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), text);
    }

    // The standard answers tell outer layers why.
    let standard = world.vestibule.session_layer().layer(world.vestibule.require(requirement).layer(Plain));
    let response = standard.oneshot(with_token(&bob, "/")).await.unwrap();
    let reason = response.extensions().get::<RefusalReason>().unwrap();
    assert_eq!(*reason, RefusalReason::Unmet(vec![Unmet::Factor(fresh_second_factor())]));
}

#[tokio::test]
async fn boxed_bodies_serve_as_well() {
    let world = World::new().await;
    let gina = world.gina().await;
    let require = || world.vestibule.require(Requirement::member());
    let boxed = service_fn(|_: Request<Full<Bytes>>| async {
        Ok::<_, Infallible>(Response::new(BoxBody::<Bytes, Infallible>::new(Full::from("in"))))
    });
    let unsync = service_fn(|_: Request<Full<Bytes>>| async {
        Ok::<_, Infallible>(Response::new(UnsyncBoxBody::<Bytes, Infallible>::new(Full::from("in"))))
    });
    let boxed =
        world.vestibule.session_layer().layer(world.vestibule.auth_layer().layer(require().layer(boxed)));
    let unsync =
        world.vestibule.session_layer().layer(world.vestibule.auth_layer().layer(require().layer(unsync)));
    for (uri, anonymous, member) in
        [("/", 401, 200), ("/auth/jwks.json", 200, 200), ("/auth/session", 401, 200)]
    {
        let nobody = || Request::get(uri).body(Full::default()).unwrap();
        assert_eq!(boxed.clone().oneshot(nobody()).await.unwrap().status(), anonymous, "{uri}");
        assert_eq!(unsync.clone().oneshot(nobody()).await.unwrap().status(), anonymous, "{uri}");
        assert_eq!(boxed.clone().oneshot(with_token(&gina, uri)).await.unwrap().status(), member, "{uri}");
        assert_eq!(unsync.clone().oneshot(with_token(&gina, uri)).await.unwrap().status(), member, "{uri}");
    }
}

#[tokio::test]
async fn the_inner_service_is_called_only_when_it_is_ready_and_only_for_who_may() {
    let world = World::new().await;
    let gina = world.gina().await;
    let (mock, mut handle) = mock::pair::<Request<Full<Bytes>>, Response<Full<Bytes>>>();
    let layer = world.vestibule.require(Requirement::member());
    let mut service = world.vestibule.session_layer().layer(layer.layer(mock));

    handle.allow(0);
    let waits = tokio::time::timeout(std::time::Duration::from_millis(20), service.ready()).await;
    assert!(waits.is_err(), "not ready before the inner one is");
    handle.allow(2);
    let refused = service.ready().await.unwrap().call(Request::get("/").body(Full::default()).unwrap()).await;
    assert_eq!(refused.unwrap().status(), 401);
    let allowed = service.ready().await.unwrap().call(with_token(&gina, "/in"));
    let (request, answer) = handle.next_request().await.unwrap();
    assert_eq!(request.uri(), "/in");
    answer.send_response(Response::new(Full::default()));
    assert_eq!(allowed.await.unwrap().status(), 200);
    handle.send_error("broken");
    assert!(service.ready().await.is_err(), "its errors pass through");
}

#[tokio::test]
async fn refusals_and_answers_fit_into_a_concurrency_limit_of_one() {
    let world = World::new().await;
    let (bob, _) = world.with_app(ACME, "bob@acme.example").await;
    let layer = world.vestibule.require(Requirement::member());
    let mut service = world.vestibule.session_layer().layer(layer.layer(ConcurrencyLimit::new(Plain, 1)));
    for round in 0..5 {
        // The slow road and the fast one.
        world.clock.advance_secs(if round % 2 == 0 { 61 } else { 1 });
        let nobody = Request::get("/").body(Full::<Bytes>::default()).unwrap();
        assert_eq!(service.ready().await.unwrap().call(nobody).await.unwrap().status(), 401);
        let member = with_token(&bob, "/");
        assert_eq!(service.ready().await.unwrap().call(member).await.unwrap().status(), 200);
    }
}

/// Counts its readiness, and panics when it is called without.
#[derive(Default)]
struct Counting {
    ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Clone for Counting {
    fn clone(&self) -> Self {
        // A clone has to be made ready by itself.
        Self { ready: false, calls: Arc::clone(&self.calls) }
    }
}

impl Service<Request<Full<Bytes>>> for Counting {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        assert!(self.ready, "called without being ready");
        self.ready = false;
        self.calls.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok(Response::new(Full::default())))
    }
}

#[tokio::test]
async fn whoever_is_ready_is_called_on_the_slow_road_too() {
    let world = World::new().await;
    let gina = world.gina().await;
    let inner = Counting::default();
    let calls = Arc::clone(&inner.calls);
    let mut service = world.vestibule.session_layer().layer(inner);
    for round in 1..=4 {
        world.clock.advance_secs(61);
        world.durable.faults.calls();
        service.ready().await.unwrap().call(with_token(&gina, "/")).await.unwrap();
        assert!(world.durable.faults.calls().contains(&"sessions.by_seed"), "it was the slow road");
        assert_eq!(calls.load(Ordering::SeqCst), round);
    }
}

#[tokio::test]
async fn what_one_sign_in_sets_up_is_not_seen_or_confirmed_in_another() {
    let world = World::new().await;
    let acme = organization_id(ACME);
    let owing = async || {
        let mut client = world.begin("bob@acme.example").await;
        client.exchange(acme.as_str()).await.expect(200);
        client
    };
    let (mut first, mut second) = (owing().await, owing().await);
    let begun = first.post("/auth/enrol/totp", json!({})).await.expect(200).json();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    let grouped: Vec<&str> =
        secret.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap()).collect();
    assert!(first.browsing().get("/auth/enrol/totp").await.expect(200).text.contains(&grouped.join(" ")));
    assert!(!second.browsing().get("/auth/enrol/totp").await.text.contains(&grouped.join(" ")));
    let app = App::new(&secret, Vec::new(), world.clock.clone());
    let confirm = json!({"code": app.code()});
    second.post("/auth/enrol/totp/confirm", confirm.clone()).await.expect(401);
    assert!(!second.is_in().await);
    first.post("/auth/enrol/totp/confirm", confirm).await.expect(200);
    assert!(first.is_in().await);

    let world = World::new().await;
    let owing = async || {
        let mut client = world.begin("bob@acme.example").await;
        client.exchange(acme.as_str()).await.expect(200);
        client
    };
    let (mut first, mut second) = (owing().await, owing().await);
    let before = world.last_message();
    first.post("/auth/enrol/sms", json!({"phone_number": PHONE})).await.expect(200);
    let confirm = json!({"code": world.code_for(PHONE, before).await});
    second.post("/auth/enrol/sms/confirm", confirm.clone()).await.expect(401);
    first.post("/auth/enrol/sms/confirm", confirm).await.expect(200);
}

#[tokio::test]
async fn a_session_is_not_turned_to_its_own_organization() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let app = world.enrol_app(&mut gina).await;
    let own = json!({"organization_id": organization_id(GLOBEX).as_str()});
    gina.post("/auth/switch", own).await.expect(404);
    gina.post("/auth/mfa/totp", json!({"code": app.next_code()})).await.expect(401);
    gina.get("/fresh").await.expect(403);
}

#[tokio::test]
async fn what_a_session_was_switched_to_dies_with_it_and_opens_nothing_else() {
    let world = World::new().await;
    let (acme, globex) = (organization_id(ACME), organization_id(GLOBEX));
    let mut ada = world.member_of(GLOBEX, "ada@acme.example").await;
    ada.post("/auth/switch", json!({"organization_id": acme.as_str()})).await.expect(200);
    // It lists and opens the one organization alone, and makes none.
    let listed = ada.get("/auth/organizations").await.expect(200).json();
    assert_eq!(listed["discovered_organizations"].as_array().unwrap().len(), 1);
    ada.exchange(globex.as_str()).await.expect(404);
    ada.post("/auth/organizations/create", json!({"organization_name": "Mine"})).await.expect(403);
    // A first factor as old as the session sets no second one up.
    world.clock.advance_secs(301);
    let answer = ada.post("/auth/enrol/totp", json!({})).await.expect(401);
    assert_eq!(answer.error_type(), "insufficient_factors");

    let member = world.member(GLOBEX, "ada@acme.example").await;
    world.vestibule.revoke_member(&member.member_id, None).await.unwrap();
    ada.get("/auth/organizations").await.expect(401);
    ada.exchange(acme.as_str()).await.expect(401);
    assert!(!ada.is_in().await);
}
