//! The application that had a login already, before and after: what its users and a thief meet over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use common::{Client, Example, Person, client::Answer, soon};
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery staple";
const SESSION: &str = "vestibule_development_session";

/// The application over tables of its own.
struct Running {
    folder: TempDir,
    example: Example,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        let variables = [("DATABASE", database.to_str().unwrap())];
        let example = Example::start_with("existing_app", arguments, &variables);
        Self { folder, example }
    }

    fn before() -> Self {
        Self::start(&["before"])
    }

    fn after() -> Self {
        Self::start(&[])
    }

    /// Sends the application's own form.
    async fn log_in(&self, email: &str, password: &str) -> (Client, Answer) {
        let mut client = Client::of(&self.example);
        let answer = client.post_form("/login", &[("email", email), ("password", password)]).await;
        (client, answer)
    }

    async fn logged_in(&self, email: &str) -> Client {
        let (client, answer) = self.log_in(email, PASSWORD).await;
        assert_eq!(answer.expect(303).location(), "/invoices");
        client
    }

    /// Changes the tables behind the application's back.
    async fn change(&self, sql: &'static str) {
        let path = format!("sqlite://{}", self.folder.path().join("app.db").display());
        let mut connection = SqliteConnection::connect(&path).await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
}

/// Whether Vestibule takes the client for a signed-in one, whatever the application's own table says.
async fn has_session(client: &mut Client) -> bool {
    client.get("/auth/session").await.status == 200
}

#[tokio::test]
async fn before_a_password_was_all() {
    let app = Running::before();
    let (_, wrong) = app.log_in("gina@globex.example", "wrong").await;
    wrong.expect(401);
    let mut gina = app.logged_in("gina@globex.example").await;
    let mut henk = app.logged_in("henk@globex.example").await;
    gina.post_form("/payments", &[]).await.expect(303);
    assert!(gina.get("/invoices").await.text.contains("Paid so far: 1."));
    gina.get("/auth/sign-in").await.expect(404);

    let out = [("email", "henk@globex.example"), ("disabled", "true")];
    henk.post_form("/people/user-henk", &out).await.expect(403);
    gina.post_form("/people/user-henk", &out).await.expect(204);
    assert_eq!(henk.get("/invoices").await.location(), "/login");
    gina.post_form("/logout", &[]).await.expect(303);
    assert_eq!(gina.get("/invoices").await.location(), "/login");
}

#[tokio::test]
async fn the_same_form_signs_in_to_the_company() {
    let app = Running::after();
    for (email, password) in [("gina@globex.example", "wrong"), ("nobody@globex.example", PASSWORD)] {
        let (mut client, answer) = app.log_in(email, password).await;
        answer.expect(401);
        assert!(client.cookies.is_empty());
        assert_eq!(client.get("/invoices").await.location(), "/login");
    }
    let mut gina = app.logged_in("Gina@Globex.example").await;
    let page = gina.get("/invoices").await.expect(200);
    assert!(page.text.contains("gina@globex.example"));
    let session = gina.get("/auth/session").await.expect(200).json();
    assert_eq!(session["organization"]["organization_slug"], "globex");
    assert_eq!(session["member_session"]["authentication_factors"][0]["type"], "password");
    assert_eq!(session["member"]["is_admin"], true);

    let cookie = gina.cookies[SESSION].clone();
    gina.post_form("/auth/sign-out", &[]).await;
    gina.cookies.insert(SESSION.to_owned(), cookie);
    assert_eq!(gina.get("/invoices").await.location(), "/login", "a session that was ended stays ended");
}

#[tokio::test]
async fn a_company_that_demands_a_second_factor_gets_one() {
    let app = Running::after();
    let (mut ada, answer) = app.log_in("ada@acme.example", PASSWORD).await;
    let onward = answer.expect(303).location().to_owned();
    assert!(onward.starts_with("/auth/"), "{onward}");
    assert!(!ada.cookies.contains_key(SESSION), "a password alone opens no session");
    assert_eq!(ada.get("/invoices").await.location(), "/login");
    ada.browsing().get(&onward).await.expect(200);

    let mut ada = Person { client: ada };
    ada.set_app_up().await;
    ada.client.get("/invoices").await.expect(200);
    ada.client.post_form("/payments", &[]).await.expect(303);
}

#[tokio::test]
async fn paying_takes_a_fresh_second_factor() {
    let app = Running::after();
    let mut anonymous = Client::of(&app.example);
    anonymous.post_form("/payments", &[]).await.expect(401);

    let mut gina = Person { client: app.logged_in("gina@globex.example").await };
    let refused = gina.client.post_form("/payments", &[]).await.expect(403).json();
    assert_eq!(refused["type"], "urn:vestibule:problem:enrolment_required");

    let mut elsewhere = Person { client: app.logged_in("gina@globex.example").await };
    let mut phone = elsewhere.set_app_up().await;
    let browser = gina.client.browsing().post_form("/payments", &[]).await.expect(303);
    assert_eq!(browser.location(), "/auth/step-up");
    let refused = gina.client.post_form("/payments", &[]).await.expect(401).json();
    assert!(gina.client.get("/invoices").await.text.contains("Paid so far: 0."));

    let token = refused["challenge"]["challenge_token"].as_str().unwrap();
    gina.answer(token, &mut phone).await;
    gina.client.post_form("/payments", &[]).await.expect(303);
    assert!(gina.client.get("/invoices").await.text.contains("Paid so far: 1."));
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_for_good() {
    let app = Running::after();
    let mut gina = app.logged_in("gina@globex.example").await;
    let mut henk = app.logged_in("henk@globex.example").await;
    assert!(has_session(&mut henk).await);
    let email = ("email", "henk@globex.example");
    gina.post_form("/people/user-henk", &[email, ("disabled", "true")]).await.expect(204);
    assert!(!has_session(&mut henk).await);
    assert_eq!(henk.get("/invoices").await.location(), "/login");
    app.log_in("henk@globex.example", PASSWORD).await.1.expect(401);

    gina.post_form("/people/user-henk", &[email]).await.expect(204);
    assert!(!has_session(&mut henk).await, "who is let in again logs in again");
    app.logged_in("henk@globex.example").await;
    assert!(has_session(&mut gina).await);
}

#[tokio::test]
async fn who_gets_another_address_is_out_until_they_log_in_with_it() {
    let app = Running::after();
    let mut gina = app.logged_in("gina@globex.example").await;
    let mut henk = app.logged_in("henk@globex.example").await;
    gina.post_form("/people/user-henk", &[("email", "hendrik@globex.example")]).await.expect(204);
    assert!(!has_session(&mut henk).await);
    app.log_in("henk@globex.example", PASSWORD).await.1.expect(401);
    let mut hendrik = app.logged_in("hendrik@globex.example").await;
    let session = hendrik.get("/auth/session").await.expect(200).json();
    assert_eq!(session["member"]["email_address"], "hendrik@globex.example");
    assert_eq!(session["member"]["member_id"], "user-henk");
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_at_the_next_request() {
    let app = Running::after();
    let mut gina = app.logged_in("gina@globex.example").await;
    let email = ("email", "henk@globex.example");
    gina.post_form("/people/user-henk", &[email, ("admin", "true")]).await.expect(204);
    let mut henk = app.logged_in("henk@globex.example").await;
    assert_eq!(henk.get("/auth/session").await.json()["member"]["is_admin"], true);
    gina.post_form("/people/user-henk", &[email]).await.expect(204);
    let session = henk.get("/auth/session").await.expect(200).json();
    assert_eq!(session["member_session"]["roles"], serde_json::json!(["stytch_member"]));
}

#[tokio::test]
async fn a_change_that_nobody_told_of_counts_within_the_greatest_staleness() {
    let app = Running::after();
    let mut henk = app.logged_in("henk@globex.example").await;
    assert!(has_session(&mut henk).await);
    app.change("UPDATE users SET disabled = 1 WHERE id = 'user-henk'").await;
    let changed = Instant::now();
    soon("the change to count", async {
        while has_session(&mut henk).await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert!(changed.elapsed() < Duration::from_secs(10), "it says 5 seconds: {:?}", changed.elapsed());
}

#[test]
fn it_took_about_twenty_lines() {
    let code = |source: &'static str| source.split_once("#[derive(Clone)]").unwrap().1.lines();
    let before: Vec<&str> = code(include_str!("../../existing_app/before.rs")).collect();
    let changed = code(include_str!("../../existing_app/after.rs")).filter(|line| !before.contains(line));
    assert!((15..=25).contains(&changed.clone().count()), "{}", changed.collect::<Vec<_>>().join("\n"));
}
