//! A member session.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{AuthenticationFactor, Time};
use crate::{domain::Timestamp, judge};

/// The session of a member in one organization.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MemberSession)]
pub(crate) struct SessionObject {
    /// Its id.
    member_session_id: String,
    /// Whose it is.
    member_id: String,
    /// When it began.
    started_at: Time,
    /// When it was last used.
    last_accessed_at: Time,
    /// When it ends unless it is extended.
    expires_at: Time,
    /// The factors that were proved.
    authentication_factors: Vec<AuthenticationFactor>,
    /// The one organization it belongs to.
    organization_id: String,
    /// The roles in force.
    roles: Vec<String>,
    /// That organization's name in URLs.
    organization_slug: String,
    /// What the application added.
    #[schema(value_type = Object)]
    custom_claims: Map<String, Value>,
}

impl SessionObject {
    /// A session that is used at `used`, or was when it was last.
    pub(crate) fn of(session: &judge::MemberSession, used: Timestamp) -> Self {
        Self {
            member_session_id: session.member_session_id().to_string(),
            member_id: session.member_id().to_string(),
            started_at: session.started_at().into(),
            last_accessed_at: used.into(),
            expires_at: session.expires_at().into(),
            authentication_factors: session
                .authentication_factors()
                .iter()
                .map(AuthenticationFactor::from)
                .collect(),
            organization_id: session.organization_id().to_string(),
            roles: session.roles().iter().map(ToString::to_string).collect(),
            organization_slug: session.organization_slug().to_string(),
            custom_claims: session.custom_claims(),
        }
    }
}
