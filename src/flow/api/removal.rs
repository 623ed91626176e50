//! Taking away what a member has set up. Their sessions stay; at the next sign-in it is asked for no more.

use super::{Acting, Action, ApiError, Found, Rule};
use crate::{
    domain::{AuditKind, Credentials, FactorKind, MfaMethod},
    flow::{About, Caller, Engine, letters},
};

/// What can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removable {
    Phone,
    /// The authenticator app with its recovery codes, confirmed or begun.
    Totp,
    Password,
}

impl Removable {
    fn action(self) -> &'static str {
        match self {
            Self::Phone => "update.info.delete.mfa-phone",
            Self::Totp => "update.info.delete.totp",
            Self::Password => "update.info.delete.password",
        }
    }

    fn missing(self) -> Rule {
        match self {
            Self::Phone => Rule::PhoneNotFound,
            Self::Totp => Rule::TotpNotFound,
            Self::Password => Rule::PasswordNotFound,
        }
    }

    fn named(self) -> &'static str {
        match self {
            Self::Phone => "Your phone",
            Self::Totp => "Your authenticator app",
            Self::Password => "Your password",
        }
    }

    fn kinds(self) -> Vec<FactorKind> {
        match self {
            Self::Phone => vec![FactorKind::Otp],
            Self::Totp => vec![FactorKind::Totp, FactorKind::RecoveryCodes],
            Self::Password => vec![FactorKind::Password],
        }
    }

    /// The credentials without it; nothing where they are without it already.
    fn removed_from(self, seen: &Credentials) -> Option<Credentials> {
        let mut write = seen.clone();
        match self {
            Self::Phone => {
                write.phone = None;
                write.sms_code = None;
            }
            Self::Totp => {
                write.totp = None;
                write.pending_totp = None;
                write.recovery_codes.clear();
            }
            Self::Password => write.password = None,
        }
        if write == *seen {
            return None;
        }
        // The other one, where there is one, is asked for first from now on.
        let first = write.default_mfa_method.filter(|method| match method {
            MfaMethod::SmsOtp => write.phone.is_some(),
            MfaMethod::Totp => write.totp.is_some(),
        });
        let phone = write.phone.as_ref().filter(|phone| phone.verified).map(|_| MfaMethod::SmsOtp);
        write.default_mfa_method = first.or(write.totp.as_ref().map(|_| MfaMethod::Totp)).or(phone);
        Some(write)
    }
}

impl Engine {
    /// Takes something away from a member, and tells them. A member who acts has to have proved a factor of
    /// theirs in the last five minutes.
    ///
    /// # Errors
    /// `PhoneNotFound`, `TotpNotFound` or `PasswordNotFound`; `NotPermitted`, `Tenancy`; `StaleFactor`,
    /// `MissingFactor`.
    pub(crate) async fn take_away(
        &self,
        found: Found,
        what: Removable,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<Found, ApiError> {
        let Found { member, organization, .. } = found;
        acting.may(Action::on_member(&organization.organization_id, &member.member_id, what.action()))?;
        let oneself = acting.session().filter(|session| *session.member_id() == member.member_id);
        let removed = self
            .change_credentials(&member.member_id, |seen| {
                // By what is replaced: another factor may have been set up since the member was looked up.
                if let Some(session) = oneself
                    && let Err(rule) = self.may_change(session, &seen.enrolment(), caller)
                {
                    return Ok((None, Err(rule)));
                }
                let write = what.removed_from(seen);
                let removed = write.is_some();
                Ok((write, Ok(removed)))
            })
            .await??;
        if !removed {
            return Err(what.missing().into());
        }
        self.tell(AuditKind::Removed { factors: what.kinds() }, About::from(&member), caller);
        let address = member.email_address.clone();
        self.notify(letters::factor_removed(&self.settings, address, what.named()));
        self.api_shown(member, organization).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CredentialId, Phone, PhoneNumber, Sealed, Totp};

    #[test]
    fn the_other_one_is_asked_for_first() {
        let phone = Phone {
            phone_id: CredentialId::new("phone-1").unwrap(),
            number: PhoneNumber::parse("+15551234567").unwrap(),
            verified: true,
        };
        let totp =
            Totp { totp_id: CredentialId::new("totp-1").unwrap(), secret: Sealed(Vec::new()), last_step: 0 };
        let both = Credentials {
            phone: Some(phone),
            totp: Some(totp),
            default_mfa_method: Some(MfaMethod::Totp),
            mfa_enrolled: true,
            ..Credentials::default()
        };
        let without_totp = Removable::Totp.removed_from(&both).unwrap();
        assert_eq!(without_totp.default_mfa_method, Some(MfaMethod::SmsOtp));
        let without = Removable::Phone.removed_from(&without_totp).unwrap();
        assert_eq!(without.default_mfa_method, None);
        assert!(without.mfa_enrolled, "a second factor is still asked for, and has to be set up");
        assert_eq!(Removable::Phone.removed_from(&without), None);
        let without_phone = Removable::Phone.removed_from(&both).unwrap();
        assert_eq!(without_phone.default_mfa_method, Some(MfaMethod::Totp));
    }
}
