//! What can go wrong in a store.

use std::{error::Error, fmt, sync::Arc};

/// What went wrong in a store; says nothing about the data.
#[derive(Clone, Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The kinds of [`StoreError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store did not answer, or not in time. Trying again later may help.
    Unavailable,
    /// A name, address or id that must be unique is taken.
    Taken,
    /// What the store holds can't be read.
    Corrupt,
}

impl StoreError {
    /// An error of the given kind.
    #[must_use]
    pub fn new(kind: StoreErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// An error of the given kind, with what caused it.
    #[must_use]
    pub fn with(kind: StoreErrorKind, source: impl Error + Send + Sync + 'static) -> Self {
        Self { kind, source: Some(Arc::new(source)) }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Unavailable => "the store does not answer; try again later",
            StoreErrorKind::Taken => "that name, address or id is taken; choose another",
            StoreErrorKind::Corrupt => "the store holds something that can't be read; restore a backup",
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}
