//! Session JWTs that are not ours, not any more or not as they were.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    Try,
    ground::{Course, Ground, Stop},
    public_key::public_forms,
    route::Place,
};
use crate::{
    domain::Timestamp,
    flow,
    test::SignedIn,
    token::{KeyUnusable, SigningKey},
};

pub(super) const TRIES: [Try; 10] = [
    ("a JWT without a signature", |ground| Box::pin(unsigned(ground))),
    ("a JWT whose signature was changed, cut or padded", |ground| Box::pin(signature_changed(ground))),
    ("a JWT signed with another key", |ground| Box::pin(signed_by_others(ground))),
    ("a JWT whose secret is the public key", |ground| Box::pin(signed_with_what_is_public(ground))),
    ("a JWT whose claims or header were changed", |ground| Box::pin(changed(ground))),
    ("a JWT of the right key that says something else", |ground| Box::pin(of_the_right_key(ground))),
    ("a JWT of a key that was retired", |ground| Box::pin(of_a_retired_key(ground))),
    ("a JWT of another deployment", |ground| Box::pin(of_another_deployment(ground))),
    ("a JWT past its five minutes", |ground| Box::pin(expired(ground))),
    ("a JWT of a session that was revoked", |ground| Box::pin(revoked(ground))),
];

const SESSION: &str = "https://stytch.com/session";

/// A JWT that lets its member in, in parts.
struct Genuine {
    member: SignedIn,
    /// What is signed.
    message: String,
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
        let (message, signature) = jwt.expose().rsplit_once('.').unwrap_or_default();
        let mut parts = message.split('.');
        let mut read = || {
            let bytes = URL_SAFE_NO_PAD.decode(parts.next().unwrap_or_default()).unwrap_or_default();
            serde_json::from_slice(&bytes).unwrap_or_default()
        };
        let (header, claims) = (read(), read());
        let (message, signature) = (message.to_owned(), signature.to_owned());
        Ok(Self { member, message, header, claims, signature })
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
    refused(ground, &format!("{}.", jwt.message), "an empty signature").await
}

async fn signature_changed(ground: &Ground) -> Course {
    let jwt = Genuine::of(ground).await?;
    let (text, signature) = (&jwt.message, &jwt.signature);
    let last = signature.len().saturating_sub(1);
    for at in [0, last / 2, last] {
        let other = if signature[at..].starts_with('A') { "B" } else { "A" };
        let changed = format!("{text}.{}{other}{}", &signature[..at], &signature[at + 1..]);
        refused(ground, &changed, &format!("a signature changed at character {at}")).await?;
    }
    for (changed, what) in [
        (format!("{text}.{}", &signature[..last]), "a signature with a character less"),
        (format!("{text}.{}", &signature[..last / 2]), "half of a signature"),
        (format!("{text}.{signature}A"), "a signature with a character more"),
        (format!("{text}.{signature}="), "a signature with padding"),
        (format!("{text}.{signature}=="), "a signature with padding"),
        (format!("{text}.{signature}.{signature}"), "a JWT of four parts"),
        (format!("{text}.{signature}."), "a JWT with a dot behind it"),
        (format!(".{text}.{signature}"), "a JWT with a dot before it"),
    ] {
        refused(ground, &changed, what).await?;
    }
    Ok(())
}

fn unusable(error: KeyUnusable) -> Stop {
    Stop::Failed(flow::Error::from(error).into())
}

fn signed(key: &SigningKey, header: &Value, claims: &Value) -> Result<String, Stop> {
    let text = message(header, claims);
    let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key.encoding, key.algorithm.algorithm())
        .map_err(|_| unusable(KeyUnusable))?;
    Ok(format!("{text}.{signature}"))
}

/// By the algorithm that our own keys are of.
async fn signed_by_others(ground: &Ground) -> Course {
    let jwt = Genuine::of(ground).await?;
    let algorithm = ground.kit.vestibule().engine().settings.jwt_algorithm;
    let pkcs8 = SigningKey::generate(algorithm).map_err(unusable)?;
    let key = SigningKey::read("another".to_owned(), algorithm, Timestamp::default(), &pkcs8);
    let key = key.map_err(unusable)?;
    for (changes, what) in [
        (json!({}), "our own key id"),
        (json!({"kid": "another"}), "a key id of its own"),
        (json!({"kid": "../../../../dev/null"}), "a path as key id"),
        (json!({"kid": "' OR 1=1 --"}), "SQL as key id"),
        (json!({"jku": "https://evil.example/keys"}), "an address of keys"),
        (json!({"jwk": key.jwk}), "a key that it brings along"),
        (json!({"kid": null}), "no key id"),
    ] {
        let text = signed(&key, &jwt.with_header(&changes), &jwt.claims)?;
        refused(ground, &text, &format!("a foreign signature, with {what},")).await?;
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
    refused(ground, &with_secret(&jwt, jwks.to_string().as_bytes()), "HS256 with the key set").await?;
    for key in jwks["keys"].as_array().into_iter().flatten() {
        for (secret, what) in public_forms(key) {
            refused(ground, &with_secret(&jwt, &secret), &format!("HS256 with {what}")).await?;
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

/// Its signature is good: the same key may sign what is meant for others.
async fn of_the_right_key(ground: &Ground) -> Course {
    let jwt = Genuine::of(ground).await?;
    let ring = &ground.kit.vestibule().engine().ring;
    let key = ring.signing(ground.kit.now()).ok_or_else(|| unusable(KeyUnusable))?;
    let now = ground.kit.now().as_secs();
    for (changes, what) in [
        (json!({"exp": (now + 300).to_string()}), "an end that is a text"),
        (json!({"exp": null}), "an end that is null"),
        (json!({"exp": -1}), "a negative end"),
        (json!({"exp": now}), "an end that is now"),
        (json!({"exp": now + 24 * 3600}), "an end that is tomorrow"),
        (json!({"nbf": now + 60}), "a beginning that is to come"),
        (json!({"iss": "https://evil.example"}), "another issuer"),
        (json!({"iss": [jwt.claims["iss"]]}), "a list of issuers"),
        (json!({"aud": ["another"]}), "another audience"),
        (json!({"aud": []}), "no audience"),
        (json!({SESSION: null}), "no session"),
        (
            json!({SESSION: {"id": "session-test-00000000-0000-4000-8000-000000000000"}}),
            "a session that is none",
        ),
    ] {
        let text = signed(&key, &jwt.header, &changed_object(&jwt.claims, &changes))?;
        refused(ground, &text, &format!("a JWT of our key with {what}")).await?;
    }
    for changes in
        [json!({"typ": "at+jwt"}), json!({"typ": null}), json!({"crit": ["exp"]}), json!({"alg": "none"})]
    {
        let text = signed(&key, &jwt.with_header(&changes), &jwt.claims)?;
        refused(ground, &text, &format!("a JWT of our key with the header {changes}")).await?;
    }
    Ok(())
}

/// As one is that was stolen; another signs from then on.
async fn of_a_retired_key(ground: &Ground) -> Course {
    let jwt = Genuine::of(ground).await?;
    let key_id = jwt.header["kid"].as_str().unwrap_or_default();
    ground.kit.vestibule().retire_signing_key(key_id).await?;
    ground.must_refuse(ground.request_of(&jwt.member)?, "the JWT").await
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
