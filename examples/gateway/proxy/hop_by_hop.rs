//! What is between two neighbours, and goes no further (RFC 9110 §7.6.1).

use http::{HeaderMap, header::CONNECTION};

use super::names::{folded, remove};

const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Removes the headers of this hop, and those that `Connection` names.
pub(super) fn strip(headers: &mut HeaderMap) {
    let connection = headers.get_all(CONNECTION);
    let names = connection.iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let named: Vec<String> = names.map(|name| folded(name.trim_ascii())).collect();
    remove(headers, |name| HOP_BY_HOP.contains(&name) || named.iter().any(|named| named == name));
}
