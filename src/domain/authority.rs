/// Whether this is a host, perhaps with a port from 1 to 65535 (RFC 3986 §3.2.2, §3.2.3), and nobody's name
/// before it.
///
/// Where a port can't be read, others take the one that is usual, and ask a server that nobody has named.
pub(crate) fn is_host_and_port(text: &str) -> bool {
    let end = if text.starts_with('[') {
        text.find(']').map_or(0, |end| end + 1)
    } else {
        text.find(':').unwrap_or(text.len())
    };
    let (host, port) = text.split_at(end);
    let port_is_right = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.parse().is_ok_and(|number: u16| number > 0)
        });
    !host.is_empty() && !host.contains('@') && port_is_right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_number() {
        for right in ["app", "app.example.com:443", "127.0.0.1:1", "[::1]", "[::1]:65535"] {
            assert!(is_host_and_port(right), "{right}");
        }
        for wrong in [
            "",
            ":80",
            "app:",
            "app:0",
            "app:65536",
            "app:99999",
            "app:90o0",
            "app:+80",
            "app:80:80",
            "::1",
            "[::1",
            "[::1]80",
            "[::1]:x",
            "user@app",
            "user:80@app",
        ] {
            assert!(!is_host_and_port(wrong), "{wrong}");
        }
    }
}
