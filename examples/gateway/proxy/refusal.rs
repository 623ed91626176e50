use std::{error::Error, io};

use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
};
use hyper_util::client::legacy;
use vestibule::FromBytes;

use super::body::{Body, Cut};
use crate::path::Ambiguous;

/// Why a request has no answer of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Servers would read its path in several ways.
    Path(Ambiguous),
    /// Its method gives away what is passed on.
    Method,
    /// A page of another site opens a WebSocket with somebody's session.
    OtherSite,
    /// Its body paused for too long.
    SlowClient,
    /// Its body broke off.
    BrokenClient,
    /// Who is signed in can't be told.
    NoIdentity,
    /// The application can't be reached.
    NotThere,
    /// The application answers something that is no HTTP, or breaks off.
    Garbage,
    /// The application takes too long.
    Slow,
}

impl Refusal {
    /// What went wrong between the gateway and the application.
    pub(super) fn of(error: &legacy::Error) -> Self {
        let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
        let timed_out = |cause: &(dyn Error + 'static)| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        };
        if error.is_connect() {
            return if causes.any(timed_out) { Self::Slow } else { Self::NotThere };
        }
        match causes.find_map(|cause| cause.downcast_ref::<Cut>()) {
            Some(Cut::Idle) => Self::SlowClient,
            Some(Cut::Broken(_) | Cut::Ended) => Self::BrokenClient,
            None => Self::Garbage,
        }
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let (status, text) = match self {
            Self::Path(Ambiguous(why)) => {
                return answer(StatusCode::BAD_REQUEST, format!("This path is not passed on: {why}.\n"));
            }
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "This method is not passed on.\n"),
            Self::OtherSite => (StatusCode::FORBIDDEN, "Another site has asked for this.\n"),
            Self::SlowClient => (StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive.\n"),
            Self::BrokenClient => (StatusCode::BAD_REQUEST, "The request broke off.\n"),
            Self::NoIdentity => {
                (StatusCode::SERVICE_UNAVAILABLE, "Who is signed in can't be passed on at the moment.\n")
            }
            Self::NotThere => (StatusCode::BAD_GATEWAY, "The application can't be reached.\n"),
            Self::Garbage => (StatusCode::BAD_GATEWAY, "The application's answer can't be read.\n"),
            Self::Slow => (StatusCode::GATEWAY_TIMEOUT, "The application takes too long to answer.\n"),
        };
        answer(status, text.to_owned())
    }
}

fn answer(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from_bytes(text.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
