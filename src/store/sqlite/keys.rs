//! Signing keys.

use super::{
    SqliteStore,
    codec::{from_millis, to_millis},
    error::failed,
};
use crate::{
    domain::{Sealed, Timestamp},
    store::{Answer, KeyStore, StoreError, StoredKey},
};

type Row = (String, String, Vec<u8>, i64, i64);

fn key((key_id, algorithm, private_key, created_at, signs_from): Row) -> Result<StoredKey, StoreError> {
    Ok(StoredKey {
        key_id,
        algorithm,
        private_key: Sealed(private_key),
        created_at: from_millis(created_at)?,
        signs_from: from_millis(signs_from)?,
    })
}

impl SqliteStore {
    async fn load_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let found: Vec<Row> = sqlx::query_as(
            "SELECT key_id, algorithm, private_key, created_at, signs_from FROM signing_keys
             ORDER BY created_at, key_id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        found.into_iter().map(key).collect()
    }

    async fn add_key(&self, key: &StoredKey) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO signing_keys (key_id, algorithm, private_key, created_at, signs_from)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(&key.key_id)
        .bind(&key.algorithm)
        .bind(&key.private_key.0)
        .bind(to_millis(key.created_at))
        .bind(to_millis(key.signs_from))
        .execute(&self.writer)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn reseal_key(&self, key_id: &str, seen: &Sealed, sealed: &Sealed) -> Result<bool, StoreError> {
        let done =
            sqlx::query("UPDATE signing_keys SET private_key = ?3 WHERE key_id = ?1 AND private_key = ?2")
                .bind(key_id)
                .bind(&seen.0)
                .bind(&sealed.0)
                .execute(&self.writer)
                .await
                .map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    async fn remove_key(&self, key_id: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM signing_keys WHERE key_id = ?1")
            .bind(key_id)
            .execute(&self.writer)
            .await
            .map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    async fn note(&self, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO clock (only, latest) VALUES (1, ?1)
             ON CONFLICT (only) DO UPDATE SET latest = max(latest, excluded.latest)",
        )
        .bind(to_millis(now))
        .execute(&self.writer)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn latest(&self) -> Result<Option<Timestamp>, StoreError> {
        let latest: Option<i64> = sqlx::query_scalar("SELECT latest FROM clock")
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        latest.map(from_millis).transpose()
    }
}

impl KeyStore for SqliteStore {
    fn load(&self) -> Answer<'_, Vec<StoredKey>> {
        Box::pin(self.load_keys())
    }

    fn add<'a>(&'a self, key: &'a StoredKey) -> Answer<'a, ()> {
        Box::pin(self.add_key(key))
    }

    fn reseal<'a>(&'a self, key_id: &'a str, seen: &'a Sealed, sealed: &'a Sealed) -> Answer<'a, bool> {
        Box::pin(self.reseal_key(key_id, seen, sealed))
    }

    fn remove<'a>(&'a self, key_id: &'a str) -> Answer<'a, bool> {
        Box::pin(self.remove_key(key_id))
    }

    fn note_time(&self, now: Timestamp) -> Answer<'_, ()> {
        Box::pin(self.note(now))
    }

    fn latest_time(&self) -> Answer<'_, Option<Timestamp>> {
        Box::pin(self.latest())
    }
}
