//! Whole ways from the first factor to a session, as an application goes them.

use serde_json::json;
use stytch::b2b::{
    discovery_organizations::{CreateRequest, ListRequest},
    magic_links, magic_links_email, organizations as orgs, otp_email, otp_sms, passwords,
    recovery_codes::RecoverRequest,
    sessions::{AuthenticateRequest, ExchangeRequest},
    totps,
};

use crate::common::{PASSWORD, World, factor_types, is_session, is_waiting, refused, some};

const PHONE: &str = "+15551234567";

async fn by_link(
    world: &World,
    organization: &orgs::Organization,
    address: &str,
) -> magic_links::AuthenticateResponse {
    let before = world.last_message();
    let request = magic_links_email::LoginOrSignupRequest {
        organization_id: organization.organization_id.clone(),
        email_address: address.to_owned(),
        ..Default::default()
    };
    world.stytch.magic_links.email.login_or_signup(request).await.unwrap();
    let token = world.link_for(address, before).await.token();
    let request = magic_links::AuthenticateRequest { magic_links_token: token, ..Default::default() };
    world.stytch.magic_links.authenticate(request).await.unwrap()
}

#[tokio::test]
async fn discovery_then_a_list_then_an_exchange() {
    let world = World::new().await;
    let (acme, globex) = (world.organization("acme").await, world.organization("globex").await);
    world.member(&acme, "ada@acme.example").await;
    let there = world.member(&globex, "ada@acme.example").await;
    let found = world.discover("ada@acme.example").await;
    let request = ListRequest {
        intermediate_session_token: some(&found.intermediate_session_token),
        ..Default::default()
    };
    for _ in 0..2 {
        let listed = world.stytch.discovery.organizations.list(request.clone()).await.unwrap();
        assert_eq!(listed.discovered_organizations.len(), 2);
        assert!(listed.discovered_organizations.iter().all(|one| one.member_authenticated));
    }
    let entered = world.exchange(&found.intermediate_session_token, &globex).await.unwrap();
    assert_eq!(is_session(&entered).organization_slug, "globex");
    assert_eq!(entered.member_id, there.member_id);
}

#[tokio::test]
async fn discovery_then_a_new_organization_then_its_members() {
    let world = World::new().await;
    let found = world.discover("ada@acme.example").await;
    assert!(found.discovered_organizations.is_empty());
    let request = CreateRequest {
        intermediate_session_token: found.intermediate_session_token,
        organization_name: some("Acme"),
        organization_slug: some("acme"),
        email_jit_provisioning: some("RESTRICTED"),
        email_allowed_domains: Some(vec!["acme.example".to_owned()]),
        ..Default::default()
    };
    let made = world.stytch.discovery.organizations.create(request).await.unwrap();
    is_session(&made);
    // Whoever has an address of the same domain may join from now on, by discovery and by a link.
    let bob = world.discover("bob@acme.example").await;
    let membership = bob.discovered_organizations[0].membership.as_ref().unwrap();
    assert_eq!(membership.type_, "eligible_to_join_by_email_domain");
    let joined = world.exchange(&bob.intermediate_session_token, &made.organization).await.unwrap();
    assert_eq!(is_session(&joined).roles, ["stytch_member"]);
    let carol = by_link(&world, &made.organization, "carol@acme.example").await;
    assert_eq!(is_session(&carol).roles, ["stytch_member"]);
    assert!(carol.member.email_address_verified);
}

#[tokio::test]
async fn a_link_then_a_phone_then_a_session() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let answer = by_link(&world, &acme, "ada@acme.example").await;
    let waiting = is_waiting(&answer);
    assert!(answer.mfa_required.unwrap().member_options.is_none());
    let done = world.enrol_phone(&ada, PHONE, &waiting).await;
    let session = done.member_session.unwrap();
    assert_eq!(factor_types(&session), ["magic_link", "otp"]);
    assert_eq!(session.organization_slug, "acme");
    let seen = world.authenticate(&done.session_token).await.unwrap();
    assert!(seen.member.mfa_enrolled && seen.member.mfa_phone_number_verified);
}

#[tokio::test]
async fn a_link_then_an_app_then_a_session_then_a_recovery() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&by_link(&world, &acme, "ada@acme.example").await);
    let (app, done) = world.enrol_app(&ada, &waiting).await;
    assert_eq!(factor_types(&done.member_session.unwrap()), ["magic_link", "totp"]);

    // The phone with the app is lost.
    let answer = by_link(&world, &acme, "ada@acme.example").await;
    let waiting = is_waiting(&answer);
    assert_eq!(answer.mfa_required.unwrap().member_options.unwrap().totp_registration_id, app.id);
    let request = RecoverRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
        recovery_code: app.recovery_codes[0].clone(),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    let recovered = world.stytch.recovery_codes.recover(request).await.unwrap();
    assert_eq!(factor_types(&recovered.member_session.unwrap()), ["magic_link", "recovery_codes"]);

    // It is replaced by another.
    let request = stytch::b2b::organizations_members::DeleteTOTPRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
    };
    world.stytch.organizations.members.delete_totp(request).await.unwrap();
    let waiting = is_waiting(&by_link(&world, &acme, "ada@acme.example").await);
    let (other, _) = world.enrol_app(&ada, &waiting).await;
    assert_ne!(other.id, app.id);
}

#[tokio::test]
async fn another_first_factor_then_a_second_one() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    world.set_password(&ada).await;
    let strict = orgs::UpdateRequest {
        auth_methods: some("RESTRICTED"),
        allowed_auth_methods: Some(vec!["password".to_owned()]),
        mfa_policy: some("REQUIRED_FOR_ALL"),
        ..Default::default()
    };
    world.update(&acme, strict).await;

    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    let answer = world.exchange(&token, &acme).await.unwrap();
    assert_eq!(is_waiting(&answer), token);
    assert_eq!(answer.primary_required.unwrap().allowed_auth_methods, ["password"]);
    assert!(answer.mfa_required.unwrap().member_options.is_none());
    assert_eq!(answer.member_id, ada.member_id);

    let request = |password: &str| passwords::AuthenticateRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        password: password.to_owned(),
        intermediate_session_token: some(&token),
        ..Default::default()
    };
    let wrong = world.stytch.passwords.authenticate(request("wrong horse, of another year")).await;
    refused(wrong, 401, "password_does_not_match");
    let answer = world.stytch.passwords.authenticate(request(PASSWORD)).await.unwrap();
    assert_eq!(is_waiting(&answer), token);
    assert!(answer.primary_required.is_none() && answer.mfa_required.is_some());

    let (_, done) = world.enrol_app(&ada, &token).await;
    assert_eq!(factor_types(&done.member_session.unwrap()), ["password", "totp"]);
    refused(world.exchange(&token, &acme).await, 404, "intermediate_session_not_found");
}

#[tokio::test]
async fn another_first_factor_is_enough_where_no_second_is_asked() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    world.set_password(&ada).await;
    let strict = orgs::UpdateRequest {
        auth_methods: some("RESTRICTED"),
        allowed_auth_methods: Some(vec!["password".to_owned()]),
        ..Default::default()
    };
    world.update(&acme, strict).await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    is_waiting(&world.exchange(&token, &acme).await.unwrap());
    let request = passwords::AuthenticateRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        password: PASSWORD.to_owned(),
        intermediate_session_token: some(&token),
        session_duration_minutes: Some(45),
        session_custom_claims: Some(json!({"late": true})),
        ..Default::default()
    };
    let done = world.stytch.passwords.authenticate(request).await.unwrap();
    let session = is_session(&done);
    // A session lists what counts in its organization.
    assert_eq!(factor_types(session), ["password"]);
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 45);
    assert_eq!(session.custom_claims, Some(json!({"late": true})));
    refused(world.exchange(&token, &acme).await, 404, "intermediate_session_not_found");
}

#[tokio::test]
async fn whoever_chose_a_second_factor_is_asked_for_it_where_it_is_optional() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let token = world.session(&ada).await.session_token;
    let app =
        world.new_app(&ada, totps::CreateRequest { session_token: some(&token), ..Default::default() }).await;
    let with = totps::AuthenticateRequest {
        session_token: some(&token),
        set_mfa_enrollment: some("enroll"),
        ..Default::default()
    };
    world.by_app(&ada, &app.code(), with).await.unwrap();
    let answer = by_link(&world, &acme, "ada@acme.example").await;
    let waiting = is_waiting(&answer);
    assert!(answer.primary_required.is_none());
    let with =
        totps::AuthenticateRequest { intermediate_session_token: some(&waiting), ..Default::default() };
    let done = world.by_app(&ada, &app.next_code(), with).await.unwrap();
    assert_eq!(factor_types(&done.member_session.unwrap()), ["magic_link", "totp"]);
}

#[tokio::test]
async fn a_session_is_used_by_its_token_its_jwt_and_its_old_jwt() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let by_token = world.authenticate(&entered.session_token).await.unwrap();
    let by_jwt = world.authenticate_jwt(&entered.session_jwt).await.unwrap();
    world.clock.advance_minutes(6);
    let by_old = world.authenticate_jwt(&entered.session_jwt).await.unwrap();
    let request = AuthenticateRequest {
        session_jwt: some(&by_old.session_jwt),
        session_duration_minutes: Some(60),
        session_custom_claims: Some(json!({"seen": 3})),
        ..Default::default()
    };
    let extended = world.stytch.sessions.authenticate(request).await.unwrap();
    for answer in [&by_token, &by_jwt, &by_old, &extended] {
        assert_eq!(answer.session_token, entered.session_token);
        assert_eq!(answer.member.member_id, ada.member_id);
    }
    assert_eq!(extended.member_session.expires_at.timestamp() - world.clock.timestamp(), 3600);
    assert_eq!(extended.member_session.custom_claims, Some(json!({"seen": 3})));
}

#[tokio::test]
async fn a_link_moves_between_organizations_with_its_session() {
    let world = World::new().await;
    let (acme, strict) = (world.organization("acme").await, world.mfa_organization("strict").await);
    world.member(&acme, "ada@acme.example").await;
    let there = world.member(&strict, "ada@acme.example").await;
    let entered = by_link(&world, &acme, "ada@acme.example").await;
    is_session(&entered);
    let exchange = |organization: &orgs::Organization, token: &str| {
        let request = ExchangeRequest {
            organization_id: organization.organization_id.clone(),
            session_token: some(token),
            ..Default::default()
        };
        world.stytch.sessions.exchange(request)
    };
    let answer = exchange(&strict, &entered.session_token).await.unwrap();
    let waiting = is_waiting(&answer);
    let done = world.enrol_phone(&there, PHONE, &waiting).await;
    assert_eq!(factor_types(&done.member_session.unwrap()), ["magic_link", "otp"]);
    let back = exchange(&acme, &done.session_token).await.unwrap();
    assert_eq!(is_session(&back).organization_slug, "acme");
    for token in [&entered.session_token, &done.session_token, &back.session_token] {
        assert!(world.authenticate(token).await.is_ok());
    }
}

#[tokio::test]
async fn a_second_factor_of_one_organization_is_none_of_another() {
    let world = World::new().await;
    let (one, two) = (world.mfa_organization("one").await, world.mfa_organization("two").await);
    let ada = world.member(&one, "ada@acme.example").await;
    let there = world.member(&two, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, _) = world.enrol_app(&ada, &waiting).await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    is_waiting(&world.exchange(&token, &two).await.unwrap());
    let with = totps::AuthenticateRequest { intermediate_session_token: some(&token), ..Default::default() };
    refused(world.by_app(&there, &app.next_code(), with).await, 404, "totp_not_found");
    is_waiting(&world.exchange(&token, &two).await.unwrap());
}

#[tokio::test]
async fn the_same_intermediate_session_passes_from_call_to_call() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let token = world.discover("ada@acme.example").await.intermediate_session_token;
    for _ in 0..3 {
        assert_eq!(is_waiting(&world.exchange(&token, &acme).await.unwrap()), token);
    }
    let with =
        otp_email::AuthenticateRequest { intermediate_session_token: some(&token), ..Default::default() };
    assert_eq!(is_waiting(&world.enter_with(&ada, with).await), token);
    let with = otp_sms::SendRequest {
        mfa_phone_number: some(PHONE),
        intermediate_session_token: some(&token),
        ..Default::default()
    };
    let code = world.sms_code(&ada, PHONE, with).await;
    assert_eq!(is_waiting(&world.exchange(&token, &acme).await.unwrap()), token);
    let with =
        otp_sms::AuthenticateRequest { intermediate_session_token: some(&token), ..Default::default() };
    world.by_sms(&ada, &code, with).await.unwrap();
    refused(world.exchange(&token, &acme).await, 404, "intermediate_session_not_found");
}

#[tokio::test]
async fn one_persons_intermediate_session_is_nobody_elses() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let bob = world.member(&acme, "bob@acme.example").await;
    let token = world.discover("bob@acme.example").await.intermediate_session_token;
    // A first factor of hers does not join what he has proved.
    let with =
        otp_email::AuthenticateRequest { intermediate_session_token: some(&token), ..Default::default() };
    let code = world.email_code(&ada).await;
    let request = otp_email::AuthenticateRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        code,
        ..with
    };
    let of_ada = world.stytch.otps.email.authenticate(request).await.unwrap();
    assert_ne!(is_waiting(&of_ada), token);
    let answer = world.exchange(&token, &acme).await.unwrap();
    is_waiting(&answer);
    assert_eq!(answer.member_id, bob.member_id);
}

/// All of them come through one server of the application, whose address is all that Vestibule sees.
#[tokio::test]
async fn a_hundred_people_sign_in_within_a_minute() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    for number in 0..100 {
        let person = world.member(&acme, &format!("person{number}@acme.example")).await;
        let email = &world.stytch.otps.email;
        let request = otp_email::LoginOrSignupRequest {
            organization_id: acme.organization_id.clone(),
            email_address: person.email_address.clone(),
            ..Default::default()
        };
        let sent = email.login_or_signup(request).await;
        sent.unwrap_or_else(|error| panic!("person {number}: {error:?}"));
        let code = world.code_for(&person.email_address, 0).await;
        let request = otp_email::AuthenticateRequest {
            organization_id: acme.organization_id.clone(),
            email_address: person.email_address.clone(),
            code,
            ..Default::default()
        };
        let entered = email.authenticate(request).await;
        is_session(&entered.unwrap_or_else(|error| panic!("person {number}: {error:?}")));
    }
}

#[tokio::test]
async fn other_peoples_mistakes_keep_nobody_out() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    world.set_password(&ada).await;
    for number in 0..60 {
        let person = world.member(&acme, &format!("person{number}@acme.example")).await;
        let answer = world.by_password(&person, "wrong horse, of another year").await;
        refused(answer, 404, "member_password_not_found");
    }
    is_session(&world.by_password(&ada, PASSWORD).await.unwrap());
}

#[tokio::test]
async fn a_hundred_discoveries_within_a_minute() {
    let world = World::new().await;
    for number in 0..100 {
        let address = format!("person{number}@acme.example");
        let email = &world.stytch.otps.email.discovery;
        let request = stytch::b2b::otp_email_discovery::SendRequest {
            email_address: address.clone(),
            ..Default::default()
        };
        email.send(request).await.unwrap_or_else(|error| panic!("person {number}: {error:?}"));
        let code = world.code_for(&address, 0).await;
        let request = stytch::b2b::otp_email_discovery::AuthenticateRequest { email_address: address, code };
        let found = email.authenticate(request).await;
        found.unwrap_or_else(|error| panic!("person {number}: {error:?}"));
    }
}
