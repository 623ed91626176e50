//! How each credential is proved: stored state, input and the time in; a proof or a refusal, and the
//! write to make, out. Pure.

mod code;
#[cfg(feature = "wire-api")]
mod foreign;
mod password;
mod phone;
mod recovery;
mod totp;

pub(crate) use code::{Digits, EMAIL_TRIES};
#[cfg(feature = "wire-api")]
pub(crate) use foreign::{ForeignHash, HashKind, HashSettings};
pub use password::{PasswordStrength, WeakPassword, password_strength};
pub(crate) use password::{hash_anew, hash_password, password_factor, verify_nothing, verify_password};
pub(crate) use phone::{SMS_LIFETIME, check_sms, sms_sent};
pub(crate) use recovery::{RecoveryCodeText, check_recovery_code};
pub(crate) use totp::{TotpEnrolment, TotpSecret, check_totp, confirm_totp};

use crate::{
    domain::{Credentials, Factor, Timestamp},
    judge::LockoutPolicy,
};

/// What came of checking a second factor. Whatever it is, `write` must be stored before anything
/// comes of it, and only if the credentials still are what they were.
#[derive(Debug)]
pub(crate) enum Checked {
    /// It was right.
    Proved { factor: Factor, write: Credentials },
    /// It was wrong, and counts as such.
    Wrong { write: Credentials },
    /// It was right once; codes are good for one use. Counts like a wrong one.
    Replayed { write: Credentials },
    /// The member is locked, so nothing was checked.
    Locked,
    /// There is nothing to check it against.
    Missing,
}

/// The credentials with one more wrong second factor counted.
fn failed(credentials: &Credentials, policy: LockoutPolicy, now: Timestamp) -> Credentials {
    let lockout = credentials.lockout.failed(policy, now);
    Credentials { lockout, ..credentials.clone() }
}
