//! What goes wrong with SQLite, in the words of stores.

use std::{error::Error, fmt};

use crate::store::{StoreError, StoreErrorKind};

/// Why a file could not be opened as a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// A newer version of this crate wrote it.
    Newer {
        /// The version of the file's schema.
        found: i64,
        /// The newest one that is known here.
        known: i64,
    },
    /// It is a database of something else.
    Foreign,
    /// It could not be opened, read or brought up to date.
    Failed(StoreError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer { found, known } => write!(
                f,
                "the database has schema version {found}, and this program knows versions up to {known}; \
                 run the newer program that wrote it"
            ),
            Self::Foreign => {
                f.write_str("the file is a database of another application; name a file of its own")
            }
            Self::Failed(_) => {
                f.write_str("the database could not be opened; see that its directory exists and is writable")
            }
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Newer { .. } | Self::Foreign => None,
        }
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(failed(error))
    }
}

impl From<std::io::Error> for OpenError {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(StoreError::with(StoreErrorKind::Unavailable, error))
    }
}

// Result codes of SQLite: sqlite.org/rescode.html.
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_NOTADB: i32 = 26;

/// The error of a store for one of sqlx.
pub(super) fn failed(error: sqlx::Error) -> StoreError {
    let kind = match &error {
        sqlx::Error::Database(error) if error.is_unique_violation() => StoreErrorKind::Taken,
        sqlx::Error::Database(error) => {
            let code = error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
            match code & 0xff {
                SQLITE_CORRUPT | SQLITE_NOTADB => StoreErrorKind::Corrupt,
                _ => StoreErrorKind::Unavailable,
            }
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Unavailable,
    };
    StoreError::with(kind, error)
}
