//! The live table: the sessions that this node has judged and may answer for without asking a store.
//!
//! What ends a session enters here first: a tombstone that nothing pushes out. What was read from a
//! store enters only if nothing ended or changed since it was asked.
//!
//! A look costs a shard's read lock and two places in memory that may be cold: the bucket that the token
//! leads to, which is one cache line, and the beginning of the session, which lies in two that stand side by
//! side. Everything else about a session is kept small.

mod apart;
mod ending;
mod found_by;
mod key;
mod shard;
mod shared;
mod tokens;

use std::{
    collections::{HashMap, HashSet},
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

pub(crate) use self::apart::Apart;
use self::{
    found_by::{ById, ByMember},
    key::TokenHash,
    shard::Shard,
    shared::Shared,
    tokens::Tokens,
};
use crate::{
    domain::{CompactId, MemberId, OrganizationId, SessionId, Timestamp, TokenKey},
    judge::{MemberSession, Parts},
};

/// So many that growing one of them takes no longer than a request.
const SHARDS: usize = 256;

/// The tokens of one shard.
#[derive(Debug, Default)]
struct TokenShard {
    live: Tokens,
    /// Those that no store is asked about, and until when: their sessions have ended. As many as were presented
    /// or ended here; none is forged.
    ended: HashMap<TokenKey, Timestamp>,
}

/// The sessions of one shard, by their ids.
#[derive(Debug, Default)]
struct SessionShard {
    live: HashSet<ById>,
    /// Those that have ended, until no store and no JWT could bring them back. Nothing pushes them out.
    ended: HashMap<CompactId, Timestamp>,
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

/// Taken before a store is asked; what the store said enters the table only while nothing moved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(u64);

/// The table.
#[derive(Debug)]
pub(crate) struct LiveTable {
    hash: TokenHash,
    tokens: Vec<Shard<TokenShard>>,
    sessions: Vec<Shard<SessionShard>>,
    members: Vec<Shard<HashMap<ByMember, Vec<MemberSession>>>>,
    shared: Shared,
    /// Moves whenever a session ends or is replaced, and whenever a member or an organization changes. Apart from
    /// what every look reads.
    changes: Apart<AtomicU64>,
    ended: Vec<Notify>,
    capacity: usize,
    staleness: Duration,
}

impl LiveTable {
    /// A table of at most `capacity` sessions, each believed for at most `staleness`. `key` is random.
    pub(crate) fn new(key: [u8; 16], capacity: usize, staleness: Duration) -> Self {
        Self {
            hash: TokenHash::new(key),
            tokens: (0..SHARDS).map(|_| Shard::default()).collect(),
            sessions: (0..SHARDS).map(|_| Shard::default()).collect(),
            members: (0..SHARDS).map(|_| Shard::default()).collect(),
            shared: Shared::default(),
            changes: Apart::default(),
            ended: (0..SHARDS).map(|_| Notify::new()).collect(),
            capacity: capacity.div_ceil(SHARDS),
            staleness,
        }
    }

    /// The session of a token. The one look that an ordinary request costs.
    pub(crate) fn by_token(&self, token: &[u8], now: Timestamp) -> Found {
        let key = self.hash.of(token);
        let shard = self.tokens[shard_of_token(&key)].read();
        match shard.live.get(&key) {
            Some(session) if session.is_believed_at(now) => Found::Live(session.clone()),
            _ if shard.ended.get(&key).is_some_and(|until| now < *until) => Found::Ended,
            _ => Found::Unknown,
        }
    }

    /// The session of an id.
    pub(crate) fn by_id(&self, session_id: &SessionId, now: Timestamp) -> Found {
        self.by_compact_id(&session_id.into(), now)
    }

    /// The same, of an id that was read before.
    pub(crate) fn by_compact_id(&self, id: &CompactId, now: Timestamp) -> Found {
        let shard = self.sessions[shard_of(id)].read();
        if shard.ended.contains_key(id) {
            return Found::Ended;
        }
        match shard.live.get(id) {
            Some(ById(session)) if session.is_believed_at(now) => Found::Live(session.clone()),
            _ => Found::Unknown,
        }
    }

    /// How many sessions there are in it.
    pub(crate) fn len(&self) -> usize {
        self.sessions.iter().map(|shard| shard.read().live.len()).sum()
    }

    /// To be taken before a store is asked about a session, its member or its organization.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.changes.0.load(Ordering::Acquire))
    }

    fn moved(&self) {
        self.changes.0.fetch_add(1, Ordering::AcqRel);
    }

    /// Prepares a session that was just made: it is to be found by this token, and shares with others what
    /// they have in common. One that is not prepared does not enter the table.
    pub(crate) fn settle(&self, session: &mut MemberSession, token: &[u8]) {
        let Parts { organization, roles, member, user_agent } = session.parts();
        let members = self.members[shard_of(&member.member_id)].read();
        let known = members.get_key_value(&member.member_id).map(|(ByMember(known), _)| known);
        let parts = Parts {
            organization: self.shared.organization(organization),
            member: Arc::clone(known.filter(|known| *known == member).unwrap_or(member)),
            roles: self.shared.roles(roles),
            user_agent: self.shared.user_agent(user_agent),
        };
        drop(members);
        session.settle(self.hash.of(token), parts);
    }

    /// Enters a session that was judged by what a store said, unless anything moved since the ticket:
    /// then the next request asks again. Says whether the session may be used, which it may not if it
    /// has ended meanwhile.
    pub(crate) fn fill(&self, session: &MemberSession, ticket: Ticket, now: Timestamp) -> bool {
        let mut shard = self.sessions[shard_of(session.compact_id())].write();
        let tokens = &self.tokens[shard_of_token(session.token_key())];
        if let Some(until) = shard.ended.get(session.compact_id()) {
            tokens.write().end(session.token_key(), *until);
            return false;
        }
        // A store has said of it before that it was over.
        tokens.write().ended.remove(session.token_key());
        // Changes are counted before what they concern is taken out of the table, and that waits for
        // the shard: what is put in here after a change was noticed by nobody can't be.
        let settled = *session.token_key() != TokenKey::default();
        if settled
            && self.changes.0.load(Ordering::Acquire) == ticket.0
            && self.shared.is_known(&session.parts().organization)
        {
            self.put(&mut shard, session, now);
            // A change of the member that came before the index knew this session has not seen it.
            if self.changes.0.load(Ordering::Acquire) != ticket.0 {
                self.forget(&mut shard, session.compact_id());
            }
        }
        true
    }

    /// Takes the former token of a session out, whose record was replaced.
    pub(crate) fn replaced(&self, session_id: &SessionId) {
        self.moved();
        let id = CompactId::from(session_id);
        self.forget(&mut self.sessions[shard_of(&id)].write(), &id);
    }

    fn put(&self, shard: &mut SessionShard, session: &MemberSession, now: Timestamp) {
        self.forget(shard, session.compact_id());
        if shard.live.len() >= self.capacity {
            // Whoever has to go can be read from the store again.
            if let Some(victim) = shard.live.iter().next().map(|ById(session)| session.compact_id().clone()) {
                self.forget(shard, &victim);
            }
        }
        session.believe_until(now.after(self.staleness));
        self.members[shard_of(session.member_id())]
            .write()
            .entry(ByMember(Arc::clone(&session.parts().member)))
            // Most people have one.
            .or_insert_with(|| Vec::with_capacity(1))
            .push(session.clone());
        shard.live.insert(ById(session.clone()));
        self.tokens[shard_of_token(session.token_key())].write().live.insert(session.clone());
    }

    /// Takes a live session out of the table; a tombstone stays.
    fn forget(&self, shard: &mut SessionShard, id: &CompactId) {
        let Some(ById(session)) = shard.live.take(id) else { return };
        self.tokens[shard_of_token(session.token_key())].write().live.remove(session.token_key());
        self.unlist(&session);
    }

    /// Takes a session out of its member's list. Told by where it lies: a list may be long, and what it leads to
    /// is cold.
    fn unlist(&self, session: &MemberSession) {
        let member_id = session.member_id();
        let mut members = self.members[shard_of(member_id)].write();
        let Some(sessions) = members.get_mut(member_id) else { return };
        if let Some(place) = sessions.iter().position(|other| other.is(session)) {
            sessions.swap_remove(place);
        }
        if sessions.is_empty() {
            members.remove(member_id);
        }
    }

    /// Makes the next request of every session of a member ask the store again. Walks that member's
    /// sessions and no others.
    pub(crate) fn member_changed(&self, member_id: &MemberId) {
        self.moved();
        for id in self.sessions_of(member_id) {
            let index = shard_of(&id);
            self.forget(&mut self.sessions[index].write(), &id);
            self.ended[index].notify_waiters();
        }
    }

    fn sessions_of(&self, member_id: &MemberId) -> Vec<CompactId> {
        let members = self.members[shard_of(member_id)].read();
        let sessions = members.get(member_id).map_or(&[][..], Vec::as_slice);
        sessions.iter().map(|session| session.compact_id().clone()).collect()
    }

    /// Makes the next request of every session of an organization ask the store again, whatever their
    /// number, at the cost of one mark.
    pub(crate) fn organization_changed(&self, organization_id: &OrganizationId) {
        self.moved();
        self.shared.outdate(organization_id);
        for ended in &self.ended {
            ended.notify_waiters();
        }
    }

    /// Waits until a session of the same shard as this one ends or changes.
    pub(crate) fn stirred(&self, session_id: &SessionId) -> tokio::sync::futures::Notified<'_> {
        self.ended[shard_of(&CompactId::from(session_id))].notified()
    }

    /// Drops what has expired, one shard after the other; other tasks come between.
    pub(crate) async fn sweep(&self, now: Timestamp) {
        for sessions in &self.sessions {
            self.sweep_shard(&mut sessions.write(), now);
            tokio::task::yield_now().await;
        }
        for tokens in &self.tokens {
            tokens.write().ended.retain(|_, until| now < *until);
            tokio::task::yield_now().await;
        }
        self.shared.sweep();
    }

    fn sweep_shard(&self, shard: &mut SessionShard, now: Timestamp) {
        shard.ended.retain(|_, until| now < *until);
        let over = shard.live.iter().filter(|ById(session)| !session.holds_at(now));
        let over: Vec<CompactId> = over.map(|ById(session)| session.compact_id().clone()).collect();
        for id in over {
            self.forget(shard, &id);
        }
    }
}

impl TokenShard {
    fn end(&mut self, key: &TokenKey, until: Timestamp) {
        self.live.remove(key);
        self.ended.insert(*key, until);
    }
}

/// The low half picks the place in the shard, so the high half picks the shard.
fn shard_of_token(key: &TokenKey) -> usize {
    usize::try_from(key.high % SHARDS as u64).unwrap_or_default()
}

/// Ids are random, or not chosen by an attacker: any spread will do.
fn shard_of(id: &impl Hash) -> usize {
    let mut spread = Spread(0);
    id.hash(&mut spread);
    usize::try_from(spread.0 % SHARDS as u64).unwrap_or_default()
}

#[derive(Debug)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
