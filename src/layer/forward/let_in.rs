//! The answer about a request that may pass.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower_service::Service;

use super::service::{Answers, ForwardAuth};
use crate::{
    http::{Refused, identity_headers, session_jwt_header},
    judge::MemberSession,
    layer::body::of_bytes,
};

/// Tells the proxy who it is that may pass. Only requests come here that meet what is demanded.
#[derive(Clone)]
pub(super) struct LetIn(pub(super) ForwardAuth);

impl Service<Request<()>> for LetIn {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let Self(asked) = self.clone();
        Box::pin(async move {
            match asked.identity(&request).await {
                Some(answer) => Ok(answer),
                None => Ok(asked.not_now(request).await),
            }
        })
    }
}

impl ForwardAuth {
    /// 200, for Envoy takes no other, and who it is; nothing where that can't be told, or is not to be.
    async fn identity(&self, request: &Request<()>) -> Option<Response<Full<Bytes>>> {
        if self.answers == Answers::Refusals {
            return None;
        }
        let session = request.extensions().get::<MemberSession>()?;
        let mut response = Response::new(Full::default());
        response.headers_mut().extend(identity_headers(session).ok()?);
        if self.session_jwt {
            let jwt = self.require.source.session_jwt(session).await.inspect_err(|error| {
                tracing::error!(error = error as &dyn std::error::Error, "no JWT could be signed");
            });
            response.headers_mut().extend([session_jwt_header(&jwt.ok()?).ok()?]);
        }
        Some(response)
    }

    async fn not_now(&self, request: Request<()>) -> Response<Full<Bytes>> {
        let (parts, ()) = request.into_parts();
        let source = &self.require.source;
        let refused = Refused {
            caller: source.caller(&parts),
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            back_to: None,
        };
        of_bytes(source.refuse(None, true, &refused).await.into_response())
    }
}
