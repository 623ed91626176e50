//! The response objects of Stytch's B2B API, as its documentation has them: which fields there are, and of
//! which type.

use serde_json::Value;

/// A type of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Is {
    Text,
    /// A text that is not empty.
    Some,
    Flag,
    Number,
    List,
    Object,
    /// RFC 3339, in UTC.
    Time,
    /// Absent as the documentation has it: no object.
    Null,
    /// There, of whichever type, or null.
    Any,
}

use Is::{Any, Flag, List, Null, Number, Object, Some, Text, Time};

/// Asserts that these fields are there, each of its type.
pub(crate) fn assert_fields(value: &Value, fields: &[(&str, Is)]) {
    for (name, is) in fields {
        let field = value.get(name).unwrap_or_else(|| panic!("{name} is missing in {value:#}"));
        let right = match is {
            Text => field.is_string(),
            Some => field.as_str().is_some_and(|text| !text.is_empty()),
            Flag => field.is_boolean(),
            Number => field.is_u64(),
            List => field.is_array(),
            Object => field.is_object(),
            Time => field.as_str().is_some_and(|text| text.ends_with('Z') && text.contains('T')),
            Null => field.is_null(),
            Any => true,
        };
        assert!(right, "{name} is {field}, not {is:?}");
    }
}

fn assert_answered(value: &Value) {
    assert_fields(value, &[("request_id", Some), ("status_code", Number)]);
    assert!(value["request_id"].as_str().unwrap().starts_with("request-id-test-"));
    assert_eq!(value["status_code"], 200);
}

/// That nothing but the answer itself was to tell.
pub(crate) fn assert_done(value: &Value) {
    assert_answered(value);
    assert_eq!(value.as_object().unwrap().len(), 2, "{value}");
}

/// The organizations that an intermediate session could enter.
pub(crate) fn assert_discovery(value: &Value) {
    assert_answered(value);
    assert_fields(
        value,
        &[
            ("intermediate_session_token", Text),
            ("intermediate_session_token_expires_at", Time),
            ("email_address", Some),
            ("discovered_organizations", List),
        ],
    );
    for found in value["discovered_organizations"].as_array().unwrap() {
        assert_fields(
            found,
            &[
                ("member_authenticated", Flag),
                ("organization", Object),
                ("membership", Object),
                ("primary_required", Any),
                ("mfa_required", Any),
            ],
        );
        assert_organization(&found["organization"]);
        assert_fields(&found["membership"], &[("type", Some), ("details", Any), ("member", Any)]);
        assert_required(found);
    }
}

/// An authentication that is complete.
pub(crate) fn assert_authenticated(value: &Value) {
    assert_answered(value);
    assert_fields(
        value,
        &[
            ("member_id", Some),
            ("organization_id", Some),
            ("member", Object),
            ("organization", Object),
            ("member_session", Object),
            ("session_token", Text),
            ("session_jwt", Text),
            ("intermediate_session_token", Text),
            ("intermediate_session_token_expires_at", Null),
            ("mfa_required", Null),
            ("primary_required", Null),
            ("member_device", Null),
        ],
    );
    assert_eq!(value["member_authenticated"], true);
    assert_eq!(value["intermediate_session_token"], "");
    assert_member(&value["member"]);
    assert_organization(&value["organization"]);
    assert_session(&value["member_session"]);
    for object in ["member", "member_session"] {
        assert_eq!(value[object]["member_id"], value["member_id"]);
        assert_eq!(value[object]["organization_id"], value["organization_id"]);
    }
    assert_eq!(value["organization"]["organization_id"], value["organization_id"]);
}

/// An authentication that something is owed for.
pub(crate) fn assert_owed(value: &Value) {
    assert_answered(value);
    assert_fields(
        value,
        &[
            ("member_id", Text),
            ("organization_id", Some),
            ("member", Object),
            ("organization", Object),
            ("member_session", Null),
            ("intermediate_session_token", Text),
            ("intermediate_session_token_expires_at", Time),
            ("mfa_required", Any),
            ("primary_required", Any),
            ("member_device", Null),
        ],
    );
    assert_eq!(value["member_authenticated"], false);
    assert_eq!((&value["session_token"], &value["session_jwt"]), (&"".into(), &"".into()));
    assert_member(&value["member"]);
    assert_organization(&value["organization"]);
    assert_required(value);
}

/// `mfa_required` and `primary_required`, where they are set.
fn assert_required(value: &Value) {
    let mfa = &value["mfa_required"];
    if !mfa.is_null() {
        assert_fields(mfa, &[("member_options", Any), ("secondary_auth_initiated", Any)]);
        let options = &mfa["member_options"];
        if !options.is_null() {
            assert_fields(options, &[("mfa_phone_number", Text), ("totp_registration_id", Text)]);
        }
    }
    let primary = &value["primary_required"];
    if !primary.is_null() {
        assert_fields(primary, &[("allowed_auth_methods", List)]);
    }
}

fn assert_organization(value: &Value) {
    assert_fields(
        value,
        &[
            ("organization_id", Some),
            ("organization_name", Some),
            ("organization_logo_url", Text),
            ("organization_slug", Some),
            ("sso_jit_provisioning", Some),
            ("sso_jit_provisioning_allowed_connections", List),
            ("sso_active_connections", List),
            ("email_allowed_domains", List),
            ("email_jit_provisioning", Some),
            ("email_invites", Some),
            ("auth_methods", Some),
            ("allowed_auth_methods", List),
            ("mfa_policy", Some),
            ("rbac_email_implicit_role_assignments", List),
            ("mfa_methods", Some),
            ("allowed_mfa_methods", List),
            ("oauth_tenant_jit_provisioning", Some),
            ("claimed_email_domains", List),
            ("first_party_connected_apps_allowed_type", Some),
            ("allowed_first_party_connected_apps", List),
            ("third_party_connected_apps_allowed_type", Some),
            ("allowed_third_party_connected_apps", List),
            ("custom_roles", List),
            ("trusted_metadata", Object),
            ("created_at", Time),
            ("updated_at", Time),
            ("organization_external_id", Any),
            ("sso_default_connection_id", Any),
            ("scim_active_connection", Any),
            ("allowed_oauth_tenants", Object),
        ],
    );
}

fn assert_member(value: &Value) {
    assert_fields(
        value,
        &[
            ("organization_id", Some),
            ("member_id", Some),
            ("email_address", Some),
            ("status", Some),
            ("name", Text),
            ("sso_registrations", List),
            ("is_breakglass", Flag),
            ("member_password_id", Text),
            ("oauth_registrations", List),
            ("email_address_verified", Flag),
            ("mfa_phone_number_verified", Flag),
            ("is_admin", Flag),
            ("totp_registration_id", Text),
            ("retired_email_addresses", List),
            ("is_locked", Flag),
            ("mfa_enrolled", Flag),
            ("mfa_phone_number", Text),
            ("default_mfa_method", Text),
            ("roles", List),
            ("trusted_metadata", Object),
            ("untrusted_metadata", Object),
            ("created_at", Time),
            ("updated_at", Time),
            ("scim_registration", Any),
            ("external_id", Any),
            ("lock_created_at", Any),
            ("lock_expires_at", Any),
        ],
    );
    for role in value["roles"].as_array().unwrap() {
        assert_fields(role, &[("role_id", Some), ("sources", List)]);
        assert_fields(&role["sources"][0], &[("type", Some), ("details", Object)]);
    }
}

fn assert_session(value: &Value) {
    assert_fields(
        value,
        &[
            ("member_session_id", Some),
            ("member_id", Some),
            ("organization_id", Some),
            ("organization_slug", Some),
            ("started_at", Time),
            ("last_accessed_at", Time),
            ("expires_at", Time),
            ("authentication_factors", List),
            ("roles", List),
            ("custom_claims", Object),
        ],
    );
    for factor in value["authentication_factors"].as_array().unwrap() {
        assert_fields(
            factor,
            &[
                ("type", Some),
                ("delivery_method", Some),
                ("sequence_order", Some),
                ("last_authenticated_at", Time),
                ("created_at", Time),
                ("updated_at", Time),
            ],
        );
    }
}

/// The type, delivery and order of each factor of a session, and its detail object.
pub(crate) fn factors(value: &Value) -> Vec<[&str; 4]> {
    let list = value["member_session"]["authentication_factors"].as_array().unwrap();
    list.iter()
        .map(|factor| {
            let [kind, delivery, order] =
                ["type", "delivery_method", "sequence_order"].map(|name| factor[name].as_str().unwrap());
            let detail = factor.as_object().unwrap().keys().find(|key| key.ends_with("_factor"));
            [kind, delivery, order, detail.map_or("", String::as_str)]
        })
        .collect()
}

/// The error envelope.
pub(crate) fn assert_error(value: &Value, status: u16, kind: &str) {
    assert_fields(value, &[("request_id", Some), ("error_message", Some), ("error_url", Some)]);
    assert_eq!((&value["status_code"], &value["error_type"]), (&status.into(), &kind.into()));
}
