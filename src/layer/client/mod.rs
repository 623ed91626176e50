//! The caller's address: the peer's, unless a trusted proxy says otherwise.

mod forwarded;

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderMap, header::USER_AGENT};

use crate::flow::{Caller, Engine};

/// The address of the connection's other end, to be put into a request's extensions by a server that is
/// not axum's; with axum, serve `into_make_service_with_connect_info::<SocketAddr>()` instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let ours = extensions.get::<PeerAddress>().map(|peer| peer.0.ip());
    #[cfg(feature = "axum")]
    let ours = ours.or_else(|| {
        extensions.get::<axum::extract::ConnectInfo<SocketAddr>>().map(|connection| connection.0.ip())
    });
    ours
}

/// The address that a request comes from: the peer's or, behind trusted proxies, the one that they say.
pub(crate) fn client_address(
    engine: &Engine,
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Option<IpAddr> {
    let peer = peer(extensions)?;
    Some(forwarded::client(peer, headers, &engine.settings.trusted_proxies))
}

/// Whether a request comes from a trusted proxy, so that what it says of another request may be believed.
pub(super) fn is_trusted_proxy(engine: &Engine, extensions: &Extensions) -> bool {
    peer(extensions).is_some_and(|peer| forwarded::trusts(&engine.settings.trusted_proxies, peer))
}

/// The caller of a request, at the time that the edge reads now.
pub(crate) fn caller(engine: &Engine, extensions: &Extensions, headers: &HeaderMap) -> Caller {
    let caller = Caller::at(engine.clock.now());
    let caller = match headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()) {
        Some(agent) => caller.user_agent(agent),
        None => caller,
    };
    match client_address(engine, extensions, headers) {
        Some(address) => caller.from_address(address),
        None => {
            say_once();
            caller
        }
    }
}

fn say_once() {
    static SAID: std::sync::Once = std::sync::Once::new();
    SAID.call_once(|| {
        tracing::warn!(
            "the addresses of clients are not known, so limits per client are off; serve with connect info \
             (axum) or put `PeerAddress` into the requests' extensions"
        );
    });
}
