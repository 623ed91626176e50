//! The same flows over a file: what is asked of a database is traced by its driver.

use axum::{Router, routing::get};
use serde_json::json;
use sqlx::{Connection, SqliteConnection};
use vestibule::{
    JwtAlgorithm, MemberSession, Vestibule,
    deliver::Mailbox,
    domain::{Organization, Slug},
    store::sqlite::SqliteStore,
};

use crate::{
    common::{
        App, Client, GLOBEX, TestClock,
        world::{PASSWORD, digits, new_member, organization_id},
    },
    log,
    wire::Wire,
};

const GINA: &str = "gina@globex.example";

/// The text of the mail that this is so of, once it is there.
async fn mailed(mailbox: &Mailbox, is_it: impl Fn(&str) -> bool) -> String {
    let mut after = 0;
    loop {
        let mail = mailbox.wait_for(GINA, after).await;
        if is_it(&mail.text) {
            return mail.text;
        }
        after = mail.number;
    }
}

#[tokio::test]
async fn a_database_is_asked_by_nothing_that_opens_anything() {
    let log = log();
    let (wire, clock, mailbox) = (Wire::default(), TestClock::new(), Mailbox::new());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let vestibule = Vestibule::development()
        .jwt_algorithm(JwtAlgorithm::EdDsa)
        .store(store)
        .clock(clock.clone())
        .email(mailbox.clone())
        .build()
        .await
        .unwrap();
    let background = vestibule.start();
    let slug = Slug::parse(GLOBEX).unwrap();
    let globex = Organization::new(organization_id(GLOBEX), "Globex", slug, vestibule.now());
    let gina = new_member(&globex, GINA);
    vestibule.create_organization(&globex, std::slice::from_ref(&gina)).await.unwrap();
    vestibule.set_password(&gina.member_id, PASSWORD.into()).await.unwrap();
    let router = Router::new()
        .route("/me", get(async |_: MemberSession| "me"))
        .layer(vestibule.auth_layer())
        .layer(vestibule.session_layer());
    let mut client = Client::new(wire.around(router), "vestibule_development_");

    let form = json!({"email_address": GINA, "method": "magic_link"});
    client.post("/auth/sign-in", form).await.expect(200);
    mailed(&mailbox, |text| text.contains("token=")).await;
    client.post("/auth/sign-in", json!({"email_address": GINA})).await.expect(200);
    let mail = mailed(&mailbox, |text| digits(text).is_some()).await;
    client.post("/auth/code", json!({"code": digits(&mail)})).await.expect(200);
    client.exchange(globex.organization_id.as_str()).await.expect(200);
    let begun = client.post("/auth/enrol/totp", json!({})).await.expect(200).json();
    let codes = begun["recovery_codes"].as_array().unwrap().iter();
    let codes = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
    let app = App::new(begun["secret"].as_str().unwrap(), codes, clock.clone());
    client.post("/auth/enrol/totp/confirm", json!({"code": app.code()})).await.expect(200);
    client.get("/auth/session").await.expect(200);
    clock.advance_secs(61);
    client.get("/me").await.expect(200);
    let password = json!({"email_address": GINA, "password": PASSWORD});
    client.post("/auth/o/globex/password", password).await.expect(200);
    vestibule.rotate_signing_key().await.unwrap();
    vestibule.reseal().await.unwrap();
    // And what the driver says where it can't answer.
    let mut file = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    sqlx::raw_sql("ALTER TABLE sessions RENAME TO elsewhere").execute(&mut file).await.unwrap();
    clock.advance_secs(61);
    for path in ["/me", "/auth/session"] {
        client.get(path).await.expect(503);
    }
    client.post("/auth/sign-out", json!({})).await.expect(503);
    background.stop().await;

    let issued = wire.issued(&mailbox);
    for what in ["code", "link", "password", "secret", "recovery_codes", "session_jwt"] {
        assert!(issued.has(what), "no {what} was issued");
    }
    let text = log.text();
    assert!(text.contains("no such table: sessions"), "nothing of the driver was traced");
    issued.none_in("the log", &text);
}
