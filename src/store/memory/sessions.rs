//! Member sessions with their indexes, and the ids of those that were revoked.

use std::collections::{BTreeMap, BTreeSet};

use super::MemoryStore;
use crate::{
    domain::{MemberId, OrganizationId, SessionId, SessionRecord, Timestamp, TokenSeed},
    store::{Answer, LastUse, SessionStore, StoreError, StoreErrorKind},
};

/// At most so many are listed or swept at once.
const BATCH: usize = 1_000;

#[derive(Default)]
pub(super) struct SessionTable {
    records: BTreeMap<SessionId, SessionRecord>,
    by_seed: BTreeMap<TokenSeed, SessionId>,
    by_member: BTreeMap<MemberId, BTreeSet<(Timestamp, SessionId)>>,
    by_organization: BTreeMap<OrganizationId, BTreeSet<SessionId>>,
    by_end: BTreeSet<(Timestamp, SessionId)>,
    /// Kept until the session would have ended whatever happens.
    revoked: BTreeSet<SessionId>,
    revoked_by_end: BTreeSet<(Timestamp, SessionId)>,
}

impl SessionTable {
    fn insert(&mut self, record: &SessionRecord) -> Result<(), StoreError> {
        if let Some(stored) = self.records.get(&record.session_id) {
            let repeated = SessionRecord { last_accessed_at: stored.last_accessed_at, ..record.clone() };
            return if *stored == repeated { Ok(()) } else { Err(StoreError::new(StoreErrorKind::Taken)) };
        }
        if self.revoked.contains(&record.session_id) || self.by_seed.contains_key(&record.seed) {
            return Err(StoreError::new(StoreErrorKind::Taken));
        }
        self.link(record.clone());
        Ok(())
    }

    fn replace_if(&mut self, seen: u64, record: &SessionRecord) -> Result<bool, StoreError> {
        let Some(stored) = self.records.get(&record.session_id) else { return Ok(false) };
        let same = stored.revision == seen
            && stored.member_id == record.member_id
            && stored.organization_id == record.organization_id;
        if !same {
            return Ok(false);
        }
        if self.by_seed.get(&record.seed).is_some_and(|holder| *holder != record.session_id) {
            return Err(StoreError::new(StoreErrorKind::Taken));
        }
        let mut record = record.clone();
        record.revision = record.revision.max(seen.saturating_add(1));
        record.last_accessed_at = record.last_accessed_at.max(stored.last_accessed_at);
        self.unlink(&record.session_id);
        self.link(record);
        Ok(true)
    }

    fn touch(&mut self, uses: &[LastUse]) {
        for LastUse { session_id, at } in uses {
            if let Some(record) = self.records.get_mut(session_id) {
                record.last_accessed_at = record.last_accessed_at.max(*at);
            }
        }
    }

    fn revoke(&mut self, session_id: &SessionId) -> bool {
        let Some(record) = self.unlink(session_id) else { return false };
        self.revoked.insert(session_id.clone());
        self.revoked_by_end.insert((record.absolute_end, session_id.clone()));
        true
    }

    fn revoke_member(&mut self, member_id: &MemberId, except: Option<&SessionId>) -> Vec<SessionId> {
        let all = self.by_member.get(member_id).into_iter().flatten().map(|(_, id)| id);
        let ended: Vec<SessionId> = all.filter(|id| Some(*id) != except).cloned().collect();
        for session_id in &ended {
            self.revoke(session_id);
        }
        ended
    }

    pub(super) fn revoke_organization(&mut self, organization_id: &OrganizationId) {
        for session_id in self.by_organization.get(organization_id).cloned().unwrap_or_default() {
            self.revoke(&session_id);
        }
    }

    fn sweep(&mut self, now: Timestamp) -> u64 {
        while let Some((end, _)) = self.revoked_by_end.first()
            && *end < now
        {
            if let Some((_, session_id)) = self.revoked_by_end.pop_first() {
                self.revoked.remove(&session_id);
            }
        }
        let ended: Vec<SessionId> = self
            .by_end
            .iter()
            .take_while(|(end, _)| *end < now)
            .take(BATCH)
            .map(|(_, id)| id.clone())
            .collect();
        for session_id in &ended {
            self.unlink(session_id);
        }
        ended.len() as u64
    }

    fn link(&mut self, record: SessionRecord) {
        let id = record.session_id.clone();
        self.by_seed.insert(record.seed, id.clone());
        self.by_member.entry(record.member_id.clone()).or_default().insert((record.started_at, id.clone()));
        self.by_organization.entry(record.organization_id.clone()).or_default().insert(id.clone());
        self.by_end.insert((record.expires_at, id.clone()));
        self.records.insert(id, record);
    }

    fn unlink(&mut self, session_id: &SessionId) -> Option<SessionRecord> {
        let record = self.records.remove(session_id)?;
        self.by_seed.remove(&record.seed);
        if let Some(of) = self.by_member.get_mut(&record.member_id) {
            of.remove(&(record.started_at, session_id.clone()));
            if of.is_empty() {
                self.by_member.remove(&record.member_id);
            }
        }
        if let Some(of) = self.by_organization.get_mut(&record.organization_id) {
            of.remove(session_id);
            if of.is_empty() {
                self.by_organization.remove(&record.organization_id);
            }
        }
        self.by_end.remove(&(record.expires_at, session_id.clone()));
        Some(record)
    }
}

impl SessionStore for MemoryStore {
    fn insert<'a>(&'a self, record: &'a SessionRecord) -> Answer<'a, ()> {
        Box::pin(async move { self.tables().sessions.insert(record) })
    }

    fn by_seed<'a>(&'a self, seed: &'a TokenSeed) -> Answer<'a, Option<SessionRecord>> {
        Box::pin(async move {
            let sessions = &self.tables().sessions;
            Ok(sessions.by_seed.get(seed).and_then(|id| sessions.records.get(id)).cloned())
        })
    }

    fn by_id<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, Option<SessionRecord>> {
        Box::pin(async move { Ok(self.tables().sessions.records.get(session_id).cloned()) })
    }

    fn of_member<'a>(&'a self, member_id: &'a MemberId, now: Timestamp) -> Answer<'a, Vec<SessionRecord>> {
        Box::pin(async move {
            let sessions = &self.tables().sessions;
            let newest_first = sessions.by_member.get(member_id).into_iter().flat_map(|of| of.iter().rev());
            let records = newest_first.filter_map(|(_, id)| sessions.records.get(id));
            Ok(records.filter(|record| record.expires_at > now).take(BATCH).cloned().collect())
        })
    }

    fn replace_if<'a>(&'a self, seen: u64, record: &'a SessionRecord) -> Answer<'a, bool> {
        Box::pin(async move { self.tables().sessions.replace_if(seen, record) })
    }

    fn revoke<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.tables().sessions.revoke(session_id)) })
    }

    fn revoke_member<'a>(
        &'a self,
        member_id: &'a MemberId,
        except: Option<&'a SessionId>,
    ) -> Answer<'a, Vec<SessionId>> {
        Box::pin(async move { Ok(self.tables().sessions.revoke_member(member_id, except)) })
    }

    fn revoke_organization<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, ()> {
        Box::pin(async move {
            self.tables().sessions.revoke_organization(organization_id);
            Ok(())
        })
    }

    fn touch<'a>(&'a self, uses: &'a [LastUse]) -> Answer<'a, ()> {
        Box::pin(async move {
            self.tables().sessions.touch(uses);
            Ok(())
        })
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, u64> {
        Box::pin(async move { Ok(self.tables().sessions.sweep(now)) })
    }
}
