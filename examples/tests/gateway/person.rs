//! Somebody who signs in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    process::Gateway,
    wire::{Answer, ask, request},
};

pub(crate) const SESSION: &str = "vestibule_development_session";

/// Somebody with a session, and the cookies of it.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) member_id: String,
    pub(crate) organization_id: String,
}

impl Person {
    /// Signs in, and founds an organization of which they are the administrator.
    pub(crate) async fn founding(gateway: &mut Gateway, slug: &str) -> Self {
        let mut person =
            Self { cookies: BTreeMap::new(), member_id: String::new(), organization_id: String::new() };
        let address = json!({"email_address": format!("ada@{slug}.example")});
        person.post(gateway, "/auth/sign-in", &address).await;
        let code = json!({"code": gateway.code().await});
        person.post(gateway, "/auth/code", &code).await;
        let organization = json!({"organization_name": slug, "organization_slug": slug});
        let session = person.post(gateway, "/auth/organizations/create", &organization).await;
        session["member_id"].as_str().unwrap().clone_into(&mut person.member_id);
        session["member_session"]["organization_id"]
            .as_str()
            .unwrap()
            .clone_into(&mut person.organization_id);
        person
    }

    async fn post(&mut self, gateway: &Gateway, path: &str, fields: &Value) -> Value {
        let text = fields.to_string();
        let mut headers = vec!["Content-Type: application/json", "Accept: application/json"];
        let cookie = self.cookie();
        if !self.cookies.is_empty() {
            headers.push(&cookie);
        }
        let answer = ask(gateway.address, &request(&format!("POST {path}"), &headers, &text)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        self.keep(&answer);
        serde_json::from_str(&answer.body).unwrap()
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.head.all("set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The header with their cookies.
    pub(crate) fn cookie(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("Cookie: {}", pairs.join("; "))
    }

    /// The token of their session.
    pub(crate) fn token(&self) -> &str {
        &self.cookies[SESSION]
    }

    pub(crate) async fn get(&self, gateway: &Gateway, path: &str) -> Answer {
        self.get_with(gateway, path, &[]).await
    }

    pub(crate) async fn get_with(&self, gateway: &Gateway, path: &str, more: &[&str]) -> Answer {
        let cookie = self.cookie();
        let headers: Vec<&str> = [cookie.as_str()].into_iter().chain(more.iter().copied()).collect();
        ask(gateway.address, &request(&format!("GET {path}"), &headers, "")).await
    }

    pub(crate) async fn sign_out(&mut self, gateway: &Gateway) {
        self.post(gateway, "/auth/sign-out", &json!({})).await;
    }
}
