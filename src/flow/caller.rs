//! Who calls: what every step is told about the request behind it.

use std::{fmt, net::IpAddr};

use crate::domain::{Digest, Timestamp};

/// The request behind a step, as the edge saw it.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) now: Timestamp,
    pub(crate) client: Option<ClientNetwork>,
    pub(crate) address: String,
    pub(crate) user_agent: String,
    pub(crate) browser: Option<Digest>,
    /// A server that calls with the project's secret, for people whose addresses are not known here.
    pub(crate) server: bool,
}

impl Caller {
    /// A caller of whom nothing is known but the time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            client: None,
            address: String::new(),
            user_agent: String::new(),
            browser: None,
            server: false,
        }
    }

    /// A server that has shown the project's secret.
    #[cfg(feature = "wire-api")]
    pub(crate) fn server(now: Timestamp) -> Self {
        Self { server: true, ..Self::at(now) }
    }

    /// Its address. Limits count the network it belongs to.
    #[must_use]
    pub fn from_address(mut self, address: IpAddr) -> Self {
        self.client = Some(ClientNetwork::of(address));
        self.address = address.to_canonical().to_string();
        self
    }

    /// What it calls itself, cut to 256 characters.
    #[must_use]
    pub fn user_agent(mut self, user_agent: &str) -> Self {
        self.user_agent = user_agent.chars().filter(|c| !c.is_control()).take(256).collect();
        self
    }

    pub(crate) fn in_browser(mut self, browser: Digest) -> Self {
        self.browser = Some(browser);
        self
    }
}

/// The network that a limit counts: an IPv4 address, or the /64 that one subscriber has of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientNetwork(IpAddr);

impl ClientNetwork {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self(IpAddr::V6((address.to_bits() >> 64 << 64).into())),
            v4 => Self(v4),
        }
    }
}

impl fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_network() {
        let of = |text: &str| ClientNetwork::of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
