//! What handlers take from a request: with axum (feature `axum`) as arguments, elsewhere from the
//! request's extensions.
//!
//! - `MemberSession`: the handler needs a session; without one the answer is 401.
//! - `Option<MemberSession>`: the handler serves both.
//!
//! Where a store does not answer, both are 503: nobody is taken for anonymous who may not be. An extractor
//! demands a session and nothing more; roles, factors and the organization in the URL are what
//! [`RequireLayer`](crate::RequireLayer) is for, which also leads browsers on to the sign-in.
//!
//! # Examples
#![cfg_attr(feature = "axum", doc = "```")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, body::Body, routing::get};
//! use http::{Request, StatusCode};
//! use tower::ServiceExt;
//! use vestibule::{MemberSession, Vestibule};
//!
//! async fn home(session: Option<MemberSession>) -> String {
//!     session.map_or("Hello.".to_owned(), |session| format!("Hello, {}.", session.email_address()))
//! }
//!
//! async fn organization(session: MemberSession) -> String {
//!     format!("You are in {}.", session.organization_slug())
//! }
//!
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documentation/ada.rs"));
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let vestibule = Vestibule::development().build().await?;
//! let app = Router::new()
//!     .route("/", get(home))
//!     .route("/organization", get(organization))
//!     .layer(vestibule.session_layer());
//!
//! let anonymous = |path: &str| Request::get(path).body(Body::empty());
//! assert_eq!(app.clone().oneshot(anonymous("/")?).await?.status(), StatusCode::OK);
//! assert_eq!(app.clone().oneshot(anonymous("/organization")?).await?.status(), StatusCode::UNAUTHORIZED);
//!
//! let cookie = ada_signed_in(&vestibule).await?;
//! let hers = Request::get("/organization").header("cookie", cookie).body(Body::empty())?;
//! assert_eq!(app.oneshot(hers).await?.status(), StatusCode::OK);
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "axum")]
mod rejection;

#[cfg(feature = "axum")]
pub use rejection::SessionRejection;

/// Stands in the extensions of a request whose session could not be checked because a store did not
/// answer. It is not "anonymous": whoever needs a session answers 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;
