//! Second factors as a server asks for them: for a sign-in under way, or added to a live session.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{ApiError, Found, Held, Rule};
use crate::{
    domain::{
        AuditKind, CredentialId, Credentials, Digest, Enrolment, Factor, FactorDemand, FactorKind, Member,
        MfaMethod, MfaPolicy, Organization, Phone, PhoneNumber, Secret, Totp,
    },
    factor::{Checked, Digits, RecoveryCodeText, TotpSecret, check_sms, check_totp, confirm_totp},
    flow::{
        About, Caller, Engine, Entered, Error, ErrorKind, NewTotp, Pending, Raising, Rotation, SecondFactor,
        SignedIn, Terms, enrol::new_recovery_codes, letters,
    },
    judge::{MemberSession, Owed, accepts, may_change_factors},
    token::Place,
};

/// Where servers set up second factors, whatever the sign-in or session: whoever calls keeps the tokens, and
/// no browser sees what was begun here.
pub(super) const BEGUN_BY_SERVER: Digest = Digest([0x5e; 32]);

/// What a call that proves a second factor says of the ones to come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MfaChoice {
    /// Whether the member is asked for a second factor from now on, where the organization leaves it open.
    pub(crate) enroll: Option<bool>,
    /// Whether this is the method that they are asked for first.
    pub(crate) make_default: bool,
}

/// What a call brings to prove a second factor.
#[derive(Clone, Debug)]
pub(crate) struct SecondProof {
    pub(crate) factor: SecondFactor,
    pub(crate) choice: MfaChoice,
}

/// What a call has brought, of the member whom it is about.
enum Brought {
    Nothing,
    SignIn(Box<Pending>),
    Session(MemberSession),
}

impl Brought {
    /// Refuses a second factor where a first one is owed.
    fn after_the_first(&self) -> Result<(), Error> {
        match self {
            Self::SignIn(pending) if pending.owed.primary_required.is_some() => {
                Err(ErrorKind::PrimaryRequired.into())
            }
            Self::Nothing | Self::SignIn(_) | Self::Session(_) => Ok(()),
        }
    }
}

/// An authenticator app that the member had elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct TotpMigration {
    pub(crate) secret: Secret,
    pub(crate) recovery_codes: Vec<Secret>,
}

impl Engine {
    /// Sends a code to a member's phone, or to the one they are to set up.
    ///
    /// # Errors
    /// `NoSms`, `NotActive`, `MfaMethodNotAllowed`, `PhoneExists`, `PhoneNotFound`; `MissingFactor` and
    /// `StaleFactor` where another second factor has to be proved before a phone is set up.
    pub(crate) async fn send_member_sms(
        &self,
        found: &Found,
        number: Option<PhoneNumber>,
        held: &Held,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        let Found { member, organization, enrolment } = found;
        if !self.settings.sms {
            return Err(Rule::NoSms.into());
        }
        Self::must_be_active(member)?;
        let brought = self.brought(held, found, caller).await?;
        brought.after_the_first()?;
        if enrolment.locked_until.is_some_and(|until| caller.now < until) {
            return Err(ErrorKind::Locked.into());
        }
        if !accepts(organization, member, FactorKind::Otp) {
            return Err(Rule::MfaMethodNotAllowed.into());
        }
        let phone = match (&enrolment.phone, number) {
            (Some(phone), Some(number)) if phone.number != number => return Err(Rule::PhoneExists.into()),
            (Some(phone), _) => phone.clone(),
            (None, Some(number)) => {
                Phone { phone_id: self.credential_id("phone-number")?, number, verified: false }
            }
            (None, None) => return Err(Rule::PhoneNotFound.into()),
        };
        if phone.verified {
            return Ok(self.send_sms(member, phone, None, caller).await?);
        }
        self.may_set_up(&brought, enrolment, caller)?;
        Ok(self.send_sms(member, phone, Some(BEGUN_BY_SERVER), caller).await?)
    }

    /// Sends a code at once to a phone that a server has entered and nobody has proved yet, where the
    /// organization demands a second factor and the member has no other.
    pub(crate) async fn send_first_sms(
        &self,
        owed: &Owed,
        member: &Member,
        organization: &Organization,
        enrolment: &Enrolment,
        caller: &Caller,
    ) -> bool {
        if owed.primary_required.is_some() || owed.mfa_required.is_none() {
            return false;
        }
        let unproved = enrolment.phone.as_ref().filter(|phone| !phone.verified);
        let demanded = organization.mfa_policy == MfaPolicy::RequiredForAll && enrolment.totp_id.is_none();
        let Some(phone) = unproved.filter(|_| demanded && accepts(organization, member, FactorKind::Otp))
        else {
            return false;
        };
        self.send_sms(member, phone.clone(), Some(BEGUN_BY_SERVER), caller).await.is_ok()
    }

    /// Begins to set up an authenticator app.
    ///
    /// # Errors
    /// `TotpExists`; the others as for a phone.
    pub(crate) async fn begin_member_totp(
        &self,
        found: Found,
        held: &Held,
        lifetime: Duration,
        caller: &Caller,
    ) -> Result<NewTotp, ApiError> {
        Self::must_be_active(&found.member)?;
        let brought = self.brought(held, &found, caller).await?;
        brought.after_the_first()?;
        if !accepts(&found.organization, &found.member, FactorKind::Totp) {
            return Err(Rule::MfaMethodNotAllowed.into());
        }
        if found.enrolment.totp_id.is_some() {
            return Err(Rule::TotpExists.into());
        }
        self.may_set_up(&brought, &found.enrolment, caller)?;
        let Found { member, organization, .. } = found;
        Ok(self.new_totp(member, &organization, BEGUN_BY_SERVER, lifetime, caller).await?)
    }

    /// Takes over an authenticator app that the member had elsewhere, with its recovery codes or new ones.
    pub(crate) async fn migrate_totp(
        &self,
        found: &Found,
        migration: &TotpMigration,
        caller: &Caller,
    ) -> Result<(CredentialId, Vec<Secret>), ApiError> {
        let Found { member, organization, .. } = found;
        Self::must_be_active(member)?;
        if !accepts(organization, member, FactorKind::Totp) {
            return Err(Rule::MfaMethodNotAllowed.into());
        }
        let id = &member.member_id;
        let secret = TotpSecret::from_base32(migration.secret.expose()).ok_or(Rule::TotpSecret)?;
        let codes = if migration.recovery_codes.is_empty() {
            new_recovery_codes()?
        } else {
            let read = |code: &Secret| RecoveryCodeText::parse(code.expose()).ok_or(Rule::RecoveryCodeForm);
            if migration.recovery_codes.len() > 100 {
                return Err(Rule::RecoveryCodeForm.into());
            }
            let codes = migration.recovery_codes.iter().map(read).collect::<Result<Vec<_>, Rule>>()?;
            // Each is good once.
            let different: BTreeSet<&str> = codes.iter().map(RecoveryCodeText::as_str).collect();
            if different.len() < codes.len() {
                return Err(Rule::RecoveryCodeForm.into());
            }
            codes
        };
        let stored = self.stored_codes(id, &codes)?;
        let sealed = self
            .sealer
            .seal(Place { column: "totp", row: id.as_str() }, secret.as_bytes())
            .map_err(Error::from)?;
        let totp_id = self.credential_id("member-totp")?;
        let taken = self
            .change_credentials(id, |seen| {
                if seen.totp.is_some() {
                    return Ok((None, Err(Rule::TotpExists)));
                }
                let write = Credentials {
                    totp: Some(Totp { totp_id: totp_id.clone(), secret: sealed.clone(), last_step: 0 }),
                    pending_totp: None,
                    recovery_codes: stored.clone(),
                    default_mfa_method: seen.default_mfa_method.or(Some(MfaMethod::Totp)),
                    ..seen.clone()
                };
                Ok((Some(write), Ok(())))
            })
            .await?;
        taken?;
        let happened = AuditKind::Enrolled { factor: FactorKind::Totp, credential_id: totp_id.clone() };
        self.tell(happened, About::from(member), caller);
        let address = member.email_address.clone();
        self.notify(letters::factor_changed(&self.settings, address, "An authenticator app"));
        Ok((totp_id, codes.iter().map(|code| Secret::new(code.as_str())).collect()))
    }

    /// The recovery codes that a member has left.
    ///
    /// # Errors
    /// `RecoveryCodesNotFound` without an authenticator app.
    pub(crate) async fn recovery_codes_of(&self, found: &Found) -> Result<Vec<Secret>, ApiError> {
        if found.enrolment.totp_id.is_none() {
            return Err(Rule::RecoveryCodesNotFound.into());
        }
        Ok(self.recovery_codes(&found.member.member_id).await?)
    }

    /// Makes new recovery codes for the authenticator app that a member has.
    ///
    /// # Errors
    /// `RecoveryCodesNotFound` without one.
    pub(crate) async fn rotate_recovery_codes(
        &self,
        member: &Member,
        caller: &Caller,
    ) -> Result<Vec<Secret>, ApiError> {
        let codes = new_recovery_codes()?;
        let stored = self.stored_codes(&member.member_id, &codes)?;
        let done = self
            .change_credentials(&member.member_id, |seen| {
                if seen.totp.is_none() {
                    return Ok((None, false));
                }
                let write = Credentials { recovery_codes: stored.clone(), ..seen.clone() };
                Ok((Some(write), true))
            })
            .await?;
        if !done {
            return Err(Rule::RecoveryCodesNotFound.into());
        }
        let kind = FactorKind::RecoveryCodes;
        let id = self.enrolment(&member.member_id).await?.totp_id.ok_or(Rule::RecoveryCodesNotFound)?;
        self.tell(AuditKind::Enrolled { factor: kind, credential_id: id }, About::from(member), caller);
        let address = member.email_address.clone();
        self.notify(letters::factor_changed(&self.settings, address, "A new set of recovery codes"));
        Ok(codes.iter().map(|code| Secret::new(code.as_str())).collect())
    }

    /// Proves a second factor: finishes the sign-in that was brought, or adds it to the session that was. A
    /// factor that is set up by this counts at once in a sign-in.
    ///
    /// # Errors
    /// `NoSession`; `PrimaryRequired` where a first factor has to come before; what is wrong with the factor.
    pub(crate) async fn second_factor_of(
        self: &Arc<Self>,
        found: &Found,
        proof: SecondProof,
        held: &Held,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<SignedIn, ApiError> {
        Self::must_be_active(&found.member)?;
        // Of two recovery codes for one sign-in, none is used up for nothing.
        let _turn = match held {
            Held::Intermediate(bag) => Some(self.sign_ins.of(&bag.key).await),
            Held::Nothing | Held::Session(_) => None,
        };
        let brought = match held {
            Held::Intermediate(bag) => {
                let bag = self.find_intermediate(bag.token.expose(), caller).await?;
                self.brought(&Held::Intermediate(Box::new(bag)), found, caller).await?
            }
            held => self.brought(held, found, caller).await?,
        };
        brought.after_the_first()?;
        if matches!(brought, Brought::Nothing) {
            return Err(Rule::NoSession.into());
        }
        let (factor, enrolled) = self.prove_for_server(found, &brought, &proof, caller).await?;
        match brought {
            Brought::Nothing => Err(Rule::NoSession.into()),
            Brought::SignIn(pending) => {
                match self.finish(*pending, factor, Rotation::Keep, terms, caller).await? {
                    Entered::Session(signed_in) => Ok(*signed_in),
                    // Both were proved: what is owed still came up meanwhile.
                    Entered::Owed(_) => Err(ErrorKind::PrimaryRequired.into()),
                }
            }
            Brought::Session(session) => {
                let raising = Raising { factor, enrolled, rotation: Rotation::Keep };
                Ok(self.raise(&session, raising, terms, caller).await?)
            }
        }
    }

    /// Checks what was brought, and sets up what waits for its first code: says whether it did.
    async fn prove_for_server(
        &self,
        found: &Found,
        brought: &Brought,
        proof: &SecondProof,
        caller: &Caller,
    ) -> Result<(Factor, bool), ApiError> {
        let Found { member, organization, .. } = found;
        let kind = proof.factor.kind();
        if !accepts(organization, member, kind) {
            return Err(Rule::MfaMethodNotAllowed.into());
        }
        let factor = match &proof.factor {
            SecondFactor::Sms(code) => {
                self.check_server_sms(found, brought, code, proof.choice, caller).await?
            }
            SecondFactor::Totp(code) => {
                self.check_server_totp(found, brought, code, proof.choice, caller).await?
            }
            SecondFactor::RecoveryCode(code) => {
                if RecoveryCodeText::parse(code.expose()).is_none() {
                    let other = Digits::parse(code.expose()).is_some();
                    return Err(if other { Rule::TotpAsRecoveryCode } else { Rule::RecoveryCodeForm }.into());
                }
                self.prove_second(member, &proof.factor, caller).await?
            }
        };
        let new = self.tell_if_new(found, &factor, caller);
        Ok((factor, new))
    }

    fn tell_if_new(&self, found: &Found, factor: &Factor, caller: &Caller) -> bool {
        let Found { member, enrolment, .. } = found;
        let (known, what) = match factor.kind {
            FactorKind::Otp => (enrolment.verified_phone().map(|phone| &phone.phone_id), "A phone"),
            _ => (enrolment.totp_id.as_ref(), "An authenticator app"),
        };
        if known == Some(&factor.credential_id) {
            return false;
        }
        let happened =
            AuditKind::Enrolled { factor: factor.kind, credential_id: factor.credential_id.clone() };
        self.tell(happened, About::from(member), caller);
        self.notify(letters::factor_changed(&self.settings, member.email_address.clone(), what));
        true
    }

    async fn check_server_sms(
        &self,
        found: &Found,
        brought: &Brought,
        code: &Secret,
        choice: MfaChoice,
        caller: &Caller,
    ) -> Result<Factor, ApiError> {
        let Found { member, organization, .. } = found;
        let code = Digits::parse(code.expose()).ok_or(ErrorKind::MalformedCode)?;
        let digest = self.sms_digest(&member.member_id, code.as_str());
        let policy = self.settings.lockout;
        let factor = self
            .check(member, FactorKind::Otp, caller, |seen| {
                if seen.lockout.is_locked(caller.now) {
                    return Ok(Checked::Locked);
                }
                let Some(sent) = &seen.sms_code else { return Ok(Checked::Missing) };
                let known = seen.phone.as_ref().filter(|phone| phone.verified);
                let fits = match (&sent.enrols_in, known) {
                    (Some(place), None) => *place == BEGUN_BY_SERVER,
                    (None, Some(phone)) => phone.number == sent.phone.number,
                    _ => false,
                };
                if !fits {
                    return Ok(Checked::Missing);
                }
                if sent.enrols_in.is_some() {
                    self.may_confirm(brought, seen, caller)?;
                }
                let checked = check_sms(seen, &digest, policy, caller.now);
                Ok(chosen(checked, choice, MfaMethod::SmsOtp, organization))
            })
            .await;
        Ok(self.told_if_locked(member, factor, caller).await?)
    }

    async fn check_server_totp(
        &self,
        found: &Found,
        brought: &Brought,
        code: &Secret,
        choice: MfaChoice,
        caller: &Caller,
    ) -> Result<Factor, ApiError> {
        let Found { member, organization, .. } = found;
        let id = &member.member_id;
        if RecoveryCodeText::parse(code.expose()).is_some() {
            return Err(Rule::RecoveryCodeAsTotp.into());
        }
        let code = Digits::parse(code.expose()).ok_or(ErrorKind::MalformedCode)?;
        let (credentials, _) = self.stores.credentials.load(id).await?;
        if credentials.totp.is_none() {
            let pending = credentials.pending_totp.as_ref().ok_or(Rule::TotpNotFound)?;
            if pending.begun_in != BEGUN_BY_SERVER {
                return Err(Rule::TotpNotFound.into());
            }
            if caller.now >= pending.expires_at {
                return Err(Rule::TotpExpired.into());
            }
        }
        let policy = self.settings.lockout;
        let factor = self
            .check(member, FactorKind::Totp, caller, |seen| {
                let pending = seen.pending_totp.as_ref().filter(|app| app.begun_in == BEGUN_BY_SERVER);
                let checked = match (&seen.totp, pending) {
                    (Some(totp), _) => {
                        let secret = self.totp_secret(id, &totp.secret)?;
                        check_totp(seen, id, &secret, &code, policy, caller.now)
                    }
                    (None, Some(pending)) => {
                        self.may_confirm(brought, seen, caller)?;
                        let secret = self.totp_secret(id, &pending.secret)?;
                        confirm_totp(seen, id, &secret, &code, policy, caller.now)
                    }
                    (None, None) => Checked::Missing,
                };
                Ok(chosen(checked, choice, MfaMethod::Totp, organization))
            })
            .await;
        Ok(self.told_if_locked(member, factor, caller).await?)
    }

    /// What was brought, if it is about this member.
    ///
    /// # Errors
    /// `OtherMember`.
    async fn brought(&self, held: &Held, found: &Found, caller: &Caller) -> Result<Brought, ApiError> {
        let id = &found.member.member_id;
        match held {
            Held::Nothing => Ok(Brought::Nothing),
            Held::Session(session) if session.member_id() == id => Ok(Brought::Session(session.clone())),
            Held::Session(_) => Err(Rule::OtherMember.into()),
            Held::Intermediate(bag) => {
                let organization_id = &found.organization.organization_id;
                let turned_to = bag.session.organization_id.as_ref();
                if bag.session.continues.is_some() && turned_to != Some(organization_id) {
                    // Turned from a session to one organization, it proves nothing in another.
                    return Err(Rule::NotForOrganization.into());
                }
                match self.pending_in(bag.as_ref().clone(), organization_id, caller.now).await {
                    Ok(pending) if pending.member.member_id == *id => Ok(Brought::SignIn(Box::new(pending))),
                    Ok(_) => Err(Rule::OtherMember.into()),
                    Err(error) if *error.kind() == ErrorKind::OrganizationNotFound => {
                        Err(Rule::OtherMember.into())
                    }
                    Err(error) => Err(error.into()),
                }
            }
        }
    }

    /// Whether a second factor may be set up by who has this set up already: a proof of it has to be in what was
    /// brought, and in a session a fresh one. Asked when it is begun, and again of what is replaced when it is
    /// confirmed: another may have been set up in between.
    fn may_set_up(&self, brought: &Brought, enrolment: &Enrolment, caller: &Caller) -> Result<(), Rule> {
        if !enrolment.has_second_factor() {
            return Ok(());
        }
        match brought {
            Brought::SignIn(pending) => {
                let pending = Pending { enrolment: enrolment.clone(), ..pending.as_ref().clone() };
                if pending.proved_second(caller.now) { Ok(()) } else { Err(Rule::MissingFactor) }
            }
            Brought::Nothing => Err(Rule::MissingFactor),
            Brought::Session(session) => self.may_change(session, enrolment, caller),
        }
    }

    fn may_confirm(&self, brought: &Brought, seen: &Credentials, caller: &Caller) -> Result<(), Error> {
        let may = self.may_set_up(brought, &seen.enrolment(), caller);
        may.map_err(|_| ErrorKind::FreshFactorRequired(FactorDemand::secondary()).into())
    }

    /// Whether a session's proofs are fresh enough to change how its member signs in.
    pub(super) fn may_change(
        &self,
        session: &MemberSession,
        enrolment: &Enrolment,
        caller: &Caller,
    ) -> Result<(), Rule> {
        let proofs = session.proofs();
        let Err(demand) = may_change_factors(&proofs, enrolment, &self.settings.sessions, caller.now) else {
            return Ok(());
        };
        let policy = &self.settings.sessions;
        let held = proofs.iter().any(|proof| demand.takes(proof.kind) && proof.may_answer(policy));
        Err(if held { Rule::StaleFactor } else { Rule::MissingFactor })
    }
}

/// What a call chose for the second factors to come, where it proved one.
fn chosen(checked: Checked, choice: MfaChoice, method: MfaMethod, organization: &Organization) -> Checked {
    let Checked::Proved { factor, write } = checked else { return checked };
    let mfa_enrolled = match organization.mfa_policy {
        MfaPolicy::RequiredForAll => true,
        MfaPolicy::Optional => choice.enroll.unwrap_or(write.mfa_enrolled),
    };
    let default_mfa_method = if choice.make_default { Some(method) } else { write.default_mfa_method };
    Checked::Proved { factor, write: Credentials { mfa_enrolled, default_mfa_method, ..write } }
}
