//! Roles, resources and scopes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{self, Permission, RbacPolicy, Role},
    http::wire::object::objects,
};

/// Who may do what, as the project's configuration says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Policy {
    /// Roles that exist in every organization.
    roles: Vec<PolicyRole>,
    /// What roles permit actions on.
    resources: Vec<PolicyResource>,
    /// What an application may be allowed to do on a member's behalf.
    scopes: Vec<PolicyScope>,
}

/// The roles that exist in one organization alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct OrganizationPolicy {
    /// Those roles.
    #[serde(default, deserialize_with = "objects")]
    #[schema(value_type = Vec<PolicyRole>, required = true)]
    pub(crate) roles: Option<Vec<PolicyRole>>,
}

/// A named set of permissions.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PolicyRole {
    /// Its id.
    pub(crate) role_id: String,
    /// What it is for, in words.
    #[schema(value_type = String)]
    pub(crate) description: Option<String>,
    /// What it permits.
    #[serde(default, deserialize_with = "objects")]
    #[schema(value_type = Vec<PolicyPermission>, required = true)]
    pub(crate) permissions: Option<Vec<PolicyPermission>>,
}

/// Actions on one kind of resource; the action `*` stands for all.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PolicyPermission {
    /// The kind of resource.
    pub(crate) resource_id: String,
    /// The actions.
    pub(crate) actions: Vec<String>,
}

/// A kind of resource, and what can be done to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct PolicyResource {
    /// Its id.
    resource_id: String,
    /// What it is, in words.
    description: String,
    /// What can be done to it.
    actions: Vec<String>,
}

/// A scope.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct PolicyScope {
    /// Its name.
    scope: String,
    /// What it is for, in words.
    description: String,
    /// What it permits.
    permissions: Vec<PolicyPermission>,
}

impl From<&RbacPolicy> for Policy {
    fn from(policy: &RbacPolicy) -> Self {
        Self {
            roles: policy.roles.iter().map(PolicyRole::from).collect(),
            resources: policy
                .resources
                .iter()
                .map(|resource| PolicyResource {
                    resource_id: resource.resource_id.clone(),
                    description: resource.description.clone(),
                    actions: resource.actions.clone(),
                })
                .collect(),
            scopes: policy
                .scopes
                .iter()
                .map(|scope| PolicyScope {
                    scope: scope.scope.clone(),
                    description: scope.description.clone(),
                    permissions: scope.permissions.iter().map(PolicyPermission::from).collect(),
                })
                .collect(),
        }
    }
}

impl From<&Role> for PolicyRole {
    fn from(role: &Role) -> Self {
        Self {
            role_id: role.role_id.to_string(),
            description: Some(role.description.clone()),
            permissions: Some(role.permissions.iter().map(PolicyPermission::from).collect()),
        }
    }
}

impl From<&Permission> for PolicyPermission {
    fn from(permission: &Permission) -> Self {
        Self { resource_id: permission.resource_id.clone(), actions: permission.actions.clone() }
    }
}

impl PolicyRole {
    /// The role that this describes.
    pub(crate) fn read(self) -> Result<Role, domain::InvalidId> {
        Ok(Role {
            role_id: domain::RoleId::new(self.role_id)?,
            description: self.description.unwrap_or_default(),
            permissions: self
                .permissions
                .unwrap_or_default()
                .into_iter()
                .map(|given| Permission { resource_id: given.resource_id, actions: given.actions })
                .collect(),
        })
    }
}
