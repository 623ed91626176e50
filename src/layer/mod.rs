//! Tower layers: [`SessionLayer`] loads, [`AuthLayer`] serves the sign-in, [`RequireLayer`] enforces.

mod auth;
mod body;
mod client;
mod forward;
mod require;
mod session;
mod source;
#[cfg(feature = "wire-api")]
mod wire;

pub use auth::{Auth, AuthLayer};
pub use body::FromBytes;
pub use client::PeerAddress;
pub(crate) use client::{caller, client_address};
pub use forward::ForwardAuth;
pub use require::{Grpc, Require, RequireLayer, Respond, Standard};
pub use session::{Session, SessionLayer};
pub(crate) use source::Source;
#[cfg(feature = "wire-api")]
pub use wire::WireService;
