//! What it takes to change second factors.

use super::people::{ADA_PHONE, MILLI, MINUTE, NOW, Scene, app, link, opening, phone, recovery, sms};
use crate::{
    domain::{Enrolment, Factor, FactorDemand, SessionRecord, TokenSeed},
    judge::{MemberSession, SessionPolicy, may_change_factors},
};

fn nothing() -> Enrolment {
    Enrolment::default()
}

fn unconfirmed() -> Enrolment {
    Enrolment { phone: Some(phone(ADA_PHONE, false)), recovery_codes: 10, ..nothing() }
}

fn has_phone() -> Enrolment {
    Enrolment { phone: Some(phone(ADA_PHONE, true)), ..nothing() }
}

fn has_app() -> Enrolment {
    Enrolment { totp_id: Some(super::people::credential("app")), ..nothing() }
}

fn session(factors: &[Factor]) -> MemberSession {
    let scene = Scene::new();
    let grant = scene.grant(&[link(NOW.before(60 * MINUTE))], NOW);
    let record = grant.open(opening(), &scene.policy, &[], NOW).record();
    scene.resume(&SessionRecord { factors: factors.to_vec(), ..record }, NOW).unwrap()
}

#[test]
fn by_what_is_set_up_and_what_was_proved_and_when() {
    let policy = SessionPolicy::default();
    let fresh = NOW.before(5 * MINUTE);
    let stale = fresh.before(MILLI);
    let future = NOW.after(MILLI);
    let primary = FactorDemand::primary().within(5 * MINUTE);
    let secondary = FactorDemand::secondary().within(5 * MINUTE);
    for (enrolment, demand) in
        [(nothing(), &primary), (unconfirmed(), &primary), (has_phone(), &secondary), (has_app(), &secondary)]
    {
        let first = demand.is_primary();
        for (factors, allowed) in [
            (vec![], false),
            (vec![link(fresh)], first),
            (vec![link(stale)], false),
            (vec![link(future)], false),
            (vec![app(fresh)], !first),
            (vec![sms(fresh)], !first),
            (vec![recovery(fresh)], !first),
            (vec![app(stale), sms(stale), recovery(stale)], false),
            (vec![app(future)], false),
            (vec![link(fresh), app(stale)], first),
            (vec![link(stale), app(fresh)], !first),
            (vec![link(fresh), app(fresh)], true),
        ] {
            let session = session(&factors);
            let told = may_change_factors(&session.proofs(), &enrolment, &policy, NOW);
            let expected = if allowed { Ok(()) } else { Err(demand.clone()) };
            assert_eq!(told, expected, "{enrolment:?} {factors:?}");
        }
    }
}

/// What was set up in this session is no existing factor to it: who took a session over can't first
/// enrol an app of their own and then remove the owner's phone.
#[test]
fn a_factor_enrolled_here_changes_no_other() {
    let scene = Scene::new();
    let mut strict = scene.policy;
    for (proof, more) in [(app(NOW), Some(recovery(NOW))), (sms(NOW), None)] {
        let signed_in = scene.signed_in();
        let record = signed_in.raised(proof, true, TokenSeed([3; 16]), scene.by(NOW)).unwrap();
        let mut session = scene.resume(&record, NOW).unwrap();
        if let Some(more) = more {
            let record = session.raised(more, false, TokenSeed([4; 16]), scene.by(NOW)).unwrap();
            session = scene.resume(&record, NOW).unwrap();
        }
        let change =
            |policy: &SessionPolicy| may_change_factors(&session.proofs(), &scene.enrolment, policy, NOW);
        assert_eq!(change(&strict), Err(FactorDemand::secondary().within(5 * MINUTE)));
        strict.enrolled_answers = true;
        assert_eq!(change(&strict), Ok(()));
        strict.enrolled_answers = false;
    }
}
