//! Handing a person over whose first factor the application proved by its own means.

#[cfg(feature = "axum")]
use http::StatusCode;
use http::{
    HeaderMap, HeaderValue,
    header::{LOCATION, SET_COOKIE},
    request::Parts,
};

use super::outcome;
#[cfg(feature = "axum")]
use crate::http::keep_private;
use crate::{
    domain::Secret,
    flow::{Caller, Engine, Entered, Error, First, Proof},
    http::{ask::Ask, failure::Failure, input::Fields},
};

/// Where to send a person on, and with which cookies: the answer to a login of the application's own.
#[derive(Clone, Debug)]
pub struct Handoff {
    location: String,
    cookies: Vec<HeaderValue>,
    /// The tokens, for clients that keep them themselves.
    intermediate_session_token: Option<Secret>,
    session_token: Option<Secret>,
}

impl Handoff {
    /// The path to redirect to (303 See Other).
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The `Set-Cookie` headers to send along.
    #[must_use]
    pub fn cookies(&self) -> &[HeaderValue] {
        &self.cookies
    }

    /// Adds the cookies to the headers of an answer.
    pub fn append_to(&self, headers: &mut HeaderMap) {
        for cookie in &self.cookies {
            headers.append(SET_COOKIE, cookie.clone());
        }
    }

    /// The intermediate session's token, where tokens travel in bodies.
    #[must_use]
    pub fn intermediate_session_token(&self) -> Option<&str> {
        self.intermediate_session_token.as_ref().map(Secret::expose)
    }

    /// The session's token, where tokens travel in bodies and the person was let in at once.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(Secret::expose)
    }
}

/// 303 See Other to where the person goes on, with the cookies.
#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for Handoff {
    fn into_response(self) -> axum_core::response::Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        let headers = response.headers_mut();
        if let Ok(location) = HeaderValue::try_from(&self.location) {
            headers.insert(LOCATION, location);
        }
        self.append_to(headers);
        keep_private(headers);
        response
    }
}

/// Goes on with a proof as the pages would, in the browser that this request is from.
pub(crate) async fn hand_off(
    engine: std::sync::Arc<Engine>,
    parts: &Parts,
    proof: Proof,
    caller: Caller,
) -> Result<Handoff, Error> {
    let tokens_in_body = engine.settings.tokens_in_body;
    let mut ask = Ask::new(engine, parts, Vec::new(), Fields::default(), caller);
    ask.html = true;
    let unavailable =
        |failure: Failure| Error::from(failure.kind.unwrap_or(crate::flow::ErrorKind::Unavailable));
    ask.know_browser().map_err(unavailable)?;
    ask.engine.remember_destination(proof.return_to.as_ref(), &ask.caller).await?;
    let first = ask.engine.first_factor(proof, None, ask.rotation(), &ask.terms(), &ask.caller).await?;
    let (intermediate_session_token, session_token) = match &first {
        _ if !tokens_in_body => (None, None),
        First::Discovery(bag) => (Some(bag.token.clone()), None),
        First::Entered(Entered::Owed(owed)) => (Some(owed.bag.token.clone()), None),
        First::Entered(Entered::Session(done)) => (None, Some(done.session_token.clone())),
    };
    let reply = outcome::first(&ask, first).await.map_err(unavailable)?;
    let headers = reply.response().headers();
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    Ok(Handoff {
        location: location.unwrap_or_default().to_owned(),
        cookies: headers.get_all(SET_COOKIE).iter().cloned().collect(),
        intermediate_session_token,
        session_token,
    })
}
