//! How long sessions live.

use std::{fmt, time::Duration};

/// A session's length as calls ask for it: 5 to 527,040 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionDuration(u32);

/// A length that no session can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidDuration;

impl fmt::Display for InvalidDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a session lasts 5 to 527040 minutes")
    }
}

impl std::error::Error for InvalidDuration {}

impl SessionDuration {
    /// A length in minutes.
    ///
    /// # Errors
    /// [`InvalidDuration`] outside 5 to 527,040.
    pub const fn from_minutes(minutes: u32) -> Result<Self, InvalidDuration> {
        if minutes >= 5 && minutes <= 527_040 { Ok(Self(minutes)) } else { Err(InvalidDuration) }
    }

    pub(crate) fn as_duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0) * 60)
    }
}

impl Default for SessionDuration {
    /// 60 minutes.
    fn default() -> Self {
        Self(60)
    }
}

/// The limits that bind every session, whatever a call asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// How long a session lasts when the call that opens it names no length. 60 minutes.
    pub duration: SessionDuration,
    /// The longest a session can last, however often it is extended. 12 hours.
    pub absolute: Duration,
    /// How long a session may lie unused. 12 hours.
    pub idle: Duration,
    /// Whether a session that already lives is judged anew when its organization has come to demand
    /// more factors. Off: such demands count from the next sign-in on.
    pub rejudge: bool,
    /// Whether a second factor that was enrolled in a session may answer that session's challenges.
    /// Off: it counts from the next sign-in on.
    pub enrolled_answers: bool,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            duration: SessionDuration::default(),
            absolute: Duration::from_secs(12 * 3600),
            idle: Duration::from_secs(12 * 3600),
            rejudge: false,
            enrolled_answers: false,
        }
    }
}
