//! Multi-tenant sign-in.
pub mod domain;
mod judge;
pub use judge::*;
mod factor;
pub mod store;
mod token;
