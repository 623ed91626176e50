//! Member sessions.

use std::{sync::Arc, time::Instant};

use vestibule::{
    domain::{SessionRecord, Timestamp, TokenSeed},
    store::{LastUse, SessionStore, StoreErrorKind},
};

use crate::{
    racing::{RACERS, race, winners},
    samples::{START, at, bytes, member_id, organization_id, session, session_id},
    stores::{Durable, Rig},
};

type Durably = Rig<dyn Durable>;

fn store(rig: &Durably) -> Arc<dyn SessionStore> {
    rig.store.clone()
}

fn used(number: u64, at: Timestamp) -> LastUse {
    LastUse { session_id: session_id(number), at }
}

/// A record with its next revision.
fn next(record: &SessionRecord) -> SessionRecord {
    SessionRecord { revision: record.revision + 1, ..record.clone() }
}

async fn is_gone(store: &dyn SessionStore, number: u64) -> bool {
    let by_id = store.by_id(&session_id(number)).await.unwrap();
    let by_seed = store.by_seed(&TokenSeed(bytes(number))).await.unwrap();
    assert_eq!(by_id, by_seed, "both ways lead to the same");
    by_id.is_none()
}

pub(crate) async fn keeps_whole_records(rig: Durably) {
    let store = store(&rig);
    let mut record = session(1, 1, 1);
    record.absolute_end = Timestamp::MAX;
    store.insert(&record).await.unwrap();
    assert_eq!(store.by_id(&record.session_id).await.unwrap().as_ref(), Some(&record));
    assert_eq!(store.by_seed(&record.seed).await.unwrap(), Some(record));
    assert!(is_gone(&*store, 2).await);
}

pub(crate) async fn a_repeated_insert_changes_nothing(rig: Durably) {
    let store = store(&rig);
    let record = session(1, 1, 1);
    store.insert(&record).await.unwrap();
    store.insert(&record).await.unwrap();
    store.touch(&[used(1, at(60_000))]).await.unwrap();
    store.insert(&record).await.unwrap();
    let stored = store.by_id(&record.session_id).await.unwrap().unwrap();
    assert_eq!(stored.last_accessed_at, at(60_000));
    assert_eq!(store.of_member(&member_id(1), START).await.unwrap(), [stored]);
}

pub(crate) async fn ids_and_seeds_are_unique(rig: Durably) {
    let store = store(&rig);
    let record = session(1, 1, 1);
    store.insert(&record).await.unwrap();
    let mut same_id = session(2, 2, 2);
    same_id.session_id = record.session_id.clone();
    assert_eq!(store.insert(&same_id).await.unwrap_err().kind(), StoreErrorKind::Taken);
    let mut same_seed = session(2, 2, 2);
    same_seed.seed = record.seed;
    assert_eq!(store.insert(&same_seed).await.unwrap_err().kind(), StoreErrorKind::Taken);
    let mut other_member = record.clone();
    other_member.member_id = member_id(2);
    assert_eq!(store.insert(&other_member).await.unwrap_err().kind(), StoreErrorKind::Taken);
    let second = session(2, 2, 2);
    store.insert(&second).await.unwrap();
    let stolen = SessionRecord { seed: record.seed, ..next(&second) };
    assert_eq!(store.replace_if(0, &stolen).await.unwrap_err().kind(), StoreErrorKind::Taken);
    assert_eq!(store.by_seed(&record.seed).await.unwrap(), Some(record));
    assert_eq!(store.by_seed(&second.seed).await.unwrap(), Some(second));
}

pub(crate) async fn lists_newest_first(rig: Durably) {
    let store = store(&rig);
    for number in [3, 1, 4, 2] {
        let mut record = session(number, 1, 1);
        record.started_at = at(number);
        store.insert(&record).await.unwrap();
    }
    store.insert(&session(9, 2, 1)).await.unwrap();
    let listed = store.of_member(&member_id(1), START).await.unwrap();
    let ids: Vec<_> = listed.into_iter().map(|record| record.session_id).collect();
    assert_eq!(ids, [4, 3, 2, 1].map(session_id));
}

pub(crate) async fn lists_until_the_end(rig: Durably) {
    let store = store(&rig);
    store.insert(&session(1, 1, 1)).await.unwrap();
    assert_eq!(store.of_member(&member_id(1), at(3_599_999)).await.unwrap().len(), 1);
    assert_eq!(store.of_member(&member_id(1), at(3_600_000)).await.unwrap(), []);
}

pub(crate) async fn replaces_only_what_was_seen(rig: Durably) {
    let store = store(&rig);
    let first = session(1, 1, 1);
    assert!(!store.replace_if(0, &next(&first)).await.unwrap(), "there is none");
    store.insert(&first).await.unwrap();
    let mut second = next(&first);
    second.factors.clear();
    second.expires_at = at(9_000_000);
    assert!(!store.replace_if(1, &second).await.unwrap());
    assert!(store.replace_if(0, &second).await.unwrap());
    assert!(!store.replace_if(0, &second).await.unwrap());
    assert_eq!(store.by_id(&first.session_id).await.unwrap().as_ref(), Some(&second));
    assert_eq!(store.of_member(&member_id(1), at(8_999_999)).await.unwrap(), [second]);
}

pub(crate) async fn a_session_never_moves(rig: Durably) {
    let store = store(&rig);
    let record = session(1, 1, 1);
    store.insert(&record).await.unwrap();
    let mut moved = next(&record);
    moved.organization_id = organization_id(2);
    assert!(!store.replace_if(0, &moved).await.unwrap());
    let mut moved = next(&record);
    moved.member_id = member_id(2);
    assert!(!store.replace_if(0, &moved).await.unwrap());
    assert_eq!(store.by_id(&record.session_id).await.unwrap(), Some(record));
}

pub(crate) async fn a_new_seed_replaces_the_old(rig: Durably) {
    let store = store(&rig);
    let record = session(1, 1, 1);
    store.insert(&record).await.unwrap();
    let mut rotated = next(&record);
    rotated.seed = TokenSeed(bytes(100));
    assert!(store.replace_if(0, &rotated).await.unwrap());
    assert_eq!(store.by_seed(&record.seed).await.unwrap(), None);
    assert_eq!(store.by_seed(&rotated.seed).await.unwrap(), Some(rotated));
}

pub(crate) async fn the_revision_always_grows(rig: Durably) {
    let store = store(&rig);
    let record = session(1, 1, 1);
    store.insert(&record).await.unwrap();
    assert!(store.replace_if(0, &record).await.unwrap());
    assert!(!store.replace_if(0, &record).await.unwrap());
    assert_eq!(store.by_id(&record.session_id).await.unwrap().unwrap().revision, 1);
    let ahead = SessionRecord { revision: 7, ..record };
    assert!(store.replace_if(1, &ahead).await.unwrap());
    assert_eq!(store.by_id(&ahead.session_id).await.unwrap().unwrap().revision, 7);
}

pub(crate) async fn touches_forwards_only(rig: Durably) {
    let store = store(&rig);
    store.insert(&session(1, 1, 1)).await.unwrap();
    store.insert(&session(2, 1, 1)).await.unwrap();
    store.touch(&[]).await.unwrap();
    store.touch(&[used(1, at(60_000)), used(9, at(60_000)), used(2, at(30_000))]).await.unwrap();
    store.touch(&[used(1, at(40_000)), used(2, at(40_000))]).await.unwrap();
    for (number, expected) in [(1, at(60_000)), (2, at(40_000))] {
        let stored = store.by_id(&session_id(number)).await.unwrap().unwrap();
        assert_eq!(stored.last_accessed_at, expected);
        assert_eq!(stored.revision, 0, "a use is no change");
    }
    assert!(is_gone(&*store, 9).await);
}

pub(crate) async fn replacing_keeps_a_later_use(rig: Durably) {
    let store = store(&rig);
    let record = session(1, 1, 1);
    store.insert(&record).await.unwrap();
    store.touch(&[used(1, at(60_000))]).await.unwrap();
    assert!(store.replace_if(0, &next(&record)).await.unwrap());
    assert_eq!(store.by_id(&record.session_id).await.unwrap().unwrap().last_accessed_at, at(60_000));
    let mut later = next(&next(&record));
    later.last_accessed_at = at(90_000);
    assert!(store.replace_if(1, &later).await.unwrap());
    assert_eq!(store.by_id(&record.session_id).await.unwrap(), Some(later));
}

pub(crate) async fn revoked_is_gone(rig: Durably) {
    let store = store(&rig);
    let record = session(1, 1, 1);
    store.insert(&record).await.unwrap();
    assert!(store.revoke(&record.session_id).await.unwrap());
    assert!(!store.revoke(&record.session_id).await.unwrap());
    assert!(!store.replace_if(0, &next(&record)).await.unwrap());
    store.touch(&[used(1, at(60_000))]).await.unwrap();
    assert_eq!(store.insert(&record).await.unwrap_err().kind(), StoreErrorKind::Taken);
    assert_eq!(store.sweep(at(12 * 3_600_000)).await.unwrap(), 0);
    assert_eq!(store.insert(&record).await.unwrap_err().kind(), StoreErrorKind::Taken);
    assert!(is_gone(&*store, 1).await);
    assert_eq!(store.of_member(&member_id(1), START).await.unwrap(), []);
    assert_eq!(store.revoke_member(&member_id(1), None).await.unwrap(), []);
}

pub(crate) async fn revokes_a_member_but_one(rig: Durably) {
    let store = store(&rig);
    for number in 1..=4 {
        store.insert(&session(number, 1, 1)).await.unwrap();
    }
    store.insert(&session(5, 2, 1)).await.unwrap();
    let mut ended = store.revoke_member(&member_id(1), Some(&session_id(2))).await.unwrap();
    ended.sort();
    assert_eq!(ended, [1, 3, 4].map(session_id));
    for (number, gone) in [(1, true), (2, false), (3, true), (4, true), (5, false)] {
        assert_eq!(is_gone(&*store, number).await, gone, "{number}");
    }
    assert_eq!(store.insert(&session(1, 1, 1)).await.unwrap_err().kind(), StoreErrorKind::Taken);
    assert_eq!(store.revoke_member(&member_id(1), None).await.unwrap(), [session_id(2)]);
}

pub(crate) async fn revokes_an_organization(rig: Durably) {
    let store = store(&rig);
    for number in 1..=3 {
        store.insert(&session(number, number, 1)).await.unwrap();
    }
    store.insert(&session(4, 4, 2)).await.unwrap();
    store.revoke_organization(&organization_id(1)).await.unwrap();
    store.revoke_organization(&organization_id(1)).await.unwrap();
    for (number, gone) in [(1, true), (2, true), (3, true), (4, false)] {
        assert_eq!(is_gone(&*store, number).await, gone, "{number}");
    }
    assert_eq!(store.insert(&session(1, 1, 1)).await.unwrap_err().kind(), StoreErrorKind::Taken);
}

pub(crate) async fn sweeps_what_expired(rig: Durably) {
    let store = store(&rig);
    for number in 0..1_050 {
        store.insert(&session(number, number, 1)).await.unwrap();
    }
    let mut longer = session(5_000, 1, 1);
    longer.expires_at = at(7_200_000);
    store.insert(&longer).await.unwrap();
    assert_eq!(store.sweep(at(3_600_000)).await.unwrap(), 0);
    assert_eq!(store.sweep(at(3_600_001)).await.unwrap(), 1_000);
    assert_eq!(store.sweep(at(3_600_001)).await.unwrap(), 50);
    assert_eq!(store.sweep(at(3_600_001)).await.unwrap(), 0);
    assert!(is_gone(&*store, 0).await && !is_gone_at(&*store, &longer).await);
}

async fn is_gone_at(store: &dyn SessionStore, record: &SessionRecord) -> bool {
    store.by_id(&record.session_id).await.unwrap().is_none()
}

pub(crate) async fn racing_to_insert_stores_one(rig: Durably) {
    let store = store(&rig);
    for round in 0..rig.rounds {
        let won = race(RACERS, |racer| {
            let store = Arc::clone(&store);
            async move {
                // Two commits of one sign-in each, repeated, that fight about one id.
                let mut record = session(round, 1, 1);
                record.seed = TokenSeed(bytes(round * 2 + racer as u64 % 2));
                store.insert(&record).await.is_ok()
            }
        })
        .await;
        let stored = store.by_id(&session_id(round)).await.unwrap().unwrap();
        let winner = usize::from(stored.seed != TokenSeed(bytes(round * 2)));
        for (racer, won) in won.into_iter().enumerate() {
            assert_eq!(won, racer % 2 == winner);
        }
    }
    assert_eq!(store.of_member(&member_id(1), START).await.unwrap().len() as u64, rig.rounds);
}

pub(crate) async fn racing_to_replace_has_one_winner(rig: Durably) {
    let store = store(&rig);
    for round in 0..rig.rounds {
        let record = session(round, 1, 1);
        store.insert(&record).await.unwrap();
        let won = race(RACERS, |racer| {
            let (store, mut mine) = (Arc::clone(&store), next(&record));
            mine.user_agent = racer.to_string();
            async move { store.replace_if(0, &mine).await.unwrap() }
        })
        .await;
        assert_eq!(winners(&won), 1);
        let winner = won.iter().position(|won| *won).unwrap();
        let stored = store.by_id(&record.session_id).await.unwrap().unwrap();
        assert_eq!((stored.user_agent, stored.revision), (winner.to_string(), 1));
    }
}

pub(crate) async fn revoking_wins_every_race(rig: Durably) {
    let store = store(&rig);
    for round in 0..rig.rounds {
        let record = session(round, round, round);
        store.insert(&record).await.unwrap();
        let revoked = race(RACERS, |racer| {
            let (store, record) = (Arc::clone(&store), record.clone());
            async move {
                let others = round % 3;
                match racer % 8 {
                    0 if others == 0 => return store.revoke(&record.session_id).await.unwrap(),
                    0 if others == 1 => {
                        return !store.revoke_member(&record.member_id, None).await.unwrap().is_empty();
                    }
                    0 => store.revoke_organization(&record.organization_id).await.unwrap(),
                    1 | 2 => {
                        let mut rotated = next(&record);
                        rotated.seed = TokenSeed(bytes(1_000_000 + round * 100 + racer as u64));
                        store.replace_if(0, &rotated).await.unwrap();
                    }
                    3 => drop(store.insert(&record).await),
                    4 => drop(store.replace_if(1, &next(&next(&record))).await),
                    _ => store.touch(&[used(round, at(racer as u64))]).await.unwrap(),
                }
                false
            }
        })
        .await;
        assert_eq!(winners(&revoked), usize::from(round % 3 != 2), "one of them ended it");
        assert_eq!(store.by_id(&record.session_id).await.unwrap(), None);
        assert_eq!(store.by_seed(&record.seed).await.unwrap(), None);
        for racer in 0..RACERS as u64 {
            let rotated = TokenSeed(bytes(1_000_000 + round * 100 + racer));
            if racer % 8 == 1 || racer % 8 == 2 {
                assert_eq!(store.by_seed(&rotated).await.unwrap(), None);
            }
        }
        assert_eq!(store.of_member(&record.member_id, START).await.unwrap(), []);
    }
}

pub(crate) async fn many(rig: Durably) {
    let store = store(&rig);
    let total = rig.rounds * 100;
    race(8, |racer| {
        let store = Arc::clone(&store);
        async move {
            for number in (racer as u64..total).step_by(8) {
                store.insert(&session(number, number / 10, number / 100)).await.unwrap();
            }
        }
    })
    .await;
    let begun = Instant::now();
    for number in (0..total).step_by(50) {
        assert!(!is_gone(&*store, number).await);
        assert_eq!(store.of_member(&member_id(number / 10), START).await.unwrap().len(), 10);
    }
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}
