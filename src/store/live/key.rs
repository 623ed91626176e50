//! How the table finds a token: by SipHash-2-4-128 under a key of this process, equal in all 128 bits,
//! so that no token is kept and nobody can choose tokens that collide.

use std::{fmt, hash::Hasher};

use siphasher::sip128::{Hasher128, SipHasher24};

use crate::domain::TokenKey;

/// Makes the keys of tokens.
pub(super) struct TokenHash(SipHasher24);

impl TokenHash {
    pub(super) fn new(key: [u8; 16]) -> Self {
        Self(SipHasher24::new_with_key(&key))
    }

    pub(super) fn of(&self, token: &[u8]) -> TokenKey {
        let mut hasher = self.0;
        hasher.write(token);
        let hash = hasher.finish128();
        TokenKey { high: hash.h1, low: hash.h2 }
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash")
    }
}
