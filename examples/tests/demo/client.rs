//! Requests over HTTP, with the cookies that whoever sends them keeps.

use std::collections::BTreeMap;

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::Bytes,
    header::{COOKIE, LOCATION, SET_COOKIE},
};
use hyper_util::{
    client::legacy::{Client as Connections, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::process::Demo;

pub(crate) const SESSION: &str = "vestibule_development_session";
pub(crate) const INTERMEDIATE: &str = "vestibule_development_intermediate";

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION).map(|value| value.to_str().unwrap())
    }

    /// The `Set-Cookie` headers, in their order.
    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

/// Whoever sends requests. A clone has the same cookies, and from then on its own.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    connections: Connections<HttpConnector, Full<Bytes>>,
    origin: String,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Client {
    pub(crate) fn of(demo: &Demo) -> Self {
        Self {
            connections: Connections::builder(TokioExecutor::new()).build_http(),
            origin: demo.origin().to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    /// Of the API for servers.
    pub(crate) fn of_api(demo: &Demo) -> Self {
        Self { origin: demo.api().origin.clone(), ..Self::of(demo) }
    }

    /// Goes on with a demo that was started again.
    pub(crate) fn turn_to(&mut self, demo: &Demo) {
        demo.origin().clone_into(&mut self.origin);
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let (parts, body) = self.connections.request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        self.keep_cookies(&answer);
        answer
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.set_cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
