//! Signing in by a code sent by email.

use crate::{browser::Browser, mailbox::Mailbox, process::Demo};

const GINA: &str = "gina@globex.example";

#[tokio::test]
async fn a_code_signs_in_and_leads_to_where_one_wanted_to_go() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));

    let page = browser.open("/o/globex?year=2026&month=1").await;
    assert!(page.path.starts_with("/auth/sign-in"), "{}", page.path);
    let page = browser.ask_for_code(&page, GINA).await;
    assert_eq!(page.path, "/auth/code");
    assert!(page.shows(&format!("We sent a code to {GINA}")));

    let page = browser.type_code(&page, &mail.code(GINA).await).await;
    assert_eq!(page.path, "/auth/organizations");
    assert!(!browser.is_signed_in().await, "a first factor alone lets nobody in");

    let page = browser.choose(&page, "Globex").await;
    assert_eq!(page.path, "/o/globex?year=2026&month=1");
    assert!(page.shows("gina@globex.example is signed in to globex"));

    let page = browser.member_page().await;
    assert!(page.value("organization_id").starts_with("organization-test-"));
    assert_eq!(page.value("slug"), "globex");
    assert!(page.value("roles").contains("stytch_member") && page.value("roles").contains("stytch_admin"));
}

#[tokio::test]
async fn a_wrong_code_may_be_typed_again_and_a_used_one_not() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.open("/auth/sign-in").await;
    let asked = browser.ask_for_code(&page, GINA).await;
    let code = mail.code(GINA).await;

    for (typed, status) in [(other_than(&code), 401), ("12345".into(), 400), ("abcdef".into(), 400)] {
        let page = browser.type_code(&asked, &typed).await;
        assert_eq!(page.status(), status, "{typed}");
        assert!(page.error().contains("code"), "{}", page.error());
        assert!(page.has_form("/auth/code"));
    }
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let page = browser.type_code(&asked, &spaced).await;
    assert_eq!(page.path, "/auth/organizations");

    let page = browser.type_code(&asked, &code).await;
    assert_eq!(page.status(), 401);
    assert!(page.error().contains("ask for a new one"), "{}", page.error());
}

#[tokio::test]
async fn five_wrong_tries_use_a_code_up() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.open("/auth/sign-in?return_to=%2Ftransfer").await;
    let asked = browser.ask_for_code(&page, GINA).await;
    let code = mail.code(GINA).await;

    for tried in 1..=5 {
        let page = browser.type_code(&asked, &other_than(&code)).await;
        assert_eq!(page.status(), 401);
        assert_eq!(page.has_form("/auth/code"), tried < 5);
        assert_eq!(page.error().contains("ask for a new one"), tried == 5, "{}", page.error());
    }
    let page = browser.type_code(&asked, &code).await;
    assert_eq!(page.status(), 401);
    assert!(page.error().contains("ask for a new one"), "{}", page.error());
    assert_eq!(page.form("/auth/sign-in").fields["return_to"], "/transfer", "where a new one is asked for");
    assert!(browser.open("/auth/organizations").await.has_no_choice());
}

#[tokio::test]
async fn a_code_is_good_in_the_browser_that_asked_for_it() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let (mut hers, mut another, mut third) = (Browser::of(&demo), Browser::of(&demo), Browser::of(&demo));
    let page = hers.open("/auth/sign-in").await;
    let asked = hers.ask_for_code(&page, GINA).await;
    let code = mail.code(GINA).await;

    let page = another.open("/auth/sign-in").await;
    let other = another.ask_for_code(&page, GINA).await;
    let other_code = mail.code(GINA).await;
    assert_ne!(code, other_code, "one in a million; run again");
    assert_eq!(another.type_code(&other, &code).await.status(), 401);
    assert_eq!(third.post("/auth/code", &[("code", &code)]).await.status(), 401);

    assert_eq!(hers.type_code(&asked, &code).await.path, "/auth/organizations");
}

#[tokio::test]
async fn another_code_replaces_the_one_before() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.open("/auth/sign-in").await;
    let asked = browser.ask_for_code(&page, GINA).await;
    let first = mail.code(GINA).await;

    let again = browser.submit(asked.form("/auth/code/resend")).await;
    assert_eq!(again.path, "/auth/code");
    let second = mail.code(GINA).await;
    assert_ne!(first, second, "one in a million; run again");
    assert_eq!(browser.type_code(&again, &first).await.status(), 401);
    assert_eq!(browser.type_code(&again, &second).await.path, "/auth/organizations");
}

#[tokio::test]
async fn who_could_not_enter_is_answered_like_who_could_and_gets_no_mail() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let mut pages = Vec::new();
    for address in ["nobody@else.example", "bob@acme.example"] {
        let mut browser = Browser::of(&demo);
        let page = browser.open("/auth/o/acme").await;
        let form = page.form("/auth/o/acme").with("email_address", address).with("method", "email_otp");
        let page = browser.submit(form).await;
        assert_eq!(page.path, "/auth/code");
        pages.push(page.answer.body.replace(address, ""));
    }
    assert_eq!(pages[0], pages[1]);

    mail.code("bob@acme.example").await;
    assert!(mail.letters().await.iter().all(|letter| letter.to != "nobody@else.example"));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_where_it_was_typed() {
    let demo = Demo::start();
    let mut browser = Browser::of(&demo);
    let sign_in = browser.open("/auth/sign-in?return_to=%2Ftransfer").await;
    let page = browser.ask_for_code(&sign_in, "gina at globex").await;
    assert_eq!(page.status(), 400);
    assert!(!page.error().is_empty());
    assert_eq!(page.form("/auth/sign-in").fields["return_to"], "/transfer");
}

fn other_than(code: &str) -> String {
    if code == "000000" { "000001".into() } else { "000000".into() }
}
