use std::{
    convert::Infallible,
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use crate::{
    http::wire::{MAX_BODY, Routes, serve},
    layer::{body::collect, caller},
};

/// Stytch's B2B API for servers, with its routes at the root: `/v1/b2b/…`. Made by
/// [`WireApi::service`](crate::WireApi::service).
///
/// It is meant for a listener of its own that only the application's servers reach. With axum it is a router's
/// `fallback_service`; any server of hyper's takes it as it is.
#[derive(Clone)]
pub struct WireService {
    routes: Routes,
}

impl WireService {
    pub(crate) fn new(routes: Routes) -> Self {
        Self { routes }
    }
}

impl fmt::Debug for WireService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WireService")
    }
}

impl<B> Service<Request<B>> for WireService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let routes = self.routes.clone();
        // Every call waits for its body, and most for a store.
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let caller = caller(&routes.engine, &parts.extensions, &parts.headers);
            Ok(serve(&routes, parts, collect(body, MAX_BODY), caller).await.map(Full::new))
        })
    }
}
