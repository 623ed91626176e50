//! Asking another deployment for its keys.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, StatusCode, Uri,
    header::{ACCEPT, AGE, CACHE_CONTROL},
};
use http_body_util::{BodyExt, Full, Limited};
use tokio::time::timeout;

use crate::{
    outbound::HttpClient,
    token::{InvalidKeys, PublicKeys},
};

/// Where another deployment publishes its keys (RFC 7517 §5).
pub(crate) struct KeySource {
    client: HttpClient,
    address: Uri,
}

/// What it answered.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) keys: PublicKeys,
    /// How long they may be believed without asking again: a minute to an hour.
    pub(super) max_age: Duration,
}

/// Why there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FetchError {
    Unreachable,
    TooSlow,
    Status(StatusCode),
    /// The answer broke off, or is longer than 64 KiB.
    Body,
    Keys(InvalidKeys),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("it can't be reached"),
            Self::TooSlow => f.write_str("it did not answer within 5 seconds"),
            Self::Status(status) => write!(f, "it answered {status}"),
            Self::Body => f.write_str("its answer broke off, or is longer than 64 KiB"),
            Self::Keys(invalid) => invalid.fmt(f),
        }
    }
}

impl KeySource {
    pub(crate) fn new(client: HttpClient, address: Uri) -> Self {
        Self { client, address }
    }

    pub(super) async fn fetch(&self) -> Result<Fetched, FetchError> {
        timeout(PATIENCE, self.ask()).await.unwrap_or(Err(FetchError::TooSlow))
    }

    async fn ask(&self) -> Result<Fetched, FetchError> {
        let mut request = Request::new(Full::<Bytes>::default());
        *request.uri_mut() = self.address.clone();
        request.headers_mut().insert(ACCEPT, MEDIA_TYPES);
        // A cache on the way must not hand over keys that were withdrawn meanwhile.
        request.headers_mut().insert(CACHE_CONTROL, NO_CACHE);
        let answer = self.client.request(request).await.map_err(|error| {
            tracing::debug!(%error, "no answer from the issuer");
            FetchError::Unreachable
        })?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await.map_err(|_| FetchError::Body)?;
        let keys = PublicKeys::parse(&body.to_bytes()).map_err(FetchError::Keys)?;
        Ok(Fetched { keys, max_age: max_age(&parts.headers) })
    }
}

/// How long an answer may still be kept (RFC 9111 §4.2 and §5.1), in bounds.
fn max_age(headers: &HeaderMap) -> Duration {
    let said = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|directive| match directive.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => Some(0),
            other => other.strip_prefix("max-age=")?.parse().ok(),
        })
        .min();
    let age = headers.get(AGE).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or_default();
    let left = said.map_or(USUAL, Duration::from_secs).saturating_sub(Duration::from_secs(age));
    left.clamp(SHORTEST, LONGEST)
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySource").field("address", &self.address).finish_non_exhaustive()
    }
}

const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_ANSWER: usize = 64 * 1024;
const MEDIA_TYPES: HeaderValue = HeaderValue::from_static("application/jwk-set+json, application/json");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const SHORTEST: Duration = Duration::from_secs(60);
const USUAL: Duration = Duration::from_secs(15 * 60);
const LONGEST: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_believed_for_a_minute_to_an_hour() {
        for (said, seconds) in [
            (&[][..], 900),
            (&["public, max-age=900"], 900),
            (&["public", "Max-Age=600"], 600),
            (&["max-age=0"], 60),
            (&["no-store, max-age=600"], 60),
            (&["max-age=600, max-age=300"], 300),
            (&["max-age=31536000, immutable"], 3600),
            (&["max-age=99999999999999999999"], 900),
            (&["max-age=-1"], 900),
        ] {
            let headers = said.iter().map(|value| (CACHE_CONTROL, value.parse().unwrap())).collect();
            assert_eq!(max_age(&headers).as_secs(), seconds, "{said:?}");
        }
        let aged = [(CACHE_CONTROL, "max-age=900".parse().unwrap()), (AGE, "600".parse().unwrap())];
        assert_eq!(max_age(&aged.into_iter().collect()).as_secs(), 300);
    }
}
