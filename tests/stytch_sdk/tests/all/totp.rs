//! Authenticator apps.

use serde_json::json;
use stytch::b2b::{
    organizations as orgs,
    organizations::Member,
    organizations_members as members, otp_sms,
    totps::{AuthenticateRequest, CreateRequest, CreateResponse, MigrateRequest},
};

use crate::common::{
    App, World, factor_types, impossible_terms, is_session, is_waiting, race, refusals_are, refused, some,
};

const PHONE: &str = "+15551234567";

/// Of an app that a member had elsewhere.
const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

fn by(intermediate: &str) -> AuthenticateRequest {
    AuthenticateRequest { intermediate_session_token: some(intermediate), ..Default::default() }
}

fn in_session(token: &str) -> AuthenticateRequest {
    AuthenticateRequest { session_token: some(token), ..Default::default() }
}

async fn create(world: &World, member: &Member, with: CreateRequest) -> stytch::Result<CreateResponse> {
    let request = CreateRequest {
        organization_id: member.organization_id.clone(),
        member_id: member.member_id.clone(),
        ..with
    };
    world.stytch.totps.create(request).await
}

#[tokio::test]
async fn an_app_is_set_up_in_a_sign_in_that_waits_for_it() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let with = CreateRequest { intermediate_session_token: some(&waiting), ..Default::default() };
    let created = create(&world, &ada, with).await.unwrap();
    assert_eq!((&created.member_id, &created.member.member_id), (&ada.member_id, &ada.member_id));
    assert_eq!(created.organization.organization_slug, "acme");
    assert!(created.totp_registration_id.starts_with("member-totp-test-"));
    assert_eq!(created.secret.len(), 32);
    assert!(created.secret.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b)));
    assert!(created.qr_code.starts_with("data:image/png;base64, iVBORw0KGgo"), "{}", created.qr_code);
    assert_eq!(created.recovery_codes.len(), 10);
    for code in &created.recovery_codes {
        let parts: Vec<&str> = code.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 4, 4], "{code}");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        assert!(parts.iter().all(|part| part.chars().all(plain)), "{code}");
    }
    // An app that was never confirmed counts for nothing.
    assert_eq!(world.current(&ada).await.default_mfa_method, "");

    let app = App {
        id: created.totp_registration_id,
        secret: created.secret,
        recovery_codes: created.recovery_codes,
        clock: world.clock.clone(),
    };
    let with = AuthenticateRequest {
        session_duration_minutes: Some(30),
        session_custom_claims: Some(json!({"by": "app"})),
        ..by(&waiting)
    };
    let done = world.by_app(&ada, &app.code(), with).await.unwrap();
    let session = done.member_session.unwrap();
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 30);
    assert_eq!(session.custom_claims, Some(json!({"by": "app"})));
    assert_eq!(factor_types(&session), ["email_otp", "totp"]);
    let factor = &session.authentication_factors[1];
    assert_eq!(serde_json::to_value(&factor.delivery_method).unwrap(), "authenticator_app");
    assert_eq!(factor.authenticator_app_factor.as_ref().unwrap().totp_id, app.id);
    assert_eq!(
        (done.member.totp_registration_id.as_str(), done.member.mfa_enrolled),
        (app.id.as_str(), true)
    );
    assert_eq!(done.member.default_mfa_method, "totp");
    assert_eq!((done.session_token.len(), done.session_jwt.split('.').count()), (44, 3));
    refused(world.exchange(&waiting, &acme).await, 404, "intermediate_session_not_found");
}

#[tokio::test]
async fn who_has_an_app_is_asked_for_it() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, _) = world.enrol_app(&ada, &waiting).await;
    let answer = world.enter(&ada).await;
    let waiting = is_waiting(&answer);
    let owed = answer.mfa_required.unwrap();
    let options = owed.member_options.unwrap();
    assert_eq!(
        (options.mfa_phone_number.as_str(), options.totp_registration_id.as_str()),
        ("", app.id.as_str())
    );
    assert_eq!(owed.secondary_auth_initiated, None);
    let done = world.by_app(&ada, &app.next_code(), by(&waiting)).await.unwrap();
    assert_eq!(factor_types(&done.member_session.unwrap()), ["email_otp", "totp"]);
}

#[tokio::test]
async fn wrong_codes_are_told_apart_and_the_sign_in_survives_them() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    refused(world.by_app(&ada, "123456", by(&waiting)).await, 404, "totp_not_found");
    let (app, _) = world.enrol_app(&ada, &waiting).await;
    let waiting = is_waiting(&world.enter(&ada).await);
    refused(world.by_app(&ada, &app.code(), by(&waiting)).await, 400, "totp_code_already_authenticated");
    refused(world.by_app(&ada, &app.wrong_code(), by(&waiting)).await, 401, "unable_to_authenticate_totp");
    for malformed in ["", "12345", "1234567", "abcdef"] {
        refused(world.by_app(&ada, malformed, by(&waiting)).await, 400, "invalid_totp_code");
    }
    assert!(world.by_app(&ada, &app.next_code(), by(&waiting)).await.is_ok());
}

#[tokio::test]
async fn a_recovery_code_typed_as_a_code_of_the_app_is_told_to_be_one() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, _) = world.enrol_app(&ada, &waiting).await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let answer = world.by_app(&ada, &app.recovery_codes[0], by(&waiting)).await;
    refused(answer, 400, "recovery_code_used_as_totp_code");
    assert!(world.by_app(&ada, &app.next_code(), by(&waiting)).await.is_ok());
}

#[tokio::test]
async fn an_app_has_to_be_confirmed_in_time() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    for (minutes, lives) in [(None, 60), (Some(5), 5), (Some(1440), 1440)] {
        let app =
            world.new_app(&ada, CreateRequest { expiration_minutes: minutes, ..Default::default() }).await;
        world.clock.advance_minutes(lives);
        let token = world.session(&ada).await.session_token;
        let late = world.by_app(&ada, &app.code(), in_session(&token)).await;
        refused(late, 400, "expired_totp");
    }
    for minutes in [-1, 4, 1441] {
        let with = CreateRequest { expiration_minutes: Some(minutes), ..Default::default() };
        refused(create(&world, &ada, with).await, 400, "invalid_expiration");
    }
    let app = world.new_app(&ada, CreateRequest::default()).await;
    world.clock.advance(3570);
    let token = world.session(&ada).await.session_token;
    assert!(world.by_app(&ada, &app.code(), in_session(&token)).await.is_ok());
}

#[tokio::test]
async fn a_member_has_one_app() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let (_, entered) = world.with_app(&ada).await;
    let with = CreateRequest { session_token: some(&entered.session_token), ..Default::default() };
    refused(create(&world, &ada, with).await, 400, "active_totp_exists");
    let request = MigrateRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
        secret: SECRET.to_owned(),
        recovery_codes: Vec::new(),
    };
    refused(world.stytch.totps.migrate(request).await, 400, "active_totp_exists");
}

#[tokio::test]
async fn who_sets_up_an_app_and_what_is_brought_has_to_fit() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let other = world.organization("other").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let eve = world.member(&other, "eve@acme.example").await;
    let pending = world.pending(&other, "new@acme.example").await;
    let of_eve = world.session(&eve).await;
    let waiting = is_waiting(&world.enter(&ada).await);

    let request = CreateRequest {
        organization_id: "nothing".to_owned(),
        member_id: ada.member_id.clone(),
        ..Default::default()
    };
    refused(world.stytch.totps.create(request).await, 404, "organization_not_found");
    let request = CreateRequest {
        organization_id: other.organization_id.clone(),
        member_id: ada.member_id.clone(),
        ..Default::default()
    };
    refused(world.stytch.totps.create(request).await, 404, "member_not_found");
    let answer = create(&world, &pending, CreateRequest::default()).await;
    refused(answer, 400, "action_available_only_for_active_members");
    let with = CreateRequest { session_token: some(&of_eve.session_token), ..Default::default() };
    refused(create(&world, &ada, with).await, 400, "member_session_member_id_mismatch");
    let with = CreateRequest { intermediate_session_token: some("unknown"), ..Default::default() };
    refused(create(&world, &ada, with).await, 404, "intermediate_session_not_found");

    let app = world
        .new_app(&ada, CreateRequest { intermediate_session_token: some(&waiting), ..Default::default() })
        .await;
    let code = app.code();
    refused(world.by_app(&ada, &code, AuthenticateRequest::default()).await, 400, "no_session_arguments");
    let two = AuthenticateRequest { session_token: some(&of_eve.session_token), ..by(&waiting) };
    refused(world.by_app(&ada, &code, two).await, 400, "too_many_session_arguments");
    let foreign = in_session(&of_eve.session_token);
    refused(world.by_app(&ada, &code, foreign).await, 400, "member_session_member_id_mismatch");
    refused(world.by_app(&ada, &code, in_session("unknown")).await, 404, "session_not_found");
    refused(world.by_app(&ada, &code, by("unknown")).await, 404, "intermediate_session_not_found");
    let early = world.by_app(&pending, &code, by(&waiting)).await;
    refused(early, 400, "action_available_only_for_active_members");
    for (organization_id, error_type) in
        [("nothing", "organization_not_found"), ("other", "member_not_found")]
    {
        let elsewhere = Member { organization_id: organization_id.to_owned(), ..ada.clone() };
        refused(world.by_app(&elsewhere, &code, by(&waiting)).await, 404, error_type);
    }
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let with = AuthenticateRequest { session_duration_minutes, session_custom_claims, ..by(&waiting) };
        refused(world.by_app(&ada, &code, with).await, 400, error_type);
    }
    let nonsense = AuthenticateRequest { set_mfa_enrollment: some("maybe"), ..by(&waiting) };
    refused(world.by_app(&ada, &code, nonsense).await, 400, "bad_request");
    assert!(world.by_app(&ada, &code, by(&waiting)).await.is_ok());
}

#[tokio::test]
async fn an_app_waits_for_the_first_factor() {
    let world = World::new().await;
    let (ada, token) = world.owing_both().await;
    let early = world.by_app(&ada, "123456", by(&token)).await;
    refused(early, 400, "action_available_only_once_primary_authentication_is_met");
    let with = CreateRequest { intermediate_session_token: some(&token), ..Default::default() };
    let early = create(&world, &ada, with).await;
    refused(early, 400, "action_available_only_once_primary_authentication_is_met");
}

#[tokio::test]
async fn where_only_phones_are_taken_no_app_is() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let bob = world.member(&acme, "bob@acme.example").await;
    let waiting = is_waiting(&world.enter(&bob).await);
    let (app, _) = world.enrol_app(&bob, &waiting).await;
    let restrict = orgs::UpdateRequest {
        mfa_methods: some("RESTRICTED"),
        allowed_mfa_methods: Some(vec!["sms_otp".to_owned()]),
        ..Default::default()
    };
    world.update(&acme, restrict).await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let with = CreateRequest { intermediate_session_token: some(&waiting), ..Default::default() };
    refused(create(&world, &ada, with).await, 400, "operation_restricted_by_organization_mfa_methods");
    let waiting = is_waiting(&world.enter(&bob).await);
    let answer = world.by_app(&bob, &app.next_code(), by(&waiting)).await;
    refused(answer, 400, "operation_restricted_by_organization_mfa_methods");
    let request = stytch::b2b::recovery_codes::RecoverRequest {
        organization_id: acme.organization_id.clone(),
        member_id: bob.member_id.clone(),
        recovery_code: app.recovery_codes[0].clone(),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    let answer = world.stytch.recovery_codes.recover(request).await;
    refused(answer, 400, "operation_restricted_by_organization_mfa_methods");
}

#[tokio::test]
async fn who_has_a_phone_needs_it_to_add_an_app() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    world.enrol_phone(&ada, PHONE, &waiting).await;
    world.clock.advance_minutes(2);

    let before = world.last_message();
    let waiting = is_waiting(&world.enter(&ada).await);
    for with in [
        CreateRequest::default(),
        CreateRequest { intermediate_session_token: some(&waiting), ..Default::default() },
    ] {
        refused(create(&world, &ada, with).await, 401, "insufficient_factors");
    }
    let code = world.code_for(PHONE, before).await;
    let with =
        otp_sms::AuthenticateRequest { intermediate_session_token: some(&waiting), ..Default::default() };
    let entered = world.by_sms(&ada, &code, with).await.unwrap();
    let token = &entered.session_token;
    let app = world.new_app(&ada, CreateRequest { session_token: some(token), ..Default::default() }).await;
    let done = world.by_app(&ada, &app.code(), in_session(token)).await.unwrap();
    assert_eq!(done.member.default_mfa_method, "sms_otp");
    let with = AuthenticateRequest { set_default_mfa: Some(true), ..in_session(token) };
    let done = world.by_app(&ada, &app.next_code(), with).await.unwrap();
    assert_eq!(done.member.default_mfa_method, "totp");
    assert_eq!(factor_types(&done.member_session.unwrap()), ["email_otp", "otp", "totp"]);

    // With the app asked for first, no code is sent; both are offered.
    world.clock.advance_minutes(2);
    let before = world.last_message();
    let answer = world.enter(&ada).await;
    is_waiting(&answer);
    let owed = answer.mfa_required.unwrap();
    assert_eq!(owed.secondary_auth_initiated, None);
    let options = owed.member_options.unwrap();
    assert_eq!((options.mfa_phone_number.as_str(), options.totp_registration_id), ("XXXXXXX4567", app.id));
    assert_eq!(world.codes_for(PHONE, before), 0);
}

#[tokio::test]
async fn an_app_enrols_only_if_asked() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let (app, entered) = world.with_app(&ada).await;
    assert!(!entered.member.mfa_enrolled);
    is_session(&world.enter(&ada).await);
    let token = &entered.session_token;
    let with = AuthenticateRequest { set_mfa_enrollment: some("enroll"), ..in_session(token) };
    assert!(world.by_app(&ada, &app.next_code(), with).await.unwrap().member.mfa_enrolled);
    is_waiting(&world.enter(&ada).await);
    let with = AuthenticateRequest { set_mfa_enrollment: some("unenroll"), ..in_session(token) };
    assert!(!world.by_app(&ada, &app.next_code(), with).await.unwrap().member.mfa_enrolled);
    is_session(&world.enter(&ada).await);
}

#[tokio::test]
async fn ten_wrong_codes_lock_the_member() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, _) = world.enrol_app(&ada, &waiting).await;
    let waiting = is_waiting(&world.enter(&ada).await);
    // A success between begins anew.
    for _ in 0..9 {
        let answer = world.by_app(&ada, &app.wrong_code(), by(&waiting)).await;
        refused(answer, 401, "unable_to_authenticate_totp");
    }
    world.by_app(&ada, &app.next_code(), by(&waiting)).await.unwrap();
    let waiting = is_waiting(&world.enter(&ada).await);
    for _ in 0..10 {
        let answer = world.by_app(&ada, &app.wrong_code(), by(&waiting)).await;
        refused(answer, 401, "unable_to_authenticate_totp");
    }
    refused(world.by_app(&ada, &app.next_code(), by(&waiting)).await, 429, "user_lock_limit_reached");
    assert!(world.current(&ada).await.is_locked);
    world.clock.advance_minutes(60);
    let waiting = is_waiting(&world.enter(&ada).await);
    assert!(world.by_app(&ada, &app.next_code(), by(&waiting)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_uses_of_a_code_at_once_one_counts() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let (app, entered) = world.with_app(&ada).await;
    let (code, sdk) = (app.next_code(), world.sdk.clone());
    let answers = race(32, || {
        let client = stytch::b2b::client::Client::new_with_http_client(sdk.clone(), sdk.clone());
        let request = AuthenticateRequest {
            organization_id: ada.organization_id.clone(),
            member_id: ada.member_id.clone(),
            code: code.clone(),
            ..in_session(&entered.session_token)
        };
        async move { client.totps.authenticate(request).await }
    })
    .await;
    let expected = [(400, "totp_code_already_authenticated", 10), (429, "user_lock_limit_reached", 21)];
    refusals_are(answers, &expected);
}

#[tokio::test]
async fn an_app_is_taken_over_from_elsewhere() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let bob = world.member(&acme, "bob@acme.example").await;
    let migrate = async |member: &Member, recovery_codes: &[&str]| {
        let request = MigrateRequest {
            organization_id: acme.organization_id.clone(),
            member_id: member.member_id.clone(),
            secret: SECRET.to_owned(),
            recovery_codes: recovery_codes.iter().map(|code| (*code).to_owned()).collect(),
        };
        world.stytch.totps.migrate(request).await
    };
    let codes = ["aaaa-bbbb-cccc", "dddd-eeee-ffff"];
    let moved = migrate(&ada, &codes).await.unwrap();
    assert_eq!((&moved.member_id, moved.organization.organization_slug.as_str()), (&ada.member_id, "acme"));
    assert_eq!(moved.recovery_codes, codes);
    assert_eq!(moved.member.totp_registration_id, moved.totp_registration_id);
    assert_eq!(moved.member.default_mfa_method, "totp");
    let app = App {
        id: moved.totp_registration_id,
        secret: SECRET.to_owned(),
        recovery_codes: moved.recovery_codes,
        clock: world.clock.clone(),
    };
    let waiting = is_waiting(&world.enter(&ada).await);
    assert!(world.by_app(&ada, &app.code(), by(&waiting)).await.is_ok());
    let waiting = is_waiting(&world.enter(&ada).await);
    let request = stytch::b2b::recovery_codes::RecoverRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
        recovery_code: "dddd-eeee-ffff".to_owned(),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    assert_eq!(world.stytch.recovery_codes.recover(request).await.unwrap().recovery_codes_remaining, 1);

    assert_eq!(migrate(&bob, &[]).await.unwrap().recovery_codes.len(), 10);
}

#[tokio::test]
async fn an_app_that_cannot_be_taken_over_is_not() {
    let world = World::new().await;
    let (acme, _) = (world.organization("acme").await, world.organization("other").await);
    let ada = world.member(&acme, "ada@acme.example").await;
    let pending = world.pending(&acme, "new@acme.example").await;
    let right = || MigrateRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
        secret: SECRET.to_owned(),
        recovery_codes: Vec::new(),
    };
    let migrate = |request| world.stytch.totps.migrate(request);
    let nowhere = MigrateRequest { organization_id: "nothing".to_owned(), ..right() };
    refused(migrate(nowhere).await, 404, "organization_not_found");
    let elsewhere = MigrateRequest { organization_id: "other".to_owned(), ..right() };
    refused(migrate(elsewhere).await, 404, "member_not_found");
    let early = MigrateRequest { member_id: pending.member_id.clone(), ..right() };
    refused(migrate(early).await, 400, "action_available_only_for_active_members");
    for secret in ["", "nonsense!", "JBSW"] {
        let request = MigrateRequest { secret: secret.to_owned(), ..right() };
        refused(migrate(request).await, 400, "invalid_totp_secret");
    }
    // Each is good once, so that none stands there twice.
    let good = |number: usize| format!("aaaa-bbbb-{number:04}");
    for codes in
        [vec![String::new()], vec!["x".to_owned()], vec![good(1), good(1)], (0..101).map(good).collect()]
    {
        let request = MigrateRequest { recovery_codes: codes, ..right() };
        refused(migrate(request).await, 400, "invalid_recovery_code");
    }
    let restricted = |methods: &str, allowed: &[&str]| orgs::UpdateRequest {
        mfa_methods: some(methods),
        allowed_mfa_methods: Some(allowed.iter().map(|method| (*method).to_owned()).collect()),
        ..Default::default()
    };
    world.update(&acme, restricted("RESTRICTED", &["sms_otp"])).await;
    refused(migrate(right()).await, 400, "operation_restricted_by_organization_mfa_methods");
    assert_eq!(world.current(&ada).await.totp_registration_id, "");
    world.update(&acme, restricted("ALL_ALLOWED", &[])).await;
    assert_eq!(migrate(right()).await.unwrap().recovery_codes.len(), 10);
}

#[tokio::test]
async fn without_an_app_the_next_sign_in_enrols_again_and_sessions_stay() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, done) = world.enrol_app(&ada, &waiting).await;
    let request = members::DeleteTOTPRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
    };
    let after = world.stytch.organizations.members.delete_totp(request.clone()).await.unwrap();
    assert_eq!(
        (after.member_id.as_str(), after.member.totp_registration_id.as_str()),
        (ada.member_id.as_str(), "")
    );
    assert_eq!(after.member.default_mfa_method, "");
    assert!(world.authenticate(&done.session_token).await.is_ok());
    let answer = world.enter(&ada).await;
    let waiting = is_waiting(&answer);
    assert!(answer.mfa_required.unwrap().member_options.is_none());
    refused(world.by_app(&ada, &app.next_code(), by(&waiting)).await, 404, "totp_not_found");
    refused(world.stytch.organizations.members.delete_totp(request).await, 404, "totp_not_found");
}
