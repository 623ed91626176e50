//! Every durable trait in memory, for tests and for trying things out: nothing of it survives the
//! process.

mod admin;
mod audit;
mod credentials;
mod directory;
mod keys;
mod links;
mod search;
mod sessions;
mod tables;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tables::Tables;

/// Organizations, members, credentials, sessions, links, keys and the newest 10,000 audit events in memory.
///
/// One lock around plain maps: right, and fast enough for what it is for.
#[derive(Default)]
pub struct MemoryStore(Mutex<Tables>);

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Whoever panicked with the lock was not in the middle of a change: none here can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
