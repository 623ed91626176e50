//! Multi-tenant sign-in as a set of Tower layers, for axum and any other application over `http` types.
//!
//! A vestibule is the room between the street and the house. A request that has proved something, but not
//! yet enough, waits there with an *intermediate session* until it has proved what the organization and the
//! route demand; then it is let in with a *member session* of exactly one organization. The words are those
//! of Stytch's B2B documentation.
//!
//! | layer | does | goes |
//! |---|---|---|
//! | [`SessionLayer`] | loads the session into the request's extensions; refuses nobody | around the whole router |
//! | [`AuthLayer`] | serves the sign-in below `/auth`: pages for browsers, JSON for programs | around the router, inside of the former |
//! | [`RequireLayer`] | lets pass who meets a [`Requirement`]; leads others on, or tells them what is missing | onto routes |
//!
//! [`Vestibule`] makes them, and has the flows as methods besides; its [`Builder`] says what has to be
//! configured. Handlers take a [`MemberSession`] ([`extract`]). Everything that grants anything goes
//! through one pure function, which alone makes member sessions: no token ever grants more than the factors
//! that were completed, as the organization's policy and the route's rule demand them.
//!
//! # Example
//! A service that an anonymous request does not get into, and where it may sign in instead:
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode, header};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt};
//! use vestibule::{Requirement, Vestibule};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // In memory, for this machine alone; `Vestibule::builder()` is for production.
//! let vestibule = Vestibule::development().build().await?;
//!
//! let service = ServiceBuilder::new()
//!     .layer(vestibule.session_layer())
//!     .layer(vestibule.auth_layer())
//!     .layer(vestibule.require(Requirement::member()))
//!     .service_fn(async |_: Request<Full<Bytes>>| {
//!         Ok::<_, std::convert::Infallible>(Response::new(Full::from("members only")))
//!     });
//!
//! // A program is told what is missing; a browser is led to the sign-in.
//! let program = Request::get("/reports").body(Full::default())?;
//! assert_eq!(service.clone().oneshot(program).await?.status(), StatusCode::UNAUTHORIZED);
//!
//! let browser = Request::get("/reports").header("sec-fetch-mode", "navigate").body(Full::default())?;
//! let answer = service.clone().oneshot(browser).await?;
//! assert_eq!(answer.status(), StatusCode::SEE_OTHER);
//! assert_eq!(answer.headers()[header::LOCATION], "/auth/sign-in?return_to=%2Freports");
//!
//! let page = Request::get("/auth/sign-in").header("accept", "text/html").body(Full::default())?;
//! assert_eq!(service.oneshot(page).await?.status(), StatusCode::OK);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! None is on by default; each adds, none changes what is there.
//!
//! | feature | adds |
//! |---|---|
//! | `axum` | the extractors, axum's body, [`RequireLayer`]'s `organization_in_path` |
//! | `sqlite` | `store::sqlite`: everything durable in one SQLite file |
//! | `smtp` | `deliver::SmtpSender`: email through a mail server |
//! | `sms-webhook` | `deliver::SmsWebhook`: SMS through an HTTP gateway |
//! | `verify-only` | `Verifier`: takes the session JWTs of another deployment by its public keys, without a store |
//! | `metrics` | counters, gauges and histograms through the facade of the crate `metrics` |
//! | `wire-api` | [`WireApi`]: Stytch's B2B API for servers, over the same flows |
//! | `test-util` | `test`: a kit for the application's own tests, and attacks on its router |
//!
//! # What it needs
//! A tokio runtime. [`Vestibule::start`] starts the one background task: without it no mail is sent, last
//! uses are not written, and keys are not rotated. Only one process may serve a store at a time: revocation,
//! limits and intermediate sessions are kept in that process.

pub mod deliver;
pub mod domain;
pub mod extract;
mod factor;
mod flow;
mod http;
#[cfg(feature = "verify-only")]
mod issuer;
mod judge;
mod layer;
#[cfg(any(feature = "sms-webhook", feature = "verify-only"))]
mod outbound;
pub mod store;
#[cfg(feature = "test-util")]
pub mod test;
mod token;
#[cfg(feature = "verify-only")]
mod verifier;
mod vestibule;

pub use factor::{PasswordStrength, WeakPassword, password_strength};
pub use flow::{
    AuditEvents, Caller, Clock, Engine, Error, ErrorKind, Limit, Limits, Missed, Rotation, SystemClock,
    Terms, Vouched,
};
pub use http::{Handoff, Refusal, RefusalReason, identity_headers, session_jwt_header};
pub use judge::{
    InvalidDuration, LockoutPolicy, MemberSession, Requirement, SessionDuration, SessionPolicy, Unmet,
};
pub use layer::{
    Auth, AuthLayer, ForwardAuth, FromBytes, Grpc, PeerAddress, Require, RequireLayer, Respond, Session,
    SessionLayer, Standard,
};
pub use token::{EnvironmentKeys, FileKeys, JwtAlgorithm, KeyError, KeyProvider, MasterKey};
#[cfg(feature = "verify-only")]
pub use verifier::{Verifier, VerifierBuilder};
pub use vestibule::{Background, BuildError, Builder, Vestibule};
#[cfg(feature = "wire-api")]
pub use {http::wire::Redirect, layer::WireService, vestibule::WireApi};

// So that the examples in the documents are compiled and run.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "sqlite", feature = "smtp", feature = "sms-webhook"))]
#[doc = include_str!("../docs/configuration.md")]
struct Configuration;

#[cfg(doctest)]
#[doc = include_str!("../docs/observability.md")]
struct Observability;

#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../docs/own-users.md")]
struct OwnUsers;

#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../docs/mounting.md")]
struct Mounting;

#[cfg(all(doctest, feature = "axum", feature = "test-util"))]
#[doc = include_str!("../docs/testing.md")]
struct Testing;

#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../docs/forward-auth.md")]
struct ForwardAuthentication;

#[cfg(all(doctest, feature = "axum", feature = "wire-api"))]
#[doc = include_str!("../docs/wire-api.md")]
struct WireApiServed;

#[cfg(all(doctest, feature = "axum", feature = "verify-only"))]
#[doc = include_str!("../docs/verify-only.md")]
struct VerifyOnly;
