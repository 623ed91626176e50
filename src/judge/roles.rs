//! The roles a member has, and what they permit.

use crate::domain::{Member, Organization, Permission, Role, RoleId};

/// `stytch_member`, the roles assigned directly, and those of the address's domain; each once.
pub(crate) fn effective_roles(organization: &Organization, member: &Member) -> Vec<RoleId> {
    let domain = member.email_address.domain();
    let implicit = organization
        .rbac_email_implicit_role_assignments
        .iter()
        // An address that is not proved gives no role by its domain.
        .filter(|rule| member.email_address_verified && rule.domain == domain)
        .map(|rule| &rule.role_id);
    let mut roles = vec![RoleId::member()];
    for role in member.roles.iter().chain(implicit) {
        if !roles.contains(role) {
            roles.push(role.clone());
        }
    }
    roles
}

/// What these roles permit, by the project's roles and the organization's own.
pub(crate) fn permissions(roles: &[RoleId], project: &[Role], own: &[Role]) -> Vec<Permission> {
    project
        .iter()
        .chain(own)
        .filter(|role| roles.contains(&role.role_id))
        .flat_map(|role| role.permissions.iter().cloned())
        .collect()
}
