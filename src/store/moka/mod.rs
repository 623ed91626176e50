//! Transient state in this process, over moka caches.
//!
//! moka measures real time, and here that only frees memory: what still lives is decided by each
//! entry's own deadline and the `now` of the caller. When a cache is full, what was used longest ago
//! makes room; [`evictions`](super::TransientStore::evictions) counts what was pushed out alive.

mod challenges;
mod codes;
mod counters;
mod life;
mod room;
mod sessions;
mod transient;

pub use counters::MokaCounters;
pub use transient::{MokaTransient, TransientCapacity};
