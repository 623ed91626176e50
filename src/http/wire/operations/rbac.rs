//! Who may do what.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::Organization,
    flow::api::Rule,
    http::wire::{
        call::Call,
        error::WireError,
        object::object,
        objects::{OrganizationPolicy, Policy, PolicyRole},
        operation::Operation,
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/v1/b2b/rbac/policy", "The project's roles, resources and scopes.", policy),
        Operation::get(
            "/v1/b2b/rbac/organizations/{organization_id}",
            "The roles that exist in one organization alone.",
            get,
        ),
        Operation::put(
            "/v1/b2b/rbac/organizations/{organization_id}",
            "Replace the roles that exist in one organization alone.",
            set,
        ),
    ]
}

/// The project's policy.
#[derive(Debug, Serialize, ToSchema)]
struct RbacPolicyResponse {
    /// The policy.
    policy: Policy,
}

async fn policy(call: Call) -> Result<RbacPolicyResponse, WireError> {
    Ok(RbacPolicyResponse { policy: (&call.engine.settings.rbac).into() })
}

/// An organization's policy.
#[derive(Debug, Serialize, ToSchema)]
struct RbacOrganizationPolicyResponse {
    /// The policy.
    org_policy: OrganizationPolicy,
}

impl From<&Organization> for RbacOrganizationPolicyResponse {
    fn from(organization: &Organization) -> Self {
        let roles = organization.custom_roles.iter().map(PolicyRole::from).collect();
        Self { org_policy: OrganizationPolicy { roles: Some(roles) } }
    }
}

async fn get(call: Call) -> Result<RbacOrganizationPolicyResponse, WireError> {
    let organization = call.engine.api_organization(call.parameter("organization_id")).await?;
    Ok((&organization).into())
}

/// The policy that an organization is to have.
#[derive(Debug, Deserialize, ToSchema)]
struct RbacSetOrganizationPolicyRequest {
    /// The policy, which replaces the one before as a whole.
    #[serde(default, deserialize_with = "object")]
    #[schema(value_type = OrganizationPolicy, required = true)]
    org_policy: Option<OrganizationPolicy>,
}

async fn set(
    call: Call,
    input: RbacSetOrganizationPolicyRequest,
) -> Result<RbacOrganizationPolicyResponse, WireError> {
    let policy = input.org_policy.ok_or_else(|| WireError::bad_request("the field org_policy is missing"))?;
    let organization = call.engine.api_organization(call.parameter("organization_id")).await?;
    let read = |role: PolicyRole| {
        let id: String = role.role_id.chars().take(128).collect();
        role.read().map_err(|error| Rule::RoleForm(format!("the role {id:?}: {error}")))
    };
    let roles = policy.roles.unwrap_or_default().into_iter().map(read).collect::<Result<Vec<_>, Rule>>()?;
    let organization = call.engine.set_custom_roles(&organization, &roles, &call.caller).await?;
    Ok((&organization).into())
}
