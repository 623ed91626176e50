//! The page of an organization in the URL, and turning from one organization to another.

use crate::{browser::Browser, mailbox::Mailbox, process::Demo, program::Program};

const ADA: &str = "ada@acme.example";

#[tokio::test]
async fn another_organizations_page_offers_to_switch_and_that_is_judged_anew() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    browser.sign_in(&mut mail, ADA, "Globex").await;
    assert_eq!(browser.open("/o/globex").await.status(), 200);
    let former = browser.session_cookie().unwrap().to_owned();

    let page = browser.open("/o/acme").await;
    assert_eq!((page.path.as_str(), page.status()), ("/o/acme", 403));
    assert!(page.shows("This belongs to another organization"));
    let page = browser.open(&page.link("Switch organization")).await;
    assert!(page.shows("You are signed in to Globex"));
    let page = browser.submit(page.form_about("/auth/switch", "Acme")).await;
    assert_eq!(page.path, "/auth/enrol", "Acme demands what Globex does not");
    assert_eq!(browser.member_page().await.value("slug"), "globex", "not in yet, and not out");
    assert_eq!(browser.open("/o/acme").await.status(), 403);

    let enrol = browser.open("/auth/enrol").await;
    assert!(enrol.shows("Acme lets you in once you have a second factor"));
    browser.set_up_app(&enrol).await;
    assert_eq!(browser.member_page().await.value("slug"), "acme");
    assert_eq!(browser.open("/o/acme").await.status(), 200);
    assert_eq!(browser.open("/o/globex").await.status(), 403);
    assert_eq!(browser.open("/admin").await.status(), 200);
    let mut old = Browser::with_session_cookie(&demo, &former);
    assert!(!old.is_signed_in().await, "the session that was left has ended");
}

#[tokio::test]
async fn switching_back_asks_for_no_more_than_that_organization_does() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.sign_in(&mut mail, ADA, "Acme").await;
    browser.set_up_app(&page).await;
    let page = browser.open("/auth/switch").await;
    let page = browser.submit(page.form_about("/auth/switch", "Globex")).await;
    assert_eq!(page.path, "/member");
    assert_eq!(page.value("slug"), "globex");
    assert_eq!(page.value("roles"), "stytch_member, treasurer");

    let answer = Program::with_bearer(&demo, browser.session_cookie().unwrap()).get("/auth/session").await;
    let session = answer.json()["member_session"].clone();
    let kinds: Vec<_> =
        session["authentication_factors"].as_array().unwrap().iter().map(|factor| &factor["type"]).collect();
    assert_eq!(kinds, ["email_otp"], "an app that proves Acme's member proves nothing of Globex's");
}

#[tokio::test]
async fn nobody_switches_to_where_they_are_no_member() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let mut gina = Browser::of(&demo);
    let globex = gina.sign_in(&mut mail, "gina@globex.example", "Globex").await.value("organization_id");
    // Whoever could join is no member yet.
    let address = "new@globex.example";
    browser.found(&mut mail, address, "New and own").await;
    let page = browser.open("/auth/switch").await;
    assert!(!page.shows("Globex"));
    let page = browser.post("/auth/switch", &[("organization_id", &globex)]).await;
    assert_eq!(page.status(), 404);
    assert!(browser.member_page().await.value("slug").starts_with("new-and-own"));
}

#[tokio::test]
async fn the_organization_in_the_url_counts_by_slug_and_by_id_and_in_no_other_spelling() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let id = browser.sign_in(&mut mail, "gina@globex.example", "Globex").await.value("organization_id");
    for (name, status) in [
        ("globex", 200),
        (id.as_str(), 200),
        ("%67lobex", 200),
        ("Globex", 403),
        ("globex%20", 403),
        ("globex%00", 403),
        ("hooli", 403),
        ("acme", 403),
    ] {
        assert_eq!(browser.open(&format!("/o/{name}")).await.status(), status, "{name}");
    }
}
