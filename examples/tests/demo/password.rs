//! An organization that takes passwords only.

use crate::{
    browser::{Browser, Page},
    mailbox::Mailbox,
    process::Demo,
};

const PAT: &str = "pat@initech.example";
const FORM: &str = "/auth/o/initech/password";

async fn try_password(browser: &mut Browser, page: &Page, address: &str, password: &str) -> Page {
    browser.submit(page.form(FORM).with("email_address", address).with("password", password)).await
}

#[tokio::test]
async fn the_right_password_signs_in() {
    let demo = Demo::start();
    let mut browser = Browser::of(&demo);
    let page = browser.open("/auth/o/initech?return_to=%2Fo%2Finitech").await;
    let page = try_password(&mut browser, &page, PAT, demo.password()).await;
    assert_eq!(page.path, "/o/initech");
    assert_eq!(browser.member_page().await.value("slug"), "initech");
}

#[tokio::test]
async fn a_wrong_password_an_unknown_person_and_no_member_look_the_same() {
    let demo = Demo::start();
    let mut bodies = Vec::new();
    for (address, password) in [
        (PAT, "wrong"),
        (PAT, ""),
        ("nobody@initech.example", demo.password()),
        ("gina@globex.example", demo.password()),
    ] {
        let mut browser = Browser::of(&demo);
        let page = browser.open("/auth/o/initech").await;
        let page = try_password(&mut browser, &page, address, password).await;
        assert_eq!(page.status(), 401, "{address}");
        assert!(page.has_form(FORM) && !page.error().is_empty());
        assert!(!browser.is_signed_in().await);
        bodies.push(page.answer.body.replace(address, ""));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[tokio::test]
async fn nothing_tells_which_organizations_exist() {
    let demo = Demo::start();
    let mut browser = Browser::of(&demo);
    let known = browser.open("/auth/o/initech").await;
    assert_eq!(known.status(), 200);
    for slug in ["acme", "hooli", "x", "no-such-organization", "%3Cscript%3E", "a%20b"] {
        let page = browser.open(&format!("/auth/o/{slug}")).await;
        assert_eq!(page.status(), 200, "{slug}");
        let plain = !slug.contains('%');
        if plain {
            assert_eq!(page.answer.body, known.answer.body.replace("initech", slug));
        }
        assert_eq!(page.forms().len(), known.forms().len());
        assert!(!page.answer.body.contains("<script"));
    }

    // Nor does a password that is right elsewhere.
    let mut bodies = Vec::new();
    for slug in ["acme", "hooli"] {
        let mut browser = Browser::of(&demo);
        let page = browser.open(&format!("/auth/o/{slug}")).await;
        let form = page.form(&format!("/auth/o/{slug}/password"));
        let form = form.with("email_address", PAT).with("password", demo.password());
        let page = browser.submit(form).await;
        assert_eq!(page.status(), 401);
        bodies.push(page.answer.body.replace(slug, ""));
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn a_code_by_email_is_not_enough_there_until_the_password_comes() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.sign_in(&mut mail, PAT, "Initech").await;
    assert_eq!(page.path, "/auth/o/initech");
    assert!(!browser.is_signed_in().await);

    let page = try_password(&mut browser, &page, PAT, demo.password()).await;
    assert_eq!(page.path, "/member");
    assert_eq!(page.value("slug"), "initech");
}

#[tokio::test]
async fn a_password_proves_no_address_for_other_organizations() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    // Pat is known elsewhere too, where a proved address is asked for.
    Browser::of(&demo).found(&mut mail, PAT, "Pat's own").await;
    let page = browser.open("/auth/o/initech").await;
    try_password(&mut browser, &page, PAT, demo.password()).await;
    let page = browser.open("/auth/switch").await;
    assert!(page.shows("There is no other organization that you could switch to"), "{}", page.text());
}
