//! Corners where one step of a call used to stand beside another: each was open once.

use serde_json::{Value, json};

use crate::{
    api::{Api, Ask, PASSWORD, Whose, merge, token},
    calls::{Cast, NEW_PASSWORD},
    common::world::PHONE,
};

/// SDKs write a flag as their language does.
#[tokio::test]
async fn a_deleted_member_is_shown_to_who_asks_for_them_in_any_case() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    api.delete(&cast.plain.path()).await.done();
    let path = format!("organizations/members/dangerously_get/{}", cast.plain.member_id);
    for said in ["true", "True", "TRUE"] {
        let shown = api.get(&format!("{path}?include_deleted={said}")).await.done();
        assert_eq!(shown["member"]["status"], "deleted");
    }
    for said in ["false", "False", "", "1"] {
        api.get(&format!("{path}?include_deleted={said}")).await.refused(404, "member_not_found");
    }
}

/// An application that keeps JWTs alone uses its sessions by them.
#[tokio::test]
async fn a_jwt_that_has_expired_is_a_use_of_its_session() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let jwt = token(&api.by_password(&cast.plain, json!({})).await.done(), "session_jwt");
    let list = format!("sessions?organization_id=open&member_id={}", cast.plain.member_id);
    let before = api.get(&list).await.done()["member_sessions"][0]["last_accessed_at"].clone();
    api.world.clock.advance_secs(1_200);
    api.post("sessions/authenticate", json!({"session_jwt": jwt})).await.done();
    let after = api.get(&list).await.done()["member_sessions"][0]["last_accessed_at"].clone();
    assert_ne!(after, before);
}

#[tokio::test]
async fn what_was_turned_to_one_organization_proves_and_sets_up_nothing_in_another() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let address = &cast.plain.address;
    let third = api.organization("third", json!({})).await;
    let there = api.member(&third, address, json!({})).await;
    api.member(&cast.strict, address, json!({})).await;
    let code = api.email_code(&cast.plain).await;
    let body = json!({"organization_id": "open", "email_address": address, "code": code});
    let session = token(&api.post("otps/email/authenticate", body).await.done(), "session_token");
    let body = json!({"organization_id": "strict", "session_token": session});
    let turned = token(&api.post("sessions/exchange", body).await.done(), "intermediate_session_token");

    let brought = json!({"intermediate_session_token": turned});
    let error = "invalid_intermediate_session_token_for_organization";
    api.post("totp", there.ids(brought.clone())).await.refused(400, error);
    let mut send = there.ids(brought.clone());
    merge(&mut send, json!({"mfa_phone_number": PHONE}));
    api.post("otps/sms/send", send).await.refused(400, error);
    let mut recover = there.ids(brought);
    merge(&mut recover, json!({"recovery_code": "aaaa-aaaa-aaaa"}));
    api.post("recovery_codes/recover", recover).await.refused(400, error);
    assert_eq!(api.shown(&there).await["mfa_phone_number"], "");
}

#[tokio::test]
async fn a_recovery_code_is_not_taken_over_twice() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let migrate = |codes: Value| {
        cast.plain.ids(json!({"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "recovery_codes": codes}))
    };
    let said = api.post("totp/migrate", migrate(json!(["aaaa-bbbb-cccc", "AAAABBBBCCCC"]))).await;
    said.refused(400, "invalid_recovery_code");
    assert_eq!(api.shown(&cast.plain).await["totp_registration_id"], "");
    api.post("totp/migrate", migrate(json!(["aaaa-bbbb-cccc", "dddd-eeee-ffff"]))).await.done();
}

#[tokio::test]
async fn another_address_takes_the_password_away() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    api.put(&cast.plain.path(), json!({"email_address": cast.plain.address})).await.done();
    assert!(api.by_password(&cast.plain, json!({})).await.is_session());
    api.put(&cast.plain.path(), json!({"email_address": "other@open.example"})).await.done();
    assert_eq!(api.shown(&cast.plain).await["member_password_id"], "");
    let renamed = Whose { address: "other@open.example".to_owned(), ..cast.plain };
    api.by_password(&renamed, json!({})).await.refused(404, "member_password_not_found");
}

#[tokio::test]
async fn who_may_not_enter_replaces_no_password() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let settings = json!({"create_member_as_pending": true});
    let pending = api.member_with_password(&cast.open, "later@open.example", settings).await;
    let before = api.shown(&pending).await["member_password_id"].clone();
    let body = json!({
        "organization_id": "open",
        "email_address": pending.address,
        "existing_password": PASSWORD,
        "new_password": NEW_PASSWORD,
    });
    api.post("passwords/existing_password/reset", body).await.refused(404, "member_not_found");
    assert_eq!(api.shown(&pending).await["member_password_id"], before);
}

/// A sign-in that has begun by a password goes on as the same one by whatever else its member proves.
#[tokio::test]
async fn a_first_factor_is_added_to_a_sign_in_that_has_a_password_alone() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let waiting = api.intermediate(&cast.owing).await;
    let code = api.email_code(&cast.owing).await;
    let body = json!({
        "organization_id": "strict",
        "email_address": cast.owing.address,
        "code": code,
        "intermediate_session_token": waiting,
    });
    let said = api.post("otps/email/authenticate", body).await.done();
    assert_eq!(said["intermediate_session_token"], json!(waiting));
    // Somebody else's proof opens a sign-in of their own.
    let other = api.member(&cast.strict, "other@strict.example", json!({})).await;
    let code = api.email_code(&other).await;
    let body = json!({
        "organization_id": "strict",
        "email_address": other.address,
        "code": code,
        "intermediate_session_token": waiting,
    });
    let said = api.post("otps/email/authenticate", body).await.done();
    assert_ne!(said["intermediate_session_token"], json!(waiting));
    assert_eq!(said["member_id"], json!(other.member_id));
}

#[tokio::test]
async fn a_name_that_makes_no_slug_gets_another_one() {
    let api = Api::new().await;
    Cast::in_(&api).await;
    for name in ["Organization Test Ltd", "Open 1", "Open"] {
        let made = api.post("organizations", json!({"organization_name": name})).await.done();
        let slug = made["organization"]["organization_slug"].as_str().unwrap();
        assert!(!["open", "open-1"].contains(&slug) && !slug.starts_with("organization-test-"), "{slug}");
    }
}

#[tokio::test]
async fn roles_are_assigned_once_and_words_of_paths_are_no_ids() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    api.put(&cast.plain.path(), json!({"roles": ["stytch_admin", "stytch_admin", "stytch_member"]}))
        .await
        .done();
    let roles = api.shown(&cast.plain).await["roles"].clone();
    assert_eq!(roles.as_array().unwrap().len(), 2, "{roles}");
    for word in ["passwords", "mfa_phone_numbers"] {
        api.put(&cast.plain.path(), json!({"external_id": word})).await.refused(400, "invalid_external_id");
    }
}

/// Whoever may change roles of an organization would give themselves what they lack.
#[tokio::test]
async fn no_member_sets_the_roles_of_their_organization() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let admin =
        api.member_with_password(&cast.open, "admin@open.example", json!({"roles": ["stytch_admin"]})).await;
    let session = api.session(&admin).await;
    let body = json!({"org_policy": {"roles": []}});
    let said = api.ask(Ask::put("rbac/organizations/open", &body).by(&session)).await;
    said.refused(403, "session_authorization_error");
}

/// What a retired key has signed nobody takes any more.
#[tokio::test]
async fn no_jwt_of_a_retired_key_is_answered_again() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let session = api.session(&cast.plain).await;
    let answered = api.post("sessions/authenticate", json!({"session_token": session})).await.done();
    let jwt = token(&answered, "session_jwt");
    let vestibule = &api.world.vestibule;
    let key_id = vestibule.engine().jwks()["keys"][0]["kid"].as_str().unwrap().to_owned();
    assert!(vestibule.retire_signing_key(&key_id).await.unwrap());
    let answered = api.post("sessions/authenticate", json!({"session_token": session})).await.done();
    assert_ne!(token(&answered, "session_jwt"), jwt);
    let again = json!({"session_jwt": answered["session_jwt"]});
    api.post("sessions/authenticate", again).await.done();
}

/// A call that is refused has done nothing: also where what refuses it is the last that is looked at.
#[tokio::test]
async fn nobody_becomes_a_member_by_a_call_that_is_refused() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    // Whoever has such an address may join by themselves, once somebody of it has come.
    let code = api.email_code(&cast.plain).await;
    let body = json!({"organization_id": "open", "email_address": cast.plain.address, "code": code});
    api.post("otps/email/authenticate", body).await.done();
    let domains = json!({"email_allowed_domains": ["open.example"], "email_jit_provisioning": "RESTRICTED"});
    api.put("organizations/open", domains).await.done();
    let is_there = async |address: &str| {
        api.get(&format!("organizations/open/member?email_address={address}")).await.status == 200
    };

    let new = "new@open.example";
    let send =
        |url: &str| json!({"organization_id": "open", "email_address": new, "signup_redirect_url": url});
    let path = "magic_links/email/login_or_signup";
    api.post(path, send("https://evil.example/")).await.refused(400, "no_match_for_provided_magic_link_url");
    assert!(!is_there(new).await);
    let sent = api.post(path, send(crate::api::HERE)).await.done();
    assert_eq!((&sent["member_created"], &sent["member"]["status"]), (&json!(true), &json!("pending")));

    // Too many emails have gone there already.
    for guest in ["late@open.example", "guest@other.example"] {
        let discovery = json!({"email_address": guest});
        let mut sent = 0;
        while api.post("otps/email/discovery/send", discovery.clone()).await.status == 200 {
            sent += 1;
            assert!(sent < 1_000, "no limit of emails");
        }
        for path in
            ["magic_links/email/invite", "magic_links/email/login_or_signup", "otps/email/login_or_signup"]
        {
            let body = json!({"organization_id": "open", "email_address": guest});
            let said = api.post(path, body).await;
            // Whoever has no such address may not join by themselves at all.
            if said.error_type() != "invalid_email_for_jit_provisioning" {
                said.refused(429, "too_many_requests");
            }
            assert!(!is_there(guest).await, "{path}");
        }
    }
}

#[tokio::test]
async fn of_two_names_of_one_thing_neither_counts() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let (id, address) = (&cast.plain.member_id, &cast.plain.address);
    for query in [String::new(), format!("?member_id={id}&email_address={address}")] {
        let said = api.get(&format!("organizations/open/member{query}")).await;
        said.refused(400, "invalid_member_get_fields");
    }
    api.put(&cast.plain.path(), json!({"email_address": "now@open.example"})).await.done();
    let retired = api.shown(&cast.plain).await["retired_email_addresses"][0].clone();
    let path = format!("{}/unlink_retired_email", cast.plain.path());
    for both in [retired.clone(), json!({})] {
        api.post(&path, both).await.refused(400, "bad_request");
    }
    api.post(&path, json!({"email_id": retired["email_id"]})).await.done();
}
