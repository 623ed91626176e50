//! Session JWTs, as a server verifies them by the published keys alone.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::Method;
use serde_json::{Value, json};
use stytch::b2b::{otp_email::AuthenticateRequest, sessions::GetJWKSRequest};

use crate::common::{PROJECT, World, is_session, refused, sent};

/// What a JWT says, if a key of the project has signed it. The test's clock is not the system's.
async fn verified(world: &World, jwt: &str) -> Value {
    let header = decode_header(jwt).unwrap();
    assert_eq!((header.typ.as_deref(), header.alg), (Some("JWT"), Algorithm::RS256));
    let key = world.sdk.fetch_jwk(&header.kid.unwrap()).await.unwrap();
    assert_eq!((key.kty.as_str(), key.alg.as_str()), ("RSA", "RS256"));
    let mut validation = Validation::new(Algorithm::RS256);
    (validation.validate_exp, validation.validate_nbf) = (false, false);
    validation.set_audience(&[PROJECT]);
    validation.set_issuer(&[format!("stytch.com/{PROJECT}")]);
    validation.set_required_spec_claims(&["aud", "exp", "iss", "nbf", "sub"]);
    let key = DecodingKey::from_rsa_components(&key.n, &key.e).unwrap();
    decode::<Value>(jwt, &key, &validation).unwrap().claims
}

#[tokio::test]
async fn a_jwt_says_what_the_session_is_for_five_minutes() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.admin(&acme, "ada@acme.example").await;
    let with = AuthenticateRequest {
        session_custom_claims: Some(json!({"plan": "pro", "limits": {"seats": 5}})),
        ..Default::default()
    };
    let entered = world.enter_with(&ada, with).await;
    let session = is_session(&entered);
    let claims = verified(&world, &entered.session_jwt).await;
    let now = world.clock.timestamp();
    assert_eq!(claims["iss"], format!("stytch.com/{PROJECT}"));
    assert_eq!(claims["aud"], json!([PROJECT]));
    assert_eq!(claims["sub"], ada.member_id.as_str());
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 300)));
    assert!(claims["nbf"].as_i64().unwrap() <= now);
    assert_eq!((&claims["plan"], &claims["limits"]), (&json!("pro"), &json!({"seats": 5})));

    let said = &claims["https://stytch.com/session"];
    assert_eq!(said["id"], session.member_session_id.as_str());
    let shown = serde_json::to_value(session).unwrap();
    for time in ["started_at", "last_accessed_at", "expires_at"] {
        let (in_jwt, in_answer) = (said[time].as_str().unwrap(), shown[time].as_str().unwrap());
        assert!(in_jwt.ends_with('Z'), "{in_jwt}");
        assert_eq!(in_jwt.split(['.', 'Z']).next(), in_answer.split(['.', 'Z']).next());
    }
    assert_eq!(said["authentication_factors"][0]["type"], "email_otp");
    assert_eq!(said["authentication_factors"][0]["delivery_method"], "email");
    let address = &said["authentication_factors"][0]["email_factor"]["email_address"];
    assert_eq!(address, "ada@acme.example");
    assert!(said["attributes"]["user_agent"].is_string() && said["attributes"]["ip_address"].is_string());
    let mut roles: Vec<&str> =
        said["roles"].as_array().unwrap().iter().map(|role| role.as_str().unwrap()).collect();
    roles.sort_unstable();
    assert_eq!(roles, ["stytch_admin", "stytch_member"]);
    let organization = json!({"organization_id": acme.organization_id, "slug": "acme"});
    assert_eq!(claims["https://stytch.com/organization"], organization);
}

#[tokio::test]
async fn each_authentication_gives_a_jwt_of_the_session_as_it_is_then() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let claim = |value| stytch::b2b::sessions::AuthenticateRequest {
        session_token: Some(entered.session_token.clone()),
        session_custom_claims: Some(value),
        ..Default::default()
    };
    let first = world.stytch.sessions.authenticate(claim(json!({"n": 1}))).await.unwrap().session_jwt;
    assert_eq!(verified(&world, &first).await["n"], 1);
    let second = world.stytch.sessions.authenticate(claim(json!({"n": 2}))).await.unwrap().session_jwt;
    assert_eq!(verified(&world, &second).await["n"], 2);
    let third = world.stytch.sessions.authenticate(claim(json!({"n": null}))).await.unwrap().session_jwt;
    assert!(verified(&world, &third).await.get("n").is_none());

    world.clock.advance(6);
    let later = world.authenticate(&entered.session_token).await.unwrap().session_jwt;
    assert_eq!(verified(&world, &later).await["iat"], world.clock.timestamp());
    // Whatever has changed of the member is in the next one.
    let request = stytch::b2b::organizations_members::UpdateRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
        roles: Some(vec!["stytch_admin".to_owned()]),
        ..Default::default()
    };
    world.stytch.organizations.members.update(request).await.unwrap();
    let later = world.authenticate(&entered.session_token).await.unwrap();
    assert!(later.member_session.roles.contains(&"stytch_admin".to_owned()));
    let said = verified(&world, &later.session_jwt).await;
    assert!(said["https://stytch.com/session"]["roles"].as_array().unwrap().contains(&json!("stytch_admin")));
}

#[tokio::test]
async fn the_keys_are_public_and_complete() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let jwt = world.session(&ada).await.session_jwt;
    let kid = decode_header(&jwt).unwrap().kid.unwrap();
    assert!(kid.starts_with("jwk-test-"), "{kid}");
    let request = GetJWKSRequest { project_id: PROJECT.to_owned() };
    let keys = world.stytch.sessions.get_jwks(request).await.unwrap().keys;
    let key = keys.iter().find(|key| key.kid == kid).unwrap();
    assert_eq!((key.kty.as_str(), key.use_.as_str(), key.alg.as_str()), ("RSA", "sig", "RS256"));
    assert!(key.n.len() >= 342 && !key.e.is_empty());

    let path = format!("/v1/b2b/sessions/jwks/{PROJECT}");
    for credentials in [None, Some("Basic bm9ib2R5Om5vdGhpbmc=")] {
        let answer = sent(world.request_with(Method::GET, &path, credentials)).await;
        let body = answer.granted();
        assert!(answer.headers["cache-control"].to_str().unwrap().contains("max-age=900"), "{answer:?}");
        let members = ["kty", "use", "key_ops", "alg", "kid", "x5c", "x5tS256", "n", "e"];
        for key in body["keys"].as_array().unwrap() {
            assert!(members.iter().all(|member| !key[member].is_null()), "{key}");
            assert!(["d", "p", "q"].iter().all(|secret| key.get(secret).is_none()));
        }
    }
    let request =
        GetJWKSRequest { project_id: "project-test-00000000-0000-4000-8000-000000000001".to_owned() };
    refused(world.stytch.sessions.get_jwks(request).await, 404, "project_not_found");
}
