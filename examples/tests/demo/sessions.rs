//! The sessions that somebody has: listed, ended one by one or together, signed out of.

use crate::{
    browser::{Browser, Page},
    client::SESSION,
    mailbox::Mailbox,
    process::Demo,
    program::Program,
};

const GINA: &str = "gina@globex.example";

async fn signed_in(demo: &Demo, mail: &mut Mailbox, name: &'static str) -> Browser {
    let mut browser = Browser::named(demo, name);
    browser.sign_in(mail, GINA, "Globex").await;
    browser
}

/// The row of a device.
fn row<'a>(page: &'a Page, device: &str) -> &'a str {
    let rows = page.answer.body.split("<tr>").filter(|row| row.contains(device));
    rows.last().unwrap_or_else(|| panic!("no {device} in {}", page.text()))
}

#[tokio::test]
async fn somebody_sees_all_their_sessions_and_ends_one() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let mut laptop = signed_in(&demo, &mut mail, "The laptop").await;
    let mut phone = signed_in(&demo, &mut mail, "The phone").await;
    let mut stranger = Browser::named(&demo, "The stranger's");
    stranger.sign_in(&mut mail, "henk@globex.example", "Globex").await;

    let page = laptop.open("/auth/sessions").await;
    assert!(row(&page, "The laptop").contains("This session"));
    assert!(row(&page, "The laptop").contains("127.0.0.1"));
    assert!(row(&page, "The laptop").contains("code by email"));
    assert!(!row(&page, "The phone").contains("This session"));
    assert!(!page.shows("The stranger"));

    let page = laptop.submit(page.form("/auth/sessions/revoke")).await;
    assert_eq!(page.path, "/auth/sessions");
    assert!(!page.shows("The phone"));
    assert!(phone.open("/member").await.path.starts_with("/auth/sign-in"), "at its very next request");
    assert!(laptop.is_signed_in().await && stranger.is_signed_in().await);
}

#[tokio::test]
async fn all_others_end_together() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let mut laptop = signed_in(&demo, &mut mail, "The laptop").await;
    let mut others =
        [signed_in(&demo, &mut mail, "The phone").await, signed_in(&demo, &mut mail, "The library's").await];
    let page = laptop.open("/auth/sessions").await;
    let page = laptop.submit(page.form("/auth/sessions/revoke-others")).await;
    assert!(page.shows("The laptop") && !page.shows("The phone") && !page.shows("The library"));
    for other in &mut others {
        assert!(!other.is_signed_in().await);
    }
    assert!(laptop.is_signed_in().await);
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let mut gina = signed_in(&demo, &mut mail, "Gina's").await;
    let shown = Program::with_bearer(&demo, gina.session_cookie().unwrap()).get("/auth/session").await.json();
    let id = shown["member_session"]["member_session_id"].as_str().unwrap().to_owned();

    let mut henk = Browser::of(&demo);
    henk.sign_in(&mut mail, "henk@globex.example", "Globex").await;
    henk.post("/auth/sessions/revoke", &[("member_session_id", &id)]).await;
    assert!(gina.is_signed_in().await);
}

#[tokio::test]
async fn signing_out_clears_the_cookie_and_ends_what_it_named() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let mut browser = signed_in(&demo, &mut mail, "The laptop").await;
    let cookie = browser.session_cookie().unwrap().to_owned();
    assert!(Browser::with_session_cookie(&demo, &cookie).is_signed_in().await);

    let page = browser.open("/auth/sessions").await;
    let answer = browser.send_form(&page.form("/auth/sign-out")).await;
    assert_eq!(answer.location(), Some("/auth/sign-in"));
    let cleared = answer.set_cookies().into_iter().find(|cookie| cookie.starts_with(SESSION)).unwrap();
    assert!(cleared.contains("Max-Age=0") && cleared.contains("Path=/"), "{cleared}");
    assert_eq!(browser.session_cookie(), None);
    assert!(!browser.is_signed_in().await);
    assert!(!Browser::with_session_cookie(&demo, &cookie).is_signed_in().await);
}

#[tokio::test]
async fn no_script_reads_the_cookies_and_no_other_site_sends_them_along() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.prove_address(&mut mail, GINA).await;
    let answer = browser.send_form(&page.form_about("/auth/organizations", "Globex")).await;
    assert!(answer.set_cookies().iter().any(|cookie| cookie.starts_with(SESSION)));
    for cookie in answer.set_cookies() {
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

#[tokio::test]
async fn signing_in_again_ends_the_session_that_the_browser_had() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let mut browser = signed_in(&demo, &mut mail, "The laptop").await;
    let former = browser.session_cookie().unwrap().to_owned();
    browser.sign_in(&mut mail, "henk@globex.example", "Globex").await;
    assert!(browser.open("/").await.shows("Signed in as henk@globex.example"));
    assert!(!Browser::with_session_cookie(&demo, &former).is_signed_in().await);
}
