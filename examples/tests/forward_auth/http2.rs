//! A client that speaks HTTP/2 from the first byte, as browsers do once TLS has been agreed on.

use std::net::SocketAddr;

use http::{HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::wire::in_time;

/// The status and the body of what is answered. Names of headers are in lower case here (RFC 9113 §8.2.1).
pub(crate) async fn ask(to: SocketAddr, path: &str, headers: &[&str]) -> (u16, String) {
    let stream = TcpStream::connect(to).await.unwrap();
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::get(format!("http://{to}{path}")).body(Empty::<Bytes>::new()).unwrap();
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
    }
    let answer = in_time(client.send_request(request)).await.unwrap();
    let status = answer.status().as_u16();
    let body = in_time(answer.into_body().collect()).await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}
