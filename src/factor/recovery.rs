//! Recovery codes: ten of `xxxx-xxxx-xxxx`, each good once, in place of the authenticator app.

use std::fmt;

use super::{Checked, failed};
use crate::{
    domain::{CredentialId, Credentials, Digest, Factor, FactorKind, MemberId, Secret, Subject, Timestamp},
    judge::LockoutPolicy,
};

/// 32 letters and digits that nobody takes for one another: no `0 o 1 l`.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A recovery code in its written form.
#[derive(Clone)]
pub(crate) struct RecoveryCodeText(Secret);

impl RecoveryCodeText {
    /// How many come in a set.
    pub(crate) const SET: usize = 10;

    /// A new one out of 12 random bytes: 60 bits, each letter equally likely.
    pub(crate) fn new(random: [u8; 12]) -> Self {
        let mut text = String::with_capacity(14);
        for (index, byte) in random.iter().enumerate() {
            if index > 0 && index % 4 == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(byte & 31)]));
        }
        Self(Secret::new(text))
    }

    /// Reads one as people type it: in any case, with or without dashes and spaces.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut letters =
            text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_lowercase());
        let mut code = String::with_capacity(14);
        for index in 0..12 {
            if index > 0 && index % 4 == 0 {
                code.push('-');
            }
            code.push(letters.next().filter(char::is_ascii_alphanumeric)?);
        }
        letters.next().is_none().then(|| Self(Secret::new(code)))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for RecoveryCodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Takes a recovery code, recognized by its digest under any of the project's keys.
pub(crate) fn check_recovery_code(
    credentials: &Credentials,
    member: &MemberId,
    digests: &[Digest],
    policy: LockoutPolicy,
    now: Timestamp,
) -> Checked {
    if credentials.lockout.is_locked(now) {
        return Checked::Locked;
    }
    let Some(totp) = credentials.totp.as_ref().filter(|_| !credentials.recovery_codes.is_empty()) else {
        return Checked::Missing;
    };
    let Some(index) = credentials.recovery_codes.iter().position(|code| digests.contains(&code.digest))
    else {
        return Checked::Wrong { write: failed(credentials, policy, now) };
    };
    let mut write = Credentials { lockout: Default::default(), ..credentials.clone() };
    write.recovery_codes.remove(index);
    let subject = Subject::Member(member.clone());
    let id: CredentialId = totp.totp_id.clone();
    Checked::Proved { factor: Factor::new(FactorKind::RecoveryCodes, subject, id, now), write }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_documented_form_and_reads_it_back() {
        let code = RecoveryCodeText::new([0, 31, 32, 255, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(code.as_str(), "a9a9-efgh-ijkm");
        for text in ["a9a9-efgh-ijkm", "A9A9EFGHIJKM", " a9a9 efgh ijkm "] {
            assert_eq!(RecoveryCodeText::parse(text).unwrap().as_str(), code.as_str());
        }
        for text in ["", "a9a9-efgh-ijk", "a9a9-efgh-ijkmm", "a9a9-efgh-ijk!", "123456"] {
            assert!(RecoveryCodeText::parse(text).is_none(), "{text:?}");
        }
    }
}
