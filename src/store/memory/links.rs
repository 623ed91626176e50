//! Links sent by email, used ones for a while too.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::MemoryStore;
use crate::{
    domain::{Digest, MagicLink, Timestamp},
    store::{Answer, LinkStore, StoreError, StoreErrorKind, TakenLink},
};

/// For so long a link is remembered after it has expired.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

#[derive(Default)]
pub(super) struct LinkTable {
    links: BTreeMap<Digest, Kept>,
    by_end: BTreeSet<(Timestamp, Digest)>,
}

struct Kept {
    link: MagicLink,
    used: bool,
}

impl Kept {
    fn is_good(&self, now: Timestamp) -> bool {
        !self.used && now < self.link.expires_at
    }
}

impl LinkTable {
    fn put(&mut self, link: &MagicLink, now: Timestamp) -> Result<(), StoreError> {
        while let Some((end, digest)) = self.by_end.first().copied()
            && end < now.before(REMEMBERED)
        {
            self.by_end.pop_first();
            self.links.remove(&digest);
        }
        if let Some(kept) = self.links.get(&link.digest) {
            return if kept.link == *link { Ok(()) } else { Err(StoreError::new(StoreErrorKind::Taken)) };
        }
        self.by_end.insert((link.expires_at, link.digest));
        self.links.insert(link.digest, Kept { link: link.clone(), used: false });
        Ok(())
    }

    fn take(&mut self, digest: &Digest, now: Timestamp) -> TakenLink {
        match self.links.get_mut(digest) {
            Some(kept) if kept.is_good(now) => {
                kept.used = true;
                TakenLink::Fresh(kept.link.clone())
            }
            Some(_) => TakenLink::Spent,
            None => TakenLink::Unknown,
        }
    }
}

impl LinkStore for MemoryStore {
    fn put<'a>(&'a self, link: &'a MagicLink, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(async move { self.tables().links.put(link, now) })
    }

    fn peek<'a>(&'a self, digest: &'a Digest, now: Timestamp) -> Answer<'a, Option<MagicLink>> {
        Box::pin(async move {
            let tables = self.tables();
            let kept = tables.links.links.get(digest).filter(|kept| kept.is_good(now));
            Ok(kept.map(|kept| kept.link.clone()))
        })
    }

    fn take<'a>(&'a self, digest: &'a Digest, now: Timestamp) -> Answer<'a, TakenLink> {
        Box::pin(async move { Ok(self.tables().links.take(digest, now)) })
    }
}
