//! The application behind the proxy: it shows what it gets, who is signed in among it.

use axum::{
    Router,
    body::Bytes,
    extract::{
        WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, Method, Uri},
    response::Response,
    routing::any,
};

pub(crate) fn router() -> Router {
    Router::new().route("/socket", any(socket)).fallback(show)
}

async fn show(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> String {
    let mut text = format!("{method} {uri}\n");
    for (name, value) in &headers {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text + "\n" + &String::from_utf8_lossy(&body)
}

async fn socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(echo)
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
            break;
        }
    }
}
