//! When a code is sent by SMS without being asked for: as the member's default method says, and the organization
//! allows.

use serde_json::{Value, json};

use crate::{
    api::{Api, Whose, merge, token},
    calls::Cast,
    common::world::PHONE,
};

/// Signs in, long after any code before: whether one was sent is said, and it was.
async fn signs_in(api: &Api, member: &Whose) -> Value {
    api.world.clock.advance_secs(180);
    let before = api.world.last_message();
    let said = api.by_password(member, json!({})).await.done();
    let owed = said["mfa_required"].clone();
    assert!(owed.is_object(), "{said}");
    let sent =
        api.world.mailbox.messages().iter().any(|message| message.to == PHONE && message.number > before);
    assert_eq!(owed["secondary_auth_initiated"] == json!("sms_otp"), sent, "{said}");
    owed
}

/// Has proved a phone first and an app after it.
async fn with_phone_and_app(api: &Api) -> Whose {
    let member = Cast::in_(api).await.owing;
    let waiting = json!({"intermediate_session_token": api.intermediate(&member).await});
    let before = api.world.last_message();
    let mut send = member.ids(waiting.clone());
    merge(&mut send, json!({"mfa_phone_number": PHONE}));
    api.post("otps/sms/send", send).await.done();
    let mut prove = member.ids(waiting);
    merge(&mut prove, json!({"code": api.world.code_for(PHONE, before).await}));
    let signed_in = api.post("otps/sms/authenticate", prove).await.done();
    api.enrol_app(&member, json!({"session_token": token(&signed_in, "session_token")})).await;
    member
}

#[tokio::test]
async fn of_a_phone_and_an_app_the_default_decides() {
    let api = Api::new().await;
    let member = with_phone_and_app(&api).await;
    assert_eq!(api.shown(&member).await["default_mfa_method"], "sms_otp");
    let owed = signs_in(&api, &member).await;
    assert_eq!(owed["secondary_auth_initiated"], "sms_otp");
    assert_eq!(owed["member_options"]["mfa_phone_number"], "XXXXXXX4567");
    assert_ne!(owed["member_options"]["totp_registration_id"], "");

    api.put(&member.path(), json!({"default_mfa_method": "totp"})).await.done();
    let owed = signs_in(&api, &member).await;
    assert_eq!(owed["secondary_auth_initiated"], Value::Null);
    assert_eq!(owed["member_options"]["mfa_phone_number"], "XXXXXXX4567");
}

#[tokio::test]
async fn no_code_is_sent_by_a_way_that_the_organization_forbids() {
    let api = Api::new().await;
    let member = with_phone_and_app(&api).await;
    let restrict = json!({"mfa_methods": "RESTRICTED", "allowed_mfa_methods": ["totp"]});
    api.put("organizations/strict", restrict).await.done();
    let owed = signs_in(&api, &member).await;
    assert_eq!(owed["secondary_auth_initiated"], Value::Null);
    assert_eq!(owed["member_options"]["mfa_phone_number"], "");
    assert_ne!(owed["member_options"]["totp_registration_id"], "");
}

#[tokio::test]
async fn a_number_that_is_verified_is_enough_where_there_is_no_default() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let body = json!({
        "organization_id": "strict",
        "email_address": cast.owing.address,
        "hash": "5f4dcc3b5aa765d61d8327deb882cf99",
        "hash_type": "md_5",
        "mfa_phone_number": PHONE,
        "set_phone_number_verified": true,
    });
    api.post("passwords/migrate", body).await.done();
    api.give_password(&cast.owing).await;
    assert_eq!(api.shown(&cast.owing).await["default_mfa_method"], "");
    let owed = signs_in(&api, &cast.owing).await;
    assert_eq!(owed["secondary_auth_initiated"], "sms_otp");
    assert_eq!(owed["member_options"]["mfa_phone_number"], "XXXXXXX4567");
}
