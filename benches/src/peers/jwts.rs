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
    /// What Vestibule's JWTs tell as well, so that as much is hashed and read.
    session: serde_json::Value,
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
            session: session_claims(session),
        };
        (AUTHORIZATION, bearer(&encode(&header, &payload, &key).unwrap()))
    };
    (0..sessions.min(MOST)).map(token).collect()
}

/// As long as what stands about a session in one of Vestibule's JWTs.
fn session_claims(session: usize) -> serde_json::Value {
    let time = "2026-11-22T00:00:00.000Z";
    serde_json::json!({
        "nbf": 1_795_000_000,
        "acr": "urn:vestibule:acr:single",
        "amr": ["otp"],
        "auth_time": 1_795_000_000,
        "session": {
            "id": format!("session-test-{session:08x}-0000-4000-8000-000000000000"),
            "started_at": time,
            "last_accessed_at": time,
            "expires_at": time,
            "attributes": {"user_agent": "", "ip_address": ""},
            "authentication_factors": [{
                "type": "email_otp",
                "delivery_method": "email",
                "sequence_order": "PRIMARY",
                "created_at": time,
                "updated_at": time,
                "last_authenticated_at": time,
                "email_factor": {
                    "email_id": format!("email-test-{session:08x}-0000-4000-8000-000000000000"),
                    "email_address": format!("member{session}@organization.example"),
                },
            }],
            "slug": format!("tenant-{session}"),
        },
    })
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
