//! The keys of another deployment: fetched once for all who need them, kept while it is away, and asked for
//! seldom enough that no flood of forged JWTs becomes one of fetches.

use std::{
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{
    Issuer,
    fetch::{FetchError, Fetched},
};
use crate::{
    domain::Timestamp,
    flow::{Error, ErrorKind, meters},
    token::PublicKeys,
};

/// The least time from one fetch to the next, whoever presents whatever.
const PAUSE: Duration = Duration::from_secs(60);

/// The same as long as there are no keys at all, and nobody can be let in.
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);

/// Keys that were not asked for in so long are not believed before that was tried.
const UNASKED: Duration = Duration::from_secs(3600);

/// What is known of the keys.
#[derive(Debug, Default)]
pub(super) struct Known {
    keys: Option<Arc<PublicKeys>>,
    fresh_until: Timestamp,
    /// When the last fetch began that has ended, whatever came of it.
    tried_at: Timestamp,
    /// Whether that one failed.
    away: bool,
    /// No fetch begins before this.
    next_fetch: Timestamp,
    /// Closes when the fetch under way ends.
    flight: Option<watch::Receiver<()>>,
}

impl Known {
    fn holding(&self, key_id: &str) -> Option<Arc<PublicKeys>> {
        self.keys.clone().filter(|keys| keys.find(key_id).is_some())
    }
}

impl Issuer {
    /// The keys to check a JWT by that names this one. Known keys are handed out at once, and refreshed beside
    /// the request when that is due. A request waits where its key is not known, or where nobody has asked for
    /// an hour.
    ///
    /// # Errors
    /// `Unavailable` where the key is not known and the issuer does not answer.
    pub(super) async fn keys_for(
        self: &Arc<Self>,
        key_id: &str,
        now: Timestamp,
    ) -> Result<Arc<PublicKeys>, Error> {
        let flight = {
            let mut known = self.known();
            let holding = known.holding(key_id);
            let due = holding.is_none() || now >= known.fresh_until;
            let flight = if due { self.flight(&mut known, now) } else { None };
            match holding {
                Some(keys) if now < known.tried_at.after(UNASKED) => return Ok(keys),
                _ => flight,
            }
        };
        if let Some(mut flight) = flight {
            let _ = flight.changed().await;
        }
        let known = self.known();
        match &known.keys {
            Some(keys) if !known.away => Ok(Arc::clone(keys)),
            _ => known.holding(key_id).ok_or_else(|| ErrorKind::Unavailable.into()),
        }
    }

    /// The fetch under way; a new one if there is none and another may begin.
    fn flight(self: &Arc<Self>, known: &mut Known, now: Timestamp) -> Option<watch::Receiver<()>> {
        if let Some(flight) = &known.flight
            && flight.has_changed().is_ok()
        {
            return Some(flight.clone());
        }
        if now < known.next_fetch {
            return None;
        }
        // Noted before anything is sent, and sent by a task of its own: whoever goes away meanwhile takes
        // neither the fetch nor the pause along.
        known.next_fetch = now.after(if known.keys.is_none() { PAUSE_WITHOUT_KEYS } else { PAUSE });
        let (landed, flight) = watch::channel(());
        known.flight = Some(flight.clone());
        let issuer = Arc::clone(self);
        tokio::spawn(async move {
            let fetched = issuer.source.fetch().await;
            issuer.keep(fetched, now);
            drop(landed);
        });
        Some(flight)
    }

    fn keep(&self, fetched: Result<Fetched, FetchError>, asked_at: Timestamp) {
        meters::keys_fetched(fetched.is_ok());
        let mut known = self.known();
        known.tried_at = asked_at;
        known.away = fetched.is_err();
        match fetched {
            Ok(Fetched { keys, max_age }) => {
                let withdrawn = known.keys.as_ref().is_some_and(|before| !keys.include(before));
                known.keys = Some(Arc::new(keys));
                known.fresh_until = asked_at.after(max_age);
                known.next_fetch = asked_at.after(PAUSE);
                if withdrawn {
                    self.jwts.forget_all();
                }
            }
            Err(error) => {
                if known.keys.is_none() {
                    // From now on: the fetch itself may have taken as long.
                    known.next_fetch = self.clock.now().after(PAUSE_WITHOUT_KEYS);
                }
                tracing::error!(%error, known = known.keys.is_some(), "the issuer's keys could not be fetched");
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
