//! PBKDF2 with HMAC (RFC 8018, section 5.2).

use std::num::NonZero;

use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};

use super::{Bytes, HashSettings, InvalidHash, Parsed, Recipe, text};

const MAX_ITERATIONS: u32 = 2_000_000;
/// Each block of the hash takes all iterations.
const MAX_WORK: u64 = 2 * MAX_ITERATIONS as u64;

/// How a password was hashed.
pub(super) struct Pbkdf2 {
    digest: Digest,
    iterations: NonZero<u32>,
    salt: Bytes,
}

/// What HMAC is made of.
#[derive(Clone, Copy)]
enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    fn from_name(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha512].into_iter().find(|digest| digest.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Bytes of a block.
    const fn block(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl Pbkdf2 {
    /// Reads a PHC string, or a hash in hex or base64.
    pub(super) fn parse(hash: &str, settings: &HashSettings) -> Result<Parsed, InvalidHash> {
        if !hash.starts_with('$') {
            let hash = text::raw_hash(hash, settings)?;
            let salt = text::base64_salt(settings)?;
            let digest = settings.algorithm.as_deref().map_or(Some(Digest::Sha256), Digest::from_name);
            let digest = digest.ok_or(InvalidHash::Unfit("algorithm"))?;
            let iterations = settings.iteration_amount.ok_or(InvalidHash::Missing("iteration_amount"))?;
            return Self::checked(digest, iterations, salt, hash);
        }
        let phc = text::Phc::parse(hash).filter(|phc| phc.version.is_none());
        let phc = phc.ok_or(InvalidHash::Malformed)?;
        let digest = match phc.name {
            // So it was called while there was no other.
            "pbkdf2" => Some(Digest::Sha1),
            name => name.strip_prefix("pbkdf2-").and_then(Digest::from_name),
        };
        let digest = digest.ok_or(InvalidHash::Malformed)?;
        // passlib writes the iterations alone; others name them, and say how long the hash is or not.
        let [iterations, length] = text::number(phc.parameters)
            .or_else(|| phc.numbers(["i"]).map(|[iterations]| iterations))
            .map(|iterations| [Some(iterations), None])
            .or_else(|| phc.numbers(["i", "l"]).map(|numbers| numbers.map(Some)))
            .ok_or(InvalidHash::Malformed)?;
        if length.is_some_and(|length| usize::try_from(length) != Ok(phc.hash.len())) {
            return Err(InvalidHash::Malformed);
        }
        Self::checked(digest, iterations.ok_or(InvalidHash::Malformed)?, phc.salt, phc.hash)
    }

    /// Within the limits.
    fn checked(digest: Digest, iterations: u32, salt: Bytes, hash: Bytes) -> Result<Parsed, InvalidHash> {
        text::check_lengths(&hash, &salt)?;
        let blocks = u64::try_from(hash.len().div_ceil(digest.block())).unwrap_or(u64::MAX);
        if iterations > MAX_ITERATIONS {
            return Err(InvalidHash::TooCostly("2,000,000 iterations"));
        }
        if blocks.saturating_mul(iterations.into()) > MAX_WORK {
            return Err(InvalidHash::TooCostly("4,000,000 iterations over all blocks of the hash"));
        }
        let iterations = NonZero::new(iterations).ok_or(InvalidHash::Unfit("iteration_amount"))?;
        Ok((Recipe::Pbkdf2(Self { digest, iterations, salt }), hash))
    }

    /// What [`Self::parse`] reads.
    pub(super) fn to_text(&self, hash: &[u8]) -> String {
        let (digest, iterations) = (self.digest.name(), self.iterations);
        let [salt, hash] = [&self.salt, hash].map(text::to_base64);
        format!("$pbkdf2-{digest}$i={iterations}${}${}", *salt, *hash)
    }

    /// Whether this password gives this hash; compared in constant time.
    pub(super) fn matches(&self, password: &[u8], hash: &[u8]) -> bool {
        let algorithm = match self.digest {
            Digest::Sha1 => PBKDF2_HMAC_SHA1,
            Digest::Sha256 => PBKDF2_HMAC_SHA256,
            Digest::Sha512 => PBKDF2_HMAC_SHA512,
        };
        pbkdf2::verify(algorithm, self.iterations, &self.salt, password, hash).is_ok()
    }
}
