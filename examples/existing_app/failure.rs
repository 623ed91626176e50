//! What can go wrong, at the start and in a handler.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

/// What can go wrong.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// A handler that failed.
pub(crate) struct Failure(Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        eprintln!("a request failed: {}", self.0);
        (StatusCode::SERVICE_UNAVAILABLE, "That did not work. Try again later.").into_response()
    }
}
