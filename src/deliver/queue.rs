//! Messages of one kind that wait: for a worker, or for their next try.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};

use super::{Message, OutboxFull};

/// A message with what the outbox knows about it.
pub(super) struct Letter {
    pub(super) message: Message,
    /// How many tries have failed.
    pub(super) failures: usize,
    /// When it becomes useless.
    pub(super) expires: Option<Instant>,
    /// Given back when the letter is dropped, wherever that happens.
    _room: OwnedSemaphorePermit,
}

pub(super) struct Queue {
    capacity: usize,
    /// One permit for each letter that could still be taken, be it waiting or being sent.
    room: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
    changed: Notify,
}

/// Letters by when they are due, then in the order in which they came.
#[derive(Default)]
struct Waiting {
    letters: BTreeMap<(Instant, u64), Letter>,
    count: u64,
}

enum Next {
    Ready(Letter),
    NotBefore(Instant),
    Nothing,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        let capacity = capacity.min(Semaphore::MAX_PERMITS);
        Self {
            capacity,
            room: Arc::new(Semaphore::new(capacity)),
            waiting: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub(super) fn put(&self, message: Message) -> Result<(), OutboxFull> {
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| OutboxFull)?;
        let now = Instant::now();
        let expires = message.lifetime().and_then(|lifetime| now.checked_add(lifetime));
        self.put_back(Letter { message, failures: 0, expires, _room: room }, now);
        Ok(())
    }

    pub(super) fn put_back(&self, letter: Letter, due: Instant) {
        let mut waiting = self.waiting();
        waiting.count += 1;
        let key = (due, waiting.count);
        waiting.letters.insert(key, letter);
        drop(waiting);
        self.changed.notify_one();
    }

    /// Waits for a letter that is due. When `stopping`, all are due, and there is `None` at the end.
    pub(super) async fn next(&self, stopping: &AtomicBool) -> Option<Letter> {
        loop {
            // Made before looking, so that no change between looking and waiting is missed.
            let changed = self.changed.notified();
            let all_due = stopping.load(Ordering::Relaxed);
            match self.take(all_due) {
                Next::Ready(letter) => return Some(letter),
                Next::Nothing if all_due => return None,
                Next::Nothing => changed.await,
                Next::NotBefore(due) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(due) => {}
                },
            }
        }
    }

    /// Wakes every worker, so that it sees that it is to stop.
    pub(super) fn wake_all(&self) {
        self.changed.notify_waiters();
    }

    /// How many letters there are, waiting or being sent.
    pub(super) fn len(&self) -> usize {
        self.capacity - self.room.available_permits()
    }

    fn take(&self, all_due: bool) -> Next {
        let mut waiting = self.waiting();
        let Some(first) = waiting.letters.first_entry() else { return Next::Nothing };
        let (due, _) = *first.key();
        if !all_due && due > Instant::now() {
            return Next::NotBefore(due);
        }
        let letter = first.remove();
        // The worker that was to wake for the next letter may be the one that took this.
        if !waiting.letters.is_empty() {
            self.changed.notify_one();
        }
        Next::Ready(letter)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("capacity", &self.capacity).field("len", &self.len()).finish()
    }
}
