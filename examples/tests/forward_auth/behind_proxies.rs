//! Behind a real nginx and a real Caddy, which `scripts/test --system` installs; and a real Traefik and Envoy, where
//! they are installed.

use serde_json::json;

use crate::{
    application::Application,
    common::{Client, Person, soon},
    proxy::{Kind, Proxy},
    spellings::{BROWSER, FORGED, cookie},
    wire::{Answer, Head, ask, head, request, send},
};

/// Asks the proxy as somebody, or as nobody.
async fn asks(proxy: &Proxy, client: Option<&Client>, line: &str, headers: &[&str], body: &str) -> Answer {
    let cookie = client.map(cookie);
    let headers: Vec<&str> = cookie.iter().map(String::as_str).chain(headers.iter().copied()).collect();
    ask(proxy.address, &request(line, &headers, body)).await
}

/// Somebody who has signed in, and asks through the proxy from now on.
async fn person(proxy: &Proxy, name: &str) -> Person {
    let person = Person::sign_in(&proxy.example, name).await;
    Person { client: person.client.at(&proxy.origin()) }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn a_browser_signs_in_and_is_back_on_the_page() {
    for kind in Kind::all() {
        let proxy = Proxy::start(kind);
        let direct = Client::of(&proxy.example);
        let mut browser = direct.at(&proxy.origin()).browsing();
        let led = browser.get("/reports?year=2026").await.expect(303);
        assert_eq!(led.location(), "/auth/sign-in?return_to=%2Freports%3Fyear%3D2026", "{kind:?}");
        assert!(browser.get(led.location()).await.expect(200).text.contains("<form"));
        let form = [("email_address", "ada@acme.example"), ("return_to", "/reports?year=2026")];
        browser.post_form("/auth/sign-in", &form).await;
        let code = soon("the mail with the code", async {
            loop {
                let mailbox = direct.at(proxy.example.origin()).get("/mailbox").await.expect(200).text;
                let mut words = mailbox.split(|letter: char| !letter.is_ascii_digit());
                if let Some(code) = words.find(|word| word.len() == 6) {
                    return code.to_owned();
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        })
        .await;
        browser.post_form("/auth/code", &[("code", &code)]).await.expect(303);
        let entered =
            browser.post_form("/auth/organizations", &[("organization_id", "organization-acme")]).await;
        assert_eq!(entered.expect(303).location(), "/reports?year=2026", "{kind:?}");
        let page = browser.get("/reports?year=2026").await.expect(200);
        assert!(page.text.starts_with("GET /reports?year=2026\n"), "{}", page.text);
        assert!(page.text.contains("\nx-vestibule-member-id: member-ada\n"), "{}", page.text);
        // Traefik can't add it only where it is missing.
        assert!(kind == Kind::Traefik || page.header("cache-control") == "no-store", "{kind:?}");
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn nobody_passes_without_a_session() {
    for kind in Kind::all() {
        let application = Application::echo().await;
        let proxy = Proxy::before(kind, Some(application.address));
        for line in ["GET /", "POST /a", "DELETE /a/b", "OPTIONS /a", "PATCH /%61", "GET /administration"] {
            let refused = asks(&proxy, None, line, &FORGED, "").await;
            assert_eq!(refused.status, 401, "{kind:?} {line}");
            assert_eq!(refused.head.one("www-authenticate"), "Bearer", "{kind:?} {line}");
            assert_eq!(refused.head.one("content-type"), "application/problem+json");
            assert!(refused.body.contains("urn:vestibule:problem:unauthenticated"), "{refused:?}");
        }
        assert_eq!(asks(&proxy, None, "GET /a", &BROWSER, "").await.status, 303, "{kind:?}");
        assert_eq!(asks(&proxy, None, "POST /a", &[], &"x".repeat(100_000)).await.status, 401, "{kind:?}");
        // What Vestibule is asked is no place for others, and neither is what else it serves.
        for path in [
            "/check",
            "/check/member",
            "/nginx/member",
            "/nginx/member/refused",
            "/auth/../mailbox",
            "/auth/..%2fmailbox",
            "/auth/%2e%2e/check/member",
            "/auth//../nginx/member",
        ] {
            let refused = asks(&proxy, None, &format!("GET {path}"), &[], "").await;
            assert!(refused.status >= 400 && !refused.body.contains("To "), "{kind:?} {path} {refused:?}");
        }
        assert_eq!(application.connections(), 0, "{kind:?}");
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn a_member_passes_and_no_forged_identity_does() {
    for kind in Kind::all() {
        let application = Application::echo().await;
        let proxy = Proxy::before(kind, Some(application.address));
        let ada = person(&proxy, "ada").await.client;
        let told = [
            ("x-vestibule-member-id", "member-ada"),
            ("x-vestibule-organization-id", "organization-acme"),
            ("x-vestibule-roles", "stytch_member,stytch_admin"),
        ];
        for forged in [&[][..], &FORGED, &FORGED[3..4], &FORGED[7..8]] {
            let answer = asks(&proxy, Some(&ada), "GET /reports?a=%2F&b=..", forged, "").await;
            assert_eq!(answer.status, 200, "{kind:?} {answer:?}");
            let seen = Head(answer.body);
            assert_eq!(seen.request_line(), "GET /reports?a=%2F&b=.. HTTP/1.1", "{kind:?}");
            for (name, value) in told {
                assert_eq!(seen.one(name), value, "{kind:?}");
            }
            assert!(!seen.mentions("evil"), "{kind:?} {seen:?}");
        }
        // A client that declares them to be of the hop at most loses them.
        let dropping = "Connection: close, X-Vestibule-Member-Id, X-Vestibule-Roles";
        let answer = asks(&proxy, Some(&ada), "GET /", &[&[dropping], &FORGED[..]].concat(), "").await;
        let seen = Head(answer.body);
        assert!(!seen.mentions("evil"), "{kind:?} {seen:?}");
        for (name, value) in told {
            assert!(seen.all(name).iter().all(|told| *told == value), "{kind:?} {seen:?}");
        }
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn bodies_and_their_headers_pass() {
    for kind in Kind::all() {
        let application = Application::echo().await;
        let proxy = Proxy::before(kind, Some(application.address));
        let ada = person(&proxy, "ada").await.client;
        let body = "0123456789".repeat(30_000);
        let headers = ["Content-Type: text/plain", "If-None-Match: *", "Range: bytes=0-1"];
        let answer = asks(&proxy, Some(&ada), "POST /upload", &headers, &body).await;
        assert_eq!(answer.status, 200, "{kind:?}");
        let (head, sent) = answer.body.split_once("\r\n\r\n").unwrap();
        let head = Head(head.to_owned());
        assert_eq!(head.request_line(), "POST /upload HTTP/1.1");
        assert_eq!((head.one("content-type"), head.one("range")), ("text/plain", "bytes=0-1"));
        assert!(sent == body, "{kind:?}: {} bytes came of {}", sent.len(), body.len());
        let expecting = ["Expect: 100-continue"];
        let answer = asks(&proxy, Some(&ada), "PUT /upload", &expecting, "a body").await;
        assert!(answer.body.ends_with("a body"), "{kind:?} {answer:?}");
        assert_eq!(asks(&proxy, Some(&ada), "HEAD /", &[], "").await.status, 200, "{kind:?}");
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn a_role_is_demanded_however_the_path_is_spelled() {
    for kind in Kind::all() {
        let application = Application::echo().await;
        let proxy = Proxy::before(kind, Some(application.address));
        let (ada, bob) = (person(&proxy, "ada").await.client, person(&proxy, "bob").await.client);
        assert_eq!(asks(&proxy, Some(&ada), "GET /administration/people", &[], "").await.status, 200);
        assert_eq!(asks(&proxy, Some(&bob), "GET /reports", &[], "").await.status, 200);
        let before = application.connections();
        let refused = asks(&proxy, Some(&bob), "GET /administration", &[], "").await;
        assert_eq!(refused.status, 403, "{kind:?}");
        assert!(refused.body.contains("stytch_admin"), "{kind:?} {refused:?}");
        assert_eq!(
            asks(&proxy, Some(&bob), "GET /administration", &BROWSER, "").await.status,
            403,
            "{kind:?}"
        );
        for path in [
            "/Administration",
            "/%61dministration",
            "//administration",
            "/x/../administration",
            "/x/%2e%2e/administration",
            "/x%2f..%2fadministration",
            "/./administration",
            "/administration;x/people",
            "/%2561dministration",
            "/administration%2fpeople",
            "/x/..;/administration",
            "/x\\..\\administration",
        ] {
            let refused = asks(&proxy, Some(&bob), &format!("GET {path}"), &[], "").await;
            assert!(refused.status == 400 || refused.status == 403, "{kind:?} {path} {refused:?}");
        }
        assert_eq!(application.connections(), before, "{kind:?}");
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn a_step_up_is_demanded_completed_and_counts() {
    for kind in Kind::all() {
        let proxy = Proxy::start(kind);
        let (mut bob, browser) = (person(&proxy, "bob").await, person(&proxy, "bob").await);
        let mut app = person(&proxy, "bob").await.set_app_up().await;

        let refused = bob.client.post_form("/transfers", &[("to", "7")]).await.expect(401);
        assert!(refused.header("www-authenticate").contains("insufficient_user_authentication"), "{kind:?}");
        let challenge = refused.json()["challenge"]["challenge_token"].as_str().unwrap().to_owned();
        bob.answer(&challenge, &mut app).await;
        let passed = bob.client.post_form("/transfers", &[("to", "7")]).await.expect(200);
        assert!(passed.text.starts_with("POST /transfers\n") && passed.text.ends_with("\nto=7"), "{kind:?}");

        let mut browser = browser.client.browsing();
        let led = browser.get("/transfers?to=7").await.expect(303);
        assert_eq!(led.location(), "/auth/step-up", "{kind:?}");
        assert!(browser.cookies.contains_key("vestibule_development_challenge"), "{kind:?}");
        assert!(browser.get("/auth/step-up").await.expect(200).text.contains("<form"));
        // Whoever has a challenge open gets no further without answering it.
        browser.get("/transfers?to=7").await.expect(303);
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn who_has_signed_out_is_refused_at_once() {
    for kind in Kind::all() {
        let application = Application::echo().await;
        let proxy = Proxy::before(kind, Some(application.address));
        let mut ada = person(&proxy, "ada").await;
        let before = ada.client.clone();
        assert_eq!(asks(&proxy, Some(&before), "GET /", &[], "").await.status, 200, "{kind:?}");
        ada.client.post_json("/auth/sign-out", json!({})).await.expect(200);
        assert_eq!(asks(&proxy, Some(&before), "GET /", &[], "").await.status, 401, "{kind:?}");
        assert_eq!(application.connections(), 1, "{kind:?}");
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn nobody_passes_while_vestibule_is_down() {
    for kind in Kind::all() {
        let application = Application::echo().await;
        let mut proxy = Proxy::before(kind, Some(application.address));
        let ada = person(&proxy, "ada").await.client;
        proxy.example.stop();
        for path in ["/", "/administration", "/auth/sign-in", "/auth/../"] {
            let refused = asks(&proxy, Some(&ada), &format!("GET {path}"), &[], "").await;
            assert!(refused.status >= 500, "{kind:?} {path} {refused:?}");
        }
        assert_eq!(application.connections(), 0, "{kind:?}");
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn a_websocket_opens_for_members_alone() {
    for kind in Kind::all() {
        let proxy = Proxy::start(kind);
        let ada = person(&proxy, "ada").await.client;
        let handshake = |cookie: &str| {
            format!(
                "GET /socket HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{cookie}\r\n",
                proxy.address
            )
        };
        for (cookie, status) in [(String::new(), "401"), (format!("{}\r\n", cookie(&ada)), "101")] {
            let mut connection = send(proxy.address, &handshake(&cookie)).await;
            let (head, _) = head(&mut connection).await;
            assert_eq!(head.request_line().split(' ').nth(1), Some(status), "{kind:?} {head:?}");
        }
    }
}
