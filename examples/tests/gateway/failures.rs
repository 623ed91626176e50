//! An application that fails, hangs or talks nonsense: the client is told, and never waits for ever.

use std::time::Duration;

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::sleep,
};

use crate::{
    application::{Application, message},
    person::Person,
    process::Gateway,
    wire::{answer, ask, head, in_time, request, send},
};

const PUBLIC: &str = "[[routes]]\nprefix = '/'\npublic = true";

async fn status_before(application: &Application) -> u16 {
    status_with(application, "").await
}

async fn status_with(application: &Application, upstream: &str) -> u16 {
    let gateway = Gateway::with(application, upstream, PUBLIC).await;
    let got = ask(gateway.address, &request("GET /", &[], "")).await;
    assert_eq!(got.head.one("cache-control"), "no-store");
    assert!(!got.body.contains(&application.address.to_string()), "{}", got.body);
    // And it goes on serving.
    assert_eq!(ask(gateway.address, &request("GET /auth/jwks.json", &[], "")).await.status, 200);
    got.status
}

#[tokio::test]
async fn one_that_is_down_is_502() {
    assert_eq!(status_before(&Application::down().await).await, 502);
}

#[tokio::test]
async fn one_that_closes_is_502() {
    assert_eq!(status_before(&Application::start(|_| async {}).await).await, 502);
    assert_eq!(status_before(&Application::saying("").await).await, 502);
    assert_eq!(status_before(&Application::saying("HTTP/1.1 200 OK\r\nContent-").await).await, 502);
}

#[tokio::test]
async fn one_that_talks_nonsense_is_502() {
    for nonsense in [
        "hello\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nbroken header\r\n\r\n",
        // Nobody has asked for these.
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    ] {
        assert_eq!(status_before(&Application::saying(nonsense).await).await, 502, "{nonsense:?}");
    }
}

#[tokio::test]
async fn one_that_hangs_is_504() {
    for said in ["", "HTTP/1.1 200 OK\r\nX-", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let application = Application::hanging_after(said).await;
        assert_eq!(status_with(&application, "timeout = '300ms'").await, 504, "{said:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_never_finished_is_cut_off() {
    for (half, rest) in [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "0\r\n\r\n"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf", "rest"),
    ] {
        for application in [Application::saying(half).await, Application::hanging_after(half).await] {
            let gateway = Gateway::with(&application, "idle_timeout = '300ms'", PUBLIC).await;
            let got = ask(gateway.address, &request("GET /", &[], "")).await;
            assert_eq!(got.status, 200);
            assert!(got.body.contains("half") && !got.body.ends_with(rest), "it looks whole: {}", got.body);
        }
    }
}

#[tokio::test]
async fn a_client_that_stops_in_the_middle_is_408() {
    let application = Application::echo().await;
    let gateway = Gateway::with(&application, "idle_timeout = '300ms'", PUBLIC).await;
    for (path, status) in [("/", 408), ("/auth/sign-in", 400)] {
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n");
        let mut connection = send(gateway.address, &(head + "half")).await;
        assert_eq!(answer(&mut connection).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_client_that_goes_away_is_not_waited_for() {
    let (came, mut coming) = mpsc::unbounded_channel();
    let application = Application::start(move |mut stream: TcpStream| {
        let came = came.clone();
        async move {
            message(&mut stream).await;
            came.send("asked").unwrap();
            let end = stream.read(&mut [0; 1]).await;
            assert!(end.is_err() || end.is_ok_and(|length| length == 0));
            came.send("let go").unwrap();
        }
    })
    .await;
    let gateway = Gateway::with(&application, "", PUBLIC).await;
    let connection = send(gateway.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(in_time(coming.recv()).await, Some("asked"));
    drop(connection);
    assert_eq!(in_time(coming.recv()).await, Some("let go"));
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_not_waited_for() {
    let (came, mut coming) = mpsc::unbounded_channel();
    let application = Application::start(move |mut stream: TcpStream| {
        let came = came.clone();
        async move {
            message(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b'x'; 64 * 1024]).await.is_ok() {}
            came.send("let go").unwrap();
        }
    })
    .await;
    let gateway = Gateway::with(&application, "idle_timeout = '300ms'", PUBLIC).await;
    let mut connection = send(gateway.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(head(&mut connection).await.0.request_line().starts_with("HTTP/1.1 200"));
    assert_eq!(in_time(coming.recv()).await, Some("let go"));
}

#[tokio::test]
async fn a_client_that_takes_little_at_a_time_gets_all() {
    const PIECE: usize = 1024 * 1024;
    const PIECES: usize = 60;
    let application = Application::start(|mut stream: TcpStream| async move {
        message(&mut stream).await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", PIECES * PIECE);
        stream.write_all(head.as_bytes()).await.unwrap();
        let _ = stream.write_all(&vec![b'x'; PIECES * PIECE]).await;
    })
    .await;
    let gateway = Gateway::with(&application, "idle_timeout = '2s'", PUBLIC).await;
    let mut connection = send(gateway.address, &request("GET /", &[], "")).await;
    let (_, begun) = head(&mut connection).await;
    let mut rest = vec![0; PIECES * PIECE - begun.len()];
    // All of it takes longer than a pause may be.
    for piece in rest.chunks_mut(PIECE) {
        sleep(Duration::from_millis(50)).await;
        in_time(connection.read_exact(piece)).await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn whoever_can_not_be_told_is_not_told_as_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (store, keys) = (folder.path().join("vestibule.db"), folder.path().join("master.keys"));
    std::fs::write(&keys, "first:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let application = Application::echo().await;
    let durable = format!(
        "{PUBLIC}\n[store]\npath = '{}'\n[master_keys]\nfile = '{}'",
        store.display(),
        keys.display()
    );
    let mut gateway = Gateway::with(&application, "", &durable).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    gateway.terminate().await;
    assert!(gateway.ends_well().await);

    // Another one has to ask the store who she is.
    let gateway = Gateway::with(&application, "", &durable).await;
    let spoils = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&store)).await.unwrap();
    sqlx::raw_sql("ALTER TABLE sessions RENAME TO lost").execute(&spoils).await.unwrap();
    let bearer = format!("Authorization: Bearer {}", ada.token());
    for shown in [&*ada.cookie(), &bearer] {
        let refused = ask(gateway.address, &request("GET /", &[shown], "")).await;
        assert_eq!((refused.status, refused.head.one("cache-control")), (503, "no-store"));
    }
    assert_eq!(application.connections(), 0);
    let others = ["Cookie: theme=dark", "Authorization: Basic YTpi"];
    for shown in [&[][..], &others] {
        assert_eq!(ask(gateway.address, &request("GET /", shown, "")).await.status, 200);
    }

    sqlx::raw_sql("ALTER TABLE lost RENAME TO sessions").execute(&spoils).await.unwrap();
    let answer = ask(gateway.address, &request("GET /", &[&bearer], "")).await;
    assert!(answer.status == 200 && answer.body.contains(&ada.member_id), "{}", answer.body);
}
