//! Counts of how often members' credentials have changed on this node: who keeps what it made of them sees
//! by the count whether it still holds.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::domain::MemberId;

/// So many counts; members who share one only make each other look again.
const COUNTS: usize = 1024;

#[derive(Debug)]
pub(crate) struct Stamps {
    counts: Box<[AtomicU64]>,
    spread: RandomState,
}

impl Default for Stamps {
    fn default() -> Self {
        Self { counts: (0..COUNTS).map(|_| AtomicU64::new(0)).collect(), spread: RandomState::new() }
    }
}

impl Stamps {
    /// Notes that a member's credentials have changed, or may have.
    pub(super) fn changed(&self, member_id: &MemberId) {
        self.count(member_id).fetch_add(1, Ordering::AcqRel);
    }

    /// The count of a member, to be taken before their credentials are read.
    #[cfg(feature = "wire-api")]
    pub(crate) fn of(&self, member_id: &MemberId) -> u64 {
        self.count(member_id).load(Ordering::Acquire)
    }

    fn count(&self, member_id: &MemberId) -> &AtomicU64 {
        let place = self.spread.hash_one(member_id) % COUNTS as u64;
        &self.counts[usize::try_from(place).unwrap_or_default()]
    }
}
