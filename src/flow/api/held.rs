//! What a call brings along of a sign-in under way or a session that lives.

use super::{ApiError, Rule};
use crate::{
    domain::{Secret, SessionId},
    flow::{Bag, Caller, Engine, Error, ErrorKind, Look, Presented},
    judge::MemberSession,
    token::{is_jwt, looks_like_jwt},
};

/// The tokens that a call may bring, of which one counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) intermediate_session_token: Option<Secret>,
    pub(crate) session_token: Option<Secret>,
    pub(crate) session_jwt: Option<Secret>,
}

/// What a call has brought.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    Nothing,
    Intermediate(Box<Bag>),
    Session(MemberSession),
}

impl Engine {
    /// Finds what a call has brought: nothing, or one of the three.
    pub(crate) async fn held(&self, tokens: &Tokens, caller: &Caller) -> Result<Held, ApiError> {
        let Tokens { intermediate_session_token, session_token, session_jwt } = tokens;
        match (intermediate_session_token, session_token, session_jwt) {
            (None, None, None) => Ok(Held::Nothing),
            (Some(token), None, None) => {
                Ok(Held::Intermediate(Box::new(self.find_intermediate(token.expose(), caller).await?)))
            }
            (None, Some(token), None) => Ok(Held::Session(self.session_of_token(token, caller).await?)),
            (None, None, Some(jwt)) => Ok(Held::Session(self.session_of_jwt(jwt, caller).await?)),
            _ => Err(Rule::ManySessions.into()),
        }
    }

    /// The session of an opaque token: a JWT is none.
    pub(crate) async fn session_of_token(
        &self,
        token: &Secret,
        caller: &Caller,
    ) -> Result<MemberSession, Error> {
        if looks_like_jwt(token.expose().as_bytes()) {
            return Err(ErrorKind::SessionNotFound.into());
        }
        self.current_session(token.expose(), caller.now).await
    }

    /// The session of a JWT, whether its five minutes are over or not: it proves that its bearer had the
    /// session, which itself has to live.
    pub(crate) async fn session_of_jwt(
        &self,
        jwt: &Secret,
        caller: &Caller,
    ) -> Result<MemberSession, ApiError> {
        // What is good is a JWT: only of what is not, it has to be asked.
        let not_found = || -> ApiError {
            if is_jwt(jwt.expose()) { ErrorKind::SessionNotFound.into() } else { Rule::JwtForm.into() }
        };
        if !looks_like_jwt(jwt.expose().as_bytes()) {
            return Err(Rule::JwtForm.into());
        }
        match self.look(jwt.expose().as_bytes(), caller.now) {
            Look::Live(session) => return Ok(session),
            Look::Ask(presented @ Presented::Jwt(_)) => {
                if let Some(session) = self.load(&presented, caller.now).await? {
                    return Ok(session);
                }
            }
            Look::Ask(Presented::Token(..)) | Look::No => {}
        }
        let proves = self.settings.jwt.verify(jwt.expose(), &self.ring, None).ok_or_else(not_found)?;
        let session = self.by_id(&SessionId::from(&proves.session_id), caller.now).await?;
        let session = session.ok_or_else(not_found)?;
        self.used(&session, caller.now);
        Ok(session)
    }
}
