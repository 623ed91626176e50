//! When sessions were used last, on its way to the store: at most once a minute a session, in batches.

use std::sync::{Mutex, PoisonError};

use crate::{
    judge::MemberSession,
    store::{LastUse, live::Apart},
};

/// More are not noted until those are taken: nobody may be there who takes them.
const MOST: usize = 1_000_000;

/// The sessions whose use waits to be written. Losing them makes sessions look idle sooner, never fresher.
///
/// Noting one is all that a request does: ids and times are read when they are taken. One may stand here twice;
/// a store takes the later time.
#[derive(Debug, Default)]
pub(crate) struct Touches(Apart<Mutex<Vec<MemberSession>>>);

impl Touches {
    pub(crate) fn note(&self, session: &MemberSession) {
        let mut noted = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() < MOST {
            noted.push(session.clone());
        }
    }

    pub(crate) fn take(&self) -> Vec<LastUse> {
        let mut noted = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        // As roomy as it was, so that no request has to wait while it grows again.
        let roomy = Vec::with_capacity(noted.len());
        let waiting = std::mem::replace(&mut *noted, roomy);
        drop(noted);
        let last_use = |session: MemberSession| LastUse {
            session_id: session.member_session_id(),
            at: session.last_accessed_at(),
        };
        waiting.into_iter().map(last_use).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::TokenKey, judge::a_session};

    #[test]
    fn what_nobody_takes_does_not_grow_without_end() {
        let (touches, session) = (Touches::default(), a_session(TokenKey::default()));
        for _ in 0..=MOST {
            touches.note(&session);
        }
        assert_eq!(touches.take().len(), MOST);
        assert!(touches.take().is_empty());
    }
}
