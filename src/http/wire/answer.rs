//! Answers: JSON with an id and a status, whatever they say.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{ErrorResponse, WireError};
use crate::{
    domain::{CredentialId, Environment},
    token::random,
};

/// What every answer of success has besides its own fields.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Envelope<T> {
    /// Names this answer in logs.
    request_id: String,
    /// The HTTP status.
    status_code: u16,
    /// What was asked for.
    #[serde(flatten)]
    fields: T,
}

/// An answer, ready to be sent. Prints without its body, where tokens may stand.
pub(crate) struct Answer(Response<Bytes>);

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.0.status()).finish_non_exhaustive()
    }
}

impl Answer {
    /// That it was done, and what came of it.
    pub(super) fn done(environment: Environment, fields: &impl Serialize) -> Self {
        let envelope = Envelope { request_id: request_id(environment), status_code: 200, fields };
        match serde_json::to_vec(&envelope) {
            Ok(body) => Self::json(StatusCode::OK, body.into()),
            Err(_) => Self::failed(environment, &WireError::unwritable()),
        }
    }

    /// That it failed.
    pub(super) fn failed(environment: Environment, error: &WireError) -> Self {
        let envelope = ErrorResponse::of(error, request_id(environment));
        let body = serde_json::to_vec(&envelope).unwrap_or_default();
        let mut answer = Self::json(error.status, body.into());
        match error.status {
            StatusCode::UNAUTHORIZED if error.error_type == "unauthorized_credentials" => {
                answer.header(WWW_AUTHENTICATE, "Basic realm=\"project\", charset=\"UTF-8\"");
            }
            StatusCode::SERVICE_UNAVAILABLE => answer.header(RETRY_AFTER, "1"),
            _ => {}
        }
        answer
    }

    /// JSON that is written already.
    pub(super) fn json(status: StatusCode, body: Bytes) -> Self {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Self(response)
    }

    /// What may be kept for a quarter of an hour, by anybody.
    pub(super) fn public(mut self) -> Self {
        self.0.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=900"));
        self
    }

    /// The methods that a route takes.
    pub(super) fn allow(mut self, methods: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(methods) {
            self.0.headers_mut().insert(ALLOW, value);
        }
        self
    }

    fn header(&mut self, name: http::HeaderName, value: &'static str) {
        self.0.headers_mut().insert(name, HeaderValue::from_static(value));
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        self.0
    }
}

/// Names an answer in logs. It need not be hard to guess, so it may be all zeros when there is no randomness.
pub(super) fn request_id(environment: Environment) -> String {
    CredentialId::mint("request-id", environment, random().unwrap_or_default()).to_string()
}
