//! When a record is a session, and when no more.

use super::people::{
    EVE, HOUR, MILLI, MINUTE, NOW, Scene, app, credential, link, member, organization, password,
};
use crate::{
    domain::{Allowed, AuthMethod, MemberStatus, MfaPolicy, SessionRecord, Timestamp},
    judge::{SessionPolicy, Verdict, enter, member_session::Ended},
};

fn ended(scene: &Scene, record: &SessionRecord, now: Timestamp) -> Option<Ended> {
    scene.resume(record, now).err()
}

#[test]
fn to_the_millisecond() {
    let scene = Scene::new();
    let whole = scene.signed_in().record();
    let later = NOW.after(HOUR);
    let expires = SessionRecord { expires_at: later, ..whole.clone() };
    let ends = SessionRecord { absolute_end: later, expires_at: later.after(HOUR), ..whole.clone() };
    let idles = SessionRecord { last_accessed_at: later.before(12 * HOUR), ..whole };
    let idles = SessionRecord { expires_at: later.after(HOUR), absolute_end: later.after(HOUR), ..idles };
    for (record, why) in [(expires, Ended::Expired), (ends, Ended::Expired), (idles, Ended::Idle)] {
        for (now, over) in [
            (NOW, false),
            (later.before(MILLI), false),
            (later, true),
            (later.after(MILLI), true),
            (Timestamp::MAX, true),
        ] {
            let told = ended(&scene, &record, now);
            let expected = over.then_some(if now == Timestamp::MAX { Ended::Expired } else { why });
            assert_eq!(told, expected, "{record:?} {now}");
        }
    }
}

/// What holds and what resumes is the same.
#[test]
fn holds_as_long_as_it_resumes() {
    let policy = SessionPolicy { idle: 20 * MINUTE, absolute: 50 * MINUTE, ..SessionPolicy::default() };
    let scene = Scene { policy, ..Scene::new() };
    let record = scene.signed_in().record();
    for last in [0u32, 15, 40] {
        let record = SessionRecord { last_accessed_at: NOW.after(last * MINUTE), ..record.clone() };
        let session = scene.resume(&record, NOW).unwrap();
        for minute in 0..70u32 {
            for now in [NOW.after(minute * MINUTE), NOW.after(minute * MINUTE).before(MILLI)] {
                assert_eq!(session.holds_at(now), scene.resume(&record, now).is_ok(), "{last} {now}");
            }
        }
    }
}

/// A clock that runs backwards moves no end.
#[test]
fn no_end_moves_with_the_clock() {
    let scene = Scene::new();
    let record = scene.signed_in().record();
    let back = scene.resume(&record, NOW.before(HOUR)).unwrap();
    assert_eq!(back.record(), record);
    assert!(!back.touch(NOW.before(HOUR)));
    assert_eq!(back.last_accessed_at(), NOW);
    assert_eq!(ended(&scene, &back.record(), NOW.after(HOUR)), Some(Ended::Expired));
}

#[test]
fn only_for_its_active_member() {
    let scene = Scene::new();
    let record = scene.signed_in().record();
    assert_eq!(ended(&scene, &record, NOW), None);
    for status in [MemberStatus::Pending, MemberStatus::Invited, MemberStatus::Deleted] {
        let mut scene = Scene::new();
        scene.member.status = status;
        assert_eq!(ended(&scene, &record, NOW), Some(Ended::NotMember), "{status:?}");
    }
    let bolt = organization("bolt");
    let someone_else = Scene { member: member(EVE, &scene.organization), ..scene.clone() };
    let elsewhere = Scene { organization: bolt.clone(), ..scene.clone() };
    let moved = {
        let mut scene = scene.clone();
        scene.member.organization_id = bolt.organization_id.clone();
        scene
    };
    let moved_along = Scene { organization: bolt.clone(), ..moved.clone() };
    for scene in [someone_else, elsewhere, moved, moved_along] {
        assert_eq!(ended(&scene, &record, NOW), Some(Ended::NotMember));
        // Whether it is anybody's comes before whether it is over.
        assert_eq!(ended(&scene, &record, Timestamp::MAX), Some(Ended::NotMember));
    }
    let foreign = SessionRecord { organization_id: bolt.organization_id, ..record };
    assert_eq!(ended(&scene, &foreign, NOW), Some(Ended::NotMember));
}

#[test]
fn what_an_organization_comes_to_demand() {
    let by_link = Scene::new().signed_in().record();
    let by_both = Scene::new().session(&[link(NOW), app(NOW)], NOW).record();
    let mut stricter = Scene::new();
    stricter.organization.mfa_policy = MfaPolicy::RequiredForAll;
    let mut enrolled = Scene::new();
    enrolled.enrolment.mfa_enrolled = true;
    let mut other_method = Scene::new();
    other_method.organization.auth_methods = Allowed::only([AuthMethod::Password]);
    let mut reset = enrolled.clone();
    reset.enrolment.totp_id = None;
    for (mut scene, without, with) in [
        (Scene::new(), None, None),
        (stricter, Some(Ended::Owed), None),
        (enrolled, Some(Ended::Owed), None),
        (other_method, Some(Ended::Owed), Some(Ended::Owed)),
        (reset, Some(Ended::Owed), Some(Ended::Owed)),
    ] {
        // Off unless it is asked for.
        assert_eq!(ended(&scene, &by_link, NOW), None);
        assert_eq!(ended(&scene, &by_both, NOW), None);
        scene.policy.rejudge = true;
        assert_eq!(ended(&scene, &by_link, NOW), without);
        assert_eq!(ended(&scene, &by_both, NOW), with);
    }
}

/// Setting a password ends no session; the one that it replaces begins none.
#[test]
fn a_session_outlives_the_password_that_opened_it() {
    let mut scene = Scene::new();
    scene.policy.rejudge = true;
    let factors = [password(NOW)];
    let record = scene.session(&factors, NOW).record();
    for present in [Some(credential("new-password")), None] {
        scene.enrolment.password_id = present;
        assert_eq!(ended(&scene, &record, NOW), None);
        assert!(matches!(enter(&scene.entry(&factors, NOW)), Verdict::Owed(_)));
    }
}

#[test]
fn nothing_of_the_record_changes() {
    let scene = Scene::new();
    let record = scene.session(&[link(NOW), app(NOW)], NOW).record();
    let now = NOW.after(30 * MINUTE);
    assert_eq!(scene.resume(&record, now).unwrap().record(), record);
}
