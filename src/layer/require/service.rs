use std::{
    fmt,
    task::{Context, Poll},
};

use http::{Request, Response, Uri, request::Parts};
use tower_service::Service;

use super::{RequireLayer, Respond, Standard, future::RequireFuture};
use crate::{
    extract::Unavailable,
    flow::meters,
    http::Refused,
    judge::{self, MemberSession},
};

/// The service of [`RequireLayer`].
#[derive(Clone)]
pub struct Require<S, R = Standard> {
    inner: S,
    layer: RequireLayer<R>,
}

impl<S, R> Require<S, R> {
    pub(super) fn new(inner: S, layer: RequireLayer<R>) -> Self {
        Self { inner, layer }
    }
}

impl<S: fmt::Debug, R> fmt::Debug for Require<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Require").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Require<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: Respond<ResBody> + Clone + Send + 'static,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = RequireFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let (source, demands) = (&self.layer.source, &self.layer.demands);
        let mut organization = None;
        if let Some(from) = &demands.organization {
            let (mut parts, body) = request.into_parts();
            organization = Some(from.name(&mut parts));
            request = Request::from_parts(parts, body);
        }
        let session = request.extensions().get::<MemberSession>();
        let missing = session.map(|session| {
            let requirement = &demands.requirement;
            // Nothing but factors has an age. Without a demand for one the time is that at which none is fresh.
            let now = requirement.factor_demand().map(|_| source.now()).unwrap_or_default();
            judge::unmet(session, requirement, organization.as_deref(), source.policy(), now)
        });
        if missing.as_ref().is_some_and(Vec::is_empty) {
            return RequireFuture::Passed { future: self.inner.call(request) };
        }

        let session = session.cloned();
        let (parts, _) = request.into_parts();
        let refused = Refused {
            caller: source.caller(&parts),
            uri: asked(&parts),
            method: parts.method,
            headers: parts.headers,
            back_to: demands.back_to.clone(),
        };
        let store_down = parts.extensions.get::<Unavailable>().is_some();
        let (source, respond) = (source.clone(), self.layer.respond.clone());
        RequireFuture::refused(Box::pin(async move {
            let refusal = source.refuse(session.zip(missing), store_down, &refused).await;
            meters::request_refused(refusal.reason().name());
            tracing::debug!(reason = ?refusal.reason(), "request refused");
            respond.respond(refusal)
        }))
    }
}

/// The address that was asked for. Inside of a nested router of axum's, the request has what the prefix
/// leaves of it, which is no way back.
fn asked(parts: &Parts) -> Uri {
    #[cfg(feature = "axum")]
    if let Some(axum::extract::OriginalUri(uri)) = parts.extensions.get() {
        return uri.clone();
    }
    parts.uri.clone()
}
