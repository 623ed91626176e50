//! A first factor added to a session that lives: it is extended, and stays what it was.

use super::people::{HOUR, MINUTE, NOW, Scene, app, email_code, link, password, sms};
use crate::{
    domain::{Factor, FactorDemand, SessionRecord, Timestamp},
    judge::{
        Entry, MemberSession, Requirement, SessionDuration, SessionPolicy, Unmet, Verdict, enter,
        member_session::Continuation, unmet,
    },
};

fn continuation(scene: &Scene, session: &MemberSession, factors: &[Factor], now: Timestamp) -> Continuation {
    let standing = session.standing();
    match enter(&Entry { standing: Some(&standing), ..scene.entry(factors, now) }) {
        Verdict::Continued(continuation) => continuation,
        verdict => panic!("{verdict:?}"),
    }
}

fn extended(scene: &Scene, session: &MemberSession, asked: Option<u32>, now: Timestamp) -> SessionRecord {
    let duration = asked.map(|minutes| SessionDuration::from_minutes(minutes).unwrap());
    continuation(scene, session, &[password(now)], now).extend(duration, &scene.policy, now)
}

#[test]
fn it_is_extended_up_to_its_absolute_end() {
    let scene = Scene::new();
    let session = scene.signed_in();
    let now = NOW.after(30 * MINUTE);
    for (asked, minutes) in
        [(None, 90), (Some(5), 60), (Some(30), 60), (Some(31), 61), (Some(690), 720), (Some(691), 720)]
    {
        let record = extended(&scene, &session, asked, now);
        assert_eq!(record.expires_at, NOW.after(minutes * MINUTE), "{asked:?}");
        assert_eq!(record.absolute_end, NOW.after(12 * HOUR));
    }
    // Neither a longer limit nor a shorter length that came since changes what was settled.
    let policy = SessionPolicy { absolute: 1000 * HOUR, ..SessionPolicy::default() };
    let longer = Scene { policy, ..scene };
    assert_eq!(extended(&longer, &session, Some(527_040), now).expires_at, NOW.after(12 * HOUR));
}

#[test]
fn nothing_else_changes() {
    let scene = Scene::new();
    let session = scene.signed_in();
    let now = NOW.after(30 * MINUTE);
    let expected = SessionRecord {
        revision: 1,
        factors: vec![link(NOW), password(now)],
        last_accessed_at: now,
        expires_at: now.after(HOUR),
        ..session.record()
    };
    assert_eq!(extended(&scene, &session, None, now), expected);
}

#[test]
fn a_clock_that_runs_backwards_extends_nothing() {
    let scene = Scene::new();
    let session = scene.signed_in();
    let record = extended(&scene, &session, None, NOW.before(HOUR));
    assert_eq!(record.expires_at, session.expires_at());
    assert_eq!(record.last_accessed_at, NOW);
}

/// Second factors in the bag are left behind, whether or not one is demanded.
#[test]
fn its_assurance_stays() {
    for mfa_enrolled in [false, true] {
        let mut scene = Scene::new();
        let session = scene.signed_in();
        scene.enrolment.mfa_enrolled = mfa_enrolled;
        let now = NOW.after(MINUTE);
        let factors = [app(now), email_code(now), sms(now), link(now)];
        let record = continuation(&scene, &session, &factors, now).extend(None, &scene.policy, now);
        let first = Factor { created_at: NOW, ..link(now) };
        assert_eq!(record.factors, [first, email_code(now)]);
        let session = scene.resume(&record, now).unwrap();
        let demand = FactorDemand::secondary();
        let requirement = Requirement::member().factor(demand.clone());
        let told = unmet(&session, &requirement, None, &scene.policy, now);
        assert_eq!(told, [Unmet::Factor(demand)]);
    }
}

/// A second factor that it has keeps its age.
#[test]
fn its_second_factor_grows_no_younger() {
    let scene = Scene::new();
    let session = scene.session(&[link(NOW), app(NOW)], NOW);
    let now = NOW.after(10 * MINUTE);
    let record = continuation(&scene, &session, &[link(now), app(now)], now).extend(None, &scene.policy, now);
    assert_eq!(record.factors, [Factor { created_at: NOW, ..link(now) }, app(NOW)]);
}

/// What another first factor must be does not change.
#[test]
fn a_first_factor_is_still_owed() {
    let scene = Scene::new();
    let standing = scene.signed_in().standing();
    let verdict = enter(&Entry { standing: Some(&standing), ..scene.entry(&[app(NOW)], NOW) });
    assert!(matches!(verdict, Verdict::Owed(owed) if owed.primary_required.is_some()));
}
