//! Somebody at the sign-in: a program or a browser that keeps its tokens, in cookies or in bodies as is configured.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{
    HeaderValue, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE},
};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{
    Authenticator, Kit, KitError,
    door::{Answer, Door},
};
use crate::http::Handoff;

pub(super) struct Client {
    kit: Kit,
    door: Door,
    /// By the names of the cookies, also where there are none.
    tokens: BTreeMap<String, String>,
    browser: bool,
}

impl Client {
    /// At the kit's own door.
    pub(super) fn new(kit: &Kit) -> Self {
        Self::at(kit, kit.door().clone())
    }

    pub(super) fn at(kit: &Kit, door: Door) -> Self {
        Self { kit: kit.clone(), door, tokens: BTreeMap::new(), browser: false }
    }

    pub(super) fn browsing(self) -> Self {
        Self { browser: true, ..self }
    }

    pub(super) fn session(&self) -> Option<&str> {
        self.token(self.kit.cookies().session)
    }

    pub(super) fn intermediate(&self) -> Option<&str> {
        self.token(self.kit.cookies().intermediate)
    }

    pub(super) fn browser(&self) -> Option<&str> {
        self.token(self.kit.cookies().browser)
    }

    fn token(&self, name: &str) -> Option<&str> {
        self.tokens.get(name).map(String::as_str)
    }

    pub(super) fn keep(&mut self, name: &str, token: &str) {
        self.tokens.insert(name.to_owned(), token.to_owned());
    }

    /// Goes on with a person whom the application has vouched for.
    pub(super) fn take_over(&mut self, handoff: &Handoff) {
        handoff.cookies().iter().for_each(|line| self.set_cookie(line));
        let names = self.kit.cookies();
        let tokens = [
            (names.session, handoff.session_token()),
            (names.intermediate, handoff.intermediate_session_token()),
        ];
        for (name, token) in tokens {
            token.into_iter().for_each(|token| self.keep(name, token));
        }
    }

    /// Posts fields to a path below the prefix, and keeps the tokens of the answer.
    pub(super) async fn post(&mut self, step: &str, fields: &[(&str, &str)]) -> Result<Answer, KitError> {
        let answer = (self.door)(self.posting(step, fields)?).await?;
        for line in answer.headers.get_all(SET_COOKIE) {
            self.set_cookie(line);
        }
        if self.kit.tokens_in_body() {
            let body = answer.json();
            let names = self.kit.cookies();
            for (name, field) in
                [(names.session, "session_token"), (names.intermediate, "intermediate_session_token")]
            {
                match body[field].as_str() {
                    Some(token) if !token.is_empty() => self.keep(name, token),
                    _ => {}
                }
            }
        }
        Ok(answer)
    }

    /// The same, for what is answered with an object.
    pub(super) async fn step(&mut self, step: &str, fields: &[(&str, &str)]) -> Result<Value, KitError> {
        let answer = self.post(step, fields).await?;
        if answer.status == StatusCode::OK { Ok(answer.json()) } else { Err(refused(step, &answer)) }
    }

    /// Has a code sent to the phone; where one was sent just before, waits as a person does.
    pub(super) async fn send_sms(&mut self, step: &str, fields: &[(&str, &str)]) -> Result<(), KitError> {
        let answer = self.post(step, fields).await?;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            let limits = &self.kit.vestibule().engine().settings.limits;
            self.kit.clock().advance(limits.sms_cooldown.window);
            return self.step(step, fields).await.map(|_| ());
        }
        if answer.status == StatusCode::OK { Ok(()) } else { Err(refused(step, &answer)) }
    }

    /// Sets an authenticator app up, in a sign-in or in a session; answers its recovery codes as well.
    pub(super) async fn enrol_totp(&mut self) -> Result<(Authenticator, Vec<String>), KitError> {
        let begun = self.step("enrol/totp", &[]).await?;
        let authenticator = self.kit.authenticator(begun["secret"].as_str().unwrap_or_default())?;
        self.step("enrol/totp/confirm", &[("code", &authenticator.next_code())]).await?;
        let codes = begun["recovery_codes"].as_array().into_iter().flatten();
        Ok((authenticator, codes.filter_map(Value::as_str).map(str::to_owned).collect()))
    }

    /// The request of [`post`](Self::post).
    pub(super) fn posting(
        &self,
        step: &str,
        fields: &[(&str, &str)],
    ) -> Result<Request<Full<Bytes>>, KitError> {
        let mut builder = Request::post(format!("{}/{step}", self.kit.prefix()));
        let in_body = self.kit.tokens_in_body();
        if in_body {
            if let Some(token) = self.session() {
                builder = builder.header(AUTHORIZATION, format!("Bearer {token}"));
            }
        } else if !self.tokens.is_empty() {
            let pairs: Vec<String> =
                self.tokens.iter().map(|(name, token)| format!("{name}={token}")).collect();
            builder = builder.header(COOKIE, pairs.join("; "));
        }
        let mut fields: BTreeMap<&str, &str> = fields.iter().copied().collect();
        if let Some(token) = self.intermediate().filter(|_| in_body) {
            fields.insert("intermediate_session_token", token);
        }
        let request = if self.browser {
            let form = serde_html_form::to_string(&fields).unwrap_or_default();
            builder
                .header("sec-fetch-mode", "navigate")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.into())
        } else {
            builder.header(CONTENT_TYPE, "application/json").body(json!(fields).to_string().into())
        };
        request.map_err(|error| KitError::Service(error.to_string()))
    }

    fn set_cookie(&mut self, line: &HeaderValue) {
        let line = line.to_str().unwrap_or_default();
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let Some((name, value)) = pair.split_once('=') else { return };
        if attributes.contains("Max-Age=0") {
            self.tokens.remove(name);
        } else {
            self.keep(name, value);
        }
    }
}

/// What an answer that refuses says, without anything that it may hold besides.
pub(super) fn refused(step: &str, answer: &Answer) -> KitError {
    let body = answer.json();
    let why = ["error_message", "detail"].iter().find_map(|field| body[*field].as_str());
    KitError::Refused {
        step: step.to_owned(),
        status: answer.status,
        why: why.unwrap_or("no reason is given").to_owned(),
    }
}
