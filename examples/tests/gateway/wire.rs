//! HTTP as bytes, so that what is sent and what comes back is exactly what stands there.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long anything may take on a busy machine, before a test has failed.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("nothing came for a long time")
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: Head,
    pub(crate) body: String,
}

/// The head of a message.
#[derive(Clone, Debug)]
pub(crate) struct Head(pub(crate) String);

impl Head {
    /// The values of a header, in their order.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let pairs = self.0.lines().skip(1).filter_map(|line| line.split_once(':'));
        pairs.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    /// The one value of a header.
    pub(crate) fn one(&self, name: &str) -> &str {
        match self.all(name)[..] {
            [value] => value,
            _ => panic!("not one {name} in {}", self.0),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        !self.all(name).is_empty()
    }

    /// Whether a text stands anywhere in it, however it is written.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        self.0.to_lowercase().contains(&text.to_lowercase())
    }

    pub(crate) fn request_line(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }
}

/// The text of a request. It ends the connection, so that the answer ends where the connection does.
pub(crate) fn request(line: &str, headers: &[&str], body: &str) -> String {
    let mut text = format!("{line} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text + "\r\n" + body
}

/// Sends a request, and reads all of the answer.
pub(crate) async fn ask(to: SocketAddr, request: &str) -> Answer {
    let mut connection = send(to, request).await;
    answer(&mut connection).await
}

/// Sends something, and leaves the connection open.
pub(crate) async fn send(to: SocketAddr, bytes: &str) -> TcpStream {
    let mut connection = TcpStream::connect(to).await.unwrap();
    connection.write_all(bytes.as_bytes()).await.unwrap();
    connection
}

/// Reads an answer up to the end of the connection.
pub(crate) async fn answer(connection: &mut TcpStream) -> Answer {
    let (head, mut body) = head(connection).await;
    rest(connection, &mut body).await;
    let status = head.0.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no answer but {head:?}"));
    Answer { status, head, body: String::from_utf8_lossy(&body).into_owned() }
}

/// Reads up to the end of a head, and what has come of the body.
pub(crate) async fn head(connection: &mut TcpStream) -> (Head, Vec<u8>) {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let body = read.split_off(end + 4);
            return (Head(String::from_utf8_lossy(&read).into_owned()), body);
        }
        if in_time(connection.read_buf(&mut read)).await.unwrap_or(0) == 0 {
            return (Head(String::from_utf8_lossy(&read).into_owned()), Vec::new());
        }
    }
}

/// Reads until this text has come.
pub(crate) async fn until(connection: &mut TcpStream, read: &mut Vec<u8>, text: &str) {
    while !String::from_utf8_lossy(read).contains(text) {
        assert_ne!(in_time(connection.read_buf(read)).await.unwrap(), 0, "it ended before {text}");
    }
}

/// Reads to the end of the connection, however it ends.
pub(crate) async fn rest(connection: &mut TcpStream, read: &mut Vec<u8>) {
    while in_time(connection.read_buf(read)).await.is_ok_and(|length| length > 0) {}
}
