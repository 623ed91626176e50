//! The system's clock, which can be put forward: nobody waits for the next code of an authenticator app.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use vestibule::{Clock, domain::Timestamp};

#[derive(Clone, Default)]
pub struct Ahead(Arc<AtomicU64>);

impl Ahead {
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as u64, Relaxed);
    }

    pub fn millis(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64 + self.0.load(Relaxed)
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis())
    }
}
