//! Bodies pass as they come, in both directions, and are not kept.

use std::sync::Arc;

use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{Notify, mpsc},
};

use crate::{
    application::Application,
    person::Person,
    process::Gateway,
    wire::{answer, head, in_time, request, rest, send, until},
};

const FIRST: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
const SECOND: &str = "6\r\nsecond\r\n0\r\n\r\n";

/// One that says the first half of its answer, and the second when it is told to.
async fn in_two_halves(go_on: Arc<Notify>) -> Application {
    Application::start(move |mut stream: TcpStream| {
        let go_on = Arc::clone(&go_on);
        async move {
            head(&mut stream).await;
            stream.write_all(FIRST.as_bytes()).await.unwrap();
            go_on.notified().await;
            let _ = stream.write_all(SECOND.as_bytes()).await;
        }
    })
    .await
}

/// A member's request whose answer has begun to come, and what has come of it.
async fn begun(gateway: &Gateway, person: &Person) -> (TcpStream, Vec<u8>) {
    let mut connection = send(gateway.address, &request("GET /events", &[&person.cookie()], "")).await;
    let (_, mut body) = head(&mut connection).await;
    until(&mut connection, &mut body, "first").await;
    (connection, body)
}

#[tokio::test]
async fn an_answer_passes_as_it_comes() {
    let go_on = Arc::new(Notify::new());
    let application = in_two_halves(Arc::clone(&go_on)).await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let (mut connection, mut body) = begun(&gateway, &ada).await;
    go_on.notify_one();
    until(&mut connection, &mut body, "second").await;
    rest(&mut connection, &mut body).await;
    assert!(String::from_utf8_lossy(&body).ends_with("0\r\n\r\n"));
}

#[tokio::test]
async fn an_answer_to_somebody_ends_with_their_session() {
    let application = in_two_halves(Arc::new(Notify::new())).await;
    let mut gateway = Gateway::before(&application).await;
    let mut ada = Person::founding(&mut gateway, "acme").await;
    let (mut connection, mut body) = begun(&gateway, &ada).await;
    ada.sign_out(&gateway).await;
    rest(&mut connection, &mut body).await;
    let body = String::from_utf8_lossy(&body);
    assert!(!body.contains("second") && !body.ends_with("0\r\n\r\n"), "{body}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_under_way_is_finished_before_the_gateway_stops() {
    let go_on = Arc::new(Notify::new());
    let application = in_two_halves(Arc::clone(&go_on)).await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let (mut connection, mut body) = begun(&gateway, &ada).await;
    gateway.terminate().await;
    go_on.notify_one();
    rest(&mut connection, &mut body).await;
    assert!(String::from_utf8_lossy(&body).ends_with(SECOND));
    assert!(gateway.ends_well().await);
}

#[tokio::test]
async fn an_upload_passes_as_it_comes() {
    let (came, mut coming) = mpsc::unbounded_channel();
    let application = Application::start(move |mut stream: TcpStream| {
        let came = came.clone();
        async move {
            let (_, mut body) = head(&mut stream).await;
            until(&mut stream, &mut body, "first").await;
            came.send(()).unwrap();
            until(&mut stream, &mut body, "second").await;
            until(&mut stream, &mut body, "0\r\n\r\n").await;
            let text = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(text.as_bytes()).await.unwrap();
        }
    })
    .await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let text = request("POST /upload", &[&ada.cookie(), "Transfer-Encoding: chunked"], "");
    let mut connection = send(gateway.address, &text).await;
    connection.write_all(b"5\r\nfirst\r\n").await.unwrap();
    in_time(coming.recv()).await.unwrap();
    connection.write_all(SECOND.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut connection).await.status, 201);
}

#[tokio::test]
async fn an_upload_begins_when_its_sender_is_let_in() {
    let application = Application::echo().await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let text = request("POST /upload", &[&ada.cookie(), "Content-Length: 5", "Expect: 100-continue"], "");
    let mut connection = send(gateway.address, &text).await;
    let (interim, _) = head(&mut connection).await;
    assert!(interim.request_line().starts_with("HTTP/1.1 100"), "{interim:?}");
    connection.write_all(b"five!").await.unwrap();
    let got = answer(&mut connection).await;
    assert!(got.status == 200 && got.body.ends_with("five!"), "{}", got.body);
}
