//! When wrong second factors lock a member.

use super::people::{HOUR, MILLI, MINUTE, NOW};
use crate::{
    domain::{Lockout, Timestamp},
    judge::LockoutPolicy,
};

const POLICY: LockoutPolicy = LockoutPolicy { threshold: 3, duration: HOUR };

fn failed(times: u32, policy: LockoutPolicy) -> Lockout {
    (0..times).fold(Lockout::default(), |lockout, _| lockout.failed(policy, NOW))
}

#[test]
fn ten_in_a_row_lock_for_an_hour() {
    assert_eq!(LockoutPolicy::default(), LockoutPolicy { threshold: 10, duration: HOUR });
    assert!(!failed(9, LockoutPolicy::default()).is_locked(NOW));
    assert!(failed(10, LockoutPolicy::default()).is_locked(NOW));
}

#[test]
fn at_the_threshold_and_not_before() {
    for (times, locked) in [(0, false), (1, false), (2, false), (3, true), (4, true)] {
        let lockout = failed(times, POLICY);
        assert_eq!(lockout.failures, times);
        assert_eq!(lockout.is_locked(NOW), locked);
        let until = locked.then(|| NOW.after(HOUR));
        assert_eq!((lockout.locked_at, lockout.locked_until), (locked.then_some(NOW), until));
    }
    assert!(failed(1, LockoutPolicy { threshold: 1, ..POLICY }).is_locked(NOW));
}

#[test]
fn a_lock_runs_out_to_the_millisecond() {
    let lockout = failed(3, POLICY);
    let end = NOW.after(HOUR);
    for (now, locked) in [
        (NOW.before(HOUR), true),
        (NOW, true),
        (end.before(MILLI), true),
        (end, false),
        (Timestamp::MAX, false),
    ] {
        assert_eq!(lockout.is_locked(now), locked, "{now}");
    }
}

#[test]
fn a_lock_that_has_run_out_starts_a_new_count() {
    let lockout = failed(3, POLICY);
    let end = NOW.after(HOUR);
    let anew = lockout.failed(POLICY, end);
    assert_eq!(anew, Lockout { failures: 1, locked_at: None, locked_until: None });
    assert!(!anew.failed(POLICY, end).is_locked(end));
    assert!(anew.failed(POLICY, end).failed(POLICY, end).is_locked(end));
    // Until then no failure opens it.
    for now in [NOW, NOW.after(MINUTE), end.before(MILLI)] {
        assert!(lockout.failed(POLICY, now).is_locked(end.before(MILLI)));
        assert!(lockout.failed(POLICY, now).failures > 3);
    }
}

/// Without a lock only a right factor ends a count, not time.
#[test]
fn time_alone_forgives_nothing() {
    let lockout = failed(2, POLICY);
    assert!(lockout.failed(POLICY, NOW.after(1000 * HOUR)).is_locked(NOW.after(1000 * HOUR)));
}

#[test]
fn the_count_does_not_wrap() {
    let many = Lockout { failures: u32::MAX, ..Lockout::default() };
    assert!(many.failed(POLICY, NOW).is_locked(NOW));
}
