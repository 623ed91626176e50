//! What `sessions/authenticate` has answered a moment ago is answered again, and never once it is not true any more.

use serde_json::{Value, json};

use crate::{
    api::{Api, Whose, token},
    calls::Cast,
    common::{App, world::PHONE},
};

/// A session, as the API answers it, without the clock going on unless a test moves it.
struct Watched {
    api: Api,
    member: Whose,
    session: String,
}

impl Watched {
    async fn new() -> Self {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let session = api.session(&cast.plain).await;
        Self { api, member: cast.plain, session }
    }

    async fn answer(&self) -> Value {
        self.api.post("sessions/authenticate", json!({"session_token": self.session})).await.done()
    }

    async fn change_member(&self, change: Value) {
        self.api.put(&self.member.path(), change).await.done();
    }
}

#[tokio::test]
async fn the_same_jwt_is_answered_for_two_and_a_half_seconds_and_for_five_at_most() {
    let watched = Watched::new().await;
    let clock = &watched.api.world.clock;
    let first = watched.answer().await;
    // By a JWT the same is answered as by the token.
    let body = json!({"session_jwt": first["session_jwt"]});
    let by_jwt = watched.api.post("sessions/authenticate", body).await.done();
    assert_eq!(by_jwt["session_token"], first["session_token"]);
    assert_eq!(by_jwt["session_jwt"], first["session_jwt"]);
    clock.advance_secs(2);
    assert_eq!(watched.answer().await["session_jwt"], first["session_jwt"]);
    clock.advance_secs(3);
    let later = watched.answer().await;
    assert_ne!(later["session_jwt"], first["session_jwt"]);
    assert_eq!(later["session_token"], first["session_token"]);
}

/// At the same moment, so that nothing but the change can be the reason.
#[tokio::test]
async fn a_change_of_the_organization_is_told_at_once() {
    let watched = Watched::new().await;
    let api = &watched.api;
    let first = watched.answer().await;
    assert_eq!(first["organization"]["organization_name"], "open");
    for (change, field) in [
        (json!({"organization_name": "Another"}), "organization_name"),
        (json!({"trusted_metadata": {"plan": "large"}}), "trusted_metadata"),
        (json!({"mfa_methods": "RESTRICTED", "allowed_mfa_methods": ["totp"]}), "allowed_mfa_methods"),
    ] {
        watched.answer().await;
        api.put("organizations/open", change.clone()).await.done();
        assert_eq!(watched.answer().await["organization"][field], change[field]);
    }
    // Its slug stands in the session and in the JWT as well.
    api.put("organizations/open", json!({"organization_slug": "renamed"})).await.done();
    let renamed = watched.answer().await;
    assert_eq!(renamed["organization"]["organization_slug"], "renamed");
    assert_eq!(renamed["member_session"]["organization_slug"], "renamed");
    assert_ne!(renamed["session_jwt"], first["session_jwt"]);
}

#[tokio::test]
async fn a_role_that_an_organization_takes_away_permits_nothing_from_then_on() {
    let watched = Watched::new().await;
    let api = &watched.api;
    let role = json!({
        "role_id": "inviter",
        "description": "",
        "permissions": [{"resource_id": "stytch.member", "actions": ["create"]}],
    });
    let policy = async |roles: Value| {
        let body = json!({"org_policy": {"roles": roles}});
        api.put("rbac/organizations/open", body).await.done();
    };
    let check = async || {
        let check = json!({"organization_id": "open", "resource_id": "stytch.member", "action": "create"});
        let body = json!({"session_token": watched.session, "authorization_check": check});
        api.post("sessions/authenticate", body).await
    };
    check().await.refused(403, "session_authorization_error");
    watched.answer().await;
    policy(json!([role])).await;
    assert_eq!(watched.answer().await["organization"]["custom_roles"], json!([role]));
    check().await.refused(403, "session_authorization_error");
    watched.change_member(json!({"roles": ["inviter"]})).await;
    let granted = check().await.done();
    assert_eq!(granted["verdict"], json!({"authorized": true, "granting_roles": ["inviter"]}));
    assert_eq!(granted["member_session"]["roles"], json!(["stytch_member", "inviter"]));

    policy(json!([])).await;
    check().await.refused(403, "session_authorization_error");
    assert_eq!(watched.answer().await["organization"]["custom_roles"], json!([]));
}

#[tokio::test]
async fn a_change_of_the_member_is_told_at_once() {
    let watched = Watched::new().await;
    let first = watched.answer().await;
    for (change, field) in [
        (json!({"name": "Another"}), "name"),
        (json!({"trusted_metadata": {"seat": 7}}), "trusted_metadata"),
        (json!({"external_id": "p-2"}), "external_id"),
        (json!({"is_breakglass": true}), "is_breakglass"),
        (json!({"mfa_phone_number": PHONE}), "mfa_phone_number"),
    ] {
        watched.answer().await;
        watched.change_member(change.clone()).await;
        assert_eq!(watched.answer().await["member"][field], change[field]);
    }
    watched.change_member(json!({"roles": ["stytch_admin"]})).await;
    let raised = watched.answer().await;
    assert_eq!(raised["member"]["is_admin"], json!(true));
    assert_eq!(raised["member_session"]["roles"], json!(["stytch_member", "stytch_admin"]));
    assert_ne!(raised["session_jwt"], first["session_jwt"]);
}

#[tokio::test]
async fn what_a_member_sets_up_or_loses_is_told_at_once() {
    let watched = Watched::new().await;
    let (api, member) = (&watched.api, &watched.member);
    assert_eq!(watched.answer().await["member"]["totp_registration_id"], "");
    let (_, _): (App, Value) = api.enrol_app(member, json!({"session_token": watched.session})).await;
    let enrolled = watched.answer().await;
    assert_ne!(enrolled["member"]["totp_registration_id"], "");
    assert_eq!(enrolled["member"]["default_mfa_method"], "totp");
    assert_eq!(enrolled["member_session"]["authentication_factors"].as_array().unwrap().len(), 2);

    for _ in 0..10 {
        let owing = api.intermediate(member).await;
        let wrong = member.ids(json!({"intermediate_session_token": owing, "code": "000000"}));
        assert!(!api.post("totp/authenticate", wrong).await.is_session());
    }
    let locked = watched.answer().await;
    assert_eq!(locked["member"]["is_locked"], json!(true));
    assert!(locked["member"]["lock_expires_at"].is_string(), "{locked}");

    api.delete(&format!("{}/totp", member.path())).await.done();
    assert_eq!(watched.answer().await["member"]["totp_registration_id"], "");
    let password = locked["member"]["member_password_id"].as_str().unwrap();
    let path = format!("organizations/open/members/passwords/{password}");
    api.delete(&path).await.done();
    assert_eq!(watched.answer().await["member"]["member_password_id"], "");
}

#[tokio::test]
async fn claims_that_a_session_gets_stand_in_its_next_jwt() {
    let watched = Watched::new().await;
    let first = watched.answer().await;
    let body = json!({"session_token": watched.session, "session_custom_claims": {"plan": "large"}});
    let claimed = watched.api.post("sessions/authenticate", body).await.done();
    assert_ne!(claimed["session_jwt"], first["session_jwt"]);
    assert_eq!(claimed["member_session"]["custom_claims"], json!({"plan": "large"}));
    assert_eq!(token(&watched.answer().await, "session_jwt"), token(&claimed, "session_jwt"));
}

#[tokio::test]
async fn nothing_is_answered_again_of_a_session_that_has_ended() {
    let watched = Watched::new().await;
    let jwt = watched.answer().await["session_jwt"].clone();
    watched.api.post("sessions/revoke", json!({"member_id": watched.member.member_id})).await.done();
    for brought in [json!({"session_token": watched.session}), json!({"session_jwt": jwt})] {
        watched.api.post("sessions/authenticate", brought).await.refused(404, "session_not_found");
    }
}
