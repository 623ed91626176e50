//! A member's credentials as they are stored: one document, replaced as a whole, so that taking,
//! counting and comparing are one operation.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CredentialId, Enrolment, MfaMethod, Phone, Timestamp};

/// Ciphertext, bound to the place where it lies; nothing can be learned from it without the keys.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[sealed]")
    }
}

/// A keyed digest of a secret, by which it is recognized and from which it can't be guessed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digest]")
    }
}

/// Everything by which one member can prove who they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Credentials {
    /// Their password.
    pub password: Option<Password>,
    /// Their authenticator app.
    pub totp: Option<Totp>,
    /// An authenticator app of which no code was confirmed yet.
    pub pending_totp: Option<PendingTotp>,
    /// Their phone.
    pub phone: Option<Phone>,
    /// The one code by SMS that is valid.
    pub sms_code: Option<SmsCode>,
    /// The recovery codes that are left.
    pub recovery_codes: Vec<RecoveryCode>,
    /// Whether they are asked for a second factor where their organization leaves it open.
    pub mfa_enrolled: bool,
    /// The method they are asked for first.
    pub default_mfa_method: Option<MfaMethod>,
    /// Wrong second factors, of every kind together.
    pub lockout: Lockout,
}

impl Credentials {
    /// What is set up, without the secrets of it.
    #[must_use]
    pub fn enrolment(&self) -> Enrolment {
        Enrolment {
            mfa_enrolled: self.mfa_enrolled,
            default_mfa_method: self.default_mfa_method,
            password_id: self.password.as_ref().map(|password| password.password_id.clone()),
            totp_id: self.totp.as_ref().map(|totp| totp.totp_id.clone()),
            phone: self.phone.clone(),
            recovery_codes: self.recovery_codes.len(),
            locked_until: self.lockout.locked_until,
            locked_at: self.lockout.locked_at,
        }
    }
}

/// A password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// Its id.
    pub password_id: CredentialId,
    /// Its hash, sealed: argon2id in PHC form, or what was taken over until its next sign-in.
    pub hash: Sealed,
}

/// An authenticator app (RFC 6238).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// Its id.
    pub totp_id: CredentialId,
    /// The shared secret.
    pub secret: Sealed,
    /// The last time step of which a code was accepted; none at or before it is accepted again.
    pub last_step: u64,
}

/// An authenticator app of which no code was confirmed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTotp {
    /// Its id.
    pub totp_id: CredentialId,
    /// The shared secret.
    pub secret: Sealed,
    /// The recovery codes that come with it.
    pub recovery_codes: Vec<RecoveryCode>,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
    /// The sign-in or session in which it was begun; nobody sees or confirms it elsewhere.
    pub begun_in: Digest,
}

/// A recovery code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCode {
    /// By which it is found.
    pub digest: Digest,
    /// The code itself, for who may read it again.
    pub code: Sealed,
}

/// A code that was sent by SMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsCode {
    /// By which it is recognized.
    pub digest: Digest,
    /// Where it was sent. Confirming it proves this number.
    pub phone: Phone,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// How many wrong tries it survives.
    pub tries_left: u32,
    /// The sign-in or session in which it is to set a phone up, if it is; it is good nowhere else.
    pub enrols_in: Option<Digest>,
}

/// One member's count of wrong second factors, of every kind and from every sign-in together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockout {
    /// Wrong ones since the last right one.
    pub failures: u32,
    /// Since when the member is locked.
    pub locked_at: Option<Timestamp>,
    /// Until when.
    pub locked_until: Option<Timestamp>,
}
