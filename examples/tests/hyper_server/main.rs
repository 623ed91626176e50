//! Vestibule around plain hyper, over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

use common::{Client, Example, Person};

#[tokio::test]
async fn what_takes_a_session_and_what_does_not() {
    let example = Example::start("hyper_server");
    let mut stranger = Client::of(&example);
    assert_eq!(stranger.get("/").await.expect(200).text, "Everybody may read this.");
    stranger.get("/nothing").await.expect(404);
    assert_eq!(stranger.get("/account").await.expect(401).header("www-authenticate"), "Bearer");
    stranger.post_form("/transfer", &[]).await.expect(401);
    let led = stranger.browsing().get("/account").await.expect(303);
    assert_eq!(led.location(), "/auth/sign-in?return_to=%2Faccount");
    let page = stranger.browsing().get(led.location()).await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));

    let mut ada = Person::sign_in(&example, "ada").await;
    let page = ada.client.get("/account").await.expect(200);
    assert_eq!(page.text, "ada@acme.example is signed in to acme.");
    let stolen = ada.client.clone();
    ada.sign_out().await;
    for mut client in [ada.client, stolen] {
        client.get("/account").await.expect(401);
    }
}

#[tokio::test]
async fn a_transfer_takes_a_fresh_second_factor() {
    let example = Example::start("hyper_server");
    let mut bob = Person::sign_in(&example, "bob").await;
    let mut app = Person::sign_in(&example, "bob").await.set_app_up().await;
    let refused = bob.client.post_form("/transfer", &[]).await.expect(401);
    assert!(refused.header("www-authenticate").contains("insufficient_user_authentication"));
    let refused = refused.json();
    bob.answer(refused["challenge"]["challenge_token"].as_str().unwrap(), &mut app).await;
    assert_eq!(bob.client.post_form("/transfer", &[]).await.expect(200).text, "Transferred.");
}

#[tokio::test]
async fn clients_are_told_apart_by_their_address() {
    let example = Example::start("hyper_server");
    let mut client = Client::of(&example);
    let mut answers = Vec::new();
    for number in 0..31 {
        let address = format!("somebody{number}@acme.example");
        answers.push(client.post_form("/auth/sign-in", &[("email_address", &address)]).await.status.as_u16());
    }
    // One client asks for 30 mails in ten minutes; where no address is known, nobody counts.
    assert_eq!(answers, [vec![200; 30], vec![429]].concat());
}
