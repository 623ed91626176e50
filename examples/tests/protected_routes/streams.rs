//! A WebSocket and a stream of events outlive the request that opened them, but not its session.

use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use hyper::{Method, Response, StatusCode, body::Incoming, header::ORIGIN};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

use crate::common::{Client, Example, Person, soon};

async fn socket(
    example: &Example,
    client: &Client,
    origin: &str,
) -> Result<WebSocketStream<TcpStream>, Error> {
    let mut request = format!("ws://{}/account/socket", example.address()).into_client_request().unwrap();
    request.headers_mut().insert("cookie", client.cookie_header().parse().unwrap());
    request.headers_mut().insert(ORIGIN, origin.parse().unwrap());
    let stream = TcpStream::connect(example.address()).await.unwrap();
    client_async(request, stream).await.map(|(socket, _)| socket)
}

/// The status that a handshake was refused with.
fn refused(handshake: Result<WebSocketStream<TcpStream>, Error>) -> StatusCode {
    match handshake {
        Err(Error::Http(response)) => response.status(),
        other => panic!("{other:?}"),
    }
}

async fn said(socket: &mut WebSocketStream<TcpStream>) -> Message {
    soon("a message", socket.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_socket_closes_when_its_session_is_revoked() {
    let example = Example::start("protected_routes");
    let mut ada = Person::sign_in(&example, "ada").await;
    let bob = Person::sign_in(&example, "bob").await;
    let mut hers = socket(&example, &ada.client, example.origin()).await.unwrap();
    let mut his = socket(&example, &bob.client, example.origin()).await.unwrap();
    for socket in [&mut hers, &mut his] {
        socket.send("hello".into()).await.unwrap();
        assert_eq!(said(socket).await, Message::text("hello"));
    }

    ada.sign_out().await;
    let Message::Close(Some(frame)) = said(&mut hers).await else { panic!("it is still open") };
    assert_eq!((frame.code, frame.reason.as_str()), (CloseCode::Policy, "the session has ended"));
    assert!(soon("the end", hers.next()).await.is_none_or(|ended| ended.is_err()));

    his.send("still here".into()).await.unwrap();
    assert_eq!(said(&mut his).await, Message::text("still here"));
}

#[tokio::test]
async fn a_socket_is_not_opened_for_strangers_nor_from_other_sites() {
    let example = Example::start("protected_routes");
    let stranger = Client::of(&example);
    assert_eq!(refused(socket(&example, &stranger, example.origin()).await), StatusCode::UNAUTHORIZED);
    let mut ada = Person::sign_in(&example, "ada").await;
    let from_elsewhere = socket(&example, &ada.client, "https://evil.example").await;
    assert_eq!(refused(from_elsewhere), StatusCode::FORBIDDEN);
    let cookies = ada.client.clone();
    ada.sign_out().await;
    assert_eq!(refused(socket(&example, &cookies, example.origin()).await), StatusCode::UNAUTHORIZED);
}

async fn events(person: &mut Person) -> Response<Incoming> {
    let events = person.client.open(Method::GET, "/account/events", "", String::new()).await;
    assert_eq!(events.status(), StatusCode::OK);
    events
}

/// The next event; nothing at the end.
async fn event(events: &mut Response<Incoming>) -> Option<String> {
    let frame = soon("an event, or the end", events.frame()).await?;
    Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn a_stream_of_events_ends_when_its_session_is_revoked() {
    let example = Example::start("protected_routes");
    let (mut ada, mut bob) = (Person::sign_in(&example, "ada").await, Person::sign_in(&example, "bob").await);
    let (mut hers, mut his) = (events(&mut ada).await, events(&mut bob).await);
    assert_eq!(event(&mut hers).await.as_deref(), Some("data: tick\n\n"));
    ada.sign_out().await;
    // One may have been on its way.
    let ended = async { while event(&mut hers).await.is_some() {} };
    soon("the end of her stream", ended).await;
    for _ in 0..2 {
        assert_eq!(event(&mut his).await.as_deref(), Some("data: tick\n\n"));
    }
}
