//! Changes of organizations and members.

use std::{collections::BTreeSet, sync::Arc};

use vestibule::{
    domain::{Credentials, Member, MemberStatus, Organization, Slug},
    store::{CredentialStore, FindOrganization, SessionStore, StoreErrorKind, Version},
};

use crate::{
    racing::{RACERS, race, winners},
    samples::{address, at, domain, member, member_id, organization, organization_id, session},
    stores::{Durable, Rig},
};

type Durably = Rig<dyn Durable>;

macro_rules! taken {
    ($answer:expr) => {
        assert_eq!($answer.await.unwrap_err().kind(), StoreErrorKind::Taken)
    };
}

pub(crate) async fn creates_whole_or_not_at_all(rig: Durably) {
    let people = [member(1, 1, "ada@example.com"), member(2, 1, "bob@example.com")];
    rig.store.create_organization(&organization(1), &people).await.unwrap();
    let mut second = organization(2);
    second.email_allowed_domains.insert(address("x@example.com").domain());
    taken!(
        rig.store.create_organization(
            &second,
            &[member(3, 2, "ada@example.com"), member(1, 2, "eve@example.com")]
        )
    );
    taken!(
        rig.store.create_organization(
            &second,
            &[member(3, 2, "ada@example.com"), member(4, 2, "ada@example.com")]
        )
    );
    assert_eq!(rig.store.organization(FindOrganization::Id(&organization_id(2))).await.unwrap(), None);
    assert_eq!(rig.store.member(&member_id(3)).await.unwrap(), None);
    assert_eq!(rig.store.entrances(&address("x@example.com")).await.unwrap(), []);
    assert_eq!(rig.store.member(&member_id(1)).await.unwrap().as_ref(), Some(&people[0]));
    rig.store.create_organization(&second, &[member(3, 2, "ada@example.com")]).await.unwrap();
}

pub(crate) async fn organizations_are_unique(rig: Durably) {
    let mut acme = organization(1);
    acme.organization_external_id = Some("ext-1".to_owned());
    rig.store.create_organization(&acme, &[]).await.unwrap();
    let mut same_id = organization(2);
    same_id.organization_id = acme.organization_id.clone();
    taken!(rig.store.create_organization(&same_id, &[]));
    let mut same_slug = organization(2);
    same_slug.organization_slug = acme.organization_slug.clone();
    taken!(rig.store.create_organization(&same_slug, &[]));
    let mut same_external_id = organization(2);
    same_external_id.organization_external_id = acme.organization_external_id.clone();
    taken!(rig.store.create_organization(&same_external_id, &[]));
    rig.store.create_organization(&organization(2), &[]).await.unwrap();
    taken!(rig.store.update_organization(&same_slug));
    taken!(rig.store.update_organization(&same_external_id));
    let stored = rig.store.organization(FindOrganization::Id(&organization_id(2))).await.unwrap();
    assert_eq!(stored, Some(organization(2)));
}

pub(crate) async fn claimed_domains_are_unique(rig: Durably) {
    let mut acme = organization(1);
    acme.claimed_email_domains = BTreeSet::from([domain("example.com"), domain("example.org")]);
    rig.store.create_organization(&acme, &[]).await.unwrap();
    assert!(rig.store.update_organization(&acme).await.unwrap(), "its own are no conflict");
    let mut globex = organization(2);
    globex.claimed_email_domains = BTreeSet::from([domain("example.net"), domain("example.org")]);
    taken!(rig.store.create_organization(&globex, &[]));
    assert_eq!(rig.store.organization(FindOrganization::Id(&organization_id(2))).await.unwrap(), None);
    rig.store.create_organization(&organization(2), &[]).await.unwrap();
    taken!(rig.store.update_organization(&globex));
    let stored = rig.store.organization(FindOrganization::Id(&organization_id(2))).await.unwrap();
    assert_eq!(stored, Some(organization(2)));
    let mut initech = organization(3);
    initech.claimed_email_domains = BTreeSet::from([domain("example.net")]);
    rig.store.create_organization(&initech, &[]).await.unwrap();
    initech.email_allowed_domains = acme.claimed_email_domains.clone();
    assert!(rig.store.update_organization(&initech).await.unwrap(), "to allow one is not to claim it");
    initech.claimed_email_domains.clear();
    assert!(rig.store.update_organization(&initech).await.unwrap());
    acme.claimed_email_domains.remove(&domain("example.org"));
    assert!(rig.store.update_organization(&acme).await.unwrap());
    assert!(rig.store.update_organization(&globex).await.unwrap(), "what was given up is free");
    assert!(rig.store.delete_organization(&organization_id(2)).await.unwrap());
    acme.claimed_email_domains.insert(domain("example.net"));
    assert!(rig.store.update_organization(&acme).await.unwrap(), "and what was deleted too");
    taken!(rig.store.create_organization(&globex, &[]));
}

pub(crate) async fn changes_organizations(rig: Durably) {
    let mut acme = organization(1);
    assert!(!rig.store.update_organization(&acme).await.unwrap());
    rig.store.create_organization(&acme, &[member(1, 1, "ada@example.com")]).await.unwrap();
    let old = acme.organization_slug.clone();
    acme.organization_slug = Slug::parse("renamed").unwrap();
    acme.organization_external_id = Some("ext".to_owned());
    assert!(rig.store.update_organization(&acme).await.unwrap());
    assert!(rig.store.update_organization(&acme).await.unwrap(), "the same names again are no conflict");
    let found = rig.store.organization(FindOrganization::Slug(&acme.organization_slug)).await.unwrap();
    assert_eq!(found, Some(acme.clone()));
    assert_eq!(rig.store.organization(FindOrganization::Slug(&old)).await.unwrap(), None);
    assert!(rig.store.member(&member_id(1)).await.unwrap().is_some(), "its members stay");
    let mut heir = organization(2);
    heir.organization_slug = old;
    rig.store.create_organization(&heir, &[]).await.unwrap();
    acme.organization_external_id = None;
    assert!(rig.store.update_organization(&acme).await.unwrap());
    heir.organization_external_id = Some("ext".to_owned());
    assert!(rig.store.update_organization(&heir).await.unwrap(), "what was given up is free");
}

pub(crate) async fn members_are_unique(rig: Durably) {
    let mut ada = member(1, 1, "ada@example.com");
    ada.external_id = Some("ext".to_owned());
    rig.store.create_organization(&organization(1), &[ada.clone()]).await.unwrap();
    rig.store.create_organization(&organization(2), &[]).await.unwrap();
    taken!(rig.store.create_member(&member(1, 2, "eve@example.com")));
    taken!(rig.store.create_member(&member(2, 1, "ada@example.com")));
    let mut bob = member(2, 1, "bob@example.com");
    bob.external_id = ada.external_id.clone();
    taken!(rig.store.create_member(&bob));
    bob.external_id = None;
    rig.store.create_member(&bob).await.unwrap();
    bob.email_address = address("ada@example.com");
    taken!(rig.store.update_member(&bob));
    bob.email_address = address("bob@example.com");
    bob.external_id = ada.external_id.clone();
    taken!(rig.store.update_member(&bob));
    let mut elsewhere = member(3, 2, "ada@example.com");
    elsewhere.external_id = ada.external_id.clone();
    rig.store.create_member(&elsewhere).await.unwrap();
    ada.status = MemberStatus::Deleted;
    assert!(rig.store.update_member(&ada).await.unwrap());
    taken!(rig.store.create_member(&member(4, 1, "ada@example.com")));
    let nowhere = rig.store.create_member(&member(5, 9, "ada@example.com")).await.unwrap_err();
    assert_eq!(nowhere.kind(), StoreErrorKind::Unavailable);
}

pub(crate) async fn changes_members(rig: Durably) {
    let mut ada = member(1, 1, "ada@example.com");
    assert!(!rig.store.update_member(&ada).await.unwrap());
    rig.store.create_organization(&organization(1), &[ada.clone()]).await.unwrap();
    ada.name = "Ada".to_owned();
    ada.email_address = address("countess@example.org");
    ada.updated_at = at(5);
    assert!(rig.store.update_member(&ada).await.unwrap());
    assert_eq!(rig.store.member(&member_id(1)).await.unwrap(), Some(ada));
    assert_eq!(rig.store.entrances(&address("ada@example.com")).await.unwrap(), []);
    assert_eq!(rig.store.entrances(&address("countess@example.org")).await.unwrap().len(), 1);
    rig.store.create_member(&member(2, 1, "ada@example.com")).await.unwrap();
}

pub(crate) async fn replaces_only_what_was_seen(rig: Durably) {
    let acme = organization(1);
    let ada = member(1, 1, "ada@example.com");
    rig.store.create_organization(&acme, std::slice::from_ref(&ada)).await.unwrap();
    rig.store.create_organization(&organization(2), &[]).await.unwrap();

    let named = Organization { organization_name: "Acme again".to_owned(), ..acme.clone() };
    assert!(!rig.store.replace_organization_if(&named, &acme).await.unwrap());
    assert!(rig.store.replace_organization_if(&acme, &named).await.unwrap());
    assert!(!rig.store.replace_organization_if(&acme, &acme).await.unwrap(), "it is another by now");
    assert_eq!(
        rig.store.organization(FindOrganization::Id(&acme.organization_id)).await.unwrap(),
        Some(named.clone())
    );
    let taken = Organization { organization_slug: organization(2).organization_slug, ..named.clone() };
    taken!(rig.store.replace_organization_if(&named, &taken));

    let named = Member { name: "Ada".to_owned(), ..ada.clone() };
    assert!(!rig.store.replace_member_if(&named, &ada).await.unwrap());
    assert!(rig.store.replace_member_if(&ada, &named).await.unwrap());
    assert!(!rig.store.replace_member_if(&ada, &ada).await.unwrap());
    assert_eq!(rig.store.member(&ada.member_id).await.unwrap(), Some(named));
    let nobody = member(9, 1, "nobody@example.com");
    assert!(!rig.store.replace_member_if(&nobody, &nobody).await.unwrap());
}

pub(crate) async fn racing_to_replace_has_one_winner(rig: Durably) {
    let ada = member(1, 1, "ada@example.com");
    rig.store.create_organization(&organization(1), std::slice::from_ref(&ada)).await.unwrap();
    for round in 0..rig.rounds {
        let seen = rig.store.member(&ada.member_id).await.unwrap().unwrap();
        let answers = race(RACERS, |racer| {
            let (store, seen) = (Arc::clone(&rig.store), seen.clone());
            async move {
                let new = Member { name: format!("{round}/{racer}"), ..seen.clone() };
                store.replace_member_if(&seen, &new).await.unwrap()
            }
        })
        .await;
        assert_eq!(winners(&answers), 1);
    }
}

pub(crate) async fn a_member_never_moves(rig: Durably) {
    let ada = member(1, 1, "ada@example.com");
    rig.store.create_organization(&organization(1), std::slice::from_ref(&ada)).await.unwrap();
    rig.store.create_organization(&organization(2), &[]).await.unwrap();
    assert!(!rig.store.update_member(&member(1, 2, "ada@example.com")).await.unwrap());
    assert_eq!(rig.store.member(&member_id(1)).await.unwrap(), Some(ada));
}

pub(crate) async fn pages_through_members(rig: Durably) {
    let people: Vec<_> = (0..25).map(|n| member(n, 1, &format!("p{n}@example.com"))).collect();
    rig.store.create_organization(&organization(1), &people).await.unwrap();
    rig.store.create_organization(&organization(2), &[member(100, 2, "x@example.com")]).await.unwrap();
    let mut seen = Vec::new();
    loop {
        let after = seen.last().map(|member: &vestibule::domain::Member| &member.member_id);
        let page = rig.store.members(&organization_id(1), after, 10).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 10);
        seen.extend(page);
    }
    assert_eq!(seen, people);
    assert_eq!(rig.store.members(&organization_id(1), None, 0).await.unwrap(), []);
    assert_eq!(rig.store.members(&organization_id(3), None, 10).await.unwrap(), []);
    let all = rig.store.members(&organization_id(1), None, usize::MAX).await.unwrap();
    assert_eq!(all.len(), 25);
}

pub(crate) async fn deleting_takes_everything(rig: Durably) {
    let mut acme = organization(1);
    acme.email_allowed_domains.insert(address("x@example.com").domain());
    for (number, organization) in [(1, &acme), (2, &organization(2))] {
        rig.store
            .create_organization(organization, &[member(number, number, "ada@example.com")])
            .await
            .unwrap();
        let given = Credentials { mfa_enrolled: true, ..Credentials::default() };
        let credentials: &dyn CredentialStore = &*rig.store;
        assert!(credentials.replace_if(&member_id(number), Version(0), &given).await.unwrap());
        let sessions: &dyn SessionStore = &*rig.store;
        sessions.insert(&session(number, number, number)).await.unwrap();
    }
    assert!(rig.store.delete_organization(&organization_id(1)).await.unwrap());
    assert!(!rig.store.delete_organization(&organization_id(1)).await.unwrap());
    assert_eq!(rig.store.organization(FindOrganization::Id(&organization_id(1))).await.unwrap(), None);
    assert_eq!(rig.store.member(&member_id(1)).await.unwrap(), None);
    assert_eq!(rig.store.entrances(&address("x@example.com")).await.unwrap(), []);
    let doors = rig.store.entrances(&address("ada@example.com")).await.unwrap();
    assert_eq!(doors.len(), 1);
    let credentials: &dyn CredentialStore = &*rig.store;
    assert_eq!(credentials.load(&member_id(1)).await.unwrap(), Default::default());
    assert!(credentials.load(&member_id(2)).await.unwrap().0.mfa_enrolled);
    assert_eq!(rig.store.by_id(&session(1, 1, 1).session_id).await.unwrap(), None);
    let again = SessionStore::insert(&*rig.store, &session(1, 1, 1)).await.unwrap_err();
    assert_eq!(again.kind(), StoreErrorKind::Taken, "it was revoked");
    assert!(rig.store.by_id(&session(2, 2, 2).session_id).await.unwrap().is_some());
    rig.store.create_organization(&acme, &[member(1, 1, "ada@example.com")]).await.unwrap();
}

pub(crate) async fn racing_to_create_makes_one(rig: Durably) {
    rig.store.create_organization(&organization(1), &[]).await.unwrap();
    for round in 0..rig.rounds {
        let created = race(RACERS, |racer| {
            let store = Arc::clone(&rig.store);
            async move {
                let email = format!("p{round}@example.com");
                match store.create_member(&member(round * 100 + racer as u64, 1, &email)).await {
                    Ok(()) => true,
                    Err(error) => {
                        assert_eq!(error.kind(), StoreErrorKind::Taken);
                        false
                    }
                }
            }
        })
        .await;
        assert_eq!(winners(&created), 1);
        let created = race(RACERS, |racer| {
            let store = Arc::clone(&rig.store);
            async move {
                let mut acme = organization(1_000 + round * 100 + racer as u64);
                acme.organization_slug = Slug::parse(&format!("slug-{round}")).unwrap();
                store.create_organization(&acme, &[]).await.is_ok()
            }
        })
        .await;
        assert_eq!(winners(&created), 1);
    }
}

/// Connections break off at any moment; what they had begun happens wholly or not at all, and the
/// next one finds a store that works.
#[cfg(feature = "sqlite")]
pub(crate) async fn dropped_operations_leave_no_half(rig: Durably) {
    use std::time::Duration;
    for round in 0..200 {
        let store = Arc::clone(&rig.store);
        let task = tokio::spawn(async move {
            let mut acme = organization(round);
            acme.email_allowed_domains.insert(address("x@example.com").domain());
            let people =
                [member(round * 10, round, "a@example.com"), member(round * 10 + 1, round, "b@example.com")];
            let _ = store.create_organization(&acme, &people).await;
            let _ = SessionStore::insert(&*store, &session(round, round * 10, round)).await;
            let _ = store.delete_organization(&acme.organization_id).await;
        });
        tokio::time::sleep(Duration::from_micros(round * 17 % 2_500)).await;
        task.abort();
        let _ = task.await;
    }
    for round in 0..200 {
        let organization =
            rig.store.organization(FindOrganization::Id(&organization_id(round))).await.unwrap();
        let members = rig.store.members(&organization_id(round), None, 10).await.unwrap();
        let door = rig.store.entrance(&organization_id(round), &address("a@example.com")).await.unwrap();
        let session = rig.store.by_id(&session(round, 1, 1).session_id).await.unwrap();
        assert_eq!(members.len(), if organization.is_some() { 2 } else { 0 });
        assert_eq!(door.is_some(), organization.is_some());
        assert!(organization.is_some() || session.is_none());
    }
    rig.store.create_organization(&organization(5_000), &[]).await.unwrap();
}
