//! One at a time, where many at once would only make each other try again, or use up what one of them needs. It is
//! no lock that anything relies on: stores compare what they replace.

use std::hash::{BuildHasher, Hash, RandomState};

use tokio::sync::{Mutex, MutexGuard};

/// So many go on at the same time; what shares one waits for no reason, and not for long.
const LANES: usize = 256;

#[derive(Debug)]
pub(crate) struct Turns {
    lanes: Box<[Mutex<()>]>,
    spread: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self { lanes: (0..LANES).map(|_| Mutex::default()).collect(), spread: RandomState::new() }
    }
}

impl Turns {
    /// Waits until it is the turn of whoever works on this; the turn ends with what is answered.
    pub(super) async fn of(&self, what: &impl Hash) -> MutexGuard<'_, ()> {
        let place = self.spread.hash_one(what) % LANES as u64;
        self.lanes[usize::try_from(place).unwrap_or_default()].lock().await
    }
}
