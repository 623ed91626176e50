//! A member, as their own server sees them.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Absent, Time};
use crate::{
    domain::{self, Enrolment, MemberStatus, MfaMethod, RoleId, Timestamp},
    judge::{effective_roles, roles_by_domain},
};

/// A person's account in one organization.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Member {
    /// The organization they belong to.
    organization_id: String,
    /// Their id.
    member_id: String,
    /// Their address; unique in the organization.
    email_address: String,
    /// Where they stand.
    status: MemberState,
    /// Their name; empty when unknown.
    name: String,
    /// Empty: there is no single sign-on yet. For the SDKs' sake, as `oauth_registrations` and
    /// `scim_registration`.
    sso_registrations: [Absent; 0],
    /// Whether restrictions of methods do not apply to them.
    is_breakglass: bool,
    /// The id of their password; empty where they have none.
    member_password_id: String,
    /// Empty: there is no sign-in by accounts elsewhere yet.
    oauth_registrations: [Absent; 0],
    /// Whether they have proved that the address is theirs.
    email_address_verified: bool,
    /// Whether a code that was sent to their phone was confirmed.
    mfa_phone_number_verified: bool,
    /// Whether they have the role `stytch_admin` directly.
    is_admin: bool,
    /// The id of their authenticator app, once a code of it was confirmed; else empty.
    totp_registration_id: String,
    /// Addresses that they had before.
    retired_email_addresses: Vec<RetiredEmail>,
    /// Whether too many wrong second factors have locked them at the moment.
    is_locked: bool,
    /// Whether they are asked for a second factor where their organization leaves it open.
    mfa_enrolled: bool,
    /// Their phone, in E.164 form; else empty.
    mfa_phone_number: String,
    /// The method that they are asked for first; empty where none is set up, for the SDKs' sake.
    default_mfa_method: DefaultMfaMethod,
    /// Their roles, and where each comes from.
    roles: Vec<MemberRole>,
    /// The application's own data, which members can't write.
    #[schema(value_type = Object)]
    trusted_metadata: Map<String, Value>,
    /// Data which members may write.
    #[schema(value_type = Object)]
    untrusted_metadata: Map<String, Value>,
    /// When they were created.
    created_at: Time,
    /// When they were last changed.
    updated_at: Time,
    /// `null`: there is no SCIM.
    #[schema(value_type = Option<Object>)]
    scim_registration: Option<Absent>,
    /// The application's own id for them.
    external_id: Option<String>,
    /// Since when they are locked.
    lock_created_at: Option<Time>,
    /// Until when they are locked.
    lock_expires_at: Option<Time>,
}

/// Where a member stands.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MemberState {
    /// Created, and has never proved the address.
    Pending,
    /// Invited, and has not come yet.
    Invited,
    /// May sign in.
    Active,
    /// May not.
    Deleted,
}

/// The method that somebody is asked for first.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DefaultMfaMethod {
    /// A code sent by SMS.
    SmsOtp,
    /// A code of an authenticator app.
    Totp,
    /// None is set up. For the SDKs' sake: they refuse a member without it.
    #[serde(rename = "")]
    None,
}

impl From<Option<MfaMethod>> for DefaultMfaMethod {
    fn from(method: Option<MfaMethod>) -> Self {
        match method {
            Some(MfaMethod::SmsOtp) => Self::SmsOtp,
            Some(MfaMethod::Totp) => Self::Totp,
            None => Self::None,
        }
    }
}

/// A role of a member.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct MemberRole {
    /// The role's id.
    role_id: String,
    /// Why they have it.
    sources: Vec<MemberRoleSource>,
}

/// Why a member has a role.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct MemberRoleSource {
    /// By which way.
    #[serde(rename = "type")]
    kind: MemberRoleSourceType,
    /// `email_domain` for an `email_assignment`, else nothing.
    details: MemberRoleDetails,
}

/// By which way a member has a role.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MemberRoleSourceType {
    /// It was given to them.
    DirectAssignment,
    /// By the domain of their address.
    EmailAssignment,
}

/// What says more about the source of a role.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
struct MemberRoleDetails {
    /// The domain, of an assignment by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    email_domain: Option<String>,
}

/// An address that a member had before.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct RetiredEmail {
    /// Its id.
    email_id: String,
    /// The address.
    email_address: String,
}

impl Member {
    pub(crate) fn of(
        member: &domain::Member,
        organization: &domain::Organization,
        enrolment: &Enrolment,
        now: Timestamp,
    ) -> Self {
        let text = |id: Option<&domain::CredentialId>| id.map(ToString::to_string).unwrap_or_default();
        let locked = enrolment.locked_until.is_some_and(|until| now < until);
        Self {
            organization_id: member.organization_id.to_string(),
            member_id: member.member_id.to_string(),
            email_address: member.email_address.to_string(),
            status: match member.status {
                MemberStatus::Pending => MemberState::Pending,
                MemberStatus::Invited => MemberState::Invited,
                MemberStatus::Active => MemberState::Active,
                MemberStatus::Deleted => MemberState::Deleted,
            },
            name: member.name.clone(),
            sso_registrations: [],
            is_breakglass: member.is_breakglass,
            member_password_id: text(enrolment.password_id.as_ref()),
            oauth_registrations: [],
            email_address_verified: member.email_address_verified,
            mfa_phone_number_verified: enrolment.verified_phone().is_some(),
            is_admin: member.roles.contains(&RoleId::admin()),
            totp_registration_id: text(enrolment.totp_id.as_ref()),
            retired_email_addresses: member
                .retired_email_addresses
                .iter()
                .map(|retired| RetiredEmail {
                    email_id: retired.email_id.to_string(),
                    email_address: retired.email_address.to_string(),
                })
                .collect(),
            is_locked: locked,
            mfa_enrolled: enrolment.mfa_enrolled,
            mfa_phone_number: enrolment
                .phone
                .as_ref()
                .map(|phone| phone.number.to_string())
                .unwrap_or_default(),
            default_mfa_method: enrolment.default_mfa_method.into(),
            roles: roles(member, organization),
            trusted_metadata: member.trusted_metadata.clone(),
            untrusted_metadata: member.untrusted_metadata.clone(),
            created_at: member.created_at.into(),
            updated_at: member.updated_at.into(),
            scim_registration: None,
            external_id: member.external_id.clone(),
            lock_created_at: enrolment.locked_at.filter(|_| locked).map(Time::from),
            lock_expires_at: enrolment.locked_until.filter(|_| locked).map(Time::from),
        }
    }
}

fn roles(member: &domain::Member, organization: &domain::Organization) -> Vec<MemberRole> {
    let sources = |role: &RoleId| {
        let direct = (member.roles.contains(role) || *role == RoleId::member()).then(|| MemberRoleSource {
            kind: MemberRoleSourceType::DirectAssignment,
            details: MemberRoleDetails::default(),
        });
        let by_domain =
            roles_by_domain(organization, member).any(|given| given == role).then(|| MemberRoleSource {
                kind: MemberRoleSourceType::EmailAssignment,
                details: MemberRoleDetails { email_domain: Some(member.email_address.domain().to_string()) },
            });
        direct.into_iter().chain(by_domain).collect()
    };
    effective_roles(organization, member)
        .iter()
        .map(|role| MemberRole { role_id: role.to_string(), sources: sources(role) })
        .collect()
}
