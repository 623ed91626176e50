//! Serves the sign-in below one prefix, `/auth` by default: pages for browsers, JSON for programs. Passes
//! everything else on.
//!
//! Requests of another site that would change something are refused (tower-http's `csrf`). Behind a proxy
//! that rewrites `Host` or strips `Origin` that protection is weaker: see there.

mod future;
mod layer;
mod routes;
mod service;

pub use layer::AuthLayer;
pub use service::Auth;
