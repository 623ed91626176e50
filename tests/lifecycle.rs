//! The documented lifecycle of a sign-in, arrow by arrow, as a browser of production sees it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "axum")]

mod common;

use common::{
    App, World,
    world::{PHONE, organization_id},
};
use http::header::SET_COOKIE;
use serde_json::{Value, json};
use vestibule::{KeyError, KeyProvider, MasterKey, Vestibule, deliver::Mailbox};

/// A key management service of the application's own.
struct OwnKeys;

impl KeyProvider for OwnKeys {
    fn master_keys(&self) -> Result<Vec<MasterKey>, KeyError> {
        Ok(vec![MasterKey::new("own-1", [7; 32])])
    }
}

async fn production() -> World {
    let mailbox = Mailbox::new();
    let builder = Vestibule::builder()
        .project_id("project-live-11111111-1111-4111-8111-111111111111")
        .name("Example")
        .origin("https://app.example.com")
        .master_keys(OwnKeys)
        .email(mailbox.clone())
        .sms(mailbox.clone());
    World::over(builder, mailbox, "__Host-vestibule_").await
}

fn cookie_lines(answer: &common::Answer) -> Vec<String> {
    answer.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn primary_factor_then_ist_then_passcode_then_code_then_authenticate_then_session_in_cookies() {
    let world = production().await;
    let bob = world.set_phone(common::ACME, "bob@acme.example").await;
    let mut client = world.client();

    // A primary factor …
    client.post("/auth/sign-in", json!({"email_address": "bob@acme.example"})).await.expect(200);
    let code = world.code_for("bob@acme.example", 0).await;
    let proved = client.post("/auth/code", json!({"code": code})).await.expect(200);

    // … is answered with an intermediate session and the organizations that it opens.
    assert!(client.cookie("session").is_none());
    let ist = client.intermediate();
    let found = &proved.json()["discovered_organizations"];
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["organization"]["organization_slug"], "acme");
    assert_eq!(found[0]["mfa_required"]["member_options"]["mfa_phone_number"], "XXXXXXX4567");
    assert!(!client.is_in().await);

    // The organization owes a second factor, and a passcode is on its way at once.
    let before = world.last_message();
    let owed = client.exchange(organization_id(common::ACME).as_str()).await.expect(200).json();
    assert_eq!(owed["member_authenticated"], false);
    assert_eq!(owed["member_session"], Value::Null);
    assert_eq!(owed["mfa_required"]["secondary_auth_initiated"], "sms_otp");
    assert_ne!(client.intermediate(), ist);
    assert!(!client.is_in().await);
    let passcode = world.code_for(PHONE, before).await;

    // The code and the intermediate session together are authenticated …
    let done = client.post("/auth/mfa/sms", json!({"code": passcode})).await.expect(200);
    assert!(done.is_session());
    let session = &done.json()["member_session"];
    assert_eq!(session["member_id"], bob.member_id.as_str());
    let kinds: Vec<&str> = session["authentication_factors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["email_otp", "otp"]);

    // … and the session's token is in a cookie that only this host can set and no script reads.
    let lines = cookie_lines(&done);
    let token = lines.iter().find(|line| line.starts_with("__Host-vestibule_session=")).unwrap();
    assert_eq!(client.session_token().len(), 44);
    for attribute in ["Path=/", "Max-Age=3600", "HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(token.split("; ").any(|part| part == attribute), "{token}");
    }
    assert!(!token.contains("Domain"));
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("__Host-vestibule_intermediate=; ") && line.contains("Secure"))
    );
    assert!(client.cookie("intermediate").is_none());

    // Handlers read the organization and the roles from the request's extensions.
    let me = client.get("/me").await.expect(200).json();
    assert_eq!(me["organization_id"], organization_id(common::ACME).as_str());
    assert_eq!(me["roles"], json!(["stytch_member"]));

    // The session is good as a JWT too: five minutes by itself.
    let shown = client.get("/auth/session").await.expect(200).json();
    assert_eq!(shown["session_token"], "");
    let jwt = shown["session_jwt"].as_str().unwrap().to_owned();
    let mut bearer = world.client();
    bearer.bearer = Some(jwt.clone());
    assert_eq!(bearer.get("/me").await.expect(200).json()["organization_id"], me["organization_id"]);

    // Which whoever has the published keys can check, and reads the same.
    let keys = world.client().get("/auth/jwks.json").await.expect(200).json();
    let claims = verified(&jwt, &keys["keys"][0]);
    assert_eq!(claims["iss"], "stytch.com/project-live-11111111-1111-4111-8111-111111111111");
    assert_eq!(claims["aud"], json!(["project-live-11111111-1111-4111-8111-111111111111"]));
    assert_eq!(claims["sub"], bob.member_id.as_str());
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 300);
    assert_eq!(claims["acr"], "urn:vestibule:acr:mfa");
    assert_eq!(claims["https://stytch.com/session"]["roles"], json!(["stytch_member"]));
    assert_eq!(claims["https://stytch.com/organization"]["slug"], "acme");

    // And out again.
    client.post("/auth/sign-out", json!({})).await.expect(200);
    assert!(client.cookies.keys().all(|name| name.ends_with("_browser")), "{:?}", client.cookies);
    assert!(!bearer.is_in().await);
}

fn verified(jwt: &str, key: &Value) -> Value {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, jwk::Jwk};
    let jwk: Jwk = serde_json::from_value(key.clone()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    decode(jwt, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap().claims
}

#[tokio::test]
async fn a_browser_goes_the_same_way_by_pages() {
    let world = production().await;
    let mut browser = world.browser();
    let page = browser.get("/auth/sign-in?return_to=%2Fmember").await.expect(200);
    assert!(page.text.contains("/member"));
    assert!(browser.cookies.is_empty(), "a page that only asks mints nothing");

    let form = json!({"email_address": "bob@acme.example", "return_to": "/member"});
    assert_eq!(browser.post("/auth/sign-in", form).await.expect(303).location(), "/auth/code");
    let code = world.code_for("bob@acme.example", 0).await;
    let next = browser.post("/auth/code", json!({"code": code})).await.expect(303);
    assert_eq!(next.location(), "/auth/organizations");
    assert!(browser.get("/auth/organizations").await.expect(200).text.contains("ACME"));

    let next = browser.exchange(organization_id(common::ACME).as_str()).await.expect(303);
    assert_eq!(next.location(), "/auth/enrol");
    let page = browser.post("/auth/enrol/totp", json!({})).await.expect(200);
    let secret: String = page
        .text
        .split("secret=")
        .nth(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect())
        .unwrap();
    let app = App::new(&secret, Vec::new(), world.clock.clone());
    let shown = browser.post("/auth/enrol/totp/confirm", json!({"code": app.code()})).await.expect(200);
    assert!(shown.text.contains("href=\"/member\""), "goes on to where the person wanted to go");
    browser.get("/member").await.expect(200);

    // Next time the app is asked for, and the browser is led straight on.
    browser.post("/auth/sign-out", json!({})).await.expect(303);
    assert!(browser.get("/member").await.expect(303).location().starts_with("/auth/sign-in?return_to="));
    world.begin_in(&mut browser, "bob@acme.example").await;
    let next = browser.exchange(organization_id(common::ACME).as_str()).await.expect(303);
    assert_eq!(next.location(), "/auth/mfa");
    let done = browser.post("/auth/mfa/totp", json!({"code": app.next_code()})).await.expect(303);
    assert_eq!(done.location(), "/");
    browser.get("/member").await.expect(200);
}
