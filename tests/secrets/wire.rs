//! What goes over the wire: which routes did what they were asked for, and whatever opens something that was sent
//! or answered there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use http::{HeaderMap, Method, header::SET_COOKIE};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use vestibule::deliver::Mailbox;

use crate::{common::Issued, common::world::digits, routes};

/// The fields, of requests and answers, that hold what opens something.
const SECRET: [&str; 11] = [
    "challenge_token",
    "code",
    "intermediate_session_token",
    "password",
    "recovery_code",
    "recovery_codes",
    "secret",
    "session_jwt",
    "session_token",
    "token",
    "uri",
];

#[derive(Clone, Default)]
pub(crate) struct Wire(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    issued: Issued,
    reached: BTreeSet<String>,
}

impl Wire {
    /// Listens to all that a router is asked.
    pub(crate) fn around(&self, router: Router) -> Router {
        let wire = self.clone();
        router.layer(from_fn(move |request: Request, next: Next| {
            let wire = wire.clone();
            async move { wire.pass(request, next).await }
        }))
    }

    async fn pass(&self, request: Request, next: Next) -> Response {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        self.fields(&body);
        let (path, posts) = (parts.uri.path().to_owned(), parts.method == Method::POST);
        let (parts, answer) = next.run(Request::from_parts(parts, Body::from(body))).await.into_parts();
        let answer = answer.collect().await.unwrap().to_bytes();
        self.fields(&answer);
        self.cookies(&parts.headers);
        if posts && (parts.status.is_success() || parts.status.is_redirection()) {
            self.0.lock().unwrap().reached.insert(path);
        }
        Response::from_parts(parts, Body::from(answer))
    }

    /// The secrets so far, with those that were mailed.
    pub(crate) fn issued(&self, mailbox: &Mailbox) -> Issued {
        let mut issued = self.0.lock().unwrap().issued.clone();
        for message in mailbox.messages() {
            if let Some(code) = digits(&message.text) {
                issued.note("code in a mail", code);
            }
            for link in message.text.split_whitespace().filter_map(|word| word.split("token=").nth(1)) {
                issued.note("link", link);
            }
        }
        issued
    }

    /// The routes that take a POST and were not asked for anything that they did.
    pub(crate) fn missed(&self) -> BTreeSet<String> {
        let reached = self.0.lock().unwrap().reached.clone();
        let done = |route: &String| {
            let mut paths = reached.iter().filter_map(|path| path.strip_prefix("/auth/"));
            paths.any(|path| routes::is_of(route, path))
        };
        routes::posted().into_iter().filter(|route| !done(route)).collect()
    }

    fn fields(&self, body: &Bytes) {
        let form = || serde_html_form::from_bytes::<BTreeMap<String, String>>(body).map(|form| json!(form));
        let value = serde_json::from_slice(body).ok().or_else(|| form().ok());
        self.secrets_of(&value.unwrap_or_default());
    }

    fn secrets_of(&self, value: &Value) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                if SECRET.contains(&name.as_str()) {
                    self.note(name, value);
                }
                self.secrets_of(value);
            }),
            Value::Array(values) => values.iter().for_each(|value| self.secrets_of(value)),
            _ => {}
        }
    }

    fn note(&self, name: &str, value: &Value) {
        match value {
            // Nobody issued what is typed to be wrong.
            Value::String(text) if text.len() >= 6 && !text.starts_with("0000") => {
                self.0.lock().unwrap().issued.note(name, text);
            }
            Value::Array(values) => values.iter().for_each(|value| self.note(name, value)),
            _ => {}
        }
    }

    fn cookies(&self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=').filter(|(_, value)| !value.is_empty()) {
                self.0.lock().unwrap().issued.note(name, value);
            }
        }
    }
}
