//! Discovery: organizations listed, entered and made.

use serde_json::json;
use stytch::b2b::{
    discovery::DiscoveredOrganization,
    discovery_intermediate_sessions::{ExchangeRequest, ExchangeRequestLocale},
    discovery_organizations::{CreateRequest, ListRequest},
    organizations as orgs,
};

use crate::common::{
    World, factor_types, impossible_terms, is_session, is_waiting, race, refusals_are, refused, some,
};

async fn list(world: &World, token: &str) -> Vec<DiscoveredOrganization> {
    let request = ListRequest { intermediate_session_token: some(token), ..Default::default() };
    let mut found =
        world.stytch.discovery.organizations.list(request).await.unwrap().discovered_organizations;
    found.sort_by_key(|one| one.organization.as_ref().unwrap().organization_slug.clone());
    found
}

/// Slugs, and how somebody is related to each.
fn relations(found: &[DiscoveredOrganization]) -> Vec<(&str, &str)> {
    found
        .iter()
        .map(|one| {
            (
                one.organization.as_ref().unwrap().organization_slug.as_str(),
                one.membership.as_ref().unwrap().type_.as_str(),
            )
        })
        .collect()
}

#[tokio::test]
async fn each_relation_to_an_organization_is_listed() {
    let world = World::new().await;
    let active = world.organization("active").await;
    let pending = world.organization("pending").await;
    let invited = world.organization("invited").await;
    let eligible = world.organization_of_domain("eligible", "acme.example").await;
    let elsewhere = world.organization_of_domain("elsewhere", "other.example").await;
    world.organization("stranger").await;
    world.member(&active, "ada@acme.example").await;
    world.pending(&pending, "ada@acme.example").await;
    let invite = stytch::b2b::magic_links_email::InviteRequest {
        organization_id: invited.organization_id.clone(),
        email_address: "ada@acme.example".to_owned(),
        ..Default::default()
    };
    world.stytch.magic_links.email.invite(invite).await.unwrap();
    // Somebody has to have proved an address of the domain before others are told of the organization.
    for (organization, address) in [(&eligible, "bob@acme.example"), (&elsewhere, "eve@other.example")] {
        let first = world.member(organization, address).await;
        world.session(&first).await;
    }

    let found = world.discover("ada@acme.example").await;
    assert_eq!(found.email_address, "ada@acme.example");
    let listed = list(&world, &found.intermediate_session_token).await;
    let expected = [
        ("active", "active_member"),
        ("eligible", "eligible_to_join_by_email_domain"),
        ("invited", "invited_member"),
        ("pending", "pending_member"),
    ];
    assert_eq!(relations(&listed), expected);
    assert_eq!(found.discovered_organizations.len(), 4);
    for one in &listed {
        assert!(one.member_authenticated, "{one:?}");
        assert!(one.mfa_required.is_none() && one.primary_required.is_none(), "{one:?}");
        let membership = one.membership.as_ref().unwrap();
        if membership.type_ == "eligible_to_join_by_email_domain" {
            assert_eq!(membership.details, Some(json!({"domain": "acme.example"})));
            assert!(membership.member.is_none());
        } else {
            assert!(membership.details.is_none());
            let member = membership.member.as_ref().unwrap();
            assert_eq!(member.email_address, "ada@acme.example");
            assert_eq!(format!("{}_member", member.status), membership.type_);
        }
    }

    // A member session lists memberships alone, by its token and by its JWT.
    let entered = world.exchange(&found.intermediate_session_token, &active).await.unwrap();
    for (session_token, session_jwt) in
        [(some(&entered.session_token), None), (None, some(&entered.session_jwt))]
    {
        let request = ListRequest { session_token, session_jwt, ..Default::default() };
        let mut answer = world.stytch.discovery.organizations.list(request).await.unwrap();
        assert_eq!((answer.email_address.as_str(), answer.organization_id_hint), ("ada@acme.example", None));
        let slug =
            |one: &DiscoveredOrganization| one.organization.as_ref().unwrap().organization_slug.clone();
        answer.discovered_organizations.sort_by_key(slug);
        let expected =
            [("active", "active_member"), ("invited", "invited_member"), ("pending", "pending_member")];
        assert_eq!(relations(&answer.discovered_organizations), expected);
    }
}

#[tokio::test]
async fn an_organization_is_told_of_once_somebody_there_has_proved_an_address_of_the_domain() {
    let world = World::new().await;
    let open = world.organization_of_domain("open", "acme.example").await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    assert_eq!(list(&world, &token).await.len(), 0);
    let bob = world.member(&open, "bob@acme.example").await;
    assert!(!bob.email_address_verified);
    assert_eq!(list(&world, &token).await.len(), 0);
    world.session(&bob).await;
    assert_eq!(relations(&list(&world, &token).await), [("open", "eligible_to_join_by_email_domain")]);
}

#[tokio::test]
async fn what_each_organization_owes_is_listed_without_sending_anything() {
    let world = World::new().await;
    let mfa = world.mfa_organization("mfa").await;
    let passwords = world.organization_for("passwords", &["password"]).await;
    let both = world.organization_for("strict", &["password"]).await;
    let raise = orgs::UpdateRequest { mfa_policy: some("REQUIRED_FOR_ALL"), ..Default::default() };
    world.update(&both, raise).await;
    let ada = world.member(&mfa, "ada@acme.example").await;
    world.member(&passwords, "ada@acme.example").await;
    world.member(&both, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    world.enrol_phone(&ada, "+15551234567", &waiting).await;
    world.clock.advance_minutes(2);

    let before = world.last_message();
    let found = world.discover("ada@acme.example").await;
    let listed = list(&world, &found.intermediate_session_token).await;
    let [at_mfa, at_passwords, at_both] = &listed[..] else { panic!("{listed:?}") };
    for one in &listed {
        assert!(!one.member_authenticated, "{one:?}");
        let initiated = one.mfa_required.as_ref().and_then(|mfa| mfa.secondary_auth_initiated.as_ref());
        assert_eq!(initiated, None);
    }
    let options = at_mfa.mfa_required.as_ref().unwrap().member_options.as_ref().unwrap();
    assert_eq!(
        (options.mfa_phone_number.as_str(), options.totp_registration_id.as_str()),
        ("XXXXXXX4567", "")
    );
    assert!(at_mfa.primary_required.is_none());
    assert!(at_passwords.mfa_required.is_none());
    assert!(at_both.mfa_required.as_ref().unwrap().member_options.is_none());
    for one in [at_passwords, at_both] {
        assert_eq!(one.primary_required.as_ref().unwrap().allowed_auth_methods, ["password"]);
    }
    assert_eq!(world.codes_for("+15551234567", before), 0);
}

#[tokio::test]
async fn an_intermediate_session_of_an_organization_hints_at_it() {
    let world = World::new().await;
    let mfa = world.mfa_organization("mfa").await;
    let acme = world.organization("acme").await;
    let ada = world.member(&mfa, "ada@acme.example").await;
    world.member(&acme, "ada@acme.example").await;
    let hint = async |token: &str| {
        let request = ListRequest { intermediate_session_token: some(token), ..Default::default() };
        world.stytch.discovery.organizations.list(request).await.unwrap().organization_id_hint
    };
    let of_organization = is_waiting(&world.enter(&ada).await);
    assert_eq!(hint(&of_organization).await.as_ref(), Some(&mfa.organization_id));
    let of_discovery = world.discover("ada@acme.example").await.intermediate_session_token;
    assert_eq!(hint(&of_discovery).await, None);
    is_waiting(&world.exchange(&of_discovery, &mfa).await.unwrap());
    assert_eq!(hint(&of_discovery).await.as_ref(), Some(&mfa.organization_id));
    // From there another can be entered as well.
    is_session(&world.exchange(&of_organization, &acme).await.unwrap());
}

#[tokio::test]
async fn a_list_takes_one_token() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    let list = |request| world.stytch.discovery.organizations.list(request);

    refused(list(ListRequest::default()).await, 400, "no_session_arguments");
    let several = ListRequest {
        intermediate_session_token: some(&token),
        session_token: some(&entered.session_token),
        session_jwt: None,
    };
    refused(list(several).await, 400, "too_many_session_arguments");
    let unknown = ListRequest { intermediate_session_token: some("unknown"), ..Default::default() };
    refused(list(unknown).await, 404, "intermediate_session_not_found");
    let swapped =
        ListRequest { intermediate_session_token: some(&entered.session_token), ..Default::default() };
    refused(list(swapped).await, 404, "intermediate_session_not_found");
    let swapped = ListRequest { session_token: some(&token), ..Default::default() };
    refused(list(swapped).await, 404, "session_not_found");
}

#[tokio::test]
async fn an_exchange_makes_one_session_and_uses_the_token_up() {
    let world = World::new().await;
    let settings = orgs::CreateRequest { organization_external_id: some("acme-1"), ..Default::default() };
    let acme = world.organization_with("acme", settings).await;
    let ada = world.member(&acme, "ada@acme.example").await;
    for name in [acme.organization_id.as_str(), "acme", "acme-1"] {
        let token = world.discover("ada@acme.example").await.intermediate_session_token;
        let request = ExchangeRequest {
            intermediate_session_token: token.clone(),
            organization_id: name.to_owned(),
            session_duration_minutes: Some(15),
            session_custom_claims: Some(json!({"via": name})),
            locale: Some(ExchangeRequestLocale::Ptbr),
            telemetry_id: some("telemetry"),
        };
        let answer = world.stytch.discovery.intermediate_sessions.exchange(request).await.unwrap();
        let session = is_session(&answer);
        assert_eq!(
            (&answer.member_id, &answer.organization.organization_id),
            (&ada.member_id, &acme.organization_id)
        );
        assert_eq!((session.expires_at - session.started_at).num_minutes(), 15);
        assert_eq!(session.custom_claims, Some(json!({"via": name})));
        assert_eq!(factor_types(session), ["email_otp"]);
        assert!(world.authenticate(&answer.session_token).await.is_ok());
        refused(world.exchange(&token, &acme).await, 404, "intermediate_session_not_found");
        world.clock.advance_minutes(10);
    }
}

#[tokio::test]
async fn who_may_join_joins_and_others_do_not() {
    let world = World::new().await;
    let open = world.organization_of_domain("open", "acme.example").await;
    let closed = world.organization("closed").await;
    let elsewhere = world.organization_of_domain("elsewhere", "other.example").await;
    // Nobody there has proved an address of the domain.
    let unproved = world.organization_of_domain("unproved", "acme.example").await;
    let bob = world.member(&open, "bob@acme.example").await;
    world.session(&bob).await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;

    for organization in [&closed, &elsewhere, &unproved] {
        let answer = world.exchange(&token, organization).await;
        refused(answer, 400, "invalid_intermediate_session_token_for_organization");
        assert_eq!(world.member_count(organization).await, 0);
    }
    let nothing = ExchangeRequest {
        intermediate_session_token: token.clone(),
        organization_id: "nothing".to_owned(),
        ..Default::default()
    };
    let answer = world.stytch.discovery.intermediate_sessions.exchange(nothing).await;
    refused(answer, 404, "organization_not_found");

    let joined = world.exchange(&token, &open).await.unwrap();
    is_session(&joined);
    assert_eq!((joined.member.status.as_str(), joined.member.email_address_verified), ("active", true));
    assert!(!joined.member.is_admin);
}

#[tokio::test]
async fn a_session_that_cannot_be_is_refused_and_the_token_stays_good() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    let right = || ExchangeRequest {
        intermediate_session_token: token.clone(),
        organization_id: acme.organization_id.clone(),
        ..Default::default()
    };
    let exchange = |request| world.stytch.discovery.intermediate_sessions.exchange(request);
    for unknown in ["", "unknown"] {
        let request = ExchangeRequest { intermediate_session_token: unknown.to_owned(), ..right() };
        refused(exchange(request).await, 404, "intermediate_session_not_found");
    }
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let request = ExchangeRequest { session_duration_minutes, session_custom_claims, ..right() };
        refused(exchange(request).await, 400, error_type);
    }
    is_session(&exchange(right()).await.unwrap());
}

#[tokio::test]
async fn a_deleted_member_does_not_come_back_by_an_exchange() {
    let world = World::new().await;
    let open = world.organization_of_domain("open", "acme.example").await;
    let bob = world.member(&open, "bob@acme.example").await;
    world.session(&bob).await;
    let ada = world.member(&open, "ada@acme.example").await;
    world.delete(&ada).await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    let answer = world.exchange(&token, &open).await;
    refused(answer, 400, "invalid_intermediate_session_token_for_organization");
    assert_eq!(world.member_count(&open).await, 1);
}

#[tokio::test]
async fn pending_and_invited_members_become_active_by_an_exchange() {
    let world = World::new().await;
    let (one, two) = (world.organization("one").await, world.organization("two").await);
    assert_eq!(world.pending(&one, "ada@acme.example").await.status, "pending");
    let invite = stytch::b2b::magic_links_email::InviteRequest {
        organization_id: two.organization_id.clone(),
        email_address: "ada@acme.example".to_owned(),
        ..Default::default()
    };
    world.stytch.magic_links.email.invite(invite).await.unwrap();
    for organization in [&one, &two] {
        let token = world.discover("ada@acme.example").await.intermediate_session_token;
        let answer = world.exchange(&token, organization).await.unwrap();
        is_session(&answer);
        assert_eq!((answer.member.status.as_str(), answer.member.email_address_verified), ("active", true));
    }
}

#[tokio::test]
async fn an_intermediate_session_lasts_ten_minutes_whatever_happens_to_it() {
    let world = World::new().await;
    let mfa = world.mfa_organization("mfa").await;
    let ada = world.member(&mfa, "ada@acme.example").await;
    let begun = world.clock.timestamp();
    let found = world.discover("ada@acme.example").await;
    let expires = found.intermediate_session_token_expires_at.unwrap().timestamp();
    assert_eq!(expires, begun + 600);

    world.clock.advance_minutes(4);
    let waiting = world.exchange(&found.intermediate_session_token, &mfa).await.unwrap();
    assert_eq!(waiting.intermediate_session_token, found.intermediate_session_token);
    assert_eq!(waiting.intermediate_session_token_expires_at.unwrap().timestamp(), expires);
    // A first factor more, which does not renew it either.
    let with = stytch::b2b::otp_email::AuthenticateRequest {
        intermediate_session_token: some(&found.intermediate_session_token),
        ..Default::default()
    };
    let waiting = world.enter_with(&ada, with).await;
    assert_eq!(is_waiting(&waiting), found.intermediate_session_token);
    assert_eq!(waiting.intermediate_session_token_expires_at.unwrap().timestamp(), expires);

    world.clock.advance(359);
    assert!(world.exchange(&found.intermediate_session_token, &mfa).await.is_ok());
    world.clock.advance(1);
    let late = world.exchange(&found.intermediate_session_token, &mfa).await;
    refused(late, 404, "intermediate_session_not_found");
    let list = ListRequest {
        intermediate_session_token: some(&found.intermediate_session_token),
        ..Default::default()
    };
    let late = world.stytch.discovery.organizations.list(list).await;
    refused(late, 404, "intermediate_session_not_found");
}

#[tokio::test]
async fn what_is_said_of_the_session_counts_only_in_the_call_that_makes_it() {
    let world = World::new().await;
    let mfa = world.mfa_organization("mfa").await;
    let ada = world.member(&mfa, "ada@acme.example").await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    let request = ExchangeRequest {
        intermediate_session_token: token.clone(),
        organization_id: mfa.organization_id.clone(),
        session_duration_minutes: Some(5),
        session_custom_claims: Some(json!({"early": true})),
        ..Default::default()
    };
    let waiting = world.stytch.discovery.intermediate_sessions.exchange(request).await.unwrap();
    assert_eq!(is_waiting(&waiting), token);

    let (_, done) = world.enrol_app(&ada, &token).await;
    let session = done.member_session.unwrap();
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 60);
    assert_eq!(session.custom_claims.unwrap_or(json!({})), json!({}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_exchanges_at_once_one_makes_a_session() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    let sdk = world.sdk.clone();
    let answers = race(32, || {
        let client = stytch::b2b::client::Client::new_with_http_client(sdk.clone(), sdk.clone());
        let request = ExchangeRequest {
            intermediate_session_token: token.clone(),
            organization_id: acme.organization_id.clone(),
            ..Default::default()
        };
        async move { client.discovery.intermediate_sessions.exchange(request).await }
    })
    .await;
    refusals_are(answers, &[(404, "intermediate_session_not_found", 31)]);
    let request = stytch::b2b::sessions::GetRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
    };
    assert_eq!(world.stytch.sessions.get(request).await.unwrap().member_sessions.len(), 1);
}

#[tokio::test]
async fn an_organization_is_made_as_it_is_said_and_entered_as_its_administrator() {
    let world = World::new().await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    let request = CreateRequest {
        intermediate_session_token: token.clone(),
        session_duration_minutes: Some(30),
        session_custom_claims: Some(json!({"founder": true})),
        organization_name: some("Acme"),
        organization_slug: some("acme"),
        organization_external_id: some("acme-1"),
        organization_logo_url: some("https://acme.example/logo.png"),
        trusted_metadata: Some(json!({"plan": "free"})),
        email_allowed_domains: Some(vec!["acme.example".to_owned()]),
        email_jit_provisioning: some("RESTRICTED"),
        email_invites: some("RESTRICTED"),
        auth_methods: some("RESTRICTED"),
        allowed_auth_methods: Some(vec!["email_otp".to_owned(), "magic_link".to_owned()]),
        mfa_methods: some("RESTRICTED"),
        allowed_mfa_methods: Some(vec!["totp".to_owned()]),
        ..Default::default()
    };
    let answer = world.stytch.discovery.organizations.create(request).await.unwrap();
    let session = is_session(&answer);
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 30);
    assert_eq!(session.custom_claims, Some(json!({"founder": true})));
    let mut roles = session.roles.clone();
    roles.sort();
    assert_eq!(roles, ["stytch_admin", "stytch_member"]);
    let member = &answer.member;
    assert!(member.is_admin && member.email_address_verified);
    assert_eq!((member.status.as_str(), member.email_address.as_str()), ("active", "ada@acme.example"));

    let made = &answer.organization;
    assert!(made.organization_id.starts_with("organization-test-"));
    assert_eq!((made.organization_name.as_str(), made.organization_slug.as_str()), ("Acme", "acme"));
    assert_eq!(made.organization_external_id.as_deref(), Some("acme-1"));
    assert_eq!(made.organization_logo_url, "https://acme.example/logo.png");
    assert_eq!(made.trusted_metadata, Some(json!({"plan": "free"})));
    assert_eq!(made.email_allowed_domains, ["acme.example"]);
    assert_eq!(
        (made.email_jit_provisioning.as_str(), made.email_invites.as_str()),
        ("RESTRICTED", "RESTRICTED")
    );
    assert_eq!((made.auth_methods.as_str(), made.mfa_methods.as_str()), ("RESTRICTED", "RESTRICTED"));
    assert_eq!(made.allowed_auth_methods.len(), 2);
    assert_eq!(made.allowed_mfa_methods, ["totp"]);
    refused(world.exchange(&token, made).await, 404, "intermediate_session_not_found");
}

#[tokio::test]
async fn a_new_organization_is_named_after_the_address() {
    let world = World::new().await;
    for (address, name) in
        [("ada@acme.example", "acme"), ("lovelace@gmail.com", "lovelace"), ("charles@cam.edu", "charles")]
    {
        let token = world.discover(address).await.intermediate_session_token;
        let request = CreateRequest { intermediate_session_token: token, ..Default::default() };
        let made = world.stytch.discovery.organizations.create(request).await.unwrap().organization;
        assert!(made.organization_slug.to_lowercase().contains(name), "{address}: {made:?}");
        assert!(made.organization_name.to_lowercase().contains(name), "{address}: {made:?}");
        assert_eq!(made.email_invites, "ALL_ALLOWED");
    }
    // Names that are taken are none.
    let token = world.discover("bob@acme.example").await.intermediate_session_token;
    let request = CreateRequest { intermediate_session_token: token, ..Default::default() };
    let made = world.stytch.discovery.organizations.create(request).await.unwrap().organization;
    assert_ne!(made.organization_slug, "acme");
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_and_the_token_stays_good() {
    let world = World::new().await;
    let settings = orgs::CreateRequest { organization_external_id: some("taken-1"), ..Default::default() };
    world.organization_with("taken", settings).await;
    world.organization_that_claims("owner", "mine.example").await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    let create = async |request: CreateRequest| {
        let request = CreateRequest { intermediate_session_token: token.clone(), ..request };
        world.stytch.discovery.organizations.create(request).await
    };
    let slug = |slug: &str| CreateRequest { organization_slug: some(slug), ..Default::default() };
    refused(create(slug("taken")).await, 400, "organization_slug_already_used");
    refused(create(slug("a")).await, 400, "invalid_organization_slug");
    refused(create(slug("a b")).await, 400, "invalid_organization_slug");
    let name = CreateRequest { organization_name: Some("x".repeat(129)), ..Default::default() };
    refused(create(name).await, 400, "invalid_organization_name");
    let common =
        CreateRequest { email_allowed_domains: Some(vec!["gmail.com".to_owned()]), ..Default::default() };
    refused(create(common).await, 400, "organization_settings_domain_too_common");
    let claimed =
        CreateRequest { email_allowed_domains: Some(vec!["mine.example".to_owned()]), ..Default::default() };
    refused(create(claimed).await, 400, "action_not_allowed_email_domain_is_claimed");
    for (id, error_type) in
        [("taken-1", "organization_external_id_already_used"), ("a b", "invalid_external_id")]
    {
        let external_id = CreateRequest { organization_external_id: some(id), ..Default::default() };
        refused(create(external_id).await, 400, error_type);
    }
    let logo = CreateRequest { organization_logo_url: some("javascript:alert(1)"), ..Default::default() };
    refused(create(logo).await, 400, "invalid_organization_logo_url");
    let policy = CreateRequest { mfa_policy: some("SOMETIMES"), ..Default::default() };
    refused(create(policy).await, 400, "invalid_organization_mfa_policy");
    let closed = CreateRequest {
        sso_jit_provisioning: some("NOT_ALLOWED"),
        email_invites: some("NOT_ALLOWED"),
        ..Default::default()
    };
    refused(create(closed).await, 400, "invalid_organization_auth_factor_setting");
    let role =
        orgs::EmailImplicitRoleAssignment { domain: "acme.example".to_owned(), role_id: "king".to_owned() };
    let king = CreateRequest { rbac_email_implicit_role_assignments: Some(vec![role]), ..Default::default() };
    refused(create(king).await, 400, "invalid_rbac_role_assignment");
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let terms = CreateRequest { session_duration_minutes, session_custom_claims, ..Default::default() };
        refused(create(terms).await, 400, error_type);
    }
    let restricted = CreateRequest { auth_methods: some("RESTRICTED"), ..Default::default() };
    refused(create(restricted).await, 400, "allowed_auth_methods_required_for_restricted");
    let restricted = CreateRequest { mfa_methods: some("RESTRICTED"), ..Default::default() };
    refused(create(restricted).await, 400, "allowed_mfa_methods_required_for_restricted");

    let unknown = CreateRequest { intermediate_session_token: "unknown".to_owned(), ..Default::default() };
    let answer = world.stytch.discovery.organizations.create(unknown).await;
    refused(answer, 404, "intermediate_session_not_found");
    is_session(&create(slug("free")).await.unwrap());
}

#[tokio::test]
async fn whose_domain_is_claimed_makes_no_organization() {
    let world = World::new().await;
    let owner = world.organization_that_claims("owner", "mine.example").await;
    world.member(&owner, "ada@mine.example").await;
    let token = world.discover("ada@mine.example").await.intermediate_session_token;
    let request = CreateRequest { intermediate_session_token: token.clone(), ..Default::default() };
    let answer = world.stytch.discovery.organizations.create(request).await;
    refused(answer, 400, "action_not_allowed_email_domain_is_claimed");
    is_session(&world.exchange(&token, &owner).await.unwrap());
}

#[tokio::test]
async fn where_nobody_may_make_an_organization_nobody_does() {
    let world = World::with(|builder| builder.create_organizations(false)).await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    let request = CreateRequest { intermediate_session_token: token.clone(), ..Default::default() };
    let answer = world.stytch.discovery.organizations.create(request).await;
    refused(answer, 403, "organization_creation_not_allowed");
    is_session(&world.exchange(&token, &acme).await.unwrap());
}

#[tokio::test]
async fn a_new_organization_may_ask_its_maker_for_more() {
    let world = World::new().await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    let request = CreateRequest {
        intermediate_session_token: token.clone(),
        mfa_policy: some("REQUIRED_FOR_ALL"),
        ..Default::default()
    };
    let answer = world.stytch.discovery.organizations.create(request).await.unwrap();
    assert_eq!(is_waiting(&answer), token);
    assert!(answer.mfa_required.as_ref().unwrap().member_options.is_none());
    assert!(answer.member.is_admin);
    let (_, done) = world.enrol_app(&answer.member, &token).await;
    let session = done.member_session.unwrap();
    assert_eq!(session.organization_id, answer.organization.organization_id);
    assert!(session.roles.contains(&"stytch_admin".to_owned()));
    refused(world.exchange(&token, &answer.organization).await, 404, "intermediate_session_not_found");
}
