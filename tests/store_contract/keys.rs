//! Signing keys.

use std::sync::Arc;

use vestibule::{
    domain::Sealed,
    store::{KeyStore, StoreErrorKind, StoredKey},
};

use crate::{
    racing::{RACERS, race, winners},
    samples::at,
    stores::{Durable, Rig},
};

type Durably = Rig<dyn Durable>;

fn store(rig: &Durably) -> Arc<dyn KeyStore> {
    rig.store.clone()
}

fn key(number: u64) -> StoredKey {
    StoredKey {
        key_id: format!("key-{number}"),
        algorithm: "RS256".to_owned(),
        private_key: Sealed(vec![0, 255, 1]),
        created_at: at(1_000 - number),
        signs_from: at(number),
    }
}

pub(crate) async fn oldest_first(rig: Durably) {
    let store = store(&rig);
    assert_eq!(store.load().await.unwrap(), []);
    for number in [2, 1, 3] {
        store.add(&key(number)).await.unwrap();
    }
    assert_eq!(store.load().await.unwrap(), [key(3), key(2), key(1)]);
}

pub(crate) async fn reseals_what_was_seen(rig: Durably) {
    let store = store(&rig);
    let (old, new) = (key(1).private_key, Sealed(vec![2]));
    assert!(!store.reseal("key-1", &old, &new).await.unwrap());
    store.add(&key(1)).await.unwrap();
    assert!(!store.reseal("key-1", &new, &old).await.unwrap());
    assert!(store.reseal("key-1", &old, &new).await.unwrap());
    assert!(!store.reseal("key-1", &old, &new).await.unwrap());
    assert_eq!(store.load().await.unwrap(), [StoredKey { private_key: new, ..key(1) }]);
}

pub(crate) async fn removes_once(rig: Durably) {
    let store = store(&rig);
    store.add(&key(1)).await.unwrap();
    assert!(store.remove("key-1").await.unwrap());
    assert!(!store.remove("key-1").await.unwrap());
    assert_eq!(store.load().await.unwrap(), []);
}

pub(crate) async fn ids_are_unique(rig: Durably) {
    let store = store(&rig);
    store.add(&key(1)).await.unwrap();
    let mut other = key(1);
    other.algorithm = "EdDSA".to_owned();
    assert_eq!(store.add(&other).await.unwrap_err().kind(), StoreErrorKind::Taken);
    assert_eq!(store.load().await.unwrap(), [key(1)]);
}

pub(crate) async fn racing_to_reseal_has_one_winner(rig: Durably) {
    let store = store(&rig);
    store.add(&key(1)).await.unwrap();
    let mut seen = key(1).private_key;
    for round in 0..rig.rounds {
        let sealed = |racer: usize| Sealed(vec![racer as u8, (round % 256) as u8, 7, 7]);
        let won = race(RACERS, |racer| {
            let (store, seen, sealed) = (Arc::clone(&store), seen.clone(), sealed(racer));
            async move { store.reseal("key-1", &seen, &sealed).await.unwrap() }
        })
        .await;
        assert_eq!(winners(&won), 1);
        seen = sealed(won.iter().position(|won| *won).unwrap());
        assert_eq!(store.load().await.unwrap()[0].private_key, seen);
    }
}

pub(crate) async fn notes_the_latest_time(rig: Durably) {
    let store = store(&rig);
    assert_eq!(store.latest_time().await.unwrap(), None);
    for (noted, latest) in [(5, 5), (3, 5), (9, 9)] {
        store.note_time(at(noted)).await.unwrap();
        assert_eq!(store.latest_time().await.unwrap(), Some(at(latest)));
    }
}
