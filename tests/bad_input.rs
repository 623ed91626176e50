//! What nobody should send: refused in words, without a panic, and nothing is lost by it.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use common::{Client, GLOBEX, World, world::organization_id};
use http::{
    HeaderValue, Method, Request,
    header::{AUTHORIZATION, CONTENT_TYPE, COOKIE},
};
use http_body::Frame;
use proptest::{
    prelude::{Strategy, any, prop},
    prop_oneof,
    test_runner::{Config, TestRunner},
};
use serde_json::json;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A body that comes in pieces, of which the last may be an error.
struct Pieces(VecDeque<Result<Bytes, std::io::Error>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(self.0.pop_front().map(|piece| piece.map(Frame::data)))
    }
}

fn posting(client: &Client, path: &str, media: &str, body: impl Into<Body>) -> Request<Body> {
    client.request(Method::POST, path).header(CONTENT_TYPE, media).body(body.into()).unwrap()
}

/// Somebody in the middle of signing in, who must still be there after all that was refused.
async fn still_there(client: &mut Client) {
    assert!(client.exchange(organization_id(GLOBEX).as_str()).await.is_session());
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_a_longer_one_is_refused() {
    let world = World::new().await;
    let mut client = world.begin("gina@globex.example").await;
    for path in ["/auth/sign-in", "/auth/organizations", "/auth/o/globex/password", "/auth/nowhere"] {
        for media in [JSON, FORM, "text/plain"] {
            let request = posting(&client, path, media, vec![b'a'; 64 * 1024 + 1]);
            assert_eq!(client.send(request).await.status, 413, "{path} {media}");
        }
    }
    // Also when it does not say beforehand how long it is.
    let pieces = (0..5).map(|_| Ok(Bytes::from(vec![b'a'; 16 * 1024]))).collect();
    let request = posting(&client, "/auth/organizations", JSON, Body::new(Pieces(pieces)));
    assert_eq!(client.send(request).await.status, 413);

    let mut fits = json!({"organization_id": organization_id(GLOBEX)}).to_string();
    fits.push_str(&" ".repeat(64 * 1024 - fits.len()));
    let request = posting(&client, "/auth/organizations", JSON, fits);
    assert!(client.send(request).await.is_session());
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let world = World::new().await;
    let mut client = world.begin("gina@globex.example").await;
    let whole = json!({"organization_id": organization_id(GLOBEX)}).to_string();
    let pieces = VecDeque::from([Ok(Bytes::from(whole)), Err(std::io::Error::other("gone"))]);
    let request = posting(&client, "/auth/organizations", JSON, Body::new(Pieces(pieces)));
    assert_eq!(client.send(request).await.status, 400);
    still_there(&mut client).await;
}

#[tokio::test]
async fn what_is_no_form_and_no_object_of_texts_is_refused_in_words() {
    let world = World::new().await;
    let mut client = world.begin("gina@globex.example").await;
    let id = organization_id(GLOBEX);
    let whole = json!({"organization_id": id}).to_string();
    let cut: Vec<Vec<u8>> = (1..whole.len()).map(|end| whole.as_bytes()[..end].to_vec()).collect();
    let mut bodies: Vec<(&str, Vec<u8>, u16)> = cut.into_iter().map(|body| (JSON, body, 400)).collect();
    let deep = format!("{{\"organization_id\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    for (media, body, status) in [
        (JSON, "null".to_owned(), 400),
        (JSON, "[]".to_owned(), 400),
        (JSON, "\"x\"".to_owned(), 400),
        (JSON, deep, 400),
        (JSON, format!("{{\"organization_id\":[\"{id}\"]}}"), 400),
        (JSON, format!("{{\"organization_id\":\"{id}\",\"organization_id\":\"{id}\"}}"), 400),
        (JSON, format!("{{\"organization_id\":\"{id}\",\"is_admin\":true}}"), 400),
        (JSON, format!("{{\"organization_id\":\"{id}\",\"member_id\":\"x\"}}"), 400),
        (JSON, format!("{{\"organization_id\":\"{id}\",\"session_duration_minutes\":\"527040\"}}"), 400),
        (JSON, format!("{{\"organization_id\":\"{id}\"}} {{}}"), 400),
        (JSON, "{}".to_owned(), 400),
        (JSON, "{\"organization_id\":null}".to_owned(), 400),
        (FORM, format!("organization_id={id}&organization_id={id}"), 400),
        (FORM, format!("organization_id={id}&roles=stytch_admin"), 400),
        (FORM, format!("organization_id[]={id}"), 400),
        (FORM, "organization_id=%FF%FE".to_owned(), 404),
        ("text/plain", whole.clone(), 415),
        ("multipart/form-data; boundary=x", whole.clone(), 415),
        ("application/jsonx", whole.clone(), 415),
        ("", whole.clone(), 415),
    ] {
        bodies.push((media, body.into_bytes(), status));
    }
    bodies.push((JSON, b"{\"organization_id\":\"\xff\"}".to_vec(), 400));
    bodies.push((FORM, b"organization_id=\xff".to_vec(), 400));
    for (media, body, status) in bodies {
        let request = posting(&client, "/auth/organizations", media, body.clone());
        let answer = client.send(request).await;
        assert_eq!(answer.status, status, "{media} {:?}: {}", String::from_utf8_lossy(&body), answer.text);
        assert!(!answer.json()["error_message"].as_str().unwrap().is_empty());
        assert!(client.cookie("session").is_none() && client.cookie("intermediate").is_some());
    }
    still_there(&mut client).await;
}

#[tokio::test]
async fn other_methods_and_other_paths_do_nothing() {
    let world = World::new().await;
    let mut client = world.begin("gina@globex.example").await;
    for path in ["/auth/organizations", "/auth/sign-in", "/auth/sign-out", "/auth/session", "/auth/mfa/totp"]
    {
        for method in ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "CONNECT", "post", "FOO"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = client.request(method.clone(), path).body(Body::empty()).unwrap();
            let answer = client.send(request).await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
        let overridden = client
            .request(Method::GET, path)
            .header("x-http-method-override", "POST")
            .body(Body::from(json!({"organization_id": organization_id(GLOBEX)}).to_string()))
            .unwrap();
        client.send(overridden).await;
        assert!(client.cookie("session").is_none());
    }
    for path in [
        "/auth/../me",
        "/auth/%2e%2e/me",
        "/auth/..%2fme",
        "/auth/..%5cme",
        "/auth/./organizations/create/",
        "/auth//organizations",
        "/auth/organizations/",
        "/auth/organizations%00",
        "/auth/organizations;a=b",
        "/auth/o/globex/password/x",
        "/auth/%ff",
        "/auth/mfa%2Ftotp",
        "/auth/o%2Fglobex",
    ] {
        let form = json!({"organization_id": organization_id(GLOBEX)});
        let posted = client.post(path, form).await;
        assert!(matches!(posted.status.as_u16(), 400 | 404 | 405), "POST {path}: {}", posted.status);
        let read = client.get(path).await;
        assert!(matches!(read.status.as_u16(), 404 | 405), "GET {path}: {}", read.status);
        client.browsing().get(path).await;
    }
    // What only looks like the prefix is the application's.
    for path in ["/authorization", "/AUTH/session", "//auth/session", "/%61uth/session", "/auth%2Fsession"] {
        assert_eq!(client.get(path).await.status, 404, "{path}");
        assert!(client.get(path).await.text.is_empty(), "{path}");
    }
    // Nor does a rule hang on the spelling of a path.
    for path in [
        "//member",
        "/member/",
        "/MEMBER",
        "/%6dember",
        "/./member",
        "/open/../member",
        "/member;x",
        "/member%2F",
    ] {
        let status = world.client().get(path).await.status.as_u16();
        assert!(matches!(status, 401 | 404), "{path}: {status}");
    }
    assert_eq!(world.handled(), 0);
    still_there(&mut client).await;
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let world = World::new().await;
    let mut client = world.begin("gina@globex.example").await;
    let form = json!({"organization_id": organization_id(GLOBEX)});
    for headers in [
        [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        [("sec-fetch-site", "same-site"), ("origin", "http://sub.127.0.0.1:3000")],
        [("x-a", "b"), ("origin", "https://evil.example")],
        [("x-a", "b"), ("origin", "null")],
    ] {
        for path in ["/auth/organizations", "/auth/sign-out", "/auth/switch", "/auth/sign-in", "/auth/code"] {
            let mut request = client.posting(path, &form);
            for (name, value) in headers {
                request.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            assert_eq!(client.send(request).await.status, 403, "{path} {headers:?}");
        }
    }
    let mut request = client.posting("/auth/organizations", &form);
    request.headers_mut().insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
    assert!(client.send(request).await.is_session());
}

#[tokio::test]
async fn garbage_in_headers_is_no_session_and_no_error() {
    let world = World::new().await;
    let mut client = world.begin("gina@globex.example").await;
    let name = client.name("session");
    for value in [
        &b"\xff\xfe"[..],
        b"=;=;=;;;;",
        b";",
        b"\"",
        b"a",
        b"\xf0\x9f\x98\x80=\xf0",
        name.as_bytes(),
        format!("{name}=").as_bytes(),
        format!("{name}=\"x\"").as_bytes(),
        format!("{name}={}", "A".repeat(60_000)).as_bytes(),
        format!("{name}={}", "a.".repeat(30_000)).as_bytes(),
        format!("{name}={}.{}.{}", "A".repeat(9_000), "A".repeat(9_000), "A".repeat(9_000)).as_bytes(),
        "a=b; ".repeat(10_000).as_bytes(),
    ] {
        let Ok(value) = HeaderValue::from_bytes(value) else { continue };
        let mut stranger = world.client();
        for path in ["/me", "/maybe", "/member", "/auth/session", "/auth/organizations", "/auth/step-up"] {
            let request = Request::get(path).header(COOKIE, &value).body(Body::empty()).unwrap();
            let status = stranger.send(request).await.status.as_u16();
            assert!(matches!(status, 200 | 401), "{path}: {status}");
            let request = Request::get(path).header(AUTHORIZATION, &value).body(Body::empty()).unwrap();
            let status = stranger.send(request).await.status.as_u16();
            assert!(matches!(status, 200 | 401), "{path}: {status}");
        }
    }
    let odd: Vec<(&'static str, &str)> = vec![
        ("accept", "text/html;q=NaN, */*;q=inf, application/json;q=-1"),
        ("accept", ";;;,,,q=,"),
        ("sec-fetch-mode", ""),
        ("x-forwarded-for", "1.2.3.4, , ;, ::ffff:::"),
        ("user-agent", "\u{e4}\u{f6}"),
        ("content-length", "-1"),
    ];
    for header in odd {
        client.get_with("/auth/organizations", &[header]).await.expect(200);
    }
    assert_eq!(world.handled(), 0);
    still_there(&mut client).await;
}

/// A request of any bytes in any place that takes some.
#[derive(Clone, Debug)]
struct Wild {
    path: &'static str,
    media: &'static str,
    cookie: Vec<u8>,
    authorization: Vec<u8>,
    body: Vec<u8>,
    browser: bool,
}

fn wild() -> impl Strategy<Value = Wild> {
    let paths = prop::sample::select(vec![
        "/me",
        "/member",
        "/transfer",
        "/auth/sign-in",
        "/auth/o/globex",
        "/auth/o/globex/password",
        "/auth/code",
        "/auth/link",
        "/auth/organizations",
        "/auth/organizations/create",
        "/auth/mfa/totp",
        "/auth/mfa/recovery",
        "/auth/enrol/totp",
        "/auth/enrol/sms",
        "/auth/step-up/totp",
        "/auth/step-up/email",
        "/auth/sessions/revoke",
        "/auth/switch",
        "/auth/sign-out",
    ]);
    let media = prop::sample::select(vec![JSON, FORM, "text/plain", ""]);
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    let named = (prop::sample::select(vec!["session", "intermediate", "browser", "challenge"]), bytes(80))
        .prop_map(|(name, value)| [format!("vestibule_development_{name}=").into_bytes(), value].concat());
    let cookie = prop_oneof![bytes(120), named];
    let bearer = bytes(80).prop_map(|value| [b"Bearer ".to_vec(), value].concat());
    let authorization = prop_oneof![bytes(80), bearer];
    let field = (
        prop::sample::select(vec![
            "email_address",
            "password",
            "code",
            "token",
            "organization_id",
            "phone_number",
            "recovery_code",
            "organization_name",
            "organization_slug",
            "return_to",
        ]),
        any::<String>(),
    )
        .prop_map(|(name, value)| json!({name: value}).to_string().into_bytes());
    let body = prop_oneof![bytes(200), field];
    (paths, media, cookie, authorization, body, any::<bool>()).prop_map(
        |(path, media, cookie, authorization, body, browser)| Wild {
            path,
            media,
            cookie,
            authorization,
            body,
            browser,
        },
    )
}

#[test]
fn no_bytes_make_it_panic_or_reach_a_handler() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(1_500) });
    let outcome = runner.run(&wild(), |wild| {
        let mut client = world.client();
        let mut request = posting(&client, wild.path, wild.media, wild.body);
        let headers = request.headers_mut();
        for (name, value) in [(COOKIE, wild.cookie), (AUTHORIZATION, wild.authorization)] {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.insert(name, value);
            }
        }
        if wild.browser {
            headers.insert("sec-fetch-mode", HeaderValue::from_static("navigate"));
        }
        let answer = runtime.block_on(client.send(request));
        proptest::prop_assert!(answer.status.as_u16() < 500, "{}: {}", answer.status, answer.text);
        proptest::prop_assert!(client.cookie("session").is_none());
        proptest::prop_assert_eq!(world.handled(), 0);
        Ok(())
    });
    outcome.unwrap();
    // Everybody who was in before would still be: the application serves as it did.
    runtime.block_on(async {
        let mut gina = world.gina().await;
        assert!(gina.is_in().await);
    });
}
