//! JWTs that were verified once. Found by the tail of the signature, accepted on equality of the whole
//! text; a remembered one still asks whether its session lives.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;

use crate::{
    domain::Timestamp,
    token::{JwtSession, constant_time_eq},
};

/// No JWT lives longer; by then moka may free the entry.
const LIFETIME: Duration = Duration::from_secs(300);

const CAPACITY: u64 = 100_000;

type Tail = [u8; 16];

#[derive(Debug)]
struct Remembered {
    text: Box<str>,
    proves: JwtSession,
}

#[derive(Debug)]
pub(crate) struct JwtMemory(Cache<Tail, Arc<Remembered>>);

impl JwtMemory {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(CAPACITY).time_to_live(LIFETIME).build())
    }

    pub(crate) fn find(&self, text: &str, now: Timestamp) -> Option<JwtSession> {
        let remembered = self.0.get(&tail(text)?)?;
        let same = constant_time_eq(remembered.text.as_bytes(), text.as_bytes());
        (same && now < remembered.proves.expires_at).then(|| remembered.proves.clone())
    }

    pub(crate) fn remember(&self, text: &str, proves: JwtSession) {
        if let Some(tail) = tail(text) {
            self.0.insert(tail, Arc::new(Remembered { text: text.into(), proves }));
        }
    }

    /// Forgets everything, as when a key is retired.
    pub(crate) fn forget_all(&self) {
        self.0.invalidate_all();
    }
}

fn tail(text: &str) -> Option<Tail> {
    text.as_bytes().last_chunk().copied()
}
