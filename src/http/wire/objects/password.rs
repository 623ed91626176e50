//! What is said of a password.

use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with a password, in words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ZxcvbnFeedback {
    /// What is wrong with it; empty where nothing is.
    pub(crate) warning: String,
    /// What would make it better.
    pub(crate) suggestions: Vec<String>,
}

/// By what a password is judged.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StrengthPolicy {
    /// By how long guessing it takes.
    Zxcvbn,
}
