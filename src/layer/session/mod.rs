//! Loads the session of a request into its extensions; see [`SessionLayer`].

mod future;
mod layer;
mod service;

pub use layer::SessionLayer;
pub use service::Session;
