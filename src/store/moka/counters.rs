//! Counters in fixed windows.

use std::time::Duration;

use ::moka::ops::compute::Op;

use super::{life::Timed, room::Room};
use crate::{
    domain::Timestamp,
    store::{Answer, CounterKey, Counters},
};

/// Counters in this process; gone when it ends.
#[derive(Debug)]
pub struct MokaCounters(Room<CounterKey, u32>);

impl MokaCounters {
    /// How many counts are kept unless configured otherwise.
    pub const CAPACITY: u64 = 500_000;

    /// No counts yet, and room for [`CAPACITY`](Self::CAPACITY) of them.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(Self::CAPACITY)
    }

    /// No counts yet, and room for so many.
    #[must_use]
    pub fn with_capacity(capacity: u64) -> Self {
        Self(Room::new(capacity))
    }

    /// How many counts were pushed out before their window ended, since the start. Where this grows,
    /// somebody floods the counters, and limits count anew too early: give them more room.
    #[must_use]
    pub fn evictions(&self) -> u64 {
        self.0.evictions()
    }
}

impl Default for MokaCounters {
    fn default() -> Self {
        Self::new()
    }
}

impl Counters for MokaCounters {
    fn increment_below<'a>(
        &'a self,
        key: &'a CounterKey,
        limit: u32,
        window: Duration,
        now: Timestamp,
    ) -> Answer<'a, Option<u32>> {
        Box::pin(async move {
            let mut counted = None;
            self.0.change_live(key.clone(), now, |live| {
                let count = live.as_ref().map_or(0, |entry| entry.value);
                if count >= limit {
                    return Op::Nop;
                }
                counted = Some(count + 1);
                Op::Put(match live {
                    Some(entry) => entry.with(count + 1),
                    None => Timed::new(1, now.after(window), now),
                })
            });
            Ok(counted)
        })
    }

    fn give_back<'a>(&'a self, key: &'a CounterKey, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(async move {
            self.0.change_live(key.clone(), now, |live| match live {
                Some(entry) if entry.value > 1 => Op::Put(entry.with(entry.value - 1)),
                _ => Op::Remove,
            });
            Ok(())
        })
    }
}
