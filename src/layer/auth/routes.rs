use std::{
    convert::Infallible,
    error::Error,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use tower_http::csrf::ProtectionError;
use tower_service::Service;

use crate::{
    flow::Engine,
    http::{MAX_BODY, Repeats, path_below, serve},
    layer::{body::collect, caller},
};

/// The routes below the prefix, as a service of their own.
#[derive(Clone)]
pub(super) struct Routes {
    engine: Arc<Engine>,
    repeats: Repeats,
}

pub(super) type Answering = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Infallible>> + Send>>;

impl Routes {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { engine, repeats: Repeats::new() }
    }

    /// The path below the prefix, if the request is for one.
    pub(super) fn serves(&self, path: &str) -> bool {
        path_below(path, &self.engine.settings.prefix).is_some()
    }

    /// The one origin that forms may come from, besides the host that is asked.
    pub(super) fn origin(&self) -> &str {
        &self.engine.settings.origin
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Routes")
    }
}

impl<B> Service<Request<B>> for Routes
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        let (engine, repeats) = (Arc::clone(&self.engine), self.repeats.clone());
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let reads = matches!(parts.method, Method::GET | Method::HEAD);
            let body = if reads { Ok(Bytes::new()) } else { collect(body, MAX_BODY).await };
            let path = path_below(parts.uri.path(), &engine.settings.prefix).unwrap_or_default();
            // After the body has come: a slow one must not make its sender look early.
            let caller = caller(&engine, &parts.extensions, &parts.headers);
            Ok(serve(engine, &repeats, &parts, path, body, caller).await)
        })
    }
}

/// The answer to a request of another site.
pub(super) fn cross_origin(_: ProtectionError) -> Response<Bytes> {
    let body = serde_json::json!({
        "status_code": 403,
        "error_type": "cross_origin_request",
        "error_message": "This request comes from another site. Go back and use the form on this one.",
    });
    crate::http::Reply::json(StatusCode::FORBIDDEN, &body).into_response()
}
