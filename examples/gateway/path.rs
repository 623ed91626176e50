//! How a path is read, so that nobody gets around a rule by spelling it differently.
//!
//! A rule that demands something is held against the broadest reading of a path that a server could make:
//! decoded, without parameters and what is behind a colon, and without regard to case. A rule that opens
//! something is held against its very spelling. What servers are known to read in several ways is not passed on
//! at all.

use vestibule::domain::PlainPath;

/// A path that every server reads alike, but for its case, its parameters, and what is behind a colon.
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
        // To Windows `admin::$DATA` is the file `admin`.
        let names = plain.names().iter().filter_map(|name| name.split(':').next());
        Ok(Self { exact: path, broad: names.fold(String::new(), |path, name| path + "/" + &folded(name)) })
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

/// A name without regard to case, in ASCII where that is possible: `ſ` is `s` to some servers, `ı` and `İ` are
/// `i`, and `ß` is `ss`.
fn folded(name: &str) -> String {
    const DOT_ABOVE: char = '\u{307}';
    // Each step takes some of them to ASCII that the others leave as they are; of `İ` its dot remains.
    name.to_lowercase().to_uppercase().to_lowercase().replace(DOT_ABOVE, "")
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
            "/adm%C4%B1n",
            "/ADM%C4%B0N",
            "/admi%CC%87n",
            "/admin:x",
            "/admin::$DATA",
            "/admin:$i30:$INDEX_ALLOCATION/users",
        ] {
            assert!(Reading::of(path).unwrap().could_lie_below("/admin"), "{path}");
            assert!(Reading::of(path).unwrap().could_lie_below("/"), "{path}");
        }
        for path in ["/", "/administrator", "/admin-tools", "/a/admin", "/admi", "/adm%C3%ADn"] {
            assert!(!Reading::of(path).unwrap().could_lie_below("/admin"), "{path}");
        }
        assert!(Reading::of("/Admin;x/USERS").unwrap().could_lie_below("/admin/users"));
        assert!(Reading::of("/admin/users").unwrap().could_lie_below("/Admin"));
        for (path, prefix) in [
            ("/tran%C5%BFfers", "/transfers"),
            ("/%E2%84%AAeys", "/keys"),
            ("/pa%C3%9Fwords", "/passwords"),
            ("/PA%E1%BA%9EWORDS", "/passwords"),
            ("/%EF%AC%81les/x", "/files"),
        ] {
            assert!(Reading::of(path).unwrap().could_lie_below(prefix), "{path}");
        }
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
