//! scrypt (RFC 7914).

use scrypt::{Params, scrypt};

use super::{Bytes, HashSettings, InvalidHash, Parsed, Recipe, same, text};

/// Bytes of memory, if every lane had its own: what scrypt fills and reads.
const MAX_WORK: u64 = 512 * 1024 * 1024;

/// How a password was hashed.
pub(super) struct Scrypt {
    params: Params,
    salt: Bytes,
}

impl Scrypt {
    /// Reads a PHC string, or a hash in hex or base64.
    pub(super) fn parse(hash: &str, settings: &HashSettings) -> Result<Parsed, InvalidHash> {
        if !hash.starts_with('$') {
            let hash = text::raw_hash(hash, settings)?;
            let salt = text::base64_salt(settings)?;
            let n = settings.n_parameter.ok_or(InvalidHash::Missing("n_parameter"))?;
            let r = settings.r_parameter.ok_or(InvalidHash::Missing("r_parameter"))?;
            let p = settings.p_parameter.ok_or(InvalidHash::Missing("p_parameter"))?;
            if !n.is_power_of_two() {
                return Err(InvalidHash::Unfit("n_parameter"));
            }
            return Self::checked([n.ilog2(), r, p], salt, hash);
        }
        let phc = text::Phc::parse(hash).filter(|phc| phc.name == "scrypt").ok_or(InvalidHash::Malformed)?;
        if phc.version.is_some() {
            return Err(InvalidHash::Malformed);
        }
        let numbers = phc.numbers(["ln", "r", "p"]).ok_or(InvalidHash::Malformed)?;
        Self::checked(numbers, phc.salt, phc.hash)
    }

    /// Within the limits.
    fn checked([log_n, r, p]: [u32; 3], salt: Bytes, hash: Bytes) -> Result<Parsed, InvalidHash> {
        text::check_lengths(&hash, &salt)?;
        for (value, setting) in [(log_n, "n_parameter"), (r, "r_parameter"), (p, "p_parameter")] {
            if value == 0 {
                return Err(InvalidHash::Unfit(setting));
            }
        }
        let work = 2_u64
            .checked_pow(log_n)
            .and_then(|n| n.checked_mul(128))
            .and_then(|work| work.checked_mul(r.into()))
            .and_then(|work| work.checked_mul(p.into()))
            .filter(|work| *work <= MAX_WORK);
        if work.is_none() {
            return Err(InvalidHash::TooCostly("512 MiB for 128·N·r·p"));
        }
        let params = u8::try_from(log_n).ok().and_then(|log_n| Params::new(log_n, r, p).ok());
        let params = params.ok_or(InvalidHash::Unfit("n_parameter"))?;
        Ok((Recipe::Scrypt(Self { params, salt }), hash))
    }

    /// What [`Self::parse`] reads.
    pub(super) fn to_text(&self, hash: &[u8]) -> String {
        format!(
            "$scrypt$ln={},r={},p={}${}${}",
            self.params.log_n(),
            self.params.r(),
            self.params.p(),
            *text::to_base64(&self.salt),
            *text::to_base64(hash),
        )
    }

    /// Whether this password gives this hash.
    pub(super) fn matches(&self, password: &[u8], hash: &[u8]) -> bool {
        let mut found = Bytes::new(vec![0; hash.len()]);
        scrypt(password, &self.salt, &self.params, &mut found).is_ok_and(|()| same(&found, hash))
    }
}
