//! An organization, as its server sees it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    Absent, Admission, AuthMethod, JitProvisioning, MfaMethod, MfaPolicy, PolicyRole, Restriction, Time,
};
use crate::domain::{self, Allowed};

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
    sso_jit_provisioning: Admission,
    /// Kept; there is no single sign-on yet.
    sso_jit_provisioning_allowed_connections: Vec<String>,
    /// Empty: there is no single sign-on yet. For the SDKs' sake, as `scim_active_connection`.
    sso_active_connections: [Absent; 0],
    /// Domains whose addresses may join or be invited where the settings below are restricted to them.
    email_allowed_domains: Vec<String>,
    /// Whether people with an allowed domain may join by themselves.
    email_jit_provisioning: JitProvisioning,
    /// Whom members may invite: everybody, those with an allowed domain, or nobody.
    email_invites: Admission,
    /// Whether every first factor is accepted, or those of the list below.
    auth_methods: Restriction,
    /// The first factors it accepts where they are restricted.
    allowed_auth_methods: Vec<AuthMethod>,
    /// Whether it demands a second factor of everybody.
    mfa_policy: MfaPolicy,
    /// Roles that members have because of their address's domain.
    rbac_email_implicit_role_assignments: Vec<EmailImplicitRoleAssignment>,
    /// Whether every second factor is accepted, or those of the list below.
    mfa_methods: Restriction,
    /// The second factors it accepts where they are restricted.
    allowed_mfa_methods: Vec<MfaMethod>,
    /// Kept; there is no sign-in by accounts elsewhere yet.
    oauth_tenant_jit_provisioning: JitProvisioning,
    /// Domains that are this organization's alone.
    claimed_email_domains: Vec<String>,
    /// Kept; there are no connected apps.
    first_party_connected_apps_allowed_type: Admission,
    /// Kept; there are no connected apps.
    allowed_first_party_connected_apps: Vec<String>,
    /// Kept; there are no connected apps.
    third_party_connected_apps_allowed_type: Admission,
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
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct EmailImplicitRoleAssignment {
    /// Members with an address of this domain …
    pub(crate) domain: String,
    /// … have this role.
    pub(crate) role_id: String,
}

impl From<&domain::Organization> for Organization {
    fn from(o: &domain::Organization) -> Self {
        let f = &o.federation;
        let (auth_methods, allowed_auth_methods) = allowed(&o.auth_methods, AuthMethod::from);
        let (mfa_methods, allowed_mfa_methods) = allowed(&o.mfa_methods, MfaMethod::from);
        Self {
            organization_id: o.organization_id.to_string(),
            organization_name: o.organization_name.clone(),
            organization_logo_url: o.organization_logo_url.clone(),
            organization_slug: o.organization_slug.to_string(),
            sso_jit_provisioning: f.sso_jit_provisioning.into(),
            sso_jit_provisioning_allowed_connections: f.sso_jit_provisioning_allowed_connections.clone(),
            sso_active_connections: [],
            email_allowed_domains: o.email_allowed_domains.iter().map(ToString::to_string).collect(),
            email_jit_provisioning: o.email_jit_provisioning.into(),
            email_invites: o.email_invites.into(),
            auth_methods,
            allowed_auth_methods,
            mfa_policy: o.mfa_policy.into(),
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
            oauth_tenant_jit_provisioning: f.oauth_tenant_jit_provisioning.into(),
            claimed_email_domains: o.claimed_email_domains.iter().map(ToString::to_string).collect(),
            first_party_connected_apps_allowed_type: f.first_party_connected_apps_allowed_type.into(),
            allowed_first_party_connected_apps: f.allowed_first_party_connected_apps.clone(),
            third_party_connected_apps_allowed_type: f.third_party_connected_apps_allowed_type.into(),
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

fn allowed<M: Ord + Copy, N>(methods: &Allowed<M>, name: impl Fn(M) -> N) -> (Restriction, Vec<N>) {
    match methods {
        Allowed::All => (Restriction::AllAllowed, Vec::new()),
        Allowed::Restricted(methods) => {
            (Restriction::Restricted, methods.iter().map(|method| name(*method)).collect())
        }
    }
}
