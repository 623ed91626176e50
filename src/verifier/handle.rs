use std::{fmt, sync::Arc};

use super::VerifierBuilder;
use crate::{
    domain::Timestamp,
    flow::Error,
    issuer::Issuer,
    judge::{MemberSession, Requirement},
    layer::{RequireLayer, SessionLayer, Source},
};

/// Takes the session JWTs of another deployment, by its public keys, without a store: for a second service
/// behind one sign-in. Its layers are those of a [`Vestibule`](crate::Vestibule), and handlers take the same
/// [`MemberSession`]. Cheap to clone; there is nothing to start.
///
/// 1. A session lasts as long as its JWT, five minutes at the most. What happens at the issuer meanwhile, a
///    revocation too, is not seen here before the next JWT.
/// 2. Keys are fetched when they are first needed, once for all requests, and refreshed when the issuer's
///    `Cache-Control` says so: after a minute at the soonest, an hour at the latest.
/// 3. While the issuer does not answer, known keys stay good. As long as there are none, whoever presents a JWT
///    is answered 503.
/// 4. A JWT of a key that is not known has the keys fetched again, once a minute at most.
/// 5. Opaque session tokens are none of its own, and count as none.
///
/// # Examples
/// ```
/// use http::{Request, Response, StatusCode};
/// use tower::{ServiceBuilder, ServiceExt};
/// use vestibule::{Requirement, Verifier};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::builder()
///     .jwks("https://app.example.com/auth/jwks.json")
///     .project_id("project-live-8f2a6a0c-4f1e-4c52-9f43-0d6f2b6f6f0e")
///     .sign_in_at("https://app.example.com/auth/sign-in")
///     .build()?;
///
/// let service = ServiceBuilder::new()
///     .layer(verifier.session_layer())
///     .layer(verifier.require(Requirement::member()))
///     .service_fn(async |_: Request<()>| {
///         Ok::<_, std::convert::Infallible>(Response::new(http_body_util::Full::<bytes::Bytes>::from("members only")))
///     });
/// let refused = service.oneshot(Request::new(())).await?;
/// assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier {
    issuer: Arc<Issuer>,
}

impl Verifier {
    /// Begins to configure one.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::new()
    }

    pub(super) fn new(issuer: Issuer) -> Self {
        Self { issuer: Arc::new(issuer) }
    }

    /// Verifies the JWT of each request, and puts its session into the extensions. Goes around the whole
    /// router.
    #[must_use]
    pub fn session_layer(&self) -> SessionLayer {
        SessionLayer::new(Source::Elsewhere(Arc::clone(&self.issuer)))
    }

    /// Lets requests pass whose session meets the requirement. Goes onto routes.
    ///
    /// Nothing can be proved here. Who lacks a factor, or a fresh one, is answered without a challenge, and gets
    /// in with a JWT that was issued after they have proved it to the issuer.
    #[must_use]
    pub fn require(&self, requirement: Requirement) -> RequireLayer {
        RequireLayer::new(Source::Elsewhere(Arc::clone(&self.issuer)), requirement)
    }

    /// The time, as this service sees it: it never runs backwards.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.issuer.clock.now()
    }

    /// The session that a JWT attests.
    ///
    /// # Errors
    /// `SessionNotFound` when the JWT is not good; `Unavailable` when its key is not known and the issuer does
    /// not answer.
    pub async fn current_session(&self, jwt: &str) -> Result<MemberSession, Error> {
        self.issuer.current_session(jwt, self.now()).await
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.issuer.fmt(f)
    }
}
