//! Applications behind the gateway, each as good or bad as a test needs it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::wire::{Head, head, rest, until};

/// An application that listens, until the test is over.
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Application {
    /// Serves each connection like this.
    pub(crate) async fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { address, connections }
    }

    /// Answers with what it was sent, head and body, as text.
    pub(crate) async fn echo() -> Self {
        Self::echo_with("").await
    }

    /// The same, with more headers in its answers.
    pub(crate) async fn echo_with(headers: &'static str) -> Self {
        Self::start(move |mut stream: TcpStream| async move {
            let (head, body) = message(&mut stream).await;
            let text = format!("{}{body}", head.0);
            let length = if head.request_line().starts_with("HEAD") { 0 } else { text.len() };
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{}",
                text.len(),
                &text[..length]
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        })
        .await
    }

    /// Answers always this, whatever it is, and goes on with nothing.
    pub(crate) async fn saying(bytes: &'static str) -> Self {
        Self::start(move |mut stream: TcpStream| async move {
            message(&mut stream).await;
            let _ = stream.write_all(bytes.as_bytes()).await;
        })
        .await
    }

    /// Says this, and keeps the connection open for as long as the gateway does.
    pub(crate) async fn hanging_after(bytes: &'static str) -> Self {
        Self::start(move |mut stream: TcpStream| async move {
            message(&mut stream).await;
            let _ = stream.write_all(bytes.as_bytes()).await;
            rest(&mut stream, &mut Vec::new()).await;
        })
        .await
    }

    /// Agrees to a WebSocket, and says back what it is told.
    pub(crate) async fn websocket() -> Self {
        Self::start(|mut stream: TcpStream| async move {
            let (head, _) = head(&mut stream).await;
            let answer = if head.has("upgrade") {
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Accept: x\r\nSet-Cookie: vestibule_development_session=evil\r\n\r\n"
            } else {
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nno upgrade"
            };
            let _ = stream.write_all(answer.as_bytes()).await;
            let (mut read, mut write) = stream.split();
            let _ = tokio::io::copy(&mut read, &mut write).await;
        })
        .await
    }

    /// Where nobody listens.
    pub(crate) async fn down() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { address: listener.local_addr().unwrap(), connections: Arc::default() }
    }

    /// How often the gateway has come here.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A request as it came: its head and its body, in whatever framing.
pub(crate) async fn message(stream: &mut TcpStream) -> (Head, String) {
    let (head, mut body) = head(stream).await;
    if head.has("transfer-encoding") {
        until(stream, &mut body, "0\r\n\r\n").await;
    } else if let [length] = head.all("content-length")[..] {
        let length = length.parse().unwrap();
        while body.len() < length && stream.read_buf(&mut body).await.is_ok_and(|read| read > 0) {}
    }
    (head, String::from_utf8_lossy(&body).into_owned())
}
