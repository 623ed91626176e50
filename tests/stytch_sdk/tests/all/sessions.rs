//! Member sessions: authenticated, listed, exchanged, revoked.

use std::time::Duration;

use serde_json::{Value, json};
use stytch::b2b::{
    organizations as orgs, organizations_members as members,
    otp_email::AuthenticateRequest as EmailCode,
    sessions::{AuthenticateRequest, ExchangeRequest, GetRequest, MemberSession, RevokeRequest},
};
use vestibule::SessionPolicy;

use crate::common::{World, factor_types, impossible_terms, is_session, is_waiting, refused, some};

/// A session may last as long as Stytch lets it.
async fn patient_world() -> World {
    let longest = Duration::from_secs(527_040 * 60);
    let policy = SessionPolicy { absolute: longest, idle: longest, ..SessionPolicy::default() };
    World::with(|builder| builder.session_policy(policy)).await
}

async fn sessions_of(world: &World, organization_id: &str, member_id: &str) -> Vec<MemberSession> {
    let request = GetRequest { organization_id: organization_id.to_owned(), member_id: member_id.to_owned() };
    world.stytch.sessions.get(request).await.unwrap().member_sessions
}

#[tokio::test]
async fn a_token_shows_the_session_and_extends_it_only_if_asked() {
    let world = patient_world().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let begun = is_session(&entered).clone();
    assert_eq!((begun.expires_at - begun.started_at).num_minutes(), 60);
    assert_eq!(begun.started_at.timestamp(), world.clock.timestamp());

    world.clock.advance_minutes(20);
    let seen = world.authenticate(&entered.session_token).await.unwrap();
    assert_eq!(seen.session_token, entered.session_token);
    assert_ne!(seen.session_jwt, entered.session_jwt);
    assert_eq!((&seen.member.member_id, &seen.member.email_address), (&ada.member_id, &ada.email_address));
    assert_eq!(seen.organization.organization_slug, "acme");
    assert!(seen.verdict.is_none());
    let session = &seen.member_session;
    assert_eq!(session.member_session_id, begun.member_session_id);
    assert!(session.member_session_id.starts_with("session-test-"));
    assert_eq!((&session.member_id, &session.organization_id), (&ada.member_id, &acme.organization_id));
    assert_eq!(
        (session.organization_slug.as_str(), session.roles.as_slice()),
        ("acme", &["stytch_member".to_owned()][..])
    );
    assert_eq!((session.started_at, session.expires_at), (begun.started_at, begun.expires_at));
    assert_eq!(session.last_accessed_at.timestamp(), world.clock.timestamp());

    // From now on, whether that is later or sooner than before.
    for minutes in [527_000, 120, 5] {
        let request = AuthenticateRequest {
            session_token: some(&entered.session_token),
            session_duration_minutes: Some(minutes),
            ..Default::default()
        };
        let session = world.stytch.sessions.authenticate(request).await.unwrap().member_session;
        let left = session.expires_at.timestamp() - world.clock.timestamp();
        assert_eq!(left, i64::from(minutes) * 60);
    }
    world.clock.advance_minutes(5);
    refused(world.authenticate(&entered.session_token).await, 404, "session_not_found");
}

#[tokio::test]
async fn a_jwt_will_do_even_after_its_five_minutes_and_gives_the_same_token() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;

    let fresh = world.authenticate_jwt(&entered.session_jwt).await.unwrap();
    assert_eq!(fresh.session_token, entered.session_token);

    world.clock.advance_minutes(30);
    let old = world.authenticate_jwt(&entered.session_jwt).await.unwrap();
    assert_eq!(old.session_token, entered.session_token);
    assert_eq!(old.member_session.last_accessed_at.timestamp(), world.clock.timestamp());
    assert_ne!(old.session_jwt, entered.session_jwt);

    world.clock.advance_minutes(30);
    refused(world.authenticate_jwt(&old.session_jwt).await, 404, "session_not_found");
    refused(world.authenticate_jwt(&entered.session_jwt).await, 404, "session_not_found");
}

#[tokio::test]
async fn sessions_that_are_none_are_refused() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let waiting = world.discover("ada@acme.example").await.intermediate_session_token;

    let nothing = world.stytch.sessions.authenticate(AuthenticateRequest::default()).await;
    refused(nothing, 400, "no_session_arguments");
    let both = AuthenticateRequest {
        session_token: some(&entered.session_token),
        session_jwt: some(&entered.session_jwt),
        ..Default::default()
    };
    refused(world.stytch.sessions.authenticate(both).await, 400, "too_many_session_arguments");

    refused(world.authenticate("").await, 400, "no_session_arguments");
    for token in ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", waiting.as_str()] {
        refused(world.authenticate(token).await, 404, "session_not_found");
    }
}

#[tokio::test]
async fn what_is_no_jwt_is_not_taken_for_an_ended_session() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let token = world.session(&ada).await.session_token;
    for jwt in ["x", "x.y.z", &token] {
        let answer = world.authenticate_jwt(jwt).await;
        refused(answer, 400, "unable_to_parse_session_jwt");
        let revoke = RevokeRequest { session_jwt: some(jwt), ..Default::default() };
        refused(world.stytch.sessions.revoke(revoke).await, 400, "unable_to_parse_session_jwt");
        let exchange = ExchangeRequest {
            organization_id: acme.organization_id.clone(),
            session_jwt: some(jwt),
            ..Default::default()
        };
        refused(world.stytch.sessions.exchange(exchange).await, 400, "unable_to_parse_session_jwt");
    }
}

#[tokio::test]
async fn a_jwt_that_somebody_else_signed_or_changed_is_refused() {
    let world = World::new().await;
    let other = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let jwt = world.session(&ada).await.session_jwt;
    let foreign = {
        let acme = other.organization("acme").await;
        let ada = other.member(&acme, "ada@acme.example").await;
        other.session(&ada).await.session_jwt
    };
    let parts: Vec<&str> = jwt.split('.').collect();
    let foreign_parts: Vec<&str> = foreign.split('.').collect();
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    // {"alg":"none","typ":"JWT"}
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]);
    let exchanged = format!("{}.{}.{}", parts[0], foreign_parts[1], parts[2]);
    for jwt in [foreign, exchanged, unsigned] {
        refused(world.authenticate_jwt(&jwt).await, 404, "session_not_found");
    }
    // Of no algorithm that signs, it can't be read as one.
    refused(world.authenticate_jwt(&none).await, 400, "unable_to_parse_session_jwt");
    assert!(world.authenticate_jwt(&jwt).await.is_ok());
}

#[tokio::test]
async fn a_session_may_last_from_5_to_527040_minutes() {
    let world = patient_world().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    for minutes in [-1, 0, 4, 527_041, i32::MAX] {
        let code = world.email_code(&ada).await;
        let request = EmailCode {
            organization_id: acme.organization_id.clone(),
            email_address: ada.email_address.clone(),
            code,
            session_duration_minutes: Some(minutes),
            ..Default::default()
        };
        refused(world.stytch.otps.email.authenticate(request).await, 400, "invalid_session_duration_minutes");
        world.clock.advance_minutes(10);
    }
    for minutes in [5, 527_040] {
        let with = EmailCode { session_duration_minutes: Some(minutes), ..Default::default() };
        let entered = world.enter_with(&ada, with).await;
        let session = is_session(&entered);
        assert_eq!((session.expires_at - session.started_at).num_minutes(), i64::from(minutes));
        for minutes in [4, 527_041] {
            let request = AuthenticateRequest {
                session_token: some(&entered.session_token),
                session_duration_minutes: Some(minutes),
                ..Default::default()
            };
            let answer = world.stytch.sessions.authenticate(request).await;
            refused(answer, 400, "invalid_session_duration_minutes");
        }
    }
}

#[tokio::test]
async fn a_session_beyond_the_projects_maximum_is_refused_instead_of_shortened() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let token = world.session(&ada).await.session_token;
    let request = AuthenticateRequest {
        session_token: some(&token),
        session_duration_minutes: Some(527_040),
        ..Default::default()
    };
    refused(world.stytch.sessions.authenticate(request).await, 400, "invalid_session_duration");
}

async fn claim(world: &World, token: &str, claims: Value) -> stytch::Result<Option<Value>> {
    let request = AuthenticateRequest {
        session_token: some(token),
        session_custom_claims: Some(claims),
        ..Default::default()
    };
    Ok(world.stytch.sessions.authenticate(request).await?.member_session.custom_claims)
}

#[tokio::test]
async fn custom_claims_merge_deeply_and_null_deletes() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let with = EmailCode {
        session_custom_claims: Some(json!({"plan": "pro", "limits": {"seats": 5, "deep": {"a": 1, "b": 2}}})),
        ..Default::default()
    };
    let entered = world.enter_with(&ada, with).await;
    let begun = json!({"plan": "pro", "limits": {"seats": 5, "deep": {"a": 1, "b": 2}}});
    assert_eq!(is_session(&entered).custom_claims, Some(begun));

    let token = &entered.session_token;
    let merged =
        claim(&world, token, json!({"limits": {"seats": 6, "deep": {"a": null, "c": [1]}}, "new": true}));
    let expected = json!({"plan": "pro", "limits": {"seats": 6, "deep": {"b": 2, "c": [1]}}, "new": true});
    assert_eq!(merged.await.unwrap(), Some(expected));

    let replaced = claim(&world, token, json!({"limits": 3, "plan": null, "absent": null})).await.unwrap();
    assert_eq!(replaced, Some(json!({"limits": 3, "new": true})));

    // Nothing said changes nothing.
    let kept = world.authenticate(token).await.unwrap();
    assert_eq!(kept.member_session.custom_claims, Some(json!({"limits": 3, "new": true})));
}

#[tokio::test]
async fn custom_claims_that_cannot_be_are_refused_and_change_nothing() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let token = world.session(&ada).await.session_token;
    claim(&world, &token, json!({"half": "x".repeat(2500)})).await.unwrap();

    for reserved in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"] {
        let answer = claim(&world, &token, json!({"new": 1, reserved: "x"})).await;
        refused(answer, 400, "reserved_claims_in_custom_claims");
    }
    for own in ["https://stytch.com/session", "https://stytch.com/organization"] {
        refused(claim(&world, &token, json!({own: {}})).await, 400, "stytch_claims_in_custom_claims");
    }
    let whole = claim(&world, &token, json!({"whole": "x".repeat(5000)})).await;
    refused(whole, 400, "custom_claims_too_large");
    let other_half = claim(&world, &token, json!({"other_half": "x".repeat(2500)})).await;
    refused(other_half, 400, "custom_claims_too_large");
    for no_map in [json!("text"), json!([1]), json!(5)] {
        refused(claim(&world, &token, no_map).await, 400, "bad_request");
    }

    let session = world.authenticate(&token).await.unwrap().member_session;
    assert_eq!(session.custom_claims, Some(json!({"half": "x".repeat(2500)})));
    // With room made, there is room.
    let exchanged = claim(&world, &token, json!({"half": null, "other_half": "x".repeat(2500)})).await;
    assert_eq!(exchanged.unwrap(), Some(json!({"other_half": "x".repeat(2500)})));
}

#[tokio::test]
async fn a_members_sessions_are_listed_while_they_live() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let bob = world.member(&acme, "bob@acme.example").await;
    let (first, second) = (world.session(&ada).await, world.session(&ada).await);
    let of_bob = world.session(&bob).await;
    let id = |entered| is_session(entered).member_session_id.clone();

    let ids = async || {
        let mut ids: Vec<String> = Vec::new();
        for session in sessions_of(&world, &acme.organization_id, &ada.member_id).await {
            assert_eq!((&session.member_id, session.organization_slug.as_str()), (&ada.member_id, "acme"));
            ids.push(session.member_session_id);
        }
        ids.sort();
        ids
    };
    let mut both = vec![id(&first), id(&second)];
    both.sort();
    assert_eq!(ids().await, both);
    assert_eq!(sessions_of(&world, "acme", &bob.member_id).await[0].member_session_id, id(&of_bob));

    let request = RevokeRequest { session_token: some(&first.session_token), ..Default::default() };
    world.stytch.sessions.revoke(request).await.unwrap();
    assert_eq!(ids().await, [id(&second)]);
    world.clock.advance_minutes(60);
    assert_eq!(ids().await, [""; 0]);
}

#[tokio::test]
async fn sessions_of_nobody_are_not_found() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let other = world.organization("other").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let get = async |organization_id: &str, member_id: &str| {
        let request =
            GetRequest { organization_id: organization_id.to_owned(), member_id: member_id.to_owned() };
        world.stytch.sessions.get(request).await
    };
    refused(get("nothing", &ada.member_id).await, 404, "organization_not_found");
    refused(get(&acme.organization_id, "nobody").await, 404, "member_not_found");
    refused(get(&other.organization_id, &ada.member_id).await, 404, "member_not_found");
}

#[tokio::test]
async fn a_session_is_revoked_by_each_selector() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    for selector in ["id", "token", "jwt", "expired jwt", "member"] {
        let entered = world.session(&ada).await;
        let other = world.session(&ada).await;
        let mut request = RevokeRequest::default();
        match selector {
            "id" => request.member_session_id = Some(is_session(&entered).member_session_id.clone()),
            "token" => request.session_token = some(&entered.session_token),
            "jwt" => request.session_jwt = some(&entered.session_jwt),
            "expired jwt" => {
                world.clock.advance_minutes(10);
                request.session_jwt = some(&entered.session_jwt);
            }
            _ => request.member_id = some(&ada.member_id),
        }
        world.stytch.sessions.revoke(request).await.unwrap();
        refused(world.authenticate(&entered.session_token).await, 404, "session_not_found");
        refused(world.authenticate_jwt(&entered.session_jwt).await, 404, "session_not_found");
        let others_live = world.authenticate(&other.session_token).await.is_ok();
        assert_eq!(others_live, selector != "member", "{selector}");
        world.clock.advance_minutes(10);
    }
}

#[tokio::test]
async fn the_applications_own_id_names_nobody_without_an_organization() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let settings = members::CreateRequest { external_id: some("ada-1"), ..Default::default() };
    let ada = world.member_with(&acme, "ada@acme.example", settings).await;
    let token = world.session(&ada).await.session_token;
    let request = RevokeRequest { member_id: some("ada-1"), ..Default::default() };
    // It names somebody in each organization, and this call names none.
    refused(world.stytch.sessions.revoke(request).await, 404, "member_not_found");
    world.authenticate(&token).await.unwrap();
}

#[tokio::test]
async fn what_is_to_be_revoked_has_to_be_said_once() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let revoke = |request| world.stytch.sessions.revoke(request);

    refused(revoke(RevokeRequest::default()).await, 400, "no_session_revoke_arguments");
    let two = RevokeRequest {
        session_token: some(&entered.session_token),
        member_id: some(&ada.member_id),
        ..Default::default()
    };
    refused(revoke(two).await, 400, "too_many_session_revoke_arguments");
    let unknown = "session-test-00000000-0000-4000-8000-000000000000";
    let unknown = RevokeRequest { member_session_id: some(unknown), ..Default::default() };
    refused(revoke(unknown).await, 404, "session_not_found");
    let unknown = RevokeRequest { session_token: some("unknown"), ..Default::default() };
    refused(revoke(unknown).await, 404, "session_not_found");
    let nobody = "member-test-00000000-0000-4000-8000-000000000000";
    let nobody = RevokeRequest { member_id: some(nobody), ..Default::default() };
    refused(revoke(nobody).await, 404, "member_not_found");
    assert!(world.authenticate(&entered.session_token).await.is_ok());
}

#[tokio::test]
async fn a_session_is_exchanged_for_one_of_another_organization() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let globex = world.organization("globex").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let there = world.member(&globex, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    world.clock.advance_minutes(6);

    for (token, jwt) in [(some(&entered.session_token), None), (None, some(&entered.session_jwt))] {
        let request = ExchangeRequest {
            organization_id: globex.organization_id.clone(),
            session_token: token,
            session_jwt: jwt,
            session_duration_minutes: Some(30),
            session_custom_claims: Some(json!({"from": "acme"})),
            ..Default::default()
        };
        let answer = world.stytch.sessions.exchange(request).await.unwrap();
        let session = is_session(&answer);
        assert_eq!((&answer.member_id, &answer.member.member_id), (&there.member_id, &there.member_id));
        assert_eq!(answer.organization.organization_id, globex.organization_id);
        assert_eq!(session.organization_slug, "globex");
        assert_eq!(session.custom_claims, Some(json!({"from": "acme"})));
        assert_eq!(session.expires_at.timestamp() - world.clock.timestamp(), 30 * 60);
        assert_eq!(factor_types(session), ["email_otp"]);
        let seen = world.authenticate(&answer.session_token).await.unwrap();
        assert_eq!(seen.organization.organization_slug, "globex");
    }
    let seen = world.authenticate(&entered.session_token).await.unwrap();
    assert_eq!(seen.organization.organization_slug, "acme");
}

#[tokio::test]
async fn an_exchange_accepts_an_invitation_but_lets_nobody_join() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let globex = world.organization("globex").await;
    let open = world.organization_of_domain("open", "acme.example").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let invite = stytch::b2b::magic_links_email::InviteRequest {
        organization_id: globex.organization_id.clone(),
        email_address: "ada@acme.example".to_owned(),
        ..Default::default()
    };
    let invited = world.stytch.magic_links.email.invite(invite).await.unwrap().member;
    assert_eq!(invited.status, "invited");
    let token = world.session(&ada).await.session_token;
    let exchange = async |organization_id: &str| {
        let request = ExchangeRequest {
            organization_id: organization_id.to_owned(),
            session_token: some(&token),
            ..Default::default()
        };
        world.stytch.sessions.exchange(request).await
    };

    let accepted = exchange(&globex.organization_id).await.unwrap();
    is_session(&accepted);
    assert_eq!((accepted.member_id, accepted.member.status.as_str()), (invited.member_id, "active"));

    refused(exchange(&open.organization_id).await, 404, "member_not_found");
    let metrics = orgs::MetricsRequest { organization_id: open.organization_id.clone() };
    assert_eq!(world.stytch.organizations.metrics(metrics).await.unwrap().member_count, 0);
    refused(exchange("nothing").await, 404, "organization_not_found");
}

#[tokio::test]
async fn an_exchange_takes_one_session() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let exchange = |session_token, session_jwt| {
        let organization_id = acme.organization_id.clone();
        let request = ExchangeRequest { organization_id, session_token, session_jwt, ..Default::default() };
        world.stytch.sessions.exchange(request)
    };
    refused(exchange(None, None).await, 400, "no_session_arguments");
    let both = exchange(some(&entered.session_token), some(&entered.session_jwt)).await;
    refused(both, 400, "too_many_session_arguments");
    refused(exchange(some("unknown"), None).await, 404, "session_not_found");
}

#[tokio::test]
async fn an_exchange_that_cannot_be_is_refused_and_the_session_goes_on() {
    let world = World::new().await;
    let (acme, globex) = (world.organization("acme").await, world.organization("globex").await);
    let ada = world.member(&acme, "ada@acme.example").await;
    let there = world.member(&globex, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let right = || ExchangeRequest {
        organization_id: globex.organization_id.clone(),
        session_token: some(&entered.session_token),
        ..Default::default()
    };
    let exchange = |request| world.stytch.sessions.exchange(request);
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let request = ExchangeRequest { session_duration_minutes, session_custom_claims, ..right() };
        refused(exchange(request).await, 400, error_type);
    }
    // A twin of the session in its own organization would forget what was set up in it.
    let own = ExchangeRequest { organization_id: acme.organization_id.clone(), ..right() };
    refused(exchange(own).await, 404, "member_not_found");
    is_session(&exchange(right()).await.unwrap());
    world.delete(&there).await;
    refused(exchange(right()).await, 404, "member_not_found");
    assert!(world.authenticate(&entered.session_token).await.is_ok());
}

#[tokio::test]
async fn an_exchange_to_where_more_is_asked_waits_and_keeps_the_old_session() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let strict = world.mfa_organization("strict").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let there = world.member(&strict, "ada@acme.example").await;
    // An app of one organization says nothing in another.
    let (_, entered) = world.with_app(&ada).await;
    let request = ExchangeRequest {
        organization_id: strict.organization_id.clone(),
        session_token: some(&entered.session_token),
        ..Default::default()
    };
    let answer = world.stytch.sessions.exchange(request).await.unwrap();
    let waiting = is_waiting(&answer);
    assert!(answer.mfa_required.unwrap().member_options.is_none());
    assert!(answer.primary_required.is_none());
    assert_eq!(answer.member_id, there.member_id);
    assert!(world.authenticate(&entered.session_token).await.is_ok());

    let (_, done) = world.enrol_app(&there, &waiting).await;
    assert_eq!(done.member_session.unwrap().organization_slug, "strict");
    assert!(world.authenticate(&entered.session_token).await.is_ok());
}

#[tokio::test]
async fn a_phone_that_both_members_have_proved_counts_in_both_organizations() {
    let world = World::new().await;
    let (one, two) = (world.mfa_organization("one").await, world.mfa_organization("two").await);
    let ada = world.member(&one, "ada@acme.example").await;
    let there = world.member(&two, "ada@acme.example").await;
    for member in [&there, &ada] {
        let waiting = is_waiting(&world.enter(member).await);
        world.enrol_phone(member, "+15551234567", &waiting).await;
        world.clock.advance_minutes(2);
    }
    let before = world.last_message();
    let waiting = is_waiting(&world.enter(&ada).await);
    let code = world.code_for("+15551234567", before).await;
    let with = stytch::b2b::otp_sms::AuthenticateRequest {
        intermediate_session_token: some(&waiting),
        ..Default::default()
    };
    let entered = world.by_sms(&ada, &code, with).await.unwrap();

    let request = ExchangeRequest {
        organization_id: two.organization_id.clone(),
        session_token: some(&entered.session_token),
        ..Default::default()
    };
    let answer = world.stytch.sessions.exchange(request).await.unwrap();
    assert_eq!(factor_types(is_session(&answer)), ["email_otp", "otp"]);
}

#[tokio::test]
async fn a_password_stays_where_it_was_set() {
    let world = World::new().await;
    let (acme, globex) = (world.organization("acme").await, world.organization("globex").await);
    let ada = world.member(&acme, "ada@acme.example").await;
    world.member(&globex, "ada@acme.example").await;
    world.set_password(&ada).await;
    let entered = world.by_password(&ada, crate::common::PASSWORD).await.unwrap();
    let request = ExchangeRequest {
        organization_id: globex.organization_id.clone(),
        session_token: some(&entered.session_token),
        ..Default::default()
    };
    let answer = world.stytch.sessions.exchange(request.clone()).await;
    refused(answer, 400, "insufficient_factors_for_session_exchange");
    // With a factor that counts elsewhere, the same session goes there.
    let with = EmailCode { session_token: some(&entered.session_token), ..Default::default() };
    world.enter_with(&ada, with).await;
    let answer = world.stytch.sessions.exchange(request).await.unwrap();
    assert_eq!(factor_types(is_session(&answer)), ["email_otp"]);
}
