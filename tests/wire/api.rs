//! The API over the tests' world, and a client that holds every answer to the envelope.

#![allow(dead_code, reason = "each of the tests uses a part of this")]

use std::{net::SocketAddr, time::Duration};

use axum::{body::Body, extract::ConnectInfo};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method, Request, header::AUTHORIZATION};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use vestibule::{Builder, Redirect, WireApi, WireService, domain::Secret};

use crate::common::{App, World};

pub(crate) const PROJECT: &str = "project-test-00000000-0000-4000-8000-000000000000";
pub(crate) const SECRET: &str = "secret-test-5f0c9a7d3b2e4186";
pub(crate) const PASSWORD: &str = crate::common::world::PASSWORD;

/// Where all links lead.
pub(crate) const HERE: &str = "http://127.0.0.1:3000/authenticate";

/// The API and everything behind it.
pub(crate) struct Api {
    pub(crate) world: World,
    pub(crate) service: WireService,
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Option<SocketAddr>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) asked: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

pub(crate) fn basic(id: &str, secret: &str) -> HeaderValue {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))).parse().unwrap()
}

impl Ask {
    pub(crate) fn new(method: Method, path: &str, body: &Value) -> Self {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        Self {
            method,
            path: path.to_owned(),
            body,
            headers: HeaderMap::from_iter([(AUTHORIZATION, basic(PROJECT, SECRET))]),
            peer: None,
        }
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new(Method::POST, &format!("/v1/b2b/{path}"), body)
    }

    pub(crate) fn put(path: &str, body: &Value) -> Self {
        Self::new(Method::PUT, &format!("/v1/b2b/{path}"), body)
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new(Method::GET, &format!("/v1/b2b/{path}"), &Value::Null)
    }

    pub(crate) fn delete(path: &str) -> Self {
        Self::new(Method::DELETE, &format!("/v1/b2b/{path}"), &Value::Null)
    }

    /// On behalf of the member of this session.
    pub(crate) fn by(self, session_token: &str) -> Self {
        self.header("x-stytch-member-session", session_token)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    pub(crate) fn raw(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn from(mut self, peer: &str) -> Self {
        self.peer = Some(peer.parse().unwrap());
        self
    }

    pub(crate) fn without_credentials(mut self) -> Self {
        self.headers.remove(AUTHORIZATION);
        self
    }

    pub(crate) fn with_credentials(mut self, value: HeaderValue) -> Self {
        self.headers.insert(AUTHORIZATION, value);
        self
    }
}

impl Said {
    pub(crate) fn error_type(&self) -> &str {
        self.body["error_type"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn done(self) -> Value {
        assert_eq!(self.status, 200, "{}: {}", self.asked, self.body);
        self.body
    }

    #[track_caller]
    pub(crate) fn refused(&self, status: u16, error_type: &str) {
        assert_eq!((self.status, self.error_type()), (status, error_type), "{}: {}", self.asked, self.body);
    }

    /// Whether it lets somebody in.
    pub(crate) fn is_session(&self) -> bool {
        ["session_token", "session_jwt"]
            .iter()
            .any(|name| self.body[name].as_str().is_some_and(|token| !token.is_empty()))
            || self.body["member_session"].is_object()
    }

    #[track_caller]
    fn hold_to_the_envelope(&self) {
        let (asked, body) = (&self.asked, &self.body);
        assert_eq!(self.headers["content-type"], "application/json", "{asked}");
        assert_eq!(body["status_code"], json!(self.status), "{asked}: {body}");
        let request_id = body["request_id"].as_str().unwrap_or_default();
        assert!(request_id.starts_with("request-id-test-"), "{asked}: {body}");
        if self.status == 200 {
            return;
        }
        for name in ["error_type", "error_message", "error_url"] {
            let text = body[name].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{asked} has no {name}: {body}");
        }
        let url = format!("https://stytch.com/docs/b2b/api/errors/{}#{}", self.status, self.error_type());
        assert_eq!(body["error_url"], json!(url), "{asked}");
        assert!(!self.is_session(), "{asked}: {body}");
        // A store that does not answer is all that is the server's fault: SDKs try again what is.
        assert!(self.status < 500 || self.status == 503, "{asked}: {body}");
    }
}

impl Api {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(change: impl FnOnce(Builder) -> Builder) -> Self {
        let world = World::with(change).await;
        let service = configured(&world).secret("test", Secret::new(SECRET)).service().unwrap();
        Self { world, service }
    }

    pub(crate) async fn ask(&self, ask: Ask) -> Said {
        let asked = format!("{} {}", ask.method, ask.path);
        let mut request = Request::new(Body::from(ask.body));
        *request.method_mut() = ask.method;
        *request.uri_mut() = ask.path.parse().unwrap();
        *request.headers_mut() = ask.headers;
        if let Some(peer) = ask.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        self.send(asked, request).await
    }

    pub(crate) async fn send(&self, asked: String, request: Request<Body>) -> Said {
        let answering = self.service.clone().oneshot(request);
        let response = tokio::time::timeout(Duration::from_secs(60), answering);
        let (parts, body) = response.await.expect("an answer in time").unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| {
            panic!("{asked} is not answered by JSON: {}", String::from_utf8_lossy(&bytes))
        });
        let said = Said { asked, status: parts.status.as_u16(), headers: parts.headers, body };
        said.hold_to_the_envelope();
        said
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Said {
        self.ask(Ask::post(path, &body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Said {
        self.ask(Ask::put(path, &body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Said {
        self.ask(Ask::get(path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Said {
        self.ask(Ask::delete(path)).await
    }

    /// The description of what is served.
    pub(crate) async fn description(&self) -> Value {
        let request = Request::get("/v1/b2b/openapi.json").body(Body::empty()).unwrap();
        let response = self.service.clone().oneshot(request).await.unwrap();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// An organization with these settings.
    pub(crate) async fn organization(&self, slug: &str, settings: Value) -> Whose {
        let mut body = json!({"organization_name": slug, "organization_slug": slug});
        merge(&mut body, settings);
        let made = self.post("organizations", body).await.done();
        let id = made["organization"]["organization_id"].as_str().unwrap();
        Whose { organization_id: id.to_owned(), member_id: String::new(), address: String::new() }
    }

    /// A member of it with these settings.
    pub(crate) async fn member(&self, of: &Whose, address: &str, settings: Value) -> Whose {
        let mut body = json!({"email_address": address});
        merge(&mut body, settings);
        let path = format!("organizations/{}/members", of.organization_id);
        let made = self.post(&path, body).await.done();
        let member_id = made["member_id"].as_str().unwrap().to_owned();
        Whose { organization_id: of.organization_id.clone(), member_id, address: address.to_owned() }
    }

    /// The same, who signs in by [`PASSWORD`].
    pub(crate) async fn member_with_password(&self, of: &Whose, address: &str, settings: Value) -> Whose {
        let member = self.member(of, address, settings).await;
        self.give_password(&member).await;
        member
    }

    pub(crate) async fn give_password(&self, member: &Whose) {
        let id = vestibule::domain::MemberId::new(&member.member_id).unwrap();
        self.world.vestibule.set_password(&id, Secret::new(PASSWORD)).await.unwrap();
    }

    pub(crate) async fn by_password(&self, member: &Whose, more: Value) -> Said {
        let mut body = json!({
            "organization_id": member.organization_id,
            "email_address": member.address,
            "password": PASSWORD,
        });
        merge(&mut body, more);
        self.post("passwords/authenticate", body).await
    }

    /// A session by password, as nothing else is asked for.
    pub(crate) async fn session(&self, member: &Whose) -> String {
        token(&self.by_password(member, json!({})).await.done(), "session_token")
    }

    /// An intermediate session by password, as a second factor is asked for.
    pub(crate) async fn intermediate(&self, member: &Whose) -> String {
        token(&self.by_password(member, json!({})).await.done(), "intermediate_session_token")
    }

    /// Sets an authenticator app up with what the call brings.
    pub(crate) async fn enrol_app(&self, member: &Whose, brought: Value) -> (App, Value) {
        let app = self.begin_app(member, brought.clone()).await;
        let mut body = member.ids(brought);
        merge(&mut body, json!({"code": app.code(), "set_mfa_enrollment": "enroll"}));
        (app, self.post("totp/authenticate", body).await.done())
    }

    pub(crate) async fn begin_app(&self, member: &Whose, brought: Value) -> App {
        let begun = self.post("totp", member.ids(brought)).await.done();
        let codes = begun["recovery_codes"].as_array().unwrap();
        let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
        App::new(begun["secret"].as_str().unwrap(), codes, self.world.clock.clone())
    }

    /// The token of a link that was sent to somebody after message number `after`.
    pub(crate) async fn link_for(&self, to: &str, after: u64) -> String {
        let mut after = after;
        loop {
            let message = self.world.mailbox.wait_for(to, after).await;
            if let Some(rest) = message.text.split("&token=").nth(1) {
                return rest.chars().take(44).collect();
            }
            after = message.number;
        }
    }

    /// A link to sign in by.
    pub(crate) async fn login_link(&self, member: &Whose) -> String {
        let before = self.world.last_message();
        let body = json!({"organization_id": member.organization_id, "email_address": member.address});
        self.post("magic_links/email/login_or_signup", body).await.done();
        self.link_for(&member.address, before).await
    }

    /// A link to set a new password by.
    pub(crate) async fn reset_link(&self, member: &Whose) -> String {
        let before = self.world.last_message();
        let body = json!({"organization_id": member.organization_id, "email_address": member.address});
        self.post("passwords/email/reset/start", body).await.done();
        self.link_for(&member.address, before).await
    }

    pub(crate) async fn email_code(&self, member: &Whose) -> String {
        let before = self.world.last_message();
        let body = json!({"organization_id": member.organization_id, "email_address": member.address});
        self.post("otps/email/login_or_signup", body).await.done();
        self.world.code_for(&member.address, before).await
    }

    /// An intermediate session of discovery.
    pub(crate) async fn discovery(&self, address: &str) -> String {
        let before = self.world.last_message();
        self.post("otps/email/discovery/send", json!({"email_address": address})).await.done();
        let code = self.world.code_for(address, before).await;
        let body = json!({"email_address": address, "code": code});
        let proved = self.post("otps/email/discovery/authenticate", body).await.done();
        token(&proved, "intermediate_session_token")
    }

    /// The member as the API shows them.
    pub(crate) async fn shown(&self, member: &Whose) -> Value {
        let path = format!("organizations/{}/member?member_id={}", member.organization_id, member.member_id);
        self.get(&path).await.done()["member"].clone()
    }
}

/// A member, by all that it takes to name them.
#[derive(Clone, Debug)]
pub(crate) struct Whose {
    pub(crate) organization_id: String,
    pub(crate) member_id: String,
    pub(crate) address: String,
}

impl Whose {
    /// Organization and member, and what else a call brings.
    pub(crate) fn ids(&self, more: Value) -> Value {
        let mut body = json!({"organization_id": self.organization_id, "member_id": self.member_id});
        merge(&mut body, more);
        body
    }

    pub(crate) fn path(&self) -> String {
        format!("organizations/{}/members/{}", self.organization_id, self.member_id)
    }
}

/// The API of a world without a secret yet, with every kind of link leading to one place.
pub(crate) fn configured(world: &World) -> WireApi {
    let kinds =
        [Redirect::Login, Redirect::Signup, Redirect::Invite, Redirect::Discovery, Redirect::ResetPassword];
    kinds.into_iter().fold(world.vestibule.wire_api(), |api, kind| api.redirect_url(kind, HERE))
}

/// Adds fields to an object.
pub(crate) fn merge(into: &mut Value, more: Value) {
    let Value::Object(more) = more else { panic!("{more} is no object") };
    into.as_object_mut().unwrap().extend(more);
}

#[track_caller]
pub(crate) fn token(body: &Value, name: &str) -> String {
    let token = body[name].as_str().unwrap_or_default();
    assert!(!token.is_empty(), "no {name}: {body}");
    token.to_owned()
}
