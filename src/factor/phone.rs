//! Codes by SMS: six digits, two minutes, one live code a member.

use std::time::Duration;

use super::{Checked, failed};
use crate::{
    domain::{Credentials, Digest, Factor, FactorKind, MfaMethod, Phone, SmsCode, Subject, Timestamp},
    judge::LockoutPolicy,
};

/// How long a code is good.
pub(crate) const SMS_LIFETIME: Duration = Duration::from_secs(120);

const TRIES: u32 = 5;

/// The credentials with a new code to this phone; an earlier one is good no more.
pub(crate) fn sms_sent(
    credentials: &Credentials,
    phone: Phone,
    digest: Digest,
    enrols_in: Option<Digest>,
    now: Timestamp,
) -> Credentials {
    let known = credentials.phone.clone().filter(|known| known.verified);
    Credentials {
        phone: known.or_else(|| Some(phone.clone())),
        sms_code: Some(SmsCode {
            digest,
            phone,
            sent_at: now,
            expires_at: now.after(SMS_LIFETIME),
            tries_left: TRIES,
            enrols_in,
        }),
        ..credentials.clone()
    }
}

/// Checks a code sent by SMS. A right one proves the number that it was sent to, and makes it the
/// member's.
pub(crate) fn check_sms(
    credentials: &Credentials,
    digest: &Digest,
    policy: LockoutPolicy,
    now: Timestamp,
) -> Checked {
    if credentials.lockout.is_locked(now) {
        return Checked::Locked;
    }
    let Some(sent) = credentials.sms_code.as_ref().filter(|sent| now < sent.expires_at) else {
        return Checked::Missing;
    };
    if sent.digest != *digest {
        let tries_left = sent.tries_left.saturating_sub(1);
        let sms_code = (tries_left > 0).then(|| SmsCode { tries_left, ..sent.clone() });
        return Checked::Wrong { write: Credentials { sms_code, ..failed(credentials, policy, now) } };
    }
    let phone = Phone { verified: true, ..sent.phone.clone() };
    let subject = Subject::Phone(phone.number.clone());
    let factor = Factor::new(FactorKind::Otp, subject, phone.phone_id.clone(), now);
    let write = Credentials {
        phone: Some(phone),
        // Whoever began to set an app up was asked for no second factor, and would have to be now.
        pending_totp: credentials.pending_totp.clone().filter(|_| sent.enrols_in.is_none()),
        sms_code: None,
        default_mfa_method: credentials.default_mfa_method.or(Some(MfaMethod::SmsOtp)),
        lockout: Default::default(),
        ..credentials.clone()
    };
    Checked::Proved { factor, write }
}
