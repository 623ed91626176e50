//! The organization object.

use serde_json::{Value, json};

use crate::domain::{Allowed, Organization};

/// An organization as a browser may see it. Before the person is let in, whatever does not say what
/// will be asked of them is as if it were not set.
pub(crate) fn organization_json(organization: &Organization, inside: bool) -> Value {
    let o = organization;
    let (auth_methods, allowed_auth_methods) = allowed(&o.auth_methods);
    let (mfa_methods, allowed_mfa_methods) = allowed(&o.mfa_methods);
    let custom_roles = if inside { json!(o.custom_roles) } else { json!([]) };
    let implicit = if inside { json!(o.rbac_email_implicit_role_assignments) } else { json!([]) };
    let domains = if inside { json!(o.email_allowed_domains) } else { json!([]) };
    let jit = if inside { json!(o.email_jit_provisioning) } else { json!("NOT_ALLOWED") };
    let invites = if inside { json!(o.email_invites) } else { json!("NOT_ALLOWED") };
    let external_id = if inside { json!(o.organization_external_id) } else { Value::Null };
    json!({
        "organization_id": o.organization_id,
        "organization_name": o.organization_name,
        "organization_logo_url": o.organization_logo_url,
        "organization_slug": o.organization_slug,
        "organization_external_id": external_id,
        "sso_jit_provisioning": "NOT_ALLOWED",
        "sso_jit_provisioning_allowed_connections": [],
        "sso_active_connections": [],
        "sso_default_connection_id": null,
        "scim_active_connection": null,
        "email_allowed_domains": domains,
        "email_jit_provisioning": jit,
        "email_invites": invites,
        "auth_methods": auth_methods,
        "allowed_auth_methods": allowed_auth_methods,
        "mfa_policy": o.mfa_policy,
        "mfa_methods": mfa_methods,
        "allowed_mfa_methods": allowed_mfa_methods,
        "rbac_email_implicit_role_assignments": implicit,
        "oauth_tenant_jit_provisioning": "NOT_ALLOWED",
        "allowed_oauth_tenants": {},
        "claimed_email_domains": [],
        "first_party_connected_apps_allowed_type": "NOT_ALLOWED",
        "allowed_first_party_connected_apps": [],
        "third_party_connected_apps_allowed_type": "NOT_ALLOWED",
        "allowed_third_party_connected_apps": [],
        "custom_roles": custom_roles,
        // The application's own; not for browsers.
        "trusted_metadata": {},
        "created_at": o.created_at,
        "updated_at": o.updated_at,
    })
}

fn allowed<M: Ord + serde::Serialize>(methods: &Allowed<M>) -> (&'static str, Value) {
    match methods {
        Allowed::All => ("ALL_ALLOWED", json!([])),
        Allowed::Restricted(methods) => ("RESTRICTED", json!(methods)),
    }
}
