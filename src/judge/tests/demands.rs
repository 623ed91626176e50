//! What routes demand, against every small session.

use std::time::Duration;

use super::{
    people::{MILLI, MINUTE, NOW, Scene, app, credential, link},
    world::{About, Proof, Way},
};
use crate::{
    domain::{CredentialId, Factor, FactorDemand, Permission, Role, RoleId, SessionRecord},
    judge::{MemberSession, Requirement, SessionPolicy, Unmet, unmet},
};

/// The edges of an age of five minutes, and of the shortest that can be demanded.
const AGES: [Age; 6] = [
    Age::Of(Duration::ZERO),
    Age::Of(Duration::from_secs(30)),
    Age::Of(Duration::from_millis(30_001)),
    Age::Of(Duration::from_secs(300)),
    Age::Of(Duration::from_millis(300_001)),
    Age::NotYet,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Of(Duration),
    NotYet,
}

impl Age {
    fn within(self, max: Option<Duration>) -> bool {
        match self {
            Self::Of(age) => max.is_none_or(|max| age <= max),
            Self::NotYet => false,
        }
    }
}

/// One factor of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Have {
    way: Way,
    age: Age,
    enrolled_here: bool,
}

impl Have {
    fn id(self) -> CredentialId {
        credential(&format!("{:?}{}", self.way, self.enrolled_here))
    }

    fn factor(self) -> Factor {
        let at = match self.age {
            Age::Of(age) => NOW.before(age),
            Age::NotYet => NOW.after(MILLI),
        };
        Factor {
            credential_id: self.id(),
            last_authenticated_at: at,
            created_at: at,
            ..Proof::past(self.way, About::AdaAddress).factor()
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demanded {
    Primary,
    Secondary,
    App,
    Sms,
}

impl Demanded {
    const ALL: [Self; 4] = [Self::Primary, Self::Secondary, Self::App, Self::Sms];

    fn demand(self) -> FactorDemand {
        match self {
            Self::Primary => FactorDemand::primary(),
            Self::Secondary => FactorDemand::secondary(),
            Self::App => FactorDemand::totp(),
            Self::Sms => FactorDemand::sms_otp(),
        }
    }

    fn answered_by(self, way: Way) -> bool {
        let second = matches!(way, Way::Sms | Way::App | Way::Recovery);
        match self {
            Self::Primary => !second,
            Self::Secondary => second,
            Self::App => way == Way::App,
            Self::Sms => way == Way::Sms,
        }
    }
}

fn session(have: &[Have]) -> MemberSession {
    let scene = Scene::new();
    let mut record: SessionRecord = scene.signed_in().record();
    record.factors = have.iter().map(|have| have.factor()).collect();
    record.enrolled_here = have.iter().filter(|have| have.enrolled_here).map(|have| have.id()).collect();
    scene.resume(&record, NOW).unwrap()
}

/// What the law says, in other words than the judge's.
fn met(have: &[Have], demanded: Demanded, max: Option<Duration>, enrolled_answers: bool) -> bool {
    have.iter().any(|one| {
        demanded.answered_by(one.way) && one.age.within(max) && (enrolled_answers || !one.enrolled_here)
    })
}

fn check(have: &[Have]) {
    let session = session(have);
    for demanded in Demanded::ALL {
        for max in [None, Some(Duration::from_secs(30)), Some(5 * MINUTE)] {
            let demand = max.map_or_else(|| demanded.demand(), |max| demanded.demand().within(max));
            for enrolled_answers in [false, true] {
                let policy = SessionPolicy { enrolled_answers, ..SessionPolicy::default() };
                let requirement = Requirement::member().factor(demand.clone());
                let told = unmet(&session, &requirement, None, &policy, NOW);
                let expected = if met(have, demanded, max, enrolled_answers) {
                    vec![]
                } else {
                    vec![Unmet::Factor(demand.clone())]
                };
                assert_eq!(told, expected, "{have:?} {demanded:?} {max:?} {enrolled_answers}");
            }
        }
    }
}

fn every(ways: &[Way]) -> Vec<Have> {
    let mut all = Vec::new();
    for &way in ways {
        for age in AGES {
            for enrolled_here in [false, true] {
                all.push(Have { way, age, enrolled_here });
            }
        }
    }
    all
}

#[test]
fn each_factor_alone() {
    check(&[]);
    for have in every(&Way::ALL) {
        check(&[have]);
    }
}

#[test]
fn each_pair_of_factors() {
    let all = every(&[Way::Link, Way::Sms, Way::App, Way::Recovery]);
    for (place, one) in all.iter().enumerate() {
        for other in &all[place + 1..] {
            check(&[*one, *other]);
        }
    }
}

/// Nobody could come back within a shorter time.
#[test]
fn an_age_is_at_least_thirty_seconds() {
    let demand = FactorDemand::secondary().within(Duration::ZERO);
    let scene = Scene::new();
    let session = scene.session(&[link(NOW), app(NOW)], NOW);
    let requirement = Requirement::member().factor(demand);
    let at = |after| unmet(&session, &requirement, None, &scene.policy, NOW.after(after));
    assert_eq!(at(Duration::from_secs(30)), []);
    assert_eq!(at(Duration::from_millis(30_001)).len(), 1);
}

/// Being used makes no proof younger.
#[test]
fn use_does_not_refresh_a_proof() {
    let scene = Scene::new();
    let session = scene.session(&[link(NOW), app(NOW)], NOW);
    let requirement = Requirement::member().factor(FactorDemand::totp().within(5 * MINUTE));
    for minute in 1..60 {
        let now = NOW.after(minute * MINUTE);
        assert!(session.touch(now));
        let resumed = scene.resume(&session.record(), now).unwrap();
        for session in [&session, &resumed] {
            assert_eq!(unmet(session, &requirement, None, &scene.policy, now).is_empty(), minute <= 5);
        }
    }
}

/// Every mixture of parts that are not asked for, met and not met: each is named by itself.
#[test]
fn each_part_is_judged_by_itself() {
    let editor = RoleId::new("editor").unwrap();
    let mut scene = Scene::new();
    scene.member.roles = vec![editor.clone()];
    scene.project_roles = vec![Role {
        role_id: editor.clone(),
        description: String::new(),
        permissions: vec![Permission { resource_id: "documents".into(), actions: vec!["read".into()] }],
    }];
    let session = scene.signed_in();
    let admin = RoleId::admin();
    let permission =
        |resource: &str, action: &str| Unmet::Permission { resource: resource.into(), action: action.into() };
    let organizations = [
        (None, None),
        (Some("acme"), None),
        (Some("id-acme"), None),
        (Some("bolt"), Some(Unmet::Organization)),
        (Some(""), Some(Unmet::Organization)),
        (Some("ACME"), Some(Unmet::Organization)),
        (Some("acme "), Some(Unmet::Organization)),
    ];
    let roles = [(None, None), (Some(editor), None), (Some(admin.clone()), Some(Unmet::Role(admin)))];
    let permissions = [
        (None, None),
        (Some(("documents", "read")), None),
        (Some(("documents", "write")), Some(permission("documents", "write"))),
        (Some(("invoices", "read")), Some(permission("invoices", "read"))),
        (Some(("documents", "*")), Some(permission("documents", "*"))),
    ];
    let factors = [
        (None, None),
        (Some(FactorDemand::primary()), None),
        (Some(FactorDemand::totp()), Some(Unmet::Factor(FactorDemand::totp()))),
    ];
    for (organization, no_organization) in &organizations {
        for (role, no_role) in &roles {
            for (permission, no_permission) in &permissions {
                for (factor, no_factor) in &factors {
                    let mut requirement = Requirement::member();
                    if let Some(role) = role {
                        requirement = requirement.role(role.clone());
                    }
                    if let Some((resource, action)) = permission {
                        requirement = requirement.permission(*resource, *action);
                    }
                    if let Some(factor) = factor {
                        requirement = requirement.factor(factor.clone());
                    }
                    assert_eq!(requirement.factor_demand(), factor.as_ref());
                    let expected: Vec<Unmet> = [no_organization, no_role, no_permission, no_factor]
                        .into_iter()
                        .flatten()
                        .cloned()
                        .collect();
                    assert_eq!(unmet(&session, &requirement, *organization, &scene.policy, NOW), expected);
                }
            }
        }
    }
}
