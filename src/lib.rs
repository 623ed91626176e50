//! Multi-tenant sign-in.
pub mod domain;
mod judge;
pub use judge::*;
pub mod store;
