//! Somebody who calls: a program that keeps cookies, or a browser.

use std::{collections::BTreeMap, net::SocketAddr};

use axum::{Router, body::Body};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use vestibule::PeerAddress;

/// What a request was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{} is no JSON: {}", self.status, self.text))
    }

    pub(crate) fn error_type(&self) -> String {
        self.json()["error_type"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// The body without what differs from answer to answer by design.
    pub(crate) fn comparable(&self) -> String {
        let mut body: Value = serde_json::from_str(&self.text).unwrap_or(Value::Null);
        match body.as_object_mut() {
            Some(object) => {
                object.remove("request_id");
                body.to_string()
            }
            None => self.text.clone(),
        }
    }

    /// Panics with the whole answer unless it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Signed in, as the answer says.
    pub(crate) fn is_session(&self) -> bool {
        self.status == 200
            && self.json()["member_authenticated"] == true
            && !self.json()["member_session"].is_null()
    }

    pub(crate) fn session_id(&self) -> String {
        self.json()["member_session"]["member_session_id"].as_str().unwrap().to_owned()
    }
}

/// A client with its cookies. A clone has copies of them, as a thief of all would.
#[derive(Clone)]
pub(crate) struct Client {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) bearer: Option<String>,
    pub(crate) peer: Option<SocketAddr>,
    html: bool,
    names: &'static str,
}

impl Client {
    pub(crate) fn new(router: Router, names: &'static str) -> Self {
        Self { router, cookies: BTreeMap::new(), bearer: None, peer: None, html: false, names }
    }

    /// The same client with the same cookies, now navigating as browsers do.
    pub(crate) fn browsing(&self) -> Self {
        Self { html: true, ..self.clone() }
    }

    pub(crate) fn program(&self) -> Self {
        Self { html: false, ..self.clone() }
    }

    pub(crate) fn name(&self, cookie: &str) -> String {
        format!("{}{cookie}", self.names)
    }

    pub(crate) fn cookie(&self, cookie: &str) -> Option<String> {
        self.cookies.get(&self.name(cookie)).cloned()
    }

    pub(crate) fn session_token(&self) -> String {
        self.cookie("session").expect("signed in")
    }

    pub(crate) fn intermediate(&self) -> String {
        self.cookie("intermediate").expect("in the middle of signing in")
    }

    pub(crate) fn set_cookie(&mut self, cookie: &str, value: impl Into<String>) {
        let name = self.name(cookie);
        self.cookies.insert(name, value.into());
    }

    pub(crate) fn drop_cookie(&mut self, cookie: &str) {
        let name = self.name(cookie);
        self.cookies.remove(&name);
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let mut builder = Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
        if self.html {
            builder = builder.header("sec-fetch-mode", "navigate").header("accept", "text/html");
        }
        if !self.cookies.is_empty() {
            let line: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            builder = builder.header(COOKIE, line.join("; "));
        }
        if let Some(bearer) = &self.bearer {
            builder = builder.header(AUTHORIZATION, format!("Bearer {bearer}"));
        }
        if let Some(peer) = self.peer {
            builder = builder.extension(PeerAddress(peer));
        }
        builder
    }

    /// Sends a request as it is, and takes the answer's cookies.
    pub(crate) async fn send(&mut self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        for line in parts.headers.get_all(SET_COOKIE) {
            self.take(line);
        }
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub(crate) fn take(&mut self, line: &HeaderValue) {
        let line = line.to_str().unwrap();
        let (pair, attributes) = line.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Posts fields: as JSON, or as a form where it browses.
    pub(crate) async fn post(&mut self, path: &str, fields: Value) -> Answer {
        let request = self.posting(path, &fields);
        self.send(request).await
    }

    pub(crate) fn posting(&self, path: &str, fields: &Value) -> Request<Body> {
        let (media, body) = if self.html {
            let pairs: Vec<(String, String)> = fields
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                .collect();
            ("application/x-www-form-urlencoded", serde_html_form::to_string(pairs).unwrap())
        } else {
            ("application/json", fields.to_string())
        };
        self.request(Method::POST, path).header(CONTENT_TYPE, media).body(Body::from(body)).unwrap()
    }

    pub(crate) async fn get_with(&mut self, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        let mut request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        for (name, value) in headers {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
        self.send(request).await
    }

    /// Turns the sign-in to an organization.
    pub(crate) async fn exchange(&mut self, organization_id: &str) -> Answer {
        self.post("/auth/organizations", json!({"organization_id": organization_id})).await
    }

    /// Whether the application lets this client in.
    pub(crate) async fn is_in(&mut self) -> bool {
        let answer = self.get("/me").await;
        assert!(matches!(answer.status.as_u16(), 200 | 401), "{}: {}", answer.status, answer.text);
        answer.status == 200
    }
}
