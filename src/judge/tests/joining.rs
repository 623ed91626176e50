//! Who may enter at all: every state of a member and of an organization's settings.

use super::{
    people::{ADA, EVE, NOW, address, domain, factor, link, member, organization, password},
    world::{About, Proof, Way},
};
use crate::{
    domain::{
        Domain, EmailAddress, Entrance, Factor, FactorKind, JitProvisioning, Member, MemberStatus, Subject,
    },
    judge::{Membership, membership, proven_address},
};

const STATES: [Option<MemberStatus>; 5] = [
    None,
    Some(MemberStatus::Pending),
    Some(MemberStatus::Invited),
    Some(MemberStatus::Active),
    Some(MemberStatus::Deleted),
];

/// Ada, or Eve, before Acme.
struct Door {
    who: &'static str,
    state: Option<MemberStatus>,
    jit: JitProvisioning,
    allowed: Vec<Domain>,
    verified_member: bool,
}

impl Door {
    fn entrance(&self) -> Entrance {
        let mut acme = organization("acme");
        acme.email_jit_provisioning = self.jit;
        acme.email_allowed_domains = self.allowed.iter().cloned().collect();
        Entrance {
            address: address(self.who),
            member: self.state.map(|status| Member { status, ..member(self.who, &acme) }),
            organization: acme,
            domain_has_verified_member: self.verified_member,
        }
    }

    fn open_to(who: &'static str, allowed: &[&str]) -> Self {
        Self {
            who,
            state: None,
            jit: JitProvisioning::Restricted,
            allowed: allowed.iter().map(|text| domain(text)).collect(),
            verified_member: true,
        }
    }

    /// What the law says to these proofs.
    fn expected(&self, proofs: &[Proof]) -> Option<Membership> {
        let (mine, named, id) = match self.who {
            ADA => (About::AdaAddress, About::AdaNamedInAcme, About::AdaOfAcme),
            _ => (About::EveAddress, About::EveNamedInAcme, About::EveOfAcme),
        };
        let first = |way| !matches!(way, Way::Sms | Way::App | Way::Recovery);
        let proved = proofs.iter().any(|proof| first(proof.way) && proof.about == mine);
        let vouched = proofs.iter().any(|proof| first(proof.way) && proof.about == named);
        let password = proofs.iter().any(|proof| proof.way == Way::Password && proof.about == id);
        match self.state {
            Some(MemberStatus::Active) if proved || vouched || password => Some(Membership::ActiveMember),
            Some(MemberStatus::Pending) if proved => Some(Membership::PendingMember),
            Some(MemberStatus::Invited) if proved => Some(Membership::InvitedMember),
            None if proved
                && self.verified_member
                && self.jit == JitProvisioning::Restricted
                && self.allowed.iter().any(|allowed| allowed.as_str() == "corp.example") =>
            {
                Some(Membership::EligibleToJoinByEmailDomain { domain: domain("corp.example") })
            }
            _ => None,
        }
    }
}

fn each_door(mut visit: impl FnMut(Door)) {
    let lists: [&[&str]; 4] =
        [&[], &["corp.example"], &["other.example", "corp.example"], &["other.example", "sub.corp.example"]];
    for who in [ADA, EVE] {
        for state in STATES {
            for jit in [JitProvisioning::Restricted, JitProvisioning::NotAllowed] {
                for allowed in lists {
                    for verified_member in [false, true] {
                        visit(Door { state, jit, verified_member, ..Door::open_to(who, allowed) });
                    }
                }
            }
        }
    }
}

#[test]
fn every_proof_at_every_door() {
    let proofs: Vec<(Proof, Factor)> = Proof::all().map(|proof| (proof, proof.factor())).collect();
    each_door(|door| {
        let entrance = door.entrance();
        assert_eq!(membership(&[], &entrance), None);
        for (proof, factor) in &proofs {
            let told = membership(std::slice::from_ref(factor), &entrance);
            assert_eq!(told, door.expected(&[*proof]), "{proof:?} {entrance:?}");
        }
    });
}

#[test]
fn every_pair_of_proofs_at_every_door() {
    let some: Vec<(Proof, Factor)> = [Way::Link, Way::Google, Way::Password, Way::App]
        .into_iter()
        .flat_map(|way| About::ALL.into_iter().map(move |about| Proof::past(way, about)))
        .map(|proof| (proof, proof.factor()))
        .collect();
    each_door(|door| {
        let entrance = door.entrance();
        for (one, first) in &some {
            for (other, second) in &some {
                let told = membership(&[first.clone(), second.clone()], &entrance);
                assert_eq!(told, door.expected(&[*one, *other]), "{one:?} {other:?} {entrance:?}");
            }
        }
    });
}

#[test]
fn a_member_of_another_organization_stands_in_no_way() {
    for status in STATES.into_iter().flatten() {
        let mut entrance = Door::open_to(ADA, &["corp.example"]).entrance();
        entrance.member = Some(Member { status, ..member(ADA, &organization("bolt")) });
        assert_eq!(membership(&[link(NOW)], &entrance), None);
    }
}

#[test]
fn a_password_opens_its_own_organization_alone() {
    for name in ["acme", "bolt"] {
        let here = organization(name);
        let entrance = Entrance {
            address: address(ADA),
            member: Some(member(ADA, &here)),
            organization: here,
            domain_has_verified_member: true,
        };
        let expected = (name == "acme").then_some(Membership::ActiveMember);
        assert_eq!(membership(&[password(NOW)], &entrance), expected);
    }
}

/// Domains are compared whole: neither a part nor a longer one, nor one that only looks the same.
#[test]
fn look_alike_domains_do_not_join() {
    let proved =
        |address: &EmailAddress| factor(FactorKind::MagicLink, Subject::Email(address.clone()), "m", NOW);
    for (who, allowed, joins) in [
        ("ada@corp.example", "corp.example", true),
        ("ada@CORP.example", "corp.EXAMPLE", true),
        ("ada@sub.corp.example", "corp.example", false),
        ("ada@corp.example", "sub.corp.example", false),
        ("ada@evilcorp.example", "corp.example", false),
        ("ada@corp.example.evil.test", "corp.example", false),
        ("ada@corp.example", "corp.example.evil.test", false),
        ("ada@c\u{43e}rp.example", "corp.example", false),
        ("ada@corp.exampl", "corp.example", false),
        ("ada@bücher.example", "xn--bcher-kva.example", true),
        ("ada@bucher.example", "bücher.example", false),
    ] {
        let entrance = Door::open_to(who, &[allowed]).entrance();
        let told = membership(&[proved(&entrance.address)], &entrance);
        let domain = entrance.address.domain();
        assert_eq!(
            told,
            joins.then_some(Membership::EligibleToJoinByEmailDomain { domain }),
            "{who} {allowed}"
        );
    }
}

/// The address that stands at the door is the one that must be proved.
#[test]
fn somebody_elses_proof_does_not_join() {
    let entrance = Door::open_to(EVE, &["corp.example"]).entrance();
    assert_eq!(membership(&[link(NOW)], &entrance), None);
}

#[test]
fn the_address_that_first_factors_prove() {
    for proof in Proof::all() {
        let told = proven_address(&[proof.factor()]).cloned();
        let proves = !matches!(proof.way, Way::Sms | Way::App | Way::Recovery);
        let expected = match proof.about {
            About::AdaAddress if proves => Some(address(ADA)),
            About::EveAddress if proves => Some(address(EVE)),
            _ => None,
        };
        assert_eq!(told, expected, "{proof:?}");
    }
    assert_eq!(proven_address(&[]), None);
    assert_eq!(proven_address(&[password(NOW), link(NOW)]), Some(&address(ADA)));
}

#[test]
fn only_active_members_enter_without_a_change() {
    assert!(!Membership::ActiveMember.joins());
    assert!(Membership::PendingMember.joins());
    assert!(Membership::InvitedMember.joins());
    assert!(Membership::EligibleToJoinByEmailDomain { domain: domain("corp.example") }.joins());
}
