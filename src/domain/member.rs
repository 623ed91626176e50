//! A member: a person's account in one organization.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    CredentialId, EmailAddress, MemberId, MfaMethod, OrganizationId, PhoneNumber, RoleId, Timestamp,
};

/// What the directory knows of a member. Credentials are kept apart: see [`Enrolment`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Their id.
    pub member_id: MemberId,
    /// The organization they belong to.
    pub organization_id: OrganizationId,
    /// Their address; unique in the organization.
    pub email_address: EmailAddress,
    /// Whether they have proved that the address is theirs.
    pub email_address_verified: bool,
    /// Addresses the member had before.
    #[serde(default)]
    pub retired_email_addresses: Vec<RetiredAddress>,
    /// Where they stand.
    pub status: MemberStatus,
    /// Their name; empty when unknown.
    pub name: String,
    /// Roles assigned to them directly.
    pub roles: Vec<RoleId>,
    /// Whether restrictions of methods do not apply to them, so that an organization can't lock
    /// itself out.
    pub is_breakglass: bool,
    /// The application's own id for them, unique in the organization.
    pub external_id: Option<String>,
    /// The application's own data, which members can't write.
    pub trusted_metadata: Map<String, Value>,
    /// Data which members may write.
    pub untrusted_metadata: Map<String, Value>,
    /// When they were created.
    pub created_at: Timestamp,
    /// When they were last changed.
    pub updated_at: Timestamp,
}

impl Member {
    /// A new member without roles of their own.
    #[must_use]
    pub fn new(
        member_id: MemberId,
        organization_id: OrganizationId,
        email_address: EmailAddress,
        status: MemberStatus,
        now: Timestamp,
    ) -> Self {
        Self {
            member_id,
            organization_id,
            email_address,
            email_address_verified: false,
            retired_email_addresses: Vec::new(),
            status,
            name: String::new(),
            roles: Vec::new(),
            is_breakglass: false,
            external_id: None,
            trusted_metadata: Map::new(),
            untrusted_metadata: Map::new(),
            created_at: now,
            updated_at: now,
        }
    }

    /// Makes of a pending or invited member an active one whose address is proved.
    pub fn activate(&mut self, now: Timestamp) {
        self.status = MemberStatus::Active;
        self.email_address_verified = true;
        self.updated_at = now;
    }
}

/// An address that a member had before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredAddress {
    /// Its id as a credential.
    pub email_id: CredentialId,
    /// The address.
    pub email_address: EmailAddress,
}

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    /// Created, and has never proved the address.
    Pending,
    /// Invited, and has not come yet.
    Invited,
    /// May sign in.
    Active,
    /// May not.
    Deleted,
}

/// What a member has set up to prove who they are, without the secrets of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enrolment {
    /// Whether the member is asked for a second factor where the organization leaves it open.
    pub mfa_enrolled: bool,
    /// The method they are asked for first.
    pub default_mfa_method: Option<MfaMethod>,
    /// Their password, if they have one.
    pub password_id: Option<CredentialId>,
    /// Their authenticator app, once a code of it was confirmed.
    pub totp_id: Option<CredentialId>,
    /// Their phone.
    pub phone: Option<Phone>,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
    /// Until when second factors are refused after too many wrong ones.
    pub locked_until: Option<Timestamp>,
    /// Since when.
    pub locked_at: Option<Timestamp>,
}

impl Enrolment {
    /// Whether there is any second factor that was proved once.
    #[must_use]
    pub fn has_second_factor(&self) -> bool {
        self.totp_id.is_some() || self.verified_phone().is_some()
    }

    /// The phone, if a code that was sent to it was confirmed.
    #[must_use]
    pub fn verified_phone(&self) -> Option<&Phone> {
        self.phone.as_ref().filter(|phone| phone.verified)
    }
}

/// A member's phone for codes by SMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// Its id.
    pub phone_id: CredentialId,
    /// The number.
    pub number: PhoneNumber,
    /// Whether a code that was sent to it was confirmed.
    pub verified: bool,
}
