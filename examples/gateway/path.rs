//! How a path is read, so that nobody gets around a rule by spelling it differently.
//!
//! A rule that demands something is held against the broadest reading of a path that a server could make:
//! decoded, without parameters, in lower case. A rule that opens something is held against its very
//! spelling. What servers are known to read in several ways is not passed on at all.

use vestibule::domain::PlainPath;

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
        let plain = PlainPath::parse(path).map_err(|ambiguous| Ambiguous(ambiguous.reason()))?;
        Ok(Self { exact: path, broad: format!("/{}", plain.names().join("/")).to_lowercase() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_read_in_several_ways_is_refused() {
        for path in [
            "*",
            "//admin",
            "/a/../admin",
            "/a/%2e%2e/admin",
            "/a/..;/admin",
            "/a%2fadmin",
            "/%252e",
            "/admin.",
            "/admin%20/people",
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
