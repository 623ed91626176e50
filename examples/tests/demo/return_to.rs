//! Where somebody goes on after signing in: never to another site.

use crate::{browser::Browser, mailbox::Mailbox, process::Demo};

const ELSEWHERE: [&str; 10] = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    " //evil.example",
    "/\r\nSet-Cookie: a=b",
    "@evil.example",
];

fn query(return_to: &str) -> String {
    serde_html_form::to_string([("return_to", return_to)]).unwrap()
}

#[tokio::test]
async fn a_page_offers_no_way_to_another_site() {
    let demo = Demo::start();
    let mut browser = Browser::of(&demo);
    for evil in ELSEWHERE {
        for (page, form) in
            [("/auth/sign-in", "/auth/sign-in"), ("/auth/o/initech", "/auth/o/initech/password")]
        {
            let page = browser.open(&format!("{page}?{}", query(evil))).await;
            assert_eq!(page.form(form).fields["return_to"], "", "{evil:?}");
            assert!(!page.answer.body.contains("evil.example"), "{evil:?}");
        }
    }
}

#[tokio::test]
async fn a_form_that_was_meddled_with_leads_home() {
    let demo = Demo::start();
    for evil in ELSEWHERE {
        let mut browser = Browser::of(&demo);
        let fields =
            [("email_address", "pat@initech.example"), ("password", demo.password()), ("return_to", evil)];
        let page = browser.post("/auth/o/initech/password", &fields).await;
        assert_eq!(page.path, "/member", "{evil:?}");
    }
    let mut mail = Mailbox::of(&demo);
    for (address, evil) in [
        ("a@globex.example", ELSEWHERE[0]),
        ("b@globex.example", ELSEWHERE[1]),
        ("c@globex.example", ELSEWHERE[2]),
    ] {
        let mut browser = Browser::of(&demo);
        let fields = [("email_address", address), ("method", "email_otp"), ("return_to", evil)];
        let page = browser.post("/auth/sign-in", &fields).await;
        let page = browser.type_code(&page, &mail.code(address).await).await;
        assert_eq!(browser.choose(&page, "Globex").await.path, "/member", "{evil:?}");
    }
}

#[tokio::test]
async fn switching_leads_to_a_page_of_this_site_alone() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let first = browser.found(&mut mail, "nora@new.example", "First").await.value("organization_id");
    let second = browser.found(&mut mail, "nora@new.example", "Second").await.value("organization_id");
    let mut others = [first, second].into_iter().cycle();
    for (return_to, path) in
        [("/transfer", "/transfer"), ("//evil.example", "/member"), ("/auth/sign-out", "/member")]
    {
        let id = others.next().unwrap();
        let fields = [("organization_id", id.as_str()), ("return_to", return_to)];
        assert_eq!(browser.post("/auth/switch", &fields).await.path, path, "{return_to}");
    }
}
