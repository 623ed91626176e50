//! Serves Stytch's B2B API; see [`WireApi`](crate::WireApi).

mod service;

pub use service::WireService;
