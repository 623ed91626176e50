//! What is believed of a JWT of another deployment, and what becomes of it.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

use super::*;
use crate::{
    domain::{FactorDemand, Permission, Role},
    judge::{MemberSession, Requirement, SessionPolicy, attest, unmet},
    token::{JwtAlgorithm, KeyRing, SigningKey},
};

const NOW: u64 = 1_700_000_000;

struct Elsewhere {
    key: Arc<SigningKey>,
    jwk: Value,
    keys: PublicKeys,
    parties: SessionClaims,
}

impl Elsewhere {
    fn new(algorithm: JwtAlgorithm) -> Self {
        let pkcs8 = SigningKey::generate(algorithm).unwrap();
        let key = Arc::new(SigningKey::read("key".into(), algorithm, Timestamp::default(), &pkcs8).unwrap());
        let ring = KeyRing::default();
        ring.replace(vec![Arc::clone(&key)]);
        let jwk = ring.jwks().remove(0);
        let keys = PublicKeys::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();
        let parties = SessionClaims { issuer: "issuer".into(), audience: "audience".into() };
        Self { key, jwk, keys, parties }
    }

    fn signed(&self, header: &str, claims: &str) -> String {
        self.signed_by(&self.key.encoding, self.key.algorithm.algorithm(), header, claims)
    }

    fn signed_by(&self, key: &EncodingKey, algorithm: Algorithm, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
        format!("{message}.{signature}")
    }

    fn header(&self) -> String {
        json!({"typ": "JWT", "alg": self.key.algorithm.as_str(), "kid": "key"}).to_string()
    }

    fn read(&self, jwt: &str, now: Timestamp) -> Option<MemberSession> {
        let roles = [Role {
            role_id: RoleId::new("editor").unwrap(),
            description: String::new(),
            permissions: vec![Permission { resource_id: "reports".into(), actions: vec!["write".into()] }],
        }];
        attest(self.parties.attest(jwt, &self.keys, now)?, &roles, now).ok()
    }

    /// The session of claims that are signed as they should be.
    fn session(&self, claims: &Value, now: Timestamp) -> Option<MemberSession> {
        self.read(&self.signed(&self.header(), &claims.to_string()), now)
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn claims() -> Value {
    json!({
        "iss": "issuer", "aud": ["audience"], "sub": "member-ada",
        "iat": NOW, "nbf": NOW, "exp": NOW + 300,
        "acr": "urn:vestibule:acr:mfa", "amr": ["otp", "mfa"], "auth_time": NOW - 60,
        "https://stytch.com/session": {
            "id": "session-1",
            "started_at": at(NOW - 600), "last_accessed_at": at(NOW - 60), "expires_at": at(NOW + 3000),
            "attributes": {"user_agent": "browser", "ip_address": "192.0.2.1"},
            "authentication_factors": [
                {
                    "type": "email_otp", "delivery_method": "email", "sequence_order": "PRIMARY",
                    "last_authenticated_at": at(NOW - 600), "created_at": at(NOW - 600),
                    "updated_at": at(NOW - 600),
                    "email_factor": {"email_id": "email-1", "email_address": "ada@acme.example"},
                },
                {
                    "type": "totp", "delivery_method": "authenticator_app", "sequence_order": "SECONDARY",
                    "last_authenticated_at": at(NOW - 60), "created_at": at(NOW - 60),
                    "updated_at": at(NOW - 60),
                    "authenticator_app_factor": {"totp_id": "totp-1"},
                },
            ],
            "roles": ["stytch_member", "editor", "made_by_the_organization"],
            "email_address": "ada@acme.example",
            "enrolled_here": [],
        },
        "https://stytch.com/organization": {"organization_id": "organization-acme", "slug": "acme"},
        "plan": {"name": "gold"},
    })
}

/// The claims with another value at this place; without anything there if it is nothing.
fn with(path: &[&str], value: Option<Value>) -> Value {
    let mut changed = claims();
    let (last, way) = path.split_last().unwrap();
    let within = way.iter().fold(&mut changed, |inner, name| &mut inner[*name]);
    match value {
        Some(value) => within[*last] = value,
        None => drop(within.as_object_mut().unwrap().remove(*last).unwrap()),
    }
    changed
}

const SESSION: &str = "https://stytch.com/session";
const ORGANIZATION: &str = "https://stytch.com/organization";

#[test]
fn the_session_is_what_the_jwt_says_and_lasts_as_long() {
    for algorithm in [JwtAlgorithm::Rs256, JwtAlgorithm::EdDsa, JwtAlgorithm::Es256] {
        let elsewhere = Elsewhere::new(algorithm);
        let session = elsewhere.session(&claims(), at(NOW)).unwrap();
        assert_eq!(session.member_session_id().as_str(), "session-1");
        assert_eq!(session.member_id().as_str(), "member-ada");
        assert_eq!(session.email_address().as_str(), "ada@acme.example");
        assert_eq!(session.organization_id().as_str(), "organization-acme");
        assert_eq!(session.organization_slug().as_str(), "acme");
        assert_eq!(json!(session.roles()), claims()[SESSION]["roles"]);
        assert!(session.permits("reports", "write") && !session.permits("reports", "read"));
        assert_eq!(json!(session.custom_claims()), json!({"plan": {"name": "gold"}}));
        assert_eq!((session.started_at(), session.expires_at()), (at(NOW - 600), at(NOW + 300)));
        let shown = serde_json::to_value(&session).unwrap();
        assert_eq!(shown["authentication_factors"], claims()[SESSION]["authentication_factors"]);

        assert!(elsewhere.session(&claims(), at(NOW + 299)).is_some());
        assert!(elsewhere.session(&claims(), at(NOW + 300)).is_none());
        assert!(session.holds_at(at(NOW + 299)) && !session.holds_at(at(NOW + 300)));
    }
}

#[test]
fn a_session_that_ends_before_its_jwt_ends_here_too() {
    let elsewhere = Elsewhere::new(JwtAlgorithm::EdDsa);
    let short = with(&[SESSION, "expires_at"], Some(json!(at(NOW + 10))));
    assert_eq!(elsewhere.session(&short, at(NOW)).unwrap().expires_at(), at(NOW + 10));
    assert!(elsewhere.session(&short, at(NOW + 10)).is_none());
}

#[test]
fn the_issuer_may_be_half_a_minute_ahead_and_its_factors_are_fresh_then() {
    let elsewhere = Elsewhere::new(JwtAlgorithm::EdDsa);
    let mut ahead = claims();
    ahead[SESSION]["authentication_factors"][1]["last_authenticated_at"] = json!(at(NOW));
    let fresh = Requirement::member().factor(FactorDemand::totp().within(Duration::from_secs(60)));
    for (behind, lets_in) in [(0, true), (30, true), (31, false)] {
        let now = at(NOW - behind);
        let session = elsewhere.session(&ahead, now);
        assert_eq!(session.is_some(), lets_in, "{behind}");
        if let Some(session) = session {
            let missing =
                |after| unmet(&session, &fresh, None, &SessionPolicy::default(), at(NOW - behind + after));
            assert!(missing(60).is_empty());
            assert!(!missing(61).is_empty());
        }
    }
}

#[test]
fn what_was_set_up_in_the_session_answers_nothing() {
    let elsewhere = Elsewhere::new(JwtAlgorithm::EdDsa);
    let demands = |claims: &Value, demand: FactorDemand| {
        let session = elsewhere.session(claims, at(NOW)).unwrap();
        let requirement = Requirement::member().factor(demand);
        !unmet(&session, &requirement, None, &SessionPolicy::default(), at(NOW)).is_empty()
    };
    assert!(!demands(&claims(), FactorDemand::secondary()) && !demands(&claims(), FactorDemand::primary()));
    assert!(demands(&claims(), FactorDemand::sms_otp()));
    let enrolled = with(&[SESSION, "enrolled_here"], Some(json!(["totp-1"])));
    assert!(demands(&enrolled, FactorDemand::secondary()) && !demands(&enrolled, FactorDemand::primary()));
}

#[test]
fn a_way_to_authenticate_that_is_not_known_proves_nothing() {
    let elsewhere = Elsewhere::new(JwtAlgorithm::EdDsa);
    let mut newer = claims();
    newer[SESSION]["authentication_factors"][1]["type"] = json!("passkey");
    let session = elsewhere.session(&newer, at(NOW)).unwrap();
    assert_eq!(session.authentication_factors().len(), 1);
    let second = Requirement::member().factor(FactorDemand::secondary());
    assert!(!unmet(&session, &second, None, &SessionPolicy::default(), at(NOW)).is_empty());
}

#[test]
fn refuses_claims_that_are_missing() {
    let elsewhere = Elsewhere::new(JwtAlgorithm::EdDsa);
    for name in ["iss", "aud", "sub", "iat", "nbf", "exp", SESSION, ORGANIZATION] {
        assert!(elsewhere.session(&with(&[name], None), at(NOW)).is_none(), "{name}");
    }
    let session = claims()[SESSION].clone();
    for name in session.as_object().unwrap().keys() {
        assert!(elsewhere.session(&with(&[SESSION, name], None), at(NOW)).is_none(), "{name}");
    }
    for name in ["organization_id", "slug"] {
        assert!(elsewhere.session(&with(&[ORGANIZATION, name], None), at(NOW)).is_none(), "{name}");
    }
    // These say how strongly it was proved to those who do not read the factors.
    for name in ["acr", "amr", "auth_time", "plan"] {
        assert!(elsewhere.session(&with(&[name], None), at(NOW)).is_some(), "{name}");
    }
}

#[test]
fn refuses_claims_that_are_wrong_or_contradict_each_other() {
    let elsewhere = Elsewhere::new(JwtAlgorithm::EdDsa);
    let (past, future) = (at(NOW - 60), at(NOW + 1));
    let factor = |last: Timestamp, detail: Value| {
        json!([{
            "type": "totp", "delivery_method": "authenticator_app", "last_authenticated_at": last,
            "created_at": past, "authenticator_app_factor": detail,
        }])
    };
    let totp = json!({"totp_id": "totp-1"});
    assert!(
        elsewhere
            .session(&with(&[SESSION, "authentication_factors"], Some(factor(past, totp.clone()))), at(NOW))
            .is_some()
    );
    for (path, value) in [
        (&["iss"][..], json!("other")),
        (&["iss"], json!(["issuer"])),
        (&["aud"], json!("audience")),
        (&["aud"], json!(["other"])),
        (&["aud"], json!([])),
        (&["sub"], json!("")),
        (&["sub"], json!("a b")),
        (&["iat"], json!(NOW - 1)),
        (&["iat"], json!(NOW + 301)),
        (&["iat"], json!(NOW.to_string())),
        (&["nbf"], json!(NOW + 31)),
        (&["nbf"], json!(1.7e9)),
        (&["exp"], json!(NOW)),
        (&["exp"], json!(NOW + 301)),
        (&["exp"], json!(u64::MAX)),
        (&["exp"], json!(-1)),
        (&["exp"], Value::Null),
        (&["jti"], json!("x")),
        (&["https://stytch.com/member"], json!({})),
        (&["plan"], json!("x".repeat(4096))),
        (&[SESSION], json!("session-1")),
        (&[SESSION, "id"], json!("")),
        (&[SESSION, "started_at"], json!(future)),
        (&[SESSION, "last_accessed_at"], json!(future)),
        (&[SESSION, "expires_at"], json!(past)),
        (&[SESSION, "expires_at"], json!(NOW + 3000)),
        (&[SESSION, "attributes"], json!({})),
        (&[SESSION, "roles"], json!("editor")),
        (&[SESSION, "roles"], json!([""])),
        (&[SESSION, "roles"], json!([null])),
        (&[SESSION, "email_address"], json!("ada")),
        (&[SESSION, "enrolled_here"], Value::Null),
        (&[SESSION, "enrolled_here"], json!("totp-1")),
        (&[SESSION, "enrolled_here"], json!([1])),
        (&[SESSION, "authentication_factors"], json!({})),
        (&[SESSION, "authentication_factors"], json!([{}])),
        (&[SESSION, "authentication_factors"], factor(future, totp)),
        (&[SESSION, "authentication_factors"], factor(past, json!({}))),
        (&[SESSION, "authentication_factors"], factor(past, Value::Null)),
        (&[ORGANIZATION, "slug"], json!("a/b")),
        (&[ORGANIZATION, "organization_id"], json!(7)),
    ] {
        let changed = with(path, Some(value.clone()));
        assert!(elsewhere.session(&changed, at(NOW)).is_none(), "{path:?}: {value}");
    }
    let whole = claims().to_string();
    for twice in [r#","iss":"issuer"}"#, r#","exp":1700000300}"#, r#","https://stytch.com/organization":{}}"#]
    {
        let doubled = format!("{}{twice}", whole.strip_suffix('}').unwrap());
        assert!(elsewhere.read(&elsewhere.signed(&elsewhere.header(), &doubled), at(NOW)).is_none());
    }
}

#[test]
fn the_header_neither_chooses_the_algorithm_nor_brings_a_key() {
    for algorithm in [JwtAlgorithm::Rs256, JwtAlgorithm::EdDsa, JwtAlgorithm::Es256] {
        let elsewhere = Elsewhere::new(algorithm);
        let (name, payload) = (algorithm.as_str(), claims().to_string());
        for extra in [
            json!({"kid": "other"}),
            json!({"kid": ""}),
            json!({"kid": null}),
            json!({"kid": "../key"}),
            json!({"typ": "at+jwt"}),
            json!({"typ": null}),
            json!({"alg": "none"}),
            json!({"alg": "HS256"}),
            json!({"alg": "RS512"}),
            json!({"alg": "PS256"}),
            json!({"alg": "ES384"}),
            json!({"crit": ["exp"]}),
            json!({"zip": "DEF"}),
            json!({"jwk": elsewhere.jwk}),
            json!({"jku": "https://evil.example/jwks.json"}),
            json!({"x5u": "https://evil.example/chain.pem"}),
            json!({"x5c": ["MIIB"]}),
        ] {
            let mut header = json!({"typ": "JWT", "alg": name, "kid": "key"});
            header.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            let jwt = elsewhere.signed(&header.to_string(), &payload);
            assert!(elsewhere.read(&jwt, at(NOW)).is_none(), "{header}");
        }

        let genuine = elsewhere.signed(&elsewhere.header(), &payload);
        assert!(elsewhere.read(&genuine, at(NOW)).is_some());
        let (message, signature) = genuine.rsplit_once('.').unwrap();
        for forged in [
            message.to_owned(),
            format!("{message}."),
            format!("{message}.{}", &signature[1..]),
            format!("{genuine}="),
            format!("{genuine}.{signature}"),
        ] {
            assert!(elsewhere.read(&forged, at(NOW)).is_none(), "{forged}");
        }
        // What is public is no secret to sign with.
        for public in ["n", "x"].iter().filter_map(|part| elsewhere.jwk.get(part)?.as_str()) {
            for secret in [public.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(public).unwrap()] {
                let key = EncodingKey::from_secret(&secret);
                for alg in ["HS256", name] {
                    let header = json!({"typ": "JWT", "alg": alg, "kid": "key"}).to_string();
                    let jwt = elsewhere.signed_by(&key, Algorithm::HS256, &header, &payload);
                    assert!(elsewhere.read(&jwt, at(NOW)).is_none(), "{alg}");
                }
            }
        }
        // Nor is another key of the same kind.
        let other = Elsewhere::new(algorithm);
        assert!(elsewhere.read(&other.signed(&other.header(), &payload), at(NOW)).is_none());
    }
}
