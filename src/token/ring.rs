//! The key ring: the keys that sign session JWTs, one after the other, and the JWKS that publishes them.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::Jwk};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::domain::Timestamp;

/// How session JWTs are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JwtAlgorithm {
    /// RSA 2048 with SHA-256. Stytch's SDKs accept nothing else.
    #[default]
    Rs256,
    /// Ed25519: signing costs a sixtieth of RSA.
    EdDsa,
    /// ECDSA on P-256.
    Es256,
}

impl JwtAlgorithm {
    /// Its name in JWTs (RFC 7518 §3.1, RFC 8037 §3.1).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Rs256, Self::EdDsa, Self::Es256].into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    pub(crate) fn algorithm(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::EdDsa => Algorithm::EdDSA,
            Self::Es256 => Algorithm::ES256,
        }
    }
}

/// A private key that can't be used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyUnusable;

impl fmt::Display for KeyUnusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a signing key can't be made, read or used; jsonwebtoken must be built with the feature aws_lc_rs \
             and no other backend",
        )
    }
}

impl std::error::Error for KeyUnusable {}

/// One key of the ring.
pub(crate) struct SigningKey {
    pub(crate) key_id: String,
    pub(crate) algorithm: JwtAlgorithm,
    pub(crate) signs_from: Timestamp,
    pub(crate) encoding: EncodingKey,
    pub(crate) decoding: DecodingKey,
    /// The public key, as it is published.
    pub(crate) jwk: Value,
}

impl SigningKey {
    /// Makes a new private key, in PKCS#8.
    pub(crate) fn generate(algorithm: JwtAlgorithm) -> Result<Zeroizing<Vec<u8>>, KeyUnusable> {
        let unusable = |_| KeyUnusable;
        let bytes = match algorithm {
            JwtAlgorithm::Rs256 => {
                let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(unusable)?;
                let der: Pkcs8V1Der<'_> = key.as_der().map_err(unusable)?;
                der.as_ref().to_vec()
            }
            JwtAlgorithm::EdDsa => {
                let key = Ed25519KeyPair::generate().map_err(unusable)?;
                key.to_pkcs8v1().map_err(unusable)?.as_ref().to_vec()
            }
            JwtAlgorithm::Es256 => {
                let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(unusable)?;
                key.to_pkcs8v1().map_err(unusable)?.as_ref().to_vec()
            }
        };
        Ok(Zeroizing::new(bytes))
    }

    /// Reads a private key in PKCS#8.
    pub(crate) fn read(
        key_id: String,
        algorithm: JwtAlgorithm,
        signs_from: Timestamp,
        pkcs8: &[u8],
    ) -> Result<Self, KeyUnusable> {
        let encoding = match algorithm {
            JwtAlgorithm::Rs256 => EncodingKey::from_rsa_der(pkcs1_of(pkcs8).ok_or(KeyUnusable)?),
            JwtAlgorithm::EdDsa => EncodingKey::from_ed_der(pkcs8),
            JwtAlgorithm::Es256 => EncodingKey::from_ec_der(pkcs8),
        };
        let public = Jwk::from_encoding_key(&encoding, algorithm.algorithm()).map_err(|_| KeyUnusable)?;
        let decoding = DecodingKey::from_jwk(&public).map_err(|_| KeyUnusable)?;
        let parameters = serde_json::to_value(&public.algorithm).map_err(|_| KeyUnusable)?;
        let jwk = published(&key_id, algorithm, parameters);
        Ok(Self { key_id, algorithm, signs_from, encoding, decoding, jwk })
    }
}

impl SigningKey {
    /// Signs and checks a claim. jsonwebtoken panics where none or two of its cryptographic backends are
    /// built in, which another crate can bring about: that is told in words.
    pub(crate) fn try_out(&self) -> Result<(), KeyUnusable> {
        let (encoding, decoding, algorithm) = (&self.encoding, &self.decoding, self.algorithm.algorithm());
        let round = std::panic::AssertUnwindSafe(|| {
            let text = jsonwebtoken::encode(&Header::new(algorithm), &json!({"exp": 0}), encoding)?;
            let mut validation = Validation::new(algorithm);
            validation.validate_exp = false;
            jsonwebtoken::decode::<Value>(&text, decoding, &validation)
        });
        match std::panic::catch_unwind(round) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(KeyUnusable),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("key_id", &self.key_id)
            .field("algorithm", &self.algorithm)
            .field("signs_from", &self.signs_from)
            .finish_non_exhaustive()
    }
}

/// A public key as the JWKS has it (RFC 7517 §4), with every member that Stytch's SDKs insist on.
fn published(key_id: &str, algorithm: JwtAlgorithm, parameters: Value) -> Value {
    let mut jwk = json!({
        "use": "sig", "key_ops": ["verify"], "alg": algorithm.as_str(), "kid": key_id, "x5c": [], "x5tS256": "",
    });
    if let (Value::Object(jwk), Value::Object(parameters)) = (&mut jwk, parameters) {
        jwk.extend(parameters);
    }
    jwk
}

/// The RFC 8017 key inside of a PKCS#8 one (RFC 5208 §5): the octets of its third element.
fn pkcs1_of(pkcs8: &[u8]) -> Option<&[u8]> {
    let (content, _) = element(pkcs8, 0x30)?;
    let (_version, rest) = element(content, 0x02)?;
    let (_algorithm, rest) = element(rest, 0x30)?;
    element(rest, 0x04).map(|(key, _)| key)
}

/// The content of a DER element with this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (bytes.iter().try_fold(0_usize, |sum, &byte| sum.checked_mul(256)?.checked_add(byte.into()))?, rest)
    };
    (found == tag).then(|| rest.split_at_checked(length))?
}

/// The keys that sign or have signed, shared by everything that does either.
#[derive(Debug, Default)]
pub(crate) struct KeyRing(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    keys: Arc<Vec<Arc<SigningKey>>>,
    /// The ids that were retired here: whatever a store says, they never come back.
    retired: BTreeSet<String>,
}

impl KeyRing {
    /// Puts these keys in the place of those that were, in the order in which they sign: of two that were
    /// made in the same moment, or out of turn, the later one must not lose to the earlier.
    pub(crate) fn replace(&self, mut keys: Vec<Arc<SigningKey>>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|key| !kept.retired.contains(&key.key_id));
        keys.sort_by_key(|key| key.signs_from);
        kept.keys = Arc::new(keys);
    }

    /// Drops a key for good.
    pub(crate) fn retire(&self, key_id: &str) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.retired.insert(key_id.to_owned());
        kept.keys = Arc::new(kept.keys.iter().filter(|key| key.key_id != key_id).cloned().collect());
    }

    /// The ids that were retired.
    pub(crate) fn retired(&self) -> BTreeSet<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).retired.clone()
    }

    /// All keys, oldest first.
    pub(crate) fn keys(&self) -> Arc<Vec<Arc<SigningKey>>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).keys)
    }

    /// The key that signs at `now`: the youngest whose time has come; before that, the oldest.
    pub(crate) fn signing(&self, now: Timestamp) -> Option<Arc<SigningKey>> {
        let keys = self.keys();
        keys.iter().rev().find(|key| key.signs_from <= now).or_else(|| keys.first()).cloned()
    }

    /// The key of this id, which is a name in this ring and nothing else.
    pub(crate) fn find(&self, key_id: &str) -> Option<Arc<SigningKey>> {
        self.keys().iter().find(|key| key.key_id == key_id).cloned()
    }

    /// The public keys (RFC 7517 §5).
    pub(crate) fn jwks(&self) -> Vec<Value> {
        self.keys().iter().map(|key| key.jwk.clone()).collect()
    }
}
