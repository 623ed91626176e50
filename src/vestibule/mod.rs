//! The one handle that an application holds.

mod background;
mod builder;
mod handle;
mod problem;

pub use background::Background;
pub use builder::Builder;
pub use handle::Vestibule;
pub use problem::BuildError;
