//! When too many wrong second factors close a member's door for a while.

use std::time::Duration;

use crate::domain::{Lockout, Timestamp};

/// How many wrong second factors in a row lock a member, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// Wrong second factors in a row; 1 to 100, by default 10.
    pub threshold: u32,
    /// How long the lock holds; 5 minutes to 7 days, by default 1 hour.
    pub duration: Duration,
}

impl Default for LockoutPolicy {
    fn default() -> Self {
        Self { threshold: 10, duration: Duration::from_secs(3600) }
    }
}

impl Lockout {
    /// Whether second factors are refused at `now`.
    #[must_use]
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// The count after one more wrong factor. A lock that has run out starts a new count.
    #[must_use]
    pub fn failed(self, policy: LockoutPolicy, now: Timestamp) -> Self {
        let ran_out = self.locked_until.is_some_and(|until| until <= now);
        let failures = if ran_out { 1 } else { self.failures.saturating_add(1) };
        if failures < policy.threshold {
            return Self { failures, locked_at: None, locked_until: None };
        }
        Self { failures, locked_at: Some(now), locked_until: Some(now.after(policy.duration)) }
    }
}
