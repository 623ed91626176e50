//! What a step came to.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{member_json, organization_json};
use crate::{
    domain::{EmailAddress, Enrolment, Environment, Timestamp},
    flow::{Bag, Discovered, SignedIn, Unfinished},
    http::failure::Failure,
    judge::{MemberSession, Membership, MfaRequired, Owed},
    token::random,
};

/// An answer with its id and status, as all have them.
fn answer(status: StatusCode, environment: Environment, fields: Value) -> Value {
    let mut object = match fields {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    object.insert("request_id".into(), json!(request_id(environment)));
    object.insert("status_code".into(), json!(status.as_u16()));
    Value::Object(object)
}

/// Names an answer in logs. It need not be hard to guess, so it may be all zeros when there is no
/// randomness.
fn request_id(environment: Environment) -> String {
    let id = crate::domain::CredentialId::mint("request-id", environment, random().unwrap_or_default());
    id.to_string()
}

/// That it was done.
pub(crate) fn done(environment: Environment, fields: Value) -> Value {
    answer(StatusCode::OK, environment, fields)
}

/// That it failed.
pub(crate) fn error(environment: Environment, failure: &Failure) -> Value {
    answer(
        failure.status,
        environment,
        json!({
            "error_type": failure.error_type,
            "error_message": failure.message,
            "error_url": format!(
                "https://stytch.com/docs/b2b/api/errors/{}#{}", failure.status.as_u16(), failure.error_type
            ),
        }),
    )
}

/// Tokens as they stand in a body: empty where they travel in cookies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) session_token: String,
    pub(crate) session_jwt: String,
    pub(crate) intermediate_session_token: String,
}

/// A finished sign-in, or a session that was shown or raised.
pub(crate) fn authenticated(
    environment: Environment,
    signed_in: &SignedIn,
    enrolment: &Enrolment,
    tokens: &Tokens,
    now: Timestamp,
) -> Value {
    let SignedIn { session, member, organization, .. } = signed_in;
    done(
        environment,
        json!({
            "member_id": member.member_id,
            "organization_id": organization.organization_id,
            "member": member_json(member, organization, enrolment, now),
            "organization": organization_json(organization, true),
            "member_session": session,
            "session_token": tokens.session_token,
            "session_jwt": tokens.session_jwt,
            "intermediate_session_token": "",
            "intermediate_session_token_expires_at": null,
            "member_authenticated": true,
            "mfa_required": null,
            "primary_required": null,
            "member_device": null,
        }),
    )
}

/// A sign-in that is not finished.
pub(crate) fn unfinished(
    environment: Environment,
    unfinished: &Unfinished,
    enrolment: &Enrolment,
    tokens: &Tokens,
    now: Timestamp,
) -> Value {
    let Unfinished { bag, owed, organization, member, sms_sent } = unfinished;
    let member_value = member.as_ref().map_or(Value::Null, |member| {
        as_seen_from_outside(member_json(member, organization, enrolment, now), enrolment)
    });
    let member_id = member.as_ref().map_or("", |member| member.member_id.as_str());
    done(
        environment,
        json!({
            "member_id": member_id,
            "organization_id": organization.organization_id,
            "member": member_value,
            "organization": organization_json(organization, false),
            "member_session": null,
            "session_token": "",
            "session_jwt": "",
            "intermediate_session_token": tokens.intermediate_session_token,
            "intermediate_session_token_expires_at": bag.session.expires_at,
            "member_authenticated": false,
            "mfa_required": mfa_required(owed.mfa_required.as_ref(), *sms_sent),
            "primary_required": primary_required(owed),
            "member_device": null,
        }),
    )
}

/// A member before the second factor is proved: whoever has the first one alone learns neither the whole
/// number of the phone nor whether wrong codes have locked the member.
fn as_seen_from_outside(mut member: Value, enrolment: &Enrolment) -> Value {
    let masked = enrolment.phone.as_ref().map(|phone| phone.number.masked());
    member["mfa_phone_number"] = json!(masked.unwrap_or_default());
    member["is_locked"] = json!(false);
    member["lock_created_at"] = Value::Null;
    member["lock_expires_at"] = Value::Null;
    member
}

/// The organizations that somebody could enter.
pub(crate) fn discovered(
    environment: Environment,
    bag: &Bag,
    address: Option<&EmailAddress>,
    list: &[Discovered],
    tokens: &Tokens,
) -> Value {
    let organizations: Vec<Value> = list.iter().map(one).collect();
    done(
        environment,
        json!({
            "intermediate_session_token": tokens.intermediate_session_token,
            "intermediate_session_token_expires_at": bag.session.expires_at,
            "email_address": address.map_or("", |address| address.as_str()),
            "organization_id_hint": bag.session.organization_id,
            "discovered_organizations": organizations,
        }),
    )
}

/// The other organizations that a session could be turned to.
pub(crate) fn switchable(environment: Environment, session: &MemberSession, list: &[Discovered]) -> Value {
    let organizations: Vec<Value> = list.iter().map(one).collect();
    done(
        environment,
        json!({
            "email_address": session.email_address(),
            "organization_id": session.organization_id(),
            "discovered_organizations": organizations,
        }),
    )
}

fn one(found: &Discovered) -> Value {
    let owed = found.owed.as_ref();
    let (kind, details) = match &found.membership {
        Membership::ActiveMember => ("active_member", Value::Null),
        Membership::PendingMember => ("pending_member", Value::Null),
        Membership::InvitedMember => ("invited_member", Value::Null),
        Membership::EligibleToJoinByEmailDomain { domain } => {
            ("eligible_to_join_by_email_domain", json!({"domain": domain}))
        }
    };
    json!({
        "organization": organization_json(&found.organization, false),
        // Who they are there is said to them once they are in.
        "membership": {"type": kind, "details": details, "member": null},
        "member_authenticated": owed.is_none(),
        "primary_required": owed.map_or(Value::Null, primary_required),
        "mfa_required": owed.map_or(Value::Null, |owed| mfa_required(owed.mfa_required.as_ref(), false)),
    })
}

/// The second factor that is owed.
pub(crate) fn mfa_required(required: Option<&MfaRequired>, sms_sent: bool) -> Value {
    let Some(required) = required else { return Value::Null };
    let options = if required.needs_enrolment() {
        Value::Null
    } else {
        json!({
            "mfa_phone_number": required.phone.as_ref().map_or_else(String::new, |phone| phone.masked()),
            "totp_registration_id": required.totp_id.as_ref().map_or("", |id| id.as_str()),
        })
    };
    let initiated = if sms_sent { json!("sms_otp") } else { Value::Null };
    json!({"member_options": options, "secondary_auth_initiated": initiated})
}

/// The first factor that is owed.
pub(crate) fn primary_required(owed: &Owed) -> Value {
    match &owed.primary_required {
        Some(methods) => json!({"allowed_auth_methods": methods}),
        None => Value::Null,
    }
}
