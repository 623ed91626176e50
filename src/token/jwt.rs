//! Session JWTs: what stands in them, and how one is checked.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ring::{JwtAlgorithm, KeyRing, KeyUnusable, SigningKey};
use crate::{
    domain::{CompactId, CredentialId, FactorClass, FactorKind, FactorView, SessionId, Timestamp},
    judge::{MemberSession, Proof, SessionPolicy},
};

#[cfg(feature = "verify-only")]
mod attested;
#[cfg(test)]
mod tests;

#[cfg(feature = "verify-only")]
pub(crate) use attested::key_id;

/// How long a JWT is good by itself, in seconds: exactly five minutes.
const LIFETIME: u64 = 300;

/// Longer texts are refused before anything is decoded: 4 KiB of claims, a dozen factors and a hundred roles fit.
const MAX_BYTES: usize = 32 * 1024;

/// Whether a bearer token could be a JWT, by how it begins and how long it is: as much as is seen at once. What
/// begins so is a JSON object with a member, in base64url.
pub(crate) fn begins_like_jwt(text: &[u8]) -> bool {
    text.starts_with(b"eyJ") && text.len() <= MAX_BYTES
}

/// Whether what begins like a JWT could be one, by its two dots.
pub(crate) fn looks_like_jwt(text: &[u8]) -> bool {
    text.iter().filter(|byte| **byte == b'.').count() == 2
}

/// Whether a text is a JWT at all, whoever may have signed it.
#[cfg(feature = "wire-api")]
pub(crate) fn is_jwt(text: &str) -> bool {
    jsonwebtoken::decode_header(text).is_ok()
}

/// What a JWT proves: that it was issued to the session of this id, which is kept as tables find it, so that no
/// look has to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JwtSession {
    pub(crate) session_id: CompactId,
    pub(crate) expires_at: Timestamp,
}

/// The parties of a JWT.
#[derive(Clone, Debug)]
pub(crate) struct SessionClaims {
    /// `stytch.com/<project id>` unless configured otherwise.
    pub(crate) issuer: String,
    /// The project's id.
    pub(crate) audience: String,
}

/// The claims that are read back. A duplicate name, a wrong type or a missing one refuses the whole.
#[derive(Deserialize)]
struct ReadClaims {
    iss: String,
    aud: Vec<String>,
    sub: String,
    exp: u64,
    nbf: u64,
    iat: u64,
    #[serde(rename = "https://stytch.com/session")]
    session: ReadSession,
}

#[derive(Deserialize)]
struct ReadSession {
    id: SessionId,
}

#[derive(Serialize)]
struct WrittenClaims<'a> {
    iss: &'a str,
    aud: [&'a str; 1],
    sub: &'a str,
    iat: u64,
    nbf: u64,
    exp: u64,
    acr: &'static str,
    amr: Vec<&'static str>,
    auth_time: u64,
    #[serde(rename = "https://stytch.com/session")]
    session: Value,
    #[serde(rename = "https://stytch.com/organization")]
    organization: Value,
    #[serde(flatten)]
    custom: &'a Map<String, Value>,
}

impl SessionClaims {
    /// Signs a JWT for a session that was judged. What tells how strongly it was proved leaves out what
    /// does not answer its challenges.
    pub(crate) fn sign(
        &self,
        session: &MemberSession,
        policy: &SessionPolicy,
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<String, KeyUnusable> {
        let record = session.record();
        let mut answering = session.proofs();
        answering.retain(|proof| proof.may_answer(policy));
        let factors: Vec<FactorView<'_>> = record.factors.iter().map(FactorView).collect();
        let enrolled_here: &[CredentialId] =
            if policy.enrolled_answers { &[] } else { &record.enrolled_here };
        let now_secs = now.as_secs();
        let claims = WrittenClaims {
            iss: &self.issuer,
            aud: [&self.audience],
            sub: record.member_id.as_str(),
            iat: now_secs,
            nbf: now_secs,
            exp: now_secs + LIFETIME,
            acr: acr(&answering),
            amr: amr(&answering),
            auth_time: auth_time(&answering).unwrap_or(record.started_at).as_secs(),
            session: json!({
                "id": record.session_id,
                "started_at": record.started_at,
                "last_accessed_at": session.last_accessed_at(),
                "expires_at": record.expires_at,
                "attributes": {"user_agent": record.user_agent, "ip_address": record.ip_address},
                "authentication_factors": factors,
                "roles": session.roles(),
                // Not Stytch's, and passed over by its SDKs: without these nobody could judge elsewhere.
                "email_address": session.email_address(),
                "enrolled_here": enrolled_here,
            }),
            organization: json!({
                "organization_id": record.organization_id,
                "slug": session.organization_slug(),
            }),
            custom: record.custom_claims.as_map(),
        };
        let mut header = Header::new(key.algorithm.algorithm());
        header.kid = Some(key.key_id.clone());
        jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(|_| KeyUnusable)
    }

    /// Checks a JWT: our key, that key's one algorithm, our parties, our time. The session that it
    /// names may have ended since; ask for that separately. `at` is nothing where the signature is to
    /// count without the JWT's own five minutes.
    pub(crate) fn verify(&self, text: &str, ring: &KeyRing, at: Option<Timestamp>) -> Option<JwtSession> {
        let header = header_of(text)?;
        let key = ring.find(header.kid.as_deref()?)?;
        let claims = genuine_claims(text, &header, &key.decoding, key.algorithm)?;
        let claims: ReadClaims = serde_json::from_slice(&claims).ok()?;

        let parties =
            claims.iss == self.issuer && claims.aud.contains(&self.audience) && !claims.sub.is_empty();
        let timely = at.is_none_or(|now| claims.nbf <= now.as_secs() && now.as_secs() < claims.exp);
        let sound = claims.iat <= claims.exp && claims.exp - claims.iat <= LIFETIME;
        (parties && timely && sound).then(|| JwtSession {
            session_id: (&claims.session.id).into(),
            expires_at: Timestamp::from_millis(claims.exp.saturating_mul(1000)),
        })
    }
}

/// The header of a JWT, if it says nothing that would have to be understood, and brings no key along.
fn header_of(text: &str) -> Option<Header> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let header = jsonwebtoken::decode_header(text).ok()?;
    let plain = header.crit.is_none() && header.enc.is_none() && header.zip.is_none();
    let no_key = header.jku.is_none() && header.jwk.is_none() && header.x5u.is_none() && header.x5c.is_none();
    (header.typ.as_deref() == Some("JWT") && plain && no_key).then_some(header)
}

/// The claims of a JWT that this key has signed, by the one algorithm that the key is for.
fn genuine_claims(
    text: &str,
    header: &Header,
    key: &DecodingKey,
    algorithm: JwtAlgorithm,
) -> Option<Vec<u8>> {
    let algorithm = algorithm.algorithm();
    let (message, signature) = text.rsplit_once('.')?;
    let (_, claims) = message.rsplit_once('.')?;
    // Only the cryptography is asked of the library: it would read the claims three times, and the
    // system's clock.
    let genuine = jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, algorithm);
    if header.alg != algorithm || !genuine.ok()? {
        return None;
    }
    URL_SAFE_NO_PAD.decode(claims).ok()
}

const SINGLE: &str = "urn:vestibule:acr:single";
const MFA: &str = "urn:vestibule:acr:mfa";

/// Authentication context: one factor, or two of different classes (OpenID Connect Core §2).
fn acr(proofs: &[Proof]) -> &'static str {
    let second = proofs.iter().any(|proof| proof.kind.class() == FactorClass::Secondary);
    if second { MFA } else { SINGLE }
}

/// Authentication methods (RFC 8176 §2).
fn amr(proofs: &[Proof]) -> Vec<&'static str> {
    let mut methods = Vec::new();
    for proof in proofs {
        let method = match proof.kind {
            FactorKind::Password => "pwd",
            FactorKind::Otp => "sms",
            FactorKind::MagicLink | FactorKind::EmailOtp | FactorKind::Totp | FactorKind::RecoveryCodes => {
                "otp"
            }
            FactorKind::Oauth(_) | FactorKind::Sso => "fed",
        };
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    if acr(proofs) == MFA {
        methods.push("mfa");
    }
    methods
}

/// When somebody last proved anything (OpenID Connect Core §2).
fn auth_time(proofs: &[Proof]) -> Option<Timestamp> {
    proofs.iter().map(|proof| proof.at).max()
}
