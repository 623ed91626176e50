//! How the table finds a token: by SipHash-2-4-128 under a key of this process, equal in all 128 bits,
//! so that no token is kept and nobody can choose tokens that collide.

use std::{
    fmt,
    hash::{BuildHasherDefault, Hasher},
};

use siphasher::sip128::{Hasher128, SipHasher24};

/// The hash of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TableKey(u128);

impl TableKey {
    pub(super) fn shard(self, shards: usize) -> usize {
        // The low half picks the bucket within a shard, so the high half picks the shard.
        usize::try_from(self.0 >> 96).unwrap_or_default() % shards
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
        TableKey(hasher.finish128().as_u128())
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

    fn write_u128(&mut self, key: u128) {
        self.0 = u64::try_from(key & u128::from(u64::MAX)).unwrap_or_default();
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(super) type ByTableKey = BuildHasherDefault<AsItIs>;
