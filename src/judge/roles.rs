//! The roles a member has, and what they permit.

use crate::domain::{Member, Organization, Permission, Role, RoleId};

/// The roles that a member has by the domain of their address. One that is not proved gives none.
pub(crate) fn roles_by_domain<'a>(
    organization: &'a Organization,
    member: &Member,
) -> impl Iterator<Item = &'a RoleId> + use<'a> {
    let domain = member.email_address_verified.then(|| member.email_address.domain());
    organization
        .rbac_email_implicit_role_assignments
        .iter()
        .filter(move |rule| Some(&rule.domain) == domain.as_ref())
        .map(|rule| &rule.role_id)
}

/// `stytch_member`, the roles assigned directly, and those of the address's domain; each once.
pub(crate) fn effective_roles(organization: &Organization, member: &Member) -> Vec<RoleId> {
    let mut roles = vec![RoleId::member()];
    for role in member.roles.iter().chain(roles_by_domain(organization, member)) {
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
