//! What is served while the issuer's keys can't be had.

use vestibule::{ErrorKind, SessionDuration, SessionPolicy};

use crate::{Scene, common::World, jwt_of, naming};

/// Status, headers and body.
type Unusable = (u16, Vec<(&'static str, String)>, String);

/// Answers that are no key set.
fn unusable(scene: &Scene) -> Vec<Unusable> {
    let good = scene.issuer.vestibule.engine().jwks();
    let key = &good["keys"][0];
    let ambiguous = serde_json::json!({"keys": [key, key]}).to_string();
    let padded = format!("{}{}", good, " ".repeat(64 * 1024));
    vec![
        (500, vec![], good.to_string()),
        (404, vec![], good.to_string()),
        (401, vec![], good.to_string()),
        (204, vec![], String::new()),
        (302, vec![("location", scene.keys.address().to_owned())], good.to_string()),
        (200, vec![], String::new()),
        (200, vec![], "<!DOCTYPE html>".to_owned()),
        (200, vec![], "{}".to_owned()),
        (200, vec![], padded),
        (200, vec![], ambiguous),
        (200, vec![("content-encoding", "gzip".to_owned())], "\u{1f}\u{8b}".to_owned()),
    ]
}

fn answer(scene: &Scene, (status, headers, body): &Unusable) {
    let headers: Vec<(&'static str, &str)> =
        headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    scene.keys.answer(*status, &headers, body.clone());
}

#[tokio::test]
async fn without_keys_nobody_is_taken_for_anonymous_who_may_not_be() {
    let scene = Scene::new().await;
    let jwt = jwt_of(&mut scene.issuer.gina().await).await;
    let mut asked = 0;
    for kind in unusable(&scene) {
        answer(&scene, &kind);
        for path in ["/member", "/me", "/maybe", "/fresh"] {
            scene.bearer(&jwt).get(path).await.expect(503);
        }
        let page = scene.bearer(&jwt).browsing().get("/member").await.expect(503);
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{}", page.text);
        let error = scene.verifier.current_session(&jwt).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Unavailable);
        asked += 1;
        assert_eq!(scene.keys.asked(), asked, "not for each request: {kind:?}");

        // Who presents nothing, or what could be none of the issuer's, needs no keys.
        assert_eq!(scene.stranger().get("/maybe").await.expect(200).text, "nobody");
        scene.stranger().get("/member").await.expect(401);
        scene.bearer("opaque").get("/member").await.expect(401);
        scene.bearer(&jwt).get("/open").await.expect(200);
        scene.issuer.clock.advance_secs(5);
    }
    scene.publish();
    assert_eq!(scene.status(&jwt).await, 200);
}

#[tokio::test]
async fn a_service_starts_while_nothing_listens_where_the_keys_are() {
    let gone = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/auth/jwks.json", listener.local_addr().unwrap())
    };
    let scene = Scene::with(|builder| builder.jwks(gone)).await;
    let jwt = jwt_of(&mut scene.issuer.gina().await).await;
    assert_eq!(scene.status(&jwt).await, 503);
    scene.stranger().get("/open").await.expect(200);
}

#[tokio::test]
async fn keys_that_are_known_stay_good_while_the_issuer_is_away() {
    let policy =
        SessionPolicy { duration: SessionDuration::from_minutes(600).unwrap(), ..SessionPolicy::default() };
    let scene =
        Scene::of(World::with(|builder| builder.session_policy(policy)).await, |builder| builder).await;
    let mut gina = scene.issuer.gina().await;
    assert_eq!(scene.status(&jwt_of(&mut gina).await).await, 200);
    for kind in unusable(&scene) {
        answer(&scene, &kind);
        scene.issuer.clock.advance_secs(1200);
        let before = scene.keys.asked();
        // The fetch before may still be under way.
        while scene.keys.asked() == before {
            assert_eq!(scene.status(&jwt_of(&mut gina).await).await, 200, "{kind:?}");
        }
        for _ in 0..3 {
            assert_eq!(scene.status(&jwt_of(&mut gina).await).await, 200, "{kind:?}");
        }
        assert_eq!(scene.keys.asked(), before + 1, "once a minute");
    }
    // After hours without anybody who asked, too.
    scene.issuer.clock.advance_secs(4 * 3600);
    let jwt = jwt_of(&mut gina).await;
    assert_eq!(scene.status(&jwt).await, 200);
    // Whether this key is the issuer's now can't be known.
    assert_eq!(scene.status(&naming("new", &jwt)).await, 503);
    scene.publish();
    scene.issuer.clock.advance_secs(60);
    assert_eq!(scene.status(&naming("new", &jwt)).await, 401);
}
