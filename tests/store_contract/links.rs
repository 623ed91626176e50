//! Links sent by email.

use std::sync::Arc;

use vestibule::store::{StoreErrorKind, TakenLink};

use crate::{
    racing::{RACERS, race},
    samples::{START, address, at, digest, link},
    stores::{Durable, Rig},
};

type Durably = Rig<dyn Durable>;

pub(crate) async fn taken_once(rig: Durably) {
    assert_eq!(rig.store.peek(&digest(1), START).await.unwrap(), None);
    assert_eq!(rig.store.take(&digest(1), START).await.unwrap(), TakenLink::Unknown);
    rig.store.put(&link(1), START).await.unwrap();
    assert_eq!(rig.store.peek(&digest(1), START).await.unwrap(), Some(link(1)));
    assert_eq!(rig.store.peek(&digest(1), START).await.unwrap(), Some(link(1)), "looking uses nothing up");
    assert_eq!(rig.store.take(&digest(1), START).await.unwrap(), TakenLink::Fresh(link(1)));
    assert_eq!(rig.store.take(&digest(1), START).await.unwrap(), TakenLink::Spent);
    assert_eq!(rig.store.peek(&digest(1), START).await.unwrap(), None);
}

pub(crate) async fn good_until_its_end(rig: Durably) {
    rig.store.put(&link(1), START).await.unwrap();
    assert!(rig.store.peek(&digest(1), at(599_999)).await.unwrap().is_some());
    assert_eq!(rig.store.peek(&digest(1), at(600_000)).await.unwrap(), None);
    assert_eq!(rig.store.take(&digest(1), at(600_000)).await.unwrap(), TakenLink::Spent);
    assert_eq!(rig.store.take(&digest(1), at(599_999)).await.unwrap(), TakenLink::Fresh(link(1)));
}

pub(crate) async fn a_repeated_put_revives_nothing(rig: Durably) {
    rig.store.put(&link(1), START).await.unwrap();
    rig.store.put(&link(1), START).await.unwrap();
    let mut other = link(1);
    other.address = address("eve@example.com");
    assert_eq!(rig.store.put(&other, START).await.unwrap_err().kind(), StoreErrorKind::Taken);
    assert_eq!(rig.store.take(&digest(1), START).await.unwrap(), TakenLink::Fresh(link(1)));
    rig.store.put(&link(1), START).await.unwrap();
    assert_eq!(rig.store.take(&digest(1), START).await.unwrap(), TakenLink::Spent);
}

pub(crate) async fn forgets_after_a_week(rig: Durably) {
    const WEEK: u64 = 7 * 24 * 3_600_000;
    rig.store.put(&link(1), START).await.unwrap();
    rig.store.put(&link(2), at(600_000 + WEEK)).await.unwrap();
    assert_eq!(rig.store.take(&digest(1), at(600_000 + WEEK)).await.unwrap(), TakenLink::Spent);
    rig.store.put(&link(3), at(600_001 + WEEK)).await.unwrap();
    assert_eq!(rig.store.take(&digest(1), at(600_001 + WEEK)).await.unwrap(), TakenLink::Unknown);
}

pub(crate) async fn racing_to_take_has_one_winner(rig: Durably) {
    for round in 0..rig.rounds {
        rig.store.put(&link(round), START).await.unwrap();
        let taken = race(RACERS, |_| {
            let store = Arc::clone(&rig.store);
            async move { store.take(&digest(round), START).await.unwrap() }
        })
        .await;
        assert_eq!(taken.iter().filter(|taken| **taken == TakenLink::Fresh(link(round))).count(), 1);
        assert_eq!(taken.iter().filter(|taken| **taken == TakenLink::Spent).count(), RACERS - 1);
    }
}
