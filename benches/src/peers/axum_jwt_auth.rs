//! axum-jwt-auth with a key of its own, which spares it the look in a table of keys.
//!
//! It brings RustCrypto with it and documents no other provider.

use std::sync::Arc;

use axum::{Router, routing::get};
use axum_jwt_auth::{Claims, Decoder, LocalDecoder};
use jsonwebtoken::Algorithm;
use jsonwebtoken_10::{DecodingKey, Validation};

use super::{
    identity::Identity,
    jwts::{AUDIENCE, ISSUER, SECRET, public_key},
};
use crate::{Contestant, Credential};

pub const NAME: &str = "axum-jwt-auth";

async fn read(Claims { claims, .. }: Claims<Identity>) -> &'static str {
    claims.read()
}

pub async fn contestant(name: String, algorithm: Algorithm, tokens: Arc<[Credential]>) -> Contestant {
    let key = match algorithm {
        Algorithm::HS256 => DecodingKey::from_secret(SECRET.as_bytes()),
        Algorithm::RS256 => DecodingKey::from_rsa_pem(public_key(algorithm).as_bytes()).unwrap(),
        Algorithm::EdDSA => DecodingKey::from_ed_pem(public_key(algorithm).as_bytes()).unwrap(),
        _ => DecodingKey::from_ec_pem(public_key(algorithm).as_bytes()).unwrap(),
    };
    // It has its own release of the crate, whose names are the same.
    let mut validation = Validation::new(format!("{algorithm:?}").parse().unwrap());
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    let decoder = LocalDecoder::builder().keys(vec![key]).validation(validation).build().unwrap();
    let decoder: Decoder<Identity> = Arc::new(decoder);
    let app = Router::new().route("/", get(read)).with_state(decoder);
    Contestant::new::<Router>(name, app, tokens).await
}
