//! Where a request came from, as the application is told; what others have written of it is not believed.

use std::net::IpAddr;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{HOST, InvalidHeaderValue, VIA},
};
use ipnet::IpNet;

use super::names::remove;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST_ASKED: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What the gateway is called outside.
#[derive(Clone, Debug)]
pub(super) struct Outside {
    pub(super) origin: String,
    proto: HeaderValue,
    host: HeaderValue,
    trusted: Vec<IpNet>,
}

impl Outside {
    /// `https://app.example.com`, which the builder has checked.
    pub(super) fn new(origin: &str, trusted: Vec<IpNet>) -> Result<Self, InvalidHeaderValue> {
        let origin = origin.trim_end_matches('/').to_owned();
        let (proto, host) = origin.split_once("://").unwrap_or(("https", &origin));
        Ok(Self { proto: HeaderValue::from_str(proto)?, host: HeaderValue::from_str(host)?, trusted, origin })
    }

    /// Says for whom, for which host and over what the request was made. Host and scheme are those of the
    /// configured origin, never learned from a request.
    pub(super) fn say(&self, headers: &mut HeaderMap, peer: Option<IpAddr>) {
        let peer = peer.map(|address| address.to_canonical());
        let before = peer.filter(|peer| self.trusted.iter().any(|network| network.contains(peer)));
        let mut hops: Vec<String> = match before {
            Some(_) => {
                headers.get_all(FOR).iter().filter_map(|line| line.to_str().ok().map(str::to_owned)).collect()
            }
            None => Vec::new(),
        };
        hops.extend(peer.map(|peer| peer.to_string()));
        remove(headers, |name| name.starts_with("x-forwarded-") || BELIEVED.contains(&name));
        if let Ok(hops) = HeaderValue::from_str(&hops.join(", ")) {
            headers.insert(FOR, hops);
        }
        headers.insert(HOST_ASKED, self.host.clone());
        headers.insert(PROTO, self.proto.clone());
        headers.insert(HOST, self.host.clone());
        headers.append(VIA, HeaderValue::from_static("1.1 vestibule"));
    }
}

/// What some applications believe of a request besides: its sender, its path, its host, their own proxy.
const BELIEVED: [&str; 10] = [
    "forwarded",
    "proxy",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-host",
    "x-original-host",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn hops(peer: &str, lines: &[&str]) -> String {
        let outside = Outside::new("https://app.example.com", vec!["10.0.0.0/8".parse().unwrap()]).unwrap();
        let mut headers = lines.iter().map(|line| (FOR, line.parse().unwrap())).collect();
        outside.say(&mut headers, Some(peer.parse().unwrap()));
        assert_eq!((&headers[HOST], &headers[PROTO]), (&outside.host, &outside.proto));
        headers[FOR].to_str().unwrap().to_owned()
    }

    #[test]
    fn only_trusted_proxies_say_for_whom_they_ask() {
        assert_eq!(hops("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(hops("10.0.0.1", &["198.51.100.7", "10.0.0.2"]), "198.51.100.7, 10.0.0.2, 10.0.0.1");
        assert_eq!(hops("::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7, 10.0.0.1");
    }
}
