//! Intermediate sessions, codes and challenges.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use vestibule::{
    domain::{FactorDemand, ReturnTo, Scope},
    store::{CodeKey, TransientStore, TriedCode},
};

use crate::{
    racing::{RACERS, race, winners},
    samples::{
        START, address, at, attempt, bytes, challenge, code, digest, intermediate, organization_id,
        session_id,
    },
    stores::Rig,
};

type Transient = Rig<dyn TransientStore>;

const ADA: &str = "ada@example.com";

pub(crate) async fn lives_to_the_last_millisecond(rig: Transient) {
    let session = intermediate(ADA);
    for key in [1, 2, 3].map(digest) {
        rig.store.insert(key, session.clone(), START).await.unwrap();
    }
    let (last, end) = (at(599_999), at(600_000));
    assert_eq!(rig.store.get(digest(1), last).await.unwrap().as_ref(), Some(&session));
    assert!(rig.store.replace_if(digest(2), &session, session.clone(), last).await.unwrap());
    assert!(rig.store.claim(digest(3), &session, attempt(1), at(700_000), last).await.unwrap());
    assert!(rig.store.consume(digest(3), attempt(1)).await.unwrap());

    assert_eq!(rig.store.get(digest(1), end).await.unwrap(), None);
    assert!(!rig.store.replace_if(digest(1), &session, session.clone(), end).await.unwrap());
    assert!(!rig.store.claim(digest(1), &session, attempt(2), at(700_000), end).await.unwrap());
    assert_eq!(rig.store.get(digest(2), end).await.unwrap(), None);
}

pub(crate) async fn nothing_moves_the_deadline(rig: Transient) {
    let session = intermediate(ADA);
    rig.store.insert(digest(1), session.clone(), START).await.unwrap();
    let mut longer = session.clone();
    longer.expires_at = at(10_000_000);
    longer.organization_id = Some(organization_id(1));
    assert!(rig.store.replace_if(digest(1), &session, longer.clone(), at(500_000)).await.unwrap());
    longer.expires_at = session.expires_at;
    assert_eq!(rig.store.get(digest(1), at(599_999)).await.unwrap(), Some(longer.clone()));
    assert!(rig.store.claim(digest(1), &longer, attempt(1), at(9_000_000), at(599_999)).await.unwrap());
    rig.store.release(digest(1), attempt(1)).await.unwrap();
    assert_eq!(rig.store.get(digest(1), at(599_999)).await.unwrap(), Some(longer));
    assert_eq!(rig.store.get(digest(1), at(600_000)).await.unwrap(), None);
}

pub(crate) async fn the_dead_is_not_stored(rig: Transient) {
    rig.store.insert(digest(1), intermediate(ADA), at(600_000)).await.unwrap();
    assert_eq!(rig.store.get(digest(1), at(600_000)).await.unwrap(), None);
    rig.store.put_code(&CodeKey::Browser(digest(1)), code(1), at(600_000)).await.unwrap();
    let tried = rig.store.try_code(&CodeKey::Browser(digest(1)), digest(1), at(600_000)).await.unwrap();
    assert_eq!(tried, TriedCode::Gone);
}

pub(crate) async fn replaces_only_what_was_seen(rig: Transient) {
    let (first, mut second) = (intermediate(ADA), intermediate(ADA));
    second.organization_id = Some(organization_id(1));
    assert!(!rig.store.replace_if(digest(1), &first, second.clone(), START).await.unwrap(), "there is none");
    rig.store.insert(digest(1), first.clone(), START).await.unwrap();
    assert!(!rig.store.replace_if(digest(1), &second, first.clone(), START).await.unwrap());
    assert!(!rig.store.claim(digest(1), &second, attempt(1), at(1_000), START).await.unwrap());
    assert!(rig.store.replace_if(digest(1), &first, second.clone(), START).await.unwrap());
    assert!(!rig.store.replace_if(digest(1), &first, second.clone(), START).await.unwrap());
    assert_eq!(rig.store.get(digest(1), START).await.unwrap(), Some(second));
    assert_eq!(rig.store.get(digest(2), START).await.unwrap(), None);
}

pub(crate) async fn a_repeated_insert_changes_nothing(rig: Transient) {
    let session = intermediate(ADA);
    rig.store.insert(digest(1), session.clone(), START).await.unwrap();
    assert!(rig.store.claim(digest(1), &session, attempt(1), at(5_000), START).await.unwrap());
    rig.store.insert(digest(1), session.clone(), START).await.unwrap();
    assert_eq!(rig.store.get(digest(1), START).await.unwrap(), None, "the claim was lost");
    assert!(rig.store.consume(digest(1), attempt(1)).await.unwrap());
}

pub(crate) async fn what_is_claimed_is_hidden(rig: Transient) {
    let session = intermediate(ADA);
    rig.store.insert(digest(1), session.clone(), START).await.unwrap();
    assert!(rig.store.claim(digest(1), &session, attempt(1), at(5_000), START).await.unwrap());
    assert_eq!(rig.store.get(digest(1), at(1)).await.unwrap(), None);
    assert!(!rig.store.claim(digest(1), &session, attempt(2), at(6_000), at(1)).await.unwrap());
    assert!(!rig.store.claim(digest(1), &session, attempt(1), at(6_000), at(1)).await.unwrap());
    assert!(!rig.store.replace_if(digest(1), &session, session.clone(), at(1)).await.unwrap());
}

pub(crate) async fn only_the_claimer_consumes(rig: Transient) {
    let session = intermediate(ADA);
    rig.store.insert(digest(1), session.clone(), START).await.unwrap();
    assert!(!rig.store.consume(digest(1), attempt(1)).await.unwrap(), "nobody has claimed it");
    assert!(rig.store.claim(digest(1), &session, attempt(1), at(5_000), START).await.unwrap());
    assert!(!rig.store.consume(digest(1), attempt(2)).await.unwrap());
    rig.store.release(digest(1), attempt(2)).await.unwrap();
    assert_eq!(rig.store.get(digest(1), START).await.unwrap(), None, "released by another");
    assert!(rig.store.consume(digest(1), attempt(1)).await.unwrap());
    assert!(!rig.store.consume(digest(1), attempt(1)).await.unwrap());
    assert_eq!(rig.store.get(digest(1), at(5_000)).await.unwrap(), None);
}

pub(crate) async fn a_released_one_is_free(rig: Transient) {
    let session = intermediate(ADA);
    rig.store.insert(digest(1), session.clone(), START).await.unwrap();
    assert!(rig.store.claim(digest(1), &session, attempt(1), at(5_000), START).await.unwrap());
    rig.store.release(digest(1), attempt(1)).await.unwrap();
    assert!(!rig.store.consume(digest(1), attempt(1)).await.unwrap());
    assert_eq!(rig.store.get(digest(1), START).await.unwrap().as_ref(), Some(&session));
    assert!(rig.store.claim(digest(1), &session, attempt(2), at(5_000), START).await.unwrap());
    rig.store.release(digest(2), attempt(2)).await.unwrap();
}

pub(crate) async fn a_lease_ends(rig: Transient) {
    let session = intermediate(ADA);
    rig.store.insert(digest(1), session.clone(), START).await.unwrap();
    assert!(rig.store.claim(digest(1), &session, attempt(1), at(5_000), START).await.unwrap());
    assert_eq!(rig.store.get(digest(1), at(4_999)).await.unwrap(), None);
    assert!(!rig.store.claim(digest(1), &session, attempt(2), at(9_000), at(4_999)).await.unwrap());
    assert_eq!(rig.store.get(digest(1), at(5_000)).await.unwrap().as_ref(), Some(&session));
    assert!(rig.store.claim(digest(1), &session, attempt(2), at(9_000), at(5_000)).await.unwrap());
    assert!(!rig.store.consume(digest(1), attempt(1)).await.unwrap(), "it is another's by now");
    rig.store.release(digest(1), attempt(1)).await.unwrap();
    assert!(rig.store.consume(digest(1), attempt(2)).await.unwrap());
}

pub(crate) async fn a_lapsed_claim_loses_to_a_change(rig: Transient) {
    let (session, mut changed) = (intermediate(ADA), intermediate(ADA));
    changed.organization_id = Some(organization_id(1));
    rig.store.insert(digest(1), session.clone(), START).await.unwrap();
    assert!(rig.store.claim(digest(1), &session, attempt(1), at(5_000), START).await.unwrap());
    assert!(rig.store.replace_if(digest(1), &session, changed.clone(), at(5_000)).await.unwrap());
    assert!(!rig.store.consume(digest(1), attempt(1)).await.unwrap());
    assert_eq!(rig.store.get(digest(1), at(5_000)).await.unwrap(), Some(changed));
}

pub(crate) async fn discards_even_what_is_claimed(rig: Transient) {
    let session = intermediate(ADA);
    rig.store.insert(digest(1), session.clone(), START).await.unwrap();
    assert!(rig.store.claim(digest(1), &session, attempt(1), at(5_000), START).await.unwrap());
    rig.store.discard(digest(1)).await.unwrap();
    assert!(!rig.store.consume(digest(1), attempt(1)).await.unwrap());
    assert_eq!(rig.store.get(digest(1), at(5_000)).await.unwrap(), None);
    rig.store.discard(digest(2)).await.unwrap();
}

pub(crate) async fn racing_to_claim_has_one_winner(rig: Transient) {
    let session = Arc::new(intermediate(ADA));
    for round in 0..rig.rounds {
        let key = digest(round);
        rig.store.insert(key, (*session).clone(), START).await.unwrap();
        let claims = race(RACERS, |racer| {
            let (store, session) = (Arc::clone(&rig.store), Arc::clone(&session));
            async move { store.claim(key, &session, attempt(racer as u64), at(5_000), START).await.unwrap() }
        })
        .await;
        assert_eq!(winners(&claims), 1);
        let consumed = race(RACERS, |racer| {
            let store = Arc::clone(&rig.store);
            async move { store.consume(key, attempt(racer as u64)).await.unwrap() }
        })
        .await;
        assert_eq!(consumed, claims, "who claimed consumes");
    }
}

pub(crate) async fn racing_to_replace_has_one_winner(rig: Transient) {
    for round in 0..rig.rounds {
        let key = digest(round);
        rig.store.insert(key, intermediate(ADA), START).await.unwrap();
        let replaced = race(RACERS, |racer| {
            let store = Arc::clone(&rig.store);
            async move {
                let (seen, mut mine) = (intermediate(ADA), intermediate(ADA));
                mine.organization_id = Some(organization_id(racer as u64));
                store.replace_if(key, &seen, mine, START).await.unwrap()
            }
        })
        .await;
        assert_eq!(winners(&replaced), 1);
        let winner = replaced.iter().position(|won| *won).unwrap() as u64;
        let stored = rig.store.get(key, START).await.unwrap().unwrap();
        assert_eq!(stored.organization_id, Some(organization_id(winner)));
    }
}

pub(crate) async fn a_claim_and_a_change_exclude_each_other(rig: Transient) {
    for round in 0..rig.rounds {
        let key = digest(round);
        rig.store.insert(key, intermediate(ADA), START).await.unwrap();
        let won = race(RACERS, |racer| {
            let store = Arc::clone(&rig.store);
            async move {
                let (seen, mut mine) = (intermediate(ADA), intermediate(ADA));
                mine.organization_id = Some(organization_id(1));
                if racer % 2 == 0 {
                    store.claim(key, &seen, attempt(racer as u64), at(5_000), START).await.unwrap()
                } else {
                    store.replace_if(key, &seen, mine, START).await.unwrap()
                }
            }
        })
        .await;
        assert_eq!(winners(&won), 1);
    }
}

pub(crate) async fn discarding_wins_every_race(rig: Transient) {
    for round in 0..rig.rounds * 4 {
        let key = digest(round);
        rig.store.insert(key, intermediate(ADA), START).await.unwrap();
        // One discards; all others rewrite the same again and again.
        race(8, |racer| {
            let store = Arc::clone(&rig.store);
            async move {
                let seen = intermediate(ADA);
                if racer as u64 == round % 8 {
                    return store.discard(key).await.unwrap();
                }
                for _ in 0..100 {
                    if !store.replace_if(key, &seen, seen.clone(), START).await.unwrap() {
                        break;
                    }
                    if store.claim(key, &seen, attempt(1), at(5_000), START).await.unwrap() {
                        store.release(key, attempt(1)).await.unwrap();
                    }
                    tokio::task::yield_now().await;
                }
            }
        })
        .await;
        assert_eq!(rig.store.get(key, at(5_000)).await.unwrap(), None, "it came back");
    }
}

pub(crate) async fn racing_over_a_lapsed_lease_consumes_once(rig: Transient) {
    let session = Arc::new(intermediate(ADA));
    for round in 0..rig.rounds {
        let key = digest(round);
        rig.store.insert(key, (*session).clone(), START).await.unwrap();
        assert!(rig.store.claim(key, &session, attempt(0), at(5_000), START).await.unwrap());
        let consumed = race(RACERS, |racer| {
            let (store, session) = (Arc::clone(&rig.store), Arc::clone(&session));
            async move {
                let mine = attempt(racer as u64);
                if racer > 0 && !store.claim(key, &session, mine, at(9_000), at(5_000)).await.unwrap() {
                    return false;
                }
                store.consume(key, mine).await.unwrap()
            }
        })
        .await;
        assert_eq!(winners(&consumed), 1);
    }
}

pub(crate) async fn a_right_code_is_used_up(rig: Transient) {
    let key = CodeKey::Browser(digest(1));
    rig.store.put_code(&key, code(7), START).await.unwrap();
    assert_eq!(rig.store.code(&key, START).await.unwrap(), Some(code(7)));
    assert_eq!(rig.store.try_code(&key, digest(8), START).await.unwrap(), TriedCode::Wrong(4));
    let mut left = code(7);
    left.tries_left = 4;
    assert_eq!(rig.store.code(&key, START).await.unwrap().as_ref(), Some(&left));
    assert_eq!(rig.store.try_code(&key, digest(7), START).await.unwrap(), TriedCode::Right(left));
    assert_eq!(rig.store.try_code(&key, digest(7), START).await.unwrap(), TriedCode::Gone);
    assert_eq!(rig.store.code(&key, START).await.unwrap(), None);
}

pub(crate) async fn a_code_dies_of_wrong_tries(rig: Transient) {
    let key = CodeKey::Browser(digest(1));
    rig.store.put_code(&key, code(7), START).await.unwrap();
    for left in (0..5).rev() {
        assert_eq!(rig.store.try_code(&key, digest(8), START).await.unwrap(), TriedCode::Wrong(left));
    }
    assert_eq!(rig.store.try_code(&key, digest(7), START).await.unwrap(), TriedCode::Gone);
    assert_eq!(rig.store.code(&key, START).await.unwrap(), None);

    let mut spent = code(7);
    spent.tries_left = 0;
    rig.store.put_code(&key, spent, START).await.unwrap();
    assert_eq!(rig.store.code(&key, START).await.unwrap(), None);
    assert_eq!(rig.store.try_code(&key, digest(7), START).await.unwrap(), TriedCode::Gone);
}

pub(crate) async fn a_code_ends_to_the_millisecond(rig: Transient) {
    let key = CodeKey::Browser(digest(1));
    rig.store.put_code(&key, code(7), START).await.unwrap();
    assert_eq!(rig.store.try_code(&key, digest(8), at(599_998)).await.unwrap(), TriedCode::Wrong(4));
    assert!(rig.store.code(&key, at(599_999)).await.unwrap().is_some());
    assert_eq!(rig.store.code(&key, at(600_000)).await.unwrap(), None);
    assert_eq!(rig.store.try_code(&key, digest(7), at(600_000)).await.unwrap(), TriedCode::Gone);
    rig.store.put_code(&key, code(7), START).await.unwrap();
    assert!(matches!(rig.store.try_code(&key, digest(7), at(599_999)).await.unwrap(), TriedCode::Right(_)));
}

pub(crate) async fn a_new_code_replaces_the_old(rig: Transient) {
    let key = CodeKey::Browser(digest(1));
    rig.store.put_code(&key, code(7), START).await.unwrap();
    let mut again = code(8);
    again.expires_at = at(900_000);
    rig.store.put_code(&key, again.clone(), at(300_000)).await.unwrap();
    assert_eq!(rig.store.try_code(&key, digest(7), at(300_000)).await.unwrap(), TriedCode::Wrong(4));
    again.tries_left = 4;
    assert_eq!(rig.store.try_code(&key, digest(8), at(899_999)).await.unwrap(), TriedCode::Right(again));
}

pub(crate) async fn codes_do_not_cross(rig: Transient) {
    let keys = [
        CodeKey::Browser(digest(1)),
        CodeKey::Browser(digest(2)),
        CodeKey::Address(Scope::Discovery, address(ADA)),
        CodeKey::Address(Scope::Nowhere, address(ADA)),
        CodeKey::Address(Scope::Organization(organization_id(1)), address(ADA)),
        CodeKey::Address(Scope::Organization(organization_id(2)), address(ADA)),
        CodeKey::Address(Scope::Discovery, address("bob@example.com")),
        CodeKey::Session(session_id(1)),
    ];
    for (number, key) in keys.iter().enumerate() {
        rig.store.put_code(key, code(number as u64), START).await.unwrap();
    }
    for (number, key) in keys.iter().enumerate() {
        for other in 0..keys.len() {
            let tried = rig.store.try_code(key, digest(other as u64), START).await.unwrap();
            assert_eq!(matches!(tried, TriedCode::Right(_)), other == number);
            rig.store.put_code(key, code(number as u64), START).await.unwrap();
        }
    }
}

pub(crate) async fn drops_codes(rig: Transient) {
    let key = CodeKey::Session(session_id(1));
    rig.store.put_code(&key, code(7), START).await.unwrap();
    rig.store.drop_code(&key).await.unwrap();
    assert_eq!(rig.store.try_code(&key, digest(7), START).await.unwrap(), TriedCode::Gone);
    rig.store.drop_code(&key).await.unwrap();
}

pub(crate) async fn racing_with_the_right_code_has_one_winner(rig: Transient) {
    for round in 0..rig.rounds {
        let key = CodeKey::Browser(digest(round));
        rig.store.put_code(&key, code(7), START).await.unwrap();
        let tried = race(RACERS, |_| {
            let (store, key) = (Arc::clone(&rig.store), key.clone());
            async move { store.try_code(&key, digest(7), START).await.unwrap() }
        })
        .await;
        assert_eq!(tried.iter().filter(|tried| **tried == TriedCode::Right(code(7))).count(), 1);
        assert_eq!(tried.iter().filter(|tried| **tried == TriedCode::Gone).count(), RACERS - 1);
    }
}

pub(crate) async fn racing_with_wrong_codes_costs_every_try(rig: Transient) {
    for round in 0..rig.rounds {
        let key = CodeKey::Browser(digest(round));
        rig.store.put_code(&key, code(7), START).await.unwrap();
        let tried = race(RACERS, |_| {
            let (store, key) = (Arc::clone(&rig.store), key.clone());
            async move { store.try_code(&key, digest(8), START).await.unwrap() }
        })
        .await;
        let left: Vec<u32> = tried
            .iter()
            .filter_map(|tried| if let TriedCode::Wrong(left) = tried { Some(*left) } else { None })
            .collect();
        assert_eq!(left.len(), 5, "{left:?}");
        assert_eq!(left.into_iter().collect::<BTreeSet<_>>(), (0..5).collect());
        assert_eq!(rig.store.try_code(&key, digest(7), START).await.unwrap(), TriedCode::Gone);
    }
}

pub(crate) async fn a_challenge_is_reused(rig: Transient) {
    let (id, first) = (session_id(1), challenge(1, FactorDemand::totp()));
    assert_eq!(rig.store.challenge(&id, first.clone(), START).await.unwrap(), first);
    let mut second = challenge(2, FactorDemand::totp());
    second.return_to = ReturnTo::parse("/second");
    second.nothing_done = true;
    second.expires_at = at(900_000);
    let mut expected = first.clone();
    expected.return_to = second.return_to.clone();
    expected.nothing_done = true;
    assert_eq!(rig.store.challenge(&id, second, at(300_000)).await.unwrap(), expected);
    let mut nowhere = challenge(3, FactorDemand::totp());
    nowhere.return_to = None;
    assert_eq!(rig.store.challenge(&id, nowhere, at(300_000)).await.unwrap(), expected);
    assert_eq!(rig.store.challenges(&id, at(300_000)).await.unwrap(), [expected.clone()]);

    let other = challenge(4, FactorDemand::totp().within(Duration::from_secs(60)));
    assert_eq!(rig.store.challenge(&id, other.clone(), at(300_000)).await.unwrap(), other);
    assert_eq!(rig.store.challenges(&id, at(300_000)).await.unwrap(), [expected, other]);
    assert_eq!(rig.store.challenges(&session_id(2), START).await.unwrap(), []);
}

pub(crate) async fn a_session_has_eight_challenges(rig: Transient) {
    let id = session_id(1);
    let demand = |number| FactorDemand::totp().within(Duration::from_secs(60 + number));
    for number in 0..10 {
        rig.store.challenge(&id, challenge(number, demand(number)), START).await.unwrap();
    }
    let nonces: Vec<_> = rig
        .store
        .challenges(&id, START)
        .await
        .unwrap()
        .into_iter()
        .map(|challenge| challenge.nonce)
        .collect();
    assert_eq!(nonces, (2..10).map(bytes).collect::<Vec<_>>());
}

pub(crate) async fn a_challenge_ends_to_the_millisecond(rig: Transient) {
    let id = session_id(1);
    let mut second = challenge(2, FactorDemand::secondary());
    second.expires_at = at(900_000);
    rig.store.challenge(&id, challenge(1, FactorDemand::totp()), START).await.unwrap();
    rig.store.challenge(&id, second.clone(), at(300_000)).await.unwrap();
    assert_eq!(rig.store.challenges(&id, at(599_999)).await.unwrap().len(), 2);
    assert_eq!(rig.store.challenges(&id, at(600_000)).await.unwrap(), [second]);
    let mut anew = challenge(3, FactorDemand::totp());
    anew.expires_at = at(1_200_000);
    assert_eq!(rig.store.challenge(&id, anew.clone(), at(600_000)).await.unwrap(), anew);
    assert!(!rig.store.close_challenge(&id, &FactorDemand::totp(), bytes(1)).await.unwrap());
    assert_eq!(rig.store.challenges(&id, at(900_000)).await.unwrap(), [anew]);
    assert_eq!(rig.store.challenges(&id, at(1_200_000)).await.unwrap(), []);
}

pub(crate) async fn closes_one_challenge(rig: Transient) {
    let id = session_id(1);
    let (first, second) = (challenge(1, FactorDemand::totp()), challenge(2, FactorDemand::secondary()));
    rig.store.challenge(&id, first.clone(), START).await.unwrap();
    rig.store.challenge(&id, second.clone(), START).await.unwrap();
    assert!(!rig.store.close_challenge(&id, &first.demand, second.nonce).await.unwrap());
    assert!(!rig.store.close_challenge(&session_id(2), &first.demand, first.nonce).await.unwrap());
    assert!(rig.store.close_challenge(&id, &first.demand, first.nonce).await.unwrap());
    assert!(!rig.store.close_challenge(&id, &first.demand, first.nonce).await.unwrap());
    assert_eq!(rig.store.challenges(&id, START).await.unwrap(), [second]);
}

pub(crate) async fn racing_to_challenge_makes_one(rig: Transient) {
    for round in 0..rig.rounds {
        let id = session_id(round);
        let answers = race(RACERS, |racer| {
            let (store, id) = (Arc::clone(&rig.store), id.clone());
            async move {
                let mine = challenge(racer as u64, FactorDemand::totp());
                store.challenge(&id, mine, START).await.unwrap().nonce
            }
        })
        .await;
        let stored = rig.store.challenges(&id, START).await.unwrap();
        assert_eq!(stored.len(), 1);
        assert!(answers.iter().all(|nonce| *nonce == stored[0].nonce));
    }
}

pub(crate) async fn racing_to_close_has_one_winner(rig: Transient) {
    for round in 0..rig.rounds {
        let id = session_id(round);
        rig.store.challenge(&id, challenge(round, FactorDemand::totp()), START).await.unwrap();
        let closed = race(RACERS, |_| {
            let (store, id) = (Arc::clone(&rig.store), id.clone());
            async move { store.close_challenge(&id, &FactorDemand::totp(), bytes(round)).await.unwrap() }
        })
        .await;
        assert_eq!(winners(&closed), 1);
    }
}

pub(crate) async fn remembers_a_destination(rig: Transient) {
    let (first, second) = (ReturnTo::parse("/a").unwrap(), ReturnTo::parse("/b").unwrap());
    rig.store.put_destination(digest(1), first.clone(), at(1_000), START).await.unwrap();
    assert_eq!(rig.store.destination(digest(1), at(999)).await.unwrap(), Some(first));
    assert_eq!(rig.store.destination(digest(2), START).await.unwrap(), None);
    assert_eq!(rig.store.destination(digest(1), at(1_000)).await.unwrap(), None);
    rig.store.put_destination(digest(1), second.clone(), at(3_000), at(2_000)).await.unwrap();
    assert_eq!(rig.store.destination(digest(1), at(2_999)).await.unwrap(), Some(second));
}
