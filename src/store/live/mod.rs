//! The live table: the sessions that this node has judged and may answer for without asking a store.
//!
//! What ends a session enters here first: a tombstone that nothing pushes out. What was read from a
//! store enters only if nothing ended or changed since it was asked.

mod epoch;
mod key;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use self::key::ByTableKey;
pub(crate) use self::{
    epoch::Epoch,
    key::{TableHash, TableKey},
};
use crate::{
    domain::{MemberId, OrganizationId, SessionId, Timestamp},
    judge::MemberSession,
};

const SHARDS: usize = 64;

/// A session that was judged, and until when that is believed.
#[derive(Clone, Debug)]
struct Live {
    session: MemberSession,
    organization: Epoch,
    believed_until: Timestamp,
}

impl Live {
    fn at(&self, now: Timestamp) -> Option<&MemberSession> {
        let believed = now < self.believed_until && self.organization.is_current();
        (believed && self.session.holds_at(now)).then_some(&self.session)
    }
}

/// The sessions of one shard.
#[derive(Debug, Default)]
struct SessionShard {
    /// Those that stand in the table, and where.
    live: HashMap<SessionId, Standing>,
    /// Those that have ended, until no store and no JWT could bring them back. Nothing pushes them out.
    ended: HashMap<SessionId, Timestamp>,
}

#[derive(Debug)]
struct Standing {
    key: TableKey,
    member_id: MemberId,
}

/// What the table says to a token or a session id.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// It lives.
    Live(MemberSession),
    /// It ended, whatever a store says.
    Ended,
    /// Ask the store.
    Unknown,
}

type TokenShard = HashMap<TableKey, Live, ByTableKey>;

/// Taken before a store is asked; what the store said enters the table only while nothing moved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(u64);

/// The table.
#[derive(Debug)]
pub(crate) struct LiveTable {
    hash: TableHash,
    tokens: Vec<RwLock<TokenShard>>,
    sessions: Vec<RwLock<SessionShard>>,
    members: Vec<RwLock<HashMap<MemberId, HashSet<SessionId>>>>,
    organizations: RwLock<HashMap<OrganizationId, Epoch>>,
    /// Moves whenever a session ends or is replaced, and whenever a member or an organization changes.
    changes: AtomicU64,
    ended: Vec<Notify>,
    capacity: usize,
    staleness: Duration,
}

impl LiveTable {
    /// A table of at most `capacity` sessions, each believed for at most `staleness`. `key` is random.
    pub(crate) fn new(key: [u8; 16], capacity: usize, staleness: Duration) -> Self {
        Self {
            hash: TableHash::new(key),
            tokens: (0..SHARDS).map(|_| RwLock::default()).collect(),
            sessions: (0..SHARDS).map(|_| RwLock::default()).collect(),
            members: (0..SHARDS).map(|_| RwLock::default()).collect(),
            organizations: RwLock::default(),
            changes: AtomicU64::new(0),
            ended: (0..SHARDS).map(|_| Notify::new()).collect(),
            capacity: capacity.div_ceil(SHARDS),
            staleness,
        }
    }

    /// Where a token would stand.
    pub(crate) fn key(&self, token: &[u8]) -> TableKey {
        self.hash.of(token)
    }

    /// The session of a token, if this node may answer for it at `now`. The one look that an ordinary
    /// request costs.
    pub(crate) fn by_key(&self, key: TableKey, now: Timestamp) -> Option<MemberSession> {
        read(&self.tokens[key.shard(SHARDS)]).get(&key)?.at(now).cloned()
    }

    /// The session of an id.
    pub(crate) fn by_id(&self, session_id: &SessionId, now: Timestamp) -> Found {
        let key = {
            let shard = read(&self.sessions[shard_of(session_id.as_str())]);
            if shard.ended.contains_key(session_id) {
                return Found::Ended;
            }
            match shard.live.get(session_id) {
                Some(standing) => standing.key,
                None => return Found::Unknown,
            }
        };
        match self.by_key(key, now) {
            Some(session) if session.member_session_id() == session_id => Found::Live(session),
            _ => Found::Unknown,
        }
    }

    /// To be taken before a store is asked about a session, its member or its organization.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.changes.load(Ordering::Acquire))
    }

    fn moved(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// The epoch of an organization, to be taken before the store is asked about it.
    pub(crate) fn organization(&self, organization_id: &OrganizationId) -> Epoch {
        if let Some(epoch) = read(&self.organizations).get(organization_id) {
            return epoch.renewed();
        }
        write(&self.organizations).entry(organization_id.clone()).or_default().renewed()
    }

    /// Enters a session that was judged by what a store said, unless anything moved since the ticket:
    /// then the next request asks again. Says whether the session may be used, which it may not if it
    /// has ended meanwhile.
    pub(crate) fn fill(
        &self,
        token: &[u8],
        session: &MemberSession,
        organization: Epoch,
        ticket: Ticket,
        now: Timestamp,
    ) -> bool {
        let session_id = session.member_session_id();
        let mut shard = write(&self.sessions[shard_of(session_id.as_str())]);
        if shard.ended.contains_key(session_id) {
            return false;
        }
        // Changes are counted before what they concern is taken out of the table, and that waits for
        // the shard: what is put in here after a change was noticed by nobody can't be.
        if self.changes.load(Ordering::Acquire) == ticket.0 {
            self.put(&mut shard, token, session, organization, now);
            // A change of the member that came before the index knew this session has not seen it.
            if self.changes.load(Ordering::Acquire) != ticket.0 {
                self.forget(&mut shard, session_id);
            }
        }
        true
    }

    /// Takes the former token of a session out, whose record was replaced.
    pub(crate) fn replaced(&self, session_id: &SessionId) {
        self.moved();
        self.forget(&mut write(&self.sessions[shard_of(session_id.as_str())]), session_id);
    }

    fn put(
        &self,
        shard: &mut SessionShard,
        token: &[u8],
        session: &MemberSession,
        organization: Epoch,
        now: Timestamp,
    ) {
        let session_id = session.member_session_id();
        self.forget(shard, session_id);
        if shard.live.len() >= self.capacity {
            // Whoever has to go can be read from the store again.
            if let Some(victim) = shard.live.keys().next().cloned() {
                self.forget(shard, &victim);
            }
        }
        let key = self.hash.of(token);
        let member_id = session.member_id().clone();
        write(&self.members[shard_of(member_id.as_str())])
            .entry(member_id.clone())
            .or_default()
            .insert(session_id.clone());
        shard.live.insert(session_id.clone(), Standing { key, member_id });
        let believed_until = now.after(self.staleness);
        let live = Live { session: session.clone(), organization, believed_until };
        write(&self.tokens[key.shard(SHARDS)]).insert(key, live);
    }

    /// Takes a live session out of the table; a tombstone stays.
    fn forget(&self, shard: &mut SessionShard, session_id: &SessionId) {
        let Some(Standing { key, member_id }) = shard.live.remove(session_id) else { return };
        write(&self.tokens[key.shard(SHARDS)]).remove(&key);
        let mut members = write(&self.members[shard_of(member_id.as_str())]);
        if let Some(sessions) = members.get_mut(&member_id) {
            sessions.remove(session_id);
            if sessions.is_empty() {
                members.remove(&member_id);
            }
        }
    }

    /// Ends a session for good. `until` is when nothing could bring it back any more.
    pub(crate) fn end(&self, session_id: &SessionId, until: Timestamp) {
        self.moved();
        let index = shard_of(session_id.as_str());
        let mut shard = write(&self.sessions[index]);
        self.forget(&mut shard, session_id);
        shard.ended.insert(session_id.clone(), until);
        drop(shard);
        self.ended[index].notify_waiters();
    }

    /// Makes the next request of every session of a member ask the store again. Walks that member's
    /// sessions and no others.
    pub(crate) fn member_changed(&self, member_id: &MemberId) {
        self.moved();
        for session_id in self.sessions_of(member_id) {
            let index = shard_of(session_id.as_str());
            self.forget(&mut write(&self.sessions[index]), &session_id);
            self.ended[index].notify_waiters();
        }
    }

    /// The sessions of a member that the table holds.
    pub(crate) fn sessions_of(&self, member_id: &MemberId) -> Vec<SessionId> {
        let members = read(&self.members[shard_of(member_id.as_str())]);
        members.get(member_id).map_or_else(Vec::new, |sessions| sessions.iter().cloned().collect())
    }

    /// Makes the next request of every session of an organization ask the store again, whatever their
    /// number, at the cost of one counter.
    pub(crate) fn organization_changed(&self, organization_id: &OrganizationId) {
        self.moved();
        self.organization(organization_id).advance();
        for ended in &self.ended {
            ended.notify_waiters();
        }
    }

    /// Waits until a session of the same shard as this one ends or changes.
    pub(crate) fn stirred(&self, session_id: &SessionId) -> tokio::sync::futures::Notified<'_> {
        self.ended[shard_of(session_id.as_str())].notified()
    }

    /// Drops what has expired, one shard after the other.
    pub(crate) fn sweep(&self, now: Timestamp) {
        write(&self.organizations).retain(|_, epoch| epoch.is_held());
        for sessions in &self.sessions {
            let mut shard = write(sessions);
            shard.ended.retain(|_, until| now < *until);
            let over = |standing: &Standing| {
                let tokens = read(&self.tokens[standing.key.shard(SHARDS)]);
                tokens.get(&standing.key).is_none_or(|live| !live.session.holds_at(now))
            };
            let over: Vec<SessionId> =
                shard.live.iter().filter(|(_, standing)| over(standing)).map(|(id, _)| id.clone()).collect();
            for session_id in over {
                self.forget(&mut shard, &session_id);
            }
        }
    }
}

fn shard_of(text: &str) -> usize {
    // Ids are random, or not chosen by an attacker: any spread will do.
    text.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % SHARDS
}

/// Nothing in this room panics while it holds a lock, so a poisoned one holds sound data.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
