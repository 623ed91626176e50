//! Digests, and the keys for them: one for each purpose, derived from the master keys by HKDF.

use std::{fmt, sync::Arc};

use aws_lc_rs::{constant_time, digest, hkdf, hmac};

use super::master::MasterKey;
use crate::domain::Digest;

/// What a derived key is for. Each has a key of its own, so that what is made for one is worth nothing
/// for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    SessionToken,
    Code,
    RecoveryCode,
    Derived,
}

impl Purpose {
    const ALL: [Self; 4] = [Self::SessionToken, Self::Code, Self::RecoveryCode, Self::Derived];

    fn label(self) -> &'static [u8] {
        match self {
            Self::SessionToken => b"vestibule session token",
            Self::Code => b"vestibule code",
            Self::RecoveryCode => b"vestibule recovery code",
            Self::Derived => b"vestibule derived token",
        }
    }
}

/// The keys for every purpose, of the newest master key first.
#[derive(Clone)]
pub(crate) struct Purposes(Arc<[[hmac::Key; 4]]>);

impl Purposes {
    /// Derives them. With no master key there would be none: see `build()`, which refuses that.
    pub(crate) fn derive(masters: &[MasterKey]) -> Self {
        Self(
            masters
                .iter()
                .map(|master| Purpose::ALL.map(|purpose| hmac_key(master, purpose.label())))
                .collect(),
        )
    }

    /// The key that new things are made with.
    pub(crate) fn newest(&self, purpose: Purpose) -> &hmac::Key {
        &self.0[0][purpose as usize]
    }

    /// All keys that something may have been made with, newest first.
    pub(crate) fn all(&self, purpose: Purpose) -> impl Iterator<Item = &hmac::Key> {
        self.0.iter().map(move |keys| &keys[purpose as usize])
    }

    /// HMAC-SHA-256 over the parts, each with its length, so that no two lists are the same text.
    pub(crate) fn digest(&self, purpose: Purpose, parts: &[&[u8]]) -> Digest {
        keyed(self.newest(purpose), parts)
    }

    /// The same under every key.
    pub(crate) fn digests(&self, purpose: Purpose, parts: &[&[u8]]) -> Vec<Digest> {
        self.all(purpose).map(|key| keyed(key, parts)).collect()
    }
}

impl fmt::Debug for Purposes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Purposes({} keys)", self.0.len())
    }
}

fn keyed(key: &hmac::Key, parts: &[&[u8]]) -> Digest {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.sign().as_ref());
    Digest(bytes)
}

/// HKDF-SHA-256 (RFC 5869) of a master key under a label.
pub(super) fn derive_key(master: &MasterKey, label: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"vestibule");
    let prk = salt.extract(master.bytes());
    let info = [label];
    // 32 bytes are within what HKDF can give (255 × 32), so neither step can fail.
    if let Ok(okm) = prk.expand(&info, hkdf::HKDF_SHA256) {
        let _ = okm.fill(&mut key);
    }
    key
}

fn hmac_key(master: &MasterKey, label: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &derive_key(master, label))
}

/// SHA-256 of the parts one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> Digest {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Digest(bytes)
}

/// Six digits out of a digest, each of the million equally likely but for one part in 2^44.
pub(crate) fn code_digits(digest: &Digest) -> String {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest.0[..8]);
    format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000)
}

/// Compares two texts in a time that depends on their lengths alone.
pub(crate) fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}
