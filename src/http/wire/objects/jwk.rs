//! A public key by which session JWTs are verified.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A public key (RFC 7517 §4), with the parameters of RFC 7518 §6 or RFC 8037 §2.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Jwk {
    /// The kind of key: `RSA`, `OKP` or `EC`.
    kty: String,
    /// What it is for: `sig`.
    #[serde(rename = "use")]
    used_for: String,
    /// What may be done with it: `verify`. For the SDKs' sake: they refuse a key without it.
    key_ops: Vec<String>,
    /// The algorithm: `RS256`, `EdDSA` or `ES256`.
    alg: String,
    /// Its id, which stands in the header of each JWT that it verifies.
    kid: String,
    /// Empty: there are no certificates. For the SDKs' sake: they refuse a key without it.
    x5c: Vec<String>,
    /// Empty, likewise.
    #[serde(rename = "x5tS256")]
    x5t_s256: String,
    /// The modulus, of an RSA key.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    /// The exponent, of an RSA key.
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    /// The curve, of any other key.
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    /// The point, or its first coordinate, of any other key.
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    /// The second coordinate, of an EC key.
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}
