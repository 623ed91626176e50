//! Where tokens lead: a hash table of buckets, each of one cache line, so that a look costs one place in
//! memory that may be cold before it comes to the session. A general table keeps what it compares and
//! what it holds apart, which are two.

use crate::{domain::TokenKey, judge::MemberSession};

/// With one byte of each key, 64 bytes are full.
const PLACES: usize = 7;

#[derive(Debug, Default)]
#[repr(align(64))]
struct Bucket {
    /// A byte of the key of each session.
    tags: [u8; PLACES],
    /// Whether a session that belongs here may stand in the next bucket.
    overflowed: bool,
    sessions: [Option<MemberSession>; PLACES],
}

/// Sessions by the keys of their tokens.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// None, or a power of two.
    buckets: Vec<Bucket>,
    held: usize,
    overflowed: usize,
}

impl Tokens {
    pub(super) fn get(&self, key: &TokenKey) -> Option<&MemberSession> {
        let (bucket, place) = self.find(key)?;
        self.buckets[bucket].sessions[place].as_ref()
    }

    /// Puts a session in, whose key no other one has.
    pub(super) fn insert(&mut self, session: MemberSession) {
        // At most 60 % full, and few have to look further.
        let crowded = (self.held + 1) * 5 > self.buckets.len() * PLACES * 3;
        if crowded || self.overflowed * 4 > self.buckets.len() {
            self.rebuild(if crowded { self.buckets.len() * 2 } else { self.buckets.len() });
        }
        self.put(session);
    }

    pub(super) fn remove(&mut self, key: &TokenKey) {
        if let Some((bucket, place)) = self.find(key) {
            self.buckets[bucket].sessions[place] = None;
            self.held -= 1;
        }
    }

    fn find(&self, key: &TokenKey) -> Option<(usize, usize)> {
        let mut index = self.home(key);
        // Around once at most; and not at all before anything was put in.
        for _ in 0..self.buckets.len() {
            let bucket = &self.buckets[index];
            for (place, session) in bucket.sessions.iter().enumerate() {
                if bucket.tags[place] == tag(key)
                    && session.as_ref().is_some_and(|session| session.token_key() == key)
                {
                    return Some((index, place));
                }
            }
            if !bucket.overflowed {
                return None;
            }
            index = self.next(index);
        }
        None
    }

    fn put(&mut self, session: MemberSession) {
        let key = *session.token_key();
        let mut index = self.home(&key);
        loop {
            let bucket = &mut self.buckets[index];
            if let Some(place) = bucket.sessions.iter().position(Option::is_none) {
                bucket.tags[place] = tag(&key);
                bucket.sessions[place] = Some(session);
                self.held += 1;
                return;
            }
            self.overflowed += usize::from(!bucket.overflowed);
            bucket.overflowed = true;
            index = self.next(index);
        }
    }

    fn rebuild(&mut self, buckets: usize) {
        let fresh = (0..buckets.max(1)).map(|_| Bucket::default()).collect();
        let former = std::mem::replace(self, Self { buckets: fresh, held: 0, overflowed: 0 });
        for session in former.buckets.into_iter().flat_map(|bucket| bucket.sessions).flatten() {
            self.put(session);
        }
    }

    fn home(&self, key: &TokenKey) -> usize {
        let mask = (self.buckets.len() as u64).wrapping_sub(1);
        usize::try_from(key.low & mask).unwrap_or_default()
    }

    fn next(&self, index: usize) -> usize {
        (index + 1) & self.buckets.len().wrapping_sub(1)
    }
}

/// Of the bits that pick no bucket.
fn tag(key: &TokenKey) -> u8 {
    key.low.to_be_bytes()[0]
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::judge::a_session;

    #[test]
    fn a_bucket_fills_a_cache_line() {
        assert_eq!(size_of::<Bucket>(), 64);
    }

    fn key(number: u8) -> TokenKey {
        // Few homes and few tags, so that buckets overflow and tags collide.
        TokenKey { high: number.into(), low: u64::from(number % 3) | u64::from(number % 2) << 56 }
    }

    proptest! {
        #[test]
        fn holds_what_a_map_holds(steps in prop::collection::vec((any::<bool>(), 0_u8..60), 0..400)) {
            let (mut tokens, mut map) = (Tokens::default(), HashMap::new());
            for (insert, number) in steps {
                let key = key(number);
                tokens.remove(&key);
                map.remove(&number);
                if insert {
                    let session = a_session(key);
                    tokens.insert(session.clone());
                    map.insert(number, session);
                }
                prop_assert_eq!(tokens.held, map.len());
                for number in 0..60 {
                    let found = tokens.get(&self::key(number)).map(MemberSession::token_key);
                    prop_assert_eq!(found, map.get(&number).map(MemberSession::token_key));
                }
            }
        }
    }
}
