//! Members: made, shown, changed, searched, deleted.

use serde_json::{Value, json};
use stytch::b2b::{
    organizations::{Member, SearchQuery, SearchQueryOperator},
    organizations_members::{
        CreateRequest, DangerouslyGetRequest, DeleteExternalIdRequest, DeleteMFAPhoneNumberRequest,
        DeletePasswordRequest, DeleteRequest, GetRequest, ReactivateRequest, SearchRequest,
        StartEmailUpdateRequest, StartEmailUpdateRequestDeliveryMethod, UnlinkRetiredEmailRequest,
        UpdateRequest,
    },
};
use vestibule::domain::{Role, RoleId};

use crate::common::{PASSWORD, World, is_session, is_waiting, refused, some};

const PHONE: &str = "+15551234567";
const NOBODY: &str = "member-test-00000000-0000-4000-8000-000000000000";

async fn world_with_editors() -> World {
    World::with(|builder| {
        builder.roles([Role {
            role_id: RoleId::new("editor").unwrap(),
            description: "edits".to_owned(),
            permissions: Vec::new(),
        }])
    })
    .await
}

fn change_of(member: &Member) -> UpdateRequest {
    UpdateRequest {
        organization_id: member.organization_id.clone(),
        member_id: member.member_id.clone(),
        ..Default::default()
    }
}

async fn update(world: &World, request: UpdateRequest) -> stytch::Result<Member> {
    Ok(world.stytch.organizations.members.update(request).await?.member)
}

#[tokio::test]
async fn a_member_is_what_they_were_made() {
    let world = world_with_editors().await;
    let acme = world.organization("acme").await;
    let plain = world.member(&acme, "Bob@Acme.example").await;
    assert!(plain.member_id.starts_with("member-test-"));
    assert_eq!((plain.status.as_str(), plain.email_address_verified), ("active", false));
    assert_eq!(plain.email_address.to_lowercase(), "bob@acme.example");
    assert_eq!((plain.roles.len(), plain.roles[0].role_id.as_str()), (1, "stytch_member"));
    assert!(!plain.is_admin && !plain.is_breakglass && !plain.mfa_enrolled && !plain.is_locked);

    let settings = CreateRequest {
        name: some("Ada"),
        trusted_metadata: Some(json!({"a": 1})),
        untrusted_metadata: Some(json!({"b": 2})),
        create_member_as_pending: Some(true),
        is_breakglass: Some(true),
        mfa_phone_number: some(PHONE),
        mfa_enrolled: Some(true),
        roles: Some(vec!["editor".to_owned()]),
        external_id: some("ada|1"),
        ..Default::default()
    };
    let ada = world.member_with(&acme, "ada@acme.example", settings).await;
    let get = async |member_id: Option<&str>, email_address: Option<&str>| {
        let request = GetRequest {
            organization_id: "acme".to_owned(),
            member_id: member_id.map(str::to_owned),
            email_address: email_address.map(str::to_owned),
        };
        world.stytch.organizations.members.get(request).await
    };
    for (id, address) in
        [(Some(ada.member_id.as_str()), None), (Some("ada|1"), None), (None, Some("ada@acme.example"))]
    {
        let found = get(id, address).await.unwrap();
        assert_eq!(
            (&found.member_id, found.organization.organization_slug.as_str()),
            (&ada.member_id, "acme")
        );
        let member = found.member;
        assert_eq!((member.name.as_str(), member.status.as_str()), ("Ada", "pending"));
        assert_eq!(
            (member.trusted_metadata, member.untrusted_metadata),
            (Some(json!({"a": 1})), Some(json!({"b": 2})))
        );
        assert!(member.is_breakglass && member.mfa_enrolled);
        assert_eq!((member.mfa_phone_number.as_str(), member.mfa_phone_number_verified), (PHONE, false));
        assert_eq!(member.external_id.as_deref(), Some("ada|1"));
        let mut roles: Vec<&str> = member.roles.iter().map(|role| role.role_id.as_str()).collect();
        roles.sort_unstable();
        assert_eq!(roles, ["editor", "stytch_member"]);
        let editor = member.roles.iter().find(|role| role.role_id == "editor").unwrap();
        assert_eq!(editor.sources[0].type_, "direct_assignment");
    }
    refused(get(Some(NOBODY), None).await, 404, "member_not_found");
    refused(get(None, Some("nobody@acme.example")).await, 404, "member_not_found");
    refused(get(None, None).await, 400, "invalid_member_get_fields");
    let both = get(Some(ada.member_id.as_str()), Some("ada@acme.example")).await;
    refused(both, 400, "invalid_member_get_fields");
    refused(get(None, Some("nonsense")).await, 400, "invalid_email");

    let request = DangerouslyGetRequest { member_id: ada.member_id.clone(), include_deleted: None };
    let found = world.stytch.organizations.members.dangerously_get(request).await.unwrap();
    assert_eq!((found.member.name.as_str(), found.organization.organization_slug.as_str()), ("Ada", "acme"));
    let request = DangerouslyGetRequest { member_id: NOBODY.to_owned(), include_deleted: None };
    refused(world.stytch.organizations.members.dangerously_get(request).await, 404, "member_not_found");
}

#[tokio::test]
async fn members_that_cannot_be_are_refused() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let settings = CreateRequest { external_id: some("ada-1"), ..Default::default() };
    world.member_with(&acme, "ada@acme.example", settings).await;
    let create = |address: &str, with: CreateRequest| {
        let request = CreateRequest {
            organization_id: acme.organization_id.clone(),
            email_address: address.to_owned(),
            ..with
        };
        world.stytch.organizations.members.create(request)
    };
    for taken in ["ada@acme.example", "ADA@acme.example"] {
        refused(create(taken, CreateRequest::default()).await, 400, "duplicate_member_email");
    }
    let with = CreateRequest { external_id: some("ada-1"), ..Default::default() };
    refused(create("bob@acme.example", with).await, 400, "duplicate_member_external_id");
    for address in ["", "nonsense", "a@", "@b.example"] {
        refused(create(address, CreateRequest::default()).await, 400, "invalid_email");
    }
    let with = CreateRequest { roles: Some(vec!["king".to_owned()]), ..Default::default() };
    refused(create("bob@acme.example", with).await, 400, "invalid_rbac_role_assignment");
    let with = CreateRequest { mfa_phone_number: some("555"), ..Default::default() };
    refused(create("bob@acme.example", with).await, 400, "invalid_phone_number");
    for id in ["a b", &"x".repeat(129), "ä"] {
        let with = CreateRequest { external_id: some(id), ..Default::default() };
        refused(create("bob@acme.example", with).await, 400, "invalid_external_id");
    }
    let request = CreateRequest {
        organization_id: "nothing".to_owned(),
        email_address: "bob@acme.example".to_owned(),
        ..Default::default()
    };
    refused(world.stytch.organizations.members.create(request).await, 404, "organization_not_found");
    let keys: Value = (0..21).map(|number| (number.to_string(), json!(number))).collect();
    for (metadata, error_type) in
        [(json!({"a": "x".repeat(5000)}), "metadata_too_large"), (keys, "metadata_too_many_keys")]
    {
        let with = CreateRequest { untrusted_metadata: Some(metadata), ..Default::default() };
        refused(create("bob@acme.example", with).await, 400, error_type);
    }
    assert_eq!(world.member_count(&acme).await, 1);
    assert_eq!(create("bob@acme.example", CreateRequest::default()).await.unwrap().member.status, "active");
}

#[tokio::test]
async fn a_change_touches_what_it_names() {
    let world = world_with_editors().await;
    let acme = world.organization("acme").await;
    let settings = CreateRequest {
        name: some("Ada"),
        trusted_metadata: Some(json!({"a": 1, "b": 2})),
        untrusted_metadata: Some(json!({"c": 3})),
        ..Default::default()
    };
    let ada = world.member_with(&acme, "ada@acme.example", settings).await;
    let request = UpdateRequest {
        name: some("Ada Lovelace"),
        trusted_metadata: Some(json!({"b": null, "d": 4})),
        roles: Some(vec!["editor".to_owned()]),
        external_id: some("ada-1"),
        mfa_phone_number: some(PHONE),
        ..change_of(&ada)
    };
    let changed = update(&world, request).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.external_id.as_deref()), ("Ada Lovelace", Some("ada-1")));
    assert_eq!(changed.trusted_metadata, Some(json!({"a": 1, "d": 4})));
    assert_eq!(changed.untrusted_metadata, Some(json!({"c": 3})));
    assert_eq!((changed.mfa_phone_number.as_str(), changed.mfa_phone_number_verified), (PHONE, false));
    assert!(changed.roles.iter().any(|role| role.role_id == "editor"));

    // The roles are those that are named.
    let request = UpdateRequest { roles: Some(vec!["stytch_admin".to_owned()]), ..change_of(&ada) };
    let changed = update(&world, request).await.unwrap();
    assert!(changed.is_admin && changed.roles.iter().all(|role| role.role_id != "editor"));
    let request = UpdateRequest { roles: Some(Vec::new()), ..change_of(&ada) };
    assert!(!update(&world, request).await.unwrap().is_admin);

    let request = UpdateRequest { is_breakglass: Some(true), mfa_enrolled: Some(true), ..change_of(&ada) };
    let changed = update(&world, request).await.unwrap();
    assert!(changed.is_breakglass && changed.mfa_enrolled);
    is_waiting(&world.enter(&ada).await);
}

#[tokio::test]
async fn changes_that_cannot_be_are_refused() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let settings = CreateRequest { external_id: some("bob-1"), ..Default::default() };
    world.member_with(&acme, "bob@acme.example", settings).await;
    let change = |with: UpdateRequest| update(&world, with);

    let with = UpdateRequest { email_address: some("bob@acme.example"), ..change_of(&ada) };
    refused(change(with).await, 400, "duplicate_member_email");
    let with = UpdateRequest { email_address: some("nonsense"), ..change_of(&ada) };
    refused(change(with).await, 400, "invalid_email");
    let with = UpdateRequest { external_id: some("bob-1"), ..change_of(&ada) };
    refused(change(with).await, 400, "duplicate_member_external_id");
    let with = UpdateRequest { roles: Some(vec!["king".to_owned()]), ..change_of(&ada) };
    refused(change(with).await, 400, "invalid_rbac_role_assignment");
    for method in ["totp", "sms_otp"] {
        let with = UpdateRequest { default_mfa_method: some(method), ..change_of(&ada) };
        refused(change(with).await, 400, "default_mfa_member_missing_factor");
    }
    let with = UpdateRequest { default_mfa_method: some("pigeon"), ..change_of(&ada) };
    refused(change(with).await, 400, "invalid_mfa_default_method");
    let with = UpdateRequest { mfa_phone_number: some("nonsense"), ..change_of(&ada) };
    refused(change(with).await, 400, "invalid_phone_number");
    let with = UpdateRequest { member_id: NOBODY.to_owned(), ..change_of(&ada) };
    refused(change(with).await, 404, "member_not_found");
    let with = UpdateRequest { organization_id: "nothing".to_owned(), ..change_of(&ada) };
    refused(change(with).await, 404, "organization_not_found");
    let other = world.organization("other").await;
    let with = UpdateRequest { organization_id: other.organization_id, ..change_of(&ada) };
    refused(change(with).await, 404, "member_not_found");
}

#[tokio::test]
async fn a_phone_is_deleted_before_another_is_set() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let set =
        |phone: &str| update(&world, UpdateRequest { mfa_phone_number: some(phone), ..change_of(&ada) });
    set(PHONE).await.unwrap();
    refused(set("+15557654321").await, 400, "duplicate_member_phone_number_for_member");
    let request = || DeleteMFAPhoneNumberRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
    };
    let members = &world.stytch.organizations.members;
    assert_eq!(members.delete_mfa_phone_number(request()).await.unwrap().member.mfa_phone_number, "");
    refused(members.delete_mfa_phone_number(request()).await, 404, "member_phone_number_not_found");
    assert_eq!(set("+15557654321").await.unwrap().mfa_phone_number, "+15557654321");
}

#[tokio::test]
async fn a_password_is_taken_away() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let member_password_id = world.set_password(&ada).await.member.member_password_id;
    let request = DeletePasswordRequest { organization_id: acme.organization_id.clone(), member_password_id };
    let members = &world.stytch.organizations.members;
    let after = members.delete_password(request.clone()).await.unwrap();
    assert_eq!(
        (after.member_id.as_str(), after.member.member_password_id.as_str()),
        (ada.member_id.as_str(), "")
    );
    refused(world.by_password(&ada, PASSWORD).await, 404, "member_password_not_found");
    refused(members.delete_password(request).await, 404, "member_password_not_found");
}

#[tokio::test]
async fn an_external_id_is_taken_away() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let settings = CreateRequest { external_id: some("ada-1"), ..Default::default() };
    let ada = world.member_with(&acme, "ada@acme.example", settings).await;
    let request = DeleteExternalIdRequest {
        organization_id: acme.organization_id.clone(),
        member_id: "ada-1".to_owned(),
    };
    let members = &world.stytch.organizations.members;
    let after = members.delete_external_id(request.clone()).await.unwrap();
    assert_eq!((after.member_id, after.member.external_id), (ada.member_id, None));
    refused(members.delete_external_id(request).await, 404, "member_not_found");
}

#[tokio::test]
async fn a_deleted_member_is_out_and_may_come_back() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    world.delete(&ada).await;
    refused(world.authenticate(&entered.session_token).await, 404, "session_not_found");
    refused(world.authenticate_jwt(&entered.session_jwt).await, 404, "session_not_found");
    let members = &world.stytch.organizations.members;
    let get = || GetRequest {
        organization_id: "acme".to_owned(),
        member_id: Some(ada.member_id.clone()),
        ..Default::default()
    };
    refused(members.get(get()).await, 404, "member_not_found");
    for (include_deleted, found) in [(None, false), (Some(false), false), (Some(true), true)] {
        let request = DangerouslyGetRequest { member_id: ada.member_id.clone(), include_deleted };
        let answer = members.dangerously_get(request).await;
        assert_eq!(answer.is_ok(), found);
        if found {
            assert_eq!(answer.unwrap().member.status, "deleted");
        }
    }
    let found = world.discover("ada@acme.example").await;
    assert!(found.discovered_organizations.is_empty());

    let back =
        ReactivateRequest { organization_id: acme.organization_id.clone(), member_id: ada.member_id.clone() };
    let answer = members.reactivate(back.clone()).await.unwrap();
    assert_eq!(
        (answer.member_id.as_str(), answer.member.status.as_str()),
        (ada.member_id.as_str(), "active")
    );
    assert_eq!(members.get(get()).await.unwrap().member.email_address, "ada@acme.example");
    is_session(&world.enter(&ada).await);
    // The session from before stays ended.
    refused(world.authenticate(&entered.session_token).await, 404, "session_not_found");
    refused(members.reactivate(back.clone()).await, 400, "no_deleted_member_found_for_reactivation");
    world.organization("other").await;
    for (organization_id, member_id, error_type) in [
        ("acme", NOBODY, "member_not_found"),
        ("other", ada.member_id.as_str(), "member_not_found"),
        ("nothing", ada.member_id.as_str(), "organization_not_found"),
    ] {
        let request = ReactivateRequest {
            organization_id: organization_id.to_owned(),
            member_id: member_id.to_owned(),
        };
        refused(members.reactivate(request).await, 404, error_type);
    }
    // Who was brought back can be deleted and brought back once more.
    world.delete(&ada).await;
    assert_eq!(members.reactivate(back).await.unwrap().member.status, "active");
    let request = DeleteRequest { organization_id: "acme".to_owned(), member_id: NOBODY.to_owned() };
    refused(members.delete(request).await, 404, "member_not_found");
}

#[tokio::test]
async fn a_deleted_member_is_invited_again() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    world.delete(&ada).await;
    let before = world.last_message();
    let request = stytch::b2b::magic_links_email::InviteRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        ..Default::default()
    };
    assert_eq!(world.stytch.magic_links.email.invite(request).await.unwrap().member.status, "invited");
    let request = stytch::b2b::magic_links::AuthenticateRequest {
        magic_links_token: world.link_for(&ada.email_address, before).await.token(),
        ..Default::default()
    };
    is_session(&world.stytch.magic_links.authenticate(request).await.unwrap());
}

#[tokio::test]
async fn an_address_changes_and_the_former_is_kept_until_unlinked() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    world.session(&ada).await;
    let request = UpdateRequest { email_address: some("ada@lovelace.example"), ..change_of(&ada) };
    let changed = update(&world, request).await.unwrap();
    assert_eq!(
        (changed.email_address.as_str(), changed.email_address_verified),
        ("ada@lovelace.example", false)
    );
    let retired = &changed.retired_email_addresses[0];
    assert_eq!(retired.email_address, "ada@acme.example");

    let unlink = |email_id: Option<String>, email_address: Option<String>| {
        let request = UnlinkRetiredEmailRequest {
            organization_id: acme.organization_id.clone(),
            member_id: ada.member_id.clone(),
            email_id,
            email_address,
        };
        world.stytch.organizations.members.unlink_retired_email(request)
    };
    refused(unlink(None, None).await, 400, "bad_request");
    let both = unlink(Some(retired.email_id.clone()), some("ada@acme.example")).await;
    refused(both, 400, "bad_request");
    refused(unlink(None, some("nonsense")).await, 400, "invalid_email");
    refused(unlink(None, some("other@acme.example")).await, 404, "email_not_found");
    let after = unlink(Some(retired.email_id.clone()), None).await.unwrap();
    assert_eq!(
        (&after.organization_id, after.member.retired_email_addresses.len()),
        (&acme.organization_id, 0)
    );
    refused(unlink(None, some("ada@acme.example")).await, 404, "email_not_found");

    let request = UpdateRequest {
        email_address: some("countess@lovelace.example"),
        unlink_email: Some(true),
        ..change_of(&ada)
    };
    let changed = update(&world, request).await.unwrap();
    assert!(changed.retired_email_addresses.is_empty());
    is_session(&world.enter(&changed).await);
}

#[tokio::test]
async fn a_member_proves_their_new_address() {
    for code in [false, true] {
        let world = World::new().await;
        let acme = world.organization("acme").await;
        let ada = world.member(&acme, "ada@acme.example").await;
        let bob = world.member(&acme, "bob@acme.example").await;
        world.session(&ada).await;
        let start = |member: &Member, address: &str| {
            let delivery_method = code.then_some(StartEmailUpdateRequestDeliveryMethod::EMAILOTP);
            let request = StartEmailUpdateRequest {
                organization_id: acme.organization_id.clone(),
                member_id: member.member_id.clone(),
                email_address: address.to_owned(),
                delivery_method,
                ..Default::default()
            };
            world.stytch.organizations.members.start_email_update(request)
        };
        refused(start(&ada, "nonsense").await, 400, "invalid_email");
        refused(start(&ada, &bob.email_address).await, 400, "duplicate_member_email");

        let before = world.last_message();
        let started = start(&ada, "ada@lovelace.example").await.unwrap();
        assert_eq!(
            (&started.member_id, started.member.email_address.as_str()),
            (&ada.member_id, "ada@acme.example")
        );
        if code {
            let code = world.code_for("ada@lovelace.example", before).await;
            let request = stytch::b2b::otp_email::AuthenticateRequest {
                organization_id: acme.organization_id.clone(),
                email_address: "ada@lovelace.example".to_owned(),
                code,
                ..Default::default()
            };
            world.stytch.otps.email.authenticate(request).await.unwrap();
        } else {
            let link = world.link_for("ada@lovelace.example", before).await;
            let request = stytch::b2b::magic_links::AuthenticateRequest {
                magic_links_token: link.token(),
                ..Default::default()
            };
            world.stytch.magic_links.authenticate(request).await.unwrap();
        }
        let after = world.current(&ada).await;
        assert_eq!(
            (after.email_address.as_str(), after.email_address_verified),
            ("ada@lovelace.example", true)
        );
        assert_eq!(after.retired_email_addresses[0].email_address, "ada@acme.example");
    }
}

#[tokio::test]
async fn addresses_that_cannot_become_a_members_get_no_message() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.organization_that_claims("owner", "mine.example").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let pending = world.pending(&acme, "new@acme.example").await;
    let gone = world.member(&acme, "gone@acme.example").await;
    world.delete(&gone).await;
    let start = |request| world.stytch.organizations.members.start_email_update(request);
    for delivery_method in [
        StartEmailUpdateRequestDeliveryMethod::EMAILMAGICLINK,
        StartEmailUpdateRequestDeliveryMethod::EMAILOTP,
    ] {
        let right = || StartEmailUpdateRequest {
            organization_id: acme.organization_id.clone(),
            member_id: ada.member_id.clone(),
            email_address: "ada@lovelace.example".to_owned(),
            delivery_method: Some(delivery_method.clone()),
            ..Default::default()
        };
        let of = |member_id: &str| StartEmailUpdateRequest { member_id: member_id.to_owned(), ..right() };
        let to = |address: &str| StartEmailUpdateRequest { email_address: address.to_owned(), ..right() };
        let nowhere = StartEmailUpdateRequest { organization_id: "nothing".to_owned(), ..right() };
        let before = world.last_message();
        for (request, status, error_type) in [
            (nowhere, 404, "organization_not_found"),
            (of(NOBODY), 404, "member_not_found"),
            (of(&gone.member_id), 404, "member_not_found"),
            (of(&pending.member_id), 400, "action_available_only_for_active_members"),
            (to("nonsense"), 400, "invalid_email"),
            (to("ada@mine.example"), 400, "action_not_allowed_email_domain_is_claimed"),
            (to("new@acme.example"), 400, "duplicate_member_email"),
            (to("gone@acme.example"), 400, "duplicate_member_email"),
        ] {
            refused(start(request).await, status, error_type);
        }
        assert_eq!(world.last_message(), before);
        assert_eq!(start(right()).await.unwrap().member.email_address, "ada@acme.example");
        // The former address is told as well.
        for address in ["ada@lovelace.example", "ada@acme.example"] {
            world.message_for(address, before).await;
        }
    }
    let elsewhere = StartEmailUpdateRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
        email_address: "ada@lovelace.example".to_owned(),
        login_redirect_url: some("https://evil.example/"),
        ..Default::default()
    };
    refused(start(elsewhere).await, 400, "no_match_for_provided_magic_link_url");
}

async fn search(world: &World, organizations: &[&str], operands: Value) -> stytch::Result<Vec<String>> {
    let operands = operands.as_array().unwrap().clone();
    let request = SearchRequest {
        organization_ids: organizations.iter().map(|id| (*id).to_owned()).collect(),
        query: Some(SearchQuery { operator: SearchQueryOperator::AND, operands }),
        ..Default::default()
    };
    let found = world.stytch.organizations.members.search(request).await?;
    assert_eq!(found.results_metadata.next_cursor, None);
    assert_eq!(found.results_metadata.total, i32::try_from(found.members.len()).unwrap());
    for member in &found.members {
        let organization = &found.organizations[&member.organization_id];
        assert_eq!(organization.organization_id, member.organization_id);
    }
    let mut addresses: Vec<String> = found.members.into_iter().map(|member| member.email_address).collect();
    addresses.sort();
    Ok(addresses)
}

#[tokio::test]
async fn members_are_found_by_each_filter() {
    let world = world_with_editors().await;
    let (acme, other) = (world.organization("acme").await, world.organization("other").await);
    let settings = CreateRequest {
        name: some("Ada Lovelace"),
        is_breakglass: Some(true),
        mfa_phone_number: some(PHONE),
        roles: Some(vec!["editor".to_owned()]),
        external_id: some("ada-1"),
        ..Default::default()
    };
    let ada = world.member_with(&acme, "ada@acme.example", settings).await;
    let settings = CreateRequest { create_member_as_pending: Some(true), ..Default::default() };
    world.member_with(&acme, "bob@acme.example", settings).await;
    let gone = world.member(&acme, "gone@acme.example").await;
    world.delete(&gone).await;
    world.member(&other, "eve@other.example").await;
    world.set_password(&ada).await;

    for (name, value, expected) in [
        ("member_ids", json!([ada.member_id]), vec!["ada@acme.example"]),
        ("member_emails", json!(["bob@acme.example", "eve@other.example"]), vec!["bob@acme.example"]),
        ("member_email_fuzzy", json!("ada@"), vec!["ada@acme.example"]),
        ("member_is_breakglass", json!(true), vec!["ada@acme.example"]),
        ("member_is_breakglass", json!(false), vec!["bob@acme.example"]),
        ("statuses", json!(["pending"]), vec!["bob@acme.example"]),
        ("statuses", json!(["active", "deleted"]), vec!["ada@acme.example", "gone@acme.example"]),
        ("member_phone_numbers", json!([PHONE]), vec!["ada@acme.example"]),
        ("member_phone_number_fuzzy", json!("4567"), vec!["ada@acme.example"]),
        ("member_mfa_phone_numbers", json!([PHONE]), vec!["ada@acme.example"]),
        ("member_mfa_phone_number_fuzzy", json!("5551"), vec!["ada@acme.example"]),
        ("member_external_ids", json!(["ada-1", "bob-1"]), vec!["ada@acme.example"]),
        ("external_ids", json!(["ada-1"]), vec!["ada@acme.example"]),
        ("external_ids", json!(["bob-1"]), vec![]),
        ("member_name_fuzzy", json!("love"), vec!["ada@acme.example"]),
        ("member_name_fuzzy", json!("lovecraft"), vec![]),
        ("member_roles", json!(["editor"]), vec!["ada@acme.example"]),
        ("member_password_exists", json!(true), vec!["ada@acme.example"]),
    ] {
        let operands = json!([{"filter_name": name, "filter_value": value}]);
        let found = search(&world, &["acme"], operands).await;
        assert_eq!(found.unwrap_or_else(|e| panic!("{name} {value}: {e:?}")), expected, "{name} {value}");
    }
    assert_eq!(search(&world, &["acme"], json!([])).await.unwrap(), ["ada@acme.example", "bob@acme.example"]);
    let both = search(&world, &["acme", &other.organization_id], json!([])).await.unwrap();
    assert_eq!(both, ["ada@acme.example", "bob@acme.example", "eve@other.example"]);

    for (name, value) in [
        ("nonsense", json!(["x"])),
        ("member_email_fuzzy", json!("ab")),
        ("member_phone_number_fuzzy", json!("45")),
        ("member_name_fuzzy", json!("lo")),
        ("external_ids", json!("ada-1")),
        ("member_is_breakglass", json!("yes")),
        ("statuses", json!(["asleep"])),
    ] {
        let operands = json!([{"filter_name": name, "filter_value": value}]);
        refused(search(&world, &["acme"], operands).await, 400, "invalid_argument");
    }
    for operands in [json!([{"filter_name": "member_ids"}]), json!([{}]), json!(["x"])] {
        refused(search(&world, &["acme"], operands).await, 400, "bad_request");
    }
    refused(search(&world, &[], json!([])).await, 400, "invalid_argument");
    refused(search(&world, &["acme", "nothing"], json!([])).await, 404, "organization_not_found");
    let acme = || SearchRequest { organization_ids: vec!["acme".to_owned()], ..Default::default() };
    for request in [
        SearchRequest { limit: Some(0), ..acme() },
        SearchRequest { limit: Some(1001), ..acme() },
        SearchRequest { cursor: some("nonsense"), ..acme() },
    ] {
        refused(world.stytch.organizations.members.search(request).await, 400, "invalid_argument");
    }
}

#[tokio::test]
async fn a_search_is_read_page_by_page() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    for number in 0..7 {
        world.member(&acme, &format!("member{number}@acme.example")).await;
    }
    let (mut addresses, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let organization_ids = vec![acme.organization_id.clone()];
        let request = SearchRequest { organization_ids, limit: Some(3), cursor, query: None };
        let page = world.stytch.organizations.members.search(request).await.unwrap();
        assert!(page.members.len() <= 3);
        // Counting would cost as much as reading all.
        assert_eq!(page.results_metadata.total, -1);
        addresses.extend(page.members.into_iter().map(|member| member.email_address));
        pages += 1;
        cursor = page.results_metadata.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    addresses.sort();
    addresses.dedup();
    assert_eq!((addresses.len(), pages), (7, 3));
    for limit in [Some(7), None] {
        let organization_ids = vec![acme.organization_id.clone()];
        let request = SearchRequest { organization_ids, limit, ..Default::default() };
        let whole = world.stytch.organizations.members.search(request).await.unwrap();
        assert_eq!((whole.results_metadata.total, whole.results_metadata.next_cursor), (7, None));
    }
}
