//! The questions of the four proxies as they stand on the wire, without the proxies.
//!
//! Traefik asks by GET with the client's headers and its own `X-Forwarded-…`; Caddy the same with the client's
//! `Host`; nginx as its configuration says; Envoy with the client's method and path, and the headers that it was
//! allowed.

use serde_json::Value;

use crate::{
    common::{Client, Example, Person},
    spellings::{BROWSER, FORGED, cookie},
    wire::{Answer, ask},
};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proxy {
    Traefik,
    Caddy,
    Nginx,
    Envoy,
}

use Proxy::{Caddy, Envoy, Nginx, Traefik};

const ALL: [Proxy; 4] = [Traefik, Caddy, Nginx, Envoy];

impl Proxy {
    /// What it sends about a request with these headers.
    fn question(self, demand: &str, method: &str, uri: &str, headers: &[&str]) -> String {
        let told = format!(
            "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Host: app.example.com\r\nX-Forwarded-Method: {method}\r\n\
             X-Forwarded-Proto: https\r\nX-Forwarded-Uri: {uri}\r\n"
        );
        let (line, own) = match self {
            Traefik => (
                format!("GET /check/{demand}"),
                format!(
                    "Host: vestibule:3000\r\n{told}X-Forwarded-Port: 443\r\nX-Forwarded-Server: edge\r\n\
                     X-Real-Ip: 192.0.2.7\r\nAccept-Encoding: gzip\r\n"
                ),
            ),
            Caddy => (format!("GET /check/{demand}"), format!("Host: app.example.com\r\n{told}")),
            Nginx => (format!("GET /nginx/{demand}"), format!("Host: vestibule\r\n{told}")),
            Envoy => (
                format!("{method} /envoy/{demand}{uri}"),
                "host: app.example.com\r\nx-forwarded-for: 192.0.2.7,127.0.0.1\r\nx-envoy-internal: true\r\n\
                 x-envoy-expected-rq-timeout-ms: 5000\r\ncontent-length: 0\r\n"
                    .to_owned(),
            ),
        };
        // Envoy passes on what it was allowed to.
        let passes = |header: &&&str| {
            let name = header.split(':').next().unwrap().to_ascii_lowercase();
            self != Envoy
                || ["accept", "authorization", "cookie", "sec-fetch-mode", "user-agent"].contains(&&*name)
        };
        let headers: String = headers.iter().filter(passes).map(|header| format!("{header}\r\n")).collect();
        format!("{line} HTTP/1.1\r\n{own}{headers}Connection: close\r\n\r\n")
    }

    /// What becomes of a request: the proxy's second question included, where it has one.
    async fn asks(self, example: &Example, demand: &str, line: &str, headers: &[&str]) -> Answer {
        let to = example.address().parse().unwrap();
        let (method, uri) = line.split_once(' ').unwrap();
        let answer = ask(to, &self.question(demand, method, uri, headers)).await;
        if self != Nginx || answer.status == 200 {
            return answer;
        }
        assert_eq!(answer.status, 401, "nginx makes 500 of all else");
        assert!(answer.body.is_empty() && !answer.head.has("set-cookie"), "nginx drops them: {answer:?}");
        let again = self.question(&format!("{demand}/refused"), method, uri, headers);
        ask(to, &again).await
    }
}

fn problem(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_there_or_told() {
    let example = Example::start("forward_auth");
    for proxy in ALL {
        let led = proxy.asks(&example, "member", "GET /reports?year=2026", &BROWSER).await;
        assert_eq!(led.status, 303, "{proxy:?}");
        assert_eq!(led.head.one("location"), "/auth/sign-in?return_to=%2Freports%3Fyear%3D2026");
        assert_eq!(led.head.one("cache-control"), "no-store");
        let told = proxy.asks(&example, "member", "POST /reports", &["Accept: */*"]).await;
        assert_eq!((told.status, told.head.one("www-authenticate")), (401, "Bearer"), "{proxy:?}");
        assert_eq!(problem(&told)["type"], "urn:vestibule:problem:unauthenticated");
    }
}

#[tokio::test]
async fn who_is_signed_in_is_told_once_whatever_comes_along() {
    let example = Example::start("forward_auth");
    let ada = Person::sign_in(&example, "ada").await;
    let cookie = cookie(&ada.client);
    // A WebSocket, an upload, a part of a file, a page that may be known already.
    let along = [
        &cookie,
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Content-Type: application/octet-stream",
        "Expect: 100-continue",
        "Range: bytes=0-1",
        "If-None-Match: *",
        "If-Modified-Since: Sat, 01 Jan 2050 00:00:00 GMT",
    ];
    for proxy in ALL {
        for line in ["GET /reports", "POST /reports", "DELETE /a/b?c", "OPTIONS /", "PROPFIND /dav"] {
            let answer = proxy.asks(&example, "member", line, &[&along[..], &FORGED].concat()).await;
            assert_eq!(answer.status, 200, "{proxy:?} {line}");
            assert_eq!(answer.head.one("x-vestibule-member-id"), "member-ada");
            assert_eq!(answer.head.one("x-vestibule-organization-id"), "organization-acme");
            assert_eq!(answer.head.one("x-vestibule-roles"), "stytch_member,stytch_admin");
            assert!(answer.body.is_empty() && !answer.head.mentions("evil"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_role_that_is_missing_is_403() {
    let example = Example::start("forward_auth");
    let (ada, bob) = (Person::sign_in(&example, "ada").await, Person::sign_in(&example, "bob").await);
    for proxy in ALL {
        let line = "GET /administration";
        assert_eq!(proxy.asks(&example, "administrator", line, &[&cookie(&ada.client)]).await.status, 200);
        let refused = proxy.asks(&example, "administrator", line, &[&cookie(&bob.client)]).await;
        assert_eq!(refused.status, 403, "{proxy:?}");
        assert_eq!(problem(&refused)["unmet"][0]["role_id"], "stytch_admin");
        assert!(!refused.head.mentions("x-vestibule-member"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_step_up_is_asked_for_completed_and_counts() {
    let example = Example::start("forward_auth");
    let mut bob = Person::sign_in(&example, "bob").await;
    let mut app = Person::sign_in(&example, "bob").await.set_app_up().await;
    let (page, before) = ("GET /transfers?to=7", cookie(&bob.client));
    let mut challenge = String::new();
    for proxy in ALL {
        let led = proxy.asks(&example, "fresh", page, &[&[&*before], &BROWSER[..]].concat()).await;
        assert_eq!((led.status, led.head.one("location")), (303, "/auth/step-up"), "{proxy:?}");
        assert!(led.head.one("set-cookie").starts_with("vestibule_development_challenge="), "{led:?}");
        let refused = proxy.asks(&example, "fresh", page, &[&before]).await;
        assert_eq!(refused.status, 401, "{proxy:?}");
        assert!(refused.head.one("www-authenticate").contains("insufficient_user_authentication"));
        problem(&refused)["challenge"]["challenge_token"].as_str().unwrap().clone_into(&mut challenge);
    }
    bob.answer(&challenge, &mut app).await;
    for proxy in ALL {
        let passes = proxy.asks(&example, "fresh", page, &[&cookie(&bob.client)]).await;
        assert_eq!(passes.status, 200, "{proxy:?}");
        assert_eq!(passes.head.one("x-vestibule-member-id"), "member-bob");
        assert_eq!(proxy.asks(&example, "fresh", page, &[&before]).await.status, 401, "with its old token");
    }
}

#[tokio::test]
async fn who_has_signed_out_is_refused_at_once() {
    let example = Example::start("forward_auth");
    let mut ada = Person::sign_in(&example, "ada").await;
    let cookie = cookie(&ada.client);
    ada.sign_out().await;
    for proxy in ALL {
        assert_eq!(proxy.asks(&example, "member", "GET /", &[&cookie]).await.status, 401, "{proxy:?}");
    }
}

#[tokio::test]
async fn a_question_of_two_meanings_is_no_question() {
    let example = Example::start("forward_auth");
    let ada = Person::sign_in(&example, "ada").await;
    let cookie = cookie(&ada.client);
    for proxy in ALL {
        for path in ["/x/../administration", "//administration", "/x%2f..%2fadministration", "/%252e%252e/"] {
            let refused = proxy.asks(&example, "member", &format!("GET {path}"), &[&cookie]).await;
            assert_eq!(refused.status, 400, "{proxy:?} {path}");
        }
    }
    for proxy in [Traefik, Caddy, Nginx] {
        for header in ["X-Forwarded-Uri: /other", "X-Forwarded-Host: evil.example", "X-Forwarded-Method: GET"]
        {
            let refused = proxy.asks(&example, "member", "GET /", &[&cookie, header]).await;
            assert_eq!(refused.status, 400, "{proxy:?} {header}");
        }
    }
    let to = example.address().parse().unwrap();
    let unasked = format!("GET /check/member HTTP/1.1\r\nHost: x\r\n{cookie}\r\nConnection: close\r\n\r\n");
    assert_eq!(ask(to, &unasked).await.status, 400);
}

#[tokio::test]
async fn the_application_shows_what_it_gets() {
    let example = Example::start("forward_auth");
    let application = example.besides.split_once(" the application at ").expect("it is told").1;
    let mut client = Client::of(&example).at(application);
    let seen = client.post_form("/any?a=b", &[("c", "d")]).await.expect(200).text;
    assert!(seen.starts_with("POST /any?a=b\n") && seen.ends_with("\n\nc=d"), "{seen}");
}
