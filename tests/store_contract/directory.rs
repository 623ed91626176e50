//! Organizations and members, as signing in asks for them.

use std::{collections::BTreeSet, sync::Arc};

use vestibule::{
    domain::{Member, MemberStatus, Slug},
    store::{FindOrganization, Joining, StoreErrorKind},
};

use crate::{
    racing::{RACERS, race},
    samples::{START, address, at, domain, member, member_id, organization, organization_id},
    stores::{Durable, Rig},
};

type Durably = Rig<dyn Durable>;

fn joining(organization: u64, email: &str, member: u64) -> Joining {
    Joining {
        organization_id: organization_id(organization),
        address: address(email),
        member_id: member_id(member),
        now: at(1_000),
    }
}

pub(crate) async fn finds_organizations(rig: Durably) {
    let mut acme = organization(1);
    acme.email_allowed_domains = BTreeSet::from([domain("example.com"), domain("example.org")]);
    acme.trusted_metadata.insert("a\u{0}\"".to_owned(), serde_json::json!([1, {"b": null}]));
    rig.store.create_organization(&acme, &[]).await.unwrap();
    let by_id = rig.store.organization(FindOrganization::Id(&acme.organization_id)).await.unwrap();
    assert_eq!(by_id.as_ref(), Some(&acme));
    let by_slug = rig.store.organization(FindOrganization::Slug(&acme.organization_slug)).await.unwrap();
    assert_eq!(by_slug, Some(acme));
    let other = Slug::parse("Acme-1").unwrap();
    assert_eq!(rig.store.organization(FindOrganization::Slug(&other)).await.unwrap(), None);
    assert_eq!(rig.store.organization(FindOrganization::Id(&organization_id(2))).await.unwrap(), None);
}

pub(crate) async fn finds_members(rig: Durably) {
    let mut ada = member(1, 1, "ada@example.com");
    ada.name = "Ada \u{1f980}".to_owned();
    ada.status = MemberStatus::Deleted;
    rig.store.create_organization(&organization(1), &[ada.clone()]).await.unwrap();
    assert_eq!(rig.store.member(&ada.member_id).await.unwrap(), Some(ada));
    assert_eq!(rig.store.member(&member_id(2)).await.unwrap(), None);
}

pub(crate) async fn shows_an_entrance(rig: Durably) {
    let ada = member(1, 1, "ada@example.com");
    rig.store.create_organization(&organization(1), std::slice::from_ref(&ada)).await.unwrap();
    let door = rig.store.entrance(&organization_id(1), &address("ada@example.com")).await.unwrap().unwrap();
    assert_eq!((door.organization, door.member), (organization(1), Some(ada)));
    assert_eq!(door.address, address("ada@example.com"));
    assert!(door.domain_has_verified_member);
    let door = rig.store.entrance(&organization_id(1), &address("bob@example.com")).await.unwrap().unwrap();
    assert_eq!((door.member, door.domain_has_verified_member), (None, true));
    let door =
        rig.store.entrance(&organization_id(1), &address("ada@mail.example.com")).await.unwrap().unwrap();
    assert_eq!((door.member, door.domain_has_verified_member), (None, false));
    assert_eq!(rig.store.entrance(&organization_id(2), &address("ada@example.com")).await.unwrap(), None);
}

pub(crate) async fn a_domain_needs_a_living_proof(rig: Durably) {
    let mut ada = member(1, 1, "ada@example.com");
    rig.store.create_organization(&organization(1), &[ada.clone()]).await.unwrap();
    rig.store.create_organization(&organization(2), &[]).await.unwrap();
    let proved = async |organization| {
        let door = rig.store.entrance(&organization_id(organization), &address("bob@example.com")).await;
        door.unwrap().unwrap().domain_has_verified_member
    };
    assert!(proved(1).await && !proved(2).await);
    ada.email_address_verified = false;
    assert!(rig.store.update_member(&ada).await.unwrap());
    assert!(!proved(1).await, "unproved");
    ada.email_address_verified = true;
    ada.status = MemberStatus::Deleted;
    assert!(rig.store.update_member(&ada).await.unwrap());
    assert!(!proved(1).await, "deleted");
    ada.status = MemberStatus::Active;
    ada.email_address = address("ada@example.org");
    assert!(rig.store.update_member(&ada).await.unwrap());
    assert!(!proved(1).await, "another domain");
    ada.email_address = address("ada@example.com");
    assert!(rig.store.update_member(&ada).await.unwrap());
    assert!(proved(1).await);
}

pub(crate) async fn lists_entrances_by_member_and_domain(rig: Durably) {
    let mut allowing = organization(1);
    allowing.email_allowed_domains = BTreeSet::from([domain("example.com")]);
    let mut both = organization(2);
    both.email_allowed_domains = BTreeSet::from([domain("example.com"), domain("example.net")]);
    let mut other = organization(4);
    other.email_allowed_domains = BTreeSet::from([domain("mail.example.com")]);
    rig.store.create_organization(&allowing, &[member(10, 1, "eve@example.com")]).await.unwrap();
    rig.store.create_organization(&both, &[member(20, 2, "ada@example.com")]).await.unwrap();
    rig.store.create_organization(&organization(3), &[member(30, 3, "ada@example.com")]).await.unwrap();
    rig.store.create_organization(&other, &[]).await.unwrap();

    let doors = rig.store.entrances(&address("ada@example.com")).await.unwrap();
    let ids: Vec<_> = doors.iter().map(|door| door.organization.organization_id.clone()).collect();
    assert_eq!(ids, [2, 3, 1].map(organization_id));
    let members: Vec<_> =
        doors.iter().map(|door| door.member.as_ref().map(|m| m.member_id.clone())).collect();
    assert_eq!(members, [Some(member_id(20)), Some(member_id(30)), None]);
    for door in doors {
        let one = rig.store.entrance(&door.organization.organization_id, &door.address).await.unwrap();
        assert_eq!(one, Some(door), "one and all agree");
    }

    allowing.email_allowed_domains = BTreeSet::from([domain("example.net")]);
    assert!(rig.store.update_organization(&allowing).await.unwrap());
    assert_eq!(rig.store.entrances(&address("ada@example.com")).await.unwrap().len(), 2);
    assert_eq!(rig.store.entrances(&address("ada@example.net")).await.unwrap().len(), 2);
    assert_eq!(rig.store.entrances(&address("ada@nowhere.example")).await.unwrap(), []);
}

pub(crate) async fn lists_active_memberships_first(rig: Durably) {
    let statuses = [
        MemberStatus::Deleted,
        MemberStatus::Invited,
        MemberStatus::Active,
        MemberStatus::Pending,
        MemberStatus::Active,
    ];
    for (number, status) in statuses.into_iter().enumerate() {
        let number = number as u64;
        let mut ada = member(number, number, "ada@example.com");
        ada.status = status;
        rig.store.create_organization(&organization(number), &[ada]).await.unwrap();
    }
    let doors = rig.store.entrances(&address("ada@example.com")).await.unwrap();
    let ids: Vec<_> = doors.into_iter().map(|door| door.organization.organization_id).collect();
    assert_eq!(ids, [2, 4, 1, 3, 0].map(organization_id));
}

pub(crate) async fn lists_a_thousand_at_most(rig: Durably) {
    for number in 0..1_010 {
        let mut allowing = organization(number);
        allowing.email_allowed_domains = BTreeSet::from([domain("example.com")]);
        rig.store.create_organization(&allowing, &[]).await.unwrap();
    }
    rig.store
        .create_organization(&organization(9_999), &[member(1, 9_999, "ada@example.com")])
        .await
        .unwrap();
    let doors = rig.store.entrances(&address("ada@example.com")).await.unwrap();
    assert_eq!(doors.len(), 1_000);
    assert_eq!(doors[0].organization.organization_id, organization_id(9_999));
    assert_eq!(rig.store.entrances(&address("ada@example.com")).await.unwrap(), doors, "a stable order");
}

pub(crate) async fn joins_as_a_new_member(rig: Durably) {
    rig.store.create_organization(&organization(1), &[]).await.unwrap();
    let ada = rig.store.join(&joining(1, "ada@example.com", 1)).await.unwrap();
    assert_eq!(ada.member_id, member_id(1));
    assert_eq!(ada.organization_id, organization_id(1));
    assert_eq!(ada.email_address, address("ada@example.com"));
    assert_eq!((ada.status, ada.email_address_verified), (MemberStatus::Active, true));
    assert_eq!((ada.created_at, ada.updated_at), (at(1_000), at(1_000)));
    assert!(ada.roles.is_empty() && !ada.is_breakglass);
    assert_eq!(rig.store.member(&member_id(1)).await.unwrap(), Some(ada));
    let door = rig.store.entrance(&organization_id(1), &address("bob@example.com")).await.unwrap().unwrap();
    assert!(door.domain_has_verified_member);
}

pub(crate) async fn joining_activates_who_was_invited(rig: Durably) {
    let invited = |number, email, status| {
        let mut member = Member::new(member_id(number), organization_id(1), address(email), status, START);
        member.name = "kept".to_owned();
        member
    };
    let people = [
        invited(1, "a@example.com", MemberStatus::Invited),
        invited(2, "b@example.com", MemberStatus::Pending),
        invited(3, "c@example.com", MemberStatus::Active),
    ];
    rig.store.create_organization(&organization(1), &people).await.unwrap();
    for person in &people {
        let joined = rig.store.join(&joining(1, person.email_address.as_str(), 99)).await.unwrap();
        let mut expected = person.clone();
        expected.activate(at(1_000));
        assert_eq!(joined, expected);
        assert_eq!(rig.store.member(&person.member_id).await.unwrap(), Some(expected));
    }
    assert_eq!(rig.store.member(&member_id(99)).await.unwrap(), None);
}

pub(crate) async fn joining_leaves_the_settled_alone(rig: Durably) {
    let ada = member(1, 1, "ada@example.com");
    let mut bob = member(2, 1, "bob@example.com");
    bob.status = MemberStatus::Deleted;
    rig.store.create_organization(&organization(1), &[ada.clone(), bob.clone()]).await.unwrap();
    assert_eq!(rig.store.join(&joining(1, "ada@example.com", 98)).await.unwrap(), ada);
    assert_eq!(rig.store.join(&joining(1, "bob@example.com", 99)).await.unwrap(), bob);
    assert_eq!(rig.store.member(&member_id(2)).await.unwrap(), Some(bob));
}

pub(crate) async fn joining_needs_a_free_id(rig: Durably) {
    rig.store.create_organization(&organization(1), &[member(1, 1, "ada@example.com")]).await.unwrap();
    let error = rig.store.join(&joining(1, "bob@example.com", 1)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Taken);
    let error = rig.store.join(&joining(2, "bob@example.com", 2)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert_eq!(rig.store.member(&member_id(2)).await.unwrap(), None);
}

pub(crate) async fn racing_to_join_makes_one_member(rig: Durably) {
    rig.store.create_organization(&organization(1), &[]).await.unwrap();
    for round in 0..rig.rounds {
        let email = format!("person-{round}@example.com");
        if round % 3 == 0 {
            let invited = Member::new(
                member_id(round),
                organization_id(1),
                address(&email),
                MemberStatus::Invited,
                START,
            );
            rig.store.create_member(&invited).await.unwrap();
        }
        let joined = race(RACERS, |racer| {
            let (store, joining) =
                (Arc::clone(&rig.store), joining(1, &email, 1_000_000 + round * 100 + racer as u64));
            async move { store.join(&joining).await.unwrap() }
        })
        .await;
        assert!(joined.iter().all(|member| *member == joined[0]));
        assert_eq!(joined[0].status, MemberStatus::Active);
        assert_eq!(rig.store.member(&joined[0].member_id).await.unwrap().as_ref(), Some(&joined[0]));
    }
    let members = rig.store.members(&organization_id(1), None, 10_000).await.unwrap();
    assert_eq!(members.len() as u64, rig.rounds);
}
