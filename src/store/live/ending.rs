//! What ends sessions in the table.

use std::{collections::HashSet, sync::atomic::Ordering};

use super::{LiveTable, Ticket, found_by::ById, shard_of, shard_of_token};
use crate::{
    domain::{CompactId, MemberId, SessionId, Timestamp},
    judge::MemberSession,
};

impl LiveTable {
    /// Ends a session for good. `until` is when nothing could bring it back any more.
    pub(crate) fn end(&self, session_id: &SessionId, until: Timestamp) {
        if let Some(session) = self.bury(&session_id.into(), until) {
            self.unlist(&session);
        }
    }

    /// Ends the sessions of a member that the table holds, or all but one; says which. Their list is gone through
    /// once, however many they are.
    pub(crate) fn end_member(
        &self,
        member_id: &MemberId,
        except: Option<&SessionId>,
        until: Timestamp,
    ) -> HashSet<CompactId> {
        let mut ended: HashSet<CompactId> = self.sessions_of(member_id).into_iter().collect();
        if let Some(except) = except {
            ended.remove(&except.into());
        }
        for id in &ended {
            self.bury(id, until);
        }
        // Only now: until a session has ended, a change of its member has to find it here. None of these ids can
        // have come back meanwhile, since their tombstones stand.
        let mut members = self.members[shard_of(member_id)].write();
        if let Some(sessions) = members.get_mut(member_id) {
            sessions.retain(|session| !ended.contains(session.compact_id()));
            if sessions.is_empty() {
                members.remove(member_id);
            }
        }
        ended
    }

    /// Notes that a store knows no live session of a token, unless anything moved since the ticket. That is
    /// believed as long as a session is.
    pub(crate) fn over(&self, token: &[u8], ticket: Ticket, now: Timestamp) {
        let key = self.hash.of(token);
        let mut shard = self.tokens[shard_of_token(&key)].write();
        // It may have been put in since the store was asked.
        let lives = shard.live.get(&key).is_some_and(|session| session.is_believed_at(now));
        if !lives && self.changes.0.load(Ordering::Acquire) == ticket.0 {
            let until = now.after(self.staleness);
            shard.ended.entry(key).and_modify(|known| *known = until.max(*known)).or_insert(until);
        }
    }

    /// Puts a tombstone in the place of a session, whose member's list still has it.
    fn bury(&self, id: &CompactId, until: Timestamp) -> Option<MemberSession> {
        let index = shard_of(id);
        let mut shard = self.sessions[index].write();
        if shard.ended.contains_key(id) {
            return None;
        }
        self.moved();
        let live = shard.live.take(id).map(|ById(session)| session);
        if let Some(session) = &live {
            self.tokens[shard_of_token(session.token_key())].write().end(session.token_key(), until);
        }
        shard.ended.insert(id.clone(), until);
        drop(shard);
        self.ended[index].notify_waiters();
        live
    }
}
