//! Passwords: checked, set, reset in each way, and taken over from elsewhere.

use serde_json::json;
use stytch::{
    b2b::{
        discovery_organizations, organizations as orgs, organizations_members as members,
        passwords::{AuthenticateRequest, MigrateRequest, MigrateRequestHashType, StrengthCheckRequest},
        passwords_discovery, passwords_discovery_email, passwords_email, passwords_existing_password,
        passwords_session,
    },
    consumer::passwords as hashes,
};
use vestibule::{Limit, Limits};

use crate::common::{
    PASSWORD, World, factor_types, failed, impossible_terms, is_session, is_waiting, race, refusals_are,
    refused, some,
};

const OTHER: &str = "another lamp, under 77 old bridges";

/// Never sent to anybody.
const UNKNOWN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// That no other first factor is taken.
fn only(method: &str) -> orgs::UpdateRequest {
    orgs::UpdateRequest {
        auth_methods: some("RESTRICTED"),
        allowed_auth_methods: Some(vec![method.to_owned()]),
        ..Default::default()
    }
}

/// That every first factor is taken.
fn everything() -> orgs::UpdateRequest {
    orgs::UpdateRequest { auth_methods: some("ALL_ALLOWED"), ..Default::default() }
}

#[tokio::test]
async fn a_member_signs_in_by_their_password() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    assert_eq!(ada.member_password_id, "");
    world.set_password(&ada).await;
    let request = AuthenticateRequest {
        organization_id: "acme".to_owned(),
        email_address: "ada@acme.example".to_owned(),
        password: PASSWORD.to_owned(),
        session_duration_minutes: Some(20),
        session_custom_claims: Some(json!({"by": "password"})),
        ..Default::default()
    };
    let entered = world.stytch.passwords.authenticate(request).await.unwrap();
    let session = is_session(&entered);
    assert_eq!((&entered.member_id, &entered.organization_id), (&ada.member_id, &acme.organization_id));
    assert!(entered.member.member_password_id.starts_with("member-password-test-"));
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 20);
    assert_eq!(session.custom_claims, Some(json!({"by": "password"})));
    assert_eq!(factor_types(session), ["password"]);
    let delivery = serde_json::to_value(&session.authentication_factors[0].delivery_method).unwrap();
    assert_eq!(delivery, "knowledge");
    assert!(world.authenticate(&entered.session_token).await.is_ok());
}

#[tokio::test]
async fn wrong_passwords_are_refused() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let bob = world.member(&acme, "bob@acme.example").await;
    world.set_password(&ada).await;

    refused(world.by_password(&ada, OTHER).await, 401, "password_does_not_match");
    refused(world.by_password(&ada, "").await, 401, "password_does_not_match");
    let request = AuthenticateRequest {
        organization_id: "nothing".to_owned(),
        email_address: "ada@acme.example".to_owned(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    refused(world.stytch.passwords.authenticate(request).await, 404, "organization_not_found");
    is_session(&world.by_password(&ada, PASSWORD).await.unwrap());

    // Who has none, and who is nobody, is told apart: whoever asks has the project's secret.
    refused(world.by_password(&bob, PASSWORD).await, 404, "member_password_not_found");
    world.delete(&bob).await;
    refused(world.by_password(&bob, PASSWORD).await, 404, "member_not_found");
    let request = AuthenticateRequest {
        organization_id: acme.organization_id.clone(),
        email_address: "nobody@acme.example".to_owned(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    refused(world.stytch.passwords.authenticate(request).await, 404, "member_not_found");
}

#[tokio::test]
async fn what_is_brought_with_a_password_has_to_fit() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.set_password(&ada).await;
    let waiting = world.discover(&ada.email_address).await.intermediate_session_token;
    let right = || AuthenticateRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    let authenticate = |request| world.stytch.passwords.authenticate(request);
    for (request, status, error_type) in [
        (AuthenticateRequest { email_address: "nonsense".to_owned(), ..right() }, 400, "invalid_email"),
        (
            AuthenticateRequest { intermediate_session_token: some("unknown"), ..right() },
            404,
            "intermediate_session_not_found",
        ),
        (AuthenticateRequest { session_token: some("unknown"), ..right() }, 404, "session_not_found"),
        (AuthenticateRequest { session_jwt: some("x"), ..right() }, 400, "unable_to_parse_session_jwt"),
        (
            AuthenticateRequest {
                intermediate_session_token: some(&waiting),
                session_token: some(&entered.session_token),
                ..right()
            },
            400,
            "too_many_session_arguments",
        ),
    ] {
        refused(authenticate(request).await, status, error_type);
    }
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let request = AuthenticateRequest { session_duration_minutes, session_custom_claims, ..right() };
        refused(authenticate(request).await, 400, error_type);
    }
    // Nothing of this has used the sign-in up.
    let request = AuthenticateRequest { intermediate_session_token: some(&waiting), ..right() };
    assert_eq!(factor_types(is_session(&authenticate(request).await.unwrap())), ["email_otp", "password"]);
}

#[tokio::test]
async fn where_passwords_are_not_taken_none_is_set_and_none_opens_anything() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    world.set_password(&ada).await;
    world.clock.advance_minutes(10);
    let token = world.reset_token(&ada).await;
    world.update(&acme, only("magic_link")).await;
    let answer = world.by_password(&ada, PASSWORD).await.unwrap();
    is_waiting(&answer);
    assert_eq!(answer.primary_required.unwrap().allowed_auth_methods, ["magic_link"]);
    let request = passwords_email::ResetStartRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        ..Default::default()
    };
    let answer = world.stytch.passwords.email.reset_start(request).await;
    refused(answer, 400, "operation_restricted_by_organization_auth_methods");
    let request = passwords_email::ResetRequest {
        password_reset_token: token,
        password: OTHER.to_owned(),
        ..Default::default()
    };
    // The link was sent while they were taken, and stays good for when they are again.
    let answer = world.stytch.passwords.email.reset(request.clone()).await;
    refused(answer, 400, "operation_restricted_by_organization_auth_methods");
    world.update(&acme, everything()).await;
    assert!(world.stytch.passwords.email.reset(request).await.is_ok());
}

#[tokio::test]
async fn passwords_cannot_be_guessed() {
    // Wrong first factors lock nobody, for then everybody could lock everybody out: they are answered ever later,
    // and refused at last.
    let world = World::with(|builder| {
        let mut limits = Limits::default();
        limits.slow_after = Limit::per_minutes(1, 60);
        builder.limits(limits)
    })
    .await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    world.set_password(&ada).await;
    let sdk = world.sdk.clone();
    let answers = race(32, || {
        let client = stytch::b2b::client::Client::new_with_http_client(sdk.clone(), sdk.clone());
        let request = AuthenticateRequest {
            organization_id: ada.organization_id.clone(),
            email_address: ada.email_address.clone(),
            password: OTHER.to_owned(),
            ..Default::default()
        };
        async move { client.passwords.authenticate(request).await }
    })
    .await;
    refusals_are(answers, &[(401, "password_does_not_match", 10), (429, "too_many_requests", 22)]);
    refused(world.by_password(&ada, PASSWORD).await, 429, "too_many_requests");
    assert!(!world.current(&ada).await.is_locked);
    world.clock.advance_minutes(61);
    is_session(&world.by_password(&ada, PASSWORD).await.unwrap());
}

#[tokio::test]
async fn how_strong_a_password_is_is_told() {
    let world = World::new().await;
    let check = async |password: &str, email_address: Option<&str>| {
        let request = StrengthCheckRequest {
            password: password.to_owned(),
            email_address: email_address.map(str::to_owned),
        };
        world.stytch.passwords.strength_check(request).await.unwrap()
    };
    let strong = check(PASSWORD, None).await;
    assert!(strong.valid_password && strong.score >= 3 && !strong.breached_password);
    assert_eq!(strong.strength_policy, "zxcvbn");
    assert!(strong.luds_feedback.is_none());

    let weak = check("password", None).await;
    assert!(!weak.valid_password && weak.score < 3);
    let feedback = weak.zxcvbn_feedback.unwrap();
    assert!(!feedback.warning.is_empty() && !feedback.suggestions.is_empty());

    // Whose it is makes it easier to guess.
    let own = check("ada.lovelace@acme.example", Some("ada.lovelace@acme.example")).await;
    assert!(!own.valid_password, "{own:?}");
}

#[tokio::test]
async fn a_password_is_reset_by_a_link_and_ends_all_sessions() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let before_all = world.session(&ada).await;
    let before = world.last_message();
    let request = passwords_email::ResetStartRequest {
        organization_id: acme.organization_id.clone(),
        email_address: "ada@acme.example".to_owned(),
        ..Default::default()
    };
    let started = world.stytch.passwords.email.reset_start(request).await.unwrap();
    assert_eq!((&started.member_id, &started.member.member_id), (&ada.member_id, &ada.member_id));
    let link = world.link_for("ada@acme.example", before).await;
    assert!(link.0.as_str().starts_with("http://127.0.0.1:3000/reset?"), "{link:?}");
    assert_eq!(link.parameter("stytch_token_type").as_deref(), Some("multi_tenant_passwords"));

    let reset = async |token: &str, password: &str| {
        let request = passwords_email::ResetRequest {
            password_reset_token: token.to_owned(),
            password: password.to_owned(),
            session_duration_minutes: Some(30),
            ..Default::default()
        };
        world.stytch.passwords.email.reset(request).await
    };
    refused(reset(&link.token(), "password").await, 400, "weak_password");
    assert!(world.authenticate(&before_all.session_token).await.is_ok());
    // A refusal of the password leaves the link good, so that another can be typed.
    let done = reset(&link.token(), PASSWORD).await.unwrap();
    let session = is_session(&done);
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 30);
    assert_eq!(
        (&done.member_email_id, &done.organization_id),
        (&started.member_email_id, &acme.organization_id)
    );
    assert!(done.member.member_password_id.starts_with("member-password-test-"));
    assert!(world.authenticate(&done.session_token).await.is_ok());
    refused(world.authenticate(&before_all.session_token).await, 404, "session_not_found");
    refused(reset(&link.token(), OTHER).await, 401, "unable_to_auth_password_reset_token");

    let other = world.by_password(&ada, PASSWORD).await.unwrap();
    let token = world.reset_token(&ada).await;
    let done = reset(&token, OTHER).await.unwrap();
    is_session(&done);
    refused(world.authenticate(&other.session_token).await, 404, "session_not_found");
    refused(world.by_password(&ada, PASSWORD).await, 401, "password_does_not_match");
    is_session(&world.by_password(&ada, OTHER).await.unwrap());
}

#[tokio::test]
async fn a_link_that_was_never_sent_resets_no_password() {
    let world = World::new().await;
    let request = passwords_email::ResetRequest {
        password_reset_token: UNKNOWN.to_owned(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    let answer = world.stytch.passwords.email.reset(request).await;
    refused(answer, 401, "unable_to_auth_password_reset_token");
}

#[tokio::test]
async fn a_link_to_reset_a_password_ends_in_time() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    for (minutes, lives) in [(None, 30), (Some(5), 5), (Some(10_080), 10_080)] {
        let before = world.last_message();
        let request = passwords_email::ResetStartRequest {
            organization_id: acme.organization_id.clone(),
            email_address: ada.email_address.clone(),
            reset_password_expiration_minutes: minutes,
            ..Default::default()
        };
        world.stytch.passwords.email.reset_start(request).await.unwrap();
        let token = world.link_for(&ada.email_address, before).await.token();
        world.clock.advance_minutes(lives);
        let request = passwords_email::ResetRequest {
            password_reset_token: token,
            password: PASSWORD.to_owned(),
            ..Default::default()
        };
        let answer = world.stytch.passwords.email.reset(request).await;
        refused(answer, 401, "unable_to_auth_password_reset_token");
    }
    let start = |request| world.stytch.passwords.email.reset_start(request);
    for minutes in [-1, 4, 10_081] {
        let request = passwords_email::ResetStartRequest {
            organization_id: acme.organization_id.clone(),
            email_address: ada.email_address.clone(),
            reset_password_expiration_minutes: Some(minutes),
            ..Default::default()
        };
        refused(start(request).await, 400, "invalid_expiration");
    }
    let request = passwords_email::ResetStartRequest {
        organization_id: acme.organization_id.clone(),
        email_address: "nobody@acme.example".to_owned(),
        ..Default::default()
    };
    refused(start(request).await, 404, "member_not_found");
    let request = passwords_email::ResetStartRequest {
        organization_id: acme.organization_id.clone(),
        email_address: "nonsense".to_owned(),
        ..Default::default()
    };
    refused(start(request).await, 400, "invalid_email");
}

#[tokio::test]
async fn without_a_url_no_password_is_reset() {
    let world = World::over(|builder| builder, |api| api).await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let request = passwords_email::ResetStartRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        ..Default::default()
    };
    let answer = world.stytch.passwords.email.reset_start(request).await;
    refused(answer, 400, "no_password_reset_redirect_url");
}

#[tokio::test]
async fn a_reset_with_a_challenge_takes_its_verifier() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let start = async |challenge: &str| {
        let before = world.last_message();
        world.clock.advance_minutes(1);
        let request = passwords_email::ResetStartRequest {
            organization_id: acme.organization_id.clone(),
            email_address: ada.email_address.clone(),
            code_challenge: some(challenge),
            ..Default::default()
        };
        world.stytch.passwords.email.reset_start(request).await?;
        stytch::Result::Ok(world.link_for(&ada.email_address, before).await.token())
    };
    let reset = async |token: String, code_verifier: Option<String>| {
        let request = passwords_email::ResetRequest {
            password_reset_token: token,
            password: PASSWORD.to_owned(),
            code_verifier,
            ..Default::default()
        };
        world.stytch.passwords.email.reset(request).await
    };
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let token = start(challenge).await.unwrap();
    refused(reset(token, None).await, 400, "pkce_expected_code_verifier");
    let token = start(challenge).await.unwrap();
    let wrong = some("another-verifier-of-enough-characters-for-rfc-7636");
    refused(reset(token, wrong).await, 400, "pkce_mismatch");
    let token = start(challenge).await.unwrap();
    is_session(&reset(token, some(verifier)).await.unwrap());
    let token = world.reset_token(&ada).await;
    refused(reset(token, some(verifier)).await, 400, "pkce_did_not_expect_code_verifier");
    refused(start("short").await, 400, "invalid_pkce_code_challenge");
}

#[tokio::test]
async fn a_reset_does_not_stand_for_a_second_factor() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let answer = world.set_password(&ada).await;
    let waiting = is_waiting(&answer);
    assert!(answer.mfa_required.unwrap().member_options.is_none());
    let (_, done) = world.enrol_app(&ada, &waiting).await;
    assert_eq!(done.member_session.unwrap().member_id, ada.member_id);
}

#[tokio::test]
async fn a_password_is_reset_in_a_session_that_is_fresh() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let reset = async |session_token: Option<String>, session_jwt: Option<String>, password: &str| {
        let request = passwords_session::ResetRequest {
            organization_id: acme.organization_id.clone(),
            password: password.to_owned(),
            session_token,
            session_jwt,
            ..Default::default()
        };
        world.stytch.passwords.sessions.reset(request).await
    };
    let (entered, other) = (world.session(&ada).await, world.session(&ada).await);
    let token = || some(&entered.session_token);
    refused(reset(None, None, PASSWORD).await, 400, "no_session_arguments");
    refused(reset(token(), some(&entered.session_jwt), PASSWORD).await, 400, "too_many_session_arguments");
    refused(reset(some("unknown"), None, PASSWORD).await, 404, "session_not_found");
    refused(reset(token(), None, "password").await, 400, "weak_password");
    world.clock.advance(299);
    let done = reset(token(), None, PASSWORD).await.unwrap();
    let session = is_session(&done);
    assert_eq!(session.member_session_id, is_session(&entered).member_session_id);
    assert_eq!(done.session_token, entered.session_token);
    assert!(done.member.member_password_id.starts_with("member-password-test-"));
    refused(world.authenticate(&other.session_token).await, 404, "session_not_found");
    is_session(&world.by_password(&ada, PASSWORD).await.unwrap());

    world.clock.advance_minutes(5);
    let late = reset(None, some(&entered.session_jwt), OTHER).await;
    refused(late, 401, "session_too_old_to_reset_password");
    is_session(&world.by_password(&ada, PASSWORD).await.unwrap());
}

#[tokio::test]
async fn a_session_resets_no_password_elsewhere() {
    let world = World::new().await;
    let (acme, other) = (world.organization("acme").await, world.organization("other").await);
    let ada = world.member(&acme, "ada@acme.example").await;
    let there = world.member(&other, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let request = passwords_session::ResetRequest {
        organization_id: other.organization_id.clone(),
        password: PASSWORD.to_owned(),
        session_token: some(&entered.session_token),
        ..Default::default()
    };
    let answer = world.stytch.passwords.sessions.reset(request).await;
    refused(answer, 400, "member_session_member_id_mismatch");
    for member in [&ada, &there] {
        assert_eq!(world.current(member).await.member_password_id, "");
    }
}

#[tokio::test]
async fn a_session_resets_a_password_only_where_passwords_are_taken() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let right = || passwords_session::ResetRequest {
        organization_id: acme.organization_id.clone(),
        password: PASSWORD.to_owned(),
        session_token: some(&entered.session_token),
        ..Default::default()
    };
    let reset = |request| world.stytch.passwords.sessions.reset(request);
    let nowhere = passwords_session::ResetRequest { organization_id: "nothing".to_owned(), ..right() };
    refused(reset(nowhere).await, 404, "organization_not_found");
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let request =
            passwords_session::ResetRequest { session_duration_minutes, session_custom_claims, ..right() };
        refused(reset(request).await, 400, error_type);
    }
    world.update(&acme, only("email_otp")).await;
    refused(reset(right()).await, 400, "operation_restricted_by_organization_auth_methods");
    assert_eq!(world.current(&ada).await.member_password_id, "");
    world.update(&acme, everything()).await;
    is_session(&reset(right()).await.unwrap());
}

#[tokio::test]
async fn a_password_is_reset_by_the_present_one_and_ends_all_sessions() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    world.set_password(&ada).await;
    let entered = world.by_password(&ada, PASSWORD).await.unwrap();
    let reset = async |organization_id: &str, existing: &str, new: &str| {
        let request = passwords_existing_password::ResetRequest {
            organization_id: organization_id.to_owned(),
            email_address: ada.email_address.clone(),
            existing_password: existing.to_owned(),
            new_password: new.to_owned(),
            session_duration_minutes: Some(25),
            ..Default::default()
        };
        world.stytch.passwords.existing_password.reset(request).await
    };
    refused(reset("acme", OTHER, OTHER).await, 401, "password_does_not_match");
    refused(reset("acme", PASSWORD, "password").await, 400, "weak_password");
    refused(reset("nothing", PASSWORD, OTHER).await, 404, "organization_not_found");
    assert!(world.authenticate(&entered.session_token).await.is_ok());

    let done = reset("acme", PASSWORD, OTHER).await.unwrap();
    let session = is_session(&done);
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 25);
    assert_eq!(done.member_id, ada.member_id);
    assert!(world.authenticate(&done.session_token).await.is_ok());
    refused(world.authenticate(&entered.session_token).await, 404, "session_not_found");
    refused(world.by_password(&ada, PASSWORD).await, 401, "password_does_not_match");
    is_session(&world.by_password(&ada, OTHER).await.unwrap());
}

#[tokio::test]
async fn a_password_that_cannot_be_reset_by_the_present_one_stays() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let gone = world.member(&acme, "gone@acme.example").await;
    world.set_password(&gone).await;
    world.delete(&gone).await;
    world.set_password(&ada).await;
    let right = || passwords_existing_password::ResetRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        existing_password: PASSWORD.to_owned(),
        new_password: OTHER.to_owned(),
        ..Default::default()
    };
    let reset = |request| world.stytch.passwords.existing_password.reset(request);
    for (address, status, error_type) in [
        ("nonsense", 400, "invalid_email"),
        ("nobody@acme.example", 404, "member_not_found"),
        ("gone@acme.example", 404, "member_not_found"),
    ] {
        let request =
            passwords_existing_password::ResetRequest { email_address: address.to_owned(), ..right() };
        refused(reset(request).await, status, error_type);
    }
    let unknown = passwords_existing_password::ResetRequest { session_token: some("unknown"), ..right() };
    refused(reset(unknown).await, 404, "session_not_found");
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let request = passwords_existing_password::ResetRequest {
            session_duration_minutes,
            session_custom_claims,
            ..right()
        };
        refused(reset(request).await, 400, error_type);
    }
    world.update(&acme, only("email_otp")).await;
    refused(reset(right()).await, 400, "operation_restricted_by_organization_auth_methods");
    world.update(&acme, everything()).await;
    is_session(&world.by_password(&ada, PASSWORD).await.unwrap());
    is_session(&reset(right()).await.unwrap());
}

#[tokio::test]
async fn a_member_without_a_password_has_none_to_reset_by() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let request = passwords_existing_password::ResetRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        existing_password: PASSWORD.to_owned(),
        new_password: OTHER.to_owned(),
        ..Default::default()
    };
    let answer = world.stytch.passwords.existing_password.reset(request).await;
    refused(answer, 404, "member_password_not_found");
}

#[tokio::test]
async fn no_way_to_reset_a_password_leads_past_a_second_factor() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.set_password(&ada).await);
    let (app, entered) = world.enrol_app(&ada, &waiting).await;
    let request = passwords_existing_password::ResetRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        existing_password: PASSWORD.to_owned(),
        new_password: OTHER.to_owned(),
        ..Default::default()
    };
    let answer = world.stytch.passwords.existing_password.reset(request).await.unwrap();
    let waiting = is_waiting(&answer);
    assert_eq!(answer.mfa_required.unwrap().member_options.unwrap().totp_registration_id, app.id);
    refused(world.authenticate(&entered.session_token).await, 404, "session_not_found");
    let with = stytch::b2b::totps::AuthenticateRequest {
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    world.by_app(&ada, &app.next_code(), with).await.unwrap();
    let answer = world.set_password(&ada).await;
    is_waiting(&answer);
    assert_eq!(answer.mfa_required.unwrap().member_options.unwrap().totp_registration_id, app.id);
}

#[tokio::test]
async fn passwords_of_several_organizations_at_once_are_told_not_to_be() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    let address = || "ada@acme.example".to_owned();
    let request = passwords_email::RequireResetRequest { email_address: address(), ..Default::default() };
    let answer = world.stytch.passwords.email.require_reset(request).await;
    refused(answer, 400, "cross_org_passwords_not_enabled");
    let request =
        passwords_discovery::AuthenticateRequest { email_address: address(), password: PASSWORD.to_owned() };
    let answer = world.stytch.passwords.discovery.authenticate(request).await;
    refused(answer, 400, "cross_org_passwords_not_enabled");
    let request =
        passwords_discovery_email::ResetStartRequest { email_address: address(), ..Default::default() };
    let answer = world.stytch.passwords.discovery.email.reset_start(request).await;
    refused(answer, 400, "cross_org_passwords_not_enabled");
    let request = passwords_discovery_email::ResetRequest {
        password_reset_token: UNKNOWN.to_owned(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    let answer = world.stytch.passwords.discovery.email.reset(request).await;
    refused(answer, 400, "cross_org_passwords_not_enabled");
}

/// [`PASSWORD`], as other systems keep it. Their configurations hold the salts.
fn hashes_of_other_systems() -> Vec<(&'static str, MigrateRequest)> {
    let salt = || "MDEyMzQ1Njc4OWFiY2RlZg==".to_owned();
    let (before, after) = (|| "pre-".to_owned(), || "-post".to_owned());
    let request =
        |hash_type, hash: &str| MigrateRequest { hash_type, hash: hash.to_owned(), ..Default::default() };
    vec![
        (
            "bcrypt",
            request(
                MigrateRequestHashType::Bcrypt,
                "$2b$05$abcdefghijklmnopqrstuu/GhnqF0HpIfBiUcqmcg7cZnc5UXqX4S",
            ),
        ),
        (
            "md5",
            MigrateRequest {
                md_5_config: Some(hashes::MD5Config { prepend_salt: before(), append_salt: after() }),
                ..request(MigrateRequestHashType::Md5, "f678cba82e07ff1d9155c7349328d187")
            },
        ),
        (
            "argon2i",
            request(
                MigrateRequestHashType::Argon2i,
                "$argon2i$v=19$m=1024,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$neQvEQPY+lVdruWa0g1obmWwAPVdDTTM3WffzvIhk2k",
            ),
        ),
        (
            "argon2id",
            request(
                MigrateRequestHashType::Argon2id,
                "$argon2id$v=19$m=1024,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$GXd66LPpP+aKwBNDpQHRpFKzxx7QjrXyIigvlQZ/fQE",
            ),
        ),
        (
            "sha1",
            MigrateRequest {
                sha_1_config: Some(hashes::SHA1Config { prepend_salt: before(), append_salt: after() }),
                ..request(MigrateRequestHashType::Sha1, "0ba1afddc995f9d74eb6971e120decbd3d2d1acf")
            },
        ),
        (
            "sha512",
            MigrateRequest {
                sha_512_config: Some(hashes::SHA512Config { prepend_salt: before(), append_salt: after() }),
                ..request(
                    MigrateRequestHashType::Sha512,
                    "b44c6e693e346108ef99c9defae7776f0e9c5a3123892b49ee5e5908d35c2da1\
                     eac3c9840a2123e21cdab4cbff039c121814a29b8ce661eee94878dabb50ee0f",
                )
            },
        ),
        (
            "scrypt",
            MigrateRequest {
                scrypt_config: Some(hashes::ScryptConfig {
                    salt: salt(),
                    n_parameter: 1024,
                    r_parameter: 8,
                    p_parameter: 1,
                    key_length: 32,
                }),
                ..request(MigrateRequestHashType::Scrypt, "EZHNeriRGyZP4aVdNPTEZxSCmLvhBezru1qIRq8xLYs=")
            },
        ),
        ("phpass", request(MigrateRequestHashType::Phpass, "$P$9IQRaTwmfDOnXxyzX0sPVucVxlhgYN.")),
        (
            "pbkdf2",
            MigrateRequest {
                pbkdf_2_config: Some(hashes::PBKDF2Config {
                    salt: salt(),
                    iteration_amount: 1000,
                    key_length: 32,
                    algorithm: "sha256".to_owned(),
                }),
                ..request(MigrateRequestHashType::Pbkdf2, "aoiB9s/pln5YA8BuI3YVMcigqJPzCldftkrKKZxuF60=")
            },
        ),
    ]
}

/// Somebody who is taken over with [`PASSWORD`].
fn moving(organization_id: &str, address: &str) -> MigrateRequest {
    let (_, bcrypt) = hashes_of_other_systems().remove(0);
    MigrateRequest {
        organization_id: organization_id.to_owned(),
        email_address: address.to_owned(),
        ..bcrypt
    }
}

#[tokio::test]
async fn passwords_are_taken_over_by_their_hashes() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    for (name, hash) in hashes_of_other_systems() {
        let request = MigrateRequest {
            organization_id: acme.organization_id.clone(),
            email_address: format!("{name}@acme.example"),
            name: some(name),
            trusted_metadata: Some(json!({"from": "elsewhere"})),
            external_id: Some(format!("{name}-1")),
            ..hash
        };
        let moved = world.stytch.passwords.migrate(request).await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(moved.member_created, "{name}");
        assert_eq!((moved.member.status.as_str(), moved.member.name.as_str()), ("active", name));
        assert_eq!(moved.member.trusted_metadata, Some(json!({"from": "elsewhere"})));
        assert_eq!(moved.member.external_id, Some(format!("{name}-1")));
        assert!(moved.member.member_password_id.starts_with("member-password-test-"), "{name}");
        refused(world.by_password(&moved.member, OTHER).await, 401, "password_does_not_match");
        // Twice: the first may rewrite the hash.
        for _ in 0..2 {
            let entered = world.by_password(&moved.member, PASSWORD).await;
            is_session(&entered.unwrap_or_else(|e| panic!("{name}: {e:?}")));
        }
    }
}

#[tokio::test]
async fn a_member_who_is_there_keeps_what_they_have() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let moved = world.stytch.passwords.migrate(moving("acme", "ada@acme.example")).await.unwrap();
    assert!(!moved.member_created);
    assert_eq!(moved.member_id, ada.member_id);
    is_session(&world.by_password(&ada, PASSWORD).await.unwrap());
}

#[tokio::test]
async fn hashes_that_are_none_are_refused() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    for (_, kind) in hashes_of_other_systems() {
        for hash in ["", "nonsense", "$2b$99$abcdefghijklmnopqrstuu/GhnqF0HpIfBiUcqmcg7cZnc5UXqX4S"] {
            let request = MigrateRequest {
                hash_type: kind.hash_type.clone(),
                hash: hash.to_owned(),
                ..moving("acme", "ada@acme.example")
            };
            refused(world.stytch.passwords.migrate(request).await, 400, "invalid_hash");
        }
    }
    for (kind, error_type) in
        [(json!("rot13"), "invalid_hash_type"), (json!(null), "bad_request"), (json!(5), "bad_request")]
    {
        let body = json!({
            "organization_id": "acme",
            "email_address": "ada@acme.example",
            "hash": "x",
            "hash_type": kind,
        });
        world.post("/v1/b2b/passwords/migrate", body).await.refused(400, error_type);
    }
    assert_eq!(world.member_count(&acme).await, 0);
}

#[tokio::test]
async fn whoever_cannot_be_taken_over_is_not_and_nobody_is_changed() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.organization_that_claims("owner", "mine.example").await;
    let settings = members::CreateRequest { external_id: some("ada-1"), ..Default::default() };
    world.member_with(&acme, "ada@acme.example", settings).await;
    let settings = members::CreateRequest { mfa_phone_number: some("+15551234567"), ..Default::default() };
    let bob = world.member_with(&acme, "bob@acme.example", settings).await;
    let gone = world.member(&acme, "gone@acme.example").await;
    world.delete(&gone).await;

    let (new, there) = (|| moving("acme", "new@acme.example"), || moving("acme", "bob@acme.example"));
    let king = || Some(vec!["king".to_owned()]);
    for (request, status, error_type) in [
        (moving("nothing", "new@acme.example"), 404, "organization_not_found"),
        (moving("acme", "nonsense"), 400, "invalid_email"),
        (moving("acme", "new@mine.example"), 400, "action_not_allowed_email_domain_is_claimed"),
        (moving("acme", "gone@acme.example"), 400, "duplicate_member_email"),
        (MigrateRequest { external_id: some("ada-1"), ..new() }, 400, "duplicate_member_external_id"),
        (MigrateRequest { external_id: some("ada-1"), ..there() }, 400, "duplicate_member_external_id"),
        (MigrateRequest { external_id: some("a b"), ..new() }, 400, "invalid_external_id"),
        (MigrateRequest { roles: king(), ..new() }, 400, "invalid_rbac_role_assignment"),
        (MigrateRequest { roles: king(), ..there() }, 400, "invalid_rbac_role_assignment"),
        (MigrateRequest { mfa_phone_number: some("555"), ..new() }, 400, "invalid_phone_number"),
        (
            MigrateRequest { mfa_phone_number: some("+15557654321"), ..there() },
            400,
            "duplicate_member_phone_number_for_member",
        ),
        (
            MigrateRequest { trusted_metadata: Some(json!({"a": "x".repeat(5000)})), ..new() },
            400,
            "metadata_too_large",
        ),
    ] {
        refused(world.stytch.passwords.migrate(request).await, status, error_type);
    }
    assert_eq!(world.member_count(&acme).await, 2);
    assert_eq!(json!(world.current(&bob).await), json!(bob));
    assert!(world.stytch.passwords.migrate(new()).await.unwrap().member_created);
    assert!(!world.stytch.passwords.migrate(there()).await.unwrap().member_created);
}

#[tokio::test]
async fn a_password_opens_no_discovery() {
    let world = World::new().await;
    let mfa = world.mfa_organization("mfa").await;
    let acme = world.organization("acme").await;
    let ada = world.member(&mfa, "ada@acme.example").await;
    world.member(&acme, "ada@acme.example").await;
    // The link to set it proves the address as well; the password alone proves nothing elsewhere.
    is_waiting(&world.set_password(&ada).await);
    let waiting = is_waiting(&world.by_password(&ada, PASSWORD).await.unwrap());
    let elsewhere = world.exchange(&waiting, &acme).await;
    refused(elsewhere, 400, "invalid_intermediate_session_token_for_organization");
    let request = discovery_organizations::ListRequest {
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    let listed = world.stytch.discovery.organizations.list(request).await;
    refused(listed, 400, "invalid_session_missing_primary_factor");
    let request = discovery_organizations::CreateRequest {
        intermediate_session_token: waiting.clone(),
        ..Default::default()
    };
    let made = world.stytch.discovery.organizations.create(request).await;
    refused(made, 400, "invalid_session_missing_primary_factor");
    // Where it was typed it is worth something still.
    let (_, done) = world.enrol_app(&ada, &waiting).await;
    assert_eq!(done.member_session.unwrap().organization_slug, "mfa");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_uses_of_a_reset_link_at_once_one_counts() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let token = world.reset_token(&ada).await;
    let sdk = world.sdk.clone();
    let answers = race(32, || {
        let client = stytch::b2b::client::Client::new_with_http_client(sdk.clone(), sdk.clone());
        let request = passwords_email::ResetRequest {
            password_reset_token: token.clone(),
            password: PASSWORD.to_owned(),
            ..Default::default()
        };
        async move { client.passwords.email.reset(request).await }
    })
    .await;
    let (made, others): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    // Where many passwords are hashed at once, there may be no room for another.
    let known = [(401, "unable_to_auth_password_reset_token"), (503, "server_unavailable")];
    for other in others {
        let error = failed(other);
        assert!(known.contains(&(error.status_code.as_u16(), error.error_type.as_str())), "{error:?}");
    }
}
