//! Where a person goes on after signing in.

use serde::{Deserialize, Serialize};

/// A path with its query on this application's own origin; never another site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Reads a path such as `/reports?year=2026`. Whatever a browser could take for another origin
    /// (`//host`, `/\host`, control characters, which browsers drop) is refused, and so is what is
    /// longer than 2,048 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = text.bytes();
        let local = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
        let plain =
            text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'#'));
        (local && plain && text.len() <= 2048).then(|| Self(text.to_owned()))
    }

    /// The path and query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ReturnTo {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a path on this origin, such as /reports?year=2026")
    }
}

impl From<ReturnTo> for String {
    fn from(path: ReturnTo) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_leads_to_another_origin() {
        for text in [
            "",
            "evil",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "https:evil.example",
            "HTTPS:/evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\t/evil.example",
            "\t//evil.example",
            "/\n/evil.example",
            "/\r\n/evil.example",
            " //evil.example",
            "/ /evil.example",
            "/a\r\nSet-Cookie: x=1",
            "/a\0",
            "/a\\..\\b",
            "@evil.example",
            ".evil.example",
            "/ä",
            "/\u{2044}/evil.example",
            "?//evil.example",
            "#//evil.example",
            "/a#b",
            "/\"x",
            "/<script>",
            "http:///evil.example",
            "//user@evil.example",
            "//evil.example\\@good.example",
            "mailto:a@b.c",
            "/\u{b}/evil.example",
            "/\u{7f}",
            "blob:x",
            "ftp://evil.example",
            ":80",
            "../",
            "./",
        ] {
            assert_eq!(ReturnTo::parse(text), None, "{text:?}");
        }
        assert_eq!(ReturnTo::parse(&format!("/{}", "a".repeat(2048))), None);
    }

    #[test]
    fn keeps_paths_of_this_origin() {
        for text in
            ["/", "/a", "/a/b?c=d&e=%2F%2Fevil", "/a//b", "/.//b", "/@x", "/:80", "/%2f%2fevil.example"]
        {
            assert_eq!(ReturnTo::parse(text).unwrap().as_str(), text);
        }
    }
}
