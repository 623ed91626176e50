//! How a path is read, so that nobody gets around a rule by spelling it differently.
//!
//! A rule that demands something is held against the broadest reading of a path that a server could make:
//! decoded, without parameters, in lower case. A rule that opens something is held against its very
//! spelling. What servers are known to read in several ways is not passed on at all.

use percent_encoding::percent_decode_str;

/// A path that every server reads alike, but for its case and its parameters.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    exact: &'a str,
    broad: String,
}

/// Why a path is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ambiguous(pub(crate) &'static str);

impl<'a> Reading<'a> {
    pub(crate) fn of(path: &'a str) -> Result<Self, Ambiguous> {
        let rest = path.strip_prefix('/').ok_or(Ambiguous("it does not begin with a slash"))?;
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Ambiguous("it has characters that must be percent-encoded"));
        }
        let mut broad = String::with_capacity(path.len());
        let mut segments = rest.split('/').peekable();
        while let Some(segment) = segments.next() {
            if segment.is_empty() && segments.peek().is_some() {
                return Err(Ambiguous("it has two slashes in a row"));
            }
            broad.push('/');
            broad.push_str(&name(segment)?);
        }
        Ok(Self { exact: path, broad })
    }

    /// Whether a rule that demands something is about this path.
    pub(crate) fn could_lie_below(&self, prefix: &str) -> bool {
        // `/admin.json` is `/admin` to frameworks that read a format there.
        prefix == "/"
            || self
                .broad
                .strip_prefix(&prefix.to_ascii_lowercase())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
    }

    /// Whether a rule that opens something is about this path.
    pub(crate) fn lies_below(&self, prefix: &str) -> bool {
        prefix == "/"
            || self.exact.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// What a segment names: decoded, without parameters, in lower case.
fn name(segment: &str) -> Result<String, Ambiguous> {
    if !is_encoded_well(segment) {
        return Err(Ambiguous("a percent sign in it encodes nothing"));
    }
    let decoded = percent_decode_str(segment).decode_utf8().map_err(|_| Ambiguous("it is not UTF-8"))?;
    if decoded.contains(['/', '\\']) {
        return Err(Ambiguous("it has a backslash or an encoded slash"));
    }
    if decoded.chars().any(char::is_control) {
        return Err(Ambiguous("it has control characters"));
    }
    if decoded.contains('%') && has_escape(&decoded) {
        return Err(Ambiguous("it is encoded twice"));
    }
    let name = decoded.split(';').next().unwrap_or_default();
    if matches!(name, "." | "..") || name.is_empty() && !segment.is_empty() {
        return Err(Ambiguous("it has a segment of dots, or of parameters alone"));
    }
    Ok(name.to_lowercase())
}

fn is_encoded_well(segment: &str) -> bool {
    segment.split('%').skip(1).all(begins_with_hex)
}

fn has_escape(decoded: &str) -> bool {
    decoded.split('%').skip(1).any(begins_with_hex)
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
        ] {
            assert!(Reading::of(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn a_demand_holds_for_every_spelling() {
        for path in [
            "/admin",
            "/admin/",
            "/admin/users",
            "/ADMIN",
            "/Admin/Users",
            "/%61dmin",
            "/%41DMIN/x",
            "/admin;x",
            "/admin;x=1/users",
            "/admin%3bx/users",
            "/admin.json",
            "/admin;a;b",
            "/a\u{64}min",
        ] {
            assert!(Reading::of(path).unwrap().could_lie_below("/admin"), "{path}");
            assert!(Reading::of(path).unwrap().could_lie_below("/"), "{path}");
        }
        for path in ["/", "/administrator", "/admin-tools", "/a/admin", "/admi"] {
            assert!(!Reading::of(path).unwrap().could_lie_below("/admin"), "{path}");
        }
        assert!(Reading::of("/Admin;x/USERS").unwrap().could_lie_below("/admin/users"));
        assert!(Reading::of("/admin/users").unwrap().could_lie_below("/Admin"));
    }

    #[test]
    fn an_opening_holds_for_one_spelling() {
        for path in ["/assets", "/assets/", "/assets/a%20b;v=1", "/assets/A/b.css", "/assets/100%25"] {
            assert!(Reading::of(path).unwrap().lies_below("/assets"), "{path}");
        }
        for path in ["/", "/Assets", "/%61ssets", "/assets;x", "/assets.json", "/assetsx", "/x/assets"] {
            assert!(!Reading::of(path).unwrap().lies_below("/assets"), "{path}");
        }
    }
}
