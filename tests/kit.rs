//! The kit for an application's own tests: people with every set of factors, and the requests they send.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(all(feature = "axum", feature = "test-util"))]

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;
use vestibule::{
    Clock, ErrorKind, FileKeys, MemberSession, Requirement, Vestibule,
    domain::{AuthMethod, Domain, FactorDemand, FactorKind, OauthProvider},
    store::memory::MemoryStore,
    test::{Kit, KitError, SignedIn},
};

const PASSWORD: &str = "correct staple, horse of 1984";

/// Says who somebody is, to whoever may know.
fn application(kit: &Kit) -> Router {
    let me = async |session: MemberSession| session.email_address().to_string();
    let fresh = FactorDemand::secondary().within(Duration::from_secs(300));
    let layer = kit.vestibule().require(Requirement::member().factor(fresh));
    Router::new()
        .route("/me", get(me).post(me))
        .route("/fresh", get(me).route_layer(layer))
        .layer(kit.vestibule().auth_layer())
        .layer(kit.vestibule().session_layer())
}

async fn send(kit: &Kit, request: http::request::Builder) -> (StatusCode, String) {
    let answer = application(kit).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

async fn status(kit: &Kit, request: http::request::Builder) -> u16 {
    send(kit, request).await.0.as_u16()
}

async fn kinds(member: &SignedIn) -> Vec<FactorKind> {
    let factors = member.session().await.unwrap().authentication_factors();
    factors.into_iter().map(|factor| factor.kind).collect()
}

#[tokio::test]
async fn members_sign_in_by_what_they_have_and_the_organization_demands() {
    let kit = Kit::new().await.unwrap();
    let strict = kit.organization("strict").requires_mfa().await.unwrap();
    let open = kit.organization("open").await.unwrap();
    let passwords = kit.organization("passwords").auth_methods([AuthMethod::Password]).await.unwrap();
    let links = kit.organization("links").auth_methods([AuthMethod::MagicLink]).await.unwrap();
    use FactorKind::{EmailOtp, MagicLink, Oauth, Otp, Password, Sso, Totp};
    let google = Oauth(OauthProvider::Google);
    for (member, proved) in [
        (kit.member(&open, "a@kit.example"), vec![EmailOtp]),
        (kit.member(&links, "b@kit.example"), vec![MagicLink]),
        (kit.member(&passwords, "c@kit.example").password(PASSWORD), vec![Password]),
        (kit.member(&open, "d@kit.example").totp(), vec![EmailOtp, Totp]),
        (kit.member(&strict, "e@kit.example").totp(), vec![EmailOtp, Totp]),
        (kit.member(&strict, "f@kit.example").sms(), vec![EmailOtp, Otp]),
        (kit.member(&strict, "g@kit.example").totp().sms(), vec![EmailOtp, Totp]),
        (kit.member(&strict, "h@kit.example").password(PASSWORD).sms(), vec![Password, Otp]),
        (kit.member(&open, "i@kit.example").first_factor(Sso), vec![Sso]),
        (kit.member(&open, "j@kit.example").password(PASSWORD).first_factor(MagicLink), vec![MagicLink]),
        (kit.member(&strict, "k@kit.example").first_factor(google).totp(), vec![google, Totp]),
        (kit.member(&open, "l@kit.example").first_factor(Password).password(PASSWORD), vec![Password]),
    ] {
        let member = member.await.unwrap();
        // As often as they like, and each time with another session.
        let (first, second) = (member.sign_in().await.unwrap(), member.sign_in().await.unwrap());
        assert_eq!((kinds(&first).await, kinds(&second).await), (proved.clone(), proved));
        assert_ne!(first.session_token(), second.session_token());
        let address = member.member().email_address.to_string();
        assert_eq!(send(&kit, second.get("/me")).await, (StatusCode::OK, address));
    }
}

#[tokio::test]
async fn what_is_set_up_is_there() {
    let kit = Kit::new().await.unwrap();
    let acme = kit.organization("acme").joined_from(Domain::parse("acme.example").unwrap()).await.unwrap();
    let ada = kit.member(&acme, "Ada@acme.example").role("editor").role("auditor").totp().sms();
    let ada = ada.await.unwrap();
    assert_eq!((ada.member().email_address.as_str(), ada.recovery_codes().len()), ("ada@acme.example", 10));
    assert_eq!(ada.organization().organization_slug.as_str(), "acme");
    let session = ada.sign_in().await.unwrap().session().await.unwrap();
    assert!(session.has_role("editor") && session.has_role("auditor") && !session.has_role("stytch_admin"));
    // Nobody is signed in but by the test.
    assert_eq!(kit.vestibule().sessions_of(&ada.member().member_id).await.unwrap().len(), 1);
    let other = kit.member(&acme, "bob@acme.example").sms().await.unwrap();
    assert_ne!(ada.phone(), other.phone());
    assert!(other.authenticator().is_none());
}

#[tokio::test]
async fn requests_show_the_session_as_the_test_chooses() {
    let kit = Kit::new().await.unwrap();
    let acme = kit.organization("acme").await.unwrap();
    let ada = kit.member(&acme, "ada@acme.example").await.unwrap().sign_in().await.unwrap();
    let header = |request: http::request::Builder, name: &str| {
        request.headers_ref().unwrap().get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    assert!(header(ada.get("/me"), "cookie").unwrap().ends_with(ada.session_token()));
    let bearer = format!("Bearer {}", ada.session_token());
    assert_eq!(header(ada.by_bearer().get("/me"), "authorization"), Some(bearer));
    let by_jwt = ada.by_jwt().await.unwrap();
    assert_eq!(header(by_jwt.get("/me"), "authorization").unwrap().matches('.').count(), 2);
    assert_eq!(header(by_jwt.get("/me"), "cookie"), None);
    for member in [&ada, &ada.by_bearer(), &by_jwt, &ada.browsing()] {
        for method in [Method::GET, Method::POST] {
            assert_eq!(status(&kit, member.request(method, "/me")).await, 200);
        }
    }
    // A browser is led on where a program is told.
    kit.vestibule()
        .set_phone(&ada.member().member().member_id, "+15551234567".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(status(&kit, ada.get("/fresh")).await, 401);
    assert_eq!(status(&kit, ada.browsing().get("/fresh")).await, 303);
    assert_eq!(status(&kit, ada.post("/me")).await, 200);
}

#[tokio::test]
async fn the_clock_moves_when_the_test_says_so() {
    let kit = Kit::new().await.unwrap();
    let acme = kit.organization("acme").await.unwrap();
    let ada = kit.member(&acme, "ada@acme.example").await.unwrap().sign_in().await.unwrap();
    let jwt = ada.by_jwt().await.unwrap();
    let before = kit.now();
    kit.clock().advance(Duration::from_secs(299));
    assert_eq!((kit.now().since(before), kit.clock().now()), (Some(Duration::from_secs(299)), kit.now()));
    assert_eq!(status(&kit, jwt.get("/me")).await, 200);
    kit.clock().advance(Duration::from_secs(1));
    assert_eq!((status(&kit, jwt.get("/me")).await, status(&kit, ada.get("/me")).await), (401, 200));
    kit.clock().advance(Duration::from_secs(3300));
    assert_eq!(status(&kit, ada.get("/me")).await, 401);
    let error = ada.session().await.unwrap_err();
    assert!(
        matches!(&error, KitError::Flow(error) if *error.kind() == ErrorKind::SessionNotFound),
        "{error}"
    );
}

#[tokio::test]
async fn codes_and_links_are_read_once_they_are_sent() {
    let kit = Kit::new().await.unwrap();
    let acme = kit.organization("acme").await.unwrap();
    kit.member(&acme, "ada@acme.example").await.unwrap();
    let ask = async |method: &str| {
        let form = format!(r#"{{"email_address": "ada@acme.example", "method": "{method}"}}"#);
        let request = Request::post("/auth/sign-in").header("content-type", "application/json");
        application(&kit).oneshot(request.body(Body::from(form)).unwrap()).await.unwrap()
    };
    let none = kit.code_for("ada@acme.example").await.unwrap_err();
    assert_eq!(none.to_string(), "no code or link was sent to ada@acme.example");

    let browser = |answer: http::Response<Body>| answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let (old, new) = (browser(ask("email_otp").await), kit.code_for("ada@acme.example").await.unwrap());
    let newest = (browser(ask("email_otp").await), kit.code_for(" ADA@acme.example").await.unwrap());
    let typed = async |browser: &str, code: &str| {
        let request = Request::post("/auth/code")
            .header("cookie", browser.split(';').next().unwrap())
            .header("content-type", "application/json");
        let body = Body::from(format!(r#"{{"code": "{code}"}}"#));
        application(&kit).oneshot(request.body(body).unwrap()).await.unwrap().status().as_u16()
    };
    assert_eq!((typed(&old, &new).await, typed(&newest.0, &newest.1).await), (200, 200));

    ask("magic_link").await;
    let link = kit.link_for("ada@acme.example").await.unwrap();
    assert!(link.starts_with("http://127.0.0.1:3000/auth/link?token="), "{link}");
    let path = link.trim_start_matches("http://127.0.0.1:3000");
    let (status, page) = send(&kit, Request::get(path).header("accept", "text/html")).await;
    assert!(status == 200 && page.contains("ada@acme.example"), "{page}");
    assert_eq!(kit.mailbox().messages().len(), 3);
    assert!(matches!(kit.link_for("+15550000000").await, Err(KitError::NoMessage(_))));
}

#[tokio::test]
async fn a_step_up_is_proved_by_what_the_member_has() {
    let kit = Kit::new().await.unwrap();
    let acme = kit.organization("acme").await.unwrap();
    let minute = Duration::from_secs(60);
    let (first, second) = (FactorDemand::primary().within(minute), FactorDemand::secondary().within(minute));
    for (member, demand, answer) in [
        (kit.member(&acme, "a@kit.example").totp(), &second, FactorKind::Totp),
        (kit.member(&acme, "b@kit.example").sms(), &second, FactorKind::Otp),
        (kit.member(&acme, "c@kit.example").password(PASSWORD), &first, FactorKind::Password),
        (kit.member(&acme, "d@kit.example"), &first, FactorKind::EmailOtp),
    ] {
        let signed_in = member.await.unwrap().sign_in().await.unwrap();
        let same = signed_in.step_up(demand).await.unwrap();
        assert_eq!(same.session_token(), signed_in.session_token(), "what is fresh is not asked for");
        kit.clock().advance(Duration::from_secs(61));
        let raised = signed_in.by_bearer().browsing().step_up(demand).await.unwrap();
        assert_ne!(raised.session_token(), signed_in.session_token());
        assert!(raised.get("/").headers_ref().unwrap().contains_key("authorization"));
        assert!(raised.get("/").headers_ref().unwrap().contains_key("sec-fetch-mode"));
        assert!(signed_in.session().await.is_err(), "the old token is dead");
        let session = raised.session().await.unwrap();
        let proved =
            session.authentication_factors().into_iter().find(|factor| factor.kind == answer).unwrap();
        assert!(kit.now().since(proved.last_authenticated_at).unwrap() < minute, "{answer:?}");
    }
    let bare = kit.member(&acme, "e@kit.example").await.unwrap().sign_in().await.unwrap();
    let refused = bare.step_up(&second).await.unwrap_err().to_string();
    assert!(refused.starts_with("step-up was answered 403"), "{refused}");
}

#[tokio::test]
async fn an_authenticator_app_shows_its_codes() {
    let kit = Kit::new().await.unwrap();
    // RFC 6238, appendix B: the last six digits of those for SHA-1, of the secret 12345678901234567890.
    let app = kit.authenticator("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
    let at = |seconds: u64| app.code_at(vestibule::domain::Timestamp::from_millis(seconds * 1000));
    assert_eq!((at(59).as_str(), at(1_111_111_109).as_str()), ("287082", "081804"));
    let began = kit.now();
    assert_eq!(app.next_code(), app.code_at(began));
    assert_eq!(kit.now(), began, "the first code is there at once");
    let second = app.clone().next_code();
    assert_eq!(kit.now().since(began), Some(Duration::from_secs(30)));
    assert_eq!(second, app.code_at(kit.now()));
    assert!(kit.authenticator("no secret").is_err());
}

#[tokio::test]
async fn what_can_not_be_done_is_said_in_a_sentence() {
    let kit = Kit::new().await.unwrap();
    let strict = kit.organization("strict").requires_mfa().await.unwrap();
    let passwords = kit.organization("passwords").auth_methods([AuthMethod::Password]).await.unwrap();
    let bare = kit.member(&strict, "a@kit.example").await.unwrap();
    let no_password = kit.member(&passwords, "b@kit.example").await.unwrap();
    let no_sso = kit.member(&passwords, "e@kit.example").first_factor(FactorKind::Sso).await.unwrap();
    let no_first = kit.member(&strict, "f@kit.example").first_factor(FactorKind::Password).await.unwrap();
    for (error, says) in [
        (bare.sign_in().await.unwrap_err(), "give them .totp(), .sms() or .password(…)"),
        (no_password.sign_in().await.unwrap_err(), "give the member one: .password(…)"),
        (no_sso.sign_in().await.unwrap_err(), "has not what passwords demands"),
        (no_first.sign_in().await.unwrap_err(), "add .password(…)"),
        (
            kit.member(&strict, "g@kit.example").first_factor(FactorKind::Otp).totp().await.unwrap_err(),
            "first factor",
        ),
        (kit.organization("strict").await.unwrap_err(), "taken"),
        (kit.organization("no slug").await.unwrap_err(), "slug"),
        (kit.member(&strict, "nobody").await.unwrap_err(), "address"),
        (kit.member(&strict, "c@kit.example").role("no role").await.unwrap_err(), "an id is"),
        (kit.member(&strict, "d@kit.example").password("12345678").await.unwrap_err(), "guess"),
        (Kit::over(Vestibule::builder()).await.unwrap_err(), "master_keys is missing"),
    ] {
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.to_string(), format!("{error:?}"));
    }
}

#[tokio::test]
async fn production_and_clients_without_cookies_can_be_tested_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let production = Vestibule::builder()
        .project_id("project-live-8f2a6a0c-4f1e-4c52-9f43-0d6f2b6f6f0e")
        .name("Reports")
        .origin("https://reports.example")
        .master_keys(FileKeys::or_create(folder.path().join("keys")))
        .store(MemoryStore::new());
    for (builder, shows) in [
        (production, "__Host-vestibule_session="),
        (Vestibule::development().prefix("/login").tokens_in_body(), "Bearer "),
    ] {
        let kit = Kit::over(builder).await.unwrap();
        let acme = kit.organization("acme").requires_mfa().await.unwrap();
        let ada = kit.member(&acme, "ada@acme.example").totp().sms().await.unwrap().sign_in().await.unwrap();
        let request = ada.get("/me");
        let headers = request.headers_ref().unwrap().values();
        assert!(headers.into_iter().any(|value| value.to_str().unwrap().starts_with(shows)));
        assert_eq!(status(&kit, request).await, 200);
        kit.clock().advance(Duration::from_secs(61));
        let demand = FactorDemand::secondary().within(Duration::from_secs(60));
        let raised = ada.step_up(&demand).await.unwrap();
        assert_eq!((status(&kit, raised.get("/me")).await, status(&kit, ada.get("/me")).await), (200, 401));
        raised.sign_out().await.unwrap();
        assert_eq!(status(&kit, raised.get("/me")).await, 401);
    }
}

#[tokio::test]
async fn nothing_of_the_kit_prints_a_secret() {
    let kit = Kit::new().await.unwrap();
    let acme = kit.organization("acme").await.unwrap();
    let new = kit.member(&acme, "ada@acme.example").password(PASSWORD).totp();
    let printed = format!("{new:?}");
    let ada = new.await.unwrap();
    let signed_in = ada.sign_in().await.unwrap();
    let jwt = signed_in.by_jwt().await.unwrap();
    let app = ada.authenticator().unwrap();
    let printed = format!("{printed} {kit:?} {ada:?} {signed_in:?} {jwt:?} {app:?} {:?}", kit.mailbox());
    let jwt_text = jwt.session_jwt().await.unwrap();
    let code = app.next_code();
    for secret in [PASSWORD, signed_in.session_token(), jwt_text.expose(), &ada.recovery_codes()[0], &code] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
