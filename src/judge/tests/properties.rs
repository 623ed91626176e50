//! What holds of all bags of factors and all policies, not only of the small ones.

use std::{collections::BTreeSet, time::Duration};

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    people::{HOUR, NOW, Scene, credential},
    world::{About, Built, EVERY_HAS, Proof, Target, Way, When, With, World},
};
use crate::{
    domain::{
        AuthMethod, CredentialId, Entrance, Factor, FactorDemand, FactorKind, MfaMethod, RoleId,
        SessionRecord, Timestamp,
    },
    judge::{Entry, Requirement, SessionDuration, SessionPolicy, Unmet, Verdict, enter, membership, unmet},
};

fn proofs() -> impl Strategy<Value = Vec<Proof>> {
    let proof = (
        select(&Way::ALL[..]),
        select(&About::ALL[..]),
        select(vec![When::Past, When::Now, When::Future]),
        select(vec![With::Present, With::Former]),
    );
    vec(proof.prop_map(|(way, about, when, with)| Proof { way, about, when, with }), 0..8)
}

fn worlds() -> impl Strategy<Value = World> {
    let methods = |all: Vec<AuthMethod>| proptest::option::of(proptest::sample::subsequence(all, 0..=9));
    let second = vec![MfaMethod::SmsOtp, MfaMethod::Totp];
    (
        select(vec![Target::Acme, Target::Bolt]),
        methods(AuthMethod::ALL.to_vec()),
        proptest::option::of(proptest::sample::subsequence(second, 0..=2)),
        any::<[bool; 3]>(),
        select(&EVERY_HAS[..]),
    )
        .prop_map(|(target, first, second, [required_for_all, breakglass, mfa_enrolled], has)| World {
            first: first.map(BTreeSet::from_iter),
            second: second.map(BTreeSet::from_iter),
            required_for_all,
            breakglass,
            mfa_enrolled,
            has,
            ..World::open(target)
        })
}

fn factors(proofs: &[Proof]) -> Vec<Factor> {
    proofs.iter().map(|proof| proof.factor()).collect()
}

/// How many parts are owed; none when it is granted.
fn owed(built: &Built, factors: &[Factor], now: Timestamp) -> usize {
    let Built { organization, member, enrolment } = built;
    match enter(&Entry { factors, organization, member, enrolment, standing: None, now }) {
        Verdict::Granted(_) => 0,
        Verdict::Owed(owed) => {
            usize::from(owed.primary_required.is_some()) + usize::from(owed.mfa_required.is_some())
        }
        verdict => panic!("{verdict:?}"),
    }
}

/// A factor of a session: of any kind, at any time around [`NOW`].
fn held() -> impl Strategy<Value = Vec<Factor>> {
    let factor = (select(&Way::ALL[..]), 0u64..2_000_000, 0u8..4).prop_map(|(way, at, id)| {
        let kind: FactorKind = way.kind();
        let at = Timestamp::from_millis(NOW.as_millis() - 1_000_000 + at);
        let subject = Proof::past(way, About::AdaAddress).factor().subject;
        Factor::new(kind, subject, credential(&format!("id{id}")), at)
    });
    vec(factor, 0..6)
}

fn enrolled() -> impl Strategy<Value = Vec<CredentialId>> {
    vec((0u8..4).prop_map(|id| credential(&format!("id{id}"))), 0..3)
}

fn demands() -> impl Strategy<Value = FactorDemand> {
    select(vec![
        FactorDemand::primary(),
        FactorDemand::secondary(),
        FactorDemand::totp(),
        FactorDemand::sms_otp(),
    ])
}

fn misses(
    factors: Vec<Factor>,
    enrolled_here: Vec<CredentialId>,
    requirement: &Requirement,
    now: Timestamp,
) -> Vec<Unmet> {
    let scene = Scene::new();
    let record = scene.signed_in().record();
    let session = scene.resume(&SessionRecord { factors, enrolled_here, ..record }, NOW).unwrap();
    unmet(&session, requirement, Some("acme"), &scene.policy, now)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn one_more_factor_never_shuts_a_door(proofs in proofs(), more in proofs(), world in worlds()) {
        let built = world.build();
        let fewer = factors(&proofs);
        let all = [fewer.clone(), factors(&more)].concat();
        prop_assert!(owed(&built, &all, NOW) <= owed(&built, &fewer, NOW));
    }

    #[test]
    fn one_factor_less_never_opens_one(proofs in proofs(), at in any::<prop::sample::Index>(), world in worlds()) {
        prop_assume!(!proofs.is_empty());
        let built = world.build();
        let all = factors(&proofs);
        let mut fewer = all.clone();
        fewer.remove(at.index(all.len()));
        prop_assert!(owed(&built, &fewer, NOW) >= owed(&built, &all, NOW));
    }

    #[test]
    fn the_order_of_factors_is_irrelevant(
        (ordered, shuffled) in proofs().prop_flat_map(|proofs| (Just(proofs.clone()), Just(proofs).prop_shuffle())),
        world in worlds(),
        joined in any::<bool>(),
    ) {
        let built = world.build();
        let (ordered, shuffled) = (factors(&ordered), factors(&shuffled));
        prop_assert_eq!(owed(&built, &ordered, NOW), owed(&built, &shuffled, NOW));
        let entrance = Entrance {
            address: built.member.email_address.clone(),
            member: joined.then_some(built.member),
            organization: built.organization,
            domain_has_verified_member: true,
        };
        prop_assert_eq!(membership(&ordered, &entrance), membership(&shuffled, &entrance));
    }

    #[test]
    fn big_bags_obey_the_oracle(proofs in proofs(), world in worlds()) {
        use super::oracle::Expected;
        let expected = match world.expected(&proofs, false) {
            Expected::In(_) => 0,
            Expected::Owed { methods, second } => {
                usize::from(methods.is_some()) + usize::from(second.is_some())
            }
            Expected::Refused => unreachable!(),
        };
        prop_assert_eq!(owed(&world.build(), &factors(&proofs), NOW), expected);
    }

    /// Once all that is held lies in the past, age only grows.
    #[test]
    fn time_alone_meets_no_age(
        factors in held(), enrolled in enrolled(), demand in demands(), max in 0u64..600, step in 0u64..600_000,
    ) {
        let requirement = Requirement::member().factor(demand.within(Duration::from_secs(max)));
        let now = Timestamp::from_millis(NOW.as_millis() + 1_000_000);
        let later = now.after(Duration::from_millis(step));
        if !misses(factors.clone(), enrolled.clone(), &requirement, now).is_empty() {
            prop_assert!(!misses(factors, enrolled, &requirement, later).is_empty());
        }
    }

    #[test]
    fn a_stronger_demand_is_missed_at_least_as_often(
        factors in held(), enrolled in enrolled(), demand in demands(), max in 0u64..2000, less in 0u64..2000,
    ) {
        let admin = RoleId::admin();
        let weaker = [
            Requirement::member(),
            Requirement::member().factor(demand.clone()),
            Requirement::member().factor(demand.clone().within(Duration::from_secs(max.max(less)))),
        ];
        let strongest = demand.within(Duration::from_secs(max.min(less)));
        let stronger =
            Requirement::member().factor(strongest.clone()).role(admin.clone()).permission("a", "b");
        let told = misses(factors.clone(), enrolled.clone(), &stronger, NOW);
        prop_assert!(told.contains(&Unmet::Role(admin)));
        for weaker in weaker {
            if !misses(factors.clone(), enrolled.clone(), &weaker, NOW).is_empty() {
                prop_assert!(told.contains(&Unmet::Factor(strongest.clone())));
            }
        }
        // A kind is a stronger demand than its class.
        for kind in [FactorDemand::totp(), FactorDemand::sms_otp()] {
            let by_kind = misses(factors.clone(), enrolled.clone(), &Requirement::member().factor(kind), NOW);
            let any = Requirement::member().factor(FactorDemand::secondary());
            prop_assert!(!by_kind.is_empty() || misses(factors.clone(), enrolled.clone(), &any, NOW).is_empty());
        }
    }

    /// Whatever is asked for and whenever, no session outlives its limits, and none lives twice.
    #[test]
    fn a_session_has_one_life(
        minutes in 5u32..=527_040, absolute in 1u64..100_000, idle in 1u64..100_000,
        uses in vec(0u64..200_000, 0..20),
    ) {
        let policy = SessionPolicy {
            absolute: Duration::from_secs(absolute),
            idle: Duration::from_secs(idle),
            duration: SessionDuration::from_minutes(minutes).unwrap(),
            ..SessionPolicy::default()
        };
        let session = Scene { policy, ..Scene::new() }.signed_in();
        let (mut over, mut clock) = (false, 0);
        for at in uses {
            // The wall clock may lag behind; the time that the judge is told does not.
            clock = clock.max(at);
            let now = NOW.after(Duration::from_secs(clock));
            let holds = session.holds_at(now);
            prop_assert!(!(over && holds));
            over |= !holds;
            session.touch(now);
            prop_assert!(!holds || clock < absolute && clock < u64::from(minutes) * 60);
        }
        prop_assert!(!session.holds_at(NOW.after(policy.absolute)));
        prop_assert!(session.expires_at() <= NOW.after(policy.absolute.min(HOUR * 24 * 366)));
    }
}
