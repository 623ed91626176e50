//! Counters in fixed windows.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use vestibule::store::Counters;

use crate::{
    racing::{RACERS, race},
    samples::{START, at},
    stores::{Rig, counter},
};

type Counting = Rig<dyn Counters>;

const MINUTE: Duration = Duration::from_secs(60);

pub(crate) async fn counts_to_the_limit(rig: Counting) {
    for count in 1..=3 {
        assert_eq!(rig.store.increment_below(&counter(1), 3, MINUTE, START).await.unwrap(), Some(count));
    }
    assert_eq!(rig.store.increment_below(&counter(1), 3, MINUTE, START).await.unwrap(), None);
    assert_eq!(rig.store.increment_below(&counter(1), 4, MINUTE, START).await.unwrap(), Some(4));
    assert_eq!(rig.store.increment_below(&counter(2), 0, MINUTE, START).await.unwrap(), None);
}

pub(crate) async fn a_window_ends_to_the_millisecond(rig: Counting) {
    assert_eq!(rig.store.increment_below(&counter(1), 1, MINUTE, START).await.unwrap(), Some(1));
    assert_eq!(rig.store.increment_below(&counter(1), 1, MINUTE, at(59_999)).await.unwrap(), None);
    assert_eq!(rig.store.increment_below(&counter(1), 1, MINUTE, at(60_000)).await.unwrap(), Some(1));
    assert_eq!(rig.store.increment_below(&counter(1), 1, MINUTE, at(119_999)).await.unwrap(), None);
    assert_eq!(rig.store.increment_below(&counter(1), 1, MINUTE, at(120_000)).await.unwrap(), Some(1));
}

pub(crate) async fn the_first_count_fixes_the_window(rig: Counting) {
    assert_eq!(rig.store.increment_below(&counter(1), 5, MINUTE, START).await.unwrap(), Some(1));
    assert_eq!(rig.store.increment_below(&counter(1), 5, 10 * MINUTE, at(59_999)).await.unwrap(), Some(2));
    assert_eq!(rig.store.increment_below(&counter(1), 5, MINUTE, at(60_000)).await.unwrap(), Some(1));
}

pub(crate) async fn keys_do_not_cross(rig: Counting) {
    for subject in 0..100 {
        assert_eq!(rig.store.increment_below(&counter(subject), 1, MINUTE, START).await.unwrap(), Some(1));
    }
}

pub(crate) async fn gives_back(rig: Counting) {
    let key = counter(1);
    for _ in 0..2 {
        rig.store.increment_below(&key, 2, MINUTE, START).await.unwrap();
    }
    rig.store.give_back(&key, at(1)).await.unwrap();
    assert_eq!(rig.store.increment_below(&key, 2, MINUTE, at(2)).await.unwrap(), Some(2));
    // The window stays where it was, and nothing is given back below none.
    for _ in 0..3 {
        rig.store.give_back(&key, at(3)).await.unwrap();
    }
    assert_eq!(rig.store.increment_below(&key, 2, MINUTE, at(4)).await.unwrap(), Some(1));
    assert_eq!(rig.store.increment_below(&counter(2), 2, MINUTE, at(59_999)).await.unwrap(), Some(1));
    rig.store.give_back(&counter(2), at(200_000)).await.unwrap();
    assert_eq!(rig.store.increment_below(&counter(2), 2, MINUTE, at(200_000)).await.unwrap(), Some(1));
}

pub(crate) async fn racing_to_give_back_loses_nothing(rig: Counting) {
    for round in 0..rig.rounds {
        let key = counter(round);
        for _ in 0..100 {
            rig.store.increment_below(&key, 100, MINUTE, START).await.unwrap();
        }
        race(RACERS, |racer| {
            let (store, key) = (Arc::clone(&rig.store), key.clone());
            async move {
                if racer % 2 == 0 {
                    store.give_back(&key, START).await.unwrap();
                } else {
                    store.increment_below(&key, 1_000, MINUTE, START).await.unwrap();
                }
            }
        })
        .await;
        assert_eq!(rig.store.increment_below(&key, 1_000, MINUTE, START).await.unwrap(), Some(101));
    }
}

pub(crate) async fn racing_stops_at_the_limit(rig: Counting) {
    for round in 0..rig.rounds {
        // Every second round starts over what is left of an ended window.
        let now = if round % 2 == 0 { START } else { at(60_000) };
        let key = counter(round / 2);
        let counts = race(RACERS, |_| {
            let (store, key) = (Arc::clone(&rig.store), key.clone());
            async move { store.increment_below(&key, 10, MINUTE, now).await.unwrap() }
        })
        .await;
        let counted: Vec<u32> = counts.into_iter().flatten().collect();
        assert_eq!(counted.len(), 10, "{counted:?}");
        assert_eq!(counted.into_iter().collect::<BTreeSet<_>>(), (1..=10).collect());
    }
}
