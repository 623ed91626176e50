//! A request to one of the routes, read.

use std::sync::Arc;

use http::{HeaderMap, Method, header::AUTHORIZATION, request::Parts};

use super::{
    audience::is_browser,
    cookies::{CookieNames, find_cookie},
    failure::Failure,
    input::Fields,
    pages::Frame,
};
use crate::{
    domain::Secret,
    flow::{Caller, Engine, Error, Look, Rotation, Terms},
    judge::MemberSession,
    token::{OpaqueToken, TokenKind},
};

/// A request, as the steps see it.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) engine: Arc<Engine>,
    pub(crate) method: Method,
    /// The path below the prefix, percent-decoded, split at its slashes.
    pub(crate) path: Vec<String>,
    /// Whether to answer with pages; otherwise with JSON.
    pub(crate) html: bool,
    /// The query of a GET, the body of a POST.
    pub(crate) fields: Fields,
    pub(crate) caller: Caller,
    pub(crate) names: CookieNames,
    pub(crate) headers: HeaderMap,
    /// A browser's cookie that has yet to be set.
    pub(crate) new_browser: Option<Secret>,
}

impl Ask {
    pub(crate) fn new(
        engine: Arc<Engine>,
        parts: &Parts,
        path: Vec<String>,
        fields: Fields,
        caller: Caller,
    ) -> Self {
        let names = CookieNames::new(engine.settings.development);
        let browser = cookie_of(&engine, &parts.headers, names.browser)
            .and_then(|value| OpaqueToken::parse(TokenKind::Browser, value));
        let caller = match browser {
            Some(browser) => caller.in_browser(browser.digest()),
            None => caller,
        };
        Self {
            html: is_browser(&parts.method, &parts.headers) && !engine.settings.tokens_in_body,
            method: parts.method.clone(),
            path,
            fields,
            caller,
            names,
            headers: parts.headers.clone(),
            new_browser: None,
            engine,
        }
    }

    /// Gives a browser that has none a cookie to be known by; whoever begins to sign in needs one. A
    /// program that keeps no cookies gets none.
    pub(crate) fn know_browser(&mut self) -> Result<(), Failure> {
        if self.caller.browser.is_none() && !self.engine.settings.tokens_in_body {
            let token = OpaqueToken::new(TokenKind::Browser).map_err(Error::from)?;
            self.caller.browser = Some(token.digest());
            self.new_browser = Some(token.expose().into());
        }
        Ok(())
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&[u8]> {
        cookie_of(&self.engine, &self.headers, name)
    }

    /// A token of the body. None is read from a query: addresses are kept in logs and histories.
    fn token_in_body(&self, name: &str) -> Option<&str> {
        self.fields.get(name).filter(|_| self.method == Method::POST)
    }

    /// The intermediate session's token: of the cookie, or of the body where tokens travel there.
    pub(crate) fn intermediate(&self) -> Option<&str> {
        if self.engine.settings.tokens_in_body {
            return self.token_in_body("intermediate_session_token");
        }
        std::str::from_utf8(self.cookie(self.names.intermediate)?).ok()
    }

    pub(crate) fn required_intermediate(&self) -> Result<Secret, Failure> {
        self.intermediate().map(Secret::new).ok_or_else(Failure::no_intermediate)
    }

    /// The challenge's token, likewise.
    pub(crate) fn challenge(&self) -> Option<&str> {
        if let Some(token) = self.token_in_body("challenge_token") {
            return Some(token);
        }
        std::str::from_utf8(self.cookie(self.names.challenge)?).ok()
    }

    /// The member session of the request. A bearer token, if there is one, alone counts.
    pub(crate) async fn session(&self) -> Result<MemberSession, Failure> {
        let token = session_token(&self.headers, self.names.session, self.engine.settings.tokens_in_body);
        let now = self.caller.now;
        match token.map(|token| self.engine.look(token, now)) {
            Some(Look::Live(session)) => Ok(session),
            Some(Look::Ask(presented)) => {
                self.engine.load(&presented, now).await?.ok_or_else(Failure::no_session)
            }
            Some(Look::No) | None => Err(Failure::no_session()),
        }
    }

    /// Refuses fields that this step does not know.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Failure> {
        let body = if self.engine.settings.tokens_in_body {
            &["intermediate_session_token", "challenge_token"][..]
        } else {
            &["challenge_token"]
        };
        Ok(self.fields.only(&[known, body].concat())?)
    }

    pub(crate) fn frame(&self) -> Frame {
        Frame {
            app: self.engine.settings.name.clone(),
            prefix: self.engine.settings.prefix.clone(),
            error: None,
            notice: None,
        }
    }

    pub(crate) fn failed(&self, failure: Option<&Failure>) -> Frame {
        Frame { error: failure.map(|failure| failure.message.clone()), ..self.frame() }
    }

    pub(crate) fn path_to(&self, page: &str) -> String {
        format!("{}/{page}", self.engine.settings.prefix)
    }

    /// Browsers get another token after every step; programs that keep tokens themselves too.
    pub(crate) fn rotation(&self) -> Rotation {
        Rotation::Replace
    }

    /// Browsers never choose how long a session lasts.
    pub(crate) fn terms(&self) -> Terms {
        Terms::default()
    }
}

fn cookie_of<'a>(engine: &Engine, headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    if engine.settings.tokens_in_body { None } else { find_cookie(headers, name) }
}

/// The session token of a request: of `Authorization: Bearer` if there is such a header, whatever it
/// holds; else of the cookie.
pub(crate) fn session_token<'a>(
    headers: &'a HeaderMap,
    cookie: &str,
    ignore_cookies: bool,
) -> Option<&'a [u8]> {
    let authorizations = || headers.get_all(AUTHORIZATION).iter();
    let Some(token) = authorizations().find_map(|value| bearer(value.as_bytes())) else {
        // Another scheme is the application's own business.
        return if ignore_cookies { None } else { find_cookie(headers, cookie) };
    };
    // Two headers count as none.
    authorizations().nth(1).is_none().then_some(token)
}

/// What follows the scheme `Bearer`, whatever separates them.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(6)?;
    let ends = token.first().is_none_or(u8::is_ascii_whitespace);
    (ends && scheme.eq_ignore_ascii_case(b"bearer")).then(|| token.trim_ascii())
}
