//! Session tokens and JWTs as bearer tokens, and the keys that the JWTs are checked with.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    mailbox::Mailbox,
    process::Demo,
    program::Program,
    response_objects::{Is, assert_authenticated, assert_fields},
};

const GINA: &str = "gina@globex.example";

/// A browser that Gina is signed in with, and a JWT of that session.
async fn gina(demo: &Demo) -> (Browser, String) {
    let (mut mail, mut browser) = (Mailbox::of(demo), Browser::of(demo));
    browser.sign_in(&mut mail, GINA, "Globex").await;
    let shown =
        Program::with_bearer(demo, browser.session_cookie().unwrap()).get("/auth/session").await.json();
    assert_authenticated(&shown);
    assert_eq!(shown["session_token"], "", "it travels in the cookie");
    (browser, shown["session_jwt"].as_str().unwrap().to_owned())
}

fn part(jwt: &str, index: usize) -> Value {
    let text = jwt.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

#[tokio::test]
async fn a_jwt_lets_in_whom_it_names() {
    let demo = Demo::start();
    let (mut browser, jwt) = gina(&demo).await;
    let answer = Program::with_bearer(&demo, &jwt).get("/member").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("gina@globex.example"));
    let organization_id = browser.member_page().await.value("organization_id");

    let (header, claims) = (part(&jwt, 0), part(&jwt, 1));
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("JWT")));
    assert!(claims["iss"].as_str().unwrap().starts_with("stytch.com/project-test-"));
    assert!(claims["sub"].as_str().unwrap().starts_with("member-test-"));
    let of = |name: &str| claims[name].as_u64().unwrap();
    assert_eq!(of("exp") - of("iat"), 300);
    let organization = &claims["https://stytch.com/organization"];
    assert_eq!(*organization, json!({"organization_id": organization_id, "slug": "globex"}));
    let session = &claims["https://stytch.com/session"];
    assert_fields(
        session,
        &[
            ("id", Is::Some),
            ("started_at", Is::Time),
            ("last_accessed_at", Is::Time),
            ("expires_at", Is::Time),
            ("attributes", Is::Object),
            ("authentication_factors", Is::List),
            ("roles", Is::List),
            // Not Stytch's: what a verifier elsewhere needs besides.
            ("email_address", Is::Some),
            ("enrolled_here", Is::List),
        ],
    );
}

#[tokio::test]
async fn the_keys_are_published_for_everybody() {
    let demo = Demo::start();
    let (_, jwt) = gina(&demo).await;
    let answer = Program::of(&demo).get("/auth/jwks.json").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("cache-control").contains("max-age=900"));
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    for key in &keys {
        let text = ["kty", "use", "alg", "kid", "n", "e"].map(|name| (name, Is::Some));
        assert_fields(key, &text);
        assert_fields(key, &[("key_ops", Is::List), ("x5c", Is::List), ("x5tS256", Is::Text)]);
        for private in ["d", "p", "q", "dp", "dq", "qi"] {
            assert!(key.get(private).is_none(), "a private part is published");
        }
    }
    assert!(keys.iter().any(|key| key["kid"] == part(&jwt, 0)["kid"]));
}

#[tokio::test]
async fn what_was_meddled_with_is_refused_whatever_the_cookie_says() {
    let demo = Demo::start();
    let (browser, jwt) = gina(&demo).await;
    let parts: Vec<&str> = jwt.split('.').collect();
    let mut claims = part(&jwt, 1);
    claims["https://stytch.com/session"]["roles"] = json!(["stytch_admin", "root"]);
    let written = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let none = written(&json!({"alg": "none", "typ": "JWT"}));
    let session = browser.session_cookie().unwrap();
    for token in [
        format!("{}.{}.{}", parts[0], written(&claims), parts[2]),
        format!("{none}.{}.", parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        session[..43].to_owned(),
        format!("{}A", &session[..43]),
        browser.client.cookies["vestibule_development_browser"].clone(),
        String::new(),
    ] {
        if token == session {
            continue;
        }
        let mut program = Program::with_bearer(&demo, &token);
        program.client.cookies = browser.client.cookies.clone();
        assert_eq!(program.get("/member").await.status, 401, "{token}");
    }
}

#[tokio::test]
async fn a_jwt_is_dead_as_soon_as_its_session_is() {
    let demo = Demo::start();
    let (mut browser, jwt) = gina(&demo).await;
    let token = browser.session_cookie().unwrap().to_owned();
    let mut program = Program::with_bearer(&demo, &jwt);
    assert_eq!(program.get("/member").await.status, 200);
    let page = browser.open("/auth/sessions").await;
    browser.submit(page.form("/auth/sign-out")).await;
    assert_eq!(program.get("/member").await.status, 401);
    assert_eq!(Program::with_bearer(&demo, &token).get("/member").await.status, 401);
}
