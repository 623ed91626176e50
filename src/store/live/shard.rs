//! A part of a table behind a lock of its own, on cache lines of its own.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::apart::Apart;

/// Two processors that work on two shards do not slow each other down.
#[derive(Debug, Default)]
pub(super) struct Shard<T>(Apart<RwLock<T>>);

/// Nothing in this room panics while it holds a lock, so a poisoned one holds sound data.
impl<T> Shard<T> {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
