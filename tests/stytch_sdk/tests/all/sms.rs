//! Codes by SMS, as a second factor.

use serde_json::json;
use stytch::b2b::{
    organizations as orgs,
    organizations::Member,
    organizations_members as members, otp_email,
    otp_sms::{AuthenticateRequest, SendRequest, SendResponse},
    totps,
};
use vestibule::{FileKeys, Vestibule, deliver::Mailbox, store::memory::MemoryStore};

use crate::common::{
    PROJECT, World, factor_types, impossible_terms, is_session, is_waiting, race, refusals_are, refused, some,
};

const PHONE: &str = "+15551234567";

fn by(intermediate: &str) -> AuthenticateRequest {
    AuthenticateRequest { intermediate_session_token: some(intermediate), ..Default::default() }
}

async fn send(world: &World, member: &Member, with: SendRequest) -> stytch::Result<SendResponse> {
    let request = SendRequest {
        organization_id: member.organization_id.clone(),
        member_id: member.member_id.clone(),
        ..with
    };
    world.stytch.otps.sms.send(request).await
}

fn another(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

#[tokio::test]
async fn a_phone_is_set_up_in_a_sign_in_that_waits_for_it() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let answer = world.enter(&ada).await;
    let waiting = is_waiting(&answer);
    let owed = answer.mfa_required.unwrap();
    assert!(owed.member_options.is_none() && owed.secondary_auth_initiated.is_none());

    let with = SendRequest {
        mfa_phone_number: some(PHONE),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    let sent = send(&world, &ada, with).await.unwrap();
    assert_eq!((&sent.member_id, sent.organization.organization_slug.as_str()), (&ada.member_id, "acme"));
    assert_eq!(sent.member.mfa_phone_number, PHONE);
    assert!(!sent.member.mfa_phone_number_verified);

    let code = world.code_for(PHONE, 0).await;
    let with = AuthenticateRequest {
        session_duration_minutes: Some(30),
        session_custom_claims: Some(json!({"by": "sms"})),
        ..by(&waiting)
    };
    let done = world.by_sms(&ada, &code, with).await.unwrap();
    let session = done.member_session.unwrap();
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 30);
    assert_eq!(session.custom_claims, Some(json!({"by": "sms"})));
    assert_eq!(factor_types(&session), ["email_otp", "otp"]);
    let factor = &session.authentication_factors[1];
    assert_eq!(serde_json::to_value(&factor.delivery_method).unwrap(), "sms");
    assert_eq!(factor.phone_number_factor.as_ref().unwrap().phone_number, PHONE);
    assert!(done.member.mfa_phone_number_verified && done.member.mfa_enrolled);
    assert_eq!(done.member.default_mfa_method, "sms_otp");
    assert_eq!((done.session_token.len(), done.session_jwt.split('.').count()), (44, 3));
    assert!(world.authenticate(&done.session_token).await.is_ok());

    // It is used up.
    world.clock.advance_minutes(1);
    refused(world.exchange(&waiting, &acme).await, 404, "intermediate_session_not_found");
    refused(world.by_sms(&ada, &code, by(&waiting)).await, 404, "intermediate_session_not_found");
}

#[tokio::test]
async fn a_code_is_sent_at_once_to_who_has_a_phone() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    world.enrol_phone(&ada, PHONE, &waiting).await;
    world.clock.advance_minutes(2);

    let before = world.last_message();
    let answer = world.enter(&ada).await;
    let waiting = is_waiting(&answer);
    let owed = answer.mfa_required.unwrap();
    assert_eq!(owed.secondary_auth_initiated.as_deref(), Some("sms_otp"));
    let options = owed.member_options.unwrap();
    assert_eq!(
        (options.mfa_phone_number.as_str(), options.totp_registration_id.as_str()),
        ("XXXXXXX4567", "")
    );
    assert_eq!(answer.member.mfa_phone_number, PHONE);
    let code = world.code_for(PHONE, before).await;
    let done = world.by_sms(&ada, &code, by(&waiting)).await.unwrap();
    assert_eq!(factor_types(&done.member_session.unwrap()), ["email_otp", "otp"]);

    // Discovery sends none, entering from there does.
    world.clock.advance_minutes(2);
    let found = world.discover("ada@acme.example").await;
    let before = world.last_message();
    let owed = found.discovered_organizations[0].mfa_required.clone().unwrap();
    assert!(owed.secondary_auth_initiated.is_none() && owed.member_options.is_some());
    let answer = world.exchange(&found.intermediate_session_token, &acme).await.unwrap();
    assert_eq!(is_waiting(&answer), found.intermediate_session_token);
    assert_eq!(answer.mfa_required.unwrap().secondary_auth_initiated.as_deref(), Some("sms_otp"));
    let code = world.code_for(PHONE, before).await;
    assert_eq!(world.codes_for(PHONE, before), 1);
    assert!(world.by_sms(&ada, &code, by(&found.intermediate_session_token)).await.is_ok());
}

#[tokio::test]
async fn a_code_is_sent_to_a_phone_that_was_not_proved_yet_where_everybody_is_asked() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let settings = members::CreateRequest { mfa_phone_number: some(PHONE), ..Default::default() };
    let ada = world.member_with(&acme, "ada@acme.example", settings).await;
    let answer = world.enter(&ada).await;
    let waiting = is_waiting(&answer);
    let owed = answer.mfa_required.unwrap();
    assert_eq!(owed.secondary_auth_initiated.as_deref(), Some("sms_otp"));
    // Only what was proved is offered.
    assert!(owed.member_options.is_none());
    let code = world.code_for(PHONE, 0).await;
    let done = world.by_sms(&ada, &code, by(&waiting)).await.unwrap();
    assert!(done.member.mfa_phone_number_verified);
}

#[tokio::test]
async fn wrong_codes_are_told_apart_and_the_sign_in_survives_them() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let with = || SendRequest {
        mfa_phone_number: some(PHONE),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    let first = world.sms_code(&ada, PHONE, with()).await;
    refused(world.by_sms(&ada, &another(&first), by(&waiting)).await, 404, "otp_code_not_found");
    for malformed in ["", "12345", "1234567", "abcdef"] {
        refused(world.by_sms(&ada, malformed, by(&waiting)).await, 400, "invalid_code");
    }
    world.clock.advance_minutes(2);
    refused(world.by_sms(&ada, &first, by(&waiting)).await, 401, "unable_to_auth_otp_code");

    let second = world.sms_code(&ada, PHONE, with()).await;
    world.clock.advance(31);
    let third = world.sms_code(&ada, PHONE, with()).await;
    refused(world.by_sms(&ada, &second, by(&waiting)).await, 404, "otp_code_not_found");
    world.clock.advance(88);
    let done = world.by_sms(&ada, &third, by(&waiting)).await.unwrap();

    let with = AuthenticateRequest { session_token: some(&done.session_token), ..Default::default() };
    refused(world.by_sms(&ada, &third, with).await, 401, "unable_to_auth_otp_code");
}

#[tokio::test]
async fn phones_that_cannot_be_are_refused() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let with = |phone: Option<&str>| SendRequest {
        mfa_phone_number: phone.map(str::to_owned),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    refused(send(&world, &ada, with(None)).await, 404, "member_phone_number_not_found");
    for phone in ["5551234567", "+1", "+1555123456789012", "nonsense"] {
        refused(send(&world, &ada, with(Some(phone))).await, 400, "invalid_phone_number");
    }
    world.enrol_phone(&ada, PHONE, &waiting).await;
    world.clock.advance_minutes(2);
    let waiting = is_waiting(&world.enter(&ada).await);
    let other = SendRequest {
        mfa_phone_number: some("+15557654321"),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    refused(send(&world, &ada, other).await, 400, "duplicate_member_phone_number_for_member");
    assert_eq!(world.current(&ada).await.mfa_phone_number, PHONE);
}

#[tokio::test]
async fn a_code_can_be_sent_again() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    world.enrol_phone(&ada, PHONE, &waiting).await;
    world.clock.advance_minutes(2);

    let before = world.last_message();
    let waiting = is_waiting(&world.enter(&ada).await);
    let first = world.code_for(PHONE, before).await;
    world.clock.advance(31);
    let with = SendRequest { intermediate_session_token: some(&waiting), ..Default::default() };
    let second = world.sms_code(&ada, PHONE, with).await;
    if first != second {
        refused(world.by_sms(&ada, &first, by(&waiting)).await, 404, "otp_code_not_found");
    }
    assert!(world.by_sms(&ada, &second, by(&waiting)).await.is_ok());
}

#[tokio::test]
async fn who_is_asked_and_what_is_brought_has_to_fit() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let other = world.organization("other").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let bob = world.member(&acme, "bob@acme.example").await;
    let eve = world.member(&other, "eve@acme.example").await;
    let pending = world.pending(&acme, "new@acme.example").await;
    let of_eve = world.session(&eve).await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let of_bob = is_waiting(&world.enter(&bob).await);
    let phone = || SendRequest { mfa_phone_number: some(PHONE), ..Default::default() };

    let request =
        SendRequest { organization_id: "nothing".to_owned(), member_id: ada.member_id.clone(), ..phone() };
    refused(world.stytch.otps.sms.send(request).await, 404, "organization_not_found");
    let request = SendRequest {
        organization_id: other.organization_id.clone(),
        member_id: ada.member_id.clone(),
        ..phone()
    };
    refused(world.stytch.otps.sms.send(request).await, 404, "member_not_found");
    let unknown = SendRequest { intermediate_session_token: some("unknown"), ..phone() };
    refused(send(&world, &ada, unknown).await, 404, "intermediate_session_not_found");
    let unknown = SendRequest { session_token: some("unknown"), ..phone() };
    refused(send(&world, &ada, unknown).await, 404, "session_not_found");
    let two = SendRequest {
        intermediate_session_token: some(&waiting),
        session_token: some(&of_eve.session_token),
        ..phone()
    };
    refused(send(&world, &ada, two).await, 400, "too_many_session_arguments");
    let foreign = SendRequest { session_token: some(&of_eve.session_token), ..phone() };
    refused(send(&world, &ada, foreign).await, 400, "member_session_member_id_mismatch");
    let foreign = SendRequest { intermediate_session_token: some(&of_bob), ..phone() };
    refused(send(&world, &ada, foreign).await, 400, "member_session_member_id_mismatch");
    assert_eq!(world.codes_for(PHONE, 0), 0);

    let with = SendRequest { intermediate_session_token: some(&waiting), ..phone() };
    let code = world.sms_code(&ada, PHONE, with).await;
    let nothing = AuthenticateRequest::default();
    refused(world.by_sms(&ada, &code, nothing).await, 400, "no_session_arguments");
    let two = AuthenticateRequest { session_token: some(&of_eve.session_token), ..by(&waiting) };
    refused(world.by_sms(&ada, &code, two).await, 400, "too_many_session_arguments");
    refused(world.by_sms(&ada, &code, by("unknown")).await, 404, "intermediate_session_not_found");
    let unknown = AuthenticateRequest { session_token: some("unknown"), ..Default::default() };
    refused(world.by_sms(&ada, &code, unknown).await, 404, "session_not_found");
    let foreign = AuthenticateRequest { session_token: some(&of_eve.session_token), ..Default::default() };
    refused(world.by_sms(&ada, &code, foreign).await, 400, "member_session_member_id_mismatch");
    let foreign = world.by_sms(&ada, &code, by(&of_bob)).await;
    refused(foreign, 400, "member_session_member_id_mismatch");
    let early = world.by_sms(&pending, &code, by(&waiting)).await;
    refused(early, 400, "action_available_only_for_active_members");
    for (organization_id, error_type) in
        [("nothing", "organization_not_found"), ("other", "member_not_found")]
    {
        let elsewhere = Member { organization_id: organization_id.to_owned(), ..ada.clone() };
        refused(world.by_sms(&elsewhere, &code, by(&waiting)).await, 404, error_type);
    }
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let with = AuthenticateRequest { session_duration_minutes, session_custom_claims, ..by(&waiting) };
        refused(world.by_sms(&ada, &code, with).await, 400, error_type);
    }
    assert!(world.by_sms(&ada, &code, by(&waiting)).await.is_ok());
}

#[tokio::test]
async fn only_active_members_set_a_phone_up() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.pending(&acme, "ada@acme.example").await;
    let with = SendRequest { mfa_phone_number: some(PHONE), ..Default::default() };
    refused(send(&world, &ada, with).await, 400, "action_available_only_for_active_members");
}

#[tokio::test]
async fn where_no_text_messages_are_sent_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(|_| {
        Vestibule::builder()
            .project_id(PROJECT)
            .name("Acme")
            .origin("https://app.acme.example")
            .master_keys(FileKeys::or_create(folder.path().join("keys")))
            .store(MemoryStore::new())
            .email(Mailbox::new())
    })
    .await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    for with in [SendRequest::default(), SendRequest { mfa_phone_number: some(PHONE), ..Default::default() }]
    {
        refused(send(&world, &ada, with).await, 400, "missing_sms_parameter");
    }
    assert_eq!(world.current(&ada).await.mfa_phone_number, "");
}

#[tokio::test]
async fn a_second_factor_waits_for_the_first() {
    let world = World::new().await;
    let (ada, token) = world.owing_both().await;
    let with = SendRequest {
        mfa_phone_number: some(PHONE),
        intermediate_session_token: some(&token),
        ..Default::default()
    };
    let early = send(&world, &ada, with).await;
    refused(early, 400, "action_available_only_once_primary_authentication_is_met");
    let early = world.by_sms(&ada, "123456", by(&token)).await;
    refused(early, 400, "action_available_only_once_primary_authentication_is_met");
}

#[tokio::test]
async fn where_only_apps_are_taken_no_code_is_sent() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let bob = world.member(&acme, "bob@acme.example").await;
    let waiting = is_waiting(&world.enter(&bob).await);
    world.enrol_phone(&bob, PHONE, &waiting).await;
    let restrict = orgs::UpdateRequest {
        mfa_methods: some("RESTRICTED"),
        allowed_mfa_methods: Some(vec!["totp".to_owned()]),
        ..Default::default()
    };
    world.update(&acme, restrict).await;
    world.clock.advance_minutes(2);

    let waiting = is_waiting(&world.enter(&ada).await);
    let with = SendRequest {
        mfa_phone_number: some("+15557654321"),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    refused(send(&world, &ada, with).await, 400, "operation_restricted_by_organization_mfa_methods");
    let answer = world.enter(&bob).await;
    let waiting = is_waiting(&answer);
    assert!(answer.mfa_required.unwrap().secondary_auth_initiated.is_none());
    let with = SendRequest { intermediate_session_token: some(&waiting), ..Default::default() };
    refused(send(&world, &bob, with).await, 400, "operation_restricted_by_organization_mfa_methods");
    let answer = world.by_sms(&bob, "123456", by(&waiting)).await;
    refused(answer, 400, "operation_restricted_by_organization_mfa_methods");
}

#[tokio::test]
async fn who_has_an_app_needs_it_to_add_a_phone() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let (app, _) = world.with_app(&ada).await;
    world.clock.advance_minutes(10);
    let session = world.session(&ada).await;
    let phone = || SendRequest { mfa_phone_number: some(PHONE), ..Default::default() };

    for with in [phone(), SendRequest { session_token: some(&session.session_token), ..phone() }] {
        refused(send(&world, &ada, with).await, 401, "insufficient_factors");
    }
    assert_eq!(world.current(&ada).await.mfa_phone_number, "");
    let with =
        totps::AuthenticateRequest { session_token: some(&session.session_token), ..Default::default() };
    world.by_app(&ada, &app.next_code(), with).await.unwrap();
    let with = SendRequest { session_token: some(&session.session_token), ..phone() };
    let code = world.sms_code(&ada, PHONE, with).await;
    let with = AuthenticateRequest { session_token: some(&session.session_token), ..Default::default() };
    let done = world.by_sms(&ada, &code, with).await.unwrap();
    assert_eq!(factor_types(&done.member_session.unwrap()), ["email_otp", "totp", "otp"]);
    // The first method stays the one that is asked for.
    assert_eq!(done.member.default_mfa_method, "totp");
}

#[tokio::test]
async fn a_session_adds_a_second_factor_after_a_fresh_proof_of_the_first() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let (app, with_app) = world.with_app(&ada).await;
    assert_eq!(factor_types(&with_app.member_session.unwrap()), ["email_otp", "totp"]);
    let adds = async |session: &str| {
        let with =
            SendRequest { mfa_phone_number: some(PHONE), session_token: some(session), ..Default::default() };
        send(&world, &ada, with).await
    };
    // What was set up in a session counts from the next one on.
    refused(adds(&with_app.session_token).await, 401, "insufficient_factors");
    let session = world.session(&ada).await.session_token;
    refused(adds(&session).await, 401, "insufficient_factors");
    let prove = async || {
        let with = totps::AuthenticateRequest { session_token: some(&session), ..Default::default() };
        world.by_app(&ada, &app.next_code(), with).await.unwrap();
    };
    prove().await;
    world.clock.advance_minutes(6);
    refused(adds(&session).await, 401, "stale_factors");
    prove().await;
    adds(&session).await.unwrap();
}

#[tokio::test]
async fn a_phone_adds_to_a_session_and_enrols_only_if_asked() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let token = &entered.session_token;
    let send_with = |phone: Option<&str>| SendRequest {
        mfa_phone_number: phone.map(str::to_owned),
        session_token: some(token),
        ..Default::default()
    };
    let code = world.sms_code(&ada, PHONE, send_with(Some(PHONE))).await;
    let with = || AuthenticateRequest { session_token: some(token), ..Default::default() };
    let done = world.by_sms(&ada, &code, with()).await.unwrap();
    assert_eq!(&done.session_token, token);
    let session = done.member_session.unwrap();
    assert_eq!(session.member_session_id, is_session(&entered).member_session_id);
    assert_eq!(factor_types(&session), ["email_otp", "otp"]);
    assert!(!done.member.mfa_enrolled && done.member.mfa_phone_number_verified);
    assert_eq!(done.member.default_mfa_method, "sms_otp");

    for (choice, enrolled) in [("enroll", true), ("unenroll", false)] {
        world.clock.advance_minutes(2);
        let code = world.sms_code(&ada, PHONE, send_with(None)).await;
        let with = AuthenticateRequest { set_mfa_enrollment: some(choice), ..with() };
        let done = world.by_sms(&ada, &code, with).await.unwrap();
        assert_eq!(done.member.mfa_enrolled, enrolled, "{choice}");
        // The same factor once, and later.
        let session = done.member_session.unwrap();
        assert_eq!(factor_types(&session), ["email_otp", "otp"]);
        let proved = session.authentication_factors[1].last_authenticated_at.unwrap();
        assert_eq!(proved.timestamp(), world.clock.timestamp());
    }
    world.clock.advance_minutes(2);
    let code = world.sms_code(&ada, PHONE, send_with(None)).await;
    let nonsense = AuthenticateRequest { set_mfa_enrollment: some("maybe"), ..with() };
    refused(world.by_sms(&ada, &code, nonsense).await, 400, "bad_request");
    assert!(world.by_sms(&ada, &code, with()).await.is_ok());
}

#[tokio::test]
async fn where_everybody_is_asked_nobody_is_excepted() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let with = SendRequest {
        mfa_phone_number: some(PHONE),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    let code = world.sms_code(&ada, PHONE, with).await;
    let with = AuthenticateRequest { set_mfa_enrollment: some("unenroll"), ..by(&waiting) };
    let done = world.by_sms(&ada, &code, with).await.unwrap();
    assert!(done.member.mfa_enrolled);
}

#[tokio::test]
async fn ten_wrong_codes_lock_the_member_for_an_hour() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let with = SendRequest {
        mfa_phone_number: some(PHONE),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    let mut code = world.sms_code(&ada, PHONE, with.clone()).await;
    for failures in 0..10 {
        assert!(!world.current(&ada).await.is_locked, "after {failures}");
        if failures % 4 == 3 {
            world.clock.advance(31);
            code = world.sms_code(&ada, PHONE, with.clone()).await;
        }
        refused(world.by_sms(&ada, &another(&code), by(&waiting)).await, 404, "otp_code_not_found");
    }
    refused(world.by_sms(&ada, &code, by(&waiting)).await, 429, "user_lock_limit_reached");
    let locked = world.current(&ada).await;
    assert!(locked.is_locked);
    let (since, until) = (locked.lock_created_at.unwrap(), locked.lock_expires_at.unwrap());
    assert_eq!(since.timestamp(), world.clock.timestamp());
    assert_eq!((until - since).num_minutes(), 60);

    world.clock.advance_minutes(60);
    let free = world.current(&ada).await;
    assert!(!free.is_locked && free.lock_expires_at.is_none());
    let waiting = is_waiting(&world.enter(&ada).await);
    world.clock.advance(31);
    let with = SendRequest { intermediate_session_token: some(&waiting), ..Default::default() };
    let code = world.sms_code(&ada, PHONE, with).await;
    assert!(world.by_sms(&ada, &code, by(&waiting)).await.is_ok());
}

#[tokio::test]
async fn who_is_locked_is_told_so_whatever_they_ask_for() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    world.enrol_phone(&ada, PHONE, &waiting).await;
    world.clock.advance_minutes(2);
    let before = world.last_message();
    let waiting = is_waiting(&world.enter(&ada).await);
    let mut code = world.code_for(PHONE, before).await;
    let with = SendRequest { intermediate_session_token: some(&waiting), ..Default::default() };
    for failures in 0..10 {
        if failures == 5 {
            world.clock.advance(31);
            code = world.sms_code(&ada, PHONE, with.clone()).await;
        }
        refused(world.by_sms(&ada, &another(&code), by(&waiting)).await, 404, "otp_code_not_found");
    }
    assert!(world.current(&ada).await.is_locked);
    world.clock.advance(31);
    refused(send(&world, &ada, with).await, 429, "user_lock_limit_reached");
    refused(world.by_sms(&ada, &code, by(&waiting)).await, 429, "user_lock_limit_reached");
}

#[tokio::test]
async fn who_is_locked_comes_in_where_a_first_factor_is_enough() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let (app, entered) = world.with_app(&ada).await;
    for _ in 0..10 {
        let with =
            totps::AuthenticateRequest { session_token: some(&entered.session_token), ..Default::default() };
        let wrong = world.by_app(&ada, &app.wrong_code(), with).await;
        refused(wrong, 401, "unable_to_authenticate_totp");
    }
    assert!(world.current(&ada).await.is_locked);
    let code = world.email_code(&ada).await;
    let request = otp_email::AuthenticateRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        code,
        ..Default::default()
    };
    // The lock is one of second factors, and no reason to shut out whoever needs none.
    is_session(&world.stytch.otps.email.authenticate(request).await.unwrap());
}

#[tokio::test]
async fn codes_are_not_sent_without_end() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let with = SendRequest {
        mfa_phone_number: some(PHONE),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    world.sms_code(&ada, PHONE, with.clone()).await;
    refused(send(&world, &ada, with).await, 429, "too_many_requests");
}

#[tokio::test]
async fn a_code_dies_after_five_wrong_ones() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let with = SendRequest {
        mfa_phone_number: some(PHONE),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    let code = world.sms_code(&ada, PHONE, with).await;
    for _ in 0..5 {
        refused(world.by_sms(&ada, &another(&code), by(&waiting)).await, 404, "otp_code_not_found");
    }
    refused(world.by_sms(&ada, &code, by(&waiting)).await, 401, "unable_to_auth_otp_code");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_uses_of_a_code_at_once_one_makes_a_session() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let with = SendRequest {
        mfa_phone_number: some(PHONE),
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    let code = world.sms_code(&ada, PHONE, with).await;
    let sdk = world.sdk.clone();
    let answers = race(32, || {
        let client = stytch::b2b::client::Client::new_with_http_client(sdk.clone(), sdk.clone());
        let request = AuthenticateRequest {
            organization_id: ada.organization_id.clone(),
            member_id: ada.member_id.clone(),
            code: code.clone(),
            ..by(&waiting)
        };
        async move { client.otps.sms.authenticate(request).await }
    })
    .await;
    refusals_are(answers, &[(404, "intermediate_session_not_found", 31)]);
    let request = stytch::b2b::sessions::GetRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
    };
    assert_eq!(world.stytch.sessions.get(request).await.unwrap().member_sessions.len(), 1);
    assert!(!world.current(&ada).await.is_locked);
}

#[tokio::test]
async fn without_a_phone_the_next_sign_in_enrols_again_and_sessions_stay() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let done = world.enrol_phone(&ada, PHONE, &waiting).await;
    let request = members::DeleteMFAPhoneNumberRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
    };
    let after = world.stytch.organizations.members.delete_mfa_phone_number(request).await.unwrap();
    assert_eq!(after.member_id, ada.member_id);
    assert_eq!((after.member.mfa_phone_number.as_str(), after.member.mfa_phone_number_verified), ("", false));
    assert_eq!(after.member.default_mfa_method, "");
    assert!(world.authenticate(&done.session_token).await.is_ok());
    let answer = world.enter(&ada).await;
    is_waiting(&answer);
    assert!(answer.mfa_required.unwrap().member_options.is_none());
}
