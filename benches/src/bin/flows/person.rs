//! Somebody with a program that speaks JSON and keeps cookies, an inbox and an authenticator app.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use http::{
    Method, Request,
    header::{CONTENT_TYPE, COOKIE, SET_COOKIE},
};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tower::ServiceExt;
use vestibule::PeerAddress;

use crate::{
    clock::Ahead,
    world::{CONFIRMED, ORGANIZATION, PASSWORD, SLUG},
};

pub struct Person {
    pub app: Router,
    pub clock: Ahead,
    pub address: String,
    pub inbox: UnboundedReceiver<String>,
    pub cookies: BTreeMap<String, String>,
    /// The secret of the authenticator app, in base 32.
    pub secret: String,
    /// How long each step took, since this was taken last.
    pub took: Vec<(&'static str, Duration)>,
}

/// What a person does from beginning to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    SignIn,
    Jwt,
    StepUp,
    ByPassword,
}

impl Flow {
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in: code by email, then app",
            Self::Jwt => "JWT of a session",
            Self::StepUp => "step-up: app",
            Self::ByPassword => "sign-in: password, then app",
        }
    }
}

impl Person {
    /// Goes through a flow; the whole of it is the last step.
    pub async fn go_through(&mut self, flow: Flow) {
        let began = Instant::now();
        match flow {
            Flow::SignIn => self.sign_in().await,
            Flow::Jwt => self.jwt().await,
            Flow::StepUp => self.step_up().await,
            Flow::ByPassword => self.sign_in_by_password().await,
        }
        self.took.push(("all of it", began.elapsed()));
    }

    async fn sign_in(&mut self) {
        self.enter().await;
        let code = json!({"code": self.code()});
        let session = self.post("code of the app, for a session", "/auth/mfa/totp", code).await;
        assert_eq!(session["member_authenticated"], true);
    }

    /// As far as the second factor.
    pub async fn enter(&mut self) {
        // As in another browser: who signs in over a session ends that, which is more work.
        self.cookies.clear();
        let address = json!({"email_address": self.address});
        self.post("address, for a code", "/auth/sign-in", address).await;
        let posted = Instant::now();
        let code = self.inbox.recv().await.unwrap();
        self.took.push(("until the code is sent", posted.elapsed()));
        self.post("code, for organizations", "/auth/code", json!({"code": code})).await;
        let choice = json!({"organization_id": ORGANIZATION});
        let owed = self.post("organization, for what it asks", "/auth/organizations", choice).await;
        assert_eq!(owed["member_authenticated"], false);
    }

    /// Sets the app up that the organization asks for.
    pub async fn enrol(&mut self) {
        self.enter().await;
        let new = self.post("", "/auth/enrol/totp", json!({})).await;
        self.secret = new["secret"].as_str().unwrap().to_owned();
        let code = json!({"code": self.code()});
        self.post("", "/auth/enrol/totp/confirm", code).await;
        self.took.clear();
    }

    async fn sign_in_by_password(&mut self) {
        self.cookies.clear();
        let proof = json!({"email_address": self.address, "password": PASSWORD});
        self.post("password, for what is asked", &format!("/auth/o/{SLUG}/password"), proof).await;
        let code = json!({"code": self.code()});
        let session = self.post("code of the app, for a session", "/auth/mfa/totp", code).await;
        assert_eq!(session["member_authenticated"], true);
    }

    async fn jwt(&mut self) {
        let (status, answer) = self.send("session, with a JWT", Method::GET, "/auth/session", None).await;
        assert!(status == 200 && answer["session_jwt"].as_str().unwrap().len() > 100, "{answer:#}");
    }

    async fn step_up(&mut self) {
        let (status, refusal) = self.send("route, for a challenge", Method::GET, CONFIRMED, None).await;
        assert_eq!(status, 401, "{refusal:#}");
        let proof = json!({"challenge_token": refusal["challenge"]["challenge_token"], "code": self.code()});
        self.post("code of the app, for the raised session", "/auth/step-up/totp", proof).await;
        let (status, answer) = self.send("route, let in", Method::GET, CONFIRMED, None).await;
        assert_eq!(status, 200, "{answer:#}");
    }

    /// What the app shows now.
    fn code(&self) -> String {
        let secret = totp_rs::Secret::try_from_base32(&self.secret).unwrap();
        let app = totp_rs::Builder::new().with_secret(secret).with_account_name("-").build().unwrap();
        app.generate(self.clock.millis() / 1000).to_string()
    }

    async fn post(&mut self, step: &'static str, path: &str, fields: Value) -> Value {
        let (status, answer) = self.send(step, Method::POST, path, Some(fields)).await;
        assert_eq!(status, 200, "{path} {answer:#}");
        answer
    }

    async fn send(
        &mut self,
        step: &'static str,
        method: Method,
        path: &str,
        fields: Option<Value>,
    ) -> (u16, Value) {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .extension(PeerAddress(SocketAddr::from((Ipv4Addr::LOCALHOST, 4711))));
        if !pairs.is_empty() {
            request = request.header(COOKIE, pairs.join("; "));
        }
        let body = match fields {
            Some(fields) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Body::from(fields.to_string())
            }
            None => Body::empty(),
        };
        let request = request.body(body).unwrap();
        let began = Instant::now();
        let Ok(answer) = self.app.clone().oneshot(request).await;
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        self.took.push((step, began.elapsed()));
        for cookie in parts.headers.get_all(SET_COOKIE) {
            self.take(cookie.to_str().unwrap());
        }
        (parts.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
    }

    fn take(&mut self, cookie: &str) {
        let (name, value) = cookie.split_once(';').unwrap().0.split_once('=').unwrap();
        if value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
