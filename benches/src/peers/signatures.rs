//! The signature of an RS256 JWT checked, and nothing else read: by jsonwebtoken, as Vestibule does it the first
//! time, and by aws-lc-rs itself with a key that was parsed once. The difference is what the library costs.

use std::sync::Arc;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use axum::{Router, extract::Request, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{StatusCode, header::AUTHORIZATION};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};

use super::jwts::public_key;
use crate::{ANSWER, Contestant, Credential};

pub const BY_LIBRARY: &str = "RS256 signature alone, jsonwebtoken 11";
pub const BY_PARSED_KEY: &str = "RS256 signature alone, aws-lc-rs with a parsed key";

pub async fn by_library(tokens: Arc<[Credential]>) -> Contestant {
    let key = decoding_key();
    contestant(BY_LIBRARY, tokens, move |message, signature| {
        crypto::verify(signature, message.as_bytes(), &key, Algorithm::RS256).unwrap_or_default()
    })
    .await
}

pub async fn by_parsed_key(tokens: Arc<[Credential]>) -> Contestant {
    let key = decoding_key();
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.try_get_as_bytes().unwrap()).unwrap();
    contestant(BY_PARSED_KEY, tokens, move |message, signature| {
        let signature = URL_SAFE_NO_PAD.decode(signature);
        signature.is_ok_and(|signature| key.verify_sig(message.as_bytes(), &signature).is_ok())
    })
    .await
}

fn decoding_key() -> DecodingKey {
    DecodingKey::from_rsa_pem(public_key(Algorithm::RS256).as_bytes()).unwrap()
}

async fn contestant(
    name: &str,
    tokens: Arc<[Credential]>,
    verify: impl Fn(&str, &str) -> bool + Send + Sync + 'static,
) -> Contestant {
    let verify = Arc::new(verify);
    let answer = async move |request: Request| {
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer "));
        let parts = token.and_then(|token| token.rsplit_once('.'));
        let genuine = parts.is_some_and(|(message, signature)| verify(message, signature));
        if genuine { Ok(ANSWER) } else { Err(StatusCode::UNAUTHORIZED) }
    };
    Contestant::new::<Router>(name, Router::new().route("/", get(answer)), tokens).await
}
