//! Multi-tenant sign-in.
pub mod domain;
mod judge;
pub use judge::*;
pub mod deliver;
mod factor;
pub mod store;
mod token;
