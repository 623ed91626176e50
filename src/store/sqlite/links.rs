//! Links sent by email, used ones for a while too.

use std::time::Duration;

use super::{
    SqliteStore,
    codec::{from_document, to_document, to_millis},
    error::failed,
};
use crate::{
    domain::{Digest, MagicLink, Timestamp},
    store::{Answer, LinkStore, StoreError, StoreErrorKind, TakenLink},
};

/// For so long a link is remembered after it has expired.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A few at a time, so that no put waits for many.
pub(super) const FORGET: &str = "
    DELETE FROM links WHERE digest IN
        (SELECT digest FROM links WHERE expires_at < ?1 ORDER BY expires_at LIMIT 100)";

pub(super) const TAKE: &str =
    "UPDATE links SET used = 1 WHERE digest = ?1 AND used = 0 AND expires_at > ?2 RETURNING document";

impl SqliteStore {
    async fn put_link(&self, link: &MagicLink, now: Timestamp) -> Result<(), StoreError> {
        let document = to_document(link)?;
        let mut transaction = self.begin().await?;
        sqlx::query(FORGET)
            .bind(to_millis(now.before(REMEMBERED)))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query(
            "INSERT INTO links (digest, expires_at, used, document) VALUES (?1, ?2, 0, ?3)
             ON CONFLICT DO NOTHING",
        )
        .bind(link.digest.0.as_slice())
        .bind(to_millis(link.expires_at))
        .bind(&document)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let stored: String = sqlx::query_scalar("SELECT document FROM links WHERE digest = ?1")
            .bind(link.digest.0.as_slice())
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed)?;
        if from_document::<MagicLink>(&stored)? != *link {
            return Err(StoreError::new(StoreErrorKind::Taken));
        }
        transaction.commit().await.map_err(failed)
    }

    async fn peek_link(&self, digest: &Digest, now: Timestamp) -> Result<Option<MagicLink>, StoreError> {
        let found: Option<String> = sqlx::query_scalar(
            "SELECT document FROM links WHERE digest = ?1 AND used = 0 AND expires_at > ?2",
        )
        .bind(digest.0.as_slice())
        .bind(to_millis(now))
        .fetch_optional(&self.readers)
        .await
        .map_err(failed)?;
        found.as_deref().map(from_document).transpose()
    }

    async fn take_link(&self, digest: &Digest, now: Timestamp) -> Result<TakenLink, StoreError> {
        let mut transaction = self.begin().await?;
        let taken: Option<String> = sqlx::query_scalar(TAKE)
            .bind(digest.0.as_slice())
            .bind(to_millis(now))
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed)?;
        if let Some(document) = taken {
            let link = from_document(&document)?;
            transaction.commit().await.map_err(failed)?;
            return Ok(TakenLink::Fresh(link));
        }
        let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM links WHERE digest = ?1)")
            .bind(digest.0.as_slice())
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed)?;
        Ok(if known { TakenLink::Spent } else { TakenLink::Unknown })
    }
}

impl LinkStore for SqliteStore {
    fn put<'a>(&'a self, link: &'a MagicLink, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(self.put_link(link, now))
    }

    fn peek<'a>(&'a self, digest: &'a Digest, now: Timestamp) -> Answer<'a, Option<MagicLink>> {
        Box::pin(self.peek_link(digest, now))
    }

    fn take<'a>(&'a self, digest: &'a Digest, now: Timestamp) -> Answer<'a, TakenLink> {
        Box::pin(self.take_link(digest, now))
    }
}
