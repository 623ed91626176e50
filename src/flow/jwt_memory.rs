//! JWTs that were verified once. Found by the tail of the signature, accepted on equality of the whole
//! text; a remembered one of this deployment still asks whether its session lives.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::{policy::EvictionPolicy, sync::Cache};

use crate::domain::Timestamp;

/// No JWT lives longer; by then moka may free the entry.
const LIFETIME: Duration = Duration::from_secs(300);

type Tail = [u8; 16];

/// A JWT that was verified, and what it proves.
#[derive(Debug)]
pub(crate) struct Remembered<T> {
    text: Box<str>,
    pub(crate) proves: T,
    expires_at: Timestamp,
    round: u64,
}

pub(crate) struct JwtMemory<T> {
    cache: Cache<Tail, Arc<Remembered<T>>>,
    /// Moves when everything is forgotten: what was verified before counts no more.
    round: AtomicU64,
}

impl<T: Send + Sync + 'static> JwtMemory<T> {
    /// Remembers so many. The newest stay: those that people use now.
    pub(crate) fn new(capacity: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(capacity)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(LIFETIME)
            .build();
        Self { cache, round: AtomicU64::new(0) }
    }

    pub(crate) fn find(&self, text: &[u8], now: Timestamp) -> Option<Arc<Remembered<T>>> {
        let remembered = self.cache.get(text.last_chunk()?)?;
        // Whoever gets here knows 96 bits of the signature: how long this takes tells them nothing.
        let same = remembered.text.as_bytes() == text;
        let counts = remembered.round == self.round() && now < remembered.expires_at;
        (same && counts).then_some(remembered)
    }

    /// To be taken before a JWT is verified.
    pub(crate) fn round(&self) -> u64 {
        self.round.load(Ordering::Acquire)
    }

    pub(crate) fn remember(&self, text: &str, proves: T, expires_at: Timestamp, round: u64) {
        if let Some(tail) = text.as_bytes().last_chunk() {
            let remembered = Remembered { text: text.into(), proves, expires_at, round };
            self.cache.insert(*tail, Arc::new(remembered));
        }
    }

    /// Forgets everything, as when a key is retired.
    pub(crate) fn forget_all(&self) {
        self.round.fetch_add(1, Ordering::AcqRel);
        self.cache.invalidate_all();
    }
}
