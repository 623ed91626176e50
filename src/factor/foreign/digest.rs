//! One MD5, SHA-1 or SHA-512 of the password between two salts. Whoever gets hold of such hashes has the
//! passwords soon; they are taken so that they go away at the next sign-in.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA512};
use md5::{Digest, Md5};

use super::{HashKind, HashSettings, InvalidHash, Parsed, Recipe, same, text};
use crate::domain::Secret;

/// How a password was hashed.
pub(super) struct Salted {
    function: Function,
    prepend: Secret,
    append: Secret,
}

/// A digest's function.
#[derive(Clone, Copy)]
pub(super) enum Function {
    Md5,
    Sha1,
    Sha512,
}

impl Function {
    /// The function that is this kind, if one is.
    pub(super) const fn of(kind: HashKind) -> Option<Self> {
        match kind {
            HashKind::Md5 => Some(Self::Md5),
            HashKind::Sha1 => Some(Self::Sha1),
            HashKind::Sha512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Bytes of the hash.
    const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha512 => 64,
        }
    }
}

impl Salted {
    /// Reads a hash in hex or base64.
    pub(super) fn parse(
        function: Function,
        hash: &str,
        settings: &HashSettings,
    ) -> Result<Parsed, InvalidHash> {
        let salt = |salt: &Option<String>, setting| {
            let salt = Secret::new(salt.clone().unwrap_or_default());
            text::check_salt(salt.expose().as_bytes(), setting).map(|()| salt)
        };
        let hash = text::hash_of(hash, function.length()).ok_or(InvalidHash::Malformed)?;
        let prepend = salt(&settings.prepend_salt, "prepend_salt")?;
        let append = salt(&settings.append_salt, "append_salt")?;
        Ok((Recipe::Salted(Self { function, prepend, append }), hash))
    }

    /// What [`Self::read`] reads.
    pub(super) fn to_text(&self, hash: &[u8]) -> String {
        let [prepend, append] = [&self.prepend, &self.append].map(|salt| salt.expose().as_bytes());
        let [prepend, append, hash] = [prepend, append, hash].map(text::to_base64);
        format!("{}:{}:{}", *prepend, *append, *hash)
    }

    /// Reads what was at rest.
    pub(super) fn read(function: Function, line: &str) -> Option<Parsed> {
        let (prepend, rest) = line.split_once(':')?;
        let (append, hash) = rest.split_once(':')?;
        let salt = |salt| String::from_utf8(text::base64(salt)?.to_vec()).ok();
        let settings = HashSettings {
            prepend_salt: Some(salt(prepend)?),
            append_salt: Some(salt(append)?),
            ..HashSettings::default()
        };
        Self::parse(function, hash, &settings).ok()
    }

    /// Whether this password gives this hash.
    pub(super) fn matches(&self, password: &[u8], hash: &[u8]) -> bool {
        let parts = [self.prepend.expose().as_bytes(), password, self.append.expose().as_bytes()];
        let sha = |algorithm| {
            let mut context = Context::new(algorithm);
            parts.into_iter().for_each(|part| context.update(part));
            same(context.finish().as_ref(), hash)
        };
        match self.function {
            Function::Md5 => same(&parts.into_iter().fold(Md5::new(), Md5::chain_update).finalize(), hash),
            Function::Sha1 => sha(&SHA1_FOR_LEGACY_USE_ONLY),
            Function::Sha512 => sha(&SHA512),
        }
    }
}
