//! What a request carries: a form or a JSON object of texts. Anything else is refused in words.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};

use crate::domain::{ReturnTo, Secret};

/// Larger bodies are refused.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// Why an input can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadInput {
    /// The body is longer than 64 KiB.
    TooLarge,
    /// The body did not arrive whole.
    Broken,
    /// Neither a form nor JSON.
    MediaType,
    /// Not UTF-8, or no form, or no JSON object of texts.
    Malformed(&'static str),
    /// A field that this step does not know.
    UnknownField(String),
    /// A field that this step needs.
    MissingField(&'static str),
}

/// The fields of a request. Their values may be secrets: they print as `[redacted]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, Secret>);

impl Fields {
    /// Reads a body by its content type. An empty one has no fields.
    pub(crate) fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, BadInput> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let text = std::str::from_utf8(body).map_err(|_| BadInput::Malformed("the body is not UTF-8"))?;
        let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media.as_str() {
            "application/x-www-form-urlencoded" => Self::read_form(text),
            "application/json" => Self::read_json(text),
            _ => Err(BadInput::MediaType),
        }
    }

    /// Reads a query.
    pub(crate) fn read_query(query: Option<&str>) -> Self {
        // What can't be read of a query is as if it were not there: it only prefills forms.
        query.and_then(|query| Self::read_form(query).ok()).unwrap_or_default()
    }

    fn read_form(text: &str) -> Result<Self, BadInput> {
        let malformed = |_| BadInput::Malformed("the form can't be read");
        let pairs: Vec<(String, String)> = serde_html_form::from_str(text).map_err(malformed)?;
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            if fields.insert(name, Secret::new(value)).is_some() {
                return Err(BadInput::Malformed("a field occurs twice"));
            }
        }
        Ok(Self(fields))
    }

    fn read_json(text: &str) -> Result<Self, BadInput> {
        let malformed = |_| BadInput::Malformed("the body is no JSON object of texts");
        let fields: UniqueTexts = serde_json::from_str(text).map_err(malformed)?;
        Ok(Self(fields.0))
    }

    /// Refuses fields that are not among these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), BadInput> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(BadInput::UnknownField(name.chars().take(40).collect())),
            None => Ok(()),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(Secret::expose)
    }

    /// A field as a secret.
    pub(crate) fn secret(&self, name: &'static str) -> Result<Secret, BadInput> {
        self.0.get(name).cloned().ok_or(BadInput::MissingField(name))
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<&str, BadInput> {
        self.get(name).ok_or(BadInput::MissingField(name))
    }

    /// Where the person wants to go; what leads elsewhere is as if it were not there.
    pub(crate) fn return_to(&self) -> Option<ReturnTo> {
        self.get("return_to").and_then(ReturnTo::parse)
    }
}

/// A JSON object whose values are texts, each name once; `null` is absent.
struct UniqueTexts(BTreeMap<String, Secret>);

impl<'de> serde::Deserialize<'de> for UniqueTexts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = UniqueTexts;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<UniqueTexts, A::Error> {
                let mut fields = BTreeMap::new();
                let mut seen = std::collections::BTreeSet::new();
                while let Some((name, value)) = map.next_entry::<String, Option<Secret>>()? {
                    if !seen.insert(name.clone()) {
                        return Err(serde::de::Error::custom("a name occurs twice"));
                    }
                    if let Some(value) = value {
                        fields.insert(name, value);
                    }
                }
                Ok(UniqueTexts(fields))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(media: &str, body: &[u8]) -> Result<Fields, BadInput> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, media.parse().unwrap())]);
        Fields::read(&headers, &Bytes::copy_from_slice(body))
    }

    #[test]
    fn reads_forms_and_json() {
        let form = read("application/x-www-form-urlencoded", b"code=12%2034&x=%C3%A4+b").unwrap();
        assert_eq!((form.get("code"), form.get("x")), (Some("12 34"), Some("\u{e4} b")));
        let json = read("application/json; charset=utf-8", br#"{"code":"1","x":null}"#).unwrap();
        assert_eq!((json.get("code"), json.get("x")), (Some("1"), None));
        assert!(read("text/plain", b"").unwrap().0.is_empty());
    }

    #[test]
    fn refuses_what_it_can_not_read() {
        for (media, body) in [
            ("application/json", &b"{"[..]),
            ("application/json", b"[]"),
            ("application/json", b"\"x\""),
            ("application/json", br#"{"a":1}"#),
            ("application/json", br#"{"a":{"b":"c"}}"#),
            ("application/json", br#"{"a":"1","a":"2"}"#),
            ("application/json", b"{\"a\":\"\xff\"}"),
            ("application/json", b"{} {}"),
            ("application/x-www-form-urlencoded", b"a=1&a=2"),
            ("application/x-www-form-urlencoded", b"a=\xff"),
            ("text/plain", b"a=1"),
            ("", b"a=1"),
        ] {
            assert!(read(media, body).is_err(), "{media} {body:?}");
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(30_000), "]".repeat(30_000));
        assert!(read("application/json", deep.as_bytes()).is_err());
    }

    #[test]
    fn knows_its_fields() {
        let fields = read("application/json", br#"{"code":"1","is_admin":"true"}"#).unwrap();
        assert_eq!(fields.only(&["code"]), Err(BadInput::UnknownField("is_admin".into())));
        assert!(fields.only(&["code", "is_admin"]).is_ok());
        assert_eq!(fields.text("other").unwrap_err(), BadInput::MissingField("other"));
    }
}
