//! An organization, as its server sees it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Absent, PolicyRole, Time};
use crate::domain::{self, Admits, Allowed, EmailInvites, JitProvisioning, MfaPolicy};

/// A tenant: who may join it, by which factors, with which roles.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Organization {
    /// Its id.
    organization_id: String,
    /// Its name as shown to people.
    organization_name: String,
    /// Where its logo lies; empty for none.
    organization_logo_url: String,
    /// Its name in URLs; unique in the project.
    organization_slug: String,
    /// Kept; there is no single sign-on yet.
    sso_jit_provisioning: &'static str,
    /// Kept; there is no single sign-on yet.
    sso_jit_provisioning_allowed_connections: Vec<String>,
    /// Empty: there is no single sign-on yet.
    sso_active_connections: [Absent; 0],
    /// Domains whose addresses may join or be invited where the settings below are restricted to them.
    email_allowed_domains: Vec<String>,
    /// `RESTRICTED` or `NOT_ALLOWED`: whether people with an allowed domain may join by themselves.
    email_jit_provisioning: &'static str,
    /// `ALL_ALLOWED`, `RESTRICTED` or `NOT_ALLOWED`: whom members may invite.
    email_invites: &'static str,
    /// `ALL_ALLOWED` or `RESTRICTED` to the list below.
    auth_methods: &'static str,
    /// The first factors it accepts where they are restricted.
    allowed_auth_methods: Vec<&'static str>,
    /// `OPTIONAL` or `REQUIRED_FOR_ALL`: whether it demands a second factor from everybody.
    mfa_policy: &'static str,
    /// Roles that members have because of their address's domain.
    rbac_email_implicit_role_assignments: Vec<EmailImplicitRoleAssignment>,
    /// `ALL_ALLOWED` or `RESTRICTED` to the list below.
    mfa_methods: &'static str,
    /// The second factors it accepts where they are restricted.
    allowed_mfa_methods: Vec<&'static str>,
    /// Kept; there is no sign-in by accounts elsewhere yet.
    oauth_tenant_jit_provisioning: &'static str,
    /// Domains that are this organization's alone.
    claimed_email_domains: Vec<String>,
    /// Kept; there are no connected apps.
    first_party_connected_apps_allowed_type: &'static str,
    /// Kept; there are no connected apps.
    allowed_first_party_connected_apps: Vec<String>,
    /// Kept; there are no connected apps.
    third_party_connected_apps_allowed_type: &'static str,
    /// Kept; there are no connected apps.
    allowed_third_party_connected_apps: Vec<String>,
    /// Roles that exist in this organization only.
    custom_roles: Vec<PolicyRole>,
    /// The application's own data, which members can't write.
    #[schema(value_type = Object)]
    trusted_metadata: Map<String, Value>,
    /// When it was created.
    created_at: Time,
    /// When it was last changed.
    updated_at: Time,
    /// The application's own id for it.
    organization_external_id: Option<String>,
    /// Kept; there is no single sign-on yet.
    sso_default_connection_id: Option<String>,
    /// `null`: there is no SCIM.
    #[schema(value_type = Option<Object>)]
    scim_active_connection: Option<Absent>,
    /// Kept; there is no sign-in by accounts elsewhere yet.
    #[schema(value_type = Object)]
    allowed_oauth_tenants: BTreeMap<String, Vec<String>>,
}

/// A role that members have because of their address's domain.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct EmailImplicitRoleAssignment {
    /// Members with an address of this domain …
    domain: String,
    /// … have this role.
    role_id: String,
}

impl From<&domain::Organization> for Organization {
    fn from(o: &domain::Organization) -> Self {
        let f = &o.federation;
        let (auth_methods, allowed_auth_methods) = allowed(&o.auth_methods, |method| method.as_str());
        let (mfa_methods, allowed_mfa_methods) = allowed(&o.mfa_methods, |method| method.as_str());
        Self {
            organization_id: o.organization_id.to_string(),
            organization_name: o.organization_name.clone(),
            organization_logo_url: o.organization_logo_url.clone(),
            organization_slug: o.organization_slug.to_string(),
            sso_jit_provisioning: admits(f.sso_jit_provisioning),
            sso_jit_provisioning_allowed_connections: f.sso_jit_provisioning_allowed_connections.clone(),
            sso_active_connections: [],
            email_allowed_domains: o.email_allowed_domains.iter().map(ToString::to_string).collect(),
            email_jit_provisioning: jit(o.email_jit_provisioning),
            email_invites: match o.email_invites {
                EmailInvites::AllAllowed => "ALL_ALLOWED",
                EmailInvites::Restricted => "RESTRICTED",
                EmailInvites::NotAllowed => "NOT_ALLOWED",
            },
            auth_methods,
            allowed_auth_methods,
            mfa_policy: match o.mfa_policy {
                MfaPolicy::Optional => "OPTIONAL",
                MfaPolicy::RequiredForAll => "REQUIRED_FOR_ALL",
            },
            rbac_email_implicit_role_assignments: o
                .rbac_email_implicit_role_assignments
                .iter()
                .map(|implicit| EmailImplicitRoleAssignment {
                    domain: implicit.domain.to_string(),
                    role_id: implicit.role_id.to_string(),
                })
                .collect(),
            mfa_methods,
            allowed_mfa_methods,
            oauth_tenant_jit_provisioning: jit(f.oauth_tenant_jit_provisioning),
            claimed_email_domains: o.claimed_email_domains.iter().map(ToString::to_string).collect(),
            first_party_connected_apps_allowed_type: admits(f.first_party_connected_apps_allowed_type),
            allowed_first_party_connected_apps: f.allowed_first_party_connected_apps.clone(),
            third_party_connected_apps_allowed_type: admits(f.third_party_connected_apps_allowed_type),
            allowed_third_party_connected_apps: f.allowed_third_party_connected_apps.clone(),
            custom_roles: o.custom_roles.iter().map(PolicyRole::from).collect(),
            trusted_metadata: o.trusted_metadata.clone(),
            created_at: o.created_at.into(),
            updated_at: o.updated_at.into(),
            organization_external_id: o.organization_external_id.clone(),
            sso_default_connection_id: f.sso_default_connection_id.clone(),
            scim_active_connection: None,
            allowed_oauth_tenants: f.allowed_oauth_tenants.clone(),
        }
    }
}

fn admits(admits: Admits) -> &'static str {
    match admits {
        Admits::AllAllowed => "ALL_ALLOWED",
        Admits::Restricted => "RESTRICTED",
        Admits::NotAllowed => "NOT_ALLOWED",
    }
}

fn jit(jit: JitProvisioning) -> &'static str {
    match jit {
        JitProvisioning::Restricted => "RESTRICTED",
        JitProvisioning::NotAllowed => "NOT_ALLOWED",
    }
}

fn allowed<M: Ord + Copy>(
    methods: &Allowed<M>,
    name: impl Fn(M) -> &'static str,
) -> (&'static str, Vec<&'static str>) {
    match methods {
        Allowed::All => ("ALL_ALLOWED", Vec::new()),
        Allowed::Restricted(methods) => ("RESTRICTED", methods.iter().map(|method| name(*method)).collect()),
    }
}
