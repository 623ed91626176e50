//! Audit events, the newest of them.

use std::collections::{HashSet, VecDeque};

use super::MemoryStore;
use crate::{
    domain::{AuditEvent, AuditEventId, Timestamp},
    store::{Answer, AuditLog, AuditOf, AuditSink},
};

/// Memory is not for keeping.
const KEPT: usize = 10_000;

#[derive(Default)]
pub(super) struct AuditTable {
    /// Oldest first.
    events: VecDeque<AuditEvent>,
    ids: HashSet<AuditEventId>,
}

impl AuditTable {
    fn record(&mut self, events: &[AuditEvent]) {
        for event in events {
            if !self.ids.insert(event.event_id.clone()) {
                continue;
            }
            if self.events.len() == KEPT
                && let Some(oldest) = self.events.pop_front()
            {
                self.ids.remove(&oldest.event_id);
            }
            self.events.push_back(event.clone());
        }
    }

    fn forget_before(&mut self, before: Timestamp) -> u64 {
        let mut gone = 0;
        self.events.retain(|event| {
            let goes = gone < 1000 && event.at < before;
            if goes {
                gone += 1;
                self.ids.remove(&event.event_id);
            }
            !goes
        });
        gone
    }

    fn events(&self, of: AuditOf<'_>, before: Option<&AuditEventId>, limit: usize) -> Vec<AuditEvent> {
        let end = match before {
            Some(id) => self.events.iter().position(|event| event.event_id == *id).unwrap_or_default(),
            None => self.events.len(),
        };
        let of = |event: &&AuditEvent| match of {
            AuditOf::Everything => true,
            AuditOf::Organization(id) => event.organization_id.as_ref() == Some(id),
            AuditOf::Member(id) => event.member_id.as_ref() == Some(id),
        };
        self.events.range(..end).rev().filter(of).take(limit).cloned().collect()
    }
}

impl AuditSink for MemoryStore {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> Answer<'a, ()> {
        Box::pin(async move {
            self.tables().audit.record(events);
            Ok(())
        })
    }

    fn forget_before(&self, before: Timestamp) -> Answer<'_, u64> {
        Box::pin(async move { Ok(self.tables().audit.forget_before(before)) })
    }
}

impl AuditLog for MemoryStore {
    fn events<'a>(
        &'a self,
        of: AuditOf<'a>,
        before: Option<&'a AuditEventId>,
        limit: usize,
    ) -> Answer<'a, Vec<AuditEvent>> {
        Box::pin(async move { Ok(self.tables().audit.events(of, before, limit)) })
    }
}
