use std::fmt;

use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
    request::Parts,
};

use super::Unavailable;
use crate::judge::MemberSession;

/// Why a handler got no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionRejection {
    /// There is none; or [`SessionLayer`](crate::SessionLayer) is not around the router. 401.
    Anonymous,
    /// A store does not answer. 503.
    Unavailable,
}

impl SessionRejection {
    /// The status it is answered with.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Anonymous => StatusCode::UNAUTHORIZED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for SessionRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "this needs a member session; sign in first",
            Self::Unavailable => "no session can be checked at the moment; try again later",
        })
    }
}

impl std::error::Error for SessionRejection {}

impl IntoResponse for SessionRejection {
    fn into_response(self) -> Response {
        tracing::debug!(rejection = %self, "no session for a handler");
        let status = self.status();
        let body = serde_json::json!({
            "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(),
            "detail": self.to_string(),
        });
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self == Self::Anonymous {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn session(parts: &Parts) -> Result<Option<MemberSession>, SessionRejection> {
    match parts.extensions.get::<MemberSession>() {
        Some(session) => Ok(Some(session.clone())),
        None if parts.extensions.get::<Unavailable>().is_some() => Err(SessionRejection::Unavailable),
        None => Ok(None),
    }
}

/// The session of the request, for a handler that needs one.
impl<S: Send + Sync> FromRequestParts<S> for MemberSession {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, SessionRejection> {
        session(parts)?.ok_or(SessionRejection::Anonymous)
    }
}

/// The session of the request, for a handler that serves both. A store that does not answer is 503 all the
/// same: nobody is taken for anonymous who may not be.
impl<S: Send + Sync> OptionalFromRequestParts<S> for MemberSession {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, SessionRejection> {
        session(parts)
    }
}
