//! Signing keys.

use std::collections::BTreeMap;

use super::MemoryStore;
use crate::{
    domain::{Sealed, Timestamp},
    store::{Answer, KeyStore, StoreError, StoreErrorKind, StoredKey},
};

#[derive(Default)]
pub(super) struct KeyTable {
    keys: BTreeMap<String, StoredKey>,
    latest: Option<Timestamp>,
}

impl KeyTable {
    fn oldest_first(&self) -> Vec<StoredKey> {
        let mut keys: Vec<_> = self.keys.values().cloned().collect();
        keys.sort_by_key(|key| key.created_at);
        keys
    }

    fn add(&mut self, key: &StoredKey) -> Result<(), StoreError> {
        if self.keys.contains_key(&key.key_id) {
            return Err(StoreError::new(StoreErrorKind::Taken));
        }
        self.keys.insert(key.key_id.clone(), key.clone());
        Ok(())
    }

    fn reseal(&mut self, key_id: &str, seen: &Sealed, sealed: &Sealed) -> bool {
        match self.keys.get_mut(key_id) {
            Some(key) if key.private_key == *seen => {
                key.private_key = sealed.clone();
                true
            }
            _ => false,
        }
    }
}

impl KeyStore for MemoryStore {
    fn load(&self) -> Answer<'_, Vec<StoredKey>> {
        Box::pin(async move { Ok(self.tables().keys.oldest_first()) })
    }

    fn add<'a>(&'a self, key: &'a StoredKey) -> Answer<'a, ()> {
        Box::pin(async move { self.tables().keys.add(key) })
    }

    fn reseal<'a>(&'a self, key_id: &'a str, seen: &'a Sealed, sealed: &'a Sealed) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.tables().keys.reseal(key_id, seen, sealed)) })
    }

    fn remove<'a>(&'a self, key_id: &'a str) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.tables().keys.keys.remove(key_id).is_some()) })
    }

    fn note_time(&self, now: Timestamp) -> Answer<'_, ()> {
        Box::pin(async move {
            let keys = &mut self.tables().keys;
            keys.latest = keys.latest.max(Some(now));
            Ok(())
        })
    }

    fn latest_time(&self) -> Answer<'_, Option<Timestamp>> {
        Box::pin(async move { Ok(self.tables().keys.latest) })
    }
}
