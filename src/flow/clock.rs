//! The clock's seam. The edge reads it once a request; below, time is an argument.

#[cfg(not(target_os = "linux"))]
use std::time::{SystemTime, UNIX_EPOCH};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::domain::Timestamp;

/// Says what time it is.
pub trait Clock: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;
}

/// The system's clock; on Linux the time of the kernel's last tick, at most ten milliseconds ago, which is read in
/// a fifth of the time and stalls no more than the clock itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(target_os = "linux")]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
        let (seconds, millis) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec / 1_000_000));
        Timestamp::from_millis(seconds.unwrap_or_default().saturating_mul(1_000) + millis.unwrap_or_default())
    }
}

#[cfg(not(target_os = "linux"))]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// A clock that never runs backwards, whatever the one behind it does.
#[derive(Clone)]
pub(crate) struct EdgeClock {
    source: Arc<dyn Clock>,
    latest: Arc<AtomicU64>,
}

impl EdgeClock {
    /// A clock that starts at no less than `least`, the last time that was stored.
    pub(crate) fn new(source: Arc<dyn Clock>, least: Timestamp) -> Self {
        Self { source, latest: Arc::new(AtomicU64::new(least.as_millis())) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let now = self.source.now().as_millis();
        let latest = self.latest.load(Ordering::Relaxed);
        // Written at most once a millisecond, so that cores seldom contend for it.
        let effective =
            if now > latest { self.latest.fetch_max(now, Ordering::Relaxed).max(now) } else { latest };
        Timestamp::from_millis(effective)
    }
}

impl fmt::Debug for EdgeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EdgeClock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Jumping(AtomicU64);

    impl Clock for Jumping {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn never_runs_backwards() {
        let source = Arc::new(Jumping(AtomicU64::new(1_000)));
        let clock = EdgeClock::new(source.clone(), Timestamp::from_millis(5_000));
        assert_eq!(clock.now().as_millis(), 5_000);
        source.0.store(9_000, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 9_000);
        source.0.store(3_600_000, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 3_600_000);
        source.0.store(9_000, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 3_600_000);
    }
}
