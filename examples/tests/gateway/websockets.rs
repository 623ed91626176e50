//! WebSockets, as bytes: what is said passes both ways, and nothing else is a tunnel.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    application::Application,
    person::Person,
    process::Gateway,
    wire::{Head, head, in_time, rest, send},
};

fn opening(headers: &[&str]) -> String {
    let mut text =
        "GET /socket HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n".to_owned();
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text + "\r\n"
}

const UPGRADE: [&str; 3] =
    ["Connection: keep-alive, Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Version: 13"];

async fn open(gateway: &Gateway, headers: &[&str]) -> (TcpStream, Head) {
    let mut connection = send(gateway.address, &opening(headers)).await;
    let (head, _) = head(&mut connection).await;
    (connection, head)
}

fn status(head: &Head) -> &str {
    head.request_line().split(' ').nth(1).unwrap_or_default()
}

async fn echoes(connection: &mut TcpStream) {
    let every: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    let (mut read, mut write) = connection.split();
    let mut back = vec![0; every.len()];
    let (sent, received) = tokio::join!(write.write_all(&every), in_time(read.read_exact(&mut back)));
    sent.unwrap();
    received.unwrap();
    assert!(back == every);
}

#[tokio::test]
async fn one_passes_until_its_session_ends() {
    let application = Application::websocket().await;
    let mut gateway = Gateway::before(&application).await;
    let mut ada = Person::founding(&mut gateway, "acme").await;
    let (cookie, origin) = (ada.cookie(), format!("Origin: {}", gateway.origin()));
    let headers = [&UPGRADE[..], &[&cookie, &origin]].concat();
    let (mut connection, head) = open(&gateway, &headers).await;
    assert_eq!(status(&head), "101");
    assert_eq!((head.one("upgrade"), head.one("sec-websocket-accept")), ("websocket", "x"));
    assert!(!head.mentions("evil"));
    echoes(&mut connection).await;
    ada.sign_out(&gateway).await;
    rest(&mut connection, &mut Vec::new()).await;
}

#[tokio::test]
async fn one_that_is_silent_for_too_long_is_closed() {
    let application = Application::websocket().await;
    let mut gateway = Gateway::with(&application, "websocket_idle_timeout = '300ms'", "").await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let cookie = ada.cookie();
    let (mut connection, head) = open(&gateway, &[&UPGRADE[..], &[&cookie]].concat()).await;
    assert_eq!(status(&head), "101");
    rest(&mut connection, &mut Vec::new()).await;
}

#[tokio::test]
async fn one_whose_client_takes_nothing_is_closed() {
    let application = Application::websocket().await;
    let mut gateway = Gateway::with(&application, "idle_timeout = '300ms'", "").await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let cookie = ada.cookie();
    let (mut connection, head) = open(&gateway, &[&UPGRADE[..], &[&cookie]].concat()).await;
    assert_eq!(status(&head), "101");
    while in_time(connection.write_all(&[b'x'; 64 * 1024])).await.is_ok() {}
}

#[tokio::test]
async fn neither_strangers_nor_other_sites_open_one() {
    let application = Application::websocket().await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    assert_eq!(status(&open(&gateway, &UPGRADE).await.1), "401");
    let cookie = ada.cookie();
    for origin in ["https://evil.example", "null", "http://127.0.0.1", ""] {
        let origin = format!("Origin: {origin}");
        let headers = [&UPGRADE[..], &[&cookie, &origin]].concat();
        assert_eq!(status(&open(&gateway, &headers).await.1), "403", "{origin}");
    }
    assert_eq!(application.connections(), 0);
}

#[tokio::test]
async fn no_other_upgrade_passes() {
    let application = Application::websocket().await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let cookie = ada.cookie();
    for headers in [
        ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
        ["Connection: Upgrade", "Upgrade: websocket, h2c", "Sec-WebSocket-Version: 13"],
        ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 1337"],
        ["Connection: close", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
        ["Connection: Upgrade", "Upgrade: websocket\r\nUpgrade: h2c", "Sec-WebSocket-Version: 13"],
    ] {
        let headers = [&headers[..], &[&cookie]].concat();
        assert_eq!(status(&open(&gateway, &headers).await.1), "200", "{headers:?}");
    }
}
