//! The steps of a sign-in, each once: what differs between a page and JSON is only how it is told.

pub(super) mod discovery;
pub(super) mod email;
pub(super) mod enrol;
pub(super) mod mfa;
mod outcome;
pub(super) mod session;
pub(super) mod step_up;
pub(super) mod vouch;

/// What a step answers.
pub(super) type Step = Result<super::reply::Reply, super::failure::Failure>;
