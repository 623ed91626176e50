//! How often the issuer is asked for its keys, and what becomes of those that change.

use std::{future::Future, pin::pin, task::Poll, time::Duration};

use serde_json::json;
use vestibule::{SessionDuration, SessionPolicy};

use crate::{Scene, common::World, jwt_of, naming};

/// Runs all of these at once.
async fn all<F: Future<Output: Send + 'static> + Send + 'static>(
    futures: impl Iterator<Item = F>,
) -> Vec<F::Output> {
    let tasks: Vec<_> = futures.map(tokio::spawn).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

/// Polls once, and says whether that was enough.
async fn begin(future: impl Future) -> bool {
    let mut future = pin!(future);
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_fetched_once_for_all_who_come_first() {
    let scene = Scene::new().await;
    assert_eq!(scene.keys.asked(), 0, "not before anybody needs them");
    let jwt = jwt_of(&mut scene.issuer.gina().await).await;
    scene.keys.close();
    let requests = all((0..64).map(|_| {
        let mut gina = scene.bearer(&jwt);
        async move { gina.get("/member").await.status.as_u16() }
    }));
    let opened = async {
        scene.keys.wait_for(1).await;
        scene.keys.open();
    };
    let (statuses, ()) = tokio::join!(requests, opened);
    assert_eq!(statuses, [200; 64]);
    assert_eq!(scene.keys.asked(), 1);
}

#[tokio::test]
async fn who_goes_away_takes_the_keys_from_nobody_and_has_them_fetched_no_further_time() {
    let scene = Scene::new().await;
    let jwt = jwt_of(&mut scene.issuer.gina().await).await;
    scene.keys.close();
    for _ in 0..10 {
        assert!(!begin(scene.bearer(&jwt).get("/member")).await, "it waits, and is dropped");
    }
    scene.keys.wait_for(1).await;
    scene.keys.open();
    assert_eq!(scene.status(&jwt).await, 200);
    assert_eq!(scene.keys.asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_keys_that_nobody_has_asks_the_issuer_once_a_minute() {
    let scene = Scene::new().await;
    let jwt = jwt_of(&mut scene.issuer.gina().await).await;
    assert_eq!(scene.status(&jwt).await, 200);
    let flood = async |minute: u64| {
        let statuses = all((0..100).map(|number| {
            let mut forger = scene.bearer(naming(&format!("key-{minute}-{number}"), &jwt));
            async move { forger.get("/member").await.status.as_u16() }
        }));
        assert_eq!(statuses.await, [401; 100]);
        for number in 0..20 {
            begin(scene.bearer(naming(&format!("gone-{minute}-{number}"), &jwt)).get("/member")).await;
        }
    };
    flood(0).await;
    assert_eq!(scene.keys.asked(), 1, "the first fetch was less than a minute ago");
    for minute in 1..4 {
        scene.issuer.clock.advance_secs(59);
        flood(minute).await;
        assert_eq!(scene.keys.asked(), usize::try_from(minute).unwrap());
        scene.issuer.clock.advance_secs(1);
        flood(minute).await;
        assert_eq!(scene.keys.asked(), usize::try_from(minute).unwrap() + 1);
    }
    assert_eq!(scene.status(&jwt).await, 200);
}

#[tokio::test]
async fn a_new_key_is_taken_and_one_that_was_withdrawn_is_not_any_more() {
    let scene = Scene::new().await;
    let mut gina = scene.issuer.gina().await;
    let old = jwt_of(&mut gina).await;
    assert_eq!(scene.status(&old).await, 200);

    let kept = scene.issuer.vestibule.engine().jwks()["keys"][0]["kid"].as_str().unwrap().to_owned();
    assert!(scene.issuer.vestibule.retire_signing_key(&kept).await.unwrap());
    scene.publish();
    let new = jwt_of(&mut gina).await;
    assert_eq!((scene.status(&old).await, scene.status(&new).await), (200, 401), "not known here yet");
    scene.issuer.clock.advance_secs(60);
    assert_eq!(scene.status(&new).await, 200);
    assert_eq!(scene.status(&old).await, 401, "though it was verified, and its five minutes are not over");
    assert_eq!(scene.keys.asked(), 2);
}

#[tokio::test]
async fn a_key_that_is_rotated_in_time_is_missed_by_nobody() {
    let policy =
        SessionPolicy { duration: SessionDuration::from_minutes(600).unwrap(), ..SessionPolicy::default() };
    let scene =
        Scene::of(World::with(|builder| builder.session_policy(policy)).await, |builder| builder).await;
    let mut gina = scene.issuer.gina().await;
    scene.issuer.vestibule.rotate_signing_key().await.unwrap();
    scene.publish();
    let mut signers = std::collections::BTreeSet::new();
    for _ in 0..14 {
        let jwt = jwt_of(&mut gina).await;
        assert_eq!(scene.status(&jwt).await, 200);
        signers.insert(jwt.split('.').next().unwrap().to_owned());
        scene.issuer.clock.advance_secs(600);
    }
    assert_eq!(signers.len(), 2, "two keys have signed");
}

#[tokio::test]
async fn keys_are_refreshed_beside_requests_when_the_issuer_says_so() {
    let scene = Scene::new().await;
    let mut gina = scene.issuer.gina().await;
    let published = scene.issuer.vestibule.engine().jwks().to_string();
    scene.keys.answer(200, &[("cache-control", "public, max-age=120")], published.clone());
    assert_eq!(scene.status(&jwt_of(&mut gina).await).await, 200);
    scene.issuer.clock.advance_secs(119);
    assert_eq!(scene.status(&jwt_of(&mut gina).await).await, 200);
    assert_eq!(scene.keys.asked(), 1);

    scene.issuer.clock.advance_secs(1);
    scene.keys.close();
    for _ in 0..3 {
        let jwt = jwt_of(&mut gina).await;
        assert!(begin(scene.bearer(&jwt).get("/member")).await, "nobody waits for it");
        assert_eq!(scene.status(&jwt).await, 200);
    }
    scene.keys.wait_for(2).await;
    scene.keys.open();

    // However short it is to be: once a minute.
    scene.keys.answer(200, &[("cache-control", "no-store")], published);
    for _ in 0..5 {
        scene.issuer.clock.advance_secs(12);
        assert_eq!(scene.status(&jwt_of(&mut gina).await).await, 200);
    }
    assert!(scene.keys.asked() <= 3, "{}", scene.keys.asked());
}

#[tokio::test]
async fn keys_of_long_ago_are_asked_for_before_anybody_is_let_in_by_them() {
    let policy =
        SessionPolicy { duration: SessionDuration::from_minutes(600).unwrap(), ..SessionPolicy::default() };
    let scene =
        Scene::of(World::with(|builder| builder.session_policy(policy)).await, |builder| builder).await;
    let mut gina = scene.issuer.gina().await;
    assert_eq!(scene.status(&jwt_of(&mut gina).await).await, 200);
    scene.issuer.clock.advance(Duration::from_secs(7200));

    // Stolen and retired while nobody called.
    let stolen = jwt_of(&mut gina).await;
    let key_id = scene.issuer.vestibule.engine().jwks()["keys"][0]["kid"].as_str().unwrap().to_owned();
    assert!(scene.issuer.vestibule.retire_signing_key(&key_id).await.unwrap());
    scene.publish();
    scene.keys.close();
    let opened = async {
        scene.keys.wait_for(2).await;
        scene.keys.open();
    };
    let (first, second, ()) = tokio::join!(scene.status(&stolen), scene.status(&stolen), opened);
    assert_eq!((first, second), (401, 401));
    assert_eq!(scene.status(&jwt_of(&mut gina).await).await, 200);
    assert_eq!(scene.keys.asked(), 2);
}

#[tokio::test]
async fn an_issuer_without_keys_is_believed() {
    let scene = Scene::new().await;
    let jwt = jwt_of(&mut scene.issuer.gina().await).await;
    assert_eq!(scene.status(&jwt).await, 200);
    scene.keys.publish(&json!({"keys": []}));
    scene.issuer.clock.advance_secs(60);
    assert_eq!(scene.status(&naming("other", &jwt)).await, 401);
    assert_eq!(scene.status(&jwt).await, 401);
}

#[tokio::test]
async fn a_jwt_that_ends_while_the_keys_are_fetched_lets_nobody_in() {
    let scene = Scene::new().await;
    let jwt = jwt_of(&mut scene.issuer.gina().await).await;
    scene.keys.close();
    let meanwhile = async {
        scene.keys.wait_for(1).await;
        scene.issuer.clock.advance_secs(301);
        scene.keys.open();
    };
    let (status, ()) = tokio::join!(scene.status(&jwt), meanwhile);
    assert_eq!(status, 401);
}
