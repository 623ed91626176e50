//! Multi-tenant sign-in.
pub mod deliver;
pub mod domain;
mod factor;
mod flow;
mod judge;
pub mod store;
mod token;
pub use flow::*;
pub use judge::*;
