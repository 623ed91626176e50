//! What may be lost without granting anything: intermediate sessions, short codes, challenges.

use super::Answer;
use crate::domain::{
    Challenge, Digest, EmailAddress, EmailCode, FactorDemand, IntermediateSession, ReturnTo, Scope,
    SessionId, Timestamp,
};

/// Names one attempt to use an intermediate session up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt(pub [u8; 16]);

/// By what a code sent by email is found again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CodeKey {
    /// By the browser that asked for it: only there it can be typed.
    Browser(Digest),
    /// By what a program says along with it.
    Address(Scope, EmailAddress),
    /// By the session that is challenged.
    Session(SessionId),
}

/// What became of a code that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriedCode {
    /// It was right, and is used up.
    Right(EmailCode),
    /// It was wrong; this many tries are left.
    Wrong(u32),
    /// There is none, or it has expired, was used, or died of wrong tries.
    Gone,
}

/// Intermediate sessions, codes sent by email, and step-up challenges.
///
/// Each entry carries its own deadline, and nothing is given out at or after it.
pub trait TransientStore: Send + Sync + 'static {
    /// Stores an intermediate session under the digest of its token. Where one lives there already, it
    /// stays as it is, claimed or not: a repeat changes nothing.
    fn insert<'a>(&'a self, key: Digest, session: IntermediateSession, now: Timestamp) -> Answer<'a, ()>;

    /// An intermediate session that lives and is not claimed.
    fn get(&self, key: Digest, now: Timestamp) -> Answer<'_, Option<IntermediateSession>>;

    /// Replaces an intermediate session that lives, is not claimed and still is `seen`. Its deadline
    /// stays what it was.
    fn replace_if<'a>(
        &'a self,
        key: Digest,
        seen: &'a IntermediateSession,
        session: IntermediateSession,
        now: Timestamp,
    ) -> Answer<'a, bool>;

    /// Reserves an intermediate session, if it still is `seen`, for one attempt until `lease_ends`.
    /// While it is claimed nobody else gets it; from `lease_ends` on it counts as free.
    fn claim<'a>(
        &'a self,
        key: Digest,
        seen: &'a IntermediateSession,
        attempt: Attempt,
        lease_ends: Timestamp,
        now: Timestamp,
    ) -> Answer<'a, bool>;

    /// Removes an intermediate session that this attempt has claimed.
    fn consume(&self, key: Digest, attempt: Attempt) -> Answer<'_, bool>;

    /// Gives back an intermediate session that this attempt has claimed.
    fn release(&self, key: Digest, attempt: Attempt) -> Answer<'_, ()>;

    /// Removes an intermediate session, claimed or not.
    fn discard(&self, key: Digest) -> Answer<'_, ()>;

    /// Stores a code; an earlier one under the same key is gone.
    fn put_code<'a>(&'a self, key: &'a CodeKey, code: EmailCode, now: Timestamp) -> Answer<'a, ()>;

    /// A code that is good at `now`, left as it is.
    fn code<'a>(&'a self, key: &'a CodeKey, now: Timestamp) -> Answer<'a, Option<EmailCode>>;

    /// Compares, counts and takes in one: a right code is used up, a wrong one costs a try, and the
    /// last wrong one ends it.
    fn try_code<'a>(&'a self, key: &'a CodeKey, digest: Digest, now: Timestamp) -> Answer<'a, TriedCode>;

    /// Removes a code.
    fn drop_code<'a>(&'a self, key: &'a CodeKey) -> Answer<'a, ()>;

    /// Stores a challenge for a session. Where one with the same demand lives, that one stays, with
    /// its nonce and deadline, and only learns the new destination, if there is one, and that nothing
    /// was done, if so. Answers the one that is stored. A
    /// session has at most 8; the oldest makes room.
    fn challenge<'a>(
        &'a self,
        session_id: &'a SessionId,
        challenge: Challenge,
        now: Timestamp,
    ) -> Answer<'a, Challenge>;

    /// The challenges of a session that live.
    fn challenges<'a>(&'a self, session_id: &'a SessionId, now: Timestamp) -> Answer<'a, Vec<Challenge>>;

    /// Takes one challenge of a session away; false when it was gone already.
    fn close_challenge<'a>(
        &'a self,
        session_id: &'a SessionId,
        demand: &'a FactorDemand,
        nonce: [u8; 16],
    ) -> Answer<'a, bool>;

    /// Remembers where a browser's person wants to go.
    fn put_destination(
        &self,
        browser: Digest,
        return_to: ReturnTo,
        until: Timestamp,
        now: Timestamp,
    ) -> Answer<'_, ()>;

    /// Where a browser's person wants to go, if that is remembered at `now`.
    fn destination(&self, browser: Digest, now: Timestamp) -> Answer<'_, Option<ReturnTo>>;

    /// How many live entries were pushed out for want of room since the start.
    fn evictions(&self) -> u64;
}
