//! Cookies: found without building a jar, set and cleared one by one.

use http::{HeaderMap, HeaderValue, header::COOKIE};

/// What the four cookies are called. With `__Host-` a browser takes them only over TLS, from this very
/// host, for all paths; no sub-domain can plant one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CookieNames {
    pub(crate) session: &'static str,
    pub(crate) intermediate: &'static str,
    pub(crate) browser: &'static str,
    pub(crate) challenge: &'static str,
    secure: bool,
}

const HOST: CookieNames = CookieNames {
    session: "__Host-vestibule_session",
    intermediate: "__Host-vestibule_intermediate",
    browser: "__Host-vestibule_browser",
    challenge: "__Host-vestibule_challenge",
    secure: true,
};

const DEVELOPMENT: CookieNames = CookieNames {
    session: "vestibule_development_session",
    intermediate: "vestibule_development_intermediate",
    browser: "vestibule_development_browser",
    challenge: "vestibule_development_challenge",
    secure: false,
};

impl CookieNames {
    pub(crate) fn new(development: bool) -> Self {
        if development { DEVELOPMENT } else { HOST }
    }

    /// Sets a cookie that this host alone reads, and no script.
    pub(crate) fn set(self, name: &str, value: &str, seconds: u64) -> Option<HeaderValue> {
        self.header(name, value, seconds)
    }

    /// Clears a cookie, with the attributes that it was set with.
    pub(crate) fn clear(self, name: &str) -> Option<HeaderValue> {
        self.header(name, "", 0)
    }

    fn header(self, name: &str, value: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// The value of the one cookie of this name. Two of them count as none: who of the two is right can't be
/// known, and one was planted.
pub(crate) fn find_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut found = None;
    for header in headers.get_all(COOKIE) {
        let mut rest = Some(header.as_bytes());
        while let Some(pairs) = rest {
            let pair;
            (pair, rest) = first_pair(pairs);
            let Some(value) = pair.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
            else {
                continue;
            };
            if found.replace(value.trim_ascii_end()).is_some() {
                return None;
            }
        }
    }
    found
}

/// The first of the pairs, and what follows its semicolon.
fn first_pair(pairs: &[u8]) -> (&[u8], Option<&[u8]>) {
    let end = memchr::memchr(b';', pairs);
    let (pair, rest) = end.map_or((pairs, None), |end| (&pairs[..end], Some(&pairs[end + 1..])));
    (pair.trim_ascii_start(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(headers: &[&str]) -> Option<String> {
        let map = headers.iter().map(|text| (COOKIE, HeaderValue::from_str(text).unwrap())).collect();
        find_cookie(&map, "a").map(|value| String::from_utf8(value.to_vec()).unwrap())
    }

    #[test]
    fn finds_one_and_only_one() {
        assert_eq!(find(&["a=1"]).as_deref(), Some("1"));
        assert_eq!(find(&["b=2; a=1; c=3"]).as_deref(), Some("1"));
        assert_eq!(find(&["b=2", "c=3;a=1 "]).as_deref(), Some("1"));
        assert_eq!(find(&["a=x=y"]).as_deref(), Some("x=y"));
        for none in [&[][..], &["b=1"], &["aa=1"], &["b=a=1"], &["A=1"], &["a"]] {
            assert_eq!(find(none), None, "{none:?}");
        }
        for twice in [&["a=1; a=1"][..], &["a=1", "a=2"], &["a=1; b=2; a="]] {
            assert_eq!(find(twice), None, "{twice:?}");
        }
    }
}
