//! How values lie in columns.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    domain::Timestamp,
    store::{StoreError, StoreErrorKind},
};

/// A document that can't be read. Says where, and nothing of what it holds.
#[derive(Debug)]
struct Unreadable {
    line: usize,
    column: usize,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not the expected JSON at line {}, column {}", self.line, self.column)
    }
}

impl std::error::Error for Unreadable {}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::with(StoreErrorKind::Corrupt, Unreadable { line: error.line(), column: error.column() })
}

pub(super) fn to_document(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unreadable(&error))
}

pub(super) fn from_document<T: DeserializeOwned>(document: &str) -> Result<T, StoreError> {
    serde_json::from_str(document).map_err(|error| unreadable(&error))
}

pub(super) fn to_integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn from_integer(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|error| StoreError::with(StoreErrorKind::Corrupt, error))
}

pub(super) fn to_millis(time: Timestamp) -> i64 {
    to_integer(time.as_millis())
}

pub(super) fn from_millis(millis: i64) -> Result<Timestamp, StoreError> {
    from_integer(millis).map(Timestamp::from_millis)
}
