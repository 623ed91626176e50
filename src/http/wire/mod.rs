//! Stytch's B2B API for servers: `/v1/b2b/…`, as its own SDKs call it.
//!
//! A service of its own, for a private listener. Whoever calls it has the project's secret, and is told plainly
//! what is wrong. It has no rules: those are the flows'.
//!
//! `docs/wire-api.md` says how it is used, `docs/wire-decisions.md` what was decided where Stytch's
//! documentation leaves something open.

mod answer;
mod call;
mod error;
mod object;
mod objects;
mod openapi;
mod operation;
mod operations;
mod recent;
mod route;
mod secrets;
mod settings;

pub(crate) use recent::Recent;
pub(crate) use route::{MAX_BODY, Routes, serve};
pub(crate) use secrets::Secrets;
pub use settings::Redirect;
pub(crate) use settings::{Redirects, Settings, can_lead_to};
