//! What is answered who is not let in, and settings that can't be.

use serde_json::json;
use vestibule::{Grpc, Requirement, Verifier};

use crate::{PROJECT, SIGN_IN, Scene, common::GLOBEX, jwt_of};

#[tokio::test]
async fn programs_are_told_what_is_missing_and_where_to_get_it() {
    let scene = Scene::new().await;
    let refused = scene.stranger().get("/member").await.expect(401);
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    let problem = refused.json();
    assert_eq!(problem["type"], "urn:vestibule:problem:unauthenticated");
    assert_eq!(
        (&problem["unmet"][0]["requirement"], &problem["sign_in_at"]),
        (&json!("member"), &json!(SIGN_IN))
    );
    let refused = scene.bearer("opaque").get("/member").await.expect(401);
    assert!(refused.headers["www-authenticate"].to_str().unwrap().contains("error=\"invalid_token\""));
    assert!(refused.headers.get("set-cookie").is_none());

    let quiet = Scene::with(|_| settings()).await;
    assert!(quiet.stranger().get("/member").await.expect(401).json().get("sign_in_at").is_none());
}

/// Those without a default, and no more.
fn settings() -> vestibule::VerifierBuilder {
    Verifier::builder().jwks("http://127.0.0.1:1/").project_id(PROJECT)
}

#[tokio::test]
async fn browsers_are_led_to_the_sign_in() {
    let scene = Scene::new().await;
    for (path, browser) in [("/member", scene.stranger()), ("/fresh", scene.bearer("opaque"))] {
        let led = browser.browsing().get(path).await.expect(303);
        assert_eq!(led.location(), SIGN_IN);
    }
    let mut ada = scene.issuer.member_of(GLOBEX, "ada@acme.example").await;
    let ada = scene.bearer(jwt_of(&mut ada).await).browsing();
    for (path, leads) in [("/fresh", true), ("/o/acme", true), ("/admin", false)] {
        let page = ada.clone().get(path).await.expect(403);
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers["cache-control"], "no-store");
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        assert!(!page.text.contains("/auth/style.css"), "no page of ours is served here");
        assert_eq!(page.text.contains(&format!("href=\"{SIGN_IN}\"")), leads, "{path}: {}", page.text);
    }

    let quiet = Scene::with(|_| settings()).await;
    let page = quiet.stranger().browsing().get("/member").await.expect(401);
    assert!(page.text.contains("<h1>Sign in</h1>") && !page.text.contains("href"), "{}", page.text);
}

#[tokio::test]
async fn grpc_clients_get_a_status() {
    use axum::{Router, body::Body, routing::post};
    use tower::ServiceExt;

    let scene = Scene::new().await;
    let fresh = Requirement::member().factor(crate::fresh_second_factor());
    let service: Router = Router::new()
        .route("/bank.Ledger/Transfer", post(async || {}))
        .route_layer(scene.verifier.require(fresh).respond_with(Grpc))
        .layer(scene.verifier.session_layer());
    let jwt = jwt_of(&mut scene.issuer.gina().await).await;
    for (token, message) in [("x", "needs a session JWT"), (&jwt, "a second factor")] {
        let call =
            http::Request::post("/bank.Ledger/Transfer").header("authorization", format!("Bearer {token}"));
        let answer = service.clone().oneshot(call.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.headers()["grpc-status"], "16");
        let said = answer.headers()["grpc-message"].to_str().unwrap();
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn settings_that_can_not_be_are_told_by_name() {
    let problems = |builder: vestibule::VerifierBuilder| match builder.build() {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().to_vec(),
    };
    let nothing = problems(Verifier::builder());
    assert_eq!(nothing.len(), 2, "{nothing:?}");
    assert!(nothing[0].starts_with("jwks is missing") && nothing[1].starts_with("project_id is missing"));

    for (address, good) in [
        ("https://app.example.com/auth/jwks.json", true),
        ("http://127.0.0.1:3000/auth/jwks.json", true),
        ("http://localhost/auth/jwks.json", true),
        ("http://[::1]:3000/auth/jwks.json", true),
        ("http://app.example.com/auth/jwks.json", false),
        ("http://127.0.0.1.example.com/", false),
        ("http://localhost.example.com/", false),
        ("https://user:password@app.example.com/", false),
        ("https://app.example.com:8443/auth/jwks.json", true),
        ("https://app.example.com:/", false),
        ("https://app.example.com:0/", false),
        ("https://app.example.com:99999/", false),
        ("https://app.example.com:84a3/", false),
        ("http://[::1]:x/", false),
        ("https://:8443/", false),
        ("ftp://app.example.com/", false),
        ("file:///etc/passwd", false),
        ("/auth/jwks.json", false),
        ("app.example.com", false),
        ("", false),
    ] {
        assert_eq!(problems(settings().jwks(address)).is_empty(), good, "{address}");
    }
    assert!(problems(settings().insecure_plaintext_jwks("http://issuer.internal/jwks.json")).is_empty());
    assert!(!problems(settings().insecure_plaintext_jwks("issuer.internal")).is_empty());
    for (wrong, name) in [
        (settings().project_id("a b"), "project_id"),
        (settings().project_id(""), "project_id"),
        (settings().cookie(""), "cookie"),
        (settings().cookie("a=b"), "cookie"),
        (settings().cookie("a b"), "cookie"),
        (settings().sign_in_at("/auth/sign-in"), "sign_in_at"),
        (settings().sign_in_at("javascript:alert(1)"), "sign_in_at"),
    ] {
        let told = problems(wrong);
        assert!(told.len() == 1 && told[0].starts_with(name), "{name}: {told:?}");
    }
}
