//! Tokens of another kind, used, expired, and of locked members or methods that are not allowed.

use serde_json::{Value, json};

use crate::{
    api::{Api, Ask, PASSWORD, SECRET, merge, token},
    calls::{Cast, good, operations},
    common::world::PHONE,
};

/// Every token that there is, by what it is.
async fn tokens(api: &Api, cast: &Cast) -> Vec<(&'static str, String)> {
    let signed_in = api.by_password(&cast.plain, json!({})).await.done();
    let before = api.world.last_message();
    let to = json!({"email_address": "plain@open.example"});
    api.post("magic_links/email/discovery/send", to).await.done();
    let discovery_link = api.link_for("plain@open.example", before).await;
    vec![
        ("session_token", token(&signed_in, "session_token")),
        ("session_jwt", token(&signed_in, "session_jwt")),
        ("intermediate_session_token", api.intermediate(&cast.owing).await),
        ("magic_links_token", api.login_link(&cast.plain).await),
        ("discovery_magic_links_token", discovery_link),
        ("password_reset_token", api.reset_link(&cast.plain).await),
        ("secret", SECRET.to_owned()),
        ("session id", signed_in["member_session"]["member_session_id"].as_str().unwrap().to_owned()),
        ("member", cast.plain.member_id.clone()),
        ("garbage", "A".repeat(44)),
        ("empty", String::new()),
        ("long", "A".repeat(100_000)),
        ("two", "a.b.c".to_owned()),
        ("nul", "\u{0}".to_owned()),
    ]
}

/// How each field refuses whatever is none of its kind, whichever call it stands in.
const FIELDS: [(&str, u16, &str); 6] = [
    ("session_token", 404, "session_not_found"),
    ("session_jwt", 400, "unable_to_parse_session_jwt"),
    ("intermediate_session_token", 404, "intermediate_session_not_found"),
    ("magic_links_token", 404, "magic_link_not_found"),
    ("discovery_magic_links_token", 404, "magic_link_not_found"),
    ("password_reset_token", 401, "unable_to_auth_password_reset_token"),
];

#[tokio::test]
async fn a_token_of_another_kind_opens_nothing() {
    for operation in operations(&Api::new().await).await.iter().filter(|operation| !operation.refused) {
        if !FIELDS.iter().any(|(field, ..)| operation.has(field)) {
            continue;
        }
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        let tokens = tokens(&api, &cast).await;
        let body: Value = serde_json::from_slice(&right.body).unwrap();
        for (field, status, error_type) in FIELDS.into_iter().filter(|(field, ..)| operation.has(field)) {
            for (kind, text) in tokens.iter().filter(|(kind, _)| *kind != field) {
                let exclusive = ["session_token", "session_jwt", "intermediate_session_token"];
                let mut changed = body.clone();
                if exclusive.contains(&field) {
                    for other in exclusive {
                        changed.as_object_mut().unwrap().remove(other);
                    }
                }
                changed[field] = json!(text);
                let said = api.ask(right.clone().raw(changed.to_string())).await;
                // An empty one is none; where none is wanted the call goes on without.
                if *kind == "empty" && exclusive.contains(&field) {
                    continue;
                }
                assert_eq!(
                    (said.status, said.error_type()),
                    (status, error_type),
                    "{kind} as {field} of {}: {}",
                    said.asked,
                    said.body
                );
            }
        }
    }
}

#[tokio::test]
async fn what_was_used_once_is_refused_with_stytchs_names() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let plain = &cast.plain;

    let link = api.login_link(plain).await;
    api.post("magic_links/authenticate", json!({"magic_links_token": link})).await.done();
    let again = api.post("magic_links/authenticate", json!({"magic_links_token": link})).await;
    again.refused(401, "unable_to_auth_magic_link");
    let as_discovery = json!({"discovery_magic_links_token": link});
    let said = api.post("magic_links/discovery/authenticate", as_discovery).await;
    assert!(matches!(said.status, 401 | 404));

    let code = api.email_code(plain).await;
    let body = json!({"organization_id": "open", "email_address": plain.address, "code": code});
    api.post("otps/email/authenticate", body.clone()).await.done();
    api.post("otps/email/authenticate", body).await.refused(401, "unable_to_auth_otp_code");

    let reset = api.reset_link(plain).await;
    let body = json!({"password_reset_token": reset, "password": "other battery, staple of 1985"});
    api.post("passwords/email/reset", body.clone()).await.done();
    api.post("passwords/email/reset", body).await.refused(401, "unable_to_auth_password_reset_token");

    let discovery = api.discovery(&plain.address).await;
    let body = json!({"intermediate_session_token": discovery, "organization_id": "open"});
    api.post("discovery/intermediate_sessions/exchange", body.clone()).await.done();
    for (path, body) in [
        ("discovery/intermediate_sessions/exchange", body.clone()),
        ("discovery/organizations", json!({"intermediate_session_token": discovery})),
        ("discovery/organizations/create", json!({"intermediate_session_token": discovery})),
    ] {
        api.post(path, body).await.refused(404, "intermediate_session_not_found");
    }
}

#[tokio::test]
async fn what_has_expired_is_refused_with_stytchs_names() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let plain = &cast.plain;
    let (link, reset) = (api.login_link(plain).await, api.reset_link(plain).await);
    let code = api.email_code(plain).await;
    let discovery = api.discovery(&plain.address).await;
    let intermediate = api.intermediate(&cast.owing).await;
    let brought = json!({"intermediate_session_token": intermediate});
    let before = api.world.last_message();
    let mut phone = brought.clone();
    merge(&mut phone, json!({"mfa_phone_number": PHONE}));
    api.post("otps/sms/send", cast.owing.ids(phone)).await.done();
    let sms = api.world.code_for(PHONE, before).await;
    let signed_in = api.by_password(plain, json!({})).await.done();

    api.world.clock.advance_secs(120);
    let mut body = brought.clone();
    merge(&mut body, json!({"code": sms}));
    api.post("otps/sms/authenticate", cast.owing.ids(body)).await.refused(401, "unable_to_auth_otp_code");
    api.world.clock.advance_secs(480);
    for token in [&intermediate, &discovery] {
        let body = json!({"intermediate_session_token": token});
        api.post("discovery/organizations", body).await.refused(404, "intermediate_session_not_found");
    }
    let body = json!({"organization_id": "open", "email_address": plain.address, "code": code});
    api.post("otps/email/authenticate", body).await.refused(401, "unable_to_auth_otp_code");
    api.world.clock.advance_secs(3600);
    api.post("magic_links/authenticate", json!({"magic_links_token": link}))
        .await
        .refused(401, "unable_to_auth_magic_link");
    let body = json!({"password_reset_token": reset, "password": "other battery, staple of 1985"});
    api.post("passwords/email/reset", body).await.refused(401, "unable_to_auth_password_reset_token");
    // An hour is what a session lasts.
    for name in ["session_token", "session_jwt"] {
        let body = json!({name: signed_in[name]});
        api.post("sessions/authenticate", body).await.refused(404, "session_not_found");
    }
    let session = token(&signed_in, "session_token");
    let change = Ask::put(&plain.path(), &json!({"name": "x"})).by(&session);
    api.ask(change).await.refused(404, "session_not_found");
}

#[tokio::test]
async fn an_authenticator_app_that_waits_too_long_has_expired() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let session = api.session(&cast.plain).await;
    let brought = json!({"session_token": session, "expiration_minutes": 5});
    let app = api.begin_app(&cast.plain, brought).await;
    api.world.clock.advance_secs(300);
    let body = cast.plain.ids(json!({"session_token": session, "code": app.code()}));
    api.post("totp/authenticate", body).await.refused(400, "expired_totp");
}

#[tokio::test]
async fn a_session_that_was_revoked_opens_nothing() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let signed_in = api.by_password(&cast.plain, json!({})).await.done();
    api.post("sessions/revoke", json!({"member_id": cast.plain.member_id})).await.done();
    for operation in operations(&api).await.iter().filter(|o| !o.refused && o.has("session_token")) {
        let other = Api::new().await;
        let others = Cast::in_(&other).await;
        let right = good(&other, &others, operation).await;
        let mut body: Value = serde_json::from_slice(&right.body).unwrap();
        for name in ["session_token", "session_jwt"] {
            for brought in ["session_token", "session_jwt", "intermediate_session_token"] {
                body.as_object_mut().unwrap().remove(brought);
            }
            body[name] = signed_in[name].clone();
            if body.get("organization_id").is_some() {
                body["organization_id"] = json!("open");
            }
            if body.get("member_id").is_some() {
                body["member_id"] = json!(cast.plain.member_id);
            }
            let ask = Ask::new(operation.method.clone(), &right.path, &body);
            api.ask(ask).await.refused(404, "session_not_found");
        }
    }
}

#[tokio::test]
async fn ten_wrong_codes_lock_a_member_and_nothing_opens_until_the_hour_is_over() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let owing = &cast.owing;
    let brought = json!({"intermediate_session_token": api.intermediate(owing).await});
    let (app, signed_in) = api.enrol_app(owing, brought).await;
    let mut wrong = 0;
    // Over several sign-ins, and by two kinds: one counter.
    for round in 0..5 {
        let token = api.intermediate(owing).await;
        let body = owing.ids(json!({"intermediate_session_token": token, "code": app.wrong_code(round)}));
        api.post("totp/authenticate", body).await.refused(401, "unable_to_authenticate_totp");
        let body = owing.ids(json!({"intermediate_session_token": token, "recovery_code": "aaaa-aaaa-aaaa"}));
        api.post("recovery_codes/recover", body).await.refused(401, "unable_to_authenticate_recovery_code");
        wrong += 2;
    }
    assert_eq!(wrong, 10);
    let shown = api.shown(owing).await;
    assert_eq!(shown["is_locked"], json!(true));
    let token = api.intermediate(owing).await;
    for (path, proof) in [
        ("totp/authenticate", json!({"code": app.next_code()})),
        ("recovery_codes/recover", json!({"recovery_code": app.recovery_codes[0]})),
    ] {
        let mut body = owing.ids(json!({"intermediate_session_token": token}));
        merge(&mut body, proof);
        api.post(path, body).await.refused(429, "user_lock_limit_reached");
    }
    // No lock ends a session that lives.
    api.post("sessions/authenticate", json!({"session_token": signed_in["session_token"]})).await.done();
    api.world.clock.advance_secs(3600);
    let token = api.intermediate(owing).await;
    let body = owing.ids(json!({"intermediate_session_token": token, "code": app.next_code()}));
    assert!(api.post("totp/authenticate", body).await.is_session());
}

#[tokio::test]
async fn a_method_that_is_not_allowed_opens_nothing() {
    let api = Api::new().await;
    let only_links = json!({"auth_methods": "RESTRICTED", "allowed_auth_methods": ["magic_link"]});
    let open = api.organization("links", only_links).await;
    let member = api.member_with_password(&open, "m@links.example", json!({})).await;
    let said = api.by_password(&member, json!({})).await;
    assert!(!said.is_session(), "{}", said.body);
    let body = json!({"organization_id": "links", "email_address": member.address});
    for path in ["otps/email/login_or_signup", "passwords/email/reset/start"] {
        api.post(path, body.clone()).await.refused(400, "operation_restricted_by_organization_auth_methods");
    }
    let mut reset = body.clone();
    merge(
        &mut reset,
        json!({"existing_password": PASSWORD, "new_password": "other battery, staple of 1985"}),
    );
    let said = api.post("passwords/existing_password/reset", reset).await;
    said.refused(400, "operation_restricted_by_organization_auth_methods");
    let discovery = api.discovery(&member.address).await;
    let exchange = json!({"intermediate_session_token": discovery, "organization_id": "links"});
    let owed = api.post("discovery/intermediate_sessions/exchange", exchange).await.done();
    assert_eq!(owed["primary_required"], json!({"allowed_auth_methods": ["magic_link"]}));
    for (path, proof) in [
        ("totp/authenticate", json!({"code": "123456"})),
        ("otps/sms/authenticate", json!({"code": "123456"})),
        ("recovery_codes/recover", json!({"recovery_code": "aaaa-aaaa-aaaa"})),
    ] {
        let mut body = member.ids(json!({"intermediate_session_token": discovery}));
        merge(&mut body, proof);
        let said = api.post(path, body).await;
        said.refused(400, "action_available_only_once_primary_authentication_is_met");
    }

    let only_app = json!({
        "mfa_policy": "REQUIRED_FOR_ALL",
        "mfa_methods": "RESTRICTED",
        "allowed_mfa_methods": ["totp"],
    });
    let strict = api.organization("apps", only_app).await;
    let member = api.member_with_password(&strict, "m@apps.example", json!({})).await;
    let token = api.intermediate(&member).await;
    let body = member.ids(json!({"intermediate_session_token": token, "mfa_phone_number": PHONE}));
    let restricted = "operation_restricted_by_organization_mfa_methods";
    api.post("otps/sms/send", body).await.refused(400, restricted);
    let body = member.ids(json!({"intermediate_session_token": token, "code": "123456"}));
    api.post("otps/sms/authenticate", body).await.refused(400, restricted);
}
