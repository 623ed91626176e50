//! Custom claims: what an application adds to a session.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Claims that an application added to a session: at most [`MAX_BYTES`](Self::MAX_BYTES) of JSON, no
/// name that means something already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct CustomClaims(Map<String, Value>);

/// Why claims were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidClaims {
    /// They would take more than 4,096 bytes of JSON.
    TooLarge,
    /// This name is taken by a standard or by this crate.
    Reserved(String),
}

impl fmt::Display for InvalidClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => {
                f.write_str("custom claims may take 4,096 bytes of JSON together; keep less in them")
            }
            Self::Reserved(name) => write!(f, "the claim {name:?} is reserved; use another name"),
        }
    }
}

impl std::error::Error for InvalidClaims {}

impl CustomClaims {
    /// How many bytes of JSON all claims of a session may take together.
    pub const MAX_BYTES: usize = 4096;

    /// Claims from a JSON object.
    ///
    /// # Errors
    /// [`InvalidClaims`] for a reserved name or too much of it.
    pub fn new(claims: Map<String, Value>) -> Result<Self, InvalidClaims> {
        if let Some(name) = claims.keys().find(|name| is_reserved(name)) {
            return Err(InvalidClaims::Reserved(name.clone()));
        }
        // Writing a JSON value into memory can't fail; were it to, the claims would count as too large.
        let size = serde_json::to_vec(&claims).map_or(usize::MAX, |json| json.len());
        if size > Self::MAX_BYTES { Err(InvalidClaims::TooLarge) } else { Ok(Self(claims)) }
    }

    /// These claims with `patch` merged in, deeply: a value overwrites, `null` deletes, objects
    /// merge, and what is not mentioned stays (RFC 7396 on the level of each object).
    ///
    /// # Errors
    /// [`InvalidClaims`] as for [`new`](Self::new), of the patch or of the result.
    pub fn merged(&self, patch: &Map<String, Value>) -> Result<Self, InvalidClaims> {
        if let Some(name) = patch.keys().find(|name| is_reserved(name)) {
            return Err(InvalidClaims::Reserved(name.clone()));
        }
        let mut claims = self.0.clone();
        merge(&mut claims, patch);
        Self::new(claims)
    }

    /// The claims by name.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
}

fn merge(into: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                into.remove(name);
            }
            Value::Object(patch) => {
                let slot = into.entry(name.clone()).or_insert(Value::Null);
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                if let Value::Object(object) = slot {
                    merge(object, patch);
                }
            }
            other => {
                into.insert(name.clone(), other.clone());
            }
        }
    }
}

/// Names of RFC 7519 §4.1, of OpenID Connect Core §2 that this crate sets, and of its own.
fn is_reserved(name: &str) -> bool {
    matches!(name, "iss" | "sub" | "aud" | "exp" | "nbf" | "iat" | "jti" | "acr" | "amr" | "auth_time")
        || name.starts_with("https://stytch.com/")
}

impl TryFrom<Map<String, Value>> for CustomClaims {
    type Error = InvalidClaims;
    fn try_from(claims: Map<String, Value>) -> Result<Self, InvalidClaims> {
        Self::new(claims)
    }
}

impl From<CustomClaims> for Map<String, Value> {
    fn from(claims: CustomClaims) -> Self {
        claims.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn merges_deeply() {
        let claims =
            CustomClaims::new(map(json!({"a": 1, "b": {"x": 1, "y": {"z": 2}}, "keep": [1]}))).unwrap();
        let merged = claims
            .merged(&map(json!({"a": null, "b": {"x": null, "y": {"n": 3}, "w": "new"}, "c": {"d": null}})))
            .unwrap();
        assert_eq!(
            Value::Object(merged.as_map().clone()),
            json!({"b": {"y": {"z": 2, "n": 3}, "w": "new"}, "c": {}, "keep": [1]})
        );
    }

    #[test]
    fn refuses_reserved_names_and_too_much() {
        for name in ["sub", "exp", "acr", "amr", "auth_time", "https://stytch.com/session"] {
            let claims = Map::from_iter([(name.to_owned(), json!("x"))]);
            assert_eq!(CustomClaims::new(claims.clone()), Err(InvalidClaims::Reserved(name.into())));
            assert!(CustomClaims::default().merged(&claims).is_err());
        }
        let fits = Map::from_iter([("a".to_owned(), json!("x".repeat(4096 - 8)))]);
        assert!(CustomClaims::new(fits).is_ok());
        let large = Map::from_iter([("a".to_owned(), json!("x".repeat(4096 - 7)))]);
        assert_eq!(CustomClaims::new(large), Err(InvalidClaims::TooLarge));
    }
}
