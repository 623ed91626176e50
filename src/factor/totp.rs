//! Codes of an authenticator app (RFC 6238): 6 digits, 30 seconds, SHA-1, one step of drift each way.

use totp_rs::{Builder, Totp as Generator};
use zeroize::Zeroizing;

use super::{Checked, Digits, failed};
use crate::{
    domain::{
        CredentialId, Credentials, Digest, Factor, FactorKind, MemberId, MfaMethod, PendingTotp,
        RecoveryCode, Sealed, Secret, Subject, Timestamp, Totp,
    },
    judge::LockoutPolicy,
};

/// The secret that a server and an authenticator app share: 160 bits (RFC 4226 §4, R6).
pub(crate) struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    pub(crate) fn new(random: [u8; 20]) -> Self {
        Self(Zeroizing::new(random.to_vec()))
    }

    pub(crate) fn from_opened(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Reads a secret that an authenticator app has already: base32 of 128 to 512 bits (RFC 4226 §4, R6).
    #[cfg(feature = "wire-api")]
    pub(crate) fn from_base32(text: &str) -> Option<Self> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=' && *c != '-').collect();
        let secret = totp_rs::Secret::try_from_base32(compact.to_ascii_uppercase()).ok()?;
        let bytes = Zeroizing::new(secret.as_ref().to_vec());
        (16..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// In base32, to be typed into an app.
    pub(crate) fn base32(&self) -> Option<Secret> {
        Some(Secret::new(self.generator("", "")?.secret().to_base32()))
    }

    /// As an `otpauth://` address, to be scanned or opened.
    pub(crate) fn uri(&self, issuer: &str, account: &str) -> Option<Secret> {
        self.generator(issuer, account)?.to_url().ok().map(Secret::new)
    }

    /// The time step of which this is the code, if it is one of the current three.
    fn step_of(&self, code: &Digits, now: Timestamp) -> Option<u64> {
        self.generator("", "")?.check(code.as_str(), now.as_secs())
    }

    /// A colon would end the issuer or account in an `otpauth://` address.
    fn generator(&self, issuer: &str, account: &str) -> Option<Generator> {
        let plain = |text: &str| if text.is_empty() { "-".to_owned() } else { text.replace(':', " ") };
        Builder::new()
            .with_secret(self.0.to_vec())
            .with_issuer(Some(plain(issuer)))
            .with_account_name(plain(account))
            .build()
            .ok()
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Checks a code of the member's authenticator app. The step of an accepted one, and all before it,
/// are never accepted again.
pub(crate) fn check_totp(
    credentials: &Credentials,
    member: &MemberId,
    secret: &TotpSecret,
    code: &Digits,
    policy: LockoutPolicy,
    now: Timestamp,
) -> Checked {
    if credentials.lockout.is_locked(now) {
        return Checked::Locked;
    }
    let Some(totp) = &credentials.totp else { return Checked::Missing };
    match secret.step_of(code, now) {
        None => Checked::Wrong { write: failed(credentials, policy, now) },
        Some(step) if step <= totp.last_step => Checked::Replayed { write: failed(credentials, policy, now) },
        Some(step) => {
            let factor = proof(totp.totp_id.clone(), member, now);
            let totp = Totp { last_step: step, ..totp.clone() };
            let write = Credentials { totp: Some(totp), lockout: Default::default(), ..credentials.clone() };
            Checked::Proved { factor, write }
        }
    }
}

fn proof(totp_id: CredentialId, member: &MemberId, now: Timestamp) -> Factor {
    Factor::new(FactorKind::Totp, Subject::Member(member.clone()), totp_id, now)
}

/// A new authenticator app, to be confirmed.
#[derive(Debug)]
pub(crate) struct TotpEnrolment {
    pub(crate) totp_id: CredentialId,
    pub(crate) secret: Sealed,
    pub(crate) recovery_codes: Vec<RecoveryCode>,
    pub(crate) begun_in: Digest,
}

impl TotpEnrolment {
    /// The credentials with this app waiting for its first code until `expires_at`. What they had stays
    /// until then.
    pub(crate) fn pending_in(self, credentials: &Credentials, expires_at: Timestamp) -> Credentials {
        let Self { totp_id, secret, recovery_codes, begun_in } = self;
        let pending = PendingTotp { totp_id, secret, recovery_codes, expires_at, begun_in };
        Credentials { pending_totp: Some(pending), ..credentials.clone() }
    }
}

/// Confirms a new authenticator app by its first code: it takes the place of the one before, and its
/// recovery codes that of theirs.
pub(crate) fn confirm_totp(
    credentials: &Credentials,
    member: &MemberId,
    secret: &TotpSecret,
    code: &Digits,
    policy: LockoutPolicy,
    now: Timestamp,
) -> Checked {
    if credentials.lockout.is_locked(now) {
        return Checked::Locked;
    }
    let Some(pending) = credentials.pending_totp.as_ref().filter(|pending| now < pending.expires_at) else {
        return Checked::Missing;
    };
    let Some(step) = secret.step_of(code, now) else {
        return Checked::Wrong { write: failed(credentials, policy, now) };
    };
    let factor = proof(pending.totp_id.clone(), member, now);
    let write = Credentials {
        totp: Some(Totp {
            totp_id: pending.totp_id.clone(),
            secret: pending.secret.clone(),
            last_step: step,
        }),
        pending_totp: None,
        // Whoever began to set a phone up was asked for no second factor, and would have to be now.
        sms_code: credentials.sms_code.clone().filter(|sent| sent.enrols_in.is_none()),
        recovery_codes: pending.recovery_codes.clone(),
        default_mfa_method: credentials.default_mfa_method.or(Some(MfaMethod::Totp)),
        lockout: Default::default(),
        ..credentials.clone()
    };
    Checked::Proved { factor, write }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_010_000);

    fn member() -> MemberId {
        MemberId::new("member-1").unwrap()
    }

    fn enrolled() -> Credentials {
        let totp_id = CredentialId::new("totp-1").unwrap();
        let totp = Totp { totp_id, secret: Sealed(Vec::new()), last_step: 0 };
        Credentials { totp: Some(totp), ..Credentials::default() }
    }

    fn secret() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    fn code_at(now: Timestamp) -> Digits {
        Digits::parse(&secret().generator("", "").unwrap().generate(now.as_secs()).to_string()).unwrap()
    }

    fn check(credentials: &Credentials, code: &Digits, now: Timestamp) -> Checked {
        check_totp(credentials, &member(), &secret(), code, LockoutPolicy::default(), now)
    }

    #[test]
    fn agrees_with_rfc_6238_appendix_b() {
        // The last six of the eight digits that the appendix gives for SHA-1.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let now = Timestamp::from_millis(seconds * 1000);
            let code = Digits::parse(code).unwrap();
            assert!(matches!(check(&enrolled(), &code, now), Checked::Proved { .. }), "{seconds}");
        }
    }

    #[test]
    fn one_step_of_drift_each_way_and_no_more() {
        let step = Duration::from_secs(30);
        for (then, right) in [
            (NOW, true),
            (NOW.before(step), true),
            (NOW.after(step), true),
            (NOW.before(2 * step), false),
            (NOW.after(2 * step), false),
        ] {
            let proved = matches!(check(&enrolled(), &code_at(then), NOW), Checked::Proved { .. });
            assert_eq!(proved, right, "{then}");
        }
    }

    #[test]
    fn a_step_is_good_once_and_none_before_it() {
        let Checked::Proved { write, .. } = check(&enrolled(), &code_at(NOW), NOW) else { panic!() };
        let earlier = code_at(NOW.before(Duration::from_secs(30)));
        for code in [code_at(NOW), earlier] {
            assert!(matches!(check(&write, &code, NOW), Checked::Replayed { .. }));
        }
        let later = NOW.after(Duration::from_secs(30));
        assert!(matches!(check(&write, &code_at(later), later), Checked::Proved { .. }));
    }

    #[test]
    fn the_tenth_wrong_one_locks_and_a_right_one_forgets() {
        let wrong = Digits::parse("000000").unwrap();
        let mut credentials = enrolled();
        for _ in 0..9 {
            let Checked::Wrong { write } = check(&credentials, &wrong, NOW) else { panic!() };
            credentials = write;
        }
        let Checked::Proved { write, .. } = check(&credentials, &code_at(NOW), NOW) else { panic!() };
        assert_eq!(write.lockout, Default::default());
        let Checked::Wrong { write } = check(&credentials, &wrong, NOW) else { panic!() };
        assert!(matches!(check(&write, &code_at(NOW), NOW), Checked::Locked));
        let later = NOW.after(Duration::from_secs(3600));
        assert!(matches!(check(&write, &code_at(later), later), Checked::Proved { .. }));
    }
}
