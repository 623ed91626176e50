//! What is believed of a JWT whose signature is genuine.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;
use crate::token::JwtAlgorithm;

const NOW: u64 = 1_700_000_000;

/// Claims that are right, as `name: text` of JSON.
const RIGHT: [(&str, &str); 7] = [
    ("iss", r#""issuer""#),
    ("aud", r#"["audience"]"#),
    ("sub", r#""member""#),
    ("iat", "1700000000"),
    ("nbf", "1700000000"),
    ("exp", "1700000300"),
    ("https://stytch.com/session", r#"{"id":"session-test-1"}"#),
];

struct Signer {
    ring: KeyRing,
    claims: SessionClaims,
}

impl Signer {
    fn new() -> Self {
        let algorithm = JwtAlgorithm::EdDsa;
        let pkcs8 = SigningKey::generate(algorithm).unwrap();
        let key = SigningKey::read("key".into(), algorithm, Timestamp::default(), &pkcs8).unwrap();
        let ring = KeyRing::default();
        ring.replace(vec![Arc::new(key)]);
        Self { ring, claims: SessionClaims { issuer: "issuer".into(), audience: "audience".into() } }
    }

    /// Whether these claims are believed under a genuine signature of ours.
    fn believes(&self, header: &str, payload: &str) -> bool {
        let key = self.ring.find("key").unwrap();
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", encode(header), encode(payload));
        let algorithm = key.algorithm.algorithm();
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key.encoding, algorithm).unwrap();
        let now = Timestamp::from_millis(NOW * 1000);
        self.claims.verify(&format!("{message}.{signature}"), &self.ring, Some(now)).is_some()
    }
}

const HEADER: &str = r#"{"typ":"JWT","alg":"EdDSA","kid":"key"}"#;

fn payload(claims: &[(&str, &str)]) -> String {
    let claims: Vec<String> = claims.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
    format!("{{{}}}", claims.join(","))
}

/// The right claims, with this one instead of the one of its name.
fn with(name: &str, value: &str) -> String {
    payload(&RIGHT.map(|(known, right)| (known, if known == name { value } else { right })))
}

#[test]
fn takes_claims_that_are_right() {
    let signer = Signer::new();
    assert!(signer.believes(HEADER, &payload(&RIGHT)));
    assert!(signer.believes(HEADER, &with("aud", r#"["other","audience"]"#)));
    assert!(signer.believes(HEADER, &payload(&[&RIGHT[..], &[("acr", "1"), ("x", "null")]].concat())));
}

#[test]
fn refuses_claims_of_a_wrong_type_or_value() {
    let signer = Signer::new();
    let session = "https://stytch.com/session";
    for name in ["exp", "nbf", "iat"] {
        let right = RIGHT.iter().find(|(known, _)| *known == name).unwrap().1;
        for value in [
            &format!("{right:?}"),
            &format!("{right}.0"),
            &format!("{right}.5"),
            &format!("[{right}]"),
            "1.7e9",
            "1e999",
            "-1",
            "null",
            "true",
            "{}",
            "\"\"",
            "99999999999999999999",
        ] {
            assert!(!signer.believes(HEADER, &with(name, value)), "{name}: {value}");
        }
    }
    for (name, values) in [
        ("exp", &["0", "1700000000", "1700000301", "18446744073709551615"][..]),
        ("nbf", &["1700000001", "18446744073709551615"]),
        ("iat", &["0", "1699999999", "1700000301", "18446744073709551615"]),
        ("iss", &[r#"["issuer"]"#, r#""""#, r#""Issuer""#, r#""issuer ""#, "1", "null", "{}"]),
        (
            "aud",
            &[r#""audience""#, "[]", r#"["other"]"#, r#"["audience",1]"#, r#"[["audience"]]"#, "null", "{}"],
        ),
        ("sub", &[r#""""#, r#"["member"]"#, "1", "null"]),
        (
            session,
            &[r#""session-test-1""#, "null", "[]", "{}", r#"{"id":1}"#, r#"{"id":null}"#, r#"{"id":""}"#],
        ),
        (session, &[r#"{"id":"session-test-1","id":"session-test-2"}"#, r#"{"ID":"session-test-1"}"#]),
    ] {
        for value in values {
            assert!(!signer.believes(HEADER, &with(name, value)), "{name}: {value}");
        }
    }
}

#[test]
fn refuses_claims_that_are_missing_or_named_twice() {
    let signer = Signer::new();
    for (at, claim) in RIGHT.iter().enumerate() {
        let mut fewer = RIGHT.to_vec();
        fewer.remove(at);
        assert!(!signer.believes(HEADER, &payload(&fewer)), "without {}", claim.0);
        let twice = [&RIGHT[..], &[*claim]].concat();
        assert!(!signer.believes(HEADER, &payload(&twice)), "{} twice", claim.0);
        // Of two that differ, neither the first nor the last counts.
        for nothing in
            [[&RIGHT[..], &[(claim.0, "null")]].concat(), [&[(claim.0, "null")], &RIGHT[..]].concat()]
        {
            assert!(!signer.believes(HEADER, &payload(&nothing)), "{} and null", claim.0);
        }
    }
    for text in ["", "null", "[]", "1", "\"\"", "{", "{}"] {
        assert!(!signer.believes(HEADER, text), "{text}");
    }
    assert!(!signer.believes(HEADER, &format!("{} ,", payload(&RIGHT))));
}

#[test]
fn refuses_headers_that_mean_something_else() {
    let signer = Signer::new();
    for header in [
        r#"{"alg":"EdDSA","kid":"key"}"#,
        r#"{"typ":"at+jwt","alg":"EdDSA","kid":"key"}"#,
        r#"{"typ":1,"alg":"EdDSA","kid":"key"}"#,
        r#"{"typ":"JWT","alg":"EdDSA"}"#,
        r#"{"typ":"JWT","alg":"EdDSA","kid":"other"}"#,
        r#"{"typ":"JWT","alg":"EdDSA","kid":1}"#,
        r#"{"typ":"JWT","alg":"EdDSA","kid":"key","kid":"key"}"#,
        r#"{"typ":"JWT","alg":"none","kid":"key"}"#,
        r#"{"typ":"JWT","alg":"HS256","kid":"key"}"#,
        r#"{"typ":"JWT","kid":"key"}"#,
        r#"{"typ":"JWT","alg":"EdDSA","kid":"key","crit":["exp"]}"#,
        r#"{"typ":"JWT","alg":"EdDSA","kid":"key","zip":"DEF"}"#,
    ] {
        assert!(!signer.believes(header, &payload(&RIGHT)), "{header}");
    }
}
