//! A session in use: when it holds, and when its use is noted.

use super::people::{HOUR, MILLI, MINUTE, NOW, Scene};
use crate::judge::SessionPolicy;

fn idle(minutes: u32) -> Scene {
    let policy = SessionPolicy { idle: minutes * MINUTE, ..SessionPolicy::default() };
    Scene { policy, ..Scene::new() }
}

#[test]
fn noted_at_most_once_a_minute() {
    let session = Scene::new().signed_in();
    assert!(!session.touch(NOW));
    assert!(!session.touch(NOW.after(MINUTE).before(MILLI)));
    assert_eq!(session.last_accessed_at(), NOW);
    let first = NOW.after(MINUTE);
    assert!(session.touch(first));
    assert!(!session.touch(first));
    assert!(!session.touch(first.after(MINUTE).before(MILLI)));
    assert_eq!(session.last_accessed_at(), first);
    assert!(session.touch(first.after(MINUTE)));
}

#[test]
fn use_keeps_it_from_idling_and_from_nothing_else() {
    let session = idle(20).signed_in();
    for minute in (10..60).step_by(10) {
        assert!(session.touch(NOW.after(minute * MINUTE)));
        assert!(session.holds_at(NOW.after(minute * MINUTE)));
    }
    assert!(session.holds_at(NOW.after(HOUR).before(MILLI)));
    assert!(!session.holds_at(NOW.after(HOUR)));
    assert_eq!(session.expires_at(), NOW.after(HOUR));
}

#[test]
fn idle_to_the_millisecond() {
    let session = idle(20).signed_in();
    assert!(session.holds_at(NOW.after(20 * MINUTE).before(MILLI)));
    assert!(!session.holds_at(NOW.after(20 * MINUTE)));
    assert!(session.touch(NOW.after(10 * MINUTE)));
    assert!(session.holds_at(NOW.after(30 * MINUTE).before(MILLI)));
    assert!(!session.holds_at(NOW.after(30 * MINUTE)));
}

/// Whoever notes a use without asking first revives nothing.
#[test]
fn a_session_that_is_over_stays_over() {
    let session = idle(20).signed_in();
    let now = NOW.after(20 * MINUTE);
    assert!(!session.touch(now));
    assert!(!session.holds_at(now));
    assert!(!Scene::new().signed_in().touch(NOW.after(HOUR)));
}

#[test]
fn a_clock_that_runs_backwards_notes_nothing() {
    let session = Scene::new().signed_in();
    assert!(!session.touch(NOW.before(HOUR)));
    assert_eq!(session.last_accessed_at(), NOW);
    assert!(session.holds_at(NOW.before(HOUR)));
}

/// All copies are one session.
#[test]
fn copies_share_their_use() {
    let session = Scene::new().signed_in();
    let copy = session.clone();
    assert!(session.touch(NOW.after(MINUTE)));
    assert_eq!(copy.last_accessed_at(), NOW.after(MINUTE));
}
