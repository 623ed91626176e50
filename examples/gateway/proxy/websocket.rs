//! WebSockets (RFC 6455): the one upgrade that is passed on.
//!
//! Any other, such as `h2c`, would open a tunnel that the rules do not see into.

use std::{io, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version,
    header::{CONNECTION, ORIGIN, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};

use super::{body::Ending, progress::Progress};

/// Whether a WebSocket is asked for.
pub(super) fn is_asked<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && has_token(headers, &CONNECTION, "upgrade")
        && is_only(headers, &UPGRADE, "websocket")
        && is_only(headers, &SEC_WEBSOCKET_VERSION, "13")
}

/// Whether a page of another site asks. Programs say nothing of where they are from.
pub(super) fn is_of_other_site(headers: &HeaderMap, origin: &str) -> bool {
    headers.get_all(ORIGIN).iter().any(|value| value != origin)
}

/// Whether the application has agreed.
pub(super) fn is_agreed<B>(response: &Response<B>) -> bool {
    is_only(response.headers(), &UPGRADE, "websocket")
}

/// Says on this hop what was said on the other.
pub(super) fn say(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter();
    values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|value| value.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

fn is_only(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    let mut values = headers.get_all(name).iter();
    let first = values.next().is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(wanted.as_bytes()));
    first && values.next().is_none()
}

/// Carries what either side says to the other, until one of them stops, both are silent for too long, or
/// the session ends.
pub(super) fn connect(client: OnUpgrade, application: OnUpgrade, idle: Duration, ending: Ending) {
    tokio::spawn(async move {
        let Ok((client, application)) = tokio::try_join!(client, application) else { return };
        let (from_client, to_client) = split(TokioIo::new(client));
        let (from_application, to_application) = split(TokioIo::new(application));
        let progress = Progress::new();
        let both = async {
            tokio::try_join!(
                carry(from_client, to_application, &progress),
                carry(from_application, to_client, &progress),
            )
        };
        tokio::select! {
            _ = both => {}
            () = progress.stalled(idle) => {}
            () = ending => {}
        }
    });
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    progress: &Progress,
) -> io::Result<()> {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..length]).await?;
        progress.touch();
    }
}
