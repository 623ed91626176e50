//! Second factors: a code by SMS, of an authenticator app, a recovery code. For a sign-in that is not
//! finished, or for a live session that is to prove one anew.

use std::sync::Arc;

use super::{
    audit::{About, reason},
    caller::Caller,
    engine::Engine,
    enter::{Entered, Source, Terms},
    error::{Error, ErrorKind},
    first::fresh_code,
    intermediate::{Bag, Rotation},
    letters,
    settings::{Limit, SANDBOX_CODE, SANDBOX_PHONE},
};
use crate::{
    domain::{
        Allowed, AuditKind, Credentials, Digest, Enrolment, Factor, FactorClass, FactorKind, LimitKind,
        Member, MemberId, MfaMethod, Organization, OrganizationId, Phone, Secret, Timestamp,
    },
    factor::{
        Checked, Digits, RecoveryCodeText, SMS_LIFETIME, TotpSecret, check_recovery_code, check_sms,
        check_totp, sms_sent,
    },
    judge::{Entry, Owed, Verdict, counting, enter},
    store::FindOrganization,
    token::{Place, Purpose},
};

/// What somebody brings as a second factor.
#[derive(Clone, Debug)]
pub(crate) enum SecondFactor {
    Totp(Secret),
    Sms(Secret),
    RecoveryCode(Secret),
}

/// A member in the middle of signing in: who, where, and what they have set up.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) bag: Bag,
    pub(crate) organization: Organization,
    pub(crate) member: Member,
    pub(crate) enrolment: Enrolment,
    pub(crate) owed: Owed,
}

impl Pending {
    /// Whether the bag holds a proof of a second factor that the member has, whatever the organization
    /// thinks of its kind: so that nobody is shut out by a policy that changed.
    pub(crate) fn proved_second(&self, now: Timestamp) -> bool {
        let anything = Organization { mfa_methods: Allowed::All, ..self.organization.clone() };
        let entry = Entry {
            factors: &self.bag.session.factors,
            organization: &anything,
            member: &self.member,
            enrolment: &self.enrolment,
            standing: None,
            now,
        };
        counting(&entry).any(|factor| factor.kind.class() == FactorClass::Secondary)
    }
}

impl Engine {
    /// Who is in the middle of entering which organization, by their intermediate session. A first
    /// factor that the organization accepts must be in it.
    pub(crate) async fn pending(&self, token: &str, caller: &Caller) -> Result<Pending, Error> {
        let bag = self.find_intermediate(token, caller).await?;
        let pending = self.pending_of(bag, caller.now).await?;
        if pending.owed.primary_required.is_some() {
            return Err(ErrorKind::PrimaryRequired.into());
        }
        Ok(pending)
    }

    /// The same, whatever is owed.
    pub(crate) async fn pending_of(&self, bag: Bag, now: Timestamp) -> Result<Pending, Error> {
        let organization_id = bag.session.organization_id.clone().ok_or(ErrorKind::OrganizationNotFound)?;
        self.pending_in(bag, &organization_id, now).await
    }

    /// The same for this organization, whatever one the bag was turned to last.
    pub(crate) async fn pending_in(
        &self,
        bag: Bag,
        organization_id: &OrganizationId,
        now: Timestamp,
    ) -> Result<Pending, Error> {
        let not_found = || Error::from(ErrorKind::OrganizationNotFound);
        let entrance = self.entrance(organization_id, &bag.session.factors).await?.ok_or_else(not_found)?;
        let (organization, member) = (entrance.organization, entrance.member.ok_or_else(not_found)?);
        let enrolment = self.enrolment(&member.member_id).await?;
        let entry = Entry {
            factors: &bag.session.factors,
            organization: &organization,
            member: &member,
            enrolment: &enrolment,
            standing: None,
            now,
        };
        let owed = match enter(&entry) {
            Verdict::Owed(owed) => owed,
            Verdict::Granted(_) | Verdict::Continued(_) => {
                Owed { primary_required: None, mfa_required: None }
            }
            Verdict::Refused => return Err(not_found()),
        };
        Ok(Pending { bag, organization, member, enrolment, owed })
    }

    /// Finishes a sign-in with a second factor. A wrong one leaves the intermediate session as it is.
    pub(crate) async fn second_factor(
        self: &Arc<Self>,
        token: &str,
        second: &SecondFactor,
        rotation: Rotation,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, Error> {
        let pending = self.pending(token, caller).await?;
        let factor = self.prove_second(&pending.member, second, caller).await?;
        self.finish(pending, factor, rotation, terms, caller).await
    }

    /// Enters with one more factor in the bag. Where the organization demands a second factor of
    /// everybody, the member is asked for theirs from now on.
    pub(crate) async fn finish(
        self: &Arc<Self>,
        pending: Pending,
        factor: Factor,
        rotation: Rotation,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, Error> {
        let Pending { bag, organization, .. } = pending;
        let source =
            Source::Intermediate { bag: Box::new(bag), add: Some(factor), return_to: None, rotation };
        self.enter(&organization.organization_id, source, terms, caller).await
    }

    /// Checks a second factor of a member. Everything that is counted or used up is stored before this
    /// answers; a member who is locked by it is told.
    pub(crate) async fn prove_second(
        &self,
        member: &Member,
        second: &SecondFactor,
        caller: &Caller,
    ) -> Result<Factor, Error> {
        let proved = self.check_second(member, second, caller).await;
        self.told_if_locked(member, proved, caller).await
    }

    /// Tells a member whom a wrong second factor has locked.
    pub(super) async fn told_if_locked(
        &self,
        member: &Member,
        proved: Result<Factor, Error>,
        caller: &Caller,
    ) -> Result<Factor, Error> {
        if proved.as_ref().is_err_and(|error| *error.kind() == ErrorKind::WrongCode) {
            let locked_at = self.enrolment(&member.member_id).await?.locked_at;
            if locked_at == Some(caller.now) {
                self.notify(letters::locked(&self.settings, member.email_address.clone()));
            }
        }
        proved
    }

    async fn check_second(
        &self,
        member: &Member,
        second: &SecondFactor,
        caller: &Caller,
    ) -> Result<Factor, Error> {
        let (id, now, policy) = (&member.member_id, caller.now, self.settings.lockout);
        match second {
            SecondFactor::Totp(code) => {
                let code = Digits::parse(code.expose()).ok_or(ErrorKind::MalformedCode)?;
                self.check(member, second.kind(), caller, |seen| {
                    let Some(totp) = &seen.totp else { return Ok(Checked::Missing) };
                    let secret = self.totp_secret(id, &totp.secret)?;
                    Ok(check_totp(seen, id, &secret, &code, policy, now))
                })
                .await
            }
            SecondFactor::Sms(code) => {
                let code = Digits::parse(code.expose()).ok_or(ErrorKind::MalformedCode)?;
                let digest = self.sms_digest(id, code.as_str());
                self.check(member, second.kind(), caller, |seen| {
                    // A code that was asked for to set a phone up proves nothing here.
                    let enrolling = seen.sms_code.as_ref().is_some_and(|sent| sent.enrols_in.is_some());
                    let known = seen.phone.as_ref().filter(|phone| phone.verified);
                    let elsewhere = matches!(
                        (&seen.sms_code, known),
                        (Some(sent), Some(phone)) if sent.phone.number != phone.number
                    );
                    if enrolling || elsewhere || known.is_none() {
                        return Ok(Checked::Missing);
                    }
                    Ok(check_sms(seen, &digest, policy, now))
                })
                .await
            }
            SecondFactor::RecoveryCode(code) => {
                let code = RecoveryCodeText::parse(code.expose()).ok_or(ErrorKind::MalformedCode)?;
                let digests = self.recovery_digests(id, &code);
                let factor = self
                    .check(member, second.kind(), caller, |seen| {
                        Ok(check_recovery_code(seen, id, &digests, policy, now))
                    })
                    .await?;
                let left = self.enrolment(id).await?.recovery_codes;
                self.tell(AuditKind::Recovered { codes_left: left }, About::from(member), caller);
                let notice = letters::recovery_code_used(&self.settings, member.email_address.clone(), left);
                self.notify(notice);
                Ok(factor)
            }
        }
    }

    /// Runs a check of a factor of this kind until what it saw is what it replaced.
    pub(crate) async fn check(
        &self,
        member: &Member,
        factor: FactorKind,
        caller: &Caller,
        check: impl Fn(&Credentials) -> Result<Checked, Error>,
    ) -> Result<Factor, Error> {
        let (outcome, lockout) = self
            .change_credentials(&member.member_id, |seen| {
                let (write, outcome) = match check(seen)? {
                    Checked::Proved { factor, write } => (Some(write), Ok(factor)),
                    Checked::Wrong { write } => (Some(write), Err(ErrorKind::WrongCode)),
                    Checked::Replayed { write } => (Some(write), Err(ErrorKind::ReplayedCode)),
                    Checked::Locked => (None, Err(ErrorKind::Locked)),
                    Checked::Missing => (None, Err(ErrorKind::NotEnrolled)),
                };
                let lockout = write.as_ref().map(|write| write.lockout).unwrap_or_default();
                Ok((write, (outcome, lockout)))
            })
            .await?;
        let about = || About::from(member);
        match outcome {
            Ok(factor) => Ok(factor),
            // Nothing counts these.
            Err(error @ (ErrorKind::Locked | ErrorKind::NotEnrolled)) => {
                let reason = reason(&error);
                let subject = format!("{}/{}/{}", member.member_id, factor.as_str(), reason.as_str());
                let happened = AuditKind::Refused { factor, reason, credential_id: None };
                self.tell_seldom(&subject, happened, about(), caller).await;
                Err(error.into())
            }
            Err(error) => {
                let refused = self.refused(factor, error, None, about(), caller);
                if let Some(until) = lockout.locked_until {
                    self.tell(AuditKind::Locked { until }, about(), caller);
                }
                Err(refused)
            }
        }
    }

    /// Sends a code to the member's phone.
    pub(crate) async fn send_sms(
        &self,
        member: &Member,
        phone: Phone,
        enrols_in: Option<Digest>,
        caller: &Caller,
    ) -> Result<(), Error> {
        if !self.settings.sms {
            return Err(ErrorKind::NotEnrolled.into());
        }
        let (now, limits) = (caller.now, &self.settings.limits);
        let number = phone.number.clone();
        let limit = |kind, subject: String, limit: Limit| async move {
            self.limit(kind, &subject, limit, About::from(member), caller).await
        };
        let organization = member.organization_id.to_string();
        limit(LimitKind::SmsCooldown, number.to_string(), limits.sms_cooldown).await?;
        limit(LimitKind::SmsPerNumber, number.to_string(), limits.sms_per_number).await?;
        limit(LimitKind::SmsPerOrganization, organization, limits.sms_per_organization).await?;
        let known = self.settings.sandbox && number.as_str() == SANDBOX_PHONE;
        let code = if known { Secret::new(SANDBOX_CODE) } else { fresh_code()? };
        let digest = self.sms_digest(&member.member_id, code.expose());
        let sent = self
            .change_credentials(&member.member_id, |seen| {
                // Answered like any other: whether a member is locked is nobody's to know.
                if seen.lockout.is_locked(now) {
                    return Ok((None, false));
                }
                Ok((Some(sms_sent(seen, phone.clone(), digest, enrols_in, now)), true))
            })
            .await?;
        if !sent {
            return Ok(());
        }
        if !known {
            self.post(letters::code_by_sms(&self.settings, number, code.expose(), SMS_LIFETIME))?;
        }
        let happened = AuditKind::Sent { factor: FactorKind::Otp, credential_id: phone.phone_id };
        self.tell(happened, About::from(member), caller);
        Ok(())
    }

    /// Sends a code without being asked, where the phone is what the member is asked for first.
    pub(super) async fn send_sms_at_once(
        &self,
        owed: &Owed,
        member: &Member,
        organization: &Organization,
        enrolment: &Enrolment,
        caller: &Caller,
    ) -> bool {
        let allowed = owed.mfa_required.as_ref().is_some_and(|required| required.phone.is_some());
        let first = match enrolment.default_mfa_method {
            Some(method) => method == MfaMethod::SmsOtp,
            None => true,
        };
        let Some(phone) = enrolment.verified_phone().filter(|_| allowed && first) else { return false };
        debug_assert_eq!(member.organization_id, organization.organization_id);
        match self.send_sms(member, phone.clone(), None, caller).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(%error, "no code was sent at once");
                false
            }
        }
    }

    /// Whether a code to the phone that a member has waits to be typed.
    pub(crate) async fn sms_waits(&self, member_id: &MemberId, now: Timestamp) -> Result<bool, Error> {
        let (credentials, _) = self.stores.credentials.load(member_id).await?;
        Ok(credentials.sms_code.is_some_and(|sent| sent.enrols_in.is_none() && now < sent.expires_at))
    }

    pub(crate) fn sms_digest(&self, member_id: &MemberId, code: &str) -> Digest {
        self.purposes.digest(Purpose::Code, &[b"sms", member_id.as_str().as_bytes(), code.as_bytes()])
    }

    pub(crate) fn recovery_digests(&self, member_id: &MemberId, code: &RecoveryCodeText) -> Vec<Digest> {
        self.purposes
            .digests(Purpose::RecoveryCode, &[member_id.as_str().as_bytes(), code.as_str().as_bytes()])
    }

    pub(crate) fn totp_secret(
        &self,
        member_id: &MemberId,
        sealed: &crate::domain::Sealed,
    ) -> Result<TotpSecret, Error> {
        let place = Place { column: "totp", row: member_id.as_str() };
        Ok(TotpSecret::from_opened(self.sealer.open(place, sealed)?))
    }

    /// Posts a notice; when the outbox is full the step it is about was done all the same.
    pub(crate) fn notify(&self, notice: crate::deliver::Message) {
        if let Err(error) = self.post(notice) {
            tracing::warn!(%error, "a notice was not sent");
        }
    }

    /// One organization by its id.
    pub(crate) async fn organization(&self, organization_id: &OrganizationId) -> Result<Organization, Error> {
        let find = FindOrganization::Id(organization_id);
        self.stores.directory.organization(find).await?.ok_or_else(|| ErrorKind::OrganizationNotFound.into())
    }

    /// One member by their id.
    pub(crate) async fn member(&self, member_id: &MemberId) -> Result<Member, Error> {
        self.stores.directory.member(member_id).await?.ok_or_else(|| ErrorKind::MemberNotFound.into())
    }
}

impl SecondFactor {
    /// What it proves.
    pub(crate) fn kind(&self) -> FactorKind {
        match self {
            Self::Totp(_) => FactorKind::Totp,
            Self::Sms(_) => FactorKind::Otp,
            Self::RecoveryCode(_) => FactorKind::RecoveryCodes,
        }
    }
}
