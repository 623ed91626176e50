//! argon2i and argon2id (RFC 9106). A PHC string without `v=` is of version 1.0, a hash by itself of 1.3.

use argon2::{Algorithm, Argon2 as Hasher, Params, Version};

use super::{Bytes, HashSettings, InvalidHash, Parsed, Recipe, same, text};

/// KiB of memory.
const MAX_MEMORY: u32 = 256 * 1024;
/// KiB of memory, times passes.
const MAX_WORK: u64 = 1024 * 1024;
/// Bytes of a salt; argon2 takes none that is shorter.
const MIN_SALT: usize = 8;

/// How a password was hashed.
pub(super) struct Argon2 {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Bytes,
}

impl Argon2 {
    /// Reads a PHC string, or a hash in hex or base64.
    pub(super) fn parse(
        algorithm: Algorithm,
        hash: &str,
        settings: &HashSettings,
    ) -> Result<Parsed, InvalidHash> {
        if !hash.starts_with('$') {
            let hash = text::raw_hash(hash, settings)?;
            let salt = settings.salt.as_deref().ok_or(InvalidHash::Missing("salt"))?;
            let numbers = [
                settings.memory.ok_or(InvalidHash::Missing("memory"))?,
                settings.iteration_amount.ok_or(InvalidHash::Missing("iteration_amount"))?,
                settings.threads.ok_or(InvalidHash::Missing("threads"))?,
            ];
            return Self::checked(algorithm, Version::V0x13, numbers, salt.as_bytes().to_vec().into(), hash);
        }
        let phc = text::Phc::parse(hash)
            .filter(|phc| phc.name == algorithm.as_str())
            .ok_or(InvalidHash::Malformed)?;
        let version = Version::try_from(phc.version.unwrap_or(0x10)).map_err(|_| InvalidHash::Malformed)?;
        let numbers = phc.numbers(["m", "t", "p"]).ok_or(InvalidHash::Malformed)?;
        Self::checked(algorithm, version, numbers, phc.salt, phc.hash)
    }

    /// Within the limits, and whatever argon2 itself demands.
    fn checked(
        algorithm: Algorithm,
        version: Version,
        [memory, passes, lanes]: [u32; 3],
        salt: Bytes,
        hash: Bytes,
    ) -> Result<Parsed, InvalidHash> {
        text::check_lengths(&hash, &salt)?;
        if salt.len() < MIN_SALT {
            return Err(InvalidHash::Unfit("salt"));
        }
        if memory > MAX_MEMORY {
            return Err(InvalidHash::TooCostly("256 MiB of memory"));
        }
        if u64::from(memory) * u64::from(passes) > MAX_WORK {
            return Err(InvalidHash::TooCostly("1 GiB of memory times iterations"));
        }
        let params = Params::new(memory, passes, lanes, Some(hash.len())).map_err(|error| match error {
            argon2::Error::TimeTooSmall => InvalidHash::Unfit("iteration_amount"),
            argon2::Error::ThreadsTooFew | argon2::Error::ThreadsTooMany => InvalidHash::Unfit("threads"),
            _ => InvalidHash::Unfit("memory"),
        })?;
        Ok((Recipe::Argon2(Self { algorithm, version, params, salt }), hash))
    }

    /// What [`Self::parse`] reads.
    pub(super) fn to_text(&self, hash: &[u8]) -> String {
        format!(
            "${}$v={}$m={},t={},p={}${}${}",
            self.algorithm.as_str(),
            u32::from(self.version),
            self.params.m_cost(),
            self.params.t_cost(),
            self.params.p_cost(),
            *text::to_base64(&self.salt),
            *text::to_base64(hash),
        )
    }

    /// Whether this password gives this hash.
    pub(super) fn matches(&self, password: &[u8], hash: &[u8]) -> bool {
        let mut found = Bytes::new(vec![0; hash.len()]);
        Hasher::new(self.algorithm, self.version, self.params.clone())
            .hash_password_into(password, &self.salt, &mut found)
            .is_ok_and(|()| same(&found, hash))
    }
}
