//! What is measured; the programs in `bin` measure it.

pub mod contestant;
pub mod figures;
#[cfg(feature = "peers")]
pub mod peers;
pub mod pin;
pub mod rounds;
pub mod rows;
pub mod served;
pub mod vestibules;

pub use contestant::{ANSWER, Contestant, Credential};

/// Which rows are wanted, by name.
pub type Wanted<'a> = &'a (dyn Fn(&str) -> bool + Sync);
