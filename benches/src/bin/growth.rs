//! Measures how costs grow with what is stored.
//!
//! `growth [SESSIONS…]`: 1,000, 10,000, 100,000 and 1,000,000 by default, ten a member.

#[path = "flows/clock.rs"]
mod clock;

use std::{
    env,
    path::Path,
    time::{Duration, Instant},
};

use clock::Ahead;
use sqlx::{Connection, SqliteConnection};
use vestibule::{
    Builder, JwtAlgorithm, Vestibule,
    domain::{
        CredentialId, CustomClaims, Environment, Factor, FactorKind, SessionId, SessionRecord, Subject,
        Timestamp, TokenSeed,
    },
    store::sqlite::SqliteStore,
};
use vestibule_benches::{
    rounds::{self, Random},
    vestibules::{self, OneKey, People, SESSIONS_PER_MEMBER, address, member_id, organization_id},
};

const REPEATS: usize = 41;

/// The uses that are written while people sign in.
const USES: usize = 20_000;

fn main() {
    let asked: Vec<usize> = env::args().skip(1).map(|n| n.parse().expect("a number of sessions")).collect();
    let sizes = if asked.is_empty() { vec![1_000, 10_000, 100_000, 1_000_000] } else { asked };
    println!("\n### Medians by what is stored\n");
    println!(
        "| sessions | check, in memory | revoke all 10 of a member, in memory | sign-in, in memory \
         | start on a file | sign-in, durable | load a session from the file | revoke all 10, durable \
         | sign-in, durable, while {USES} last uses are written |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for sessions in sizes {
        let people = People { sessions, sessions_per_member: SESSIONS_PER_MEMBER };
        let runtime = rounds::runtime();
        eprintln!("{sessions} in memory …");
        let [check, revoke, sign_in] = runtime.block_on(in_memory(people));
        eprintln!("{sessions} in a file …");
        let [start, durable_sign_in, load, durable_revoke, beside_uses] = runtime.block_on(in_a_file(people));
        println!(
            "| {sessions} | {check:?} | {revoke:?} | {sign_in:?} | {start:?} | {durable_sign_in:?} | {load:?} \
             | {durable_revoke:?} | {beside_uses:?} |"
        );
    }
}

/// The median of some repeats of a measurement that says itself what it took.
async fn median(mut measure: impl AsyncFnMut(usize) -> Duration) -> Duration {
    let mut times = Vec::new();
    for repeat in 0..REPEATS {
        times.push(measure(repeat).await);
    }
    times.sort();
    times[REPEATS / 2]
}

async fn in_memory(people: People) -> [Duration; 3] {
    const CHECKS: u32 = 2_000;
    let vestibule = vestibules::builder(JwtAlgorithm::EdDsa).build().await.unwrap();
    vestibules::create_all(&vestibule, people).await;
    let tokens = vestibules::sign_in_all(&vestibule, people).await;
    let mut random = Random(7);
    let check = median(async |_| {
        let order: Vec<usize> = (0..CHECKS).map(|_| random.below(people.sessions) as usize).collect();
        let began = Instant::now();
        for index in order {
            vestibule.current_session(&tokens[index]).await.unwrap();
        }
        began.elapsed() / CHECKS
    })
    .await;
    let sign_in = median(async |repeat| sign_in(&vestibule, people, repeat).await).await;
    let revoke = median(async |repeat| revoke(&vestibule, people, people.members() - 1 - repeat).await).await;
    [check, revoke, sign_in]
}

async fn in_a_file(people: People) -> [Duration; 5] {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vestibule.sqlite");
    let vestibule = node(SqliteStore::open(&file).await.unwrap()).await;
    vestibules::create_all(&vestibule, people).await;
    fill(&file, people, vestibule.now()).await;
    drop(vestibule);

    let start = median(async |_| {
        let began = Instant::now();
        node(SqliteStore::open(&file).await.unwrap()).await;
        began.elapsed()
    })
    .await;
    let vestibule = node(SqliteStore::open(&file).await.unwrap()).await;
    let mut random = Random(7);
    let durable_sign_in = median(async |repeat| sign_in(&vestibule, people, repeat).await).await;
    let load = median(async |_| {
        let index = random.below(people.sessions) as usize;
        let began = Instant::now();
        assert!(vestibule.engine().is_live(&session_id(index), vestibule.now()).await.unwrap());
        began.elapsed()
    })
    .await;
    let durable_revoke =
        median(async |repeat| revoke(&vestibule, people, people.members() - 1 - repeat).await).await;
    drop(vestibule);
    let beside_uses = beside_uses(&file, people).await;
    [start, durable_sign_in, load, durable_revoke, beside_uses]
}

/// The median of the sign-ins that come in while many last uses wait to be written.
async fn beside_uses(file: &Path, people: People) -> Duration {
    let clock = Ahead::default();
    let vestibule =
        builder(SqliteStore::open(file).await.unwrap()).clock(clock.clone()).build().await.unwrap();
    let background = vestibule.start();
    let mut tokens = Vec::with_capacity(USES);
    for index in 0..USES {
        let index = index % people.sessions;
        let organization = organization_id(index / people.sessions_per_member);
        let vouched = people.vouched(index, Some(organization), vestibule.now());
        tokens.push(vestibules::sign_in(&vestibule, vouched).await);
    }
    // Each is noted once a minute.
    clock.advance(Duration::from_secs(60));
    for token in &tokens {
        vestibule.current_session(token).await.unwrap();
    }
    // When it stops it writes what is left: all of them.
    let written = tokio::spawn(background.stop());
    let mut times = Vec::new();
    while !written.is_finished() {
        times.push(sign_in(&vestibule, people, times.len() % people.sessions).await);
    }
    times.sort();
    times[times.len() / 2]
}

async fn sign_in(vestibule: &Vestibule, people: People, repeat: usize) -> Duration {
    let organization = organization_id(repeat / people.sessions_per_member);
    let vouched = people.vouched(repeat, Some(organization), vestibule.now());
    let began = Instant::now();
    vestibules::sign_in(vestibule, vouched).await;
    began.elapsed()
}

async fn revoke(vestibule: &Vestibule, people: People, member: usize) -> Duration {
    let began = Instant::now();
    let ended = vestibule.revoke_member(&member_id(member), None).await.unwrap();
    let time = began.elapsed();
    assert_eq!(ended, people.sessions_per_member);
    time
}

async fn node(store: SqliteStore) -> Vestibule {
    builder(store).build().await.unwrap()
}

fn builder(store: SqliteStore) -> Builder {
    vestibules::builder(JwtAlgorithm::EdDsa).master_keys(OneKey).store(store)
}

fn session_id(index: usize) -> SessionId {
    SessionId::mint(Environment::Test, (index as u128).to_be_bytes())
}

/// Writes the sessions into the file at once: signing a million people in would take an hour.
async fn fill(file: &Path, people: People, now: Timestamp) {
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    for index in 0..people.sessions {
        let record = record(people, index, now);
        sqlx::query(
            "INSERT INTO sessions (session_id, seed, member_id, organization_id, revision, started_at,
                last_accessed_at, expires_at, absolute_end, document) VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
        )
        .bind(record.session_id.as_str())
        .bind(record.seed.0.as_slice())
        .bind(record.member_id.as_str())
        .bind(record.organization_id.as_str())
        .bind(record.started_at.as_millis() as i64)
        .bind(record.last_accessed_at.as_millis() as i64)
        .bind(record.expires_at.as_millis() as i64)
        .bind(record.absolute_end.as_millis() as i64)
        .bind(serde_json::to_string(&record).unwrap())
        .execute(&mut *transaction)
        .await
        .unwrap();
    }
    transaction.commit().await.unwrap();
    connection.close().await.unwrap();
}

fn record(people: People, index: usize, now: Timestamp) -> SessionRecord {
    let member = index / people.sessions_per_member;
    let email_id = CredentialId::mint("email", Environment::Test, (member as u128).to_be_bytes());
    let end = now.after(Duration::from_secs(12 * 3600));
    SessionRecord {
        session_id: session_id(index),
        member_id: member_id(member),
        organization_id: organization_id(member),
        seed: TokenSeed((index as u128).to_be_bytes()),
        revision: 0,
        factors: vec![Factor::new(FactorKind::EmailOtp, Subject::Email(address(member)), email_id, now)],
        enrolled_here: Vec::new(),
        custom_claims: CustomClaims::default(),
        started_at: now,
        last_accessed_at: now,
        expires_at: end,
        absolute_end: end,
        user_agent: String::new(),
        ip_address: String::new(),
    }
}
