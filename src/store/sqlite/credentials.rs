//! Credentials, one document a member.

use super::{
    SqliteStore,
    codec::{from_document, from_integer, to_document, to_integer},
    error::failed,
};
use crate::{
    domain::{CredentialId, Credentials, MemberId},
    store::{Answer, CredentialStore, StoreError, StoreErrorKind, Version},
};

pub(super) const IDS: &str =
    "SELECT member_id FROM credentials WHERE member_id > ?1 ORDER BY member_id LIMIT ?2";

pub(super) const LOAD: &str = "SELECT document, version FROM credentials WHERE member_id = ?1";

/// By an index over what the documents say.
pub(super) const HOLDER: &str = "
    SELECT member_id FROM credentials WHERE json_extract(document, '$.password.password_id') = ?1";

impl SqliteStore {
    async fn load_credentials(&self, member_id: &MemberId) -> Result<(Credentials, Version), StoreError> {
        let found: Option<(String, i64)> = sqlx::query_as(LOAD)
            .bind(member_id.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        let Some((document, version)) = found else { return Ok(Default::default()) };
        Ok((from_document(&document)?, Version(from_integer(version)?)))
    }

    async fn replace_credentials(
        &self,
        member_id: &MemberId,
        seen: Version,
        credentials: &Credentials,
    ) -> Result<bool, StoreError> {
        let statement = if seen == Version::default() {
            "INSERT INTO credentials (member_id, version, document) VALUES (?1, ?2 + 1, ?3)
             ON CONFLICT DO NOTHING"
        } else {
            "UPDATE credentials SET version = version + 1, document = ?3
             WHERE member_id = ?1 AND version = ?2"
        };
        let done = sqlx::query(statement)
            .bind(member_id.as_str())
            .bind(to_integer(seen.0))
            .bind(to_document(credentials)?)
            .execute(&self.writer)
            .await
            .map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    async fn credential_ids(
        &self,
        after: Option<&MemberId>,
        limit: usize,
    ) -> Result<Vec<MemberId>, StoreError> {
        let found: Vec<String> = sqlx::query_scalar(IDS)
            .bind(after.map_or("", |id| id.as_str()))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        let id = |text: String| {
            MemberId::new(text).map_err(|error| StoreError::with(StoreErrorKind::Corrupt, error))
        };
        found.into_iter().map(id).collect()
    }

    async fn holder_of(&self, password_id: &CredentialId) -> Result<Option<MemberId>, StoreError> {
        let found: Option<String> = sqlx::query_scalar(HOLDER)
            .bind(password_id.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        let id = |text| MemberId::new(text).map_err(|error| StoreError::with(StoreErrorKind::Corrupt, error));
        found.map(|text: String| id(text)).transpose()
    }

    async fn forget_credentials(&self, member_id: &MemberId) -> Result<(), StoreError> {
        sqlx::query("UPDATE credentials SET version = version + 1, document = '{}' WHERE member_id = ?1")
            .bind(member_id.as_str())
            .execute(&self.writer)
            .await
            .map_err(failed)?;
        Ok(())
    }
}

impl CredentialStore for SqliteStore {
    fn load<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, (Credentials, Version)> {
        Box::pin(self.load_credentials(member_id))
    }

    fn replace_if<'a>(
        &'a self,
        member_id: &'a MemberId,
        seen: Version,
        credentials: &'a Credentials,
    ) -> Answer<'a, bool> {
        Box::pin(self.replace_credentials(member_id, seen, credentials))
    }

    fn ids<'a>(&'a self, after: Option<&'a MemberId>, limit: usize) -> Answer<'a, Vec<MemberId>> {
        Box::pin(self.credential_ids(after, limit))
    }

    fn holder_of_password<'a>(&'a self, password_id: &'a CredentialId) -> Answer<'a, Option<MemberId>> {
        Box::pin(self.holder_of(password_id))
    }

    fn forget<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, ()> {
        Box::pin(self.forget_credentials(member_id))
    }
}
