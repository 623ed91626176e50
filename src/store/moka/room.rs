//! One bounded cache. Every write goes through `and_compute_with`: moka orders those by key, while
//! its plain `insert` and `invalidate` could come between another's look and its write.

use std::{
    fmt,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use ::moka::{Entry, notification::RemovalCause, ops::compute::Op, policy::EvictionPolicy, sync::Cache};

use super::life::{FreeAt, Timed};
use crate::domain::Timestamp;

pub(super) struct Room<K, V> {
    cache: Cache<K, Timed<V>>,
    tally: Arc<Tally>,
}

#[derive(Default)]
struct Tally {
    /// The latest `now` that anybody came with, in milliseconds.
    latest: AtomicU64,
    evictions: AtomicU64,
}

impl Tally {
    fn latest(&self) -> Timestamp {
        Timestamp::from_millis(self.latest.load(Ordering::Relaxed))
    }
}

impl<K, V> Room<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn new(capacity: u64) -> Self {
        let tally = Arc::new(Tally::default());
        let counting = Arc::clone(&tally);
        let cache = Cache::builder()
            .max_capacity(capacity)
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(FreeAt)
            .eviction_listener(move |_, entry: Timed<V>, cause| {
                if cause == RemovalCause::Size && entry.lives(counting.latest()) {
                    counting.evictions.fetch_add(1, Ordering::Relaxed);
                }
            })
            .build();
        Self { cache, tally }
    }

    /// What lives under a key at `now`.
    pub(super) fn live(&self, key: &K, now: Timestamp) -> Option<Timed<V>> {
        self.note(now);
        self.cache.get(key).filter(|entry| entry.lives(now))
    }

    /// Decides, alone, about what lives under a key at `now`.
    pub(super) fn change_live(
        &self,
        key: K,
        now: Timestamp,
        decide: impl FnOnce(Option<Timed<V>>) -> Op<Timed<V>>,
    ) {
        self.note(now);
        self.change(key, |entry| decide(entry.filter(|entry| entry.lives(now))));
    }

    /// Decides, alone, about what lies under a key, whether it lives or not.
    pub(super) fn change(&self, key: K, decide: impl FnOnce(Option<Timed<V>>) -> Op<Timed<V>>) {
        self.cache.entry(key).and_compute_with(|entry| decide(entry.map(Entry::into_value)));
    }

    pub(super) fn remove(&self, key: K) {
        self.change(key, |_| Op::Remove);
    }

    /// The latest time that anybody came with: now, or a little before.
    pub(super) fn latest(&self) -> Timestamp {
        self.tally.latest()
    }

    /// How many entries were pushed out while they lived.
    pub(super) fn evictions(&self) -> u64 {
        // moka makes room in batches; this does what is due.
        self.cache.run_pending_tasks();
        self.tally.evictions.load(Ordering::Relaxed)
    }

    fn note(&self, now: Timestamp) {
        self.tally.latest.fetch_max(now.as_millis(), Ordering::Relaxed);
    }
}

impl<K, V> fmt::Debug for Room<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("evictions", &self.tally.evictions).finish_non_exhaustive()
    }
}
