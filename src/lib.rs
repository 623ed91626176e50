//! Multi-tenant sign-in.
pub mod domain;
