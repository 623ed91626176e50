//! Organizations: made, shown, changed, searched, deleted.

use serde_json::{Value, json};
use stytch::b2b::{
    organizations::{
        CreateRequest, DeleteExternalIdRequest, DeleteRequest, EmailImplicitRoleAssignment, GetRequest,
        MetricsRequest, Organization, SearchQuery, SearchQueryOperator, SearchRequest, UpdateRequest,
    },
    organizations_members as members,
};

use crate::common::{World, refused, some};

fn named(name: &str) -> CreateRequest {
    CreateRequest { organization_name: name.to_owned(), ..Default::default() }
}

fn strings(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|text| (*text).to_owned()).collect())
}

async fn get(world: &World, name: &str) -> stytch::Result<Organization> {
    let request = GetRequest { organization_id: name.to_owned() };
    Ok(world.stytch.organizations.get(request).await?.organization)
}

#[tokio::test]
async fn a_new_organization_has_stytchs_defaults() {
    let world = World::new().await;
    let made = world.stytch.organizations.create(named("Acme")).await.unwrap().organization;
    assert!(made.organization_id.starts_with("organization-test-"));
    assert_eq!((made.organization_name.as_str(), made.organization_logo_url.as_str()), ("Acme", ""));
    assert!(made.organization_slug.len() >= 2);
    assert_eq!(made.sso_jit_provisioning, "ALL_ALLOWED");
    assert_eq!(
        (made.email_jit_provisioning.as_str(), made.email_invites.as_str()),
        ("NOT_ALLOWED", "ALL_ALLOWED")
    );
    assert_eq!((made.auth_methods.as_str(), made.mfa_methods.as_str()), ("ALL_ALLOWED", "ALL_ALLOWED"));
    assert_eq!(
        (made.mfa_policy.as_str(), made.oauth_tenant_jit_provisioning.as_str()),
        ("OPTIONAL", "NOT_ALLOWED")
    );
    assert_eq!(made.first_party_connected_apps_allowed_type, "ALL_ALLOWED");
    assert_eq!(made.third_party_connected_apps_allowed_type, "ALL_ALLOWED");
    assert!(made.email_allowed_domains.is_empty() && made.custom_roles.is_empty());
    assert_eq!(made.created_at.unwrap().timestamp(), world.clock.timestamp());
    assert_eq!(made.organization_external_id, None);

    // With a setting of authentication named, invitations are what is said of them.
    let request = CreateRequest { mfa_policy: some("OPTIONAL"), ..named("Strict") };
    let made = world.stytch.organizations.create(request).await.unwrap().organization;
    assert_eq!(made.email_invites, "NOT_ALLOWED");
}

#[tokio::test]
async fn an_organization_is_what_it_was_made() {
    let world = World::new().await;
    let request = CreateRequest {
        organization_slug: some("acme"),
        organization_logo_url: some("https://acme.example/logo.png"),
        trusted_metadata: Some(json!({"plan": "pro"})),
        organization_external_id: some("acme|1"),
        sso_jit_provisioning: some("NOT_ALLOWED"),
        email_allowed_domains: strings(&["acme.example", "acme.test"]),
        email_jit_provisioning: some("RESTRICTED"),
        email_invites: some("RESTRICTED"),
        auth_methods: some("RESTRICTED"),
        allowed_auth_methods: strings(&["magic_link", "password"]),
        mfa_policy: some("REQUIRED_FOR_ALL"),
        rbac_email_implicit_role_assignments: Some(vec![EmailImplicitRoleAssignment {
            domain: "acme.example".to_owned(),
            role_id: "stytch_admin".to_owned(),
        }]),
        mfa_methods: some("RESTRICTED"),
        allowed_mfa_methods: strings(&["totp"]),
        claimed_email_domains: strings(&["acme.example"]),
        ..named("Acme")
    };
    let made = world.stytch.organizations.create(request).await.unwrap().organization;
    assert_eq!(made.organization_external_id.as_deref(), Some("acme|1"));
    for name in [made.organization_id.as_str(), "acme", "acme|1"] {
        let found = get(&world, name).await.unwrap();
        assert_eq!(found.organization_id, made.organization_id);
        assert_eq!(found.organization_logo_url, "https://acme.example/logo.png");
        assert_eq!(found.trusted_metadata, Some(json!({"plan": "pro"})));
        assert_eq!(found.sso_jit_provisioning, "NOT_ALLOWED");
        assert_eq!(found.email_allowed_domains, ["acme.example", "acme.test"]);
        assert_eq!(found.allowed_auth_methods, ["magic_link", "password"]);
        assert_eq!(found.mfa_policy, "REQUIRED_FOR_ALL");
        let implicit = &found.rbac_email_implicit_role_assignments[0];
        assert_eq!((implicit.domain.as_str(), implicit.role_id.as_str()), ("acme.example", "stytch_admin"));
        assert_eq!(found.allowed_mfa_methods, ["totp"]);
        assert_eq!(found.claimed_email_domains, ["acme.example"]);
    }
    refused(get(&world, "nothing").await, 404, "organization_not_found");
}

#[tokio::test]
async fn a_change_touches_what_it_names() {
    let world = World::new().await;
    let settings = CreateRequest {
        trusted_metadata: Some(json!({"plan": "pro", "seats": 5})),
        email_allowed_domains: strings(&["acme.example", "acme.test"]),
        email_invites: some("RESTRICTED"),
        organization_external_id: some("acme-1"),
        ..Default::default()
    };
    let acme = world.organization_with("acme", settings).await;
    world.clock.advance(5);
    let change = UpdateRequest {
        organization_name: some("Acme & Sons"),
        organization_slug: some("acme-and-sons"),
        email_allowed_domains: strings(&["sons.example"]),
        trusted_metadata: Some(json!({"seats": null, "new": 1})),
        ..Default::default()
    };
    let changed = world.update(&acme, change).await;
    assert_eq!(changed.organization_id, acme.organization_id);
    assert_eq!(
        (changed.organization_name.as_str(), changed.organization_slug.as_str()),
        ("Acme & Sons", "acme-and-sons")
    );
    assert_eq!(changed.email_allowed_domains, ["sons.example"]);
    assert_eq!(
        (changed.email_invites.as_str(), changed.organization_external_id.as_deref()),
        ("RESTRICTED", Some("acme-1"))
    );
    assert_eq!(changed.trusted_metadata, Some(json!({"plan": "pro", "new": 1})));
    assert_eq!(changed.updated_at.unwrap().timestamp(), world.clock.timestamp());
    assert_eq!(changed.created_at, acme.created_at);
    assert_eq!(get(&world, "acme-and-sons").await.unwrap().organization_name, "Acme & Sons");
    refused(get(&world, "acme").await, 404, "organization_not_found");

    let request = UpdateRequest { organization_id: "nothing".to_owned(), ..Default::default() };
    refused(world.stytch.organizations.update(request).await, 404, "organization_not_found");
}

#[tokio::test]
async fn a_raised_policy_leaves_sessions_as_they_are() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let token = world.session(&ada).await.session_token;
    let raise = UpdateRequest { mfa_policy: some("REQUIRED_FOR_ALL"), ..Default::default() };
    assert_eq!(world.update(&acme, raise).await.mfa_policy, "REQUIRED_FOR_ALL");
    assert!(world.authenticate(&token).await.is_ok());
    crate::common::is_waiting(&world.enter(&ada).await);
}

/// Each is refused when an organization is made, and when one is changed.
#[tokio::test]
async fn settings_that_cannot_be_are_refused() {
    let world = World::new().await;
    world.organization("taken").await;
    let settings = CreateRequest { organization_external_id: some("taken-1"), ..Default::default() };
    world.organization_with("other", settings).await;
    let acme = world.organization("acme").await;
    let long = "x".repeat(129);
    let cases = [
        (json!({"organization_slug": "taken"}), "organization_slug_already_used"),
        (json!({"organization_slug": "a"}), "invalid_organization_slug"),
        (json!({"organization_slug": "a b"}), "invalid_organization_slug"),
        (json!({"organization_slug": long}), "invalid_organization_slug"),
        (json!({"organization_name": ""}), "invalid_organization_name"),
        (json!({"organization_name": long}), "invalid_organization_name"),
        (json!({"organization_external_id": "taken-1"}), "organization_external_id_already_used"),
        (json!({"mfa_policy": "SOMETIMES"}), "invalid_organization_mfa_policy"),
        (json!({"auth_methods": "RESTRICTED"}), "allowed_auth_methods_required_for_restricted"),
        (
            json!({"auth_methods": "RESTRICTED", "allowed_auth_methods": []}),
            "allowed_auth_methods_required_for_restricted",
        ),
        (
            json!({"auth_methods": "RESTRICTED", "allowed_auth_methods": ["pigeon"]}),
            "invalid_organization_allowed_auth_methods",
        ),
        (json!({"mfa_methods": "RESTRICTED"}), "allowed_mfa_methods_required_for_restricted"),
        (
            json!({"mfa_methods": "RESTRICTED", "allowed_mfa_methods": ["pigeon"]}),
            "invalid_organization_allowed_mfa_methods",
        ),
        (json!({"email_jit_provisioning": "RESTRICTED"}), "invalid_restricted_email_setting"),
        (json!({"email_invites": "RESTRICTED"}), "invalid_restricted_email_setting"),
        (
            json!({"email_invites": "RESTRICTED", "email_allowed_domains": []}),
            "invalid_restricted_email_setting",
        ),
        (json!({"email_allowed_domains": ["no domain"]}), "organization_settings_invalid_domain"),
        (
            json!({"email_allowed_domains": ["acme.example", "acme.example"]}),
            "organization_settings_duplicate_domain",
        ),
        (json!({"email_allowed_domains": ["gmail.com"]}), "organization_settings_domain_too_common"),
        (
            json!({"email_allowed_domains": ["acme.example", "yahoo.com"]}),
            "organization_settings_domain_too_common",
        ),
        (json!({"email_allowed_domains": ["outlook.com"]}), "organization_settings_domain_too_common"),
        (json!({"email_allowed_domains": ["icloud.com"]}), "organization_settings_domain_too_common"),
        (
            json!({"rbac_email_implicit_role_assignments": [{"domain": "acme.example", "role_id": "king"}]}),
            "invalid_rbac_role_assignment",
        ),
    ];
    let mut wrong = Vec::new();
    for (settings, expected) in cases {
        let mut body = settings.clone();
        body.as_object_mut().unwrap().entry("organization_name").or_insert(json!("New"));
        let made = world.post("/v1/b2b/organizations", body).await;
        let path = format!("/v1/b2b/organizations/{}", acme.organization_id);
        let request = world.request(reqwest::Method::PUT, &path).json(&settings);
        let changed = crate::common::sent(request).await;
        for (what, answer) in [("made", made), ("changed", changed)] {
            let error_type = answer.json()["error_type"].clone();
            if answer.status != 400 || error_type != expected {
                wrong.push(format!("{what} with {settings}: {} {error_type}, not {expected}", answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn somebody_has_to_be_able_to_come_in() {
    let world = World::new().await;
    let request = CreateRequest {
        sso_jit_provisioning: some("NOT_ALLOWED"),
        email_jit_provisioning: some("NOT_ALLOWED"),
        email_invites: some("NOT_ALLOWED"),
        ..named("Closed")
    };
    let answer = world.stytch.organizations.create(request).await;
    refused(answer, 400, "invalid_organization_auth_factor_setting");
    let acme = world.organization("acme").await;
    let request = UpdateRequest {
        organization_id: acme.organization_id.clone(),
        sso_jit_provisioning: some("NOT_ALLOWED"),
        email_invites: some("NOT_ALLOWED"),
        ..Default::default()
    };
    let answer = world.stytch.organizations.update(request).await;
    refused(answer, 400, "invalid_organization_auth_factor_setting");
    assert_eq!(get(&world, "acme").await.unwrap().email_invites, "ALL_ALLOWED");
}

#[tokio::test]
async fn a_domain_is_claimed_by_one() {
    let world = World::new().await;
    world.organization_that_claims("first", "mine.example").await;
    world.organization_of_domain("open", "open.example").await;
    let acme = world.organization("acme").await;
    // What one allows, no other claims either, and the other way round.
    for (claimed, allowed, error_type) in [
        (strings(&["mine.example"]), None, "organization_settings_duplicate_domain"),
        (strings(&["open.example"]), None, "organization_settings_duplicate_domain"),
        (strings(&["gmail.com"]), None, "organization_settings_domain_too_common"),
        (strings(&["no domain"]), None, "organization_settings_invalid_domain"),
        (None, strings(&["mine.example"]), "action_not_allowed_email_domain_is_claimed"),
    ] {
        let request = CreateRequest {
            claimed_email_domains: claimed.clone(),
            email_allowed_domains: allowed.clone(),
            ..named("Second")
        };
        refused(world.stytch.organizations.create(request).await, 400, error_type);
        let request = UpdateRequest {
            organization_id: acme.organization_id.clone(),
            claimed_email_domains: claimed,
            email_allowed_domains: allowed,
            ..Default::default()
        };
        refused(world.stytch.organizations.update(request).await, 400, error_type);
    }
    let found = get(&world, "acme").await.unwrap();
    assert!(found.claimed_email_domains.is_empty() && found.email_allowed_domains.is_empty());
    assert_eq!(search(&world, SearchQueryOperator::AND, json!([])).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_deleted_organization_is_gone_with_its_members_and_sessions() {
    let world = World::new().await;
    let (acme, other) = (world.organization("acme").await, world.organization("other").await);
    let ada = world.member(&acme, "ada@acme.example").await;
    let there = world.member(&other, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let elsewhere = world.session(&there).await;
    let request = DeleteRequest { organization_id: "acme".to_owned() };
    let deleted = world.stytch.organizations.delete(request.clone()).await.unwrap();
    assert_eq!(deleted.organization_id, acme.organization_id);

    refused(world.authenticate(&entered.session_token).await, 404, "session_not_found");
    refused(world.authenticate_jwt(&entered.session_jwt).await, 404, "session_not_found");
    refused(get(&world, &acme.organization_id).await, 404, "organization_not_found");
    refused(world.stytch.organizations.delete(request).await, 404, "organization_not_found");
    let request = members::DangerouslyGetRequest { member_id: ada.member_id, include_deleted: None };
    refused(world.stytch.organizations.members.dangerously_get(request).await, 404, "member_not_found");
    assert!(world.authenticate(&elsewhere.session_token).await.is_ok());
    // Its slug is free again.
    assert_ne!(world.organization("acme").await.organization_id, acme.organization_id);
}

#[tokio::test]
async fn members_are_counted() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let count = async || {
        let request = MetricsRequest { organization_id: "acme".to_owned() };
        world.stytch.organizations.metrics(request).await.unwrap().member_count
    };
    assert_eq!(count().await, 0);
    let ada = world.member(&acme, "ada@acme.example").await;
    world.member(&acme, "bob@acme.example").await;
    assert_eq!(count().await, 2);
    let request =
        members::DeleteRequest { organization_id: acme.organization_id.clone(), member_id: ada.member_id };
    world.stytch.organizations.members.delete(request).await.unwrap();
    assert_eq!(count().await, 1);
    let request = MetricsRequest { organization_id: "nothing".to_owned() };
    refused(world.stytch.organizations.metrics(request).await, 404, "organization_not_found");
}

#[tokio::test]
async fn an_external_id_is_taken_away() {
    let world = World::new().await;
    let settings = CreateRequest { organization_external_id: some("acme-1"), ..Default::default() };
    let acme = world.organization_with("acme", settings).await;
    let request = DeleteExternalIdRequest { organization_id: acme.organization_id.clone() };
    let after = world.stytch.organizations.delete_external_id(request).await.unwrap().organization;
    assert_eq!(after.organization_external_id, None);
    refused(get(&world, "acme-1").await, 404, "organization_not_found");
    let request = DeleteExternalIdRequest { organization_id: "nothing".to_owned() };
    refused(world.stytch.organizations.delete_external_id(request).await, 404, "organization_not_found");
}

async fn search(
    world: &World,
    operator: SearchQueryOperator,
    operands: Value,
) -> stytch::Result<Vec<String>> {
    let operands = operands.as_array().unwrap().clone();
    let query = Some(SearchQuery { operator, operands });
    let found = world.stytch.organizations.search(SearchRequest { query, ..Default::default() }).await?;
    let mut slugs: Vec<String> =
        found.organizations.into_iter().map(|organization| organization.organization_slug).collect();
    assert_eq!(found.results_metadata.next_cursor, None);
    assert_eq!(found.results_metadata.total, i32::try_from(slugs.len()).unwrap());
    slugs.sort();
    Ok(slugs)
}

#[tokio::test]
async fn organizations_are_found_by_each_filter() {
    let world = World::new().await;
    let settings = CreateRequest {
        email_allowed_domains: strings(&["acme.example"]),
        claimed_email_domains: strings(&["claimed.example"]),
        ..Default::default()
    };
    let acme = world.organization_with("acme", settings).await;
    let settings = CreateRequest {
        email_allowed_domains: strings(&["globex.example"]),
        organization_external_id: some("globex-1"),
        ..Default::default()
    };
    let globex = world.organization_with("globex", settings).await;
    world.organization("initech").await;
    world.member(&acme, "ada@acme.example").await;
    world.member(&globex, "bob@globex.example").await;

    for (name, value, expected) in [
        ("organization_ids", json!([acme.organization_id, globex.organization_id]), vec!["acme", "globex"]),
        ("organization_slugs", json!(["initech", "nothing"]), vec!["initech"]),
        ("organization_external_ids", json!(["globex-1", "acme-1"]), vec!["globex"]),
        ("organization_name_fuzzy", json!("the GLOB"), vec!["globex"]),
        ("organization_slug_fuzzy", json!("ini"), vec!["initech"]),
        ("member_emails", json!(["ada@acme.example"]), vec!["acme"]),
        ("member_email_fuzzy", json!("bob@"), vec!["globex"]),
        ("allowed_domains", json!(["acme.example"]), vec!["acme"]),
        ("allowed_domain_fuzzy", json!("globex.ex"), vec!["globex"]),
        ("claimed_email_domains", json!(["claimed.example"]), vec!["acme"]),
        ("has_active_sso_connection", json!(false), vec!["acme", "globex", "initech"]),
        ("has_active_sso_connection", json!(true), vec![]),
        ("sso_connection_id", json!("saml-connection-test-x"), vec![]),
        ("sso_connection_ids", json!(["saml-connection-test-x"]), vec![]),
        ("organization_slugs", json!([]), vec![]),
    ] {
        let operands = json!([{"filter_name": name, "filter_value": value}]);
        let found = search(&world, SearchQueryOperator::AND, operands).await;
        assert_eq!(found.unwrap_or_else(|e| panic!("{name} {value}: {e:?}")), expected, "{name} {value}");
    }
    let operands = json!([
        {"filter_name": "organization_slugs", "filter_value": ["acme", "globex"]},
        {"filter_name": "member_emails", "filter_value": ["bob@globex.example", "x@initech.example"]},
    ]);
    assert_eq!(search(&world, SearchQueryOperator::AND, operands.clone()).await.unwrap(), ["globex"]);
    assert_eq!(search(&world, SearchQueryOperator::OR, operands).await.unwrap(), ["acme", "globex"]);
    assert_eq!(search(&world, SearchQueryOperator::AND, json!([])).await.unwrap().len(), 3);
    let all = world.stytch.organizations.search(SearchRequest::default()).await.unwrap();
    assert_eq!(all.organizations.len(), 3);
}

#[tokio::test]
async fn a_search_is_read_page_by_page() {
    let world = World::new().await;
    for number in 0..7 {
        world.organization(&format!("organization-{number}")).await;
    }
    let (mut slugs, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let request = SearchRequest { limit: Some(3), cursor, ..Default::default() };
        let page = world.stytch.organizations.search(request).await.unwrap();
        assert!(page.organizations.len() <= 3);
        // Counting would cost as much as reading all.
        assert_eq!(page.results_metadata.total, -1);
        slugs.extend(page.organizations.into_iter().map(|organization| organization.organization_slug));
        pages += 1;
        cursor = page.results_metadata.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    slugs.sort();
    slugs.dedup();
    assert_eq!((slugs.len(), pages), (7, 3));
    for limit in [Some(7), None] {
        let request = SearchRequest { limit, ..Default::default() };
        let whole = world.stytch.organizations.search(request).await.unwrap();
        assert_eq!((whole.results_metadata.total, whole.results_metadata.next_cursor), (7, None));
    }
}

#[tokio::test]
async fn searches_that_cannot_be_are_refused() {
    let world = World::new().await;
    for (name, value) in [
        ("nonsense", json!(["x"])),
        ("organization_name_fuzzy", json!("ab")),
        ("organization_name_fuzzy", json!(["abc"])),
        ("organization_slug_fuzzy", json!("a")),
        ("member_email_fuzzy", json!("")),
        ("allowed_domain_fuzzy", json!("ab")),
        ("organization_ids", json!("x")),
        ("has_active_sso_connection", json!("yes")),
    ] {
        let operands = json!([{"filter_name": name, "filter_value": value}]);
        refused(search(&world, SearchQueryOperator::AND, operands).await, 400, "invalid_argument");
    }
    for operands in [json!([{"filter_name": "organization_slugs"}]), json!([{}]), json!(["x"])] {
        refused(search(&world, SearchQueryOperator::AND, operands).await, 400, "bad_request");
    }
    for request in [
        SearchRequest { limit: Some(0), ..Default::default() },
        SearchRequest { limit: Some(1001), ..Default::default() },
        SearchRequest { cursor: some("nonsense"), ..Default::default() },
    ] {
        refused(world.stytch.organizations.search(request).await, 400, "invalid_argument");
    }
}
