//! Who may do what: the policy, checks against it, and calls on behalf of a member.

use reqwest::Method;
use serde_json::{Value, json};
use stytch::b2b::{
    organizations as orgs,
    organizations::Organization,
    organizations_members as members,
    rbac::{OrgPolicy, PolicyRequest, PolicyRole, PolicyRolePermission},
    rbac_organizations::{GetOrgPolicyRequest, SetOrgPolicyRequest},
    sessions::{AuthenticateRequest, AuthenticateResponse, AuthorizationCheck},
};
use vestibule::domain::{AccessScope, Permission, Resource, Role, RoleId};

use crate::common::{World, is_session, refused, sent, some};

fn permission(resource: &str, actions: &[&str]) -> Permission {
    Permission {
        resource_id: resource.to_owned(),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
    }
}

/// One with documents, which editors write and readers read.
async fn world_with_documents() -> World {
    let role = |id: &str, permissions| Role {
        role_id: RoleId::new(id).unwrap(),
        description: format!("the {id}s"),
        permissions,
    };
    World::with(|builder| {
        builder
            .resources([Resource {
                resource_id: "documents".to_owned(),
                description: "what is written".to_owned(),
                actions: ["read", "write"].map(str::to_owned).to_vec(),
            }])
            .roles([
                role("editor", vec![permission("documents", &["*"])]),
                role("reader", vec![permission("documents", &["read"])]),
                role("namer", vec![permission("stytch.organization", &["update.info.name"])]),
            ])
            .scopes([AccessScope {
                scope: "documents:read".to_owned(),
                description: "read documents".to_owned(),
                permissions: vec![permission("documents", &["read"])],
            }])
    })
    .await
}

async fn with_roles(world: &World, organization: &Organization, address: &str, roles: &[&str]) -> String {
    let roles = Some(roles.iter().map(|role| (*role).to_owned()).collect());
    let settings = members::CreateRequest { roles, ..Default::default() };
    let member = world.member_with(organization, address, settings).await;
    world.session(&member).await.session_token
}

async fn check(
    world: &World,
    token: &str,
    organization_id: &str,
    resource_id: &str,
    action: &str,
) -> stytch::Result<AuthenticateResponse> {
    let request = AuthenticateRequest {
        session_token: some(token),
        authorization_check: Some(AuthorizationCheck {
            organization_id: organization_id.to_owned(),
            resource_id: resource_id.to_owned(),
            action: action.to_owned(),
        }),
        ..Default::default()
    };
    world.stytch.sessions.authenticate(request).await
}

#[tokio::test]
async fn the_policy_is_what_was_configured_and_what_stytch_has_by_itself() {
    let world = world_with_documents().await;
    let policy = world.stytch.rbac.policy(PolicyRequest {}).await.unwrap().policy.unwrap();
    let role = |id: &str| policy.roles.iter().find(|role| role.role_id == id).unwrap();
    let editor = role("editor");
    assert_eq!(editor.description, "the editors");
    assert_eq!(
        (editor.permissions[0].resource_id.as_str(), editor.permissions[0].actions.as_slice()),
        ("documents", &["*".to_owned()][..])
    );
    let permits =
        |id: &str, resource: &str| role(id).permissions.iter().any(|one| one.resource_id == resource);
    assert!(permits("stytch_member", "stytch.self"));
    assert!(!permits("stytch_member", "stytch.organization"));
    for resource in ["stytch.organization", "stytch.member", "stytch.sso"] {
        assert!(permits("stytch_admin", resource), "{resource}");
    }
    for resource in
        ["documents", "stytch.self", "stytch.organization", "stytch.member", "stytch.sso", "stytch.scim"]
    {
        let found = policy.resources.iter().find(|one| one.resource_id == resource);
        assert!(!found.unwrap_or_else(|| panic!("no {resource}")).actions.is_empty(), "{resource}");
    }
    assert_eq!(policy.scopes[0].scope, "documents:read");
}

#[tokio::test]
async fn a_check_tells_by_which_roles_something_is_permitted() {
    let world = world_with_documents().await;
    let (acme, other) = (world.organization("acme").await, world.organization("other").await);
    let token = with_roles(&world, &acme, "ada@acme.example", &["editor", "reader"]).await;
    let reader = with_roles(&world, &acme, "bob@acme.example", &["reader"]).await;

    let read = check(&world, &token, &acme.organization_id, "documents", "read").await.unwrap();
    let verdict = read.verdict.unwrap();
    assert!(verdict.authorized);
    let mut granting = verdict.granting_roles;
    granting.sort();
    assert_eq!(granting, ["editor", "reader"]);
    let write = check(&world, &token, &acme.organization_id, "documents", "write").await.unwrap();
    assert_eq!(write.verdict.unwrap().granting_roles, ["editor"]);

    let refusal = check(&world, &reader, &acme.organization_id, "documents", "write").await;
    refused(refusal, 403, "session_authorization_error");
    let refusal = check(&world, &token, &acme.organization_id, "secrets", "read").await;
    refused(refusal, 403, "session_authorization_error");
    let refusal = check(&world, &token, &other.organization_id, "documents", "read").await;
    refused(refusal, 403, "session_authorization_tenancy_error");
    let refusal = check(&world, &token, "nothing", "documents", "read").await;
    refused(refusal, 403, "session_authorization_tenancy_error");
    assert!(world.authenticate(&token).await.is_ok());
}

#[tokio::test]
async fn a_refused_check_changes_nothing_of_the_session() {
    let world = world_with_documents().await;
    let acme = world.organization("acme").await;
    let token = with_roles(&world, &acme, "ada@acme.example", &[]).await;
    let before = world.authenticate(&token).await.unwrap().member_session;
    world.clock.advance_minutes(1);
    let request = AuthenticateRequest {
        session_token: some(&token),
        session_duration_minutes: Some(600),
        session_custom_claims: Some(json!({"a": 1})),
        authorization_check: Some(AuthorizationCheck {
            organization_id: acme.organization_id.clone(),
            resource_id: "documents".to_owned(),
            action: "write".to_owned(),
        }),
        ..Default::default()
    };
    refused(world.stytch.sessions.authenticate(request).await, 403, "session_authorization_error");
    let after = world.authenticate(&token).await.unwrap().member_session;
    assert_eq!((after.expires_at, after.custom_claims), (before.expires_at, before.custom_claims));
}

async fn set_policy(
    world: &World,
    organization_id: &str,
    roles: Vec<PolicyRole>,
) -> stytch::Result<OrgPolicy> {
    let request =
        SetOrgPolicyRequest { organization_id: organization_id.to_owned(), org_policy: OrgPolicy { roles } };
    Ok(world.stytch.rbac.organizations.set_org_policy(request).await?.org_policy)
}

async fn own_roles(world: &World, organization_id: &str) -> stytch::Result<Vec<String>> {
    let request = GetOrgPolicyRequest { organization_id: organization_id.to_owned() };
    let answer = world.stytch.rbac.organizations.get_org_policy(request).await?;
    Ok(answer.org_policy.roles.into_iter().map(|role| role.role_id).collect())
}

fn custom(id: &str, resource: &str, action: &str) -> PolicyRole {
    PolicyRole {
        role_id: id.to_owned(),
        description: "custom".to_owned(),
        permissions: vec![PolicyRolePermission {
            resource_id: resource.to_owned(),
            actions: vec![action.to_owned()],
        }],
    }
}

#[tokio::test]
async fn an_organization_has_roles_of_its_own() {
    let world = world_with_documents().await;
    let (acme, other) = (world.organization("acme").await, world.organization("other").await);
    assert_eq!(own_roles(&world, &acme.organization_id).await.unwrap(), [""; 0]);
    let set = set_policy(&world, &acme.organization_id, vec![custom("scribe", "documents", "write")]).await;
    assert_eq!(set.unwrap().roles[0].role_id, "scribe");
    assert_eq!(own_roles(&world, "acme").await.unwrap(), ["scribe"]);
    assert_eq!(own_roles(&world, &other.organization_id).await.unwrap(), [""; 0]);
    let request = orgs::GetRequest { organization_id: acme.organization_id.clone() };
    let shown = world.stytch.organizations.get(request).await.unwrap().organization;
    assert_eq!(
        (shown.custom_roles[0].role_id.as_str(), shown.custom_roles[0].description.as_str()),
        ("scribe", "custom")
    );

    let token = with_roles(&world, &acme, "ada@acme.example", &["scribe"]).await;
    let granted = check(&world, &token, &acme.organization_id, "documents", "write").await.unwrap();
    assert_eq!(granted.verdict.unwrap().granting_roles, ["scribe"]);
    let request = members::CreateRequest {
        organization_id: other.organization_id.clone(),
        email_address: "eve@other.example".to_owned(),
        roles: Some(vec!["scribe".to_owned()]),
        ..Default::default()
    };
    let elsewhere = world.stytch.organizations.members.create(request).await;
    refused(elsewhere, 400, "invalid_rbac_role_assignment");

    // The list is replaced as a whole.
    set_policy(&world, "acme", vec![custom("clerk", "documents", "read")]).await.unwrap();
    assert_eq!(own_roles(&world, "acme").await.unwrap(), ["clerk"]);
    let gone = check(&world, &token, &acme.organization_id, "documents", "write").await;
    refused(gone, 403, "session_authorization_error");
    refused(own_roles(&world, "nothing").await, 404, "organization_not_found");
}

#[tokio::test]
async fn roles_that_cannot_be_are_refused() {
    let world = world_with_documents().await;
    world.organization("acme").await;
    for role in [
        custom("stytch_king", "documents", "read"),
        custom("stytch_admin", "documents", "read"),
        custom("editor", "documents", "read"),
        custom("", "documents", "read"),
        custom("x", "nothing", "read"),
        custom("x", "documents", "burn"),
    ] {
        refused(set_policy(&world, "acme", vec![role]).await, 400, "invalid_rbac_custom_role");
    }
    let twice = vec![custom("x", "documents", "read"), custom("x", "documents", "write")];
    refused(set_policy(&world, "acme", twice).await, 400, "invalid_rbac_custom_role");
    refused(set_policy(&world, "nothing", Vec::new()).await, 404, "organization_not_found");
    // What stood there before stays, and what can be is taken.
    assert!(own_roles(&world, "acme").await.unwrap().is_empty());
    set_policy(&world, "acme", vec![custom("x", "documents", "read")]).await.unwrap();
    assert_eq!(own_roles(&world, "acme").await.unwrap(), ["x"]);
}

#[tokio::test]
async fn roles_of_an_organization_are_made_by_the_project_alone() {
    let world = world_with_documents().await;
    let acme = world.organization("acme").await;
    let token = with_roles(&world, &acme, "ada@acme.example", &["stytch_admin"]).await;
    let path = format!("/v1/b2b/rbac/organizations/{}", acme.organization_id);
    let body = json!({"org_policy": {"roles": [custom("x", "documents", "read")]}});
    world.acting(Method::PUT, &path, &token, body).await.refused(403, "session_authorization_error");
    assert!(own_roles(&world, "acme").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_domain_gives_its_members_a_role() {
    let world = world_with_documents().await;
    let settings = orgs::CreateRequest {
        rbac_email_implicit_role_assignments: Some(vec![orgs::EmailImplicitRoleAssignment {
            domain: "acme.example".to_owned(),
            role_id: "editor".to_owned(),
        }]),
        ..Default::default()
    };
    let acme = world.organization_with("acme", settings).await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let guest = world.member(&acme, "guest@other.example").await;
    let entered = world.session(&ada).await;
    assert!(is_session(&entered).roles.contains(&"editor".to_owned()));
    let role = entered.member.roles.iter().find(|role| role.role_id == "editor").unwrap();
    assert_eq!(role.sources[0].type_, "email_assignment");
    assert_eq!(role.sources[0].details, Some(json!({"email_domain": "acme.example"})));
    assert!(check(&world, &entered.session_token, "acme", "documents", "write").await.is_ok());
    assert_eq!(is_session(&world.session(&guest).await).roles, ["stytch_member"]);
}

/// Every call that may be made on a member's behalf, in an organization and for one of its members.
fn calls(organization: &str, member: &str) -> Vec<(Method, String, Value)> {
    let (o, m) = (format!("/v1/b2b/organizations/{organization}"), member);
    let one = format!("{o}/members/{m}");
    vec![
        (Method::PUT, o.clone(), json!({"organization_name": "Mine"})),
        (Method::PUT, o.clone(), json!({"mfa_policy": "REQUIRED_FOR_ALL"})),
        (Method::DELETE, o.clone(), json!({})),
        (Method::POST, format!("{o}/members"), json!({"email_address": "new@acme.example"})),
        (Method::PUT, one.clone(), json!({"name": "Someone"})),
        (Method::PUT, one.clone(), json!({"roles": ["stytch_admin"]})),
        (Method::PUT, one.clone(), json!({"is_breakglass": true})),
        (Method::PUT, one.clone(), json!({"mfa_enrolled": true})),
        (Method::DELETE, one.clone(), json!({})),
        (Method::PUT, format!("{one}/reactivate"), json!({})),
        (Method::DELETE, format!("{o}/members/mfa_phone_numbers/{m}"), json!({})),
        (Method::DELETE, format!("{one}/totp"), json!({})),
        (Method::POST, format!("{one}/unlink_retired_email"), json!({"email_address": "old@acme.example"})),
        (Method::POST, format!("{one}/start_email_update"), json!({"email_address": "new@acme.example"})),
        (
            Method::POST,
            "/v1/b2b/organizations/members/search".to_owned(),
            json!({"organization_ids": [organization]}),
        ),
        (
            Method::POST,
            "/v1/b2b/magic_links/email/invite".to_owned(),
            json!({"organization_id": organization, "email_address": "guest@acme.example"}),
        ),
        (Method::POST, "/v1/b2b/sessions/revoke".to_owned(), json!({"member_id": m})),
    ]
}

#[tokio::test]
async fn a_plain_member_does_nothing_to_others() {
    let world = world_with_documents().await;
    let acme = world.organization("acme").await;
    let token = with_roles(&world, &acme, "ada@acme.example", &[]).await;
    let bob = world.member(&acme, "bob@acme.example").await;
    let of_bob = world.session(&bob).await.session_token;
    for (method, path, body) in calls(&acme.organization_id, &bob.member_id) {
        let answer = world.acting(method.clone(), &path, &token, body.clone()).await;
        assert_eq!(
            answer.json()["error_type"],
            "session_authorization_error",
            "{method} {path} {body}: {answer:?}"
        );
        answer.refused(403, "session_authorization_error");
    }
    assert!(world.authenticate(&of_bob).await.is_ok());
    let bob = world.current(&bob).await;
    assert!(!bob.is_admin && bob.name.is_empty() && !bob.is_breakglass);
}

#[tokio::test]
async fn an_administrator_does_nothing_elsewhere() {
    let world = world_with_documents().await;
    let (acme, other) = (world.organization("acme").await, world.organization("other").await);
    let token = with_roles(&world, &acme, "ada@acme.example", &["stytch_admin"]).await;
    let eve = world.member(&other, "eve@other.example").await;
    let of_eve = world.session(&eve).await.session_token;
    for (method, path, body) in calls(&other.organization_id, &eve.member_id) {
        let answer = world.acting(method.clone(), &path, &token, body.clone()).await;
        let tenancy = answer.json()["error_type"] == "session_authorization_tenancy_error";
        assert!(tenancy, "{method} {path} {body}: {answer:?}");
        answer.refused(403, "session_authorization_tenancy_error");
    }
    assert!(world.authenticate(&of_eve).await.is_ok());
}

#[tokio::test]
async fn an_administrator_does_what_their_role_permits() {
    let world = world_with_documents().await;
    let acme = world.organization("acme").await;
    let ada = world.admin(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let token = &entered.session_token;
    let bob = world.member(&acme, "bob@acme.example").await;
    let of_bob = world.session(&bob).await.session_token;
    let path = format!("/v1/b2b/organizations/{}", acme.organization_id);

    let renamed = world.acting(Method::PUT, &path, token, json!({"organization_name": "Mine"})).await;
    assert_eq!(renamed.granted()["organization"]["organization_name"], "Mine");
    // By a JWT as well.
    let request =
        world.request(Method::PUT, &path).header("X-Stytch-Member-SessionJWT", &entered.session_jwt);
    let renamed = sent(request.json(&json!({"organization_name": "Ours"}))).await;
    assert_eq!(renamed.granted()["organization"]["organization_name"], "Ours");

    let members = format!("{path}/members");
    let created =
        world.acting(Method::POST, &members, token, json!({"email_address": "new@acme.example"})).await;
    assert_eq!(created.granted()["member"]["status"], "active");
    let one = format!("{members}/{}", bob.member_id);
    let changed = world.acting(Method::PUT, &one, token, json!({"name": "Bob", "roles": ["editor"]})).await;
    assert_eq!(changed.granted()["member"]["name"], "Bob");
    let search = json!({"organization_ids": [acme.organization_id]});
    let found = world.acting(Method::POST, "/v1/b2b/organizations/members/search", token, search).await;
    assert_eq!(found.granted()["members"].as_array().unwrap().len(), 3);
    let invitation = json!({"organization_id": "acme", "email_address": "guest@acme.example"});
    let invited = world.acting(Method::POST, "/v1/b2b/magic_links/email/invite", token, invitation).await;
    assert_eq!(invited.granted()["member"]["status"], "invited");
    let revoke = json!({"member_id": bob.member_id});
    world.acting(Method::POST, "/v1/b2b/sessions/revoke", token, revoke).await.granted();
    refused(world.authenticate(&of_bob).await, 404, "session_not_found");
    world.acting(Method::DELETE, &one, token, json!({})).await.granted();
    assert!(world.authenticate(token).await.is_ok());
}

#[tokio::test]
async fn trusted_metadata_is_set_by_nobody_but_the_application() {
    let world = world_with_documents().await;
    let acme = world.organization("acme").await;
    let ada = world.admin(&acme, "ada@acme.example").await;
    let token = world.session(&ada).await.session_token;
    let path = format!("/v1/b2b/organizations/{}", acme.organization_id);
    let of_ada = format!("{path}/members/{}", ada.member_id);
    let metadata = json!({"trusted_metadata": {"plan": "free forever"}});
    let created = json!({"email_address": "x@acme.example", "trusted_metadata": {"a": 1}});
    let invited =
        json!({"organization_id": "acme", "email_address": "y@acme.example", "trusted_metadata": {"a": 1}});
    for (method, path, body) in [
        (Method::PUT, path.clone(), metadata.clone()),
        (Method::PUT, of_ada, metadata),
        (Method::POST, format!("{path}/members"), created),
        (Method::POST, "/v1/b2b/magic_links/email/invite".to_owned(), invited),
    ] {
        let answer = world.acting(method, &path, &token, body).await;
        answer.refused(403, "session_authorization_error");
    }
    let request = orgs::GetRequest { organization_id: "acme".to_owned() };
    let shown = world.stytch.organizations.get(request).await.unwrap().organization;
    assert_eq!(shown.trusted_metadata.unwrap_or(json!({})), json!({}));
}

#[tokio::test]
async fn one_permission_is_not_another() {
    let world = world_with_documents().await;
    let acme = world.organization("acme").await;
    let token = with_roles(&world, &acme, "ada@acme.example", &["namer"]).await;
    let path = format!("/v1/b2b/organizations/{}", acme.organization_id);
    world.acting(Method::PUT, &path, &token, json!({"organization_name": "New"})).await.granted();
    for body in [
        json!({"organization_slug": "new"}),
        json!({"organization_logo_url": "https://acme.example/logo.png"}),
        json!({"mfa_policy": "REQUIRED_FOR_ALL"}),
        json!({"mfa_methods": "RESTRICTED", "allowed_mfa_methods": ["totp"]}),
        json!({"auth_methods": "RESTRICTED", "allowed_auth_methods": ["password"]}),
        json!({"email_jit_provisioning": "NOT_ALLOWED"}),
        json!({"email_invites": "NOT_ALLOWED"}),
        json!({"email_allowed_domains": ["acme.example"]}),
        json!({"rbac_email_implicit_role_assignments": []}),
        json!({"organization_name": "Newer", "organization_slug": "newer"}),
    ] {
        let answer = world.acting(Method::PUT, &path, &token, body.clone()).await;
        assert_eq!(answer.status, 403, "{body}: {answer:?}");
        answer.refused(403, "session_authorization_error");
    }
    let request = orgs::GetRequest { organization_id: "acme".to_owned() };
    let shown = world.stytch.organizations.get(request).await.unwrap().organization;
    assert_eq!(shown.organization_name, "New");
}

#[tokio::test]
async fn a_member_cares_for_themselves() {
    let world = world_with_documents().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let token = world.session(&ada).await.session_token;
    let one = format!("/v1/b2b/organizations/{}/members/{}", acme.organization_id, ada.member_id);
    let renamed = world.acting(Method::PUT, &one, &token, json!({"name": "Ada"})).await;
    assert_eq!(renamed.granted()["member"]["name"], "Ada");
    // Not what would raise them, and not their address without proof.
    for body in [json!({"roles": ["stytch_admin"]}), json!({"is_breakglass": true})] {
        let answer = world.acting(Method::PUT, &one, &token, body.clone()).await;
        answer.refused(403, "session_authorization_error");
    }
    let answer = world.acting(Method::PUT, &one, &token, json!({"email_address": "x@acme.example"})).await;
    answer.refused(400, "member_cannot_update_their_email_address");
    let now = world.current(&ada).await;
    assert!(!now.is_admin && !now.is_breakglass && now.email_address == "ada@acme.example");
    let revoke = json!({"session_token": token});
    world.acting(Method::POST, "/v1/b2b/sessions/revoke", &token, revoke).await.granted();
    refused(world.authenticate(&token).await, 404, "session_not_found");
}

#[tokio::test]
async fn on_behalf_of_nobody_nothing_is_done() {
    let world = world_with_documents().await;
    let acme = world.organization("acme").await;
    let ada = world.admin(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let path = format!("/v1/b2b/organizations/{}", acme.organization_id);
    let body = json!({"organization_name": "New"});
    for token in ["unknown", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        world.acting(Method::PUT, &path, token, body.clone()).await.refused(404, "session_not_found");
    }
    // An empty header is no leave to do anything.
    world.acting(Method::PUT, &path, "", body.clone()).await.refused(404, "session_not_found");
    let request = world.request(Method::PUT, &path).header("X-Stytch-Member-SessionJWT", "x.y");
    sent(request.json(&body)).await.refused(400, "unable_to_parse_session_jwt");
    let gone = stytch::b2b::sessions::RevokeRequest {
        session_token: some(&entered.session_token),
        ..Default::default()
    };
    world.stytch.sessions.revoke(gone).await.unwrap();
    let answer = world.acting(Method::PUT, &path, &entered.session_token, body).await;
    answer.refused(404, "session_not_found");
}
