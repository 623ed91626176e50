//! Answers: pages, redirects and JSON, with the headers that all of them carry.

use std::fmt;

use askama::Template;
use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE, VARY,
        X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};
use serde_json::Value;

use super::cookies::CookieNames;

/// How long the cookies of a sign-in are kept; what they name ends sooner.
const SIGN_IN_SECONDS: u64 = 3600;

/// How long a browser is known by its cookie.
const BROWSER_SECONDS: u64 = 24 * 3600;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// An answer. Prints without its body, where tokens may stand.
#[derive(Clone)]
pub(crate) struct Reply(Response<Bytes>);

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.0.status())
            .field("headers", self.0.headers())
            .finish_non_exhaustive()
    }
}

impl Reply {
    fn new(status: StatusCode, media: Option<&'static str>, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Some(media) = media {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(VARY, HeaderValue::from_static("Cookie, Accept, Sec-Fetch-Mode, Authorization"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Self(response)
    }

    /// A page.
    pub(crate) fn page(status: StatusCode, page: &impl Template) -> Self {
        let Ok(html) = page.render() else {
            return Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                Some("text/plain"),
                "this page can't be shown",
            );
        };
        Self::new(status, Some("text/html; charset=utf-8"), html)
            .header(CONTENT_SECURITY_POLICY, POLICY)
            .header(X_FRAME_OPTIONS, "DENY")
    }

    /// On to another page, by GET.
    pub(crate) fn see_other(path: &str) -> Self {
        Self::new(StatusCode::SEE_OTHER, None, "").header(LOCATION, path)
    }

    /// JSON.
    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self::new(status, Some("application/json"), value.to_string())
    }

    /// A problem document (RFC 9457).
    pub(crate) fn problem(status: StatusCode, value: &Value) -> Self {
        Self::new(status, Some("application/problem+json"), value.to_string())
    }

    /// The style sheet, which may be kept.
    pub(crate) fn style(css: &'static str) -> Self {
        Self::new(StatusCode::OK, Some("text/css; charset=utf-8"), css)
            .header(CACHE_CONTROL, "public, max-age=3600")
    }

    /// The public keys, which may be kept for a quarter of an hour.
    pub(crate) fn public_json(value: &Value) -> Self {
        Self::json(StatusCode::OK, value).header(CACHE_CONTROL, "public, max-age=900")
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    fn cookie(mut self, header: Option<HeaderValue>) -> Self {
        if let Some(header) = header {
            self.0.headers_mut().append(SET_COOKIE, header);
        }
        self
    }

    pub(crate) fn set_session(self, names: CookieNames, token: &str, seconds: u64) -> Self {
        self.cookie(names.set(names.session, token, seconds))
    }

    pub(crate) fn clear_session(self, names: CookieNames) -> Self {
        self.cookie(names.clear(names.session))
    }

    pub(crate) fn set_intermediate(self, names: CookieNames, token: &str) -> Self {
        self.cookie(names.set(names.intermediate, token, SIGN_IN_SECONDS))
    }

    pub(crate) fn clear_intermediate(self, names: CookieNames) -> Self {
        self.cookie(names.clear(names.intermediate))
    }

    pub(crate) fn set_challenge(self, names: CookieNames, token: &str) -> Self {
        self.cookie(names.set(names.challenge, token, SIGN_IN_SECONDS))
    }

    pub(crate) fn clear_challenge(self, names: CookieNames) -> Self {
        self.cookie(names.clear(names.challenge))
    }

    pub(crate) fn set_browser(self, names: CookieNames, token: &str) -> Self {
        self.cookie(names.set(names.browser, token, BROWSER_SECONDS))
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        self.0
    }

    pub(crate) fn response(&self) -> &Response<Bytes> {
        &self.0
    }
}
