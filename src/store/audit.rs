//! Where audit events go, and where they are read again.

use super::Answer;
use crate::domain::{AuditEvent, AuditEventId, MemberId, OrganizationId, Timestamp};

/// Whose events are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOf<'a> {
    /// Everybody's.
    Everything,
    /// Those of one organization.
    Organization(&'a OrganizationId),
    /// Those of one member.
    Member(&'a MemberId),
}

/// Takes audit events: a table, a file, another service. Called by the background task alone, one batch
/// after the other; no request waits for it.
pub trait AuditSink: Send + Sync + 'static {
    /// Records events, oldest first, all or none. One with an id that is recorded already changes nothing.
    ///
    /// After `Unavailable`, and after 30 seconds without an answer, the same events are brought again; after
    /// another error they are given up. A panic is `Unavailable` at first, and another error when it happens
    /// again over the same events.
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> Answer<'a, ()>;

    /// Removes at most 1,000 events that happened before `before`; says how many. By default none: what
    /// keeps events elsewhere has rules of its own there.
    fn forget_before(&self, before: Timestamp) -> Answer<'_, u64> {
        let _ = before;
        Box::pin(async { Ok(0) })
    }
}

/// A sink that can be read.
pub trait AuditLog: AuditSink {
    /// Events, the newest first, at most `limit`; of those recorded before `before`, where one is named:
    /// the last event of one page is where the next begins. None where `before` is not known any more.
    fn events<'a>(
        &'a self,
        of: AuditOf<'a>,
        before: Option<&'a AuditEventId>,
        limit: usize,
    ) -> Answer<'a, Vec<AuditEvent>>;
}
