//! Passwords: checked, set, reset in each way, and taken over from elsewhere.

use serde_json::{Value, json};
use stytch::{
    b2b::{
        passwords::{AuthenticateRequest, MigrateRequest, MigrateRequestHashType, StrengthCheckRequest},
        passwords_discovery, passwords_discovery_email, passwords_email, passwords_existing_password,
        passwords_session,
    },
    consumer::passwords as hashes,
};
use vestibule::{Limit, Limits};

use crate::common::{PASSWORD, World, factor_types, failed, is_session, is_waiting, race, refused, some};

const OTHER: &str = "another lamp, under 77 old bridges";

/// Never sent to anybody.
const UNKNOWN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

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

    // Whoever has none can't have typed the right one; whether that is told apart is the server's choice.
    let error = failed(world.by_password(&bob, PASSWORD).await);
    let known = [(401, "password_does_not_match"), (404, "member_password_not_found")];
    assert!(known.contains(&(error.status_code.as_u16(), error.error_type.as_str())), "{error:?}");
}

#[tokio::test]
async fn where_passwords_are_not_taken_none_is_checked_or_set() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    world.set_password(&ada).await;
    world.clock.advance_minutes(10);
    let token = world.reset_token(&ada).await;
    let restrict = stytch::b2b::organizations::UpdateRequest {
        auth_methods: some("RESTRICTED"),
        allowed_auth_methods: Some(vec!["magic_link".to_owned()]),
        ..Default::default()
    };
    world.update(&acme, restrict).await;
    match world.by_password(&ada, PASSWORD).await {
        Ok(answer) => {
            is_waiting(&answer);
            assert_eq!(answer.primary_required.unwrap().allowed_auth_methods, ["magic_link"]);
        }
        Err(error) => refused::<()>(Err(error), 400, "operation_restricted_by_organization_auth_methods"),
    }
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
    // The link proved the address, which is not enough either.
    match world.stytch.passwords.email.reset(request).await {
        Ok(answer) => drop(is_waiting(&answer)),
        Err(error) => refused::<()>(Err(error), 400, "operation_restricted_by_organization_auth_methods"),
    }
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
    let types: Vec<_> = answers.into_iter().map(|answer| failed(answer).error_type).collect();
    let of = |kind: &str| types.iter().filter(|said| *said == kind).count();
    assert_eq!((of("password_does_not_match"), of("too_many_requests")), (10, 22), "{types:?}");
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
    let error = failed(world.stytch.passwords.email.reset(request).await);
    assert_eq!(error.error_type, "unable_to_auth_password_reset_token");
    assert!([400, 401, 404].contains(&error.status_code.as_u16()), "{error:?}");
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
        assert_eq!(failed(start(request).await).status_code.as_u16(), 400);
    }
    let request = passwords_email::ResetStartRequest {
        organization_id: acme.organization_id.clone(),
        email_address: "nobody@acme.example".to_owned(),
        ..Default::default()
    };
    assert_eq!(failed(start(request).await).status_code.as_u16(), 404);
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
    let error = failed(late);
    assert_eq!(error.error_type, "session_too_old_to_reset_password");
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
    failed(world.stytch.passwords.sessions.reset(request).await);
    for member in [&ada, &there] {
        assert_eq!(world.current(member).await.member_password_id, "");
    }
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
    let (_, bcrypt) = hashes_of_other_systems().remove(0);
    let request = MigrateRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        ..bcrypt
    };
    let moved = world.stytch.passwords.migrate(request).await.unwrap();
    assert!(!moved.member_created);
    assert_eq!(moved.member_id, ada.member_id);
    is_session(&world.by_password(&ada, PASSWORD).await.unwrap());
}

#[tokio::test]
async fn hashes_that_are_none_are_refused() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let migrate = async |hash_type: Value, hash: &str| {
        let body = json!({
            "organization_id": acme.organization_id,
            "email_address": "ada@acme.example",
            "hash": hash,
            "hash_type": hash_type,
        });
        world.post("/v1/b2b/passwords/migrate", body).await
    };
    for kind in ["bcrypt", "md_5", "argon_2i", "argon_2id", "sha_1", "sha_512", "scrypt", "phpass", "pbkdf_2"]
    {
        for hash in ["", "nonsense", "$2b$99$abcdefghijklmnopqrstuu/GhnqF0HpIfBiUcqmcg7cZnc5UXqX4S"] {
            let answer = migrate(json!(kind), hash).await;
            assert_eq!(answer.status, 400, "{kind} {hash:?}: {answer:?}");
        }
    }
    for kind in [json!("rot13"), json!(null), json!(5)] {
        assert_eq!(migrate(kind.clone(), "x").await.status, 400, "{kind}");
    }
    let metrics =
        stytch::b2b::organizations::MetricsRequest { organization_id: acme.organization_id.clone() };
    assert_eq!(world.stytch.organizations.metrics(metrics).await.unwrap().member_count, 0);
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
    let elsewhere = failed(world.exchange(&waiting, &acme).await);
    assert_eq!(elsewhere.error_type, "invalid_intermediate_session_token_for_organization");
    let request = stytch::b2b::discovery_organizations::ListRequest {
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    failed(world.stytch.discovery.organizations.list(request).await);
    let request = stytch::b2b::discovery_organizations::CreateRequest {
        intermediate_session_token: waiting.clone(),
        ..Default::default()
    };
    failed(world.stytch.discovery.organizations.create(request).await);
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
    for other in others {
        let error = failed(other);
        assert!([401, 429, 503].contains(&error.status_code.as_u16()), "{error:?}");
    }
}
