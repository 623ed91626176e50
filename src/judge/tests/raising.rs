//! One more proof for a session that lives.

use super::people::{
    EVE, HOUR, MINUTE, NOW, Scene, address, app, credential, factor, link, member, member_id, number,
    organization, password, recovery, sms,
};
use crate::{
    domain::{
        Allowed, Factor, FactorDemand, FactorKind, MfaMethod, SessionRecord, Subject, Timestamp, TokenSeed,
    },
    judge::{MemberSession, Requirement, SessionPolicy, unmet},
};

const SEED: TokenSeed = TokenSeed([2; 16]);

fn raised(scene: &Scene, session: &MemberSession, factor: Factor, now: Timestamp) -> Option<SessionRecord> {
    session.raised(factor, false, SEED, scene.by(now))
}

/// Whether the session that this record is meets the demand.
fn meets(scene: &Scene, record: &SessionRecord, demand: FactorDemand, now: Timestamp) -> bool {
    let session = scene.resume(record, now).unwrap();
    unmet(&session, &Requirement::member().factor(demand), None, &scene.policy, now).is_empty()
}

#[test]
fn it_gains_the_proof_and_a_new_token_and_nothing_else() {
    let scene = Scene::new();
    let session = scene.signed_in();
    let now = NOW.after(30 * MINUTE);
    for proof in [app(now), sms(now), recovery(now), password(now)] {
        let expected = SessionRecord {
            revision: 1,
            seed: SEED,
            factors: vec![link(NOW), proof.clone()],
            last_accessed_at: now,
            ..session.record()
        };
        assert_eq!(raised(&scene, &session, proof, now), Some(expected));
    }
}

#[test]
fn a_repeat_replaces_the_older_proof() {
    let scene = Scene::new();
    let session = scene.session(&[link(NOW), app(NOW)], NOW);
    let now = NOW.after(30 * MINUTE);
    let record = raised(&scene, &session, app(now), now).unwrap();
    assert_eq!(record.factors, [link(NOW), Factor { created_at: NOW, ..app(now) }]);
}

#[test]
fn a_proof_that_does_not_count_raises_nothing() {
    let scene = Scene::new();
    let session = scene.signed_in();
    let eve = Subject::Member(member_id("eve-acme"));
    let of_bolt = Subject::Member(member_id("ada-bolt"));
    for proof in [
        app(NOW.after(MINUTE)),
        factor(FactorKind::Totp, eve, "app", NOW),
        factor(FactorKind::Totp, of_bolt.clone(), "app", NOW),
        factor(FactorKind::Totp, Subject::Member(member_id("ada-acme")), "other-app", NOW),
        factor(FactorKind::RecoveryCodes, of_bolt.clone(), "codes", NOW),
        factor(FactorKind::Otp, Subject::Phone(number("+15550000009")), "phone", NOW),
        factor(FactorKind::Password, of_bolt, "password", NOW),
        factor(FactorKind::Password, Subject::Member(member_id("ada-acme")), "other-password", NOW),
        factor(FactorKind::MagicLink, Subject::Email(address(EVE)), "mail", NOW),
    ] {
        assert_eq!(raised(&scene, &session, proof.clone(), NOW), None, "{proof:?}");
    }
    let mut no_sms = scene.clone();
    no_sms.organization.mfa_methods = Allowed::only([MfaMethod::Totp]);
    assert_eq!(raised(&no_sms, &session, sms(NOW), NOW), None);
    assert!(raised(&no_sms, &session, app(NOW), NOW).is_some());
    let mut no_app = scene;
    no_app.enrolment.totp_id = None;
    assert_eq!(raised(&no_app, &session, app(NOW), NOW), None);
    assert_eq!(raised(&no_app, &session, recovery(NOW), NOW), None);
}

#[test]
fn nobody_raises_another_session() {
    let scene = Scene::new();
    let session = scene.signed_in();
    let eve = Scene { member: member(EVE, &scene.organization), ..scene.clone() };
    let proof = factor(FactorKind::Totp, Subject::Member(member_id("eve-acme")), "app", NOW);
    assert!(eve.session(&[eve_link()], NOW).raised(proof.clone(), false, SEED, eve.by(NOW)).is_some());
    assert_eq!(raised(&eve, &session, proof, NOW), None);
    let bolt = Scene { organization: organization("bolt"), ..scene };
    assert_eq!(raised(&bolt, &session, app(NOW), NOW), None);
}

fn eve_link() -> Factor {
    factor(FactorKind::MagicLink, Subject::Email(address(EVE)), "mail", NOW)
}

/// It ends when it would have ended, whatever the clock says.
#[test]
fn no_end_moves() {
    let scene = Scene::new();
    let session = scene.signed_in();
    for now in [NOW.before(HOUR), NOW.after(59 * MINUTE), NOW.after(2 * HOUR)] {
        let record = raised(&scene, &session, app(now), now).unwrap();
        assert_eq!(record.expires_at, session.expires_at());
        assert_eq!(record.absolute_end, session.record().absolute_end);
        assert_eq!(record.last_accessed_at, now.max(NOW));
        assert_eq!(scene.resume(&record, now).is_ok(), now < session.expires_at());
    }
}

/// What was enrolled in a session proves nothing to that session, in either order, but signs in.
#[test]
fn what_is_enrolled_here_answers_elsewhere() {
    let scene = Scene::new();
    let now = NOW.after(MINUTE);
    let enrolled = scene.signed_in().raised(app(now), true, SEED, scene.by(now)).unwrap();
    assert_eq!(enrolled.enrolled_here, [credential("app")]);
    let session = scene.resume(&enrolled, now).unwrap();
    let again = raised(&scene, &session, app(now), now).unwrap();
    for record in [&enrolled, &again] {
        assert!(!meets(&scene, record, FactorDemand::totp(), now));
        assert!(!meets(&scene, record, FactorDemand::secondary(), now));
    }
    // One that was there before does.
    let by_sms = raised(&scene, &session, sms(now), now).unwrap();
    assert!(meets(&scene, &by_sms, FactorDemand::secondary(), now));
    assert!(!meets(&scene, &by_sms, FactorDemand::totp(), now));
    let lax = SessionPolicy { enrolled_answers: true, ..SessionPolicy::default() };
    let lax = Scene { policy: lax, ..scene.clone() };
    assert!(meets(&lax, &enrolled, FactorDemand::totp(), now));
    let next = scene.session(&[link(now), app(now)], now);
    assert!(meets(&scene, &next.record(), FactorDemand::totp(), now));
}

/// The recovery codes that came with an app were set up where the app was; those of a former one were
/// not, and are named by that.
#[test]
fn recovery_codes_of_an_app_enrolled_here_do_not_answer() {
    let scene = Scene::new();
    let former = Factor { credential_id: credential("former-app"), ..recovery(NOW) };
    let with = |session: &MemberSession, proof: Factor, enrolled| {
        let record = session.raised(proof, enrolled, SEED, scene.by(NOW)).unwrap();
        scene.resume(&record, NOW).unwrap()
    };
    let enrolled = with(&scene.signed_in(), app(NOW), true);
    let by_code = with(&enrolled, recovery(NOW), false);
    assert!(!meets(&scene, &by_code.record(), FactorDemand::secondary(), NOW));
    let replaced = with(&with(&scene.signed_in(), former, false), app(NOW), true);
    assert!(meets(&scene, &replaced.record(), FactorDemand::secondary(), NOW));
    assert!(!meets(&scene, &replaced.record(), FactorDemand::totp(), NOW));
    // A phone brings no codes.
    let by_code = with(&with(&scene.signed_in(), sms(NOW), true), recovery(NOW), false);
    assert!(meets(&scene, &by_code.record(), FactorDemand::secondary(), NOW));
}

/// A recovery code answers where any second factor does, never where a kind is named.
#[test]
fn a_recovery_code_is_no_kind_that_is_named() {
    let scene = Scene::new();
    let record = raised(&scene, &scene.signed_in(), recovery(NOW), NOW).unwrap();
    assert!(meets(&scene, &record, FactorDemand::secondary(), NOW));
    assert!(!meets(&scene, &record, FactorDemand::totp(), NOW));
    assert!(!meets(&scene, &record, FactorDemand::sms_otp(), NOW));
}
