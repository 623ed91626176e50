use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// When something last went on. A clone is about the same thing.
#[derive(Clone, Debug)]
pub(super) struct Progress(Arc<watch::Sender<Instant>>);

impl Progress {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Instant::now())))
    }

    /// Something goes on.
    pub(super) fn touch(&self) {
        self.0.send_replace(Instant::now());
    }

    /// Waits until nothing has gone on for this long.
    pub(super) async fn stalled(&self, limit: Duration) {
        loop {
            let deadline = *self.0.borrow() + limit;
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }
}
