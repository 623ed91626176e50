//! The member object.

use serde_json::{Value, json};

use crate::{
    domain::{Enrolment, Member, Organization, RoleId, Timestamp},
    judge::effective_roles,
};

/// A member as they may see themselves.
pub(crate) fn member_json(
    member: &Member,
    organization: &Organization,
    enrolment: &Enrolment,
    now: Timestamp,
) -> Value {
    let m = member;
    let text = |id: Option<&str>| id.unwrap_or_default().to_owned();
    json!({
        "organization_id": m.organization_id,
        "member_id": m.member_id,
        "email_address": m.email_address,
        "status": m.status,
        "name": m.name,
        "sso_registrations": [],
        "is_breakglass": m.is_breakglass,
        "member_password_id": text(enrolment.password_id.as_ref().map(|id| id.as_str())),
        "oauth_registrations": [],
        "email_address_verified": m.email_address_verified,
        "mfa_phone_number_verified": enrolment.verified_phone().is_some(),
        "is_admin": m.roles.contains(&RoleId::admin()),
        "totp_registration_id": text(enrolment.totp_id.as_ref().map(|id| id.as_str())),
        "retired_email_addresses": [],
        "is_locked": enrolment.locked_until.is_some_and(|until| now < until),
        "mfa_enrolled": enrolment.mfa_enrolled,
        "mfa_phone_number": text(enrolment.phone.as_ref().map(|phone| phone.number.as_str())),
        "default_mfa_method": text(enrolment.default_mfa_method.map(|method| method.as_str())),
        "roles": roles(member, organization),
        // The application's own; not for browsers.
        "trusted_metadata": {},
        "untrusted_metadata": m.untrusted_metadata,
        "created_at": m.created_at,
        "updated_at": m.updated_at,
        "scim_registration": null,
        "external_id": m.external_id,
        "lock_created_at": enrolment.locked_at,
        "lock_expires_at": enrolment.locked_until,
    })
}

fn roles(member: &Member, organization: &Organization) -> Vec<Value> {
    let domain = member.email_address.domain();
    let source = |role: &RoleId| {
        if member.roles.contains(role) || *role == RoleId::member() {
            json!({"type": "direct_assignment", "details": {}})
        } else {
            json!({"type": "email_assignment", "details": {"email_domain": domain}})
        }
    };
    effective_roles(organization, member)
        .iter()
        .map(|role| json!({"role_id": role, "sources": [source(role)]}))
        .collect()
}
