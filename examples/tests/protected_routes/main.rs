//! Some routes of an application behind Vestibule: what the others do not notice, and what streams do when
//! their session ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod streams;

use common::{Client, Example, Person};

#[tokio::test]
async fn public_routes_are_left_alone() {
    let example = Example::start("protected_routes");
    let mut ada = Person::sign_in(&example, "ada").await;
    let page = ada.client.get("/").await.expect(200);
    assert_eq!(page.text, "Everybody may read this.", "nobody looked whose request it was");
    for header in ["cache-control", "vary", "set-cookie"] {
        assert!(!page.headers.contains_key(header), "{header}");
    }
    let mut stranger = Client::of(&example);
    assert_eq!(stranger.get("/").await.text, page.text);
    stranger.get("/nothing").await.expect(404);
    stranger.get("/account/nothing").await.expect(404);
    stranger.get("/auth/nothing").await.expect(404);
}

#[tokio::test]
async fn every_route_below_account_takes_a_session() {
    let example = Example::start("protected_routes");
    let mut stranger = Client::of(&example);
    for path in ["/account", "/account/people", "/account/events", "/account/socket"] {
        stranger.get(path).await.expect(401);
        let browser = stranger.browsing().get(path).await.expect(303);
        assert!(browser.location().starts_with("/auth/sign-in?return_to=%2Faccount"), "{path}");
    }
    stranger.post_form("/account/transfer", &[]).await.expect(401);
    stranger.browsing().get("/auth/sign-in").await.expect(200);

    let mut ada = Person::sign_in(&example, "ada").await;
    let page = ada.client.get("/account").await.expect(200);
    assert_eq!(page.text, "ada@acme.example is signed in to acme.");
    assert_eq!(page.header("cache-control"), "no-store");
    ada.sign_out().await;
    ada.client.get("/account").await.expect(401);
}

#[tokio::test]
async fn one_route_takes_a_role() {
    let example = Example::start("protected_routes");
    let mut bob = Person::sign_in(&example, "bob").await;
    bob.client.get("/account").await.expect(200);
    let refused = bob.client.get("/account/people").await.expect(403);
    assert_eq!(refused.json()["unmet"][0]["role_id"], "stytch_admin");
    Person::sign_in(&example, "ada").await.client.get("/account/people").await.expect(200);
}

#[tokio::test]
async fn one_route_takes_a_fresh_second_factor() {
    let example = Example::start("protected_routes");
    let mut bob = Person::sign_in(&example, "bob").await;
    let mut app = Person::sign_in(&example, "bob").await.set_app_up().await;
    let refused = bob.client.post_form("/account/transfer", &[]).await.expect(401).json();
    let token = refused["challenge"]["challenge_token"].as_str().unwrap();
    bob.answer(token, &mut app).await;
    let done = bob.client.post_form("/account/transfer", &[]).await.expect(200);
    assert_eq!(done.text, "bob@acme.example has transferred money.");
}
