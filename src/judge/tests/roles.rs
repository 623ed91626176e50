//! Which roles a member has, and what they permit.

use super::people::{ADA, Scene, domain, link, member, organization};
use crate::{
    domain::{ImplicitRole, Permission, Role, RoleId},
    judge::{effective_roles, roles::permissions},
};

fn role(text: &str) -> RoleId {
    RoleId::new(text).unwrap()
}

fn names(roles: &[RoleId]) -> Vec<&str> {
    roles.iter().map(RoleId::as_str).collect()
}

fn permitting(name: &str, resource: &str, actions: &[&str]) -> Role {
    let actions = actions.iter().map(|action| (*action).to_owned()).collect();
    let permissions = vec![Permission { resource_id: resource.into(), actions }];
    Role { role_id: role(name), description: String::new(), permissions }
}

#[test]
fn everybody_is_a_member() {
    let acme = organization("acme");
    assert_eq!(names(&effective_roles(&acme, &member(ADA, &acme))), ["stytch_member"]);
}

#[test]
fn a_domain_gives_roles_to_proved_addresses_of_just_that_domain() {
    let mut acme = organization("acme");
    acme.rbac_email_implicit_role_assignments = ["corp.example", "sub.corp.example", "orp.example"]
        .map(|name| ImplicitRole { domain: domain(name), role_id: role(&format!("of-{name}")) })
        .into();
    let mut ada = member(ADA, &acme);
    ada.roles = vec![role("editor")];
    assert_eq!(names(&effective_roles(&acme, &ada)), ["stytch_member", "editor"]);
    ada.email_address_verified = true;
    assert_eq!(names(&effective_roles(&acme, &ada)), ["stytch_member", "editor", "of-corp.example"]);
}

#[test]
fn each_role_once() {
    let mut acme = organization("acme");
    let editor = ImplicitRole { domain: domain("corp.example"), role_id: role("editor") };
    acme.rbac_email_implicit_role_assignments = vec![editor.clone(), editor];
    let mut ada = member(ADA, &acme);
    ada.email_address_verified = true;
    ada.roles = vec![role("editor"), RoleId::member(), role("viewer"), role("editor")];
    assert_eq!(names(&effective_roles(&acme, &ada)), ["stytch_member", "editor", "viewer"]);
}

#[test]
fn permissions_are_those_of_the_roles_held() {
    let mut acme = organization("acme");
    acme.custom_roles = vec![permitting("own", "invoices", &["pay"]), permitting("other", "x", &["y"])];
    let project = [permitting("editor", "documents", &["read", "write"]), permitting("root", "all", &["*"])];
    let held = permissions(&[role("own"), role("editor")], &project, &acme.custom_roles);
    let may = |resource: &str, action: &str| held.iter().any(|p| p.permits(resource, action));
    assert!(may("documents", "read") && may("documents", "write") && may("invoices", "pay"));
    assert!(!may("documents", "delete") && !may("invoices", "read") && !may("all", "x") && !may("x", "y"));
    assert_eq!(permissions(&[], &project, &acme.custom_roles), []);
}

#[test]
fn a_star_permits_every_action_on_its_resource() {
    let mut scene = Scene::new();
    scene.member.roles = vec![role("root"), role("reader")];
    scene.project_roles = vec![permitting("root", "documents", &["*"]), permitting("reader", "*", &["read"])];
    let session = scene.session(&[link(super::people::NOW)], super::people::NOW);
    assert!(session.permits("documents", "read") && session.permits("documents", "anything"));
    // Only actions have a star.
    assert!(!session.permits("invoices", "read") && !session.permits("documents2", "read"));
    assert!(session.has_role("root") && session.has_role("stytch_member") && !session.has_role("roo"));
    assert!(!session.has_role(""));
    assert_eq!(names(session.roles()), ["stytch_member", "root", "reader"]);
}

/// Roles are found out each time, not stored.
#[test]
fn a_session_has_the_roles_of_now() {
    let mut scene = Scene::new();
    let record = scene.signed_in().record();
    scene.member.roles = vec![role("editor")];
    let session = scene.resume(&record, super::people::NOW).unwrap();
    assert_eq!(names(session.roles()), ["stytch_member", "editor"]);
}
