//! What is measured; the programs in `bin` measure it.

pub mod contestant;
pub mod rows;
pub mod vestibules;
#[cfg(feature = "peers")]
pub mod peers;

pub use contestant::{ANSWER, Contestant, Credential};

/// Which rows are wanted, by name.
pub type Wanted<'a> = &'a (dyn Fn(&str) -> bool + Sync);
