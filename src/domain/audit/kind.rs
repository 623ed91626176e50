//! What can happen.

use serde::{Deserialize, Serialize};

use super::{Admission, AuditReason, ForbiddenReason, LimitKind};
use crate::domain::{CredentialId, FactorDemand, FactorKind, SessionId, Timestamp};

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuditKind {
    /// A code or a link was sent.
    Sent {
        /// What it proves.
        factor: FactorKind,
        /// Where it went, as the id that this address or phone has as a credential.
        credential_id: CredentialId,
    },
    /// A first factor was proved.
    Proved {
        /// Which.
        factor: FactorKind,
        /// Of which credential.
        credential_id: CredentialId,
    },
    /// A sign-in has to go on: the organization asks for more.
    Owed {
        /// Another first factor.
        primary: bool,
        /// A second factor.
        secondary: bool,
    },
    /// Somebody signed in: a member session began.
    SignedIn {
        /// The factors it was granted for.
        factors: Vec<FactorKind>,
    },
    /// Somebody turned from one organization to another: a member session began.
    Switched {
        /// The session they came from.
        from: SessionId,
        /// The factors it was granted for.
        factors: Vec<FactorKind>,
    },
    /// A live session was challenged for a factor that a route, or a change of factors, demands.
    Challenged {
        /// What is demanded.
        demand: FactorDemand,
    },
    /// A factor was proved in a live session, which has a new token.
    Raised {
        /// Which.
        factor: FactorKind,
    },
    /// The application added a first factor to a live session, and extended it.
    Extended {
        /// Which.
        factor: FactorKind,
    },
    /// A factor was refused.
    Refused {
        /// Which.
        factor: FactorKind,
        /// Why.
        reason: AuditReason,
        /// The address that was tried, as the id that it has as a credential; nothing where the member
        /// is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credential_id: Option<CredentialId>,
    },
    /// Somebody asked to enter an organization that they may not enter.
    Denied {
        /// Who, as the id of the credential that they had proved.
        credential_id: CredentialId,
    },
    /// A session did not get through to a route.
    Forbidden {
        /// Why.
        reason: ForbiddenReason,
    },
    /// Something was refused because it was tried too often.
    Limited {
        /// By which limit.
        limit: LimitKind,
    },
    /// Too many wrong second factors: a member's second factors are locked.
    Locked {
        /// Until when.
        until: Timestamp,
    },
    /// Somebody became an active member.
    Joined {
        /// How.
        admission: Admission,
    },
    /// A member's address was proved for the first time.
    AddressVerified,
    /// A credential was set up or replaced.
    Enrolled {
        /// Which.
        factor: FactorKind,
        /// Its id.
        credential_id: CredentialId,
    },
    /// Credentials were taken away.
    Removed {
        /// Which.
        factors: Vec<FactorKind>,
    },
    /// A recovery code was used.
    Recovered {
        /// How many are left.
        codes_left: usize,
    },
    /// Somebody signed out.
    SignedOut,
    /// A session was ended by its member elsewhere, by the application, or by what happened to its member
    /// or organization.
    Revoked,
    /// A session ended because the same browser signed in again or turned to another organization.
    Replaced,
    /// An organization was made.
    OrganizationCreated,
    /// An organization was changed.
    OrganizationChanged,
    /// An organization was deleted, with its members and sessions.
    OrganizationDeleted,
    /// A member was made.
    MemberCreated,
    /// A member was changed.
    MemberChanged,
    /// A member was deleted, or forgotten after the application had deleted them.
    MemberDeleted,
    /// A signing key was made, which signs from later on.
    KeyRotated {
        /// Its id, `kid` in JWTs.
        key_id: CredentialId,
    },
    /// A signing key was retired: what it signed is refused.
    KeyRetired {
        /// Its id, `kid` in JWTs.
        key_id: CredentialId,
    },
    /// Everything at rest was sealed with the newest master key.
    Resealed {
        /// How many members' credentials were gone through.
        members: usize,
    },
    /// A server called with a secret of the project. Told once a minute for each secret and client.
    SecretUsed {
        /// Which, by the id that it is configured with.
        secret_id: String,
    },
    /// Somebody called as the project with a wrong id or secret. Told once a minute for each client.
    SecretRefused,
}

impl AuditKind {
    /// Its name in the log and in metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sent { .. } => "sent",
            Self::Proved { .. } => "proved",
            Self::Owed { .. } => "owed",
            Self::SignedIn { .. } => "signed_in",
            Self::Switched { .. } => "switched",
            Self::Challenged { .. } => "challenged",
            Self::Raised { .. } => "raised",
            Self::Extended { .. } => "extended",
            Self::Refused { .. } => "refused",
            Self::Denied { .. } => "denied",
            Self::Forbidden { .. } => "forbidden",
            Self::Limited { .. } => "limited",
            Self::Locked { .. } => "locked",
            Self::Joined { .. } => "joined",
            Self::AddressVerified => "address_verified",
            Self::Enrolled { .. } => "enrolled",
            Self::Removed { .. } => "removed",
            Self::Recovered { .. } => "recovered",
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::OrganizationCreated => "organization_created",
            Self::OrganizationChanged => "organization_changed",
            Self::OrganizationDeleted => "organization_deleted",
            Self::MemberCreated => "member_created",
            Self::MemberChanged => "member_changed",
            Self::MemberDeleted => "member_deleted",
            Self::KeyRotated { .. } => "key_rotated",
            Self::KeyRetired { .. } => "key_retired",
            Self::Resealed { .. } => "resealed",
            Self::SecretUsed { .. } => "secret_used",
            Self::SecretRefused => "secret_refused",
        }
    }
}
