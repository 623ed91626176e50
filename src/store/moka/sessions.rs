//! Intermediate sessions, and who is using one up.

use ::moka::ops::compute::Op;

use super::{life::Timed, room::Room};
use crate::{
    domain::{Digest, IntermediateSession, Timestamp},
    store::Attempt,
};

#[derive(Clone, Debug)]
pub(super) struct Held {
    session: IntermediateSession,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Free,
    Claimed { attempt: Attempt, lease_ends: Timestamp },
}

impl Held {
    fn free(session: IntermediateSession) -> Self {
        Self { session, state: State::Free }
    }

    fn is_free(&self, now: Timestamp) -> bool {
        match self.state {
            State::Free => true,
            State::Claimed { lease_ends, .. } => now >= lease_ends,
        }
    }

    fn is_claimed_by(&self, by: Attempt) -> bool {
        matches!(self.state, State::Claimed { attempt, .. } if attempt == by)
    }
}

impl Room<Digest, Held> {
    pub(super) fn insert(&self, key: Digest, session: IntermediateSession, now: Timestamp) {
        let deadline = session.expires_at;
        let entry = Timed::new(Held::free(session), deadline, now);
        self.change_live(key, now, |live| match live {
            None if entry.lives(now) => Op::Put(entry),
            // A repeated insert must not free what was claimed in between.
            _ => Op::Nop,
        });
    }

    pub(super) fn session(&self, key: Digest, now: Timestamp) -> Option<IntermediateSession> {
        let held = self.live(&key, now)?.value;
        held.is_free(now).then_some(held.session)
    }

    pub(super) fn replace_if(
        &self,
        key: Digest,
        seen: &IntermediateSession,
        mut session: IntermediateSession,
        now: Timestamp,
    ) -> bool {
        let mut replaced = false;
        self.change_live(key, now, |live| match live {
            Some(entry) if entry.value.is_free(now) && entry.value.session == *seen => {
                replaced = true;
                session.expires_at = entry.deadline();
                Op::Put(entry.with(Held::free(session)))
            }
            _ => Op::Nop,
        });
        replaced
    }

    pub(super) fn claim(
        &self,
        key: Digest,
        seen: &IntermediateSession,
        attempt: Attempt,
        lease_ends: Timestamp,
        now: Timestamp,
    ) -> bool {
        let mut claimed = false;
        self.change_live(key, now, |live| match live {
            Some(mut entry) if entry.value.is_free(now) && entry.value.session == *seen => {
                claimed = true;
                entry.value.state = State::Claimed { attempt, lease_ends };
                Op::Put(entry)
            }
            _ => Op::Nop,
        });
        claimed
    }

    pub(super) fn consume(&self, key: Digest, attempt: Attempt) -> bool {
        let mut consumed = false;
        self.change(key, |entry| match entry {
            Some(entry) if entry.value.is_claimed_by(attempt) => {
                consumed = true;
                Op::Remove
            }
            _ => Op::Nop,
        });
        consumed
    }

    pub(super) fn release(&self, key: Digest, attempt: Attempt) {
        self.change(key, |entry| match entry {
            Some(mut entry) if entry.value.is_claimed_by(attempt) => {
                entry.value.state = State::Free;
                Op::Put(entry)
            }
            _ => Op::Nop,
        });
    }
}
