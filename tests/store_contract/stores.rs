//! Empty stores of every kind.

use std::sync::Arc;

use vestibule::store::{
    AuditLog, CounterKey, Counters, CredentialStore, DirectoryAdmin, KeyStore, LinkStore, SessionStore,
    TransientStore,
    memory::MemoryStore,
    moka::{MokaCounters, MokaTransient},
};

pub(crate) trait Durable:
    DirectoryAdmin + CredentialStore + SessionStore + LinkStore + KeyStore + AuditLog
{
}

impl<S: DirectoryAdmin + CredentialStore + SessionStore + LinkStore + KeyStore + AuditLog> Durable for S {}

/// An empty store, and how often a race is run on it.
pub(crate) struct Rig<S: ?Sized> {
    pub(crate) store: Arc<S>,
    pub(crate) rounds: u64,
    _directory: Option<tempfile::TempDir>,
}

pub(crate) async fn memory() -> Rig<dyn Durable> {
    Rig { store: Arc::new(MemoryStore::new()), rounds: 250, _directory: None }
}

#[cfg(feature = "sqlite")]
pub(crate) async fn sqlite() -> Rig<dyn Durable> {
    let directory = tempfile::tempdir().unwrap();
    let store =
        vestibule::store::sqlite::SqliteStore::open(directory.path().join("contract.db")).await.unwrap();
    Rig { store: Arc::new(store), rounds: 30, _directory: Some(directory) }
}

pub(crate) async fn moka_transient() -> Rig<dyn TransientStore> {
    Rig { store: Arc::new(MokaTransient::new()), rounds: 250, _directory: None }
}

pub(crate) async fn moka_counters() -> Rig<dyn Counters> {
    Rig { store: Arc::new(MokaCounters::new()), rounds: 250, _directory: None }
}

pub(crate) fn counter(subject: u64) -> CounterKey {
    CounterKey::new("test", subject.to_string())
}
