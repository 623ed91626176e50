//! Links sent by email: durable, so that one sent before a restart works after it.

use super::Answer;
use crate::domain::{Digest, MagicLink, Timestamp};

/// What became of an attempt to use a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenLink {
    /// It was good, and is used now.
    Fresh(MagicLink),
    /// It was used before, or is too old.
    Spent,
    /// There is none.
    Unknown,
}

/// Links sent by email.
pub trait LinkStore: Send + Sync + 'static {
    /// Stores a link. A repeat of the same link changes nothing, used or not; `Taken` when its digest
    /// is another's. Links that expired a week before `now` may be removed on the way.
    fn put<'a>(&'a self, link: &'a MagicLink, now: Timestamp) -> Answer<'a, ()>;

    /// A link that is good at `now`, left as it is.
    fn peek<'a>(&'a self, digest: &'a Digest, now: Timestamp) -> Answer<'a, Option<MagicLink>>;

    /// Uses a link up: of many at once, one gets it.
    fn take<'a>(&'a self, digest: &'a Digest, now: Timestamp) -> Answer<'a, TakenLink>;
}
