//! A second service that takes the session JWTs of the first: both in one process, and each in its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

use common::{Client, Example, Person};

/// The sign-in, and the second service.
fn both() -> (Example, Client) {
    let example = Example::start("verify_only");
    let (_, reports) = example.announcement.trim().split_once("the second service at ").unwrap();
    let client = Client::to(reports);
    (example, client)
}

/// The second service alone, in front of a sign-in elsewhere.
fn reports_of(issuer: &str) -> Example {
    Example::start_with("verify_only", &["reports"], &[("ISSUER", issuer)])
}

/// The same client with somebody's JWT of this moment.
async fn with_jwt(client: &Client, person: &mut Person) -> Client {
    let shown = person.client.get("/auth/session").await.expect(200).json();
    let mut client = client.clone();
    client.bearer = Some(shown["session_jwt"].as_str().unwrap().to_owned());
    client
}

#[tokio::test]
async fn who_signed_in_at_one_service_is_known_at_the_other() {
    let (issuer, mut stranger) = both();
    assert_eq!(stranger.get("/").await.expect(200).text, "Everybody may read this.");
    let refused = stranger.get("/reports").await.expect(401);
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    let sign_in = format!("{}/auth/sign-in", issuer.origin());
    assert_eq!(refused.json()["sign_in_at"], sign_in);
    assert_eq!(stranger.browsing().get("/reports").await.expect(303).location(), sign_in);

    let mut ada = Person::sign_in(&issuer, "ada").await;
    let mut client = with_jwt(&stranger, &mut ada).await;
    assert_eq!(client.get("/").await.expect(200).text, "Somebody is signed in.");
    let page = client.get("/reports").await.expect(200);
    assert_eq!(page.text, "The reports of acme, for ada@acme.example.");
    assert_eq!(page.header("cache-control"), "no-store");
    // The sign-in's own cookies are nothing here.
    stranger.cookies = ada.client.cookies.clone();
    stranger.get("/reports").await.expect(401);
}

#[tokio::test]
async fn one_route_takes_a_role() {
    let (issuer, stranger) = both();
    let mut ada = Person::sign_in(&issuer, "ada").await;
    with_jwt(&stranger, &mut ada).await.get("/people").await.expect(200);
    let mut bob = Person::sign_in(&issuer, "bob").await;
    let mut bob = with_jwt(&stranger, &mut bob).await;
    bob.get("/reports").await.expect(200);
    assert_eq!(bob.get("/people").await.expect(403).json()["unmet"][0]["role_id"], "stytch_admin");
}

#[tokio::test]
async fn a_fresh_second_factor_is_proved_at_the_sign_in() {
    let (issuer, stranger) = both();
    let mut bob = Person::sign_in(&issuer, "bob").await;
    let mut app = Person::sign_in(&issuer, "bob").await.set_app_up().await;
    let mut before = with_jwt(&stranger, &mut bob).await;
    let refused = before.post_form("/publish", &[]).await.expect(401);
    assert!(refused.header("www-authenticate").contains("insufficient_user_authentication"));
    assert_eq!(refused.json()["unmet"][0]["max_age"], 300);

    let challenged = bob.client.get("/confirm").await.expect(401).json();
    bob.answer(challenged["challenge"]["challenge_token"].as_str().unwrap(), &mut app).await;
    bob.client.get("/confirm").await.expect(200);
    let mut after = with_jwt(&stranger, &mut bob).await;
    let done = after.post_form("/publish", &[]).await.expect(200);
    assert_eq!(done.text, "bob@acme.example has published a report.");
    before.post_form("/publish", &[]).await.expect(401);
}

#[tokio::test]
async fn the_second_service_goes_on_while_the_sign_in_is_away() {
    let issuer = Example::start_with("verify_only", &["sign-in"], &[]);
    let (seen, unseen) = (reports_of(issuer.origin()), reports_of(issuer.origin()));
    let mut ada = Person::sign_in(&issuer, "ada").await;
    let mut client = with_jwt(&Client::of(&seen), &mut ada).await;
    client.get("/reports").await.expect(200);
    let another = with_jwt(&Client::of(&seen), &mut Person::sign_in(&issuer, "bob").await).await;

    drop(issuer);
    client.get("/reports").await.expect(200);
    another.clone().get("/reports").await.expect(200);
    // One that never got the keys lets nobody in, and takes nobody for a stranger.
    let mut there = Client::of(&unseen);
    there.bearer = another.bearer;
    there.get("/reports").await.expect(503);
    there.get("/").await.expect(503);
    there.bearer = None;
    there.get("/").await.expect(200);
    there.get("/reports").await.expect(401);
}

#[tokio::test]
async fn another_sign_in_of_the_same_make_signs_nobody_in() {
    let (own, other) = (Example::start_with("verify_only", &["sign-in"], &[]), both());
    let reports = reports_of(own.origin());
    let mut ada = Person::sign_in(&other.0, "ada").await;
    with_jwt(&Client::of(&reports), &mut ada).await.get("/reports").await.expect(401);
    with_jwt(&other.1, &mut ada).await.get("/reports").await.expect(200);
}
