//! Serves the sign-in below one prefix; see [`AuthLayer`].

mod future;
mod layer;
mod routes;
mod service;

pub use layer::AuthLayer;
pub use service::Auth;
