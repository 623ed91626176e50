//! A form that is sent twice by the same browser: the same answer, and nothing done twice.

use crate::{
    browser::Browser,
    client::{Answer, SESSION},
    html::Form,
    mailbox::Mailbox,
    process::Demo,
};

const GINA: &str = "gina@globex.example";

/// Sends a form twice at the same time, with the same cookies.
async fn twice(browser: &mut Browser, form: &Form) -> Answer {
    let mut tab = browser.clone();
    let (first, second) = tokio::join!(browser.send_form(form), tab.send_form(form));
    assert_eq!(first.status, second.status);
    assert_eq!(first.location(), second.location());
    assert_eq!(first.set_cookies(), second.set_cookies());
    assert_eq!(first.body, second.body);
    first
}

#[tokio::test]
async fn two_clicks_make_one_session() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.open("/auth/sign-in?return_to=%2Ftransfer").await;
    let page = browser.ask_for_code(&page, GINA).await;
    let code = page.form("/auth/code").with("code", &mail.code(GINA).await);
    assert_eq!(twice(&mut browser, &code).await.location(), Some("/auth/organizations"));

    let page = browser.open("/auth/organizations").await;
    let choice = page.form_about("/auth/organizations", "Globex");
    let before = browser.clone();
    let answer = twice(&mut browser, &choice).await;
    assert_eq!(answer.location(), Some("/transfer"));
    assert!(answer.set_cookies().iter().any(|cookie| cookie.starts_with(SESSION)));
    // A reload, after the answer has come.
    let again = before.clone().send_form(&choice).await;
    assert_eq!(again.set_cookies(), answer.set_cookies());

    let page = browser.open("/auth/sessions").await;
    assert_eq!(page.answer.body.matches("<tr>").count(), 2, "its head and one session: {}", page.text());
}

#[tokio::test]
async fn two_clicks_make_one_organization() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.prove_address(&mut mail, "nora@new.example").await;
    let form = page.form("/auth/organizations/create").with("organization_name", "Once");
    assert_eq!(twice(&mut browser, &form).await.location(), Some("/member"));

    let page = Browser::of(&demo).prove_address(&mut mail, "nora@new.example").await;
    assert!(page.form_about("/auth/organizations", "Once").text.contains("You are a member"));
}

#[tokio::test]
async fn two_clicks_use_one_link_once() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.open("/auth/sign-in").await;
    let form = page.form("/auth/sign-in").with("email_address", GINA).with("method", "magic_link");
    browser.submit(form).await;
    let page = browser.open_from_elsewhere(&mail.link(GINA).await).await;
    let answer = twice(&mut browser, &page.form("/auth/link")).await;
    assert_eq!(answer.location(), Some("/auth/organizations"));
    let page = browser.open("/auth/organizations").await;
    assert_eq!(browser.choose(&page, "Globex").await.path, "/member");
}

#[tokio::test]
async fn another_browser_that_sends_the_same_form_gets_nothing() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.open("/auth/sign-in").await;
    let page = browser.ask_for_code(&page, GINA).await;
    let code = page.form("/auth/code").with("code", &mail.code(GINA).await);
    browser.send_form(&code).await;
    let mut other = Browser::of(&demo);
    assert_eq!(other.send_form(&code).await.status, 401);
}
