//! Lets a request pass only if its session meets what the route demands; see [`RequireLayer`].
//!
//! The decision is made in `call`, without a clone or a box, where the session meets the requirement.

mod future;
mod grpc;
mod layer;
mod organization;
mod respond;
mod service;

pub use grpc::Grpc;
pub use layer::RequireLayer;
pub use respond::{Respond, Standard};
pub use service::Require;
