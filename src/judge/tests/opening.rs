//! How long a new session lasts, and what is in it.

use std::time::Duration;

use super::people::{HOUR, MINUTE, NOW, Scene, app, credential, link, opening, password};
use crate::{
    domain::{CustomClaims, SessionRecord, Timestamp},
    judge::{InvalidDuration, Opening, SessionDuration, SessionPolicy},
};

fn minutes(minutes: u32) -> SessionDuration {
    SessionDuration::from_minutes(minutes).unwrap()
}

#[test]
fn five_minutes_to_a_leap_year() {
    for out in [0, 1, 4, 527_041, u32::MAX] {
        assert_eq!(SessionDuration::from_minutes(out), Err(InvalidDuration), "{out}");
    }
    for within in [5, 6, 60, 527_039, 527_040] {
        assert_eq!(minutes(within).as_duration(), within * MINUTE);
    }
    assert_eq!(SessionDuration::default(), minutes(60));
    assert_eq!(InvalidDuration.to_string(), "a session lasts 5 to 527040 minutes");
}

#[test]
fn the_default_limits() {
    let SessionPolicy { duration, absolute, idle, rejudge, enrolled_answers } = SessionPolicy::default();
    assert_eq!((duration, absolute, idle), (minutes(60), 12 * HOUR, 12 * HOUR));
    assert!(!rejudge && !enrolled_answers);
}

/// Opens a session at [`NOW`] and gives back when it expires and when it ends at the latest.
fn lasts(absolute: Duration, asked: Option<u32>, end: Option<Timestamp>) -> (Timestamp, Timestamp) {
    let policy = SessionPolicy { absolute, duration: minutes(30), ..SessionPolicy::default() };
    let opening = Opening { duration: asked.map(minutes), absolute_end: end, ..opening() };
    let session = Scene::new().grant(&[link(NOW)], NOW).open(opening, &policy, &[], NOW);
    (session.expires_at(), session.record().absolute_end)
}

#[test]
fn what_is_asked_is_clamped_to_what_is_allowed() {
    let at = |minutes: u32| NOW.after(minutes * MINUTE);
    assert_eq!(lasts(12 * HOUR, None, None), (at(30), at(720)));
    assert_eq!(lasts(12 * HOUR, Some(5), None), (at(5), at(720)));
    assert_eq!(lasts(12 * HOUR, Some(720), None), (at(720), at(720)));
    assert_eq!(lasts(12 * HOUR, Some(721), None), (at(720), at(720)));
    assert_eq!(lasts(12 * HOUR, Some(527_040), None), (at(720), at(720)));
    assert_eq!(lasts(10 * MINUTE, None, None), (at(10), at(10)));
    assert_eq!(lasts(Duration::MAX, Some(527_040), None), (at(527_040), Timestamp::MAX));
}

#[test]
fn the_first_end_is_inherited_and_never_later() {
    let at = |minutes: u32| NOW.after(minutes * MINUTE);
    assert_eq!(lasts(12 * HOUR, Some(60), Some(at(45))), (at(45), at(45)));
    assert_eq!(lasts(12 * HOUR, Some(60), Some(at(61))), (at(60), at(61)));
    assert_eq!(lasts(12 * HOUR, Some(60), Some(at(721))), (at(60), at(720)));
    let past = NOW.before(MINUTE);
    assert_eq!(lasts(12 * HOUR, Some(60), Some(past)), (past, past));
}

#[test]
fn a_session_that_continues_an_ended_one_has_ended() {
    let opening = Opening { absolute_end: Some(NOW), ..opening() };
    let scene = Scene::new();
    let session = scene.grant(&[link(NOW)], NOW).open(opening, &scene.policy, &[], NOW);
    assert!(!session.holds_at(NOW));
}

#[test]
fn the_record_says_what_was_granted() {
    let scene = Scene::new();
    let claims = CustomClaims::new([("plan".to_owned(), "pro".into())].into_iter().collect()).unwrap();
    let earlier = NOW.before(MINUTE);
    // Another member's password is in the bag, and counts for nothing.
    let foreign = crate::domain::Factor {
        subject: crate::domain::Subject::Member(super::people::member_id("ada-bolt")),
        ..password(NOW)
    };
    let factors = [link(earlier), foreign, app(NOW)];
    let before = vec![credential("set-up-before")];
    let opening = Opening { custom_claims: claims.clone(), enrolled_here: before.clone(), ..opening() };
    let session = scene.grant(&factors, NOW).open(opening.clone(), &scene.policy, &[], NOW);
    let expected = SessionRecord {
        session_id: opening.session_id,
        member_id: scene.member.member_id,
        organization_id: scene.organization.organization_id,
        seed: opening.seed,
        revision: 0,
        factors: vec![link(earlier), app(NOW)],
        enrolled_here: before,
        custom_claims: claims,
        started_at: NOW,
        last_accessed_at: NOW,
        expires_at: NOW.after(HOUR),
        absolute_end: NOW.after(12 * HOUR),
        user_agent: "browser".into(),
        ip_address: "192.0.2.1".into(),
    };
    assert_eq!(session.record(), expected);
}
