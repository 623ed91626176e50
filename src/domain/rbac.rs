//! What a project's roles, resources and scopes are: who may do what.

use serde::{Deserialize, Serialize};

use super::{Permission, Role, RoleId};

/// A kind of resource, and what can be done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its id, such as `documents`. What begins with `stytch` is reserved.
    pub resource_id: String,
    /// What it is, in words.
    #[serde(default)]
    pub description: String,
    /// What can be done to it.
    pub actions: Vec<String>,
}

/// What an application may be allowed to do on a member's behalf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessScope {
    /// Its name, such as `read:documents`.
    pub scope: String,
    /// What it is for, in words.
    #[serde(default)]
    pub description: String,
    /// What it permits.
    pub permissions: Vec<Permission>,
}

/// Everything that a project's configuration says of who may do what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RbacPolicy {
    /// Roles that exist in every organization.
    pub roles: Vec<Role>,
    /// What they permit actions on.
    pub resources: Vec<Resource>,
    /// Scopes.
    pub scopes: Vec<AccessScope>,
}

impl RbacPolicy {
    /// The policy of these roles, resources and scopes, and of the roles and resources that Stytch's
    /// B2B documentation gives every project.
    #[must_use]
    pub fn new(mut roles: Vec<Role>, resources: Vec<Resource>, scopes: Vec<AccessScope>) -> Self {
        for role in [member_role(), admin_role()] {
            if roles.iter().all(|given| given.role_id != role.role_id) {
                roles.push(role);
            }
        }
        let resources = own_resources().into_iter().chain(resources).collect();
        Self { roles, resources, scopes }
    }

    /// Whether the policy has a role of this id.
    #[must_use]
    pub fn has_role(&self, role_id: &RoleId) -> bool {
        self.roles.iter().any(|role| role.role_id == *role_id)
    }
}

impl Default for RbacPolicy {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new(), Vec::new())
    }
}

/// What a member may do about themselves.
const SELF: [&str; 11] = [
    "delete",
    "revoke.sessions",
    "update.info.delete.mfa-phone",
    "update.info.delete.password",
    "update.info.delete.totp",
    "update.info.email",
    "update.info.mfa-phone",
    "update.info.name",
    "update.info.untrusted-metadata",
    "update.settings.default-mfa-method",
    "update.settings.mfa-enrolled",
];

/// What can be done about members.
const MEMBER: [&str; 15] = [
    "create",
    "delete",
    "revoke.sessions",
    "search",
    "update.info.delete.mfa-phone",
    "update.info.delete.password",
    "update.info.delete.totp",
    "update.info.email",
    "update.info.mfa-phone",
    "update.info.name",
    "update.info.untrusted-metadata",
    "update.settings.default-mfa-method",
    "update.settings.is-breakglass",
    "update.settings.mfa-enrolled",
    "update.settings.roles",
];

/// What can be done about the organization.
const ORGANIZATION: [&str; 17] = [
    "delete",
    "update.info.logo-url",
    "update.info.name",
    "update.info.slug",
    "update.settings.allowed-auth-methods",
    "update.settings.allowed-domains",
    "update.settings.allowed-mfa-methods",
    "update.settings.allowed-oauth-tenants",
    "update.settings.default-sso-connection",
    "update.settings.email-invites",
    "update.settings.email-jit-provisioning",
    "update.settings.first-party-connected-apps",
    "update.settings.implicit-roles",
    "update.settings.mfa-policy",
    "update.settings.oauth-tenant-jit-provisioning",
    "update.settings.sso-jit-provisioning",
    "update.settings.third-party-connected-apps",
];

const CONNECTION: [&str; 4] = ["create", "delete", "get", "update"];

fn own_resources() -> [Resource; 5] {
    [
        own("stytch.self", "The member themselves", &SELF),
        own("stytch.organization", "The member's organization", &ORGANIZATION),
        own("stytch.member", "The members of the organization", &MEMBER),
        own("stytch.sso", "The organization's SSO connections", &CONNECTION),
        own("stytch.scim", "The organization's SCIM connections", &CONNECTION),
    ]
}

fn own(resource_id: &str, description: &str, actions: &[&str]) -> Resource {
    Resource {
        resource_id: resource_id.to_owned(),
        description: description.to_owned(),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
    }
}

fn member_role() -> Role {
    Role {
        role_id: RoleId::member(),
        description: "Every member".to_owned(),
        permissions: vec![everything("stytch.self")],
    }
}

fn admin_role() -> Role {
    let resources = ["stytch.self", "stytch.organization", "stytch.member", "stytch.sso", "stytch.scim"];
    Role {
        role_id: RoleId::admin(),
        description: "Administrators of an organization".to_owned(),
        permissions: resources.map(everything).to_vec(),
    }
}

fn everything(resource_id: &str) -> Permission {
    Permission { resource_id: resource_id.to_owned(), actions: vec!["*".to_owned()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_project_says_of_a_role_of_stytch_stands() {
        let mine = Role { role_id: RoleId::member(), description: String::new(), permissions: Vec::new() };
        let policy = RbacPolicy::new(vec![mine.clone()], Vec::new(), Vec::new());
        assert_eq!(policy.roles, [mine, admin_role()]);
        assert!(policy.has_role(&RoleId::admin()));
    }
}
