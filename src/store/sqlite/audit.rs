//! Audit events: in columns what is asked for, in a document the whole.

use super::{
    SqliteStore,
    codec::{from_document, to_document, to_millis},
    error::failed,
};
use crate::{
    domain::{AuditEvent, AuditEventId, MemberId, OrganizationId, Timestamp},
    store::{Answer, AuditLog, AuditOf, AuditSink, StoreError},
};

/// ?1 the event before which to begin, or nothing; ?2 how many; ?3 whose. An event that is gone is before
/// nothing: what is older is gone as well.
macro_rules! page {
    ($whose:literal) => {
        concat!(
            "SELECT document FROM audit_events WHERE ",
            $whose,
            "sequence < CASE WHEN ?1 IS NULL THEN 9223372036854775807
                ELSE (SELECT sequence FROM audit_events WHERE event_id = ?1) END
             ORDER BY sequence DESC LIMIT ?2"
        )
    };
}

pub(super) const PAGE: &str = page!("");
pub(super) const PAGE_OF_ORGANIZATION: &str = page!("organization_id = ?3 AND ");
pub(super) const PAGE_OF_MEMBER: &str = page!("member_id = ?3 AND ");

pub(super) const FORGET: &str = "
    DELETE FROM audit_events WHERE sequence IN
        (SELECT sequence FROM audit_events WHERE at < ?1 ORDER BY at LIMIT 1000)";

impl SqliteStore {
    async fn record_events(&self, events: &[AuditEvent]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for event in events {
            sqlx::query(
                "INSERT INTO audit_events (event_id, at, kind, organization_id, member_id, document)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )
            .bind(event.event_id.as_str())
            .bind(to_millis(event.at))
            .bind(event.kind.name())
            .bind(event.organization_id.as_ref().map(OrganizationId::as_str))
            .bind(event.member_id.as_ref().map(MemberId::as_str))
            .bind(to_document(event)?)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }

    async fn page_of_events(
        &self,
        of: AuditOf<'_>,
        before: Option<&AuditEventId>,
        limit: usize,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let (question, whose) = match of {
            AuditOf::Everything => (PAGE, None),
            AuditOf::Organization(id) => (PAGE_OF_ORGANIZATION, Some(id.as_str())),
            AuditOf::Member(id) => (PAGE_OF_MEMBER, Some(id.as_str())),
        };
        let question = sqlx::query_scalar(question)
            .bind(before.map(AuditEventId::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let question = match whose {
            Some(id) => question.bind(id),
            None => question,
        };
        let found: Vec<String> = question.fetch_all(&self.readers).await.map_err(failed)?;
        found.iter().map(|document| from_document(document)).collect()
    }
}

impl AuditSink for SqliteStore {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> Answer<'a, ()> {
        Box::pin(self.record_events(events))
    }

    fn forget_before(&self, before: Timestamp) -> Answer<'_, u64> {
        Box::pin(async move {
            let done =
                sqlx::query(FORGET).bind(to_millis(before)).execute(&self.writer).await.map_err(failed)?;
            Ok(done.rows_affected())
        })
    }
}

impl AuditLog for SqliteStore {
    fn events<'a>(
        &'a self,
        of: AuditOf<'a>,
        before: Option<&'a AuditEventId>,
        limit: usize,
    ) -> Answer<'a, Vec<AuditEvent>> {
        Box::pin(self.page_of_events(of, before, limit))
    }
}
