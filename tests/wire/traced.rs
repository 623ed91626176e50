//! Everything that is traced while everything is called: none of it opens anything. In a process of its own,
//! so that nothing else decides what is traced.

#![cfg(all(feature = "axum", feature = "wire-api"))]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

mod api;
mod calls;

use serde_json::{Value, json};

use crate::{
    api::{Api, Ask, SECRET},
    calls::{Cast, good, operations},
    common::{Fault, Issued, Traced},
};

/// The fields that hold what opens something.
const SECRETS: [&str; 15] = [
    "session_token",
    "session_jwt",
    "intermediate_session_token",
    "magic_links_token",
    "discovery_magic_links_token",
    "password_reset_token",
    "code",
    "recovery_code",
    "recovery_codes",
    "secret",
    "qr_code",
    "password",
    "existing_password",
    "new_password",
    "hash",
];

fn note(issued: &mut Issued, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if let Some(what) = SECRETS.iter().find(|secret| *secret == name) {
                    let texts = match field {
                        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
                        one => one.as_str().into_iter().collect::<Vec<_>>(),
                    };
                    for text in texts.into_iter().filter(|text| text.len() >= 6) {
                        issued.note(what, text);
                        if *what == "session_jwt" && text.contains('.') {
                            issued.note("signature of a JWT", text.rsplit('.').next().unwrap());
                        }
                    }
                }
                note(issued, field);
            }
        }
        Value::Array(several) => several.iter().for_each(|value| note(issued, value)),
        _ => {}
    }
}

fn note_ask(issued: &mut Issued, ask: &Ask) {
    if let Ok(body) = serde_json::from_slice(&ask.body) {
        note(issued, &body);
    }
    for name in ["authorization", "x-stytch-member-session", "x-stytch-member-sessionjwt"] {
        if let Some(value) = ask.headers.get(name).and_then(|value| value.to_str().ok()) {
            issued.note("header", value.trim_start_matches("Basic "));
        }
    }
}

#[tokio::test]
async fn no_call_leaves_a_secret_in_the_log_or_in_an_error() {
    let log = Traced::default();
    let _recording = tracing::subscriber::set_default(log.clone());
    let mut issued = Issued::default();
    issued.note("secret", SECRET);
    let mut errors = String::new();
    for operation in operations(&Api::new().await).await.iter().filter(|operation| !operation.refused) {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        note_ask(&mut issued, &right);
        let signed_in = api.by_password(&cast.plain, json!({})).await;
        let session = signed_in.body["session_token"].as_str().filter(|token| !token.is_empty());
        let session = session.unwrap_or("no session any more").to_owned();
        note(&mut issued, &signed_in.body);
        // On behalf of a member, with every store down, spoilt, right, and once more.
        let mut asks = vec![right.clone().by(&session).from("192.0.2.1:1")];
        let body: Value = serde_json::from_slice(&right.body).unwrap_or(Value::Null);
        for name in SECRETS.iter().filter(|name| body.get(**name).is_some()) {
            let mut spoilt = body.clone();
            spoilt[*name] = match &body[*name] {
                Value::String(text) if text.len() == 6 => json!("172839"),
                Value::String(text) => json!(format!("{text}x")),
                other => other.clone(),
            };
            asks.push(right.clone().raw(spoilt.to_string()));
        }
        for faults in [&api.world.durable.faults, &api.world.transient.faults] {
            faults.set("*", Fault::Fails);
        }
        errors.push_str(&api.ask(right.clone()).await.body.to_string());
        for faults in [&api.world.durable.faults, &api.world.transient.faults] {
            faults.clear();
        }
        asks.push(right.clone());
        asks.push(right.clone());
        asks.push(right.with_credentials(crate::api::basic("project", "another secret, wrong one")));
        issued.note("wrong secret", "another secret, wrong one");
        for ask in asks {
            note_ask(&mut issued, &ask);
            let said = api.ask(ask).await;
            if said.status == 200 {
                note(&mut issued, &said.body);
            } else {
                errors.push_str(&said.body.to_string());
            }
        }
        for message in api.world.mailbox.messages() {
            if let Some(code) = crate::common::world::digits(&message.text) {
                issued.note("code that was sent", code);
            }
            for link in message.text.split("token=").skip(1) {
                issued.note("link that was sent", link.chars().take(44).collect::<String>());
            }
        }
    }
    let text = log.text();
    for happened in ["SignedIn", "Enrolled", "Refused", "SecretUsed", "call"] {
        assert!(text.contains(happened), "nothing of {happened} was traced");
    }
    assert!(errors.len() > 10_000);
    issued.none_in("the log", &text);
    issued.none_in("an error", &errors);
}
