//! Codes by email, as a first factor.

use serde_json::json;
use stytch::b2b::{
    organizations::Member,
    otp_email::{AuthenticateRequest, AuthenticateResponse, LoginOrSignupRequest},
    otp_email_discovery as discovery,
};

use crate::common::{World, factor_types, impossible_terms, is_session, race, refusals_are, refused, some};

async fn try_code(world: &World, member: &Member, code: &str) -> stytch::Result<AuthenticateResponse> {
    let request = AuthenticateRequest {
        organization_id: member.organization_id.clone(),
        email_address: member.email_address.clone(),
        code: code.to_owned(),
        ..Default::default()
    };
    world.stytch.otps.email.authenticate(request).await
}

fn another(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

#[tokio::test]
async fn a_member_signs_in_by_a_code_once() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let code = world.email_code(&ada).await;
    let request = AuthenticateRequest {
        organization_id: "acme".to_owned(),
        email_address: "ada@acme.example".to_owned(),
        code: code.clone(),
        session_duration_minutes: Some(20),
        session_custom_claims: Some(json!({"by": "code"})),
        ..Default::default()
    };
    let entered = world.stytch.otps.email.authenticate(request).await.unwrap();
    let session = is_session(&entered);
    assert_eq!((&entered.member_id, &entered.organization_id), (&ada.member_id, &acme.organization_id));
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 20);
    assert_eq!(session.custom_claims, Some(json!({"by": "code"})));
    assert_eq!(factor_types(session), ["email_otp"]);
    let email = session.authentication_factors[0].email_factor.as_ref().unwrap();
    assert_eq!((email.email_address.as_str(), &email.email_id), ("ada@acme.example", &entered.method_id));
    assert!(entered.member.email_address_verified);
    refused(try_code(&world, &ada, &code).await, 401, "unable_to_auth_otp_code");
}

#[tokio::test]
async fn somebody_new_joins_by_a_code_where_their_domain_may() {
    let world = World::new().await;
    let acme = world.organization_of_domain("acme", "acme.example").await;
    let request = LoginOrSignupRequest {
        organization_id: acme.organization_id.clone(),
        email_address: "new@acme.example".to_owned(),
        ..Default::default()
    };
    // Not before somebody has proved an address of the domain: until then it is only said to be theirs.
    let early = world.stytch.otps.email.login_or_signup(request.clone()).await;
    refused(early, 400, "invalid_email_for_jit_provisioning");
    let first = world.member(&acme, "first@acme.example").await;
    world.session(&first).await;
    let sent = world.stytch.otps.email.login_or_signup(request).await.unwrap();
    assert!(sent.member_created);
    assert_eq!((sent.member.status.as_str(), &sent.member_id), ("pending", &sent.member.member_id));
    assert_eq!(sent.organization.organization_slug, "acme");
    let code = world.code_for("new@acme.example", 0).await;
    let entered = try_code(&world, &sent.member, &code).await.unwrap();
    is_session(&entered);
    assert_eq!((entered.member.status.as_str(), entered.member_id), ("active", sent.member_id));
}

#[tokio::test]
async fn wrong_codes_are_told_apart_from_used_old_and_malformed_ones() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let other = world.organization("other").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let elsewhere = world.member(&other, "ada@acme.example").await;
    let code = world.email_code(&ada).await;
    refused(try_code(&world, &ada, &another(&code)).await, 404, "otp_code_not_found");
    for malformed in ["", "12345", "1234567", "abcdef", "12345６"] {
        refused(try_code(&world, &ada, malformed).await, 400, "invalid_code");
    }
    refused(try_code(&world, &elsewhere, &code).await, 401, "unable_to_auth_otp_code");
    world.clock.advance(599);
    is_session(&try_code(&world, &ada, &code).await.unwrap());

    let code = world.email_code(&ada).await;
    world.clock.advance_minutes(10);
    refused(try_code(&world, &ada, &code).await, 401, "unable_to_auth_otp_code");
}

#[tokio::test]
async fn a_code_where_none_was_sent_is_good_for_nothing() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let other = world.organization("other").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let elsewhere = world.member(&other, "ada@acme.example").await;
    // Codes that are used or old are forgotten: nothing tells them from those that never were.
    refused(try_code(&world, &ada, "123456").await, 401, "unable_to_auth_otp_code");
    let code = world.email_code(&elsewhere).await;
    refused(try_code(&world, &ada, &code).await, 401, "unable_to_auth_otp_code");
    let request = discovery::AuthenticateRequest { email_address: "ada@acme.example".to_owned(), code };
    let answer = world.stytch.otps.email.discovery.authenticate(request).await;
    refused(answer, 401, "unable_to_auth_otp_code");
}

#[tokio::test]
async fn a_new_code_ends_the_one_before() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let first = world.email_code(&ada).await;
    world.clock.advance(60);
    let second = world.email_code(&ada).await;
    refused(try_code(&world, &ada, &first).await, 404, "otp_code_not_found");
    is_session(&try_code(&world, &ada, &second).await.unwrap());
}

#[tokio::test]
async fn a_code_is_good_from_2_to_15_minutes() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let send = async |minutes| {
        let before = world.last_message();
        let request = LoginOrSignupRequest {
            organization_id: acme.organization_id.clone(),
            email_address: "ada@acme.example".to_owned(),
            login_expiration_minutes: Some(minutes),
            ..Default::default()
        };
        world.stytch.otps.email.login_or_signup(request).await?;
        stytch::Result::Ok(world.code_for("ada@acme.example", before).await)
    };
    for minutes in [2, 15] {
        let code = send(minutes).await.unwrap();
        world.clock.advance(u64::from(minutes) * 60 - 1);
        is_session(&try_code(&world, &ada, &code).await.unwrap());
        let code = send(minutes).await.unwrap();
        world.clock.advance(u64::from(minutes) * 60);
        refused(try_code(&world, &ada, &code).await, 401, "unable_to_auth_otp_code");
    }
    for minutes in [0, 1, 16] {
        refused(send(minutes).await, 400, "invalid_expiration");
    }
}

#[tokio::test]
async fn whom_the_organization_does_not_take_gets_no_code() {
    let world = World::new().await;
    let closed = world.organization("closed").await;
    let acme = world.organization_of_domain("acme", "acme.example").await;
    let links = world.organization_for("links", &["magic_link"]).await;
    world.member(&links, "ada@acme.example").await;
    let send = async |organization_id: &str, address: &str| {
        let request = LoginOrSignupRequest {
            organization_id: organization_id.to_owned(),
            email_address: address.to_owned(),
            ..Default::default()
        };
        world.stytch.otps.email.login_or_signup(request).await
    };
    let answer = send(&closed.organization_id, "new@acme.example").await;
    refused(answer, 400, "email_jit_provisioning_not_allowed");
    let answer = send(&acme.organization_id, "new@other.example").await;
    refused(answer, 400, "invalid_email_for_jit_provisioning");
    let answer = send(&links.organization_id, "ada@acme.example").await;
    refused(answer, 400, "operation_restricted_by_organization_auth_methods");
    refused(send(&acme.organization_id, "nonsense").await, 400, "invalid_email");
    refused(send("nothing", "ada@acme.example").await, 404, "organization_not_found");
    assert_eq!(world.last_message(), 0);
}

#[tokio::test]
async fn what_is_brought_with_a_code_has_to_fit_and_a_refusal_leaves_it_good() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let half = |name: &str| Some(json!({name: "x".repeat(2500)}));
    let with = AuthenticateRequest { session_custom_claims: half("one"), ..Default::default() };
    let session = world.enter_with(&ada, with).await.session_token;
    let waiting = world.discover(&ada.email_address).await.intermediate_session_token;
    let code = world.email_code(&ada).await;
    let right = || AuthenticateRequest {
        organization_id: acme.organization_id.clone(),
        email_address: ada.email_address.clone(),
        code: code.clone(),
        ..Default::default()
    };
    let authenticate = |request| world.stytch.otps.email.authenticate(request);
    for (request, status, error_type) in [
        (
            AuthenticateRequest { organization_id: "nothing".to_owned(), ..right() },
            404,
            "organization_not_found",
        ),
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
                session_token: some(&session),
                ..right()
            },
            400,
            "too_many_session_arguments",
        ),
        // Each half fits, and both do not.
        (
            AuthenticateRequest {
                session_token: some(&session),
                session_custom_claims: half("other"),
                ..right()
            },
            400,
            "custom_claims_too_large",
        ),
    ] {
        refused(authenticate(request).await, status, error_type);
    }
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let request = AuthenticateRequest { session_duration_minutes, session_custom_claims, ..right() };
        refused(authenticate(request).await, 400, error_type);
    }
    is_session(&authenticate(right()).await.unwrap());
    is_session(&world.exchange(&waiting, &acme).await.unwrap());
}

#[tokio::test]
async fn a_code_of_discovery_opens_an_intermediate_session_once() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    let email = &world.stytch.otps.email.discovery;
    let address = || "ada@acme.example".to_owned();
    let request = discovery::SendRequest { email_address: address(), ..Default::default() };
    email.send(request).await.unwrap();
    let code = world.code_for("ada@acme.example", 0).await;
    let open = |code: &str| {
        let request = discovery::AuthenticateRequest { email_address: address(), code: code.to_owned() };
        email.authenticate(request)
    };
    refused(open(&another(&code)).await, 404, "otp_code_not_found");
    refused(open("12345").await, 400, "invalid_code");
    // It is none of an organization.
    let request = AuthenticateRequest {
        organization_id: acme.organization_id.clone(),
        email_address: address(),
        code: code.clone(),
        ..Default::default()
    };
    refused(world.stytch.otps.email.authenticate(request).await, 401, "unable_to_auth_otp_code");

    let found = open(&code).await.unwrap();
    assert_eq!(
        (found.email_address.as_str(), found.intermediate_session_token.len()),
        ("ada@acme.example", 44)
    );
    assert_eq!(found.discovered_organizations.len(), 1);
    let expires = found.intermediate_session_token_expires_at.unwrap().timestamp();
    assert_eq!(expires, world.clock.timestamp() + 600);
    refused(open(&code).await, 401, "unable_to_auth_otp_code");

    world.clock.advance_minutes(1);
    let before = world.last_message();
    let request = discovery::SendRequest {
        email_address: address(),
        discovery_expiration_minutes: Some(2),
        ..Default::default()
    };
    email.send(request).await.unwrap();
    let code = world.code_for("ada@acme.example", before).await;
    world.clock.advance_minutes(2);
    refused(open(&code).await, 401, "unable_to_auth_otp_code");

    for minutes in [1, 16] {
        let request = discovery::SendRequest {
            email_address: address(),
            discovery_expiration_minutes: Some(minutes),
            ..Default::default()
        };
        refused(email.send(request).await, 400, "invalid_expiration");
    }
    let request = discovery::SendRequest { email_address: "nonsense".to_owned(), ..Default::default() };
    refused(email.send(request).await, 400, "invalid_email");
    let request = discovery::AuthenticateRequest { email_address: "nonsense".to_owned(), code };
    refused(email.authenticate(request).await, 400, "invalid_email");
}

#[tokio::test]
async fn codes_are_not_sent_without_end() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    let mut sent = 0;
    let refusal = loop {
        let request = LoginOrSignupRequest {
            organization_id: acme.organization_id.clone(),
            email_address: "ada@acme.example".to_owned(),
            ..Default::default()
        };
        let answer = world.stytch.otps.email.login_or_signup(request).await;
        if answer.is_err() {
            break answer;
        }
        sent += 1;
        assert!(sent < 100, "nothing stops them");
    };
    refused(refusal, 429, "too_many_requests");
}

#[tokio::test]
async fn codes_cannot_be_guessed() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let code = world.email_code(&ada).await;
    let wrong = another(&code);
    for _ in 0..5 {
        refused(try_code(&world, &ada, &wrong).await, 404, "otp_code_not_found");
    }
    // It is dead, and the right one of no use any more.
    for code in [&wrong, &code] {
        refused(try_code(&world, &ada, code).await, 401, "unable_to_auth_otp_code");
    }
    assert!(!world.current(&ada).await.is_locked);
    let code = world.email_code(&ada).await;
    is_session(&try_code(&world, &ada, &code).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_uses_of_a_code_at_once_one_makes_a_session() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let code = world.email_code(&ada).await;
    let sdk = world.sdk.clone();
    let answers = race(32, || {
        let client = stytch::b2b::client::Client::new_with_http_client(sdk.clone(), sdk.clone());
        let request = AuthenticateRequest {
            organization_id: ada.organization_id.clone(),
            email_address: ada.email_address.clone(),
            code: code.clone(),
            ..Default::default()
        };
        async move { client.otps.email.authenticate(request).await }
    })
    .await;
    refusals_are(answers, &[(401, "unable_to_auth_otp_code", 31)]);
    let request = stytch::b2b::sessions::GetRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
    };
    assert_eq!(world.stytch.sessions.get(request).await.unwrap().member_sessions.len(), 1);
}

#[tokio::test]
async fn a_code_adds_to_the_members_session() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    world.clock.advance_minutes(5);
    let with = AuthenticateRequest { session_token: some(&entered.session_token), ..Default::default() };
    let again = world.enter_with(&ada, with).await;
    let session = is_session(&again);
    assert_eq!(session.member_session_id, is_session(&entered).member_session_id);
    // The same factor once, and later.
    assert_eq!(factor_types(session), ["email_otp"]);
    let proved = session.authentication_factors[0].last_authenticated_at.unwrap().timestamp();
    assert_eq!(proved, world.clock.timestamp());
}
