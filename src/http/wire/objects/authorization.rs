//! What a session's member may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::flow::api::Authorization;

/// What a session's member has to have leave for.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AuthorizationCheck {
    /// The organization, which has to be the session's.
    organization_id: String,
    /// The kind of resource.
    resource_id: String,
    /// What is to be done to it.
    action: String,
}

/// That a session's member has leave.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthorizationVerdict {
    /// Always `true`: else the call fails.
    pub(crate) authorized: bool,
    /// The roles that permit it.
    pub(crate) granting_roles: Vec<String>,
}

impl From<AuthorizationCheck> for Authorization {
    fn from(check: AuthorizationCheck) -> Self {
        let AuthorizationCheck { organization_id, resource_id, action } = check;
        Self { organization_id, resource_id, action }
    }
}
