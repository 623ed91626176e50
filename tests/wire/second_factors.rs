//! No session without the second factor that is due, and none is set up beside one that is there.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    api::{Api, Ask, PASSWORD, merge, token},
    calls::{Cast, NEW_PASSWORD},
    common::{Fault, faults::Gate, world::PHONE},
};

const ANOTHER_PHONE: &str = "+15557654321";

/// Somebody who knows the password begins to set up an app, and waits. The member sets up a phone. From then on
/// the phone has to be proved, whatever was begun before.
#[tokio::test]
async fn an_app_begun_before_the_member_had_a_phone_does_not_stand_for_it() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.owing;
    let theirs = api.intermediate(member).await;
    let begun = api
        .begin_app(member, json!({"intermediate_session_token": theirs, "expiration_minutes": 1440}))
        .await;

    let own = api.intermediate(member).await;
    let before = api.world.last_message();
    let body = member.ids(json!({"intermediate_session_token": own, "mfa_phone_number": PHONE}));
    api.post("otps/sms/send", body).await.done();
    let code = api.world.code_for(PHONE, before).await;
    let body = member.ids(json!({"intermediate_session_token": own, "code": code}));
    api.post("otps/sms/authenticate", body).await.done();

    for token in [theirs, api.intermediate(member).await] {
        let body = member.ids(json!({"intermediate_session_token": token, "code": begun.code()}));
        let said = api.post("totp/authenticate", body).await;
        assert!(!said.is_session(), "{}", said.body);
        assert!(matches!(said.error_type(), "insufficient_factors" | "totp_not_found"), "{}", said.body);
    }
    assert_eq!(api.shown(member).await["totp_registration_id"], json!(""));
}

/// The same the other way round.
#[tokio::test]
async fn a_phone_begun_before_the_member_had_an_app_does_not_stand_for_it() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.owing;
    let theirs = api.intermediate(member).await;
    let before = api.world.last_message();
    let body = member.ids(json!({"intermediate_session_token": theirs, "mfa_phone_number": PHONE}));
    api.post("otps/sms/send", body).await.done();
    let code = api.world.code_for(PHONE, before).await;

    let own = api.intermediate(member).await;
    api.enrol_app(member, json!({"intermediate_session_token": own})).await;

    let body = member.ids(json!({"intermediate_session_token": theirs, "code": code}));
    let said = api.post("otps/sms/authenticate", body).await;
    assert!(!said.is_session(), "{}", said.body);
    assert_eq!(api.shown(member).await["mfa_phone_number_verified"], json!(false));
}

#[tokio::test]
async fn whoever_has_a_second_factor_proves_it_before_another_is_set_up() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.owing;
    let brought = json!({"intermediate_session_token": api.intermediate(member).await});
    let (app, signed_in) = api.enrol_app(member, brought).await;
    let session = token(&signed_in, "session_token");
    let stranger = api.by_password(&cast.plain, json!({})).await.done();

    let phone = async |brought: Value| {
        let mut body = member.ids(json!({"mfa_phone_number": PHONE}));
        merge(&mut body, brought);
        api.post("otps/sms/send", body).await
    };
    phone(json!({})).await.refused(401, "insufficient_factors");
    let owing = api.intermediate(member).await;
    phone(json!({"intermediate_session_token": owing})).await.refused(401, "insufficient_factors");
    for name in ["session_token", "session_jwt"] {
        phone(json!({name: stranger[name]})).await.refused(400, "member_session_member_id_mismatch");
    }
    let discovery = api.discovery(&cast.plain.address).await;
    let said = phone(json!({"intermediate_session_token": discovery})).await;
    said.refused(400, "member_session_member_id_mismatch");
    // An app is not replaced by another as long as it is there.
    api.post("totp", member.ids(json!({"session_token": session}))).await.refused(400, "active_totp_exists");

    // In a session, but long ago.
    api.world.clock.advance_secs(301);
    phone(json!({"session_token": session})).await.refused(401, "stale_factors");
    // Another first factor changes nothing.
    let mut body = json!({"organization_id": "strict", "email_address": member.address});
    merge(&mut body, json!({"password": PASSWORD, "session_token": session}));
    api.post("passwords/authenticate", body).await.done();
    phone(json!({"session_token": session})).await.refused(401, "stale_factors");
    let body = member.ids(json!({"session_token": session, "code": app.next_code()}));
    api.post("totp/authenticate", body).await.done();
    phone(json!({"session_token": session})).await.done();
}

#[tokio::test]
async fn a_session_brought_along_opens_no_other_door() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    // The same person here and there.
    let there = api.member_with_password(&cast.strict, &cast.plain.address, json!({})).await;
    let session = api.session(&cast.plain).await;
    for brought in [json!({"session_token": session}), json!({})] {
        let said = api.by_password(&there, brought.clone()).await;
        assert!(!said.is_session(), "{}", said.body);
        let code = api.email_code(&there).await;
        let mut body = json!({"organization_id": "strict", "email_address": there.address, "code": code});
        merge(&mut body, brought.clone());
        let said = api.post("otps/email/authenticate", body).await;
        assert!(!said.is_session(), "{}", said.body);
        let mut body = json!({"magic_links_token": api.login_link(&there).await});
        merge(&mut body, brought.clone());
        assert!(!api.post("magic_links/authenticate", body).await.is_session());
        let reset = api.reset_link(&there).await;
        let mut body = json!({"password_reset_token": reset, "password": PASSWORD});
        merge(&mut body, brought);
        assert!(!api.post("passwords/email/reset", body).await.is_session());
        api.world.clock.advance_secs(601);
    }
    let said =
        api.post("sessions/exchange", json!({"organization_id": "strict", "session_token": session})).await;
    assert!(!said.is_session(), "{}", said.body);
    // A password is one member's alone.
    let said = api.post("discovery/organizations", json!({"session_token": session})).await.done();
    for found in said["discovered_organizations"].as_array().unwrap() {
        let strict = found["organization"]["organization_slug"] == "strict";
        assert!(!strict || found["member_authenticated"] == json!(false), "{found}");
    }
}

#[tokio::test]
async fn no_reset_of_a_password_gets_around_the_second_factor() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.owing;
    let before_reset = api.intermediate(member).await;
    let brought = json!({"intermediate_session_token": api.intermediate(member).await});
    let (app, signed_in) = api.enrol_app(member, brought).await;

    let body = json!({"password_reset_token": api.reset_link(member).await, "password": "other battery, staple of 1985"});
    let said = api.post("passwords/email/reset", body).await;
    assert!(!said.is_session() && said.body["mfa_required"].is_object(), "{}", said.body);
    // All sessions have ended, and what was begun with the former password does not go on.
    for name in ["session_token", "session_jwt"] {
        api.post("sessions/authenticate", json!({name: signed_in[name]}))
            .await
            .refused(404, "session_not_found");
    }
    let body = member.ids(json!({"intermediate_session_token": before_reset, "code": app.next_code()}));
    let said = api.post("totp/authenticate", body).await;
    said.refused(400, "action_available_only_once_primary_authentication_is_met");

    let body = json!({
        "organization_id": "strict",
        "email_address": member.address,
        "existing_password": "other battery, staple of 1985",
        "new_password": PASSWORD,
    });
    let said = api.post("passwords/existing_password/reset", body).await;
    assert!(!said.is_session() && said.body["mfa_required"].is_object(), "{}", said.body);
}

/// Its session is being written when the reset ends all that there are.
#[tokio::test]
async fn a_sign_in_by_the_former_password_does_not_outlive_a_reset_beside_it() {
    let api = Arc::new(Api::new().await);
    let cast = Cast::in_(&api).await;
    let member = cast.owing.clone();
    let brought = json!({"intermediate_session_token": api.intermediate(&member).await});
    let (app, _) = api.enrol_app(&member, brought).await;
    let link = api.reset_link(&member).await;

    let gate = Gate::new();
    let waiting = api.intermediate(&member).await;
    api.world.durable.faults.set("sessions.insert", Fault::Waits(Arc::clone(&gate)));
    let body = member.ids(json!({"intermediate_session_token": waiting, "code": app.next_code()}));
    let signing_in = tokio::spawn({
        let api = Arc::clone(&api);
        async move { api.post("totp/authenticate", body).await }
    });
    gate.arrived().await;
    let body = json!({"password_reset_token": link, "password": NEW_PASSWORD});
    let reset = api.post("passwords/email/reset", body).await;
    assert!(!reset.is_session(), "{}", reset.body);
    gate.open();
    signing_in.await.unwrap().refused(404, "session_not_found");
    let query = format!("organization_id=strict&member_id={}", member.member_id);
    let live = api.get(&format!("sessions?{query}")).await.done();
    assert_eq!(live["member_sessions"], json!([]));
    // What it was begun with is not good for another try.
    api.world.durable.faults.clear();
    api.world.clock.advance_secs(60);
    let body = member.ids(json!({"intermediate_session_token": waiting, "code": app.code()}));
    let said = api.post("totp/authenticate", body).await;
    said.refused(400, "action_available_only_once_primary_authentication_is_met");
}

/// Other links to set a password by die with the one that was used.
#[tokio::test]
async fn an_older_link_to_set_a_password_is_dead_once_one_was_used() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let (older, newer) = (api.reset_link(&cast.plain).await, api.reset_link(&cast.plain).await);
    let body = json!({"password_reset_token": newer, "password": "other battery, staple of 1985"});
    api.post("passwords/email/reset", body).await.done();
    let body = json!({"password_reset_token": older, "password": "third battery, staple of 1986"});
    let said = api.post("passwords/email/reset", body).await;
    assert!(matches!(said.status, 401 | 404), "{}", said.body);
}

/// Whom the project wants asked for a second factor is asked, whatever they were before they came.
#[tokio::test]
async fn a_pending_member_who_is_to_be_asked_for_a_second_factor_is_asked() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let settings = json!({"create_member_as_pending": true, "mfa_enrolled": true, "mfa_phone_number": PHONE});
    let member = api.member(&cast.open, "later@open.example", settings).await;
    assert_eq!(api.shown(&member).await["mfa_enrolled"], json!(true));
    let code = api.email_code(&member).await;
    let body = json!({"organization_id": "open", "email_address": member.address, "code": code});
    let said = api.post("otps/email/authenticate", body).await;
    assert!(!said.is_session(), "{}", said.body);
    assert_eq!(api.shown(&member).await["mfa_enrolled"], json!(true));
}

#[tokio::test]
async fn what_a_stranger_prepared_for_a_pending_member_opens_nothing() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let settings = json!({"create_member_as_pending": true});
    let member = api.member_with_password(&cast.open, "later@open.example", settings).await;
    let said = api.by_password(&member, json!({})).await;
    assert!(!said.is_session() && said.status == 404, "{}", said.body);
    for (path, more) in [
        ("totp", json!({})),
        ("totp/migrate", json!({"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"})),
        ("otps/sms/send", json!({"mfa_phone_number": ANOTHER_PHONE})),
    ] {
        api.post(path, member.ids(more)).await.refused(400, "action_available_only_for_active_members");
    }
    let code = api.email_code(&member).await;
    let body = json!({"organization_id": "open", "email_address": member.address, "code": code});
    assert!(api.post("otps/email/authenticate", body).await.is_session());
    api.by_password(&member, json!({})).await.refused(404, "member_password_not_found");
}

/// A session that was stolen must not take the second factor away from the sign-ins to come.
#[tokio::test]
async fn a_member_who_acts_proves_a_factor_anew_before_they_weaken_their_sign_in() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.plain;
    let session = api.session(member).await;
    let (_, signed_in) = api.enrol_app(member, json!({"session_token": session})).await;
    let session = token(&signed_in, "session_token");
    api.world.clock.advance_secs(301);
    for (what, ask) in [
        ("the app", Ask::delete(&format!("{}/totp", member.path()))),
        ("being asked", Ask::put(&member.path(), &json!({"mfa_enrolled": false}))),
        ("a phone", Ask::put(&member.path(), &json!({"mfa_phone_number": ANOTHER_PHONE}))),
        (
            "the address",
            Ask::post(
                &format!("{}/start_email_update", member.path()),
                &json!({"email_address": "thief@evil.example"}),
            ),
        ),
    ] {
        let said = api.ask(ask.by(&session)).await;
        assert!(
            matches!(said.error_type(), "stale_factors" | "insufficient_factors"),
            "{what}: {}",
            said.body
        );
    }
    assert!(!api.by_password(member, json!({})).await.is_session());
}

/// Somebody who is sent a link to another's account has to be told so, and whose account changed is told as well.
#[tokio::test]
async fn a_change_of_address_says_what_it_is_and_is_told_to_the_former_address() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.plain;
    let before = api.world.last_message();
    let to = "new@elsewhere.example";
    let path = format!("{}/start_email_update", member.path());
    api.post(&path, json!({"email_address": to})).await.done();
    let letter = api.world.mailbox.wait_for(to, before).await;
    assert!(letter.text.contains("address"), "says nothing of what it is for:\n{}", letter.text);
    let link = api.link_for(to, 0).await;
    api.post("magic_links/authenticate", json!({"magic_links_token": link})).await.done();
    let told = api.world.mailbox.wait_for(&member.address, before);
    let told = tokio::time::timeout(std::time::Duration::from_secs(5), told).await;
    assert!(told.is_ok(), "nothing was told to the former address");
}

/// Whoever finds a session open sets up an app in it, which is no reason to let them set a password.
#[tokio::test]
async fn what_was_set_up_in_a_session_sets_no_password() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.plain;
    let session = api.session(member).await;
    api.world.clock.advance_secs(301);
    let (app, _) = api.enrol_app(member, json!({"session_token": session})).await;
    let set = json!({"organization_id": "open", "session_token": session, "password": NEW_PASSWORD});
    api.post("passwords/session/reset", set).await.refused(401, "session_too_old_to_reset_password");
    // Signed in anew, it is one.
    let theirs = api.intermediate(member).await;
    api.world.clock.advance_secs(30);
    let body = member.ids(json!({"intermediate_session_token": theirs, "code": app.code()}));
    let session = token(&api.post("totp/authenticate", body).await.done(), "session_token");
    let set = json!({"organization_id": "open", "session_token": session, "password": NEW_PASSWORD});
    api.post("passwords/session/reset", set).await.done();
}

/// A number that a server knows to be verified is, also where it was there before.
#[tokio::test]
async fn a_number_that_is_taken_over_as_verified_is() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = api.member(&cast.open, "new@open.example", json!({"mfa_phone_number": PHONE})).await;
    let body = json!({
        "organization_id": "open",
        "email_address": member.address,
        "hash": "$2a$04$ghnTAEIZx.2Pf.zxP6mBNeH91aJhNAzKLLhOOzWlH4N6gMkPgr1FG",
        "hash_type": "bcrypt",
        "mfa_phone_number": PHONE,
        "set_phone_number_verified": true,
    });
    api.post("passwords/migrate", body).await.done();
    assert_eq!(api.shown(&member).await["mfa_phone_number_verified"], json!(true));
}

/// Of links that were sent before any of them was used, one sets the password, however many are used at once.
#[tokio::test]
async fn one_of_several_links_sets_the_password() {
    let api = Arc::new(Api::new().await);
    let cast = Cast::in_(&api).await;
    let mut links = Vec::new();
    for _ in 0..4 {
        links.push(api.reset_link(&cast.plain).await);
        api.world.clock.advance_secs(60);
    }
    let tasks: Vec<_> = links
        .into_iter()
        .map(|link| {
            let api = Arc::clone(&api);
            tokio::spawn(async move {
                let body = json!({"password_reset_token": link, "password": NEW_PASSWORD});
                api.post("passwords/email/reset", body).await
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        let said = task.await.unwrap();
        if said.is_session() {
            won += 1;
        } else {
            said.refused(401, "unable_to_auth_password_reset_token");
        }
    }
    assert_eq!(won, 1);
}
