//! The public keys of another deployment: a JWKS, read.

use std::fmt;

use jsonwebtoken::DecodingKey;
use serde::Deserialize;

use super::ring::JwtAlgorithm;

/// How many keys a set may have. An issuer has two or three.
const MOST: usize = 32;

/// The keys of a JWKS (RFC 7517 §5) that verify session JWTs; all others are left out.
#[derive(Debug)]
pub(crate) struct PublicKeys(Vec<PublicKey>);

/// A key, and the one algorithm that it is for.
pub(crate) struct PublicKey {
    key_id: String,
    algorithm: JwtAlgorithm,
    decoding: DecodingKey,
    /// As it was published.
    jwk: Jwk,
}

/// Why a JWKS is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidKeys {
    /// It is not of the form of one.
    Malformed,
    /// More than 32 keys.
    TooMany,
    /// Two keys have the same id: which of them is meant can't be known.
    Ambiguous,
}

impl fmt::Display for InvalidKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "this is no JWKS",
            Self::TooMany => "the JWKS has more than 32 keys",
            Self::Ambiguous => "two keys of the JWKS have the same id",
        })
    }
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

/// A public key as RFC 7517 §4 has it, with the parameters of RFC 7518 §6 and RFC 8037 §2.
#[derive(Clone, PartialEq, Eq, Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    used_for: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl PublicKeys {
    /// Reads a JWKS.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, InvalidKeys> {
        let Jwks { keys } = serde_json::from_slice(json).map_err(|_| InvalidKeys::Malformed)?;
        if keys.len() > MOST {
            return Err(InvalidKeys::TooMany);
        }
        let keys: Vec<PublicKey> = keys.into_iter().filter_map(PublicKey::read).collect();
        let mut ids: Vec<&str> = keys.iter().map(|key| key.key_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() == keys.len() { Ok(Self(keys)) } else { Err(InvalidKeys::Ambiguous) }
    }

    /// The key of this id, which is a name in this set and nothing else.
    pub(crate) fn find(&self, key_id: &str) -> Option<&PublicKey> {
        self.0.iter().find(|key| key.key_id == key_id)
    }

    /// Whether every key of the other set is in this one, too.
    pub(crate) fn include(&self, other: &Self) -> bool {
        other.0.iter().all(|key| self.find(&key.key_id).is_some_and(|same| same.jwk == key.jwk))
    }
}

impl PublicKey {
    /// A key that is there to verify signatures, by an algorithm that is known here. The kind of key
    /// decides on the algorithm; what it is published for may not contradict.
    fn read(jwk: Jwk) -> Option<Self> {
        let (algorithm, decoding) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", None) => {
                (JwtAlgorithm::Rs256, DecodingKey::from_rsa_components(jwk.n.as_deref()?, jwk.e.as_deref()?))
            }
            ("OKP", Some("Ed25519")) => {
                (JwtAlgorithm::EdDsa, DecodingKey::from_ed_components(jwk.x.as_deref()?))
            }
            ("EC", Some("P-256")) => {
                (JwtAlgorithm::Es256, DecodingKey::from_ec_components(jwk.x.as_deref()?, jwk.y.as_deref()?))
            }
            _ => return None,
        };
        let meant = jwk.used_for.as_deref() == Some("sig")
            && jwk.alg.as_deref().is_none_or(|name| name == algorithm.as_str());
        let (key_id, decoding) = (jwk.kid.clone()?, decoding.ok()?);
        meant.then_some(Self { key_id, algorithm, decoding, jwk })
    }

    pub(super) fn algorithm(&self) -> JwtAlgorithm {
        self.algorithm
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("key_id", &self.key_id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::{
        domain::Timestamp,
        token::{KeyRing, SigningKey},
    };

    fn published(key_id: &str, algorithm: JwtAlgorithm) -> Value {
        let pkcs8 = SigningKey::generate(algorithm).unwrap();
        let key = SigningKey::read(key_id.into(), algorithm, Timestamp::default(), &pkcs8).unwrap();
        let ring = KeyRing::default();
        ring.replace(vec![Arc::new(key)]);
        ring.jwks().remove(0)
    }

    fn parse(keys: &Value) -> Result<PublicKeys, InvalidKeys> {
        PublicKeys::parse(json!({"keys": keys}).to_string().as_bytes())
    }

    const ALL: [JwtAlgorithm; 3] = [JwtAlgorithm::Rs256, JwtAlgorithm::EdDsa, JwtAlgorithm::Es256];

    #[test]
    fn reads_what_is_published_here() {
        let jwks = ALL.map(|algorithm| published(algorithm.as_str(), algorithm));
        let keys = parse(&json!(jwks)).unwrap();
        for algorithm in ALL {
            assert_eq!(keys.find(algorithm.as_str()).unwrap().algorithm(), algorithm);
        }
        assert!(keys.find("other").is_none());
    }

    #[test]
    fn leaves_out_what_is_for_something_else() {
        let changed = |jwk: &Value, name: &str, value: Value| {
            let mut jwk = jwk.clone();
            match value {
                Value::Null => drop(jwk.as_object_mut().unwrap().remove(name)),
                value => jwk[name] = value,
            }
            jwk
        };
        for algorithm in ALL {
            let jwk = published("key", algorithm);
            assert!(parse(&json!([changed(&jwk, "alg", Value::Null)])).unwrap().find("key").is_some());
            for (name, value) in [
                ("use", json!("enc")),
                ("use", Value::Null),
                ("kid", Value::Null),
                ("alg", json!("HS256")),
                ("alg", json!("RS512")),
                ("alg", json!("none")),
                ("alg", json!("")),
                ("kty", json!("oct")),
                ("crv", json!("Ed448")),
                ("crv", json!("P-384")),
                (if algorithm == JwtAlgorithm::Rs256 { "n" } else { "x" }, Value::Null),
                (if algorithm == JwtAlgorithm::Rs256 { "e" } else { "x" }, json!("=")),
            ] {
                let keys = parse(&json!([changed(&jwk, name, value.clone())])).unwrap();
                assert!(keys.0.is_empty(), "{algorithm:?} {name} {value}");
            }
        }
    }

    #[test]
    fn refuses_sets_that_are_malformed_too_large_or_ambiguous() {
        for text in ["", "{}", "[]", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, r#"{"keys":[],"keys":[]}"#] {
            assert_eq!(PublicKeys::parse(text.as_bytes()).unwrap_err(), InvalidKeys::Malformed, "{text}");
        }
        assert!(parse(&json!([])).is_ok());
        let (one, other) = (published("same", JwtAlgorithm::EdDsa), published("same", JwtAlgorithm::Es256));
        assert_eq!(parse(&json!([one, other])).unwrap_err(), InvalidKeys::Ambiguous);
        let many = |count| json!(vec![json!({"kty": "oct"}); count]);
        assert!(parse(&many(32)).is_ok());
        assert_eq!(parse(&many(33)).unwrap_err(), InvalidKeys::TooMany);
    }

    #[test]
    fn a_key_that_is_gone_or_another_by_the_same_name_is_missed() {
        let [a, b, c] = ["a", "b", "c"].map(|id| published(id, JwtAlgorithm::EdDsa));
        let before = parse(&json!([a, b])).unwrap();
        assert!(parse(&json!([c, b, a])).unwrap().include(&before));
        assert!(!parse(&json!([a, c])).unwrap().include(&before));
        assert!(!parse(&json!([a, published("b", JwtAlgorithm::EdDsa)])).unwrap().include(&before));
    }
}
