//! Recovery codes: shown, used, made anew.

use serde_json::json;
use stytch::b2b::{
    organizations::Member,
    recovery_codes::{GetRequest, RecoverRequest, RecoverResponse, RotateRequest},
};

use crate::common::{World, factor_types, impossible_terms, is_waiting, race, refusals_are, refused, some};

async fn shown(world: &World, member: &Member) -> stytch::Result<Vec<String>> {
    let request =
        GetRequest { organization_id: member.organization_id.clone(), member_id: member.member_id.clone() };
    Ok(world.stytch.recovery_codes.get(request).await?.recovery_codes)
}

async fn recover(
    world: &World,
    member: &Member,
    code: &str,
    with: RecoverRequest,
) -> stytch::Result<RecoverResponse> {
    let request = RecoverRequest {
        organization_id: member.organization_id.clone(),
        member_id: member.member_id.clone(),
        recovery_code: code.to_owned(),
        ..with
    };
    world.stytch.recovery_codes.recover(request).await
}

fn by(intermediate: &str) -> RecoverRequest {
    RecoverRequest { intermediate_session_token: some(intermediate), ..Default::default() }
}

#[tokio::test]
async fn a_recovery_code_finishes_a_sign_in_once() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, _) = world.enrol_app(&ada, &waiting).await;
    assert_eq!(sorted(shown(&world, &ada).await.unwrap()), sorted(app.recovery_codes.clone()));

    let waiting = is_waiting(&world.enter(&ada).await);
    let used = &app.recovery_codes[3];
    let with = RecoverRequest {
        session_duration_minutes: Some(30),
        session_custom_claims: Some(json!({"recovered": true})),
        ..by(&waiting)
    };
    let done = recover(&world, &ada, used, with).await.unwrap();
    assert_eq!((done.recovery_codes_remaining, &done.member_id), (9, &ada.member_id));
    let session = done.member_session.unwrap();
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 30);
    assert_eq!(session.custom_claims, Some(json!({"recovered": true})));
    assert_eq!(factor_types(&session), ["email_otp", "recovery_codes"]);
    let factor = &session.authentication_factors[1];
    assert_eq!(serde_json::to_value(&factor.delivery_method).unwrap(), "recovery_code");
    assert!(!factor.recovery_code_factor.as_ref().unwrap().totp_recovery_code_id.is_empty());
    assert!(world.authenticate(&done.session_token).await.is_ok());
    refused(world.exchange(&waiting, &acme).await, 404, "intermediate_session_not_found");

    let left = shown(&world, &ada).await.unwrap();
    assert!(left.len() == 9 && !left.contains(used));
    let waiting = is_waiting(&world.enter(&ada).await);
    refused(recover(&world, &ada, used, by(&waiting)).await, 401, "unable_to_authenticate_recovery_code");
    let done = recover(&world, &ada, &left[0], by(&waiting)).await.unwrap();
    assert_eq!(done.recovery_codes_remaining, 8);
}

fn sorted(mut codes: Vec<String>) -> Vec<String> {
    codes.sort();
    codes
}

#[tokio::test]
async fn a_recovery_code_adds_to_a_session() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let (app, _) = world.with_app(&ada).await;
    let token = world.session(&ada).await.session_token;
    let with = RecoverRequest { session_token: some(&token), ..Default::default() };
    let done = recover(&world, &ada, &app.recovery_codes[0], with).await.unwrap();
    assert_eq!(done.session_token, token);
    assert_eq!(factor_types(&done.member_session.unwrap()), ["email_otp", "recovery_codes"]);
}

#[tokio::test]
async fn what_is_no_recovery_code_is_refused() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let bob = world.member(&acme, "bob@acme.example").await;
    let pending = world.pending(&acme, "new@acme.example").await;
    let other = world.organization("other").await;
    let eve = world.member(&other, "eve@acme.example").await;
    let of_eve = world.session(&eve).await.session_token;
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, _) = world.enrol_app(&ada, &waiting).await;
    let waiting = is_waiting(&world.enter(&ada).await);

    let wrong = recover(&world, &ada, "zzzz-zzzz-zzzz", by(&waiting)).await;
    refused(wrong, 401, "unable_to_authenticate_recovery_code");
    for malformed in ["", "x", "aaaa-bbbb-cccc-dddd", "ä"] {
        refused(recover(&world, &ada, malformed, by(&waiting)).await, 400, "invalid_recovery_code");
    }
    let code = &app.recovery_codes[0];
    refused(recover(&world, &ada, code, RecoverRequest::default()).await, 400, "no_session_arguments");
    refused(recover(&world, &ada, code, by("unknown")).await, 404, "intermediate_session_not_found");
    let two = RecoverRequest { session_token: some("x"), ..by(&waiting) };
    refused(recover(&world, &ada, code, two).await, 400, "too_many_session_arguments");

    let in_session = |token: &str| RecoverRequest { session_token: some(token), ..Default::default() };
    refused(recover(&world, &ada, code, in_session("unknown")).await, 404, "session_not_found");
    let of_bob = is_waiting(&world.enter(&bob).await);
    for foreign in [in_session(&of_eve), by(&of_bob)] {
        refused(recover(&world, &ada, code, foreign).await, 400, "member_session_member_id_mismatch");
    }
    let none = recover(&world, &bob, code, by(&of_bob)).await;
    refused(none, 404, "no_active_recovery_code_backed_factor");
    let early = recover(&world, &pending, code, by(&waiting)).await;
    refused(early, 400, "action_available_only_for_active_members");
    for (organization_id, error_type) in
        [("nothing", "organization_not_found"), ("other", "member_not_found")]
    {
        let elsewhere = Member { organization_id: organization_id.to_owned(), ..ada.clone() };
        refused(recover(&world, &elsewhere, code, by(&waiting)).await, 404, error_type);
    }
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let with = RecoverRequest { session_duration_minutes, session_custom_claims, ..by(&waiting) };
        refused(recover(&world, &ada, code, with).await, 400, error_type);
    }
    // Nothing of this has used the sign-in or the code up.
    assert!(recover(&world, &ada, code, by(&waiting)).await.is_ok());
}

#[tokio::test]
async fn a_recovery_code_waits_for_the_first_factor() {
    let world = World::new().await;
    let (ada, token) = world.owing_both().await;
    let early = recover(&world, &ada, "aaaa-bbbb-cccc", by(&token)).await;
    refused(early, 400, "action_available_only_once_primary_authentication_is_met");
}

#[tokio::test]
async fn a_code_of_the_app_typed_as_a_recovery_code_is_told_to_be_one() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, _) = world.enrol_app(&ada, &waiting).await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let answer = recover(&world, &ada, &app.next_code(), by(&waiting)).await;
    refused(answer, 400, "totp_code_used_as_recovery_code");
    assert!(recover(&world, &ada, &app.recovery_codes[0], by(&waiting)).await.is_ok());
}

#[tokio::test]
async fn ten_wrong_recovery_codes_lock_the_member() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, _) = world.enrol_app(&ada, &waiting).await;
    let waiting = is_waiting(&world.enter(&ada).await);
    for _ in 0..10 {
        let wrong = recover(&world, &ada, "zzzz-zzzz-zzzz", by(&waiting)).await;
        refused(wrong, 401, "unable_to_authenticate_recovery_code");
    }
    let answer = recover(&world, &ada, &app.recovery_codes[0], by(&waiting)).await;
    refused(answer, 429, "user_lock_limit_reached");
    assert!(world.current(&ada).await.is_locked);
}

#[tokio::test]
async fn new_recovery_codes_replace_the_old() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, _) = world.enrol_app(&ada, &waiting).await;
    let request =
        RotateRequest { organization_id: acme.organization_id.clone(), member_id: ada.member_id.clone() };
    let rotated = world.stytch.recovery_codes.rotate(request).await.unwrap();
    assert_eq!(
        (&rotated.member_id, rotated.organization.organization_slug.as_str()),
        (&ada.member_id, "acme")
    );
    assert_eq!(rotated.recovery_codes.len(), 10);
    assert!(rotated.recovery_codes.iter().all(|code| !app.recovery_codes.contains(code)));
    assert_eq!(sorted(shown(&world, &ada).await.unwrap()), sorted(rotated.recovery_codes.clone()));
    let waiting = is_waiting(&world.enter(&ada).await);
    let old = recover(&world, &ada, &app.recovery_codes[0], by(&waiting)).await;
    refused(old, 401, "unable_to_authenticate_recovery_code");
    assert!(recover(&world, &ada, &rotated.recovery_codes[0], by(&waiting)).await.is_ok());
}

#[tokio::test]
async fn where_there_are_none_none_are_found() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    refused(shown(&world, &ada).await, 404, "recovery_codes_not_found");
    let rotate = |organization_id: &str, member_id: &str| {
        let request =
            RotateRequest { organization_id: organization_id.to_owned(), member_id: member_id.to_owned() };
        world.stytch.recovery_codes.rotate(request)
    };
    refused(rotate("acme", &ada.member_id).await, 404, "recovery_codes_not_found");
    refused(rotate("nothing", &ada.member_id).await, 404, "organization_not_found");
    refused(rotate("acme", "nobody").await, 404, "member_not_found");
    let request = GetRequest { organization_id: "acme".to_owned(), member_id: "nobody".to_owned() };
    refused(world.stytch.recovery_codes.get(request).await, 404, "member_not_found");
    let request = GetRequest { organization_id: "nothing".to_owned(), member_id: ada.member_id.clone() };
    refused(world.stytch.recovery_codes.get(request).await, 404, "organization_not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_uses_of_a_recovery_code_at_once_one_counts() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let (app, entered) = world.with_app(&ada).await;
    let sdk = world.sdk.clone();
    let answers = race(32, || {
        let client = stytch::b2b::client::Client::new_with_http_client(sdk.clone(), sdk.clone());
        let request = RecoverRequest {
            organization_id: ada.organization_id.clone(),
            member_id: ada.member_id.clone(),
            recovery_code: app.recovery_codes[0].clone(),
            session_token: some(&entered.session_token),
            ..Default::default()
        };
        async move { client.recovery_codes.recover(request).await }
    })
    .await;
    let expected = [(401, "unable_to_authenticate_recovery_code", 10), (429, "user_lock_limit_reached", 21)];
    refusals_are(answers, &expected);
    assert_eq!(shown(&world, &ada).await.unwrap().len(), 9);
}
