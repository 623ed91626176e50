//! Opening the file.

use std::{fs, io, path::Path, time::Duration};

use sqlx::{
    ConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{OpenError, SqliteStore, schema};

/// How long a statement waits for another process that holds the file.
const BUSY: Duration = Duration::from_secs(5);

/// How long an operation waits for its turn.
const TURN: Duration = Duration::from_secs(10);

const READERS: u32 = 4;

impl SqliteStore {
    /// Opens a file, or makes it, readable by its owner alone, and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError`] when the file can't be opened, is of something else, or of a newer version.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        create_private(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .synchronous(SqliteSynchronous::Full)
            // On macOS a plain fsync leaves data in the drive's cache.
            .pragma("fullfsync", "ON")
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .acquire_timeout(TURN)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false);
        let writing = options.clone().journal_mode(SqliteJournalMode::Wal);
        let writer = pool.clone().max_connections(1).connect_with(writing).await?;
        if let Err(error) = schema::prepare(&writer).await {
            writer.close().await;
            return Err(error);
        }
        let reading = options.pragma("query_only", "ON");
        let readers = pool.max_connections(READERS).connect_with(reading).await?;
        Ok(Self { writer, readers })
    }
}

/// Makes the file if there is none. SQLite gives its log beside it the same mode.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => sync_directory(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the file's name durable; SQLite does that for its log only.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
