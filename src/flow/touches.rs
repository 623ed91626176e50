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
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // As roomy as it was, so that no request has to wait while it grows again.
        let roomy = HashMap::with_capacity(noted.len());
        let waiting = std::mem::replace(&mut *noted, roomy);
        drop(noted);
        waiting.into_iter().map(|(session_id, at)| LastUse { session_id, at }).collect()
    }
}
