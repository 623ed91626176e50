//! A clock that only the test moves.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use vestibule::{Clock, domain::Timestamp};

#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicU64>);

impl TestClock {
    /// Begins with a time step of authenticator apps.
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000_000)))
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.0.load(Ordering::SeqCst) / 1000
    }

    /// The same as what the SDK reads times as.
    pub(crate) fn timestamp(&self) -> i64 {
        self.seconds().try_into().unwrap()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) fn advance_minutes(&self, minutes: u64) {
        self.advance(minutes * 60);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
