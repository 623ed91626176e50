//! Setting up second factors: inside of a sign-in whose organization demands one, or in a live session.

use std::{sync::Arc, time::Duration};

use super::{
    audit::About,
    caller::Caller,
    engine::Engine,
    enter::{Entered, SignedIn, Terms},
    error::{Error, ErrorKind},
    intermediate::Rotation,
    letters,
    second::Pending,
    step_up::Raising,
};
use crate::{
    domain::{
        AuditKind, CredentialId, Credentials, Digest, Factor, FactorDemand, FactorKind, Member, MemberId,
        Organization, PendingTotp, Phone, PhoneNumber, RecoveryCode, Secret,
    },
    factor::{Checked, Digits, RecoveryCodeText, TotpEnrolment, TotpSecret, check_sms, confirm_totp},
    judge::{MemberSession, Proof, may_change_factors},
    token::{Place, random, sha256},
};

/// How long a new authenticator app can be confirmed.
const CONFIRM_WITHIN: Duration = Duration::from_secs(3600);

/// Where a second factor is set up.
#[derive(Clone, Debug)]
pub(crate) enum On {
    /// In a sign-in that is not finished, by its intermediate session's token.
    SignIn(Secret),
    /// In a live session.
    Session(MemberSession),
}

/// An authenticator app to be set up: what the person needs for it.
#[derive(Clone, Debug)]
pub(crate) struct NewTotp {
    pub(crate) totp_id: CredentialId,
    pub(crate) secret: Secret,
    pub(crate) uri: Secret,
    pub(crate) recovery_codes: Vec<Secret>,
    pub(crate) member: Member,
}

/// A second factor that was set up, and what came of it.
#[derive(Clone, Debug)]
pub(crate) enum Enrolled {
    SignIn(Entered),
    Session(Box<SignedIn>),
}

/// Whose factors are changed, after it was judged that they may be.
struct Changing {
    member: Member,
    organization: Organization,
    pending: Option<Pending>,
    session: Option<MemberSession>,
}

impl Changing {
    /// What stands for the sign-in or session that this goes on in.
    fn place(&self) -> Digest {
        match (&self.pending, &self.session) {
            (Some(pending), _) => pending.bag.key,
            (None, Some(session)) => sha256(&[session.member_session_id().as_str().as_bytes()]),
            (None, None) => Digest([0; 32]),
        }
    }
}

impl Engine {
    /// Begins to set up an authenticator app. What the member had stays until a code of the new one is
    /// confirmed.
    pub(crate) async fn begin_totp(&self, on: &On, caller: &Caller) -> Result<NewTotp, Error> {
        let changing = self.changing(on, caller).await?;
        let begun_in = changing.place();
        let Changing { member, organization, .. } = changing;
        self.new_totp(member, &organization, begun_in, CONFIRM_WITHIN, caller).await
    }

    /// A new authenticator app of a member, which waits for its first code where it was begun.
    pub(super) async fn new_totp(
        &self,
        member: Member,
        organization: &Organization,
        begun_in: Digest,
        confirm_within: Duration,
        caller: &Caller,
    ) -> Result<NewTotp, Error> {
        let id = &member.member_id;
        let totp_id = self.credential_id("member-totp")?;
        let secret = TotpSecret::new(random()?);
        let codes = new_recovery_codes()?;
        let recovery_codes = self.stored_codes(id, &codes)?;
        let sealed = self.sealer.seal(Place { column: "totp", row: id.as_str() }, secret.as_bytes())?;
        let totp = totp_id.clone();
        self.change_credentials(id, |seen| {
            let enrolment = TotpEnrolment {
                totp_id: totp.clone(),
                secret: sealed.clone(),
                recovery_codes: recovery_codes.clone(),
                begun_in,
            };
            Ok((Some(enrolment.pending_in(seen, caller.now.after(confirm_within))), ()))
        })
        .await?;
        let unusable = || Error::from(ErrorKind::Unavailable);
        Ok(NewTotp {
            totp_id,
            uri: self.totp_uri(&secret, &member, organization).ok_or_else(unusable)?,
            secret: secret.base32().ok_or_else(unusable)?,
            recovery_codes: codes.iter().map(|code| Secret::new(code.as_str())).collect(),
            member,
        })
    }

    /// The authenticator app that was begun and waits to be confirmed: its secret, and its address.
    pub(crate) async fn pending_totp(
        &self,
        on: &On,
        caller: &Caller,
    ) -> Result<Option<(Secret, Secret)>, Error> {
        let changing = self.changing(on, caller).await?;
        let begun_in = changing.place();
        let Changing { member, organization, .. } = changing;
        let (credentials, _) = self.stores.credentials.load(&member.member_id).await?;
        let here = |pending: &PendingTotp| caller.now < pending.expires_at && pending.begun_in == begun_in;
        let Some(pending) = credentials.pending_totp.filter(here) else { return Ok(None) };
        let secret = self.totp_secret(&member.member_id, &pending.secret)?;
        Ok(secret.base32().zip(self.totp_uri(&secret, &member, &organization)))
    }

    fn totp_uri(&self, secret: &TotpSecret, member: &Member, organization: &Organization) -> Option<Secret> {
        let account = format!("{} ({})", member.email_address, organization.organization_name);
        secret.uri(&self.settings.name, &account)
    }

    /// A set of recovery codes as it is stored.
    pub(super) fn stored_codes(
        &self,
        member_id: &MemberId,
        codes: &[RecoveryCodeText],
    ) -> Result<Vec<RecoveryCode>, Error> {
        let place = Place { column: "recovery code", row: member_id.as_str() };
        let stored = |code: &RecoveryCodeText| {
            let digest =
                self.recovery_digests(member_id, code).into_iter().next().ok_or(ErrorKind::Unavailable)?;
            Ok(RecoveryCode { digest, code: self.sealer.seal(place, code.as_str().as_bytes())? })
        };
        codes.iter().map(stored).collect()
    }

    /// Sets up the authenticator app that was begun, by its first code. Answers its recovery codes,
    /// to be shown this once.
    pub(crate) async fn confirm_totp(
        self: &Arc<Self>,
        on: &On,
        code: &str,
        rotation: Rotation,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<(Enrolled, Vec<Secret>), Error> {
        let code = Digits::parse(code).ok_or(ErrorKind::MalformedCode)?;
        let changing = self.changing(on, caller).await?;
        let begun_in = changing.place();
        let id = &changing.member.member_id;
        let policy = self.settings.lockout;
        let factor = self
            .check(&changing.member, FactorKind::Totp, caller, |seen| {
                let here = seen.pending_totp.as_ref().filter(|pending| pending.begun_in == begun_in);
                let Some(pending) = here else { return Ok(Checked::Missing) };
                let secret = self.totp_secret(id, &pending.secret)?;
                let checked = confirm_totp(seen, id, &secret, &code, policy, caller.now);
                Ok(asked_from_now_on(checked))
            })
            .await?;
        let codes = self.recovery_codes(id).await?;
        self.notify(letters::factor_changed(
            &self.settings,
            changing.member.email_address.clone(),
            "An authenticator app",
        ));
        Ok((self.enrolled(changing, factor, rotation, terms, caller).await?, codes))
    }

    /// Sends a code to a phone that is to be set up.
    pub(crate) async fn begin_phone(
        &self,
        on: &On,
        number: PhoneNumber,
        caller: &Caller,
    ) -> Result<Member, Error> {
        let changing = self.changing(on, caller).await?;
        let phone = Phone { phone_id: self.credential_id("phone-number")?, number, verified: false };
        self.send_sms(&changing.member, phone, Some(changing.place()), caller).await?;
        Ok(changing.member)
    }

    /// Sets up the phone that a code was sent to.
    pub(crate) async fn confirm_phone(
        self: &Arc<Self>,
        on: &On,
        code: &str,
        rotation: Rotation,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Enrolled, Error> {
        let code = Digits::parse(code).ok_or(ErrorKind::MalformedCode)?;
        let changing = self.changing(on, caller).await?;
        let begun_in = changing.place();
        let id = &changing.member.member_id;
        let digest = self.sms_digest(id, code.as_str());
        let policy = self.settings.lockout;
        let factor = self
            .check(&changing.member, FactorKind::Otp, caller, |seen| {
                if seen.sms_code.as_ref().is_none_or(|sent| sent.enrols_in != Some(begun_in)) {
                    return Ok(Checked::Missing);
                }
                Ok(asked_from_now_on(check_sms(seen, &digest, policy, caller.now)))
            })
            .await?;
        self.notify(letters::factor_changed(
            &self.settings,
            changing.member.email_address.clone(),
            "A phone",
        ));
        self.enrolled(changing, factor, rotation, terms, caller).await
    }

    async fn enrolled(
        self: &Arc<Self>,
        changing: Changing,
        factor: Factor,
        rotation: Rotation,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Enrolled, Error> {
        let about = match &changing.session {
            Some(session) => About::from(session),
            None => About::from(&changing.member),
        };
        let happened =
            AuditKind::Enrolled { factor: factor.kind, credential_id: factor.credential_id.clone() };
        self.tell(happened, about, caller);
        match (changing.pending, changing.session) {
            (Some(pending), _) => {
                self.finish(pending, factor, rotation, terms, caller).await.map(Enrolled::SignIn)
            }
            (None, Some(session)) => {
                let raising = Raising { factor, enrolled: true, rotation };
                let signed_in = self.raise(&session, raising, terms, caller).await?;
                Ok(Enrolled::Session(Box::new(signed_in)))
            }
            (None, None) => Err(ErrorKind::SessionNotFound.into()),
        }
    }

    /// The recovery codes that a member has left.
    pub(crate) async fn recovery_codes(&self, member_id: &MemberId) -> Result<Vec<Secret>, Error> {
        let (credentials, _) = self.stores.credentials.load(member_id).await?;
        let place = Place { column: "recovery code", row: member_id.as_str() };
        let open = |code: &RecoveryCode| {
            let opened = self.sealer.open(place, &code.code)?;
            Ok(Secret::new(String::from_utf8_lossy(&opened)))
        };
        credentials.recovery_codes.iter().map(open).collect()
    }

    /// Judges whether second factors may be changed here. In a sign-in: where one was set up before, it
    /// has to be proved in it. In a session: by a fresh proof of an existing second factor, or of a
    /// first one where there is none.
    async fn changing(&self, on: &On, caller: &Caller) -> Result<Changing, Error> {
        match on {
            On::SignIn(token) => {
                let pending = self.pending(token.expose(), caller).await?;
                let (member, organization) = (pending.member.clone(), pending.organization.clone());
                if pending.enrolment.has_second_factor() && !pending.proved_second(caller.now) {
                    return Err(ErrorKind::FreshFactorRequired(FactorDemand::secondary()).into());
                }
                if !pending.enrolment.has_second_factor() && pending.bag.session.continues.is_some() {
                    // Its first factor may be as old as the session that it was switched from.
                    let proofs: Vec<Proof> = pending.bag.session.factors.iter().map(Proof::of).collect();
                    may_change_factors(&proofs, &pending.enrolment, &self.settings.sessions, caller.now)
                        .map_err(ErrorKind::FreshFactorRequired)?;
                }
                Ok(Changing { member, organization, pending: Some(pending), session: None })
            }
            On::Session(session) => {
                let member = self.member(session.member_id()).await?;
                let organization = self.organization(session.organization_id()).await?;
                let enrolment = self.enrolment(&member.member_id).await?;
                may_change_factors(&session.proofs(), &enrolment, &self.settings.sessions, caller.now)
                    .map_err(ErrorKind::FreshFactorRequired)?;
                Ok(Changing { member, organization, pending: None, session: Some(session.clone()) })
            }
        }
    }
}

/// A new set of recovery codes.
pub(super) fn new_recovery_codes() -> Result<Vec<RecoveryCodeText>, Error> {
    Ok((0..RecoveryCodeText::SET).map(|_| random().map(RecoveryCodeText::new)).collect::<Result<_, _>>()?)
}

/// Whoever sets a second factor up is asked for it from now on, whether the organization demands it or
/// they chose to.
fn asked_from_now_on(checked: Checked) -> Checked {
    match checked {
        Checked::Proved { factor, write } => {
            Checked::Proved { factor, write: Credentials { mfa_enrolled: true, ..write } }
        }
        other => other,
    }
}
