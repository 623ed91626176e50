//! What is stored of a member session. A record has no authority: see `judge`.

use serde::{Deserialize, Serialize};

use super::{CredentialId, CustomClaims, Factor, MemberId, OrganizationId, SessionId, Timestamp};

/// A member session as it lies in a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Its id, which stays when the token changes.
    pub session_id: SessionId,
    /// Whose it is.
    pub member_id: MemberId,
    /// The one organization it belongs to.
    pub organization_id: OrganizationId,
    /// The random half of the token; nobody can sign in with it alone.
    pub seed: TokenSeed,
    /// Counts the changes of this record; each write names the one it saw.
    pub revision: u64,
    /// The factors that were proved.
    pub factors: Vec<Factor>,
    /// Second factors that were enrolled while this session lived, which do not answer its challenges.
    pub enrolled_here: Vec<CredentialId>,
    /// What the application added.
    pub custom_claims: CustomClaims,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_accessed_at: Timestamp,
    /// When it ends unless it is extended.
    pub expires_at: Timestamp,
    /// When it ends whatever happens.
    pub absolute_end: Timestamp,
    /// The browser or program that signed in, as it called itself.
    pub user_agent: String,
    /// The address that the sign-in came from; empty when unknown.
    pub ip_address: String,
}

/// By what a process finds a session's token: a hash under a key of its own, of 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct TokenKey {
    pub(crate) high: u64,
    pub(crate) low: u64,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[key]")
    }
}

/// The 16 random bytes of a session token, by which a store finds the session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenSeed(pub [u8; 16]);

impl std::fmt::Debug for TokenSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}
