//! A program: it speaks JSON, keeps cookies, and says nothing of what a browser would say.

use hyper::Method;
use serde_json::Value;

use crate::{
    client::{Answer, Client, SESSION},
    process::Demo,
};

#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) client: Client,
    bearer: Option<String>,
}

impl Program {
    pub(crate) fn of(demo: &Demo) -> Self {
        Self { client: Client::of(demo), bearer: None }
    }

    /// One that sends a bearer token along.
    pub(crate) fn with_bearer(demo: &Demo, token: &str) -> Self {
        Self { client: Client::of(demo), bearer: Some(token.to_owned()) }
    }

    /// The token of its session, which stands in its cookie.
    pub(crate) fn session_token(&self) -> String {
        self.client.cookies.get(SESSION).cloned().unwrap_or_default()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, "", String::new()).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: Value) -> Answer {
        self.send(Method::POST, path, "application/json", fields.to_string()).await
    }

    /// What the application's own handlers take.
    pub(crate) async fn post_form(&mut self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, "application/x-www-form-urlencoded", body.to_owned()).await
    }

    async fn send(&mut self, method: Method, path: &str, media: &str, body: String) -> Answer {
        let bearer = self.bearer.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = vec![("accept", "application/json")];
        if !media.is_empty() {
            headers.push(("content-type", media));
        }
        if let Some(bearer) = &bearer {
            headers.push(("authorization", bearer));
        }
        self.client.send(method, path, &headers, body).await
    }
}

impl Answer {
    /// The object in it.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.body))
    }
}
