//! Step-up: a live session is challenged for a factor that a route demands, proves it, and is raised.

use std::{sync::Arc, time::Duration};

use tracing::Instrument as _;

use super::{
    audit::{About, reason},
    caller::Caller,
    engine::Engine,
    enter::{SignedIn, Terms},
    error::{Error, ErrorKind},
    first::fresh_code,
    intermediate::Rotation,
    letters,
    second::SecondFactor,
};
use crate::{
    domain::{
        AuditKind, Challenge, CredentialId, EmailCode, Factor, FactorDemand, FactorKind, Phone, ReturnTo,
        Scope, Secret, SessionRecord, Subject, TokenSeed,
    },
    factor::{Digits, EMAIL_TRIES},
    judge::{MemberSession, Resumed, accepts},
    store::{CodeKey, TriedCode},
    token::{OpaqueToken, Purpose, TokenKind, constant_time_eq, random},
};

/// How long a challenge can be met.
const LIFETIME: Duration = Duration::from_secs(600);

/// A challenge and its token, which is good for nothing but completing it together with the session.
#[derive(Clone, Debug)]
pub(crate) struct Challenged {
    pub(crate) token: Secret,
    pub(crate) challenge: Challenge,
}

/// By what a demand can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    /// In this session.
    pub(crate) kinds: Vec<FactorKind>,
    /// Whether something that the member has would, after signing in again.
    pub(crate) after_signing_in: bool,
}

/// What somebody brings to meet a challenge.
#[derive(Clone, Debug)]
pub(crate) enum StepUp {
    Second(SecondFactor),
    Password(Secret),
    EmailCode(Secret),
}

/// A proof that is to be added to a session.
#[derive(Debug)]
pub(crate) struct Raising {
    pub(crate) factor: Factor,
    /// Whether its credential was set up in this session, whose challenges it does not answer then.
    pub(crate) enrolled: bool,
    /// What becomes of the session's token.
    pub(crate) rotation: Rotation,
}

impl StepUp {
    fn kind(&self) -> FactorKind {
        match self {
            Self::Second(second) => second.kind(),
            Self::Password(_) => FactorKind::Password,
            Self::EmailCode(_) => FactorKind::EmailOtp,
        }
    }
}

impl Engine {
    /// Challenges a session for a factor. Where one with the same demand lives, it is the same.
    pub(crate) async fn challenge(
        &self,
        session: &MemberSession,
        demand: &FactorDemand,
        return_to: Option<ReturnTo>,
        nothing_done: bool,
        caller: &Caller,
    ) -> Result<Challenged, Error> {
        let now = caller.now;
        let new = Challenge {
            nonce: random()?,
            demand: demand.clone(),
            return_to,
            nothing_done,
            expires_at: now.after(LIFETIME),
        };
        let nonce = new.nonce;
        let challenge = self.stores.transient.challenge(&session.member_session_id(), new, now).await?;
        // A request that is sent again is challenged by the same.
        if challenge.nonce == nonce {
            let demand = demand.clone();
            self.tell(AuditKind::Challenged { demand }, About::from(session), caller);
        }
        Ok(Challenged { token: self.challenge_token(session, &challenge), challenge })
    }

    /// The challenge of a token, if it is this session's and lives.
    pub(crate) async fn find_challenge(
        &self,
        session: &MemberSession,
        token: &str,
        caller: &Caller,
    ) -> Result<Challenge, Error> {
        let id = &session.member_session_id();
        let challenges = self.stores.transient.challenges(id, caller.now).await?;
        challenges
            .into_iter()
            .find(|challenge| {
                constant_time_eq(
                    self.challenge_token(session, challenge).expose().as_bytes(),
                    token.as_bytes(),
                )
            })
            .ok_or_else(|| ErrorKind::ChallengeNotFound.into())
    }

    /// Derived, so that the same challenge has the same token whoever asks, and nothing is kept.
    fn challenge_token(&self, session: &MemberSession, challenge: &Challenge) -> Secret {
        let id = session.member_session_id();
        let parts = [b"challenge", id.as_str().as_bytes(), &challenge.nonce];
        let digest = self.purposes.digest(Purpose::Derived, &parts);
        OpaqueToken::of(TokenKind::Challenge, digest.0).expose().into()
    }

    /// The kinds of factor by which the member of a session could answer a demand in it, and whether some
    /// could after signing in again.
    pub(crate) async fn answers(
        &self,
        session: &MemberSession,
        demand: &FactorDemand,
    ) -> Result<Answers, Error> {
        let member = self.member(session.member_id()).await?;
        let organization = self.organization(session.organization_id()).await?;
        let enrolment = self.enrolment(&member.member_id).await?;
        let here =
            if self.settings.sessions.enrolled_answers { Vec::new() } else { session.record().enrolled_here };
        let possible = |enrolled_here: &[CredentialId]| -> Vec<FactorKind> {
            let usable = |id: Option<&CredentialId>| id.is_some_and(|id| !enrolled_here.contains(id));
            let phone = enrolment.verified_phone().map(|phone| &phone.phone_id);
            [
                (FactorKind::EmailOtp, true),
                (FactorKind::Password, enrolment.password_id.is_some()),
                (FactorKind::Totp, usable(enrolment.totp_id.as_ref())),
                (FactorKind::Otp, self.settings.sms && usable(phone)),
                (
                    FactorKind::RecoveryCodes,
                    usable(enrolment.totp_id.as_ref()) && enrolment.recovery_codes > 0,
                ),
            ]
            .into_iter()
            .filter(|(kind, has)| *has && demand.takes(*kind) && accepts(&organization, &member, *kind))
            .map(|(kind, _)| kind)
            .collect()
        };
        Ok(Answers { kinds: possible(&here), after_signing_in: !possible(&[]).is_empty() })
    }

    /// Sends a code by email to the member of a session, to answer a demand for a first factor.
    pub(crate) async fn send_step_up_email(
        &self,
        session: &MemberSession,
        caller: &Caller,
    ) -> Result<(), Error> {
        let now = caller.now;
        let address = session.email_address().clone();
        self.limit_emails(&address, caller).await?;
        let (code, lifetime) = (fresh_code()?, LIFETIME);
        let stored = EmailCode {
            digest: self.code_digest(&address, &code),
            address: address.clone(),
            scope: Scope::Organization(session.organization_id().clone()),
            kind: FactorKind::EmailOtp,
            email_id: self.email_id(&address),
            link: None,
            return_to: None,
            expires_at: now.after(lifetime),
            tries_left: EMAIL_TRIES,
            becomes_address_of: None,
        };
        let key = CodeKey::Session(session.member_session_id());
        self.stores.transient.put_code(&key, stored, now).await?;
        let credential_id = self.email_id(&address);
        self.post(letters::code_by_email(&self.settings, address, code.expose(), lifetime))?;
        let happened = AuditKind::Sent { factor: FactorKind::EmailOtp, credential_id };
        self.tell(happened, About::from(session), caller);
        Ok(())
    }

    /// Whether a code by email waits to answer a challenge of this session.
    pub(crate) async fn step_up_email_waits(
        &self,
        session: &MemberSession,
        caller: &Caller,
    ) -> Result<bool, Error> {
        let key = CodeKey::Session(session.member_session_id());
        Ok(self.stores.transient.code(&key, caller.now).await?.is_some())
    }

    /// Sends a code to the phone of the member of a session.
    pub(crate) async fn send_step_up_sms(
        &self,
        session: &MemberSession,
        caller: &Caller,
    ) -> Result<(), Error> {
        let member = self.member(session.member_id()).await?;
        let enrolment = self.enrolment(&member.member_id).await?;
        let phone: Phone = enrolment.verified_phone().cloned().ok_or(ErrorKind::NotEnrolled)?;
        self.send_sms(&member, phone, None, caller).await
    }

    /// Meets a challenge: the session is raised and gets another token, and the challenge is gone.
    pub(crate) async fn step_up(
        self: &Arc<Self>,
        session: &MemberSession,
        token: &str,
        step_up: StepUp,
        caller: &Caller,
    ) -> Result<SignedIn, Error> {
        let challenge = self.find_challenge(session, token, caller).await?;
        // Before anything is used up by the proof.
        if !self.answers(session, &challenge.demand).await?.kinds.contains(&step_up.kind()) {
            let (factor, error) = (step_up.kind(), ErrorKind::FactorNotAccepted);
            let happened = AuditKind::Refused { factor, reason: reason(&error), credential_id: None };
            let subject = format!("{}/{}", session.member_session_id(), factor.as_str());
            self.tell_seldom(&subject, happened, About::from(session), caller).await;
            return Err(error.into());
        }
        let factor = self.prove(session, step_up, caller).await?;
        let raising = Raising { factor, enrolled: false, rotation: Rotation::Replace };
        let mut signed_in = self.raise(session, raising, &Terms::default(), caller).await?;
        signed_in.return_to = challenge.return_to.clone();
        let id = &session.member_session_id();
        // The former token is dead: whatever happens now, the person must get the new one. A challenge that
        // stays open takes another proof to be met again.
        if let Err(error) =
            self.stores.transient.close_challenge(id, &challenge.demand, challenge.nonce).await
        {
            tracing::warn!(%error, "a challenge that was met stays open until it expires");
        }
        Ok(signed_in)
    }

    async fn prove(
        &self,
        session: &MemberSession,
        step_up: StepUp,
        caller: &Caller,
    ) -> Result<Factor, Error> {
        match step_up {
            StepUp::Second(second) => {
                let member = self.member(session.member_id()).await?;
                self.prove_second(&member, &second, caller).await
            }
            StepUp::Password(password) => self.own_password(session, password, caller).await,
            StepUp::EmailCode(code) => self.own_email_code(session, &code, caller).await,
        }
    }

    async fn own_password(
        &self,
        session: &MemberSession,
        password: Secret,
        caller: &Caller,
    ) -> Result<Factor, Error> {
        let attempt = self.begin_first(session.email_address(), caller).await?;
        let id = session.member_id();
        let (credentials, _) = self.stores.credentials.load(id).await?;
        let stored = credentials.password.ok_or(ErrorKind::NotEnrolled)?;
        let factor = self.verify(stored, id.clone(), password, About::from(session), caller).await?;
        self.first_succeeded(attempt, caller).await?;
        Ok(factor)
    }

    async fn own_email_code(
        &self,
        session: &MemberSession,
        code: &Secret,
        caller: &Caller,
    ) -> Result<Factor, Error> {
        let digits = Digits::parse(code.expose()).ok_or(ErrorKind::MalformedCode)?;
        let attempt = self.begin_first(session.email_address(), caller).await?;
        let digest = self.code_digest(session.email_address(), &Secret::new(digits.as_str()));
        let key = CodeKey::Session(session.member_session_id());
        let refused = |error| self.refused(FactorKind::EmailOtp, error, None, About::from(session), caller);
        match self.stores.transient.try_code(&key, digest, caller.now).await? {
            TriedCode::Right(code) => {
                self.first_succeeded(attempt, caller).await?;
                Ok(Factor::new(FactorKind::EmailOtp, Subject::Email(code.address), code.email_id, caller.now))
            }
            TriedCode::Wrong(_) => Err(refused(ErrorKind::WrongCode)),
            TriedCode::Gone => Err(refused(ErrorKind::SpentCode)),
        }
    }

    /// Adds a proof to a live session. Where its token is replaced, the old one is dead. The proof must
    /// count for this very member.
    pub(crate) async fn raise(
        self: &Arc<Self>,
        session: &MemberSession,
        raising: Raising,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<SignedIn, Error> {
        let Raising { factor, enrolled, rotation } = raising;
        let id = session.member_session_id();
        let _turn = self.changes.of(&id).await;
        // What a store that is shared says: claims, say, that were added while the factor was proved.
        let session = &self.fresh(&id, caller.now).await?;
        let member = self.member(session.member_id()).await?;
        let organization = self.organization(session.organization_id()).await?;
        let enrolment = self.enrolment(&member.member_id).await?;
        let by = Resumed {
            organization: &organization,
            member: &member,
            enrolment: &enrolment,
            project_roles: &self.settings.rbac.roles,
            policy: &self.settings.sessions,
            now: caller.now,
        };
        let seed = match rotation {
            Rotation::Keep => session.seed(),
            Rotation::Replace => TokenSeed(random()?),
        };
        let happened = AuditKind::Raised { factor: factor.kind };
        let mut record = session
            .raised(factor, enrolled, seed, by)
            .ok_or_else(|| Error::from(ErrorKind::FactorNotAccepted))?;
        terms.apply_to(&mut record, caller.now)?;
        let session = self.replace_session(session, record, caller.now).await?;
        let session_token = self.token_of(&session).into();
        self.tell(happened, About::from(&session), caller);
        Ok(SignedIn { session, session_token, member, organization, return_to: None })
    }

    /// Replaces the record of a session, if it still is what was seen; the former token is dead at once.
    pub(crate) async fn replace_session(
        self: &Arc<Self>,
        seen: &MemberSession,
        record: SessionRecord,
        now: crate::domain::Timestamp,
    ) -> Result<MemberSession, Error> {
        // Whoever still holds a session that has expired brings it back to life by no change.
        if !seen.holds_at(now) {
            return Err(ErrorKind::SessionNotFound.into());
        }
        let (engine, revision) = (Arc::clone(self), seen.revision());
        // In a task of its own: once the store has the new token, the table must not keep the old one.
        let task = async move {
            let gone = || Error::from(ErrorKind::SessionNotFound);
            if !engine.stores.sessions.replace_if(revision, &record).await? {
                return Err(gone());
            }
            engine.table.replaced(&record.session_id);
            let ticket = engine.table.ticket();
            engine.resume(record, ticket, now).await?.ok_or_else(gone)
        };
        tokio::spawn(task.in_current_span()).await.map_err(|_| Error::from(ErrorKind::Unavailable))?
    }
}
