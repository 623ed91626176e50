//! Requests to other servers: over TLS with Mozilla's roots, or in plaintext to this machine.

use std::{net::IpAddr, str::FromStr, time::Duration};

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use crate::domain::is_host_and_port;

const IDLE: Duration = Duration::from_secs(60);
const CONNECTIONS: usize = 8;

/// Keeps connections for a minute, and follows no redirects.
pub(crate) type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Why a URL is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidUrl {
    /// Not an absolute `http` or `https` URL, one with a user and password in it, or with a port that is none.
    Malformed,
    /// An `http` URL that leads off this machine.
    Plaintext,
}

/// A client for URLs that were [checked].
pub(crate) fn client() -> Result<HttpClient, rustls::Error> {
    let mut http = HttpConnector::new();
    // The scheme is checked by who asks; this would refuse `https`.
    http.enforce_http(false);
    // Named, because rustls panics over its default where other crates bring a second one.
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::aws_lc_rs::default_provider())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(CONNECTIONS)
        .build(https))
}

/// Reads an `https` URL, or an `http` one on this machine.
pub(crate) fn checked(url: &str) -> Result<Uri, InvalidUrl> {
    let url = parsed(url)?;
    let safe = url.scheme_str() == Some("https") || url.host().is_some_and(is_loopback);
    if safe { Ok(url) } else { Err(InvalidUrl::Plaintext) }
}

/// Reads an `https` or `http` URL.
pub(crate) fn parsed(url: &str) -> Result<Uri, InvalidUrl> {
    let url = Uri::from_str(url).map_err(|_| InvalidUrl::Malformed)?;
    let web = matches!(url.scheme_str(), Some("https" | "http"));
    let server = url.authority().is_some_and(|authority| is_host_and_port(authority.as_str()));
    if web && server { Ok(url) } else { Err(InvalidUrl::Malformed) }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
