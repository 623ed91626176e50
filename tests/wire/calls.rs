//! One call of every operation that succeeds: what the tests of failures begin from.

#![allow(dead_code, reason = "each of the tests uses a part of this")]

use http::Method;
use serde_json::{Value, json};

use crate::{
    api::{Api, Ask, PASSWORD, PROJECT, Whose, merge},
    common::world::PHONE,
};

pub(crate) const NEW_PASSWORD: &str = "other battery, staple of 1985";

/// One operation, as the description names it.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Refused, because the project does not have what it is about.
    pub(crate) refused: bool,
    pub(crate) public: bool,
    /// Whether it may be called on behalf of a member.
    pub(crate) for_members: bool,
    /// The fields of its body with their schemas.
    pub(crate) fields: Vec<(String, Value)>,
    pub(crate) takes_body: bool,
}

impl Operation {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }
}

/// All operations that are served, read from the description: a new route is among them by itself.
pub(crate) async fn operations(api: &Api) -> Vec<Operation> {
    let description = api.description().await;
    let mut operations = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let mut fields = Vec::new();
            collect_fields(&description, body, &mut fields);
            let headers = operation["parameters"].as_array().unwrap();
            operations.push(Operation {
                method: method.to_ascii_uppercase().parse().unwrap(),
                path: path.clone(),
                refused: operation["x-refused"] == json!(true),
                public: operation["security"] == json!([]),
                for_members: headers.iter().any(|parameter| parameter["in"] == "header"),
                fields,
                takes_body: body.is_object(),
            });
        }
    }
    assert!(operations.len() > 50, "{operations:?}");
    operations
}

fn collect_fields(description: &Value, schema: &Value, into: &mut Vec<(String, Value)>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return collect_fields(description, &description["components"]["schemas"][name], into);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect_fields(description, part, into);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        into.push((name.clone(), field.clone()));
    }
}

/// Everything that a call can succeed with, in a fresh world.
pub(crate) struct Cast {
    /// Leaves the second factor open.
    pub(crate) open: Whose,
    /// Demands a second factor.
    pub(crate) strict: Whose,
    /// Signs in to the open one by a password, and has nothing else.
    pub(crate) plain: Whose,
    /// The same in the strict one.
    pub(crate) owing: Whose,
}

impl Cast {
    pub(crate) async fn in_(api: &Api) -> Self {
        let open = api.organization("open", json!({"organization_external_id": "open-1"})).await;
        let strict = api.organization("strict", json!({"mfa_policy": "REQUIRED_FOR_ALL"})).await;
        let plain =
            api.member_with_password(&open, "plain@open.example", json!({"external_id": "p-1"})).await;
        let owing = api.member_with_password(&strict, "owing@strict.example", json!({})).await;
        Self { open, strict, plain, owing }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made where it is passed")]
fn call(operation: &Operation, body: Value) -> Ask {
    Ask::new(operation.method.clone(), &operation.path, &body)
}

/// The same with the places of its path filled.
#[expect(clippy::needless_pass_by_value, reason = "made where it is passed")]
fn at(operation: &Operation, whose: &Whose, body: Value) -> Ask {
    let path = operation
        .path
        .replace("{organization_id}", &whose.organization_id)
        .replace("{member_id}", &whose.member_id)
        .replace("{project_id}", PROJECT);
    Ask::new(operation.method.clone(), &path, &body)
}

fn with(mut body: Value, more: Value) -> Value {
    merge(&mut body, more);
    body
}

/// A call of this operation that succeeds now.
#[expect(clippy::too_many_lines, reason = "one arm an operation")]
pub(crate) async fn good(api: &Api, cast: &Cast, operation: &Operation) -> Ask {
    let Cast { open, strict, plain, owing } = cast;
    let (o, address) = (json!(open.organization_id), plain.address.as_str());
    let to = || json!({"organization_id": o, "email_address": address});
    let key = operation.path.strip_prefix("/v1/b2b/").unwrap_or(&operation.path);
    match (operation.method.as_str(), key) {
        ("POST", "discovery/intermediate_sessions/exchange") => {
            let token = api.discovery(address).await;
            call(operation, json!({"intermediate_session_token": token, "organization_id": o}))
        }
        ("POST", "discovery/organizations") => {
            let token = api.discovery(address).await;
            call(operation, json!({"intermediate_session_token": token}))
        }
        ("POST", "discovery/organizations/create") => {
            let token = api.discovery("founder@new.example").await;
            call(operation, json!({"intermediate_session_token": token, "organization_slug": "new"}))
        }
        ("POST", "magic_links/authenticate") => {
            let link = api.login_link(plain).await;
            call(operation, json!({"magic_links_token": link}))
        }
        ("POST", "magic_links/discovery/authenticate") => {
            let before = api.world.last_message();
            api.post("magic_links/email/discovery/send", json!({"email_address": address})).await.done();
            let link = api.link_for(address, before).await;
            call(operation, json!({"discovery_magic_links_token": link}))
        }
        ("POST", "magic_links/email/discovery/send" | "otps/email/discovery/send") => {
            call(operation, json!({"email_address": address}))
        }
        ("POST", "magic_links/email/invite") => {
            call(operation, json!({"organization_id": o, "email_address": "guest@other.example"}))
        }
        (
            "POST",
            "magic_links/email/login_or_signup"
            | "otps/email/login_or_signup"
            | "passwords/email/reset/start",
        ) => call(operation, to()),
        ("POST", "organizations") => {
            call(operation, json!({"organization_name": "Made", "organization_slug": "made"}))
        }
        ("GET" | "DELETE", "organizations/members/dangerously_get/{member_id}")
        | ("GET" | "DELETE", "organizations/{organization_id}")
        | ("GET", "organizations/{organization_id}/metrics")
        | ("DELETE", "organizations/{organization_id}/external_id")
        | (
            "DELETE",
            "organizations/{organization_id}/members/{member_id}"
            | "organizations/{organization_id}/members/{member_id}/external_id",
        )
        | ("GET", "rbac/organizations/{organization_id}" | "rbac/policy" | "sessions/jwks/{project_id}") => {
            at(operation, plain, Value::Null)
        }
        ("POST", "organizations/members/search") => call(operation, json!({"organization_ids": [o]})),
        ("POST", "organizations/search") => call(operation, json!({})),
        ("PUT", "organizations/{organization_id}") => {
            at(operation, open, json!({"organization_name": "Another name"}))
        }
        ("GET", "organizations/{organization_id}/member") => {
            let mut ask = at(operation, plain, Value::Null);
            ask.path.push_str(&format!("?member_id={}", plain.member_id));
            ask
        }
        ("POST", "organizations/{organization_id}/members") => {
            at(operation, open, json!({"email_address": "another@open.example", "mfa_enrolled": true}))
        }
        ("DELETE", "organizations/{organization_id}/members/mfa_phone_numbers/{member_id}") => {
            api.put(&plain.path(), json!({"mfa_phone_number": PHONE})).await.done();
            at(operation, plain, Value::Null)
        }
        ("DELETE", "organizations/{organization_id}/members/passwords/{member_password_id}") => {
            let shown = api.shown(plain).await;
            let mut ask = at(operation, plain, Value::Null);
            ask.path =
                ask.path.replace("{member_password_id}", shown["member_password_id"].as_str().unwrap());
            ask
        }
        ("PUT", "organizations/{organization_id}/members/{member_id}") => {
            at(operation, plain, json!({"name": "Another", "mfa_enrolled": true}))
        }
        ("PUT", "organizations/{organization_id}/members/{member_id}/reactivate") => {
            api.delete(&plain.path()).await.done();
            at(operation, plain, json!({}))
        }
        ("POST", "organizations/{organization_id}/members/{member_id}/start_email_update") => {
            at(operation, plain, json!({"email_address": "plain@elsewhere.example"}))
        }
        ("DELETE", "organizations/{organization_id}/members/{member_id}/totp") => {
            let session = api.session(plain).await;
            api.enrol_app(plain, json!({"session_token": session})).await;
            at(operation, plain, Value::Null)
        }
        ("POST", "organizations/{organization_id}/members/{member_id}/unlink_retired_email") => {
            api.put(&plain.path(), json!({"email_address": "now@open.example"})).await.done();
            at(operation, plain, json!({"email_address": address}))
        }
        ("POST", "otps/email/authenticate") => {
            let code = api.email_code(plain).await;
            call(operation, with(to(), json!({"code": code})))
        }
        ("POST", "otps/email/discovery/authenticate") => {
            let before = api.world.last_message();
            api.post("otps/email/discovery/send", json!({"email_address": address})).await.done();
            let code = api.world.code_for(address, before).await;
            call(operation, json!({"email_address": address, "code": code}))
        }
        ("POST", "otps/sms/send") => {
            let token = api.intermediate(owing).await;
            let more = json!({"mfa_phone_number": PHONE, "intermediate_session_token": token});
            call(operation, owing.ids(more))
        }
        ("POST", "otps/sms/authenticate") => {
            let token = api.intermediate(owing).await;
            let before = api.world.last_message();
            let more = json!({"mfa_phone_number": PHONE, "intermediate_session_token": token});
            api.post("otps/sms/send", owing.ids(more)).await.done();
            let code = api.world.code_for(PHONE, before).await;
            call(operation, owing.ids(json!({"code": code, "intermediate_session_token": token})))
        }
        ("POST", "passwords/authenticate") => call(operation, with(to(), json!({"password": PASSWORD}))),
        ("POST", "passwords/email/reset") => {
            let link = api.reset_link(plain).await;
            call(operation, json!({"password_reset_token": link, "password": NEW_PASSWORD}))
        }
        ("POST", "passwords/existing_password/reset") => {
            call(operation, with(to(), json!({"existing_password": PASSWORD, "new_password": NEW_PASSWORD})))
        }
        ("POST", "passwords/migrate") => {
            let hash = "5f4dcc3b5aa765d61d8327deb882cf99";
            let body = json!({
                "organization_id": o,
                "email_address": "migrant@open.example",
                "hash": hash,
                "hash_type": "md_5",
                "mfa_phone_number": PHONE,
            });
            call(operation, body)
        }
        ("POST", "passwords/session/reset") => {
            let session = api.session(plain).await;
            let body = json!({"organization_id": o, "session_token": session, "password": NEW_PASSWORD});
            call(operation, body)
        }
        ("POST", "passwords/strength_check") => call(operation, json!({"password": PASSWORD})),
        ("PUT", "rbac/organizations/{organization_id}") => {
            at(operation, open, json!({"org_policy": {"roles": []}}))
        }
        ("POST", "recovery_codes/recover") => {
            let token = api.intermediate(owing).await;
            let (app, _) = api.enrol_app(owing, json!({"intermediate_session_token": token})).await;
            let token = api.intermediate(owing).await;
            let more = json!({"recovery_code": app.recovery_codes[0], "intermediate_session_token": token});
            call(operation, owing.ids(more))
        }
        ("POST", "recovery_codes/rotate") => {
            let session = api.session(plain).await;
            api.enrol_app(plain, json!({"session_token": session})).await;
            call(operation, plain.ids(json!({})))
        }
        ("GET", "recovery_codes/{organization_id}/{member_id}") => {
            let session = api.session(plain).await;
            api.enrol_app(plain, json!({"session_token": session})).await;
            at(operation, plain, Value::Null)
        }
        ("GET", "sessions") => {
            api.session(plain).await;
            let mut ask = call(operation, Value::Null);
            let query = format!("?organization_id={}&member_id={}", open.organization_id, plain.member_id);
            ask.path.push_str(&query);
            ask
        }
        ("POST", "sessions/authenticate") => {
            let session = api.session(plain).await;
            call(operation, json!({"session_token": session, "session_duration_minutes": 30}))
        }
        ("POST", "sessions/exchange") => {
            // The same person in the other organization, by an address that was proved.
            api.member(strict, address, json!({})).await;
            let code = api.email_code(plain).await;
            let proved = api.post("otps/email/authenticate", with(to(), json!({"code": code}))).await.done();
            let body = json!({
                "organization_id": strict.organization_id,
                "session_token": proved["session_token"],
            });
            call(operation, body)
        }
        ("POST", "sessions/revoke") => {
            let session = api.session(plain).await;
            call(operation, json!({"session_token": session}))
        }
        ("POST", "totp") => {
            let token = api.intermediate(owing).await;
            call(operation, owing.ids(json!({"intermediate_session_token": token})))
        }
        ("POST", "totp/authenticate") => {
            let token = api.intermediate(owing).await;
            let brought = json!({"intermediate_session_token": token});
            let app = api.begin_app(owing, brought.clone()).await;
            call(operation, owing.ids(with(brought, json!({"code": app.code()}))))
        }
        ("POST", "totp/migrate") => {
            call(operation, plain.ids(json!({"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"})))
        }
        (method, key) => panic!("say here how {method} {key} is called"),
    }
}
