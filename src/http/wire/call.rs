//! One call, as the operations see it.

use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Recent, Settings, error::WireError};
use crate::{
    domain::{CustomClaims, EmailAddress, Environment, PhoneNumber, RoleId, Secret, Timestamp},
    flow::{
        Caller, Engine, Error, Terms,
        api::{Acting, ApiError, CodeChallenge, Held, Rule, Tokens},
    },
};

const MEMBER_SESSION: HeaderName = HeaderName::from_static("x-stytch-member-session");
const MEMBER_SESSION_JWT: HeaderName = HeaderName::from_static("x-stytch-member-sessionjwt");

/// Whether a call says that it is made on behalf of a member.
pub(super) fn names_member(headers: &HeaderMap) -> bool {
    headers.contains_key(MEMBER_SESSION) || headers.contains_key(MEMBER_SESSION_JWT)
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) engine: Arc<Engine>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) recent: Recent,
    pub(crate) caller: Caller,
    /// What stands in the places that the path's template names.
    pub(super) parameters: Vec<(&'static str, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
}

impl Call {
    /// When it came.
    pub(crate) fn now(&self) -> Timestamp {
        self.caller.now
    }

    pub(crate) fn environment(&self) -> Environment {
        self.engine.settings.environment
    }

    /// What stands in the path; the template names it.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(named, _)| *named == name).map_or("", |(_, value)| value)
    }

    /// What stands in the query, if it is not empty.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(named, _)| named == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// On whose behalf the call is made, by the headers of a member's session.
    pub(crate) async fn acting(&self) -> Result<Acting, ApiError> {
        let header = |name: &HeaderName| {
            let value = self.headers.get(name).map(|value| value.to_str().unwrap_or_default());
            value.map(Secret::new)
        };
        let tokens = Tokens {
            intermediate_session_token: None,
            session_token: header(&MEMBER_SESSION),
            session_jwt: header(&MEMBER_SESSION_JWT),
        };
        self.engine.acting(&tokens, &self.caller).await
    }

    /// What the call has brought of a sign-in under way or a session.
    pub(crate) async fn held(&self, tokens: &Brought) -> Result<Held, ApiError> {
        self.engine.held(&tokens.clone().into(), &self.caller).await
    }

    /// The same, where the session is to have these terms: what does not fit is refused before anything is used
    /// up.
    pub(crate) async fn held_for(&self, tokens: &Brought, terms: &Terms) -> Result<Held, ApiError> {
        let held = self.held(tokens).await?;
        if let Held::Session(session) = &held {
            let present = CustomClaims::new(session.custom_claims()).map_err(Error::from)?;
            present.merged(&terms.custom_claims).map_err(Error::from)?;
        }
        Ok(held)
    }

    /// The same where something has to be brought.
    pub(crate) async fn held_something_for(&self, tokens: &Brought, terms: &Terms) -> Result<Held, ApiError> {
        match self.held_for(tokens, terms).await? {
            Held::Nothing => Err(Rule::NoSession.into()),
            held => Ok(held),
        }
    }
}

/// What a call may bring of a session that lives: one of the two.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub(crate) struct BroughtSession {
    /// The token of a member session.
    #[schema(value_type = Option<String>)]
    pub(crate) session_token: Option<Secret>,
    /// A JWT of a member session, whether its five minutes are over or not.
    #[schema(value_type = Option<String>)]
    pub(crate) session_jwt: Option<Secret>,
}

/// What a call may bring of a sign-in under way or a session that lives: one of the three.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub(crate) struct Brought {
    /// The token of an intermediate session.
    #[schema(value_type = Option<String>)]
    pub(crate) intermediate_session_token: Option<Secret>,
    #[serde(flatten)]
    pub(crate) session: BroughtSession,
}

impl From<BroughtSession> for Brought {
    fn from(session: BroughtSession) -> Self {
        Self { intermediate_session_token: None, session }
    }
}

impl From<Brought> for Tokens {
    fn from(brought: Brought) -> Self {
        let Brought { intermediate_session_token, session: BroughtSession { session_token, session_jwt } } =
            brought;
        let given = |secret: Option<Secret>| secret.filter(|secret| !secret.expose().is_empty());
        Self {
            intermediate_session_token: given(intermediate_session_token),
            session_token: given(session_token),
            session_jwt: given(session_jwt),
        }
    }
}

/// What the session is to be, if one comes of the call; ignored when an intermediate session does.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub(crate) struct SessionTerms {
    /// How long it lasts: 5 to 527,040 minutes, and no longer than the project's absolute limit. 60 where
    /// a session begins or a first factor is added to one. `sessions/authenticate` and second factors extend a
    /// session only if this is given.
    #[schema(value_type = Option<i32>)]
    session_duration_minutes: Option<i64>,
    /// Claims, merged deeply into those that are there; `null` deletes.
    #[schema(value_type = Option<Object>)]
    session_custom_claims: Option<Map<String, Value>>,
}

impl SessionTerms {
    /// Reads them before anything is used up.
    pub(crate) fn terms(&self, call: &Call) -> Result<Terms, WireError> {
        let custom_claims = self.session_custom_claims.clone().unwrap_or_default();
        CustomClaims::default().merged(&custom_claims).map_err(Error::from)?;
        let duration = self.session_duration_minutes.map(|minutes| call.engine.session_duration(minutes));
        Ok(Terms { duration: duration.transpose()?, custom_claims })
    }
}

/// Reads an email address.
pub(crate) fn address(text: &str) -> Result<EmailAddress, WireError> {
    Ok(EmailAddress::parse(text).map_err(Error::from)?)
}

/// Reads a phone number.
pub(crate) fn phone(text: &str) -> Result<PhoneNumber, WireError> {
    Ok(PhoneNumber::parse(text).map_err(Error::from)?)
}

/// Reads a challenge of PKCE.
pub(crate) fn challenge(text: Option<&str>) -> Result<Option<CodeChallenge>, Rule> {
    text.filter(|text| !text.is_empty()).map(CodeChallenge::parse).transpose()
}

/// Reads roles by their ids, each once.
pub(crate) fn role_ids(roles: Vec<String>) -> Result<Vec<RoleId>, Rule> {
    const MOST: usize = 50;
    let mut ids = Vec::new();
    for role in roles {
        let id = RoleId::new(&role).map_err(|_| Rule::UnknownRole(role))?;
        // Everybody has that one; it is assigned by nobody.
        if id != RoleId::member() && !ids.contains(&id) {
            ids.push(id);
        }
        if ids.len() > MOST {
            return Err(Rule::Setting("roles"));
        }
    }
    Ok(ids)
}

/// Reads for how long something is good: so many minutes, or as many as it is by itself.
pub(crate) fn minutes(
    field: &'static str,
    asked: Option<i64>,
    (least, usual, most): (u32, u32, u32),
) -> Result<std::time::Duration, WireError> {
    let minutes = match asked {
        None => usual,
        Some(asked) => u32::try_from(asked)
            .ok()
            .filter(|minutes| (least..=most).contains(minutes))
            .ok_or(Rule::Minutes(field, least, most))?,
    };
    Ok(std::time::Duration::from_secs(u64::from(minutes) * 60))
}
