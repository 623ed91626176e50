//! The trait over the caches.

use ::moka::ops::compute::Op;

use super::{life::Timed, room::Room, sessions::Held};
use crate::{
    domain::{
        Challenge, Digest, EmailCode, FactorDemand, IntermediateSession, ReturnTo, SessionId, Timestamp,
    },
    store::{Answer, Attempt, CodeKey, TransientStore, TriedCode},
};

/// How much a [`MokaTransient`] holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransientCapacity {
    /// Intermediate sessions; 100,000 by default.
    pub intermediate_sessions: u64,
    /// Codes sent by email; 100,000 by default.
    pub codes: u64,
    /// Sessions with step-up challenges, of which each has 8 at most; 10,000 by default.
    pub challenged_sessions: u64,
    /// Destinations of browsers; 100,000 by default.
    pub destinations: u64,
}

impl Default for TransientCapacity {
    fn default() -> Self {
        Self {
            intermediate_sessions: 100_000,
            codes: 100_000,
            challenged_sessions: 10_000,
            destinations: 100_000,
        }
    }
}

/// Intermediate sessions, codes and challenges in this process; gone when it ends.
///
/// Each kind has a cache of its own, so that a flood of one pushes out no other.
#[derive(Debug)]
pub struct MokaTransient {
    sessions: Room<Digest, Held>,
    codes: Room<CodeKey, EmailCode>,
    challenges: Room<SessionId, Vec<Challenge>>,
    destinations: Room<Digest, ReturnTo>,
}

impl MokaTransient {
    /// An empty store of the default capacity.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(TransientCapacity::default())
    }

    /// An empty store of the given capacity.
    #[must_use]
    pub fn with_capacity(capacity: TransientCapacity) -> Self {
        Self {
            sessions: Room::new(capacity.intermediate_sessions),
            codes: Room::new(capacity.codes),
            challenges: Room::new(capacity.challenged_sessions),
            destinations: Room::new(capacity.destinations),
        }
    }
}

impl Default for MokaTransient {
    fn default() -> Self {
        Self::new()
    }
}

impl TransientStore for MokaTransient {
    fn insert<'a>(&'a self, key: Digest, session: IntermediateSession, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(async move {
            self.sessions.insert(key, session, now);
            Ok(())
        })
    }

    fn get(&self, key: Digest, now: Timestamp) -> Answer<'_, Option<IntermediateSession>> {
        Box::pin(async move { Ok(self.sessions.session(key, now)) })
    }

    fn replace_if<'a>(
        &'a self,
        key: Digest,
        seen: &'a IntermediateSession,
        session: IntermediateSession,
        now: Timestamp,
    ) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.sessions.replace_if(key, seen, session, now)) })
    }

    fn claim<'a>(
        &'a self,
        key: Digest,
        seen: &'a IntermediateSession,
        attempt: Attempt,
        lease_ends: Timestamp,
        now: Timestamp,
    ) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.sessions.claim(key, seen, attempt, lease_ends, now)) })
    }

    fn consume(&self, key: Digest, attempt: Attempt) -> Answer<'_, bool> {
        Box::pin(async move { Ok(self.sessions.consume(key, attempt)) })
    }

    fn release(&self, key: Digest, attempt: Attempt) -> Answer<'_, ()> {
        Box::pin(async move {
            self.sessions.release(key, attempt);
            Ok(())
        })
    }

    fn discard(&self, key: Digest) -> Answer<'_, ()> {
        Box::pin(async move {
            self.sessions.remove(key);
            Ok(())
        })
    }

    fn put_code<'a>(&'a self, key: &'a CodeKey, code: EmailCode, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(async move {
            self.codes.put(key.clone(), code, now);
            Ok(())
        })
    }

    fn code<'a>(&'a self, key: &'a CodeKey, now: Timestamp) -> Answer<'a, Option<EmailCode>> {
        Box::pin(async move { Ok(self.codes.code(key, now)) })
    }

    fn try_code<'a>(&'a self, key: &'a CodeKey, digest: Digest, now: Timestamp) -> Answer<'a, TriedCode> {
        Box::pin(async move { Ok(self.codes.attempt(key.clone(), digest, now)) })
    }

    fn drop_code<'a>(&'a self, key: &'a CodeKey) -> Answer<'a, ()> {
        Box::pin(async move {
            self.codes.remove(key.clone());
            Ok(())
        })
    }

    fn challenge<'a>(
        &'a self,
        session_id: &'a SessionId,
        challenge: Challenge,
        now: Timestamp,
    ) -> Answer<'a, Challenge> {
        Box::pin(async move { Ok(self.challenges.open(session_id, challenge, now)) })
    }

    fn challenges<'a>(&'a self, session_id: &'a SessionId, now: Timestamp) -> Answer<'a, Vec<Challenge>> {
        Box::pin(async move { Ok(self.challenges.open_ones(session_id, now)) })
    }

    fn close_challenge<'a>(
        &'a self,
        session_id: &'a SessionId,
        demand: &'a FactorDemand,
        nonce: [u8; 16],
    ) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.challenges.close(session_id, demand, nonce)) })
    }

    fn put_destination(
        &self,
        browser: Digest,
        return_to: ReturnTo,
        until: Timestamp,
        now: Timestamp,
    ) -> Answer<'_, ()> {
        Box::pin(async move {
            self.destinations.change_live(browser, now, |_| Op::Put(Timed::new(return_to, until, now)));
            Ok(())
        })
    }

    fn destination(&self, browser: Digest, now: Timestamp) -> Answer<'_, Option<ReturnTo>> {
        Box::pin(async move { Ok(self.destinations.live(&browser, now).map(|entry| entry.value)) })
    }

    fn evictions(&self) -> u64 {
        self.sessions.evictions()
            + self.codes.evictions()
            + self.challenges.evictions()
            + self.destinations.evictions()
    }
}
