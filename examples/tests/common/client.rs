//! Requests over HTTP, by a program or a browser that keeps cookies.

use std::collections::BTreeMap;

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE},
};
use hyper_util::{
    client::legacy::{Client as Connections, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use super::Example;

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The object in it.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads.
    pub(crate) fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// Fails unless it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

/// Whoever sends requests. A clone has the same cookies, and from then on its own.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    connections: Connections<HttpConnector, Full<Bytes>>,
    origin: String,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) bearer: Option<String>,
    /// Whether it navigates, as browsers do.
    pub(crate) browses: bool,
}

impl Client {
    pub(crate) fn of(example: &Example) -> Self {
        Self::to(example.origin())
    }

    pub(crate) fn to(origin: &str) -> Self {
        Self {
            connections: Connections::builder(TokioExecutor::new()).build_http(),
            origin: origin.to_owned(),
            cookies: BTreeMap::new(),
            bearer: None,
            browses: false,
        }
    }

    /// The same one, which navigates from now on.
    pub(crate) fn browsing(&self) -> Self {
        Self { browses: true, ..self.clone() }
    }

    /// The same one, which asks somewhere else from now on.
    pub(crate) fn at(&self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self.clone() }
    }

    /// The `Cookie` header that it would send.
    pub(crate) fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, "", String::new()).await
    }

    pub(crate) async fn post_json(&mut self, path: &str, fields: Value) -> Answer {
        self.send(Method::POST, path, "application/json", fields.to_string()).await
    }

    pub(crate) async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_html_form::to_string(fields).unwrap();
        self.send(Method::POST, path, "application/x-www-form-urlencoded", body).await
    }

    async fn send(&mut self, method: Method, path: &str, media: &str, body: String) -> Answer {
        let (parts, body) = self.open(method, path, media, body).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// Sends a request; the body of the answer is still to come.
    pub(crate) async fn open(
        &mut self,
        method: Method,
        path: &str,
        media: &str,
        body: String,
    ) -> Response<Incoming> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        if self.browses {
            request = request.header("sec-fetch-mode", "navigate").header("sec-fetch-site", "same-origin");
        }
        if !media.is_empty() {
            request = request.header(CONTENT_TYPE, media);
        }
        if let Some(token) = &self.bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !self.cookies.is_empty() {
            request = request.header(COOKIE, self.cookie_header());
        }
        let response = self.connections.request(request.body(Full::from(body)).unwrap()).await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}
