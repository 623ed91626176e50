//! The server.

use std::net::SocketAddr;

use axum::Router;
use reqwest::{Method, Url, header::AUTHORIZATION};
use serde_json::Value;
use stytch::client::Vertical;
use tempfile::TempDir;
use tokio::net::TcpListener;
use vestibule::{
    Background, Builder, Redirect, Vestibule, WireApi, WireService, deliver::Mailbox, domain::Secret,
    store::sqlite::SqliteStore,
};

use super::{Answer, TestClock};

pub(crate) const PROJECT: &str = "project-test-7d9c1f0a-3b52-4c8e-9a6d-1e2f3a4b5c6d";
pub(crate) const SECRET: &str = "secret-test-5f0c9a7d3b2e41865f0c9a7d";

/// A server with its own directory, clock and mailbox, which ends with it.
pub(crate) struct World {
    pub(crate) stytch: stytch::b2b::client::Client,
    /// What the SDK sends with, which fetches keys besides.
    pub(crate) sdk: stytch::client::Client,
    pub(crate) clock: TestClock,
    pub(crate) mailbox: Mailbox,
    pub(crate) base: Url,
    http: reqwest::Client,
    _vestibule: Vestibule,
    _background: Background,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(change: impl FnOnce(Builder) -> Builder) -> Self {
        Self::over(change, |api| {
            api.redirect_url(Redirect::Login, "http://127.0.0.1:3000/login")
                .redirect_url(Redirect::Signup, "http://127.0.0.1:3000/signup")
                .redirect_url(Redirect::Invite, "http://127.0.0.1:3000/invite")
                .redirect_url(Redirect::Discovery, "http://127.0.0.1:3000/discovery")
                .redirect_url(Redirect::ResetPassword, "http://127.0.0.1:3000/reset")
        })
        .await
    }

    pub(crate) async fn over(
        change: impl FnOnce(Builder) -> Builder,
        api: impl FnOnce(WireApi) -> WireApi,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::new();
        let store = SqliteStore::open(folder.path().join("test.db")).await.unwrap();
        let builder = Vestibule::development().project_id(PROJECT).store(store).clock(clock.clone());
        let vestibule = change(builder).build().await.unwrap();
        let background = vestibule.start();
        let wire_api = vestibule.wire_api().secret("tests", Secret::new(SECRET));
        let service: WireService = api(wire_api).service().unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().fallback_service(service);
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async { axum::serve(listener, router).await });

        let sdk = sdk(&base, SECRET);
        Self {
            stytch: stytch::b2b::client::Client::new_with_http_client(sdk.clone(), sdk.clone()),
            sdk,
            clock,
            mailbox: vestibule.mailbox().cloned().unwrap_or_default(),
            base,
            http: reqwest::Client::new(),
            _vestibule: vestibule,
            _background: background,
            folder,
        }
    }

    /// The SDK with another secret.
    pub(crate) fn with_secret(&self, secret: &str) -> stytch::b2b::client::Client {
        let sdk = sdk(&self.base, secret);
        stytch::b2b::client::Client::new_with_http_client(sdk.clone(), sdk)
    }

    /// What the SDK can't send: begins a call with the project's credentials.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.base.join(path).unwrap()).basic_auth(PROJECT, Some(SECRET))
    }

    /// The same with any credentials or none.
    pub(crate) fn request_with(
        &self,
        method: Method,
        path: &str,
        credentials: Option<&str>,
    ) -> reqwest::RequestBuilder {
        let request = self.http.request(method, self.base.join(path).unwrap());
        match credentials {
            Some(credentials) => request.header(AUTHORIZATION, credentials),
            None => request,
        }
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        sent(self.request(Method::POST, path).json(&body)).await
    }

    /// A call on behalf of a member, by the token of their session.
    pub(crate) async fn acting(
        &self,
        method: Method,
        path: &str,
        session_token: &str,
        body: Value,
    ) -> Answer {
        let request = self.request(method, path).header("X-Stytch-Member-Session", session_token);
        sent(request.json(&body)).await
    }
}

pub(crate) async fn sent(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

fn sdk(base: &Url, secret: &str) -> stytch::client::Client {
    stytch::client::Client::new_with_base_url(PROJECT, secret, base.clone(), Vertical::B2B).unwrap()
}
