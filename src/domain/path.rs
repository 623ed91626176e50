//! Paths that every server reads alike.

use std::fmt;

use percent_encoding::percent_decode_str;

/// A path that every server reads alike, but for its case, its parameters (`;x=1`), and letters beyond ASCII,
/// which some fold or compose.
///
/// Whoever demands something of a path, and leaves it to another server to serve it, does well to take no
/// others: what the two read differently gets around the demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainPath(Vec<String>);

impl PlainPath {
    /// Reads a path such as `/reports/2026`, without its query (RFC 3986 §3.3).
    ///
    /// # Errors
    /// [`AmbiguousPath`] for segments of dots, or that end with a dot or a space, two slashes in a row, encoded
    /// slashes, backslashes, control characters, what is encoded twice, wrongly, or not as UTF-8.
    pub fn parse(path: &str) -> Result<Self, AmbiguousPath> {
        let rest = path.strip_prefix('/').ok_or(AmbiguousPath("it does not begin with a slash"))?;
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AmbiguousPath("it has characters that must be percent-encoded"));
        }
        let mut segments = rest.split('/').peekable();
        let mut names = Vec::new();
        while let Some(segment) = segments.next() {
            if segment.is_empty() && segments.peek().is_some() {
                return Err(AmbiguousPath("it has two slashes in a row"));
            }
            names.push(name(segment)?);
        }
        Ok(Self(names))
    }

    /// What its segments name: decoded, without parameters. The last one is empty where the path ends with a
    /// slash.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// A path that servers are known to read in several ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmbiguousPath(&'static str);

impl AmbiguousPath {
    /// Why, such as `it has two slashes in a row`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for AmbiguousPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this path can be read in several ways: {}", self.0)
    }
}

impl std::error::Error for AmbiguousPath {}

fn name(segment: &str) -> Result<String, AmbiguousPath> {
    if !segment.split('%').skip(1).all(begins_with_hex) {
        return Err(AmbiguousPath("a percent sign in it encodes nothing"));
    }
    let decoded = percent_decode_str(segment).decode_utf8().map_err(|_| AmbiguousPath("it is not UTF-8"))?;
    if decoded.contains(['/', '\\']) {
        return Err(AmbiguousPath("it has a backslash or an encoded slash"));
    }
    if decoded.chars().any(char::is_control) {
        return Err(AmbiguousPath("it has control characters"));
    }
    if decoded.split('%').skip(1).any(begins_with_hex) {
        return Err(AmbiguousPath("it is encoded twice"));
    }
    let name = decoded.split(';').next().unwrap_or_default();
    if matches!(name, "." | "..") || name.is_empty() && !segment.is_empty() {
        return Err(AmbiguousPath("it has a segment of dots, or of parameters alone"));
    }
    // Windows trims both off names of files.
    if [name, &*decoded].iter().any(|read| read.ends_with([' ', '.'])) {
        return Err(AmbiguousPath("a segment ends with a space or a dot"));
    }
    Ok(name.to_owned())
}

fn begins_with_hex(text: &str) -> bool {
    text.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_read_in_several_ways_is_refused() {
        for path in [
            "",
            "*",
            "admin",
            "//admin",
            "/a//admin",
            "/a//",
            "/a/../admin",
            "/..",
            "/.",
            "/a/.",
            "/./admin",
            "/a/%2e%2e/admin",
            "/a/%2E./admin",
            "/a/.%2e",
            "/a/..;/admin",
            "/a/..;x=1/admin",
            "/;/admin",
            "/;x/admin",
            "/a%2fadmin",
            "/a%2Fadmin",
            "/a%5cadmin",
            "/a\\admin",
            "/a%00",
            "/a%0aadmin",
            "/a%7f",
            "/%",
            "/a%2",
            "/a%zz",
            "/%252e%252e/admin",
            "/a%252fadmin",
            "/a%c0%af",
            "/%c0%ae%c0%ae/admin",
            "/%ff",
            "/\u{e4}",
            "/a b",
            "/%c2%85",
            "/admin.",
            "/admin%2e/people",
            "/admin%20",
            "/admin%20/people",
            "/admin.;x",
            "/admin;x.",
            "/...",
            "/%20",
        ] {
            assert!(PlainPath::parse(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn segments_name_what_every_server_reads() {
        for (path, names) in [
            ("/", &[""][..]),
            ("/admin", &["admin"]),
            ("/admin/", &["admin", ""]),
            ("/%61dmin;x=1/a%20b", &["admin", "a b"]),
            ("/Admin/100%25/.a..b", &["Admin", "100%", ".a..b"]),
            ("/%20a%20b", &[" a b"]),
        ] {
            assert_eq!(PlainPath::parse(path).unwrap().names(), names, "{path}");
        }
    }
}
