//! Member sessions: authenticated, listed, exchanged, revoked.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::outcome::{Authenticated, Done};
use crate::{
    domain::{Secret, SessionId},
    flow::{
        Error, ErrorKind,
        api::{Authorization, Held, Rule, Tokens},
    },
    http::wire::{
        call::{Brought, BroughtSession, Call, SessionTerms},
        error::WireError,
        object::object,
        objects::{
            AuthorizationCheck, AuthorizationVerdict, Handed, Jwk, Member, Organization, SessionObject,
        },
        operation::{Operation, QueryParameter},
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post(
            "/v1/b2b/sessions/authenticate",
            "Authenticate a session by its token or a JWT, extend it, and check what its member may do.",
            authenticate,
        ),
        Operation::get("/v1/b2b/sessions", "The live sessions of a member.", list).query(&[
            QueryParameter {
                name: "organization_id",
                description: "The organization: its id, slug or external id.",
                required: true,
            },
            QueryParameter {
                name: "member_id",
                description: "The member: their id or external id.",
                required: true,
            },
        ]),
        Operation::post(
            "/v1/b2b/sessions/exchange",
            "Turn a session to another organization of the same person.",
            exchange,
        ),
        Operation::post("/v1/b2b/sessions/revoke", "End one session, or all of a member.", revoke)
            .for_members(),
        Operation::get(
            "/v1/b2b/sessions/jwks/{project_id}",
            "The public keys by which session JWTs are verified.",
            jwks,
        )
        .public(),
    ]
}

/// A session that is to be authenticated; a duration extends it.
#[derive(Debug, Deserialize, ToSchema)]
struct SessionsAuthenticateRequest {
    #[serde(flatten)]
    brought: BroughtSession,
    #[serde(flatten)]
    terms: SessionTerms,
    /// What the session's member has to have leave for.
    #[serde(default, deserialize_with = "object")]
    authorization_check: Option<AuthorizationCheck>,
}

/// A session that was authenticated.
#[derive(Debug, Serialize, ToSchema)]
struct SessionsAuthenticateResponse {
    /// The session.
    member_session: SessionObject,
    /// Its token.
    session_token: Handed,
    /// A JWT of it, good for five minutes; the same for up to five seconds while nothing changes.
    session_jwt: Handed,
    /// The member.
    #[schema(value_type = Member)]
    member: Arc<RawValue>,
    /// The organization.
    #[schema(value_type = Organization)]
    organization: Arc<RawValue>,
    /// What came of the authorization check; `null` where there was none.
    verdict: Option<AuthorizationVerdict>,
}

async fn authenticate(
    call: Call,
    input: SessionsAuthenticateRequest,
) -> Result<SessionsAuthenticateResponse, WireError> {
    let terms = input.terms.terms(&call)?;
    let tokens = Tokens::from(Brought::from(input.brought));
    let check = input.authorization_check.map(Authorization::from);
    let engine = &call.engine;
    let (session, granting) = engine.authenticate(&tokens, &terms, check.as_ref(), &call.caller).await?;
    let said = call.recent.of(&session, &call).await?;
    Ok(SessionsAuthenticateResponse {
        member_session: SessionObject::of(&session, call.now()),
        session_token: engine.token(&session).into(),
        session_jwt: said.jwt.clone().into(),
        member: Arc::clone(&said.member),
        organization: Arc::clone(&said.organization),
        verdict: granting.map(|granting| AuthorizationVerdict {
            authorized: true,
            granting_roles: granting.iter().map(ToString::to_string).collect(),
        }),
    })
}

/// The live sessions of a member.
#[derive(Debug, Serialize, ToSchema)]
struct SessionsGetResponse {
    /// Newest first; at most 1,000.
    member_sessions: Vec<SessionObject>,
}

async fn list(call: Call) -> Result<SessionsGetResponse, WireError> {
    let missing = |field| WireError::bad_request(&format!("the parameter {field} is missing"));
    let organization = call.query("organization_id").ok_or_else(|| missing("organization_id"))?;
    let member = call.query("member_id").ok_or_else(|| missing("member_id"))?;
    let found = call.engine.api_found(organization, member).await?;
    let sessions = call.engine.live_sessions(&found.member.member_id, call.now()).await?;
    Ok(SessionsGetResponse {
        member_sessions: sessions
            .iter()
            .map(|session| SessionObject::of(session, session.last_accessed_at()))
            .collect(),
    })
}

/// A session that is to be turned to another organization.
#[derive(Debug, Deserialize, ToSchema)]
struct SessionsExchangeRequest {
    /// The organization to turn to: its id, slug or external id.
    organization_id: String,
    #[serde(flatten)]
    brought: BroughtSession,
    #[serde(flatten)]
    terms: SessionTerms,
}

async fn exchange(call: Call, input: SessionsExchangeRequest) -> Result<Authenticated, WireError> {
    let terms = input.terms.terms(&call)?;
    let Held::Session(session) = call.held(&input.brought.into()).await? else {
        return Err(Rule::NoSession.into());
    };
    let organization = call.engine.api_organization(&input.organization_id).await?;
    let id = &organization.organization_id;
    let entered = call.engine.exchange_session(&session, id, &terms, &call.caller).await?;
    Authenticated::of(&call, entered).await
}

/// What is to be revoked: one of the four.
#[derive(Debug, Deserialize, ToSchema)]
struct SessionsRevokeRequest {
    /// The session of this id.
    member_session_id: Option<String>,
    /// The session of this token.
    #[schema(value_type = Option<String>)]
    session_token: Option<Secret>,
    /// The session of this JWT.
    #[schema(value_type = Option<String>)]
    session_jwt: Option<Secret>,
    /// All sessions of this member, by their id.
    member_id: Option<String>,
}

async fn revoke(call: Call, input: SessionsRevokeRequest) -> Result<Done, WireError> {
    let acting = call.acting().await?;
    let SessionsRevokeRequest { member_session_id, session_token, session_jwt, member_id } = input;
    let said = |text: &String| !text.is_empty();
    let given = |secret: &Secret| !secret.expose().is_empty();
    let (member_session_id, member_id) = (member_session_id.filter(said), member_id.filter(said));
    let (session_token, session_jwt) = (session_token.filter(given), session_jwt.filter(given));
    let engine = &call.engine;
    match (member_session_id, session_token, session_jwt, member_id) {
        (Some(id), None, None, None) => {
            let id = SessionId::new(id).map_err(|_| Error::from(ErrorKind::SessionNotFound))?;
            engine.revoke_one(&id, &acting, &call.caller).await?;
        }
        (None, Some(token), None, None) => {
            let session = engine.session_of_token(&token, &call.caller).await?;
            engine.revoke_one(&session.member_session_id(), &acting, &call.caller).await?;
        }
        (None, None, Some(jwt), None) => {
            let session = engine.session_of_jwt(&jwt, &call.caller).await?;
            engine.revoke_one(&session.member_session_id(), &acting, &call.caller).await?;
        }
        (None, None, None, Some(member_id)) => {
            engine.revoke_all_of(&member_id, &acting, &call.caller).await?;
        }
        (None, None, None, None) => return Err(Rule::NoSelector.into()),
        _ => return Err(Rule::ManySelectors.into()),
    }
    Ok(Done {})
}

/// The public keys of the project (RFC 7517 §5).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct SessionsJwksResponse {
    /// The keys: those that sign, have signed, or will sign soon.
    keys: Vec<Jwk>,
}

async fn jwks(call: Call) -> Result<SessionsJwksResponse, WireError> {
    if call.parameter("project_id") != call.settings.project_id {
        return Err(WireError::project_not_found());
    }
    serde_json::from_value(call.engine.jwks()).map_err(|_| WireError::unwritable())
}
