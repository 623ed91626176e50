//! The one handle that an application holds.

mod background;
mod builder;
mod handle;
mod problem;
#[cfg(feature = "wire-api")]
mod wire_api;

pub use background::Background;
pub use builder::Builder;
pub use handle::Vestibule;
pub use problem::BuildError;
#[cfg(feature = "wire-api")]
pub use wire_api::WireApi;
