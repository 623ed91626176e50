//! Member sessions. What changes with every use, and what is compared, lies in columns and counts;
//! the rest is a document.

use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    codec::{from_document, from_integer, from_millis, to_document, to_integer, to_millis},
    error::failed,
};
use crate::{
    domain::{MemberId, OrganizationId, SessionId, SessionRecord, Timestamp, TokenSeed},
    store::{Answer, LastUse, SessionStore, StoreError, StoreErrorKind},
};

pub(super) const BY_SEED: &str = "SELECT document, revision, last_accessed_at FROM sessions WHERE seed = ?1";

pub(super) const BY_ID: &str =
    "SELECT document, revision, last_accessed_at FROM sessions WHERE session_id = ?1";

/// ?1 the member, ?2 now.
pub(super) const OF_MEMBER: &str = "
    SELECT document, revision, last_accessed_at FROM sessions
    WHERE member_id = ?1 AND expires_at > ?2
    ORDER BY started_at DESC, session_id DESC LIMIT 1000";

pub(super) const SWEEP: &str = "
    DELETE FROM sessions WHERE session_id IN
        (SELECT session_id FROM sessions WHERE expires_at < ?1 ORDER BY expires_at LIMIT 1000)";

pub(super) const SWEEP_REVOKED: &str = "DELETE FROM revoked_sessions WHERE absolute_end < ?1";

/// ?1 the member, ?2 the session that stays.
pub(super) const END_MEMBER: &str =
    "DELETE FROM sessions WHERE member_id = ?1 AND session_id IS NOT ?2 RETURNING session_id";

pub(super) const END_ORGANIZATION: &str = "DELETE FROM sessions WHERE organization_id = ?1";

/// A document, a revision and a last use.
type Row = (String, i64, i64);

fn record((document, revision, last_accessed_at): Row) -> Result<SessionRecord, StoreError> {
    Ok(SessionRecord {
        revision: from_integer(revision)?,
        last_accessed_at: from_millis(last_accessed_at)?,
        ..from_document(&document)?
    })
}

impl SqliteStore {
    async fn insert_session(&self, record: &SessionRecord) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO sessions (session_id, seed, member_id, organization_id, revision,
                started_at, last_accessed_at, expires_at, absolute_end, document)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
             WHERE NOT EXISTS (SELECT 1 FROM revoked_sessions WHERE session_id = ?1)
             ON CONFLICT DO NOTHING",
        )
        .bind(record.session_id.as_str())
        .bind(record.seed.0.as_slice())
        .bind(record.member_id.as_str())
        .bind(record.organization_id.as_str())
        .bind(to_integer(record.revision))
        .bind(to_millis(record.started_at))
        .bind(to_millis(record.last_accessed_at))
        .bind(to_millis(record.expires_at))
        .bind(to_millis(record.absolute_end))
        .bind(to_document(record)?)
        .execute(&self.writer)
        .await
        .map_err(failed)?;
        if done.rows_affected() > 0 {
            return Ok(());
        }
        let stored = self.session(sqlx::query_as(BY_ID).bind(record.session_id.as_str())).await?;
        let repeated = stored.is_some_and(|stored| {
            stored == SessionRecord { last_accessed_at: stored.last_accessed_at, ..record.clone() }
        });
        if repeated { Ok(()) } else { Err(StoreError::new(StoreErrorKind::Taken)) }
    }

    async fn session(&self, question: Question<'_>) -> Result<Option<SessionRecord>, StoreError> {
        let found = question.fetch_optional(&self.readers).await.map_err(failed)?;
        found.map(record).transpose()
    }

    async fn sessions_of(
        &self,
        member_id: &MemberId,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let found: Vec<Row> = sqlx::query_as(OF_MEMBER)
            .bind(member_id.as_str())
            .bind(to_millis(now))
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        found.into_iter().map(record).collect()
    }

    async fn replace_session(&self, seen: u64, record: &SessionRecord) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE sessions SET seed = ?5, revision = ?6, last_accessed_at = max(last_accessed_at, ?7),
                expires_at = ?8, started_at = ?9, absolute_end = ?10, document = ?11
             WHERE session_id = ?1 AND member_id = ?2 AND organization_id = ?3 AND revision = ?4",
        )
        .bind(record.session_id.as_str())
        .bind(record.member_id.as_str())
        .bind(record.organization_id.as_str())
        .bind(to_integer(seen))
        .bind(record.seed.0.as_slice())
        .bind(to_integer(record.revision.max(seen.saturating_add(1))))
        .bind(to_millis(record.last_accessed_at))
        .bind(to_millis(record.expires_at))
        .bind(to_millis(record.started_at))
        .bind(to_millis(record.absolute_end))
        .bind(to_document(record)?)
        .execute(&self.writer)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    async fn revoke_session(&self, session_id: &SessionId) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO revoked_sessions (session_id, absolute_end)
             SELECT session_id, absolute_end FROM sessions WHERE session_id = ?1
             ON CONFLICT DO NOTHING",
        )
        .bind(session_id.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let done = sqlx::query("DELETE FROM sessions WHERE session_id = ?1")
            .bind(session_id.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    async fn revoke_sessions_of(
        &self,
        member_id: &MemberId,
        except: Option<&SessionId>,
    ) -> Result<Vec<SessionId>, StoreError> {
        let except = except.map(SessionId::as_str);
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO revoked_sessions (session_id, absolute_end)
             SELECT session_id, absolute_end FROM sessions
             WHERE member_id = ?1 AND session_id IS NOT ?2
             ON CONFLICT DO NOTHING",
        )
        .bind(member_id.as_str())
        .bind(except)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let ended: Vec<String> = sqlx::query_scalar(END_MEMBER)
            .bind(member_id.as_str())
            .bind(except)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let id =
            |text| SessionId::new(text).map_err(|error| StoreError::with(StoreErrorKind::Corrupt, error));
        ended.into_iter().map(id).collect()
    }

    async fn note_uses(&self, uses: &[LastUse]) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        for LastUse { session_id, at } in uses {
            sqlx::query(
                "UPDATE sessions SET last_accessed_at = ?2
                 WHERE session_id = ?1 AND last_accessed_at < ?2",
            )
            .bind(session_id.as_str())
            .bind(to_millis(*at))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }

    async fn sweep_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let done =
            sqlx::query(SWEEP).bind(to_millis(now)).execute(&mut *transaction).await.map_err(failed)?;
        sqlx::query(SWEEP_REVOKED).bind(to_millis(now)).execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(done.rows_affected())
    }
}

type Question<'a> = sqlx::query::QueryAs<'a, sqlx::Sqlite, Row, <sqlx::Sqlite as sqlx::Database>::Arguments>;

/// Ends all sessions of an organization within a transaction.
pub(super) async fn end_sessions_of(
    connection: &mut SqliteConnection,
    organization_id: &OrganizationId,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO revoked_sessions (session_id, absolute_end)
         SELECT session_id, absolute_end FROM sessions WHERE organization_id = ?1
         ON CONFLICT DO NOTHING",
    )
    .bind(organization_id.as_str())
    .execute(&mut *connection)
    .await
    .map_err(failed)?;
    sqlx::query(END_ORGANIZATION).bind(organization_id.as_str()).execute(connection).await.map_err(failed)?;
    Ok(())
}

impl SessionStore for SqliteStore {
    fn insert<'a>(&'a self, record: &'a SessionRecord) -> Answer<'a, ()> {
        Box::pin(self.insert_session(record))
    }

    fn by_seed<'a>(&'a self, seed: &'a TokenSeed) -> Answer<'a, Option<SessionRecord>> {
        Box::pin(self.session(sqlx::query_as(BY_SEED).bind(seed.0.as_slice())))
    }

    fn by_id<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, Option<SessionRecord>> {
        Box::pin(self.session(sqlx::query_as(BY_ID).bind(session_id.as_str())))
    }

    fn of_member<'a>(&'a self, member_id: &'a MemberId, now: Timestamp) -> Answer<'a, Vec<SessionRecord>> {
        Box::pin(self.sessions_of(member_id, now))
    }

    fn replace_if<'a>(&'a self, seen: u64, record: &'a SessionRecord) -> Answer<'a, bool> {
        Box::pin(self.replace_session(seen, record))
    }

    fn revoke<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, bool> {
        Box::pin(self.revoke_session(session_id))
    }

    fn revoke_member<'a>(
        &'a self,
        member_id: &'a MemberId,
        except: Option<&'a SessionId>,
    ) -> Answer<'a, Vec<SessionId>> {
        Box::pin(self.revoke_sessions_of(member_id, except))
    }

    fn revoke_organization<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut transaction = self.begin().await?;
            end_sessions_of(&mut transaction, organization_id).await?;
            transaction.commit().await.map_err(failed)
        })
    }

    fn touch<'a>(&'a self, uses: &'a [LastUse]) -> Answer<'a, ()> {
        Box::pin(self.note_uses(uses))
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, u64> {
        Box::pin(self.sweep_sessions(now))
    }
}
