//! Organizations.

use std::collections::BTreeMap;

use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IntoDeserializer},
};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{outcome::OrganizationShown, search::page_of};
use crate::{
    flow::api::OrganizationChange,
    http::wire::{
        call::Call,
        error::WireError,
        object::{object, objects},
        objects::{
            Admission, AuthMethod, EmailImplicitRoleAssignment, JitProvisioning, MfaMethod, MfaPolicy,
            Organization, Restriction, ResultsMetadata, SearchQuery,
        },
        operation::Operation,
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post("/v1/b2b/organizations", "Make an organization.", create),
        Operation::post("/v1/b2b/organizations/search", "Search organizations.", search),
        Operation::get("/v1/b2b/organizations/{organization_id}", "One organization.", get),
        Operation::put("/v1/b2b/organizations/{organization_id}", "Change an organization.", update)
            .for_members(),
        Operation::delete(
            "/v1/b2b/organizations/{organization_id}",
            "Delete an organization with its members and sessions.",
            delete,
        )
        .for_members(),
        Operation::get(
            "/v1/b2b/organizations/{organization_id}/metrics",
            "How many members an organization has.",
            metrics,
        ),
        Operation::delete(
            "/v1/b2b/organizations/{organization_id}/external_id",
            "Take an organization's external id away.",
            delete_external_id,
        ),
    ]
}

/// What may be said of an organization by whoever makes one; what is not named stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct OrganizationSettings {
    /// Its name in URLs: 2 to 128 characters of A-Z a-z 0-9 - . _ ~.
    organization_slug: Option<String>,
    /// Where its logo lies.
    organization_logo_url: Option<String>,
    /// The application's own data, merged into those that are there; `null` deletes.
    #[schema(value_type = Option<Object>)]
    trusted_metadata: Option<Map<String, Value>>,
    /// The application's own id for it.
    organization_external_id: Option<String>,
    /// Kept; there is no single sign-on yet.
    sso_default_connection_id: Option<String>,
    /// Kept; there is no single sign-on yet.
    sso_jit_provisioning: Option<Admission>,
    /// Kept; there is no single sign-on yet.
    sso_jit_provisioning_allowed_connections: Option<Vec<String>>,
    /// Domains whose addresses may join or be invited where the settings below are restricted to them. A list
    /// replaces the one before as a whole.
    email_allowed_domains: Option<Vec<String>>,
    /// Whether people with an allowed domain may join by themselves.
    #[schema(value_type = Option<JitProvisioning>)]
    email_jit_provisioning: Option<String>,
    /// Who may be invited: everybody, those with an allowed domain, or nobody.
    #[schema(value_type = Option<Admission>)]
    email_invites: Option<String>,
    /// Whether every first factor is accepted, or those of the list below.
    #[schema(value_type = Option<Restriction>)]
    auth_methods: Option<String>,
    /// The first factors that are accepted.
    #[schema(value_type = Option<Vec<AuthMethod>>)]
    allowed_auth_methods: Option<Vec<String>>,
    /// Whether a second factor is demanded of everybody.
    #[schema(value_type = Option<MfaPolicy>)]
    mfa_policy: Option<String>,
    /// Roles that members have because of their address's domain.
    #[serde(default, deserialize_with = "objects")]
    rbac_email_implicit_role_assignments: Option<Vec<EmailImplicitRoleAssignment>>,
    /// Whether every second factor is accepted, or those of the list below.
    #[schema(value_type = Option<Restriction>)]
    mfa_methods: Option<String>,
    /// The second factors that are accepted.
    #[schema(value_type = Option<Vec<MfaMethod>>)]
    allowed_mfa_methods: Option<Vec<String>>,
    /// Kept; there is no sign-in by accounts elsewhere yet.
    oauth_tenant_jit_provisioning: Option<JitProvisioning>,
    /// Kept; there is no sign-in by accounts elsewhere yet.
    #[schema(value_type = Option<Object>)]
    allowed_oauth_tenants: Option<BTreeMap<String, Vec<String>>>,
    /// Kept; there are no connected apps.
    first_party_connected_apps_allowed_type: Option<Admission>,
    /// Kept; there are no connected apps.
    allowed_first_party_connected_apps: Option<Vec<String>>,
    /// Kept; there are no connected apps.
    third_party_connected_apps_allowed_type: Option<Admission>,
    /// Kept; there are no connected apps.
    allowed_third_party_connected_apps: Option<Vec<String>>,
}

impl OrganizationSettings {
    /// The change that this is, of what has this name.
    ///
    /// # Errors
    /// Of each setting whose values Stytch has an error for, that one.
    pub(super) fn change(self, organization_name: Option<String>) -> Result<OrganizationChange, WireError> {
        let restricted = "invalid_restricted_email_setting";
        let jit: Option<JitProvisioning> =
            setting("email_jit_provisioning", self.email_jit_provisioning, restricted)?;
        let invites: Option<Admission> = setting("email_invites", self.email_invites, restricted)?;
        let auth_methods: Option<Restriction> =
            setting("auth_methods", self.auth_methods, "invalid_organization_auth_factor_setting")?;
        let mfa_policy: Option<MfaPolicy> =
            setting("mfa_policy", self.mfa_policy, "invalid_organization_mfa_policy")?;
        let mfa_methods: Option<Restriction> =
            setting("mfa_methods", self.mfa_methods, "invalid_organization_mfa_factor_setting")?;
        Ok(OrganizationChange {
            organization_name,
            organization_slug: self.organization_slug.filter(|slug| !slug.is_empty()),
            organization_logo_url: self.organization_logo_url,
            organization_external_id: self.organization_external_id.filter(|id| !id.is_empty()),
            trusted_metadata: self.trusted_metadata,
            sso_default_connection_id: self.sso_default_connection_id,
            sso_jit_provisioning: self.sso_jit_provisioning.map(Into::into),
            sso_jit_provisioning_allowed_connections: self.sso_jit_provisioning_allowed_connections,
            email_allowed_domains: self.email_allowed_domains,
            email_jit_provisioning: jit.map(Into::into),
            email_invites: invites.map(Into::into),
            auth_methods: auth_methods.map(Into::into),
            allowed_auth_methods: self.allowed_auth_methods,
            mfa_policy: mfa_policy.map(Into::into),
            mfa_methods: mfa_methods.map(Into::into),
            allowed_mfa_methods: self.allowed_mfa_methods,
            rbac_email_implicit_role_assignments: self
                .rbac_email_implicit_role_assignments
                .map(|roles| roles.into_iter().map(|role| (role.domain, role.role_id)).collect()),
            oauth_tenant_jit_provisioning: self.oauth_tenant_jit_provisioning.map(Into::into),
            allowed_oauth_tenants: self.allowed_oauth_tenants,
            claimed_email_domains: None,
            first_party_connected_apps_allowed_type: self
                .first_party_connected_apps_allowed_type
                .map(Into::into),
            allowed_first_party_connected_apps: self.allowed_first_party_connected_apps,
            third_party_connected_apps_allowed_type: self
                .third_party_connected_apps_allowed_type
                .map(Into::into),
            allowed_third_party_connected_apps: self.allowed_third_party_connected_apps,
        })
    }
}

/// Reads a setting that is one of a few values.
fn setting<T: DeserializeOwned>(
    field: &'static str,
    said: Option<String>,
    error_type: &'static str,
) -> Result<Option<T>, WireError> {
    let read = |said: String| T::deserialize(said.into_deserializer());
    said.map(read).transpose().map_err(|_: serde::de::value::Error| WireError::setting(error_type, field))
}

/// An organization that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
struct OrganizationsCreateRequest {
    /// Its name, 1 to 128 characters.
    #[schema(value_type = String)]
    organization_name: Option<String>,
    /// Domains that are this organization's alone.
    claimed_email_domains: Option<Vec<String>>,
    #[serde(flatten)]
    settings: OrganizationSettings,
}

async fn create(call: Call, input: OrganizationsCreateRequest) -> Result<OrganizationShown, WireError> {
    let mut change = input.settings.change(input.organization_name)?;
    change.claimed_email_domains = input.claimed_email_domains;
    let organization = call.engine.make_organization(&change, &call.caller).await?;
    Ok((&organization).into())
}

async fn get(call: Call) -> Result<OrganizationShown, WireError> {
    let organization = call.engine.api_organization(call.parameter("organization_id")).await?;
    Ok((&organization).into())
}

/// What is to be changed of an organization; what is not named stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
struct OrganizationsUpdateRequest {
    /// Its name, 1 to 128 characters.
    organization_name: Option<String>,
    /// Domains that are this organization's alone.
    claimed_email_domains: Option<Vec<String>>,
    #[serde(flatten)]
    settings: OrganizationSettings,
}

async fn update(call: Call, input: OrganizationsUpdateRequest) -> Result<OrganizationShown, WireError> {
    let acting = call.acting().await?;
    let organization = call.engine.api_organization(call.parameter("organization_id")).await?;
    let mut change = input.settings.change(input.organization_name)?;
    change.claimed_email_domains = input.claimed_email_domains;
    let organization = call.engine.alter_organization(&organization, &change, &acting, &call.caller).await?;
    Ok((&organization).into())
}

/// An organization that was deleted.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationsDeleteResponse {
    /// Its id.
    organization_id: String,
}

async fn delete(call: Call) -> Result<OrganizationsDeleteResponse, WireError> {
    let acting = call.acting().await?;
    let organization = call.engine.api_organization(call.parameter("organization_id")).await?;
    call.engine.remove_organization(&organization, &acting, &call.caller).await?;
    Ok(OrganizationsDeleteResponse { organization_id: organization.organization_id.to_string() })
}

/// How many members an organization has.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationsMetricsResponse {
    /// Those that are not deleted.
    member_count: u64,
}

async fn metrics(call: Call) -> Result<OrganizationsMetricsResponse, WireError> {
    let organization = call.engine.api_organization(call.parameter("organization_id")).await?;
    let member_count = call.engine.count_members(&organization.organization_id).await?;
    Ok(OrganizationsMetricsResponse { member_count })
}

async fn delete_external_id(call: Call) -> Result<OrganizationShown, WireError> {
    let organization = call.engine.api_organization(call.parameter("organization_id")).await?;
    let organization = call.engine.drop_external_id(&organization, &call.caller).await?;
    Ok((&organization).into())
}

/// Which organizations are searched for.
#[derive(Debug, Deserialize, ToSchema)]
struct OrganizationsSearchRequest {
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many at most: 100, up to 1,000.
    #[schema(value_type = Option<i32>)]
    limit: Option<i64>,
    /// What is demanded. Filters: `organization_ids`, `organization_slugs`, `organization_external_ids`, `organization_name_fuzzy`,
    /// `organization_slug_fuzzy`, `member_emails`, `member_email_fuzzy`, `allowed_domains`,
    /// `allowed_domain_fuzzy`, `claimed_email_domains`, `has_active_sso_connection`, `sso_connection_id`
    /// or `sso_connection_ids`.
    #[serde(default, deserialize_with = "object")]
    query: Option<SearchQuery>,
}

/// A page of organizations.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationsSearchResponse {
    /// The organizations, in order of their ids.
    organizations: Vec<Organization>,
    /// What there is besides.
    results_metadata: ResultsMetadata,
}

async fn search(
    call: Call,
    input: OrganizationsSearchRequest,
) -> Result<OrganizationsSearchResponse, WireError> {
    let search = SearchQuery::organizations(input.query)?;
    let page = page_of(input.cursor.as_deref(), input.limit)?;
    let after = page.after_organization()?;
    let found = call.engine.find_organizations(&search, after.as_ref(), page.limit + 1).await?;
    let (found, results_metadata) = page.cut(found, |organization| organization.organization_id.as_str());
    Ok(OrganizationsSearchResponse {
        organizations: found.iter().map(Organization::from).collect(),
        results_metadata,
    })
}
