//! Session JWTs that are not ours, not any more or not as they were.

use std::time::Duration;

use aws_lc_rs::{hmac, signature::Ed25519KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    Try,
    ground::{Course, Ground, Stop},
    route::Place,
};
use crate::test::{KitError, SignedIn};

pub(super) const TRIES: [Try; 7] = [
    ("a JWT without a signature", |ground| Box::pin(unsigned(ground))),
    ("a JWT signed with another key", |ground| Box::pin(signed_by_others(ground))),
    ("a JWT whose secret is the public key", |ground| Box::pin(signed_with_what_is_public(ground))),
    ("a JWT whose claims or header were changed", |ground| Box::pin(changed(ground))),
    ("a JWT of another deployment", |ground| Box::pin(of_another_deployment(ground))),
    ("a JWT past its five minutes", |ground| Box::pin(expired(ground))),
    ("a JWT of a session that was revoked", |ground| Box::pin(revoked(ground))),
];

const SESSION: &str = "https://stytch.com/session";

/// A JWT that lets its member in, in parts.
struct Genuine {
    member: SignedIn,
    header: Value,
    claims: Value,
    signature: String,
}

impl Genuine {
    async fn of(ground: &Ground) -> Result<Self, Stop> {
        let member = ground.signed_in().await?.by_jwt().await?;
        let answer = ground.send(ground.request_of(&member)?).await?;
        if !ground.is_let_in(&answer) {
            return Err(Stop::NotApplicable("a session JWT lets nobody in here".to_owned()));
        }
        let jwt = member.session_jwt().await?;
        let mut parts = jwt.expose().split('.');
        let mut read = || {
            let bytes = URL_SAFE_NO_PAD.decode(parts.next().unwrap_or_default()).unwrap_or_default();
            serde_json::from_slice(&bytes).unwrap_or_default()
        };
        let (header, claims) = (read(), read());
        Ok(Self { member, header, claims, signature: parts.next().unwrap_or_default().to_owned() })
    }

    fn with_header(&self, changes: &Value) -> Value {
        changed_object(&self.header, changes)
    }
}

fn changed_object(object: &Value, changes: &Value) -> Value {
    let mut object = object.clone();
    if let (Some(object), Some(changes)) = (object.as_object_mut(), changes.as_object()) {
        object.extend(changes.clone());
    }
    object
}

fn message(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

async fn refused(ground: &Ground, jwt: &str, what: &str) -> Course {
    ground.must_refuse(ground.request_with(Place::Bearer, jwt)?, what).await
}

async fn unsigned(ground: &Ground) -> Course {
    let jwt = Genuine::of(ground).await?;
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let text = message(&jwt.with_header(&json!({"alg": alg})), &jwt.claims);
        refused(ground, &format!("{text}."), &format!("alg {alg:?}")).await?;
        refused(ground, &format!("{text}.{}", jwt.signature), &format!("alg {alg:?} with a signature"))
            .await?;
    }
    refused(ground, &format!("{}.", message(&jwt.header, &jwt.claims)), "an empty signature").await
}

async fn signed_by_others(ground: &Ground) -> Course {
    let jwt = Genuine::of(ground).await?;
    let unusable = |_| KitError::Service("no key can be made".to_owned());
    let key = Ed25519KeyPair::generate().map_err(unusable)?;
    let public = URL_SAFE_NO_PAD.encode(aws_lc_rs::signature::KeyPair::public_key(&key));
    for (changes, what) in [
        (json!({}), "our own key id"),
        (json!({"kid": "another"}), "a key id of its own"),
        (json!({"kid": "../../../../dev/null"}), "a path as key id"),
        (json!({"kid": "' OR 1=1 --"}), "SQL as key id"),
        (json!({"jku": "https://evil.example/keys"}), "an address of keys"),
        (json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": public}}), "a key that it brings along"),
        (json!({"kid": null}), "no key id"),
    ] {
        let header = changed_object(&jwt.with_header(&json!({"alg": "EdDSA"})), &changes);
        let text = message(&header, &jwt.claims);
        let signature = URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()));
        refused(ground, &format!("{text}.{signature}"), &format!("a foreign signature, with {what},"))
            .await?;
    }
    for secret in ["", "secret", "\0"] {
        refused(ground, &with_secret(&jwt, secret.as_bytes()), &format!("the secret {secret:?}")).await?;
    }
    Ok(())
}

/// With HMAC (HS256), where both sides have the same key.
fn with_secret(jwt: &Genuine, secret: &[u8]) -> String {
    let text = message(&jwt.with_header(&json!({"alg": "HS256"})), &jwt.claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

async fn signed_with_what_is_public(ground: &Ground) -> Course {
    let jwt = Genuine::of(ground).await?;
    let jwks = ground.kit.vestibule().engine().jwks();
    for key in jwks["keys"].as_array().into_iter().flatten() {
        let mut secrets = vec![key.to_string().into_bytes()];
        for text in key.as_object().into_iter().flat_map(|key| key.values()).filter_map(Value::as_str) {
            secrets.push(text.as_bytes().to_vec());
            secrets.extend(URL_SAFE_NO_PAD.decode(text).ok());
        }
        for secret in secrets {
            refused(ground, &with_secret(&jwt, &secret), "HS256 with a public key").await?;
        }
    }
    Ok(())
}

async fn changed(ground: &Ground) -> Course {
    let jwt = Genuine::of(ground).await?;
    let mut raised = jwt.claims[SESSION].clone();
    raised["roles"] = json!(["stytch_member", "stytch_admin", "admin"]);
    let mut other = jwt.claims[SESSION].clone();
    other["id"] = json!(ground.signed_in().await?.session().await?.member_session_id());
    for (changes, what) in [
        (json!({"exp": 99_999_999_999_u64}), "a later end"),
        (json!({"exp": "99999999999"}), "an end that is a text"),
        (json!({"exp": null}), "no end"),
        (json!({"sub": "member-test-00000000-0000-4000-8000-000000000000"}), "another member"),
        (json!({"iss": "https://evil.example"}), "another issuer"),
        (json!({"aud": ["project-test-11111111-1111-4111-8111-111111111111"]}), "another audience"),
        (json!({SESSION: raised}), "more roles"),
        (json!({SESSION: other}), "another session"),
        (json!({"acr": "urn:vestibule:acr:mfa", "amr": ["otp", "mfa"]}), "more factors"),
    ] {
        let text = message(&jwt.header, &changed_object(&jwt.claims, &changes));
        // What stood there already changes nothing.
        if changed_object(&jwt.claims, &changes) != jwt.claims {
            refused(ground, &format!("{text}.{}", jwt.signature), &format!("a JWT with {what}")).await?;
        }
    }
    for changes in
        [json!({"typ": "at+jwt"}), json!({"crit": ["exp"]}), json!({"kid": "0"}), json!({"zip": "DEF"})]
    {
        let text = message(&jwt.with_header(&changes), &jwt.claims);
        refused(ground, &format!("{text}.{}", jwt.signature), &format!("a JWT with the header {changes}"))
            .await?;
    }
    Ok(())
}

/// Of an organization and a member of the same names, who have every right there.
async fn of_another_deployment(ground: &Ground) -> Course {
    Genuine::of(ground).await?;
    let foreign = ground.signed_in_elsewhere().await?;
    refused(ground, foreign.session_jwt().await?.expose(), "a JWT of another deployment").await
}

async fn expired(ground: &Ground) -> Course {
    let jwt = Genuine::of(ground).await?;
    ground.kit.clock().advance(Duration::from_secs(301));
    ground.must_refuse(ground.request_of(&jwt.member)?, "a JWT of more than five minutes").await
}

async fn revoked(ground: &Ground) -> Course {
    let jwt = Genuine::of(ground).await?;
    let session_id = jwt.member.session().await?.member_session_id();
    ground.kit.vestibule().revoke(&session_id).await?;
    ground.must_refuse(ground.request_of(&jwt.member)?, "the JWT").await
}
