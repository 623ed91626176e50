//! JWTs that were verified once. Found by the tail of the signature, accepted on equality of the whole
//! text; a remembered one still asks whether its session lives.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::{policy::EvictionPolicy, sync::Cache};

use crate::{domain::Timestamp, token::JwtSession};

/// No JWT lives longer; by then moka may free the entry.
const LIFETIME: Duration = Duration::from_secs(300);

type Tail = [u8; 16];

/// A JWT that was verified.
#[derive(Debug)]
pub(crate) struct Remembered {
    text: Box<str>,
    pub(crate) proves: JwtSession,
    round: u64,
}

#[derive(Debug)]
pub(crate) struct JwtMemory {
    cache: Cache<Tail, Arc<Remembered>>,
    /// Moves when everything is forgotten: what was verified before counts no more.
    round: AtomicU64,
}

impl JwtMemory {
    /// Remembers so many. The newest stay: those that people use now.
    pub(crate) fn new(capacity: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(capacity)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(LIFETIME)
            .build();
        Self { cache, round: AtomicU64::new(0) }
    }

    pub(crate) fn find(&self, text: &[u8], now: Timestamp) -> Option<Arc<Remembered>> {
        let remembered = self.cache.get(text.last_chunk()?)?;
        // Whoever gets here knows 96 bits of the signature: how long this takes tells them nothing.
        let same = remembered.text.as_bytes() == text;
        let counts = remembered.round == self.round() && now < remembered.proves.expires_at;
        (same && counts).then_some(remembered)
    }

    /// To be taken before a JWT is verified.
    pub(crate) fn round(&self) -> u64 {
        self.round.load(Ordering::Acquire)
    }

    pub(crate) fn remember(&self, text: &str, proves: JwtSession, round: u64) {
        if let Some(tail) = text.as_bytes().last_chunk() {
            self.cache.insert(*tail, Arc::new(Remembered { text: text.into(), proves, round }));
        }
    }

    /// Forgets everything, as when a key is retired.
    pub(crate) fn forget_all(&self) {
        self.round.fetch_add(1, Ordering::AcqRel);
        self.cache.invalidate_all();
    }
}
