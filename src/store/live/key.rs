//! How the table finds a token: by SipHash-2-4-128 under a key of this process, equal in all 128 bits,
//! so that no token is kept and nobody can choose tokens that collide.

use std::{
    fmt,
    hash::{BuildHasherDefault, Hash, Hasher},
};

use siphasher::sip128::{Hasher128, SipHasher24};

/// The hash of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TableKey {
    /// Picks the shard.
    high: u64,
    /// Picks the place in it.
    low: u64,
}

impl TableKey {
    pub(super) fn shard(self, shards: usize) -> usize {
        usize::try_from(self.high >> 32).unwrap_or_default() % shards
    }
}

impl Hash for TableKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.low);
    }
}

impl fmt::Debug for TableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[key]")
    }
}

/// Makes table keys.
pub(crate) struct TableHash(SipHasher24);

impl TableHash {
    pub(crate) fn new(key: [u8; 16]) -> Self {
        Self(SipHasher24::new_with_key(&key))
    }

    pub(crate) fn of(&self, token: &[u8]) -> TableKey {
        let mut hasher = self.0;
        hasher.write(token);
        let hash = hasher.finish128();
        TableKey { high: hash.h1, low: hash.h2 }
    }
}

impl fmt::Debug for TableHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TableHash")
    }
}

/// A table key is a hash already.
#[derive(Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(super) type ByTableKey = BuildHasherDefault<AsItIs>;
