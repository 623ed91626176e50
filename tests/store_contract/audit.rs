//! Audit events.

use vestibule::{
    domain::{AuditEvent, AuditEventId, AuditKind, AuditReason, Environment, FactorKind},
    store::AuditOf,
};

use crate::{
    samples::{at, bytes, member_id, organization_id},
    stores::{Durable, Rig},
};

type Durably = Rig<dyn Durable>;

fn id(number: u64) -> AuditEventId {
    AuditEventId::mint(Environment::Test, bytes(number))
}

/// Something that happened to a member of an organization, so many milliseconds after the start.
fn event(number: u64, member: u64, organization: u64) -> AuditEvent {
    let kind = AuditKind::Refused {
        factor: FactorKind::Totp,
        reason: AuditReason::ReplayedCode,
        credential_id: None,
    };
    let mut event = AuditEvent::new(id(number), at(number), kind);
    event.organization_id = Some(organization_id(organization));
    event.member_id = Some(member_id(member));
    event.ip_address = "2001:db8::1".to_owned();
    event.user_agent = "Mozilla/5.0 \"'\u{0}\u{1f980}".to_owned();
    event
}

fn numbers(events: &[AuditEvent]) -> Vec<u64> {
    events.iter().map(|event| event.at.since(at(0)).unwrap().as_millis().try_into().unwrap()).collect()
}

pub(crate) async fn keeps_whole_events(rig: Durably) {
    let bare = AuditEvent::new(id(1), at(1), AuditKind::SignedOut);
    let events = [bare, event(2, 1, 1)];
    rig.store.record(&events).await.unwrap();
    let [first, second] = events;
    assert_eq!(rig.store.events(AuditOf::Everything, None, 9).await.unwrap(), [second, first]);
}

pub(crate) async fn a_repeated_event_changes_nothing(rig: Durably) {
    rig.store.record(&[event(1, 1, 1), event(2, 1, 1)]).await.unwrap();
    rig.store.record(&[event(2, 1, 1), event(3, 1, 1)]).await.unwrap();
    assert_eq!(numbers(&rig.store.events(AuditOf::Everything, None, 9).await.unwrap()), [3, 2, 1]);
}

pub(crate) async fn lists_whose_events_are_asked_for(rig: Durably) {
    let nobody = AuditEvent::new(id(4), at(4), AuditKind::SignedOut);
    rig.store.record(&[event(1, 1, 1), event(2, 2, 1), event(3, 3, 2), nobody]).await.unwrap();
    let organization = organization_id(1);
    let found = rig.store.events(AuditOf::Organization(&organization), None, 9).await.unwrap();
    assert_eq!(numbers(&found), [2, 1]);
    let member = member_id(3);
    assert_eq!(numbers(&rig.store.events(AuditOf::Member(&member), None, 9).await.unwrap()), [3]);
    assert_eq!(numbers(&rig.store.events(AuditOf::Everything, None, 9).await.unwrap()), [4, 3, 2, 1]);
}

pub(crate) async fn pages_from_the_newest(rig: Durably) {
    let events: Vec<_> = (1..=7).map(|number| event(number, number % 2, 1)).collect();
    rig.store.record(&events).await.unwrap();
    let organization = organization_id(1);
    let (mut pages, mut before) = (Vec::new(), None);
    loop {
        let of = AuditOf::Organization(&organization);
        let page = rig.store.events(of, before.as_ref(), 3).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.event_id.clone());
        pages.push(numbers(&page));
    }
    assert_eq!(pages, [vec![7, 6, 5], vec![4, 3, 2], vec![1]]);
    let member = member_id(1);
    let page = rig.store.events(AuditOf::Member(&member), Some(&id(6)), 2).await.unwrap();
    assert_eq!(numbers(&page), [5, 3]);
    assert_eq!(rig.store.events(AuditOf::Everything, None, 0).await.unwrap(), []);
}

pub(crate) async fn forgets_what_is_old(rig: Durably) {
    let events: Vec<_> = (1..=1002).map(|number| event(number, 1, 1)).collect();
    rig.store.record(&events).await.unwrap();
    assert_eq!(rig.store.forget_before(at(0)).await.unwrap(), 0);
    assert_eq!(rig.store.forget_before(at(1002)).await.unwrap(), 1000);
    assert_eq!(rig.store.forget_before(at(1002)).await.unwrap(), 1);
    assert_eq!(rig.store.forget_before(at(1002)).await.unwrap(), 0);
    assert_eq!(numbers(&rig.store.events(AuditOf::Everything, None, 9).await.unwrap()), [1002]);
    assert_eq!(rig.store.events(AuditOf::Everything, Some(&id(5)), 9).await.unwrap(), []);
}
