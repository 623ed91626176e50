use std::{
    error::Error,
    fmt,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_http::csrf::{Csrf, CsrfLayer, ProtectionError};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    future::AuthFuture,
    routes::{Routes, cross_origin},
};
use crate::layer::FromBytes;

/// The service of [`AuthLayer`](super::AuthLayer).
#[derive(Clone)]
pub struct Auth<S> {
    inner: S,
    routes: Routes,
    guarded: Csrf<Routes, fn(ProtectionError) -> Response<Bytes>>,
}

impl<S> Auth<S> {
    pub(super) fn new(inner: S, routes: Routes) -> Self {
        let layer = CsrfLayer::new();
        // The builder has checked that this is an origin.
        let layer = layer.clone().add_trusted_origin(routes.origin()).unwrap_or(layer);
        let refuse: fn(ProtectionError) -> Response<Bytes> = cross_origin;
        let guarded = layer.with_rejection_response(refuse).layer(routes.clone());
        Self { inner, routes, guarded }
    }
}

impl<S: fmt::Debug> fmt::Debug for Auth<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Auth<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ReqBody: Body + Send + 'static,
    ReqBody::Data: Send,
    ReqBody::Error: Into<Box<dyn Error + Send + Sync>>,
    ResBody: FromBytes,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = AuthFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        if self.routes.serves(request.uri().path()) {
            AuthFuture::routes(Box::pin(self.guarded.call(request)))
        } else {
            AuthFuture::Passed { future: self.inner.call(request) }
        }
    }
}
