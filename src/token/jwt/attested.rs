//! A JWT of another deployment, read whole: nothing but it says what its session is.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{LIFETIME, SessionClaims, genuine_claims, header_of};
use crate::{
    domain::{
        CredentialId, CustomClaims, EmailAddress, MemberId, OrganizationId, RoleId, SessionId, SessionRecord,
        ShownFactor, Slug, Timestamp, TokenSeed,
    },
    judge::Attested,
    token::PublicKeys,
};

#[cfg(test)]
mod tests;

/// How far the issuer's clock may be ahead of ours. The end of a JWT is that of our clock.
const AHEAD: Duration = Duration::from_secs(30);

/// A duplicate name, a wrong type or a missing one refuses the whole.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Vec<String>,
    sub: MemberId,
    exp: u64,
    nbf: u64,
    iat: u64,
    #[serde(rename = "https://stytch.com/session")]
    session: Session,
    #[serde(rename = "https://stytch.com/organization")]
    organization: Organization,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
struct Session {
    id: SessionId,
    started_at: Timestamp,
    last_accessed_at: Timestamp,
    expires_at: Timestamp,
    attributes: Attributes,
    authentication_factors: Vec<ShownFactor>,
    roles: Vec<RoleId>,
    email_address: EmailAddress,
    enrolled_here: Vec<CredentialId>,
}

#[derive(Deserialize)]
struct Attributes {
    user_agent: String,
    ip_address: String,
}

#[derive(Deserialize)]
struct Organization {
    organization_id: OrganizationId,
    slug: Slug,
}

/// The id of the key that a JWT says it was signed with, if its header is one that is read at all.
pub(crate) fn key_id(text: &str) -> Option<String> {
    header_of(text)?.kid
}

impl SessionClaims {
    /// Checks a JWT of the deployment whose keys these are: the key and its one algorithm, the parties, our
    /// time; and that what it says of the session can be.
    pub(crate) fn attest(&self, text: &str, keys: &PublicKeys, now: Timestamp) -> Option<Attested> {
        let header = header_of(text)?;
        let key = keys.find(header.kid.as_deref()?)?;
        let claims = genuine_claims(text, &header, key.decoding(), key.algorithm())?;
        let claims: Claims = serde_json::from_slice(&claims).ok()?;

        let parties = claims.iss == self.issuer && claims.aud.contains(&self.audience);
        let soon = now.after(AHEAD).as_secs();
        let timely = claims.nbf <= soon && claims.iat <= soon && now.as_secs() < claims.exp;
        let sound = claims.iat <= claims.exp && claims.exp - claims.iat <= LIFETIME;
        let attested = claims.attested()?;
        (parties && timely && sound).then_some(attested)
    }
}

impl Claims {
    fn attested(self) -> Option<Attested> {
        let Self { sub, organization, session, mut others, .. } = self;
        let organization_id = organization.organization_id;
        let factors = session
            .authentication_factors
            .into_iter()
            // A kind that this version does not know proves nothing here.
            .filter_map(|shown| shown.kind().map(|kind| shown.read(kind, &sub, &organization_id)))
            .collect::<Option<Vec<_>>>()?;
        // What happened after the JWT was issued it can't tell. It counts whole seconds.
        let issued_at = Timestamp::from_millis(self.iat.saturating_mul(1000).saturating_add(999));
        let future = factors.iter().any(|factor| factor.last_authenticated_at > issued_at);
        if future || session.started_at > issued_at || session.last_accessed_at > issued_at {
            return None;
        }
        for known in ["acr", "amr", "auth_time"] {
            others.remove(known);
        }
        let record = SessionRecord {
            session_id: session.id,
            member_id: sub,
            organization_id,
            seed: TokenSeed([0; 16]),
            revision: 0,
            factors,
            enrolled_here: session.enrolled_here,
            custom_claims: CustomClaims::new(others).ok()?,
            started_at: session.started_at,
            last_accessed_at: session.last_accessed_at,
            expires_at: session.expires_at,
            absolute_end: session.expires_at,
            user_agent: session.attributes.user_agent,
            ip_address: session.attributes.ip_address,
        };
        Some(Attested {
            record,
            email_address: session.email_address,
            organization_slug: organization.slug,
            roles: session.roles,
            ends: Timestamp::from_millis(self.exp.saturating_mul(1000)),
        })
    }
}
