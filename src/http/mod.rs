//! The routes below the prefix: pages and JSON for the same steps, by content negotiation.

mod ask;
mod audience;
mod cookies;
mod failure;
mod identity;
mod input;
mod json;
mod pages;
mod refusal;
mod repeat;
mod reply;
mod route;
mod steps;
#[cfg(feature = "wire-api")]
pub(crate) mod wire;

pub(crate) use ask::session_token;
pub(crate) use cookies::CookieNames;
pub use identity::{identity_headers, session_jwt_header};
pub(crate) use input::{BadInput, MAX_BODY};
#[cfg(feature = "verify-only")]
pub(crate) use refusal::elsewhere;
pub use refusal::{Refusal, RefusalReason};
pub(crate) use refusal::{Refused, anonymous, keep_private, problem, unavailable, unmet};
pub(crate) use repeat::Repeats;
pub(crate) use reply::Reply;
pub(crate) use route::{path_below, serve};
pub use steps::vouch::Handoff;
pub(crate) use steps::vouch::hand_off;
