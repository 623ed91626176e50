//! Signing keys: durable and sealed.

use serde::{Deserialize, Serialize};

use super::Answer;
use crate::domain::{Sealed, Timestamp};

/// A signing key as it lies in a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredKey {
    /// Its id, `kid` in JWTs.
    pub key_id: String,
    /// Its algorithm as JWTs name it (RFC 7518 §3.1), such as `RS256`.
    pub algorithm: String,
    /// The private key in PKCS#8, sealed.
    pub private_key: Sealed,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs; it is published before.
    pub signs_from: Timestamp,
}

/// Signing keys.
pub trait KeyStore: Send + Sync + 'static {
    /// All of them, oldest first.
    fn load(&self) -> Answer<'_, Vec<StoredKey>>;

    /// Adds one; `Taken` when its id is.
    fn add<'a>(&'a self, key: &'a StoredKey) -> Answer<'a, ()>;

    /// Replaces the sealed text of one if it is still `seen`; false when it is not.
    fn reseal<'a>(&'a self, key_id: &'a str, seen: &'a Sealed, sealed: &'a Sealed) -> Answer<'a, bool>;

    /// Removes one; false when it was gone already.
    fn remove<'a>(&'a self, key_id: &'a str) -> Answer<'a, bool>;

    /// Notes the time, unless a later one is noted.
    fn note_time(&self, now: Timestamp) -> Answer<'_, ()>;

    /// The latest time that was noted: no earlier one is believed after a restart.
    fn latest_time(&self) -> Answer<'_, Option<Timestamp>>;
}
