//! What SQLite acknowledged survives the death of the process: a child writes and acknowledges until
//! it is killed at some moment, and everything it acknowledged must be there.

#![cfg(all(feature = "sqlite", unix))]
#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, SystemTime},
};

use vestibule::{
    domain::{
        CredentialId, Credentials, CustomClaims, Digest, EmailAddress, Environment, MagicLink, Member,
        MemberId, MemberStatus, Organization, OrganizationId, Scope, SessionId, SessionRecord, Slug,
        Timestamp, TokenSeed,
    },
    store::{
        CredentialStore, Directory, DirectoryAdmin, FindOrganization, Joining, LinkStore, SessionStore,
        TakenLink, Version, sqlite::SqliteStore,
    },
};

const FILE: &str = "VESTIBULE_DURABILITY_FILE";
const ROUND: &str = "VESTIBULE_DURABILITY_ROUND";
const ROUNDS: u64 = 30;
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn bytes(round: u64, number: u64) -> [u8; 16] {
    let mut bytes = [round as u8; 16];
    bytes[9..].copy_from_slice(&number.to_be_bytes()[1..]);
    bytes
}

fn organization_id() -> OrganizationId {
    OrganizationId::new("organization").unwrap()
}

fn member_id(round: u64, number: u64) -> MemberId {
    MemberId::mint(Environment::Test, bytes(round, number))
}

fn session_id(round: u64, number: u64) -> SessionId {
    SessionId::mint(Environment::Test, bytes(round, number))
}

fn address(round: u64, number: u64) -> EmailAddress {
    EmailAddress::parse(&format!("m{round}-{number}@example.com")).unwrap()
}

fn digest(round: u64, number: u64) -> Digest {
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&bytes(round, number));
    Digest(digest)
}

fn session(round: u64, number: u64) -> SessionRecord {
    SessionRecord {
        session_id: session_id(round, number),
        member_id: member_id(round, number % 7),
        organization_id: organization_id(),
        seed: TokenSeed(bytes(round, number)),
        revision: 0,
        factors: Vec::new(),
        enrolled_here: Vec::new(),
        custom_claims: CustomClaims::default(),
        started_at: NOW,
        last_accessed_at: NOW,
        expires_at: NOW.after(Duration::from_secs(3_600)),
        absolute_end: NOW.after(Duration::from_secs(36_000)),
        user_agent: String::new(),
        ip_address: String::new(),
    }
}

fn link(round: u64, number: u64) -> MagicLink {
    MagicLink {
        digest: digest(round, number),
        address: address(round, number),
        scope: Scope::Discovery,
        email_id: CredentialId::mint("email", Environment::Test, bytes(round, number)),
        browser: None,
        return_to: None,
        expires_at: NOW.after(Duration::from_secs(3_600)),
        api: None,
    }
}

fn acknowledge(what: &str, number: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nack {what} {number}").unwrap();
    out.flush().unwrap();
}

/// The child. Run by itself it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn child() {
    let Ok(path) = env::var(FILE) else { return };
    let round = env::var(ROUND).unwrap().parse().unwrap();
    let store = Arc::new(SqliteStore::open(path).await.unwrap());
    if store.organization(FindOrganization::Id(&organization_id())).await.unwrap().is_none() {
        let slug = Slug::parse("acme").unwrap();
        let acme = Organization::new(organization_id(), "Acme", slug, NOW);
        store.create_organization(&acme, &[]).await.unwrap();
    }
    let writers = [
        tokio::spawn(write_members(Arc::clone(&store), round)),
        tokio::spawn(count_failures(Arc::clone(&store), round)),
        tokio::spawn(write_sessions(Arc::clone(&store), round)),
        tokio::spawn(write_links(store, round)),
    ];
    for writer in writers {
        writer.await.unwrap();
    }
}

async fn write_members(store: Arc<SqliteStore>, round: u64) {
    for number in 0.. {
        if number % 2 == 0 {
            let (id, at) = (member_id(round, number), address(round, number));
            store
                .create_member(&Member::new(id, organization_id(), at, MemberStatus::Active, NOW))
                .await
                .unwrap();
        } else {
            let joining = Joining {
                organization_id: organization_id(),
                address: address(round, number),
                member_id: member_id(round, number),
                now: NOW,
            };
            store.join(&joining).await.unwrap();
        }
        acknowledge("member", number);
    }
}

async fn count_failures(store: Arc<SqliteStore>, round: u64) {
    for number in 0.. {
        let mut credentials = Credentials::default();
        credentials.lockout.failures = u32::try_from(number).unwrap() + 1;
        let seen = Version(number);
        assert!(
            CredentialStore::replace_if(&*store, &member_id(round, 0), seen, &credentials).await.unwrap()
        );
        acknowledge("failures", number + 1);
    }
}

async fn write_sessions(store: Arc<SqliteStore>, round: u64) {
    for number in 0.. {
        SessionStore::insert(&*store, &session(round, number)).await.unwrap();
        acknowledge("session", number);
        if number % 3 == 2 {
            store.revoke(&session_id(round, number - 1)).await.unwrap();
            acknowledge("revoked", number - 1);
        }
        if number % 10 == 9 {
            for ended in store.revoke_member(&member_id(round, number % 7), None).await.unwrap() {
                let number = (0..=number).find(|number| session_id(round, *number) == ended).unwrap();
                acknowledge("revoked", number);
            }
        }
    }
}

async fn write_links(store: Arc<SqliteStore>, round: u64) {
    for number in 0.. {
        store.put(&link(round, number), NOW).await.unwrap();
        acknowledge("link", number);
        if number % 2 == 1 {
            let taken = store.take(&digest(round, number), NOW).await.unwrap();
            assert!(matches!(taken, TakenLink::Fresh(_)));
            acknowledge("taken", number);
        }
    }
}

type Acknowledged = BTreeMap<String, BTreeSet<u64>>;

/// Runs a child, and kills it the moment it has acknowledged so many writes: what was acknowledged
/// too early is lost then, if ever.
fn run_and_kill(path: &Path, round: u64, writes: u32) -> Acknowledged {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FILE, path)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Acknowledged::new();
    let mut count = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let words: Vec<_> = line.split(' ').collect();
        if let ["ack", what, number] = words[..]
            && let Ok(number) = number.parse()
        {
            count += 1;
            if count == writes {
                // On unix this is SIGKILL. What the pipe holds is read all the same.
                child.kill().unwrap();
            }
            acknowledged.entry(what.to_owned()).or_default().insert(number);
        }
    }
    child.wait().unwrap();
    assert!(count >= writes, "the child ended by itself");
    acknowledged
}

async fn check(store: &SqliteStore, round: u64, acknowledged: &Acknowledged) {
    let of = |what: &str| acknowledged.get(what).cloned().unwrap_or_default();
    for number in of("member") {
        let member = store.member(&member_id(round, number)).await.unwrap().unwrap();
        assert_eq!(member.email_address, address(round, number));
    }
    let failures = of("failures").last().copied().unwrap_or_default();
    let (credentials, version) = CredentialStore::load(store, &member_id(round, 0)).await.unwrap();
    assert!(u64::from(credentials.lockout.failures) >= failures, "{credentials:?} {failures}");
    assert_eq!(u64::from(credentials.lockout.failures), version.0);
    let (sessions, revoked) = (of("session"), of("revoked"));
    let last = sessions.last().copied().unwrap_or_default();
    for number in sessions {
        let stored = store.by_id(&session_id(round, number)).await.unwrap();
        assert_eq!(stored, store.by_seed(&TokenSeed(bytes(round, number))).await.unwrap());
        if revoked.contains(&number) {
            assert_eq!(stored, None, "session {number} came back");
            assert!(SessionStore::insert(store, &session(round, number)).await.is_err());
        } else if stored.is_none() {
            // Only the very last revocation may have happened without an acknowledgement.
            let alone = last % 3 == 2 && number == last - 1;
            let with_its_member = last % 10 == 9 && number % 7 == last % 7;
            assert!(alone || with_its_member, "session {number} is lost");
        }
    }
    let (links, taken) = (of("link"), of("taken"));
    let last = links.last().copied();
    for number in links {
        let good = store.peek(&digest(round, number), NOW).await.unwrap().is_some();
        if taken.contains(&number) {
            assert_eq!(store.take(&digest(round, number), NOW).await.unwrap(), TakenLink::Spent);
        } else {
            assert!(good || Some(number) == last, "link {number} is lost");
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("durable.db");
    let mut total = BTreeMap::<String, usize>::new();
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let jitter = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos();
        rounds.push(run_and_kill(&path, round, 1 + jitter % 150));
        let store = SqliteStore::open(&path).await.unwrap();
        check(&store, round, &rounds[round as usize]).await;
        // Every other time the file is left as a crash leaves it.
        if round % 2 == 0 {
            store.close().await;
        }
    }
    let store = SqliteStore::open(&path).await.unwrap();
    for (round, acknowledged) in rounds.iter().enumerate() {
        check(&store, round as u64, acknowledged).await;
    }
    for (what, numbers) in rounds.iter().flatten() {
        *total.entry(what.clone()).or_default() += numbers.len();
    }
    for what in ["member", "failures", "session", "revoked", "link", "taken"] {
        assert!(total.get(what).is_some_and(|count| *count >= 10), "too little was tried: {total:?}");
    }
}
