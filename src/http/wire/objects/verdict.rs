//! What came of an authorization check.

use serde::Serialize;
use utoipa::ToSchema;

/// That a session's member has leave.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthorizationVerdict {
    /// Always `true`: else the call fails.
    pub(crate) authorized: bool,
    /// The roles that permit it.
    pub(crate) granting_roles: Vec<String>,
}
