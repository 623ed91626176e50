//! Step-up challenges, a few a session.

use ::moka::ops::compute::Op;

use super::{life::Timed, room::Room};
use crate::domain::{Challenge, FactorDemand, SessionId, Timestamp};

/// How many challenges a session has at most.
const AT_MOST: usize = 8;

impl Room<SessionId, Vec<Challenge>> {
    pub(super) fn open(&self, session_id: &SessionId, mut challenge: Challenge, now: Timestamp) -> Challenge {
        self.change_live(session_id.clone(), now, |live| {
            let mut all = living(live, now);
            if let Some(twin) = all.iter_mut().find(|other| other.demand == challenge.demand) {
                twin.nothing_done |= challenge.nothing_done;
                if challenge.return_to.is_some() {
                    twin.return_to.clone_from(&challenge.return_to);
                }
                challenge.clone_from(twin);
            } else if challenge.expires_at > now {
                if all.len() >= AT_MOST {
                    all.remove(0);
                }
                all.push(challenge.clone());
            }
            match all.iter().map(|challenge| challenge.expires_at).max() {
                Some(last) => Op::Put(Timed::new(all, last, now)),
                None => Op::Remove,
            }
        });
        challenge
    }

    pub(super) fn open_ones(&self, session_id: &SessionId, now: Timestamp) -> Vec<Challenge> {
        living(self.live(session_id, now), now)
    }

    pub(super) fn close(&self, session_id: &SessionId, demand: &FactorDemand, nonce: [u8; 16]) -> bool {
        let now = self.latest();
        let mut closed = false;
        self.change(session_id.clone(), |entry| {
            let Some(mut entry) = entry else { return Op::Nop };
            entry.value.retain(|challenge| {
                let wanted = challenge.demand == *demand && challenge.nonce == nonce;
                closed |= wanted && challenge.expires_at > now;
                !wanted
            });
            if entry.value.is_empty() { Op::Remove } else { Op::Put(entry) }
        });
        closed
    }
}

fn living(entry: Option<Timed<Vec<Challenge>>>, now: Timestamp) -> Vec<Challenge> {
    let mut all = entry.map(|entry| entry.value).unwrap_or_default();
    all.retain(|challenge| challenge.expires_at > now);
    all
}
