use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, request::Parts};
use http_body_util::Full;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    let_in::LetIn,
    original::{Told, original},
    unanswered::Unanswered,
};
use crate::{
    domain::PlainPath,
    http::keep_private,
    layer::{RequireLayer, SessionLayer},
};

/// Answers a proxy that asks whether a request may pass to an application elsewhere: forward authentication,
/// as Traefik (`forwardAuth`), Caddy (`forward_auth`), nginx (`auth_request`) and Envoy (`ext_authz`) have it.
/// Made by [`RequireLayer::forward_auth`].
///
/// Mount one for each demand, at a path that the proxy alone asks for; whom it lets in, the proxy's address and
/// this code say, and nothing that a request could bring along. It loads the session itself.
///
/// 1. The question has to come from one of the [`trusted_proxies`](crate::Builder::trusted_proxies), or it is
///    refused with 403.
/// 2. The request that it is about stands in `X-Forwarded-Method`, `X-Forwarded-Host` and `X-Forwarded-Uri`, each
///    once, or the answer is 400. `Cookie`, `Authorization`, `Accept`, `Sec-Fetch-Mode` and `X-Forwarded-For` are
///    that request's.
/// 3. A path that servers read in several ways ([`PlainPath`]) is 400 as well, so that
///    none gets around what the proxy demands for another.
/// 4. A request that may pass is answered 200, with who is signed in
///    ([`identity_headers`](crate::identity_headers)): always all of those headers, so that a proxy which copies
///    them leaves none that the client has written.
/// 5. Any other gets the answer of [`RequireLayer`], which the proxy hands to the client: the sign-in and the
///    step-up are on the same host, below `/auth`.
///
/// Bodies are neither needed nor read. `docs/forward-auth.md` has a configuration for each of the four.
///
/// # Examples
/// ```
/// use http::{Request, StatusCode, header};
/// use tower::ServiceExt;
/// use vestibule::{PeerAddress, Requirement, Vestibule};
///
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documentation/ada.rs"));
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vestibule = Vestibule::development().trusted_proxies(["127.0.0.1/32".parse()?]).build().await?;
/// // With axum: `.route_service("/check/member", member)`.
/// let member = vestibule.require(Requirement::member()).forward_auth();
///
/// let question = || {
///     Request::get("/check/member")
///         .extension(PeerAddress(([127, 0, 0, 1], 4000).into()))
///         .header("x-forwarded-method", "GET")
///         .header("x-forwarded-host", "app.example.com")
///         .header("x-forwarded-uri", "/reports")
/// };
/// let browser = question().header("sec-fetch-mode", "navigate").body(())?;
/// let refused = member.clone().oneshot(browser).await?;
/// assert_eq!(refused.status(), StatusCode::SEE_OTHER);
/// assert_eq!(refused.headers()[header::LOCATION], "/auth/sign-in?return_to=%2Freports");
///
/// // `ada_signed_in` makes an organization with one member, and signs her in.
/// let cookie = ada_signed_in(&vestibule).await?;
/// let let_in = member.oneshot(question().header(header::COOKIE, cookie).body(())?).await?;
/// assert_eq!(let_in.status(), StatusCode::OK);
/// assert!(let_in.headers().contains_key("x-vestibule-member-id"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ForwardAuth {
    pub(super) require: RequireLayer,
    pub(super) answers: Answers,
    pub(super) session_jwt: bool,
    told: Told,
    any_path: bool,
}

/// What the proxy understands of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// All of it.
    Whole,
    /// 200 and 401.
    Status,
    /// What it hands to the client after a 401; nobody passes by it.
    Refusals,
}

impl ForwardAuth {
    pub(in crate::layer) fn new(require: RequireLayer) -> Self {
        Self { require, answers: Answers::Whole, session_jwt: false, told: Told::InHeaders, any_path: false }
    }

    /// For nginx, whose `auth_request` knows no other answers: 401 and nothing else to what is refused, for
    /// whatever reason. nginx then asks [`refusals_for_nginx`](Self::refusals_for_nginx).
    #[must_use]
    pub fn for_nginx(self) -> Self {
        Self { answers: Answers::Status, ..self }
    }

    /// What nginx answers the client whom [`for_nginx`](Self::for_nginx) has refused. Nobody is let in by it: a
    /// request that would be by now gets 503, and finds out when it is sent again.
    #[must_use]
    pub fn refusals_for_nginx(self) -> Self {
        Self { answers: Answers::Refusals, ..self }
    }

    /// For Envoy, whose `ext_authz` asks with the request itself, below its `path_prefix`, such as
    /// `/envoy/member`: mount it there, with axum by `nest_service`. `X-Forwarded-Method`, `-Host` and `-Uri` are
    /// not read. Segments of dots are refused, even with [`any_path`](Self::any_path): Envoy resolves them, and
    /// others would get here by them.
    #[must_use]
    pub fn for_envoy(self, path_prefix: &str) -> Self {
        Self { told: Told::Below(path_prefix.into()), ..self }
    }

    /// Lets paths pass that servers read in several ways, such as `/a%2Fb`: for an application that needs them,
    /// where the proxy demands the same of all its paths.
    #[must_use]
    pub fn any_path(self) -> Self {
        Self { any_path: true, ..self }
    }

    /// Adds the session's JWT to what is told of who is signed in, as `X-Vestibule-Session-Jwt`: for applications
    /// that verify it. One is signed for each request.
    #[must_use]
    pub fn with_session_jwt(self) -> Self {
        Self { session_jwt: true, ..self }
    }

    fn asked_about(&self, parts: Parts) -> Result<Request<()>, Unanswered> {
        if !self.require.source.trusts(&parts.extensions) {
            return Err(Unanswered::Untrusted);
        }
        let request = original(parts, &self.told)?;
        if !self.any_path {
            PlainPath::parse(request.uri().path()).map_err(Unanswered::Ambiguous)?;
        }
        Ok(request)
    }
}

impl<B> Service<Request<B>> for ForwardAuth {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, _) = request.into_parts();
        let answering = self.asked_about(parts).map(|request| {
            let demanded = self.require.layer(LetIn(self.clone()));
            SessionLayer::new(self.require.source.clone()).layer(demanded).call(request)
        });
        let bare = self.answers == Answers::Status;
        Box::pin(async move {
            let mut answer = match answering {
                Ok(answer) => answer.await?,
                Err(unanswered) => unanswered.into_response(),
            };
            if bare && answer.status() != StatusCode::OK {
                answer = Response::default();
                *answer.status_mut() = StatusCode::UNAUTHORIZED;
                keep_private(answer.headers_mut());
            }
            Ok(answer)
        })
    }
}

impl fmt::Debug for ForwardAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardAuth")
            .field("require", &self.require)
            .field("answers", &self.answers)
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}
