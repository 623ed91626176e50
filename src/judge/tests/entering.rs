//! Every entry of small worlds against the oracle: nobody is let in who should not be, everybody is
//! who should, and what is owed is named exactly.

use super::{
    oracle::{Expected, Options},
    people::{self, ADA, EVE, HOUR, NOW, Scene, link},
    world::{
        About, Built, EVERY_HAS, HAS_ALL, Has, HasPhone, Proof, Target, Way, With, World, Worlds,
        every_second, only,
    },
};
use crate::{
    domain::{AuthMethod, Enrolment, Factor, MemberStatus, MfaMethod, SessionRecord, Subject},
    judge::{Entry, Verdict, enter, member_session::Standing},
};

fn judged(built: &Built, factors: &[Factor], standing: Option<&Standing>) -> Verdict {
    let Built { organization, member, enrolment } = built;
    enter(&Entry { factors, organization, member, enrolment, standing, now: NOW })
}

/// The verdict in the oracle's words.
fn told(verdict: Verdict, built: &Built, factors: &[Factor], stands: bool) -> Expected {
    let places = |kept: &[Factor]| {
        kept.iter().map(|factor| factors.iter().position(|f| f == factor).unwrap()).collect()
    };
    match verdict {
        Verdict::Refused => Expected::Refused,
        Verdict::Granted(grant) => {
            assert!(!stands, "a session that stands is gone on with, no other is opened");
            assert_eq!(grant.member(), &built.member);
            assert_eq!(grant.organization(), &built.organization);
            Expected::In(places(&grant.factors))
        }
        Verdict::Continued(continuation) => {
            assert!(stands, "only a live session of the same member is gone on with");
            Expected::In(places(&continuation.factors))
        }
        Verdict::Owed(owed) => Expected::Owed {
            methods: owed.primary_required,
            second: owed.mfa_required.map(|required| {
                let options = Options { phone: required.phone.is_some(), app: required.totp_id.is_some() };
                assert_eq!(required.needs_enrolment(), !options.phone && !options.app);
                if let Some(phone) = &required.phone {
                    assert_eq!(phone, &built.enrolment.phone.as_ref().unwrap().number);
                }
                if let Some(app) = &required.totp_id {
                    assert_eq!(Some(app), built.enrolment.totp_id.as_ref());
                }
                options
            }),
        },
    }
}

fn check(world: &World, built: &Built, proofs: &[Proof], factors: &[Factor], standing: &Stood) {
    let stands = standing.stands;
    let told = told(judged(built, factors, standing.session.as_ref()), built, factors, stands);
    assert!(told == world.expected(proofs, stands), "{world:?}\n{proofs:?}\n{standing:?}\n{told:?}");
}

#[derive(Debug)]
struct Stood {
    session: Option<Standing>,
    stands: bool,
}

const NOTHING: Stood = Stood { session: None, stands: false };

#[test]
fn each_single_proof() {
    let mut first = vec![None, only(&[]), only(&AuthMethod::ALL)];
    first.extend(AuthMethod::ALL.map(|method| only(&[method])));
    let worlds = Worlds {
        targets: &[Target::Acme, Target::Bolt, Target::BoltAsAdaOfAcme],
        first,
        second: vec![None],
        has: &[HAS_ALL],
    };
    each_alone(&worlds, |_| true);
    // What is set up does not depend on the first factors that are accepted, nor the other way round.
    let worlds = Worlds { first: vec![None], second: every_second(), has: &EVERY_HAS, ..worlds };
    each_alone(&worlds, |way| matches!(way, Way::Sms | Way::App | Way::Recovery | Way::Link | Way::Password));
}

fn each_alone(worlds: &Worlds, pick: impl Fn(Way) -> bool) {
    let proofs: Vec<(Proof, Factor)> =
        Proof::all().filter(|proof| pick(proof.way)).map(|proof| (proof, proof.factor())).collect();
    worlds.each(|world| {
        let built = world.build();
        for (proof, factor) in &proofs {
            check(&world, &built, &[*proof], std::slice::from_ref(factor), &NOTHING);
        }
    });
}

/// With a first factor beside it, so that the second one alone decides.
#[test]
fn each_second_proof_beside_a_first() {
    let first = Proof::past(Way::Link, About::AdaAddress);
    let pairs: Vec<([Proof; 2], [Factor; 2])> = Proof::all()
        .map(|proof| ([first, proof], [first.factor(), proof.factor()]))
        .filter(|(proofs, _)| proofs[0] != proofs[1])
        .collect();
    let worlds = Worlds {
        targets: &[Target::Acme, Target::Bolt],
        first: vec![None],
        second: every_second(),
        has: &EVERY_HAS,
    };
    worlds.each(|world| {
        let built = world.build();
        for (proofs, factors) in &pairs {
            check(&world, &built, proofs, factors, &NOTHING);
        }
    });
}

const UNIVERSE: [Proof; 13] = [
    Proof::past(Way::Link, About::AdaAddress),
    Proof::future(Way::EmailCode, About::AdaAddress),
    Proof::past(Way::Google, About::EveAddress),
    Proof::past(Way::Github, About::AdaNamedInAcme),
    Proof::past(Way::Password, About::AdaOfAcme),
    Proof::past(Way::Password, About::AdaOfAcme).with(With::Former),
    Proof::past(Way::Password, About::AdaOfBolt),
    Proof::past(Way::Sms, About::AdaPhone),
    Proof::past(Way::Sms, About::OtherPhone),
    Proof::past(Way::App, About::AdaOfAcme),
    Proof::past(Way::App, About::AdaOfAcme).with(With::Former),
    Proof::future(Way::App, About::AdaOfBolt),
    Proof::past(Way::Recovery, About::AdaOfAcme),
];

/// Every set of at most `most` proofs of the universe, the empty one too.
fn bags(most: u32) -> Vec<(Vec<Proof>, Vec<Factor>)> {
    (0u32..1 << UNIVERSE.len())
        .filter(|set| set.count_ones() <= most)
        .map(|set| {
            let proofs: Vec<Proof> =
                (0..UNIVERSE.len()).filter(|i| set >> i & 1 == 1).map(|i| UNIVERSE[i]).collect();
            let factors = proofs.iter().map(|proof| proof.factor()).collect();
            (proofs, factors)
        })
        .collect()
}

#[test]
fn every_bag_of_factors() {
    let worlds = Worlds {
        targets: &[Target::Acme, Target::Bolt],
        first: vec![None, only(&[AuthMethod::Password, AuthMethod::GithubOauth])],
        second: every_second(),
        has: &EVERY_HAS,
    };
    let bags = bags(3);
    worlds.each(|world| {
        let built = world.build();
        for (proofs, factors) in &bags {
            check(&world, &built, proofs, factors, &NOTHING);
        }
    });
}

#[test]
fn every_set_of_the_universe_where_all_is_set_up() {
    let worlds = Worlds {
        targets: &[Target::Acme, Target::Bolt],
        first: vec![None],
        second: vec![None],
        has: &[HAS_ALL],
    };
    let bags = bags(13);
    assert_eq!(bags.len(), 8192);
    worlds.each(|world| {
        let built = world.build();
        for (proofs, factors) in &bags {
            check(&world, &built, proofs, factors, &NOTHING);
        }
    });
}

/// Sessions that are handed in together with the factors: all but the first count for nothing.
fn standings(target: Target) -> [Stood; 6] {
    let Built { organization, member, .. } = World::open(target).build();
    let own = Scene { organization, member, enrolment: Enrolment::default(), ..Scene::new() };
    let eve = Scene { member: people::member(EVE, &own.organization), ..own.clone() };
    let elsewhere = people::organization(if target == Target::Acme { "bolt" } else { "acme" });
    let elsewhere = Scene { member: people::member(ADA, &elsewhere), organization: elsewhere, ..own.clone() };
    let stood = |scene: &Scene, stands, change: fn(&mut SessionRecord)| {
        let subject = Subject::Email(scene.member.email_address.clone());
        let mut record = scene.session(&[Factor { subject, ..link(NOW) }], NOW).record();
        change(&mut record);
        // It was resumed while it lived, and kept since.
        let session = scene.resume(&record, NOW.before(24 * HOUR)).unwrap().standing();
        Stood { session: Some(session), stands }
    };
    [
        stood(&own, true, |_| {}),
        stood(&own, false, |record| record.expires_at = NOW),
        stood(&own, false, |record| record.absolute_end = NOW),
        stood(&own, false, |record| record.last_accessed_at = NOW.before(12 * HOUR)),
        stood(&eve, false, |_| {}),
        stood(&elsewhere, false, |_| {}),
    ]
}

#[test]
fn every_bag_beside_a_session() {
    let bags = bags(2);
    for targets in [&[Target::Acme], &[Target::Bolt]] {
        let standings = standings(targets[0]);
        let worlds = Worlds {
            targets,
            first: vec![None, only(&[AuthMethod::MagicLink])],
            second: vec![None, Some([MfaMethod::SmsOtp].into())],
            has: &[Has { password: false, phone: HasPhone::None, app: false }, HAS_ALL],
        };
        worlds.each(|world| {
            let built = world.build();
            for (proofs, factors) in &bags {
                for standing in &standings {
                    check(&world, &built, proofs, factors, standing);
                }
            }
        });
    }
}

/// A live session of theirs lets nobody in who is no active member (any more).
#[test]
fn only_active_members_enter() {
    let bags = bags(3);
    for target in [Target::Acme, Target::Bolt, Target::BoltAsAdaOfAcme] {
        let standings = standings(Target::Acme);
        for status in [MemberStatus::Pending, MemberStatus::Invited, MemberStatus::Deleted] {
            let world = World { status, has: HAS_ALL, breakglass: true, ..World::open(target) };
            let built = world.build();
            for (proofs, factors) in &bags {
                for standing in standings.iter().chain([&NOTHING]) {
                    let told = judged(&built, factors, standing.session.as_ref());
                    assert!(matches!(told, Verdict::Refused), "{world:?} {proofs:?} {told:?}");
                }
            }
        }
    }
}
