//! Behind a real nginx and a real Caddy, which `scripts/test --system` installs; and a real Traefik and Envoy, where
//! they are installed.

use std::{fs, net::SocketAddr, sync::mpsc, time::Duration};

use axum::Router;
use serde_json::json;
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use vestibule::{Requirement, Vestibule, domain::MemberId, store::sqlite::SqliteStore};

use crate::{
    application::{Application, message},
    common::{Client, Example, Person, soon},
    http2,
    proxy::{Kind, Proxy, Running},
    spellings::{BELIEVED, BROWSER, FORGED, cookie},
    wire::{Answer, Head, ask, head, request, send},
};

include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/documentation/ada.rs"));

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
                tokio::time::sleep(Duration::from_millis(10)).await;
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
        // Nor is it for who is signed in.
        let ada = person(&proxy, "ada").await.client;
        for path in
            ["/envoy/member/../../auth/x", "/envoy/member/%2e%2e/..%2fauth/x", "/auth/%2e%2e/check/member"]
        {
            let seen = asks(&proxy, Some(&ada), &format!("GET {path}"), &[], "").await;
            assert!(!seen.head.mentions("x-vestibule"), "{kind:?} {path} {seen:?}");
        }
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
        // Nobody loses them by declaring them to be of the hop.
        let names = "X-Vestibule-Member-Id, x-vestibule-organization-id, X-VESTIBULE-ROLES";
        let dropping = format!("Connection: close, {names}");
        let answer = asks(&proxy, Some(&ada), "GET /", &[&[&*dropping], &FORGED[..]].concat(), "").await;
        assert_eq!(answer.status, 200, "{kind:?} {answer:?}");
        let seen = Head(answer.body);
        assert!(!seen.mentions("evil"), "{kind:?} {seen:?}");
        for (name, value) in told {
            assert_eq!(seen.one(name), value, "{kind:?}");
        }
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn no_forged_identity_passes_by_http_2() {
    for kind in Kind::all() {
        let application = Application::echo().await;
        let example = Example::start("forward_auth");
        let vestibule = example.address().parse().unwrap();
        let (configuration, host) = kind.speaking_http2();
        let proxy = Running::configured(kind, &configuration, vestibule, application.address);
        let address = SocketAddr::new(host.parse().unwrap(), proxy.address.port());
        let cookie = cookie(&Person::sign_in(&example, "ada").await.client);

        // Each alone, and all of them, those that are written alike as several headers of one name.
        for forged in FORGED.chunks(1).chain([&FORGED[..]]) {
            let (status, _) = http2::ask(address, "/reports", forged).await;
            assert_eq!((status, application.connections()), (401, 0), "{kind:?} {forged:?}");
        }
        for forged in FORGED.chunks(1).chain([&FORGED[..]]) {
            let headers = [&[&*cookie], forged].concat();
            let (status, body) = http2::ask(address, "/reports", &headers).await;
            assert_eq!(status, 200, "{kind:?} {forged:?}");
            let seen = Head(body);
            assert_eq!(seen.one("x-vestibule-member-id"), "member-ada", "{kind:?} {forged:?}");
            assert_eq!(seen.one("x-vestibule-organization-id"), "organization-acme");
            assert_eq!(seen.one("x-vestibule-roles"), "stytch_member,stytch_admin");
            assert!(!seen.mentions("evil"), "{kind:?} {seen:?}");
        }
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn a_client_does_not_write_what_applications_believe() {
    for kind in Kind::all() {
        let application = Application::echo().await;
        let proxy = Proxy::before(kind, Some(application.address));
        let ada = person(&proxy, "ada").await.client;
        for believed in BELIEVED.chunks(1).chain([&BELIEVED[..]]) {
            let answer = asks(&proxy, Some(&ada), "GET /reports", believed, "").await;
            assert_eq!(answer.status, 200, "{kind:?} {believed:?} {answer:?}");
            let seen = Head(answer.body);
            assert_eq!(seen.request_line(), "GET /reports HTTP/1.1", "{kind:?} {believed:?}");
            assert!(!seen.mentions("evil"), "{kind:?} {seen:?}");
        }
    }
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn no_forged_identity_passes_by_fastcgi_as_the_document_has_it() {
    let document =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/forward-auth.md")).unwrap();
    let parameters: Vec<&str> =
        document.lines().filter(|line| line.starts_with("  fastcgi_param ")).collect();
    let passes = format!("fastcgi_pass 127.0.0.1:3001;\n{}", parameters.join("\n"));
    let shown = Kind::Nginx.configuration();
    let changed = shown.replacen("proxy_pass http://application;", &passes, 1);
    assert_ne!(changed, shown);

    let (seen, sees) = mpsc::channel();
    // Reads up to the empty record of the request's body, and closes: 502, but what counts is what came.
    let application = Application::start(move |mut stream: TcpStream| {
        let seen = seen.clone();
        async move {
            let mut read = Vec::new();
            while !read.ends_with(&[1, 5, 0, 1, 0, 0, 0, 0])
                && stream.read_buf(&mut read).await.is_ok_and(|length| length > 0)
            {}
            let _ = seen.send(String::from_utf8_lossy(&read).into_owned());
        }
    })
    .await;
    let example = Example::start("forward_auth");
    let vestibule = example.address().parse().unwrap();
    let proxy = Running::configured(Kind::Nginx, &changed, vestibule, application.address);
    let cookie = cookie(&Person::sign_in(&example, "ada").await.client);
    let headers = [&[&*cookie, "X-Original-URL: /evil", "X-Rewrite-URL: /evil"], &FORGED[..]].concat();
    ask(proxy.address, &request("GET /", &headers, "")).await;
    let seen = sees.try_recv().unwrap();
    assert!(seen.contains("HTTP_X_VESTIBULE_MEMBER_IDmember-ada"), "{seen}");
    assert!(seen.contains("HTTP_X_VESTIBULE_ORGANIZATION_IDorganization-acme"), "{seen}");
    assert!(seen.contains("HTTP_X_VESTIBULE_ROLESstytch_member,stytch_admin"), "{seen}");
    assert!(!seen.contains("evil"), "{seen}");
}

#[tokio::test]
#[ignore = "needs nginx and caddy"]
async fn no_tunnel_opens_past_the_questions() {
    for kind in Kind::all() {
        // Agrees to whatever it is asked for, but to a WebSocket.
        let application = Application::start(|mut stream: TcpStream| async move {
            let (head, _) = message(&mut stream).await;
            let answer = match head.all("upgrade")[..] {
                [] | ["websocket"] => {
                    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nno tunnel".to_owned()
                }
                [to, ..] => format!(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: {to}\r\n\r\n"
                ),
            };
            let _ = stream.write_all(answer.as_bytes()).await;
        })
        .await;
        let proxy = Proxy::before(kind, Some(application.address));
        let cookie = cookie(&person(&proxy, "ada").await.client);
        for upgrade in [
            "Upgrade: h2c",
            "Upgrade: h2c\r\nUpgrade: websocket",
            "Upgrade: websocket\r\nUpgrade: h2c",
            "Upgrade: h2c, websocket",
            "Upgrade: websocket, h2c",
            "Upgrade: TLS/1.0",
        ] {
            let asked = format!(
                "GET / HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade, HTTP2-Settings\r\n{upgrade}\r\n\
                 HTTP2-Settings: AAMAAABkAAQAAP__\r\n{cookie}\r\n\r\n",
                proxy.address
            );
            let (head, _) = head(&mut send(proxy.address, &asked).await).await;
            let status = head.request_line().split(' ').nth(1).unwrap_or_default().to_owned();
            // Envoy refuses upgrades that it was not allowed.
            let allowed = status == "200" || kind == Kind::Envoy && status == "403";
            assert!(allowed, "{kind:?} {upgrade:?} {head:?}");
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
            "/administration.",
            "/administration%20/people",
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
        let mut bob = person(&proxy, "bob").await;
        let mut app = person(&proxy, "bob").await.set_app_up().await;

        let refused = bob.client.post_form("/transfers", &[("to", "7")]).await.expect(401);
        assert!(refused.header("www-authenticate").contains("insufficient_user_authentication"), "{kind:?}");
        let challenge = refused.json()["challenge"]["challenge_token"].as_str().unwrap().to_owned();
        bob.answer(&challenge, &mut app).await;
        let passed = bob.client.post_form("/transfers", &[("to", "7")]).await.expect(200);
        assert!(passed.text.starts_with("POST /transfers\n") && passed.text.ends_with("\nto=7"), "{kind:?}");

        // Somebody else, since an app has only so many codes at a time.
        let mut browser = person(&proxy, "ada").await.client.browsing();
        let mut app = person(&proxy, "ada").await.set_app_up().await;
        let led = browser.get("/transfers?to=7").await.expect(303);
        assert_eq!(led.location(), "/auth/step-up", "{kind:?}");
        assert!(browser.cookies.contains_key("vestibule_development_challenge"), "{kind:?}");
        assert!(browser.get("/auth/step-up").await.expect(200).text.contains("<form"));
        // Whoever has a challenge open gets no further without answering it.
        browser.get("/transfers?to=7").await.expect(303);
        let raised = browser.post_form("/auth/step-up/totp", &[("code", &app.code())]).await.expect(303);
        assert_eq!(raised.location(), "/transfers?to=7", "{kind:?}");
        let page = browser.get("/transfers?to=7").await.expect(200).text;
        assert!(page.starts_with("GET /transfers?to=7\n"), "{kind:?} {page}");
        assert!(page.contains("\nx-vestibule-member-id: member-ada\n"), "{kind:?} {page}");
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
async fn nobody_passes_while_vestibule_is_down_or_hangs() {
    for (kind, down, hangs) in
        [(Kind::Nginx, 500, 500), (Kind::Caddy, 502, 504), (Kind::Traefik, 500, 500), (Kind::Envoy, 503, 503)]
    {
        if !Kind::all().contains(&kind) {
            continue;
        }
        let application = Application::echo().await;
        let mut proxy = Proxy::before(kind, Some(application.address));
        let ada = person(&proxy, "ada").await.client;
        proxy.example.hang();
        assert_eq!(asks(&proxy, Some(&ada), "GET /", &[], "").await.status, hangs, "{kind:?}");
        proxy.example.stop();
        for path in ["/", "/administration"] {
            let refused = asks(&proxy, Some(&ada), &format!("GET {path}"), &[], "").await;
            assert_eq!(refused.status, down, "{kind:?} {path} {refused:?}");
        }
        for path in ["/auth/sign-in", "/auth/../"] {
            let refused = asks(&proxy, Some(&ada), &format!("GET {path}"), &[], "").await;
            assert!(refused.status >= 500, "{kind:?} {path} {refused:?}");
        }
        assert_eq!(application.connections(), 0, "{kind:?}");
    }
}

// Vestibule answers from here while the proxy's start is waited for.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx and caddy"]
async fn nobody_passes_while_the_store_fails() {
    for kind in Kind::all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vestibule.db");
        let store = SqliteStore::open(&file).await.unwrap();
        let builder = Vestibule::development().trusted_proxies(["127.0.0.1/32".parse().unwrap()]);
        let vestibule = builder.store(store).build().await.unwrap();
        let check = vestibule.require(Requirement::member()).forward_auth();
        let router: Router = Router::new()
            .route_service("/check/member", check.clone())
            .nest_service("/envoy/member", check.clone().for_envoy("/envoy/member"))
            .route_service("/nginx/member", check.clone().for_nginx())
            .route_service("/nginx/member/refused", check.refusals_for_nginx());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async { axum::serve(listener, service).await.unwrap() });

        let application = Application::echo().await;
        let proxy = Running::between(kind, address, application.address);
        let cookie = format!("Cookie: {}", ada_signed_in(&vestibule).await.unwrap());
        let asked = request("GET /", &[&cookie], "");
        assert_eq!(ask(proxy.address, &asked).await.status, 200, "{kind:?}");
        let spoils = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&file)).await.unwrap();
        sqlx::raw_sql("ALTER TABLE members RENAME TO lost; ALTER TABLE sessions RENAME TO gone")
            .execute(&spoils)
            .await
            .unwrap();
        vestibule.member_changed(&MemberId::new("member-ada").unwrap());
        let refused = ask(proxy.address, &asked).await;
        assert_eq!(refused.status, 503, "{kind:?} {refused:?}");
        assert_eq!(application.connections(), 1, "{kind:?}");
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
