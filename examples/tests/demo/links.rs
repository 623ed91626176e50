//! Signing in by a link sent by email.

use crate::{
    browser::{Browser, Page},
    html,
    mailbox::Mailbox,
    process::Demo,
};

const GINA: &str = "gina@globex.example";

async fn ask_for_link(browser: &mut Browser) -> Page {
    let page = browser.open("/auth/sign-in?return_to=%2Ftransfer").await;
    let form = page.form("/auth/sign-in").with("email_address", GINA).with("method", "magic_link");
    let page = browser.submit(form).await;
    assert_eq!(page.path, "/auth/code");
    assert!(page.shows(&format!("We sent a link to {GINA}")));
    page
}

#[tokio::test]
async fn a_link_signs_in_once_in_the_browser_that_asked_for_it() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    ask_for_link(&mut browser).await;
    let link = mail.link(GINA).await;

    let mut pages = Vec::new();
    for _ in 0..3 {
        let page = browser.open_from_elsewhere(&link).await;
        assert_eq!((page.status(), page.heading().as_str()), (200, "Finish signing in"));
        assert!(page.shows(GINA));
        pages.push(page);
    }
    let page = browser.submit(pages[0].form("/auth/link")).await;
    assert_eq!(page.path, "/auth/organizations", "looking at it has used nothing up");
    let page = browser.choose(&page, "Globex").await;
    assert_eq!(page.path, "/transfer");

    let page = browser.submit(pages[1].form("/auth/link")).await;
    assert_eq!(page.status(), 401);
    let page = browser.open_from_elsewhere(&link).await;
    assert_eq!(page.status(), 401);
    assert!(!page.has_form("/auth/link"));
    assert_eq!(page.link("Sign in"), "/auth/sign-in");
}

#[tokio::test]
async fn elsewhere_a_link_shows_a_code_to_type_where_the_sign_in_began() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let (mut laptop, mut phone) = (Browser::of(&demo), Browser::of(&demo));
    let waiting = ask_for_link(&mut laptop).await;
    let link = mail.link(GINA).await;

    let page = phone.open_from_elsewhere(&link).await;
    assert_eq!(page.heading(), "Type this code where you began");
    assert!(page.shows(GINA) && !page.has_form("/auth/link"));
    let code = html::elements(&page.answer.body, "code").concat();
    assert_eq!(code.len(), 6, "{code}");

    let token = link.split_once("token=").unwrap().1;
    assert_eq!(phone.post("/auth/link", &[("token", token)]).await.status(), 401);
    assert_eq!(phone.post("/auth/code", &[("code", &code)]).await.status(), 401);
    assert!(phone.open("/auth/organizations").await.has_no_choice());

    let page = laptop.type_code(&waiting, &code).await;
    assert_eq!(page.path, "/auth/organizations");
    assert_eq!(laptop.choose(&page, "Globex").await.path, "/transfer");
    assert_eq!(phone.open_from_elsewhere(&link).await.status(), 401, "the link was used up by its code");
}

#[tokio::test]
async fn a_link_that_nobody_sent_is_refused() {
    let demo = Demo::start();
    let mut browser = Browser::of(&demo);
    for token in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let page = browser.open(&format!("/auth/link?token={token}")).await;
        assert_eq!(page.status(), 401, "{token}");
        assert!(!page.has_form("/auth/link"));
    }
}
