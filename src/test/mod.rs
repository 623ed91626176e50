//! A kit for the application's own tests (feature `test-util`).
//!
//! | what | for |
//! |---|---|
//! | [`Kit`] | a [`Vestibule`](crate::Vestibule) in memory, with a clock that the test moves and a mailbox that it reads |
//! | [`NewOrganization`], [`NewMember`] | organizations and members with any set of factors, in one line |
//! | [`TestMember`], [`SignedIn`] | people who sign in as the organization demands, and the requests they send |
//! | [`Authenticator`] | the codes of an authenticator app |
//! | [`attack()`] | attacks on the application's own router, each reported by its name |
//!
//! Nothing here makes a session: people are signed in through the routes below the prefix, and judged there like
//! anybody else. What can't be done is answered as a [`KitError`], which prints as a sentence.
//!
//! # Examples
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt};
//! use vestibule::{Requirement, test::{self, Kit}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let kit = Kit::new().await?;
//! // The application, as it is built over its own Vestibule in production.
//! let service = ServiceBuilder::new()
//!     .layer(kit.vestibule().session_layer())
//!     .layer(kit.vestibule().auth_layer())
//!     .layer(kit.vestibule().require(Requirement::member()))
//!     .service_fn(async |_: Request<Full<Bytes>>| {
//!         Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from("members only")))
//!     });
//!
//! let acme = kit.organization("acme").await?;
//! let ada = kit.member(&acme, "ada@acme.example").await?.sign_in().await?;
//! let answer = service.clone().oneshot(ada.get("/reports").body(Full::default())?).await?;
//! assert_eq!(answer.status(), StatusCode::OK);
//!
//! test::attack(service, &kit).get("/reports", Requirement::member()).await?.assert_withstood();
//! # Ok(())
//! # }
//! ```

mod attack;
mod authenticator;
mod client;
mod clock;
mod door;
mod error;
mod kit;
mod member;
mod organization;
mod outage;
mod signed_in;

pub use attack::{Attack, Finding, Outcome, Report, attack};
pub use authenticator::Authenticator;
pub use clock::TestClock;
pub use error::KitError;
pub use kit::Kit;
pub use member::{NewMember, TestMember};
pub use organization::NewOrganization;
pub use signed_in::SignedIn;
