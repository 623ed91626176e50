//! The use cases over an [`Engine`]: begin, discover, exchange, second factor, step up, switch, revoke.
//!
//! They know stores and the judge, and nothing of HTTP.

mod account;
#[cfg(feature = "wire-api")]
pub(crate) mod api;
mod audit;
mod caller;
mod clock;
mod discover;
mod engine;
mod enrol;
mod enter;
mod error;
mod first;
mod hashing;
mod intermediate;
mod jwt_memory;
mod keys;
mod letters;
mod load;
pub(crate) mod meters;
mod second;
mod sessions;
mod settings;
mod stamps;
mod step_up;
mod supervise;
mod touches;
mod turns;
mod upkeep;

pub use account::Vouched;
pub(crate) use audit::{About, AuditQueue};
pub use audit::{AuditEvents, Missed};
pub use caller::Caller;
pub(crate) use clock::EdgeClock;
pub use clock::{Clock, SystemClock};
pub(crate) use discover::{Discovered, NewOrganization};
pub use engine::Engine;
pub(crate) use engine::Stores;
#[cfg(feature = "wire-api")]
pub(crate) use enrol::NewTotp;
pub(crate) use enrol::{Enrolled, On};
pub use enter::Terms;
pub(crate) use enter::{Entered, SignedIn, Unfinished};
pub use error::{Error, ErrorKind};
pub(crate) use first::{ByEmail, First, OpenedLink, Proof};
pub(crate) use hashing::HashingPool;
pub(crate) use intermediate::Bag;
pub use intermediate::Rotation;
pub(crate) use jwt_memory::JwtMemory;
pub(crate) use load::{Look, Presented};
pub(crate) use second::{Pending, SecondFactor};
pub(crate) use settings::Settings;
pub use settings::{Limit, Limits};
pub(crate) use stamps::Stamps;
#[cfg(feature = "wire-api")]
pub(crate) use step_up::Raising;
pub(crate) use step_up::{Answers, Challenged, StepUp};
pub(crate) use touches::Touches;
pub(crate) use turns::Turns;
