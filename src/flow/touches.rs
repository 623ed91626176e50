//! When sessions were used last, on its way to the store: at most once a minute a session, in batches.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    domain::{SessionId, Timestamp},
    store::LastUse,
};

/// What waits to be written. Losing it makes sessions look idle sooner, never fresher.
#[derive(Debug, Default)]
pub(crate) struct Touches(Mutex<HashMap<SessionId, Timestamp>>);

impl Touches {
    pub(crate) fn note(&self, session_id: &SessionId, at: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(session_id.clone(), at);
    }

    pub(crate) fn take(&self) -> Vec<LastUse> {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_iter().map(|(session_id, at)| LastUse { session_id, at }).collect()
    }
}
