//! What is between two neighbours goes no further, and what the application is told of the request is true.

use crate::{
    application::Application,
    person::Person,
    process::Gateway,
    wire::{Head, ask, request},
};

const PUBLIC: &str = "[[routes]]\nprefix = '/'\npublic = true";

#[tokio::test]
async fn headers_of_the_hop_stay_on_the_hop() {
    let application =
        Application::echo_with("Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nConnection: X-Hop\r\nX-Hop: evil\r\nX-End: 1\r\n")
            .await;
    let gateway = Gateway::with(&application, "", PUBLIC).await;
    let headers = [
        "Connection: X-Mine, close",
        "X-Mine: evil",
        "x_mine: evil",
        "Keep-Alive: evil",
        "TE: trailers",
        "Proxy-Authorization: evil",
        "Proxy-Connection: evil",
        "Trailer: X-Evil",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAAP__",
        "X-End: 1",
    ];
    let answer = ask(gateway.address, &request("GET /", &headers, "")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.head.one("x-end"), "1");
    for name in ["keep-alive", "proxy-authenticate", "x-hop"] {
        assert!(!answer.head.has(name), "{name}");
    }
    let seen = Head(answer.body);
    assert_eq!(seen.one("x-end"), "1");
    assert!(!seen.mentions("evil"), "{seen:?}");
    for name in ["connection", "te", "trailer", "upgrade", "proxy-connection", "keep-alive"] {
        assert!(!seen.has(name), "{name} in {seen:?}");
    }
}

#[tokio::test]
async fn where_it_came_from_is_said_by_the_gateway_alone() {
    let application = Application::echo().await;
    let gateway = Gateway::with(&application, "", PUBLIC).await;
    let headers = [
        "X-Forwarded-For: 6.6.6.6",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: https",
        "Forwarded: for=6.6.6.6",
        "X_Forwarded_For: 6.6.6.6",
        "X-Real-IP: 6.6.6.6",
        "X-Forwarded-Prefix: /evil",
        "Proxy: http://evil.example",
        "X-Original-Host: evil.example",
    ];
    let seen = Head(ask(gateway.address, &request("GET /", &headers, "")).await.body);
    assert_eq!(seen.one("x-forwarded-for"), "127.0.0.1");
    assert_eq!(seen.one("x-forwarded-host"), gateway.address.to_string());
    assert_eq!(seen.one("host"), gateway.address.to_string(), "not what the client has written");
    assert_eq!(seen.one("x-forwarded-proto"), "http");
    assert_eq!(seen.one("via"), "1.1 vestibule");
    assert!(!seen.mentions("evil") && !seen.mentions("6.6.6.6"), "{seen:?}");
}

#[tokio::test]
async fn bodies_are_framed_anew() {
    let application = Application::echo().await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let cookie = ada.cookie();
    let posted = ask(gateway.address, &request("POST /", &[&cookie, "Content_Length: 1"], "five!")).await;
    let (head, body) = posted.body.split_once("\r\n\r\n").unwrap();
    assert_eq!((Head(head.to_owned()).one("content-length"), body), ("5", "five!"));
    assert!(!head.to_lowercase().contains("content_length"));

    let chunked =
        request("PUT /", &[&cookie, "Transfer-Encoding: chunked", "Trailer: X-Vestibule-Roles"], "");
    let chunked = chunked + "5\r\nfive!\r\n0\r\nX-Vestibule-Roles: evil\r\n\r\n";
    let put = ask(gateway.address, &chunked).await;
    assert!(put.status == 200 && put.body.contains("five!") && !put.body.contains("evil"), "{}", put.body);

    // With both, one server reads one request where another reads two.
    let both =
        request("POST /", &[&cookie, "Transfer-Encoding: chunked"], "0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n");
    let answer = ask(gateway.address, &both).await;
    assert!(!answer.body.contains("evil"), "{}", answer.body);

    let head = ask(gateway.address, &request("HEAD /", &[&cookie], "")).await;
    assert!(head.status == 200 && head.head.one("content-length") != "0" && head.body.is_empty());
}

#[tokio::test]
async fn trace_shows_nothing_of_what_is_passed_on() {
    let application = Application::echo().await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    assert_eq!(ask(gateway.address, &request("TRACE /", &[&ada.cookie()], "")).await.status, 405);
    assert_eq!(application.connections(), 0);
}
