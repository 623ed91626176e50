//! What the caches do when they are full.

use std::time::{Duration, Instant};

use vestibule::{
    domain::{FactorDemand, ReturnTo},
    store::{
        CodeKey, Counters, TransientStore,
        moka::{MokaCounters, MokaTransient, TransientCapacity},
    },
};

use crate::{
    samples::{START, at, attempt, challenge, code, digest, intermediate, session_id},
    stores::counter,
};

const ADA: &str = "ada@example.com";

#[tokio::test]
async fn a_flood_keeps_the_newest_and_is_counted() {
    let store = MokaTransient::with_capacity(TransientCapacity {
        intermediate_sessions: 100,
        ..TransientCapacity::default()
    });
    for number in 0..1_000 {
        store.insert(digest(number), intermediate(ADA), START).await.unwrap();
    }
    assert_eq!(store.evictions(), 900);
    for number in 900..1_000 {
        assert!(store.get(digest(number), START).await.unwrap().is_some(), "{number}");
    }
    assert!(store.get(digest(0), START).await.unwrap().is_none());
}

#[tokio::test]
async fn a_flood_of_one_kind_pushes_out_no_other() {
    let store = MokaTransient::with_capacity(TransientCapacity {
        intermediate_sessions: 10,
        codes: 10,
        challenged_sessions: 10,
        destinations: 10,
    });
    let key = CodeKey::Browser(digest(1));
    store.put_code(&key, code(1), START).await.unwrap();
    store.challenge(&session_id(1), challenge(1, FactorDemand::totp()), START).await.unwrap();
    for number in 0..1_000 {
        store.insert(digest(number), intermediate(ADA), START).await.unwrap();
    }
    assert_eq!(store.evictions(), 990);
    let path = ReturnTo::parse("/x").unwrap();
    for number in 0..20 {
        store.put_destination(digest(number), path.clone(), at(1_000), START).await.unwrap();
    }
    assert_eq!(store.evictions(), 1_000);
    assert!(store.code(&key, START).await.unwrap().is_some());
    assert_eq!(store.challenges(&session_id(1), START).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_has_ended_is_no_loss() {
    let store = MokaTransient::with_capacity(TransientCapacity {
        intermediate_sessions: 100,
        ..TransientCapacity::default()
    });
    for number in 0..100 {
        store.insert(digest(number), intermediate(ADA), START).await.unwrap();
    }
    assert_eq!(store.evictions(), 0);
    for number in 100..200 {
        let mut later = intermediate(ADA);
        later.expires_at = at(1_200_000);
        store.insert(digest(number), later, at(600_000)).await.unwrap();
    }
    assert_eq!(store.evictions(), 0, "the first hundred were dead");
    for number in 100..200 {
        let seen = store.get(digest(number), at(600_000)).await.unwrap().unwrap();
        assert!(store.claim(digest(number), &seen, attempt(1), at(605_000), at(600_000)).await.unwrap());
        assert!(store.consume(digest(number), attempt(1)).await.unwrap());
    }
    assert_eq!(store.evictions(), 0, "used up is not pushed out");
}

#[tokio::test]
async fn counters_keep_the_newest_and_count_what_they_lose() {
    let store = MokaCounters::with_capacity(100);
    let minute = Duration::from_secs(60);
    for subject in 0..1_000 {
        store.increment_below(&counter(subject), 1, minute, START).await.unwrap();
        // One that is counted again and again stays.
        assert_eq!(store.increment_below(&counter(0), 1, minute, START).await.unwrap(), None);
    }
    assert_eq!(store.evictions(), 900);
}

#[tokio::test]
async fn many() {
    let begun = Instant::now();
    let (transient, counters) = (MokaTransient::new(), MokaCounters::new());
    for number in 0..30_000 {
        transient.insert(digest(number), intermediate(ADA), START).await.unwrap();
        transient.put_code(&CodeKey::Browser(digest(number)), code(number), START).await.unwrap();
        counters.increment_below(&counter(number), 1, Duration::from_secs(60), START).await.unwrap();
    }
    assert_eq!((transient.evictions(), counters.evictions()), (0, 0));
    for number in (0..30_000).step_by(1_000) {
        assert!(transient.get(digest(number), START).await.unwrap().is_some());
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}
