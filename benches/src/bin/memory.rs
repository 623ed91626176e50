//! Counts what a live session, a remembered JWT and an intermediate session hold in memory.
//!
//! `memory [COUNT]`: of so many of each; a million by default.

#[path = "../counting.rs"]
mod counting;

use std::{env, fs, sync::Arc};

use counting::{Counting, allocated};
use http::Request;
use serde_json::json;
use vestibule::{
    JwtAlgorithm, Vestibule,
    domain::{
        CredentialId, CustomClaims, Environment, Factor, FactorKind, MemberId, OrganizationId, SessionId,
        SessionRecord, Subject, Timestamp, TokenSeed,
    },
    store::{
        Answer, LastUse, SessionStore,
        memory::MemoryStore,
        moka::{MokaTransient, TransientCapacity},
    },
};
use vestibule_benches::{
    rounds,
    vestibules::{self, OneKey, People, SESSIONS_PER_MEMBER},
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let count = env::args().nth(1).map_or(1_000_000, |n| n.parse().expect("a number"));
    println!("\n### Bytes held by each of {count}\n");
    println!("| | bytes asked for | resident |\n|---|--:|--:|");
    let runtime = rounds::runtime();
    for sessions_per_member in [SESSIONS_PER_MEMBER, 1] {
        runtime.block_on(live_sessions(count, sessions_per_member));
    }
    runtime.block_on(remembered_jwts(count));
    runtime.block_on(intermediate_sessions(count));
}

/// What `fill` leaves behind, by each of so many.
async fn held(what: &str, count: usize, fill: impl Future<Output = ()>) {
    eprintln!("{what} …");
    let (before, resident_before) = (allocated().held, resident());
    fill.await;
    let by_each = |more: i64| more as f64 / count as f64;
    let (after, resident_after) = (allocated().held, resident());
    println!(
        "| {what} | {:.0} | {:.0} |",
        by_each(after - before),
        by_each(resident_after - resident_before)
    );
}

/// Bytes of this process that are in memory.
fn resident() -> i64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<i64>().ok());
    pages.unwrap_or_default() * 4096
}

/// People sign in at one node; another one, started later on the same store, comes to know their sessions.
async fn live_sessions(count: usize, sessions_per_member: usize) {
    let people = People { sessions: count, sessions_per_member };
    let store = SharedStore(Arc::new(MemoryStore::new()));
    let first = node(people, store.clone(), 0).await;
    let tokens = vestibules::sign_in_all(&first, people).await;
    drop(first);
    let second = node(people, store, 0).await;
    let what = format!("live session, {sessions_per_member} a member");
    held(&what, count, async {
        for token in &tokens {
            second.current_session(token).await.unwrap();
        }
    })
    .await;
    let session = second.current_session(&tokens[0]).await.unwrap();
    assert_eq!((session.authentication_factors().len(), session.roles().len()), (2, 2));
    assert_eq!(session.custom_claims().len(), 1);
}

async fn remembered_jwts(count: usize) {
    let people = People { sessions: count, sessions_per_member: SESSIONS_PER_MEMBER };
    let vestibule = node(people, SharedStore(Arc::new(MemoryStore::new())), count as u64).await;
    let tokens = vestibules::sign_in_all(&vestibule, people).await;
    let mut jwts = Vec::with_capacity(count);
    for token in &tokens {
        let session = vestibule.current_session(token).await.unwrap();
        jwts.push(vestibule.session_jwt(&session).await.unwrap().expose().to_owned());
    }
    let length = jwts[0].len();
    held(&format!("remembered JWT of {length} characters"), count, async {
        for jwt in &jwts {
            vestibule.current_session(jwt).await.unwrap();
        }
    })
    .await;
}

async fn intermediate_sessions(count: usize) {
    let people = People { sessions: count, sessions_per_member: SESSIONS_PER_MEMBER };
    let vestibule = node(people, SharedStore(Arc::new(MemoryStore::new())), 0).await;
    held("intermediate session", count, async {
        for index in 0..count {
            let (request, ()) = Request::new(()).into_parts();
            vestibule.vouch(&request, people.vouched(index, None, vestibule.now())).await.unwrap();
        }
    })
    .await;
}

async fn node(people: People, sessions: SharedStore, remembered_jwts: u64) -> Vestibule {
    let transient =
        TransientCapacity { intermediate_sessions: people.sessions as u64, ..TransientCapacity::default() };
    let builder = vestibules::builder(JwtAlgorithm::EdDsa)
        .master_keys(OneKey)
        .transient(MokaTransient::with_capacity(transient))
        .sessions(sessions)
        .remembered_jwts(remembered_jwts);
    let vestibule = builder.build().await.unwrap();
    vestibules::create_all(&vestibule, people).await;
    vestibule
}

/// A store of sessions that two nodes share. Whoever is read back has a second factor and a claim.
#[derive(Clone)]
struct SharedStore(Arc<MemoryStore>);

fn enriched(mut record: SessionRecord) -> SessionRecord {
    let uuid = *record.seed.0.first_chunk().unwrap();
    record.factors.push(Factor::new(
        FactorKind::Totp,
        Subject::Member(record.member_id.clone()),
        CredentialId::mint("member-totp", Environment::Test, uuid),
        record.started_at,
    ));
    let claims = [("plan".to_owned(), json!("gold"))].into_iter().collect();
    record.custom_claims = CustomClaims::new(claims).unwrap();
    record
}

impl SessionStore for SharedStore {
    fn insert<'a>(&'a self, record: &'a SessionRecord) -> Answer<'a, ()> {
        self.0.insert(record)
    }

    fn by_seed<'a>(&'a self, seed: &'a TokenSeed) -> Answer<'a, Option<SessionRecord>> {
        Box::pin(async { Ok(self.0.by_seed(seed).await?.map(enriched)) })
    }

    fn by_id<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, Option<SessionRecord>> {
        SessionStore::by_id(&*self.0, session_id)
    }

    fn of_member<'a>(&'a self, member_id: &'a MemberId, now: Timestamp) -> Answer<'a, Vec<SessionRecord>> {
        self.0.of_member(member_id, now)
    }

    fn replace_if<'a>(&'a self, seen: u64, record: &'a SessionRecord) -> Answer<'a, bool> {
        SessionStore::replace_if(&*self.0, seen, record)
    }

    fn revoke<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, bool> {
        self.0.revoke(session_id)
    }

    fn revoke_member<'a>(
        &'a self,
        member_id: &'a MemberId,
        except: Option<&'a SessionId>,
    ) -> Answer<'a, Vec<SessionId>> {
        self.0.revoke_member(member_id, except)
    }

    fn revoke_organization<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, ()> {
        self.0.revoke_organization(organization_id)
    }

    fn touch<'a>(&'a self, uses: &'a [LastUse]) -> Answer<'a, ()> {
        self.0.touch(uses)
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, u64> {
        SessionStore::sweep(&*self.0, now)
    }
}
