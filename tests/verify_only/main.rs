//! A second service that takes the session JWTs of another deployment.

#![cfg(all(feature = "axum", feature = "verify-only"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

mod issuer_away;
mod key_server;
mod keys;
mod refusals;
mod sessions;

use axum::{Router, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{Client, World, world::fresh_second_factor};
use key_server::KeyServer;
use serde_json::{Value, json};
use vestibule::{
    MemberSession, Requirement, Verifier, VerifierBuilder,
    domain::{Permission, Role, RoleId},
};

/// The project id of a development deployment.
const PROJECT: &str = "project-test-00000000-0000-4000-8000-000000000000";

const SIGN_IN: &str = "https://app.example.com/auth/sign-in";

/// Somebody else's deployment, where its keys are published, and the service.
struct Scene {
    issuer: World,
    keys: KeyServer,
    verifier: Verifier,
    router: Router,
}

impl Scene {
    async fn new() -> Self {
        Self::of(World::new().await, |builder| builder).await
    }

    async fn with(change: impl FnOnce(VerifierBuilder) -> VerifierBuilder) -> Self {
        Self::of(World::new().await, change).await
    }

    async fn of(issuer: World, change: impl FnOnce(VerifierBuilder) -> VerifierBuilder) -> Self {
        let keys = KeyServer::start(&issuer.vestibule.engine().jwks()).await;
        let admin = Role {
            role_id: RoleId::admin(),
            description: String::new(),
            permissions: vec![Permission { resource_id: "reports".into(), actions: vec!["*".into()] }],
        };
        let builder = Verifier::builder()
            .jwks(keys.address())
            .project_id(PROJECT)
            .roles([admin])
            .sign_in_at(SIGN_IN)
            .clock(issuer.clock.clone());
        let verifier = change(builder).build().unwrap();
        let router = application(&verifier);
        Self { issuer, keys, verifier, router }
    }

    /// Publishes what the issuer has now.
    fn publish(&self) {
        self.keys.publish(&self.issuer.vestibule.engine().jwks());
    }

    /// Whoever calls the service, with this in `Authorization: Bearer`.
    fn bearer(&self, token: impl Into<String>) -> Client {
        let mut client = self.stranger();
        client.bearer = Some(token.into());
        client
    }

    fn stranger(&self) -> Client {
        Client::new(self.router.clone(), "vestibule_development_")
    }

    /// The status that a JWT gets.
    async fn status(&self, jwt: &str) -> u16 {
        self.bearer(jwt).get("/member").await.status.as_u16()
    }
}

/// What the issuer gives a client of its own.
async fn jwt_of(client: &mut Client) -> String {
    let shown = client.get("/auth/session").await.expect(200).json();
    shown["session_jwt"].as_str().unwrap().to_owned()
}

/// A JWT with another key's id in it, and a signature that is none.
fn naming(key_id: &str, jwt: &str) -> String {
    let header = json!({"typ": "JWT", "alg": "EdDSA", "kid": key_id}).to_string();
    let claims = jwt.split('.').nth(1).unwrap();
    format!("{}.{claims}.{}", URL_SAFE_NO_PAD.encode(header), "A".repeat(86))
}

fn claims_of(jwt: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// As an application with a sign-in of its own would be.
fn application(verifier: &Verifier) -> Router {
    let require = |requirement| verifier.require(requirement);
    let done = async || "done";
    Router::new()
        .route("/open", get(done))
        .route("/me", get(async |session: MemberSession| json!(session).to_string()))
        .route(
            "/maybe",
            get(async |session: Option<MemberSession>| match session {
                Some(session) => session.email_address().to_string(),
                None => "nobody".to_owned(),
            }),
        )
        .route("/member", get(done).post(done).route_layer(require(Requirement::member())))
        .route("/admin", get(done).route_layer(require(Requirement::member().role(RoleId::admin()))))
        .route(
            "/reports",
            get(done).route_layer(require(Requirement::member().permission("reports", "read"))),
        )
        .route("/fresh", get(done).route_layer(require(Requirement::member().factor(fresh_second_factor()))))
        .route(
            "/o/{organization}",
            get(done).route_layer(require(Requirement::member()).organization_in_path("organization")),
        )
        .layer(verifier.session_layer())
}
