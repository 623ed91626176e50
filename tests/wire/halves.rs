//! A call that is refused has done nothing: no half of it, and nothing was used up for it.

use serde_json::{Value, json};

use crate::{
    api::{Api, Whose, token},
    calls::Cast,
    common::world::PHONE,
};

/// A session with so many claims that no more fit in.
async fn full(api: &Api, member: &Whose) -> String {
    let claims = json!({"session_custom_claims": {"a": "x".repeat(3000)}});
    token(&api.by_password(member, claims).await.done(), "session_token")
}

fn more() -> Value {
    json!({"b": "y".repeat(3000)})
}

#[tokio::test]
async fn claims_that_do_not_fit_use_up_no_link_and_no_code() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let session = full(&api, &cast.plain).await;
    let link = api.login_link(&cast.plain).await;
    let body = json!({"magic_links_token": link, "session_token": session, "session_custom_claims": more()});
    api.post("magic_links/authenticate", body).await.refused(400, "custom_claims_too_large");
    api.post("magic_links/authenticate", json!({"magic_links_token": link, "session_token": session}))
        .await
        .done();

    let code = api.email_code(&cast.plain).await;
    let to = |more: Value| {
        let mut body = json!({"organization_id": "open", "email_address": cast.plain.address, "code": code});
        crate::api::merge(&mut body, more);
        body
    };
    let body = to(json!({"session_token": session, "session_custom_claims": more()}));
    api.post("otps/email/authenticate", body).await.refused(400, "custom_claims_too_large");
    api.post("otps/email/authenticate", to(json!({"session_token": session}))).await.done();
}

#[tokio::test]
async fn claims_that_do_not_fit_set_up_no_second_factor_and_use_up_no_recovery_code() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.plain;
    let session = full(&api, member).await;
    let brought = json!({"session_token": session});
    let app = api.begin_app(member, brought.clone()).await;
    let body = |more: Value| {
        let mut body = member.ids(brought.clone());
        crate::api::merge(&mut body, more);
        body
    };
    let said = api
        .post("totp/authenticate", body(json!({"code": app.code(), "session_custom_claims": more()})))
        .await;
    said.refused(400, "custom_claims_too_large");
    assert_eq!(api.shown(member).await["totp_registration_id"], json!(""));
    api.post("totp/authenticate", body(json!({"code": app.code()}))).await.done();

    let code = &app.recovery_codes[0];
    let said = api
        .post("recovery_codes/recover", body(json!({"recovery_code": code, "session_custom_claims": more()})))
        .await;
    said.refused(400, "custom_claims_too_large");
    api.post("recovery_codes/recover", body(json!({"recovery_code": code}))).await.done();
}

#[tokio::test]
async fn a_change_of_a_member_that_is_refused_changes_nothing() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    api.member(&cast.open, "taken@open.example", json!({"external_id": "taken"})).await;
    let before = api.shown(&cast.plain).await;
    for wrong in [
        json!({"name": "x".repeat(300)}),
        json!({"email_address": "taken@open.example"}),
        json!({"external_id": "taken"}),
        json!({"external_id": "a b"}),
        json!({"trusted_metadata": {"a": "x".repeat(5000)}}),
        json!({"roles": ["ghost"]}),
    ] {
        let mut change = json!({"mfa_phone_number": PHONE, "mfa_enrolled": true});
        crate::api::merge(&mut change, wrong.clone());
        let said = api.put(&cast.plain.path(), change).await;
        assert_eq!(said.status, 400, "{wrong}: {}", said.body);
        assert_eq!(api.shown(&cast.plain).await, before, "{wrong}");
    }
}

#[tokio::test]
async fn a_member_is_not_half_migrated() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    api.put(&cast.plain.path(), json!({"mfa_phone_number": PHONE})).await.done();
    let before = api.shown(&cast.plain).await;
    let body = json!({
        "organization_id": "open",
        "email_address": cast.plain.address,
        "hash": "5f4dcc3b5aa765d61d8327deb882cf99",
        "hash_type": "md_5",
        "name": "Another",
        "roles": ["stytch_admin"],
        "mfa_phone_number": "+15557654321",
    });
    let said = api.post("passwords/migrate", body).await;
    said.refused(400, "duplicate_member_phone_number_for_member");
    assert_eq!(api.shown(&cast.plain).await, before);
}

#[tokio::test]
async fn a_weak_password_leaves_the_link_and_the_present_password_good() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let session = api.session(&cast.plain).await;
    let link = api.reset_link(&cast.plain).await;
    for weak in ["", "password", "plain@open.example", &"a".repeat(60)] {
        let body = json!({"password_reset_token": link, "password": weak});
        api.post("passwords/email/reset", body).await.refused(400, "weak_password");
    }
    api.post("sessions/authenticate", json!({"session_token": session})).await.done();
    assert!(api.by_password(&cast.plain, json!({})).await.is_session());
    let body = json!({"password_reset_token": link, "password": "other battery, staple of 1985"});
    api.post("passwords/email/reset", body).await.done();
}

#[tokio::test]
async fn an_organization_that_can_not_be_made_leaves_the_sign_in_as_it_is() {
    let api = Api::new().await;
    Cast::in_(&api).await;
    let token = api.discovery("founder@new.example").await;
    for wrong in [
        json!({"organization_slug": "open"}),
        json!({"organization_external_id": "open-1"}),
        json!({"auth_methods": "RESTRICTED"}),
        json!({"session_duration_minutes": 1}),
        json!({"session_custom_claims": {"a": "x".repeat(5000)}}),
    ] {
        let mut body = json!({"intermediate_session_token": token});
        crate::api::merge(&mut body, wrong);
        assert_eq!(api.post("discovery/organizations/create", body).await.status, 400);
    }
    let body = json!({"intermediate_session_token": token, "claimed_email_domains": ["strict.example"]});
    let made = api.post("discovery/organizations/create", body).await.done();
    assert_eq!(made["organization"]["claimed_email_domains"], json!([]));
}
