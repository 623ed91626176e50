//! What may be lost without granting anything: intermediate sessions, short codes, challenges, and
//! the links that begin a sign-in elsewhere.

use serde::{Deserialize, Serialize};

use super::{
    CredentialId, Digest, EmailAddress, Factor, FactorDemand, FactorKind, MemberId, OrganizationId, ReturnTo,
    SessionId, Timestamp,
};

/// What an intermediate session holds: factors, and no power.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntermediateSession {
    /// The factors that were proved. They are all about one address.
    pub factors: Vec<Factor>,
    /// The organization it was last turned to, if any: a hint, not a right.
    pub organization_id: Option<OrganizationId>,
    /// The browser it belongs to; any other is refused. Programs have none.
    pub browser: Option<Digest>,
    /// Where the person wanted to go.
    pub return_to: Option<ReturnTo>,
    /// When the first factor was proved.
    pub created_at: Timestamp,
    /// Ten minutes later. Nothing moves this.
    pub expires_at: Timestamp,
    /// The member session that it was switched from, if it was.
    pub continues: Option<Continues>,
}

/// The member session that an intermediate one continues: it is good while that one lives, and for the
/// organization that it was switched to alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continues {
    /// Which one.
    pub session_id: SessionId,
    /// When that one ends at the latest, and what comes of this has to as well.
    pub absolute_end: Timestamp,
    /// What was set up in it, which goes on not to answer challenges.
    pub enrolled_here: Vec<CredentialId>,
}

/// For what a first factor is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To list the organizations it opens.
    Discovery,
    /// To enter this one.
    Organization(OrganizationId),
    /// To enter one that does not exist; answered like one that does.
    Nowhere,
}

/// A code that was sent by email, or would have been if the address had an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailCode {
    /// By which it is recognized.
    pub digest: Digest,
    /// The address it was sent to.
    pub address: EmailAddress,
    /// For what.
    pub scope: Scope,
    /// What confirming it proves: a code, or a link that was opened elsewhere.
    pub kind: FactorKind,
    /// The address as a credential.
    pub email_id: CredentialId,
    /// The link that was sent along, which dies with this.
    pub link: Option<Digest>,
    /// Where the person wanted to go.
    pub return_to: Option<ReturnTo>,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// How many wrong tries it survives.
    pub tries_left: u32,
    /// The member whose address this one becomes when the code is confirmed.
    #[serde(default)]
    pub becomes_address_of: Option<MemberId>,
}

/// A link that was sent by email.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MagicLink {
    /// By which it is found: SHA-256 of its token.
    pub digest: Digest,
    /// The address it was sent to.
    pub address: EmailAddress,
    /// For what.
    pub scope: Scope,
    /// The address as a credential.
    pub email_id: CredentialId,
    /// The browser that asked for it. Only there it signs in by itself.
    pub browser: Option<Digest>,
    /// Where the person wanted to go.
    pub return_to: Option<ReturnTo>,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Where a server asked for it, by Stytch's B2B API. Such a link is used there alone.
    #[serde(default)]
    pub api: Option<Box<ApiLink>>,
}

/// What a link is for that a server asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiLink {
    /// What using it does.
    pub purpose: LinkPurpose,
    /// SHA-256 of the verifier that whoever uses it has to bring (RFC 7636 §4.2, `S256`).
    pub code_challenge: Option<Digest>,
}

/// What using a link does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// It proves the address: of who signs in, signs up, or accepts an invitation.
    SignIn,
    /// It sets a new password.
    PasswordReset {
        /// Of whom.
        member_id: MemberId,
        /// The one they had when it was sent: the link is good while they have it.
        replaces: Option<CredentialId>,
    },
    /// It makes the address that of the member.
    AddressChange(MemberId),
}

/// A step-up challenge: one live session that is to prove one factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Made together with the challenge; its token is derived from this.
    pub nonce: [u8; 16],
    /// What is demanded.
    pub demand: FactorDemand,
    /// Where the person goes on when it is met.
    pub return_to: Option<ReturnTo>,
    /// Whether a request that would have changed something was refused, which the page must say.
    pub nothing_done: bool,
    /// Until when it can be met: ten minutes.
    pub expires_at: Timestamp,
}
