//! How long an entry lives, and how long it takes up memory.

use std::time::{Duration, Instant};

use ::moka::Expiry;

use crate::domain::Timestamp;

/// Memory is freed this much later than needed, so that a clock that is set back by a little does not
/// make moka decide.
const SLACK: Duration = Duration::from_secs(60);

/// Far beyond every lifetime, and small enough to be added to any [`Instant`].
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

/// A value with the end of its life.
#[derive(Clone, Debug)]
pub(super) struct Timed<V> {
    pub(super) value: V,
    deadline: Timestamp,
    free_at: Instant,
}

impl<V> Timed<V> {
    /// A value that lives until `deadline`, stored at `now`.
    pub(super) fn new(value: V, deadline: Timestamp, now: Timestamp) -> Self {
        let span = deadline.since(now).unwrap_or_default().min(LONGEST);
        Self { value, deadline, free_at: Instant::now() + span + SLACK }
    }

    /// Another value with the same end.
    pub(super) fn with(&self, value: V) -> Self {
        Self { value, deadline: self.deadline, free_at: self.free_at }
    }

    pub(super) fn deadline(&self) -> Timestamp {
        self.deadline
    }

    pub(super) fn lives(&self, now: Timestamp) -> bool {
        now < self.deadline
    }
}

/// Tells moka when an entry's memory can go. It is a point in time that each value carries, so no
/// use and no change of an entry moves it.
pub(super) struct FreeAt;

impl<K, V> Expiry<K, Timed<V>> for FreeAt {
    fn expire_after_create(&self, _: &K, entry: &Timed<V>, at: Instant) -> Option<Duration> {
        Some(entry.free_at.saturating_duration_since(at))
    }

    // What was put in another's place, such as a code that is sent again, has an end of its own.
    fn expire_after_update(
        &self,
        _: &K,
        entry: &Timed<V>,
        at: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.free_at.saturating_duration_since(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_does_not_move_the_end() {
        let now = Timestamp::from_millis(1_000);
        let first = Timed::new(1, now.after(Duration::from_secs(600)), now);
        let at = Instant::now();
        let created = FreeAt.expire_after_create(&(), &first, at).unwrap();
        assert!(created > Duration::from_secs(655) && created <= Duration::from_secs(660));
        let later = at + Duration::from_secs(100);
        let updated = FreeAt.expire_after_update(&(), &first.with(2), later, Some(created)).unwrap();
        assert_eq!(created.checked_sub(updated), Some(Duration::from_secs(100)));
    }

    #[test]
    fn endless_spans_fit() {
        let entry = Timed::new((), Timestamp::MAX, Timestamp::default());
        assert!(FreeAt.expire_after_create(&(), &entry, Instant::now()).unwrap() >= LONGEST);
    }
}
