use std::{fmt, sync::Arc};

use http::request::Parts;
use tower_layer::Layer;

use super::{Require, organization::OrganizationFrom, respond::Standard};
use crate::{
    domain::ReturnTo,
    judge::Requirement,
    layer::{ForwardAuth, Source},
};

/// Lets a request pass only if its session meets a [`Requirement`]. Made by
/// [`Vestibule::require`](crate::Vestibule::require), or where only the JWTs of another deployment are taken by
/// `Verifier::require` (feature `verify-only`), whose answers name no challenge and no page of this deployment.
///
/// Attach it to the routes it is for, with axum's `route_layer`: what a route needs is then part of the
/// route, and no spelling of a path gets around it. It needs [`SessionLayer`](crate::SessionLayer) around
/// the router; without that nobody is let in.
///
/// | request | browser | program |
/// |---|---|---|
/// | no session | 303 to the sign-in | 401, `WWW-Authenticate: Bearer` |
/// | factor missing or too old | 303 to the step-up page | 401, `insufficient_user_authentication` (RFC 9470), with a challenge |
/// | no second factor set up that could answer | 403, a page that offers to set one up | 403, `enrolment_required` |
/// | what could answer was set up in this session | 403, says to sign in again | 403, `sign_in_required` |
/// | role or permission missing | 403 | 403, `insufficient_scope` |
/// | another organization than the URL's | 403, offers to switch | 403, `insufficient_scope`, with `switch_at` |
/// | a store does not answer | 503 | 503 |
///
/// A browser is told by `Sec-Fetch-Mode: navigate` or, without that header, by a GET or HEAD whose
/// `Accept` prefers HTML; all else is a program. The reason stands in the extensions of the answer, as a
/// [`RefusalReason`](crate::RefusalReason). Answers, refusals or not, get `Cache-Control: no-store` and
/// `Vary: Cookie, Authorization` where the handler has set none of its own.
///
/// A refused request leaves the inner service reserved, as [`Service`](tower_service::Service) has it: put
/// concurrency limits inside of this layer, not buffers that count reservations.
///
/// # Examples
/// One request that is refused, one that is let in:
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response, StatusCode, header};
/// use http_body_util::Full;
/// use tower::{ServiceBuilder, ServiceExt};
/// use vestibule::{RefusalReason, Requirement, Vestibule};
///
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documentation/ada.rs"));
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vestibule = Vestibule::development().build().await?;
/// let service = ServiceBuilder::new()
///     .layer(vestibule.session_layer())
///     .layer(vestibule.require(Requirement::member()))
///     .service_fn(async |_: Request<()>| {
///         Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from("members only")))
///     });
///
/// let refused = service.clone().oneshot(Request::new(())).await?;
/// assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
/// assert_eq!(refused.headers()[header::WWW_AUTHENTICATE], "Bearer");
/// assert_eq!(refused.extensions().get(), Some(&RefusalReason::Anonymous));
///
/// // `ada_signed_in` makes an organization with one member, and signs her in.
/// let cookie = ada_signed_in(&vestibule).await?;
/// let let_in = service.oneshot(Request::builder().header(header::COOKIE, cookie).body(())?).await?;
/// assert_eq!(let_in.status(), StatusCode::OK);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RequireLayer<R = Standard> {
    pub(in crate::layer) source: Source,
    pub(super) demands: Arc<Demands>,
    pub(super) respond: R,
}

/// What is demanded, shared by all clones of the service.
pub(super) struct Demands {
    pub(super) requirement: Requirement,
    pub(super) organization: Option<OrganizationFrom>,
    pub(super) back_to: Option<ReturnTo>,
}

impl RequireLayer {
    pub(crate) fn new(source: Source, requirement: Requirement) -> Self {
        let demands = Demands { requirement, organization: None, back_to: None };
        Self { source, demands: Arc::new(demands), respond: Standard }
    }

    /// The same demand as a service that a proxy asks about requests, which it passes to an application
    /// elsewhere. Its refusals are the standard ones.
    #[must_use]
    pub fn forward_auth(self) -> ForwardAuth {
        ForwardAuth::new(self)
    }
}

impl<R> RequireLayer<R> {
    fn with(self, change: impl FnOnce(Demands) -> Demands) -> Self {
        let Demands { requirement, organization, back_to } = &*self.demands;
        let demands = Demands {
            requirement: requirement.clone(),
            organization: organization.clone(),
            back_to: back_to.clone(),
        };
        Self { demands: Arc::new(change(demands)), ..self }
    }

    /// The session must be of the organization that this path parameter names, by id or slug, as axum has
    /// matched it. A route without that parameter lets nobody in.
    #[cfg(feature = "axum")]
    #[must_use]
    pub fn organization_in_path(self, parameter: &'static str) -> Self {
        self.with(|demands| Demands { organization: Some(OrganizationFrom::Path(parameter)), ..demands })
    }

    /// The session must be of the organization whose slug stands before this suffix in the request's
    /// host: with `.example.com`, `acme.example.com` names `acme`. Any other host lets nobody in.
    ///
    /// The host is what the client, or the proxy before you, wrote: it selects the organization, and the
    /// session must be of it.
    #[must_use]
    pub fn organization_in_host(self, suffix: impl Into<String>) -> Self {
        let from = OrganizationFrom::Host(suffix.into());
        self.with(|demands| Demands { organization: Some(from), ..demands })
    }

    /// The session must be of the organization that this names, by id or slug. Where it names none, nobody
    /// is let in.
    #[must_use]
    pub fn organization_by(self, name: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        let from = OrganizationFrom::With(Arc::new(name));
        self.with(|demands| Demands { organization: Some(from), ..demands })
    }

    /// The page, such as `/transfers/new`, that a person comes back to when a request that would have
    /// changed something was refused: it says that nothing was done, and the form can be sent again. A
    /// path that [`ReturnTo`] refuses is ignored.
    #[must_use]
    pub fn back_to(self, page: &str) -> Self {
        self.with(|demands| Demands { back_to: ReturnTo::parse(page), ..demands })
    }

    /// Makes the answers to refused requests itself.
    pub fn respond_with<T>(self, respond: T) -> RequireLayer<T> {
        RequireLayer { source: self.source, demands: self.demands, respond }
    }
}

impl<S, R: Clone> Layer<S> for RequireLayer<R> {
    type Service = Require<S, R>;

    fn layer(&self, inner: S) -> Require<S, R> {
        Require::new(inner, self.clone())
    }
}

impl<R> fmt::Debug for RequireLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireLayer")
            .field("requirement", &self.demands.requirement)
            .field("organization", &self.demands.organization)
            .field("back_to", &self.demands.back_to)
            .finish_non_exhaustive()
    }
}
