//! Every durable trait over one SQLite file. What was acknowledged survives the process and the power.

mod admin;
mod audit;
mod codec;
mod credentials;
mod directory;
mod error;
mod keys;
mod links;
mod open;
mod questions;
mod schema;
mod search;
mod sessions;

use sqlx::{Sqlite, SqlitePool, Transaction};

pub use error::OpenError;

use super::StoreError;
use error::failed;

/// Organizations, members, credentials, sessions, links, keys and audit events in one SQLite file.
///
/// One connection writes, a few read beside it. A write is acknowledged once it is on the disk
/// (`synchronous = FULL` over a write-ahead log). Other programs may read the file meanwhile; for a
/// backup use SQLite's own, not a copy of the file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Closes the file. What is under way is finished, whatever comes later fails.
    ///
    /// A store that is only dropped loses nothing either.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Begins a transaction that may write. It holds the write lock from the start, so that it never
    /// has to turn from a reader into a writer, which can't wait for another.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)
    }
}
