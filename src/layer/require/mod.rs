//! Lets a request pass only if its session meets what the route demands.
//!
//! Attach it to the routes it is for, with axum's `route_layer`: what a route needs is then part of the
//! route, and no spelling of a path gets around it. It needs [`SessionLayer`](crate::SessionLayer) around
//! the router.
//!
//! | request | browser | program |
//! |---|---|---|
//! | no session | 303 to the sign-in | 401, `WWW-Authenticate: Bearer` |
//! | factor missing or too old | 303 to the step-up page | 401, `insufficient_user_authentication` (RFC 9470), with a challenge |
//! | no second factor set up that could answer | 403, a page that offers to set one up | 403, `enrolment_required` |
//! | what could answer was set up in this session | 403, says to sign in again | 403, `sign_in_required` |
//! | role or permission missing | 403 | 403, `insufficient_scope` |
//! | another organization than the URL's | 403, offers to switch | 403 |
//! | a store does not answer | 503 | 503 |
//!
//! The decision is made in `call`, without a clone or a box, where the session meets the requirement. A
//! refused request leaves the inner service reserved, as [`Service`](tower_service::Service) has it: put
//! concurrency limits inside of this layer, not buffers that count reservations.

mod future;
mod layer;
mod organization;
mod respond;
mod service;

pub use layer::RequireLayer;
pub use respond::{Respond, Standard};
pub use service::Require;
