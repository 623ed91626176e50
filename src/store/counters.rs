//! Counts of what may happen so and so often. They lie apart from everything else, so that no flood of
//! one pushes out the other.

use std::time::Duration;

use super::Answer;
use crate::domain::Timestamp;

/// What is counted, such as `email-send/ada@example.com`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CounterKey(String);

impl CounterKey {
    /// A key of an action and whom or what it concerns.
    #[must_use]
    pub fn new(action: &'static str, subject: impl AsRef<str>) -> Self {
        Self(format!("{action}/{}", subject.as_ref()))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Counters in fixed windows: a count starts with its first increment and ends a window later.
pub trait Counters: Send + Sync + 'static {
    /// Counts one more, unless `limit` is reached: the new count, or nothing.
    fn increment_below<'a>(
        &'a self,
        key: &'a CounterKey,
        limit: u32,
        window: Duration,
        now: Timestamp,
    ) -> Answer<'a, Option<u32>>;

    /// Takes one back that was counted too many, in the same window.
    fn give_back<'a>(&'a self, key: &'a CounterKey, now: Timestamp) -> Answer<'a, ()>;
}
