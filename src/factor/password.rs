//! Passwords: argon2id at OWASP's parameters, strength by zxcvbn. Hashing takes tens of milliseconds of
//! a core: it is called off the runtime's threads.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

#[cfg(feature = "wire-api")]
use super::foreign::{ForeignHash, is_foreign};
use crate::domain::{CredentialId, Factor, FactorKind, MemberId, Secret, Subject, Timestamp};

/// Longer ones are refused; nobody types them, and hashing them would cost.
pub(super) const MAX_BYTES: usize = 256;
const MIN_CHARS: usize = 8;
/// zxcvbn takes quadratic time.
const JUDGED_CHARS: usize = 72;

/// How hard a password is to guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordStrength {
    /// 0 (guessed at once) to 4. A password is accepted from 3 on.
    pub score: u8,
    /// What is wrong with it, if something is.
    pub warning: Option<String>,
    /// What would make it better.
    pub suggestions: Vec<String>,
}

impl PasswordStrength {
    /// Whether the password may be used.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.score >= 3
    }
}

/// A password that is too easy to guess, too short or too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakPassword(pub PasswordStrength);

impl std::fmt::Display for WeakPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "this password is too easy to guess; several words that do not belong together make a good one",
        )?;
        self.0.warning.iter().try_for_each(|warning| write!(f, " ({warning})"))
    }
}

impl std::error::Error for WeakPassword {}

/// Estimates how hard a password is to guess for somebody who knows the words in `context`, such as
/// the address and the organization's name (zxcvbn).
#[must_use]
pub fn password_strength(password: &Secret, context: &[&str]) -> PasswordStrength {
    let password = password.expose();
    let unfit = |warning: &str| PasswordStrength {
        score: 0,
        warning: Some(warning.to_owned()),
        suggestions: Vec::new(),
    };
    if password.chars().count() < MIN_CHARS {
        return unfit("use at least 8 characters");
    }
    if password.len() > MAX_BYTES {
        return unfit("use at most 256 bytes");
    }
    let judged: String = password.chars().take(JUDGED_CHARS).collect();
    let estimate = zxcvbn::zxcvbn(&judged, context);
    let feedback = estimate.feedback();
    PasswordStrength {
        score: u8::from(estimate.score()),
        warning: feedback.and_then(|feedback| feedback.warning()).map(|warning| warning.to_string()),
        suggestions: feedback.map_or_else(Vec::new, |feedback| {
            feedback.suggestions().iter().map(ToString::to_string).collect()
        }),
    }
}

/// Hashes a password, in PHC form. Nothing when the hasher refuses it, which it does for no password
/// that `password_strength` takes.
pub(crate) fn hash_password(password: &Secret, salt: [u8; 16]) -> Option<String> {
    let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt).ok()?;
    Some(hash.to_string())
}

/// Whether this is the password that was hashed, here or (feature `wire-api`) in another system.
pub(crate) fn verify_password(password: &Secret, phc: &str) -> bool {
    #[cfg(feature = "wire-api")]
    if is_foreign(phc) {
        // A wrong one takes no less than for somebody who has none: an MD5 alone would show who has one.
        return ForeignHash::read(phc).is_some_and(|hash| hash.verify(password)) || verify_nothing(password);
    }
    if password.expose().len() > MAX_BYTES {
        return false;
    }
    PasswordHash::new(phc)
        .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok())
}

/// The hash that takes the place of one that another system has made, once the password is known; nothing where it
/// is one of ours.
pub(crate) fn hash_anew(password: &Secret, stored: &str, salt: [u8; 16]) -> Option<String> {
    if stored.starts_with("$argon2id$") { None } else { hash_password(password, salt) }
}

/// Takes as long as [`verify_password`], for somebody who has no password.
pub(crate) fn verify_nothing(password: &Secret) -> bool {
    let bytes = password.expose().as_bytes();
    let bytes = &bytes[..bytes.len().min(MAX_BYTES)];
    let mut out = [0; 32];
    let _ = Argon2::default().hash_password_into(bytes, &[0; 16], &mut out);
    std::hint::black_box(out);
    false
}

/// The proof of a member's password.
pub(crate) fn password_factor(password_id: CredentialId, member: MemberId, now: Timestamp) -> Factor {
    Factor::new(FactorKind::Password, Subject::Member(member), password_id, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_with_owasp_parameters_and_verifies() {
        let password = Secret::new("correct horse battery staple");
        let phc = hash_password(&password, [9; 16]).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify_password(&password, &phc));
        assert!(!verify_password(&Secret::new("correct horse battery stapl"), &phc));
        assert!(!verify_password(&password, "not a hash"));
    }

    #[test]
    fn strength() {
        let of = |password: &str| password_strength(&Secret::new(password), &["ada@example.com", "Acme"]);
        for weak in ["", "short", "password1", "ada@example.com", "aaaaaaaaaaaa", &"x".repeat(300)] {
            assert!(!of(weak).is_enough(), "{weak}");
        }
        for strong in ["correct horse battery staple", &"q7#Rw".repeat(20)] {
            assert!(of(strong).is_enough(), "{strong}");
        }
    }
}
