use std::{
    fmt, mem,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::future::SessionFuture;
use crate::{extract::Unavailable, flow::Look, http::session_token, layer::Source};

/// The service of [`SessionLayer`](super::SessionLayer).
#[derive(Clone)]
pub struct Session<S> {
    inner: S,
    source: Source,
    cookie: &'static str,
    ignore_cookies: bool,
}

impl<S> Session<S> {
    pub(super) fn new(inner: S, source: Source) -> Self {
        let cookie = source.cookie();
        Self { inner, source, cookie: cookie.unwrap_or_default(), ignore_cookies: cookie.is_none() }
    }
}

impl<S: fmt::Debug> fmt::Debug for Session<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Session<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Future: Send,
    ReqBody: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = SessionFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let Some(token) = session_token(request.headers(), self.cookie, self.ignore_cookies) else {
            return SessionFuture::Known { future: self.inner.call(request) };
        };
        let now = self.source.now();
        let presented = match self.source.look(token, now) {
            Look::Live(session) => {
                request.extensions_mut().insert(session);
                return SessionFuture::Known { future: self.inner.call(request) };
            }
            Look::No => return SessionFuture::Known { future: self.inner.call(request) },
            Look::Ask(presented) => presented,
        };
        // The service that is ready goes into the future; its clone, which may not be, stays.
        let clone = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, clone);
        let source = self.source.clone();
        SessionFuture::Asked {
            future: Box::pin(async move {
                match source.load(&presented, now).await {
                    Ok(Some(session)) => {
                        request.extensions_mut().insert(session);
                    }
                    Ok(None) => {}
                    Err(error) => {
                        source.tell_unavailable(&error);
                        request.extensions_mut().insert(Unavailable);
                    }
                }
                ready.call(request).await
            }),
        }
    }
}
