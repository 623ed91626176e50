//! JWTs for the peers that verify one with each request.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;

use super::identity::{Identity, member};
use crate::{Credential, vestibules::bearer};

pub const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::HS256, Algorithm::RS256, Algorithm::EdDSA, Algorithm::ES256];

pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "https://application.example";
pub const KEY_ID: &str = "benchmark";
pub const SECRET: &str = "a secret of 32 bytes for HS256..";

/// More of them would tell nothing more: a token is verified as if it were the first.
const MOST: usize = 1_000;

#[derive(Serialize)]
struct Payload {
    iss: &'static str,
    aud: &'static str,
    sub: String,
    iat: u64,
    exp: u64,
    #[serde(flatten)]
    identity: Identity,
}

/// One token a session, at most a thousand.
pub fn tokens(sessions: usize, algorithm: Algorithm) -> Arc<[Credential]> {
    let key = private_key(algorithm);
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(algorithm) };
    let token = |session| {
        let member = member(session);
        let payload = Payload {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: format!("member-test-{member:08x}-0000-4000-8000-000000000000"),
            iat: now.as_secs(),
            exp: (now + Duration::from_secs(86_400)).as_secs(),
            identity: Identity::of(member),
        };
        (AUTHORIZATION, bearer(&encode(&header, &payload, &key).unwrap()))
    };
    (0..sessions.min(MOST)).map(token).collect()
}

/// Made for these benchmarks and used nowhere else; kept, so that two runs do the same work.
pub fn private_key(algorithm: Algorithm) -> EncodingKey {
    match algorithm {
        Algorithm::HS256 => EncodingKey::from_secret(SECRET.as_bytes()),
        Algorithm::RS256 => EncodingKey::from_rsa_pem(include_bytes!("keys/rs256.pem")).unwrap(),
        Algorithm::EdDSA => EncodingKey::from_ed_pem(include_bytes!("keys/eddsa.pem")).unwrap(),
        Algorithm::ES256 => EncodingKey::from_ec_pem(include_bytes!("keys/es256.pem")).unwrap(),
        other => panic!("{other:?} has no key"),
    }
}

/// The public key, as PEM.
pub fn public_key(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => include_str!("keys/rs256.pub.pem"),
        Algorithm::EdDSA => include_str!("keys/eddsa.pub.pem"),
        Algorithm::ES256 => include_str!("keys/es256.pub.pem"),
        other => panic!("{other:?} has no public key"),
    }
}
