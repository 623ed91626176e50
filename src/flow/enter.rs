//! Entering an organization: who may, what is owed, and the session that comes of it. Every path that
//! ends in a session goes through here.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    account::kinds_of,
    audit::About,
    caller::Caller,
    engine::Engine,
    error::{Error, ErrorKind},
    intermediate::{Bag, Rotation, agree},
};
use crate::{
    domain::{
        Admission, AuditKind, Continues, Credentials, CustomClaims, Enrolment, Entrance, Factor, FactorKind,
        IntermediateSession, Member, MemberId, MemberStatus, Organization, OrganizationId, ReturnTo, Secret,
        SessionId, SessionRecord, Subject, Timestamp, TokenSeed,
    },
    judge::{
        Entry, Grant, MemberSession, Membership, Opening, Owed, SessionDuration, Verdict, enter, membership,
        proven_address,
    },
    store::{FindOrganization, Joining, live::Ticket},
    token::random,
};

/// What the session is to be, if one comes of it. Ignored when none does.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// How long it lasts.
    pub duration: Option<SessionDuration>,
    /// What the application adds.
    pub custom_claims: Map<String, Value>,
}

impl Terms {
    /// Brings a live session's record to these terms: what is not named stays.
    pub(super) fn apply_to(&self, record: &mut SessionRecord, now: Timestamp) -> Result<(), Error> {
        record.custom_claims = record.custom_claims.merged(&self.custom_claims)?;
        if let Some(duration) = self.duration {
            record.expires_at = now.after(duration.as_duration()).min(record.absolute_end);
        }
        Ok(())
    }
}

/// Where the factors come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// From the request itself.
    Fresh { factors: Vec<Factor>, return_to: Option<ReturnTo>, continues: Option<Continues> },
    /// From an intermediate session, and perhaps the request adds one, or says where to go instead.
    Intermediate { bag: Box<Bag>, add: Option<Factor>, return_to: Option<ReturnTo>, rotation: Rotation },
}

/// A member who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) session: MemberSession,
    pub(crate) session_token: Secret,
    pub(crate) member: Member,
    pub(crate) organization: Organization,
    pub(crate) return_to: Option<ReturnTo>,
}

/// A sign-in that is not finished.
#[derive(Clone, Debug)]
pub(crate) struct Unfinished {
    pub(crate) bag: Bag,
    pub(crate) owed: Owed,
    pub(crate) organization: Organization,
    pub(crate) member: Option<Member>,
    /// Whether a code was sent to the member's phone at once.
    pub(crate) sms_sent: bool,
}

/// What came of entering.
#[derive(Clone, Debug)]
pub(crate) enum Entered {
    Session(Box<SignedIn>),
    Owed(Box<Unfinished>),
}

impl Source {
    fn factors(&self) -> Vec<Factor> {
        match self {
            Self::Fresh { factors, .. } => factors.clone(),
            Self::Intermediate { bag, add, .. } => {
                let mut factors = bag.session.factors.clone();
                if let Some(added) = add {
                    added.clone().add_to(&mut factors);
                }
                factors
            }
        }
    }

    fn return_to(&self) -> Option<ReturnTo> {
        match self {
            Self::Fresh { return_to, .. } => return_to.clone(),
            Self::Intermediate { bag, return_to, .. } => {
                return_to.clone().or_else(|| bag.session.return_to.clone())
            }
        }
    }
}

impl Engine {
    /// Enters an organization with the factors of the source: a session, or an intermediate session
    /// and what is owed.
    ///
    /// # Errors
    /// `OrganizationNotFound` where this person may not enter, `IntermediateSessionNotFound` when
    /// somebody else was faster.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        organization_id: &OrganizationId,
        source: Source,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, Error> {
        let ticket = self.table.ticket();
        if let Source::Intermediate { bag, .. } = &source
            && bag.session.continues.is_some()
            && bag.session.organization_id.as_ref() != Some(organization_id)
        {
            // Switched to one organization, it opens no other.
            return Err(ErrorKind::OrganizationNotFound.into());
        }
        if let Source::Intermediate { bag, add: Some(added), .. } = &source
            && !agree(&bag.session.factors, added)
        {
            return Err(ErrorKind::IntermediateSessionNotFound.into());
        }
        let factors = source.factors();
        let not_found = || Error::from(ErrorKind::OrganizationNotFound);
        let entrance = self.entrance(organization_id, &factors).await?.ok_or_else(not_found)?;
        let Some(stands) = membership(&factors, &entrance) else {
            return Err(self.denied(organization_id, &factors, caller).await);
        };

        let (member, enrolment) = self.admit(&entrance, &stands, &factors, caller).await?;
        let person = match &member {
            Some(member) => member.clone(),
            None => self.prospect(&entrance, caller.now)?,
        };
        let organization = entrance.organization;
        let entry = Entry {
            factors: &factors,
            organization: &organization,
            member: &person,
            enrolment: &enrolment,
            standing: None,
            now: caller.now,
        };
        match (enter(&entry), member) {
            (Verdict::Granted(grant), Some(_)) => self
                .sign_in(*grant, source, terms, ticket, caller)
                .await
                .map(|signed_in| Entered::Session(Box::new(signed_in))),
            (Verdict::Owed(owed), member) => {
                let mut bag = self.keep_open(source, factors, &organization, caller).await?;
                let happened = AuditKind::Owed {
                    primary: owed.primary_required.is_some(),
                    secondary: owed.mfa_required.is_some(),
                };
                let about = member.as_ref().map_or_else(|| About::from(&organization), About::from);
                self.tell(happened, about, caller);
                let sms_sent = match &member {
                    Some(member) if owed.primary_required.is_none() => {
                        self.send_sms_at_once(&owed, member, &organization, &enrolment, caller).await
                    }
                    _ => false,
                };
                bag.session.organization_id = Some(organization.organization_id.clone());
                Ok(Entered::Owed(Box::new(Unfinished { bag, owed, organization, member, sms_sent })))
            }
            (Verdict::Granted(_) | Verdict::Continued(_) | Verdict::Refused, _) => Err(not_found()),
        }
    }

    /// Somebody may not enter an organization that exists: it is answered like one that does not.
    pub(super) async fn denied(
        &self,
        organization_id: &OrganizationId,
        factors: &[Factor],
        caller: &Caller,
    ) -> Error {
        if let Some(Factor { credential_id, .. }) = factors.first() {
            let subject = format!("{organization_id}/{credential_id}");
            let happened = AuditKind::Denied { credential_id: credential_id.clone() };
            self.tell_seldom(&subject, happened, About::organization(organization_id), caller).await;
        }
        ErrorKind::OrganizationNotFound.into()
    }

    /// The organization as the holder of these factors meets it.
    pub(crate) async fn entrance(
        &self,
        organization_id: &OrganizationId,
        factors: &[Factor],
    ) -> Result<Option<Entrance>, Error> {
        let directory = &self.stores.directory;
        if let Some(address) = proven_address(factors).or_else(|| factors.iter().find_map(Factor::address)) {
            return Ok(directory.entrance(organization_id, address).await?);
        }
        let Some(member_id) = sole_member(factors) else { return Ok(None) };
        let Some(member) = directory.member(member_id).await? else { return Ok(None) };
        let Some(organization) = directory.organization(FindOrganization::Id(organization_id)).await? else {
            return Ok(None);
        };
        Ok(Some(Entrance {
            address: member.email_address.clone(),
            organization,
            member: Some(member),
            domain_has_verified_member: false,
        }))
    }

    /// The member to enter as and what they have set up: as they are, or joined now. No member where they
    /// may join, but only with a first factor that the organization accepts.
    async fn admit(
        &self,
        entrance: &Entrance,
        stands: &Membership,
        factors: &[Factor],
        caller: &Caller,
    ) -> Result<(Option<Member>, Enrolment), Error> {
        let now = caller.now;
        let present = match &entrance.member {
            Some(member) => self.enrolment(&member.member_id).await?,
            None => Enrolment::default(),
        };
        let unverified = entrance.member.as_ref().is_some_and(|member| !member.email_address_verified);
        let proves = unverified && proven_address(factors) == Some(&entrance.address);
        if !stands.joins() && !proves {
            return Ok((entrance.member.clone(), present));
        }
        let prospect = self.prospect(entrance, now)?;
        let brought = brought_along(&present);
        let entry = Entry {
            factors,
            organization: &entrance.organization,
            member: &prospect,
            enrolment: &brought,
            standing: None,
            now,
        };
        if matches!(enter(&entry), Verdict::Owed(Owed { primary_required: Some(_), .. }) | Verdict::Refused) {
            return Ok(match entrance.member.clone().filter(|_| !stands.joins()) {
                Some(member) => (Some(member), present),
                None => (None, brought),
            });
        }
        if let Some(member) = entrance.member.as_ref().filter(|_| stands.joins()) {
            self.discard_unproved(member, caller).await?;
        }
        let joining = Joining {
            organization_id: entrance.organization.organization_id.clone(),
            address: entrance.address.clone(),
            member_id: prospect.member_id,
            now,
        };
        let member = self.stores.directory.join(&joining).await?;
        if proves {
            // What is proved now, sessions that were there have to know as well.
            self.member_changed(&member.member_id);
        }
        if member.status == MemberStatus::Active {
            let happened = match stands {
                Membership::ActiveMember => AuditKind::AddressVerified,
                Membership::PendingMember => AuditKind::Joined { admission: Admission::Pending },
                Membership::InvitedMember => AuditKind::Joined { admission: Admission::Invited },
                Membership::EligibleToJoinByEmailDomain { .. } => {
                    AuditKind::Joined { admission: Admission::EmailDomain }
                }
            };
            self.tell(happened, About::from(&member), caller);
        }
        let enrolment = self.enrolment(&member.member_id).await?;
        let password_id = enrolment.password_id.clone().or(brought.password_id);
        Ok((Some(member), Enrolment { password_id, ..enrolment }))
    }

    /// The member that somebody who may join would be.
    pub(crate) fn prospect(&self, entrance: &Entrance, now: Timestamp) -> Result<Member, Error> {
        let mut member = match &entrance.member {
            Some(member) => member.clone(),
            None => Member::new(
                MemberId::mint(self.settings.environment, random()?),
                entrance.organization.organization_id.clone(),
                entrance.address.clone(),
                MemberStatus::Active,
                now,
            ),
        };
        if member.status != MemberStatus::Deleted {
            member.activate(now);
        }
        Ok(member)
    }

    /// Discards what a member set up who had not shown that the address is theirs; not what somebody sets up
    /// who was faster to show it.
    pub(super) async fn discard_unproved(&self, member: &Member, caller: &Caller) -> Result<(), Error> {
        let member_id = &member.member_id;
        let (credentials, version) = self.stores.credentials.load(member_id).await?;
        let proved = self.member(member_id).await?.status == MemberStatus::Active;
        // That a second factor is asked of them is no credential, but what the project demands.
        let left = Credentials { mfa_enrolled: credentials.mfa_enrolled, ..Credentials::default() };
        if proved || credentials == left {
            return Ok(());
        }
        if !self.replace_credentials(member_id, version, &left).await? {
            return Err(ErrorKind::Busy.into());
        }
        self.tell(AuditKind::Removed { factors: kinds_of(&credentials) }, About::from(member), caller);
        Ok(())
    }

    async fn keep_open(
        self: &Arc<Self>,
        source: Source,
        factors: Vec<Factor>,
        organization: &Organization,
        caller: &Caller,
    ) -> Result<Bag, Error> {
        let organization_id = Some(organization.organization_id.clone());
        let return_to = source.return_to();
        match source {
            Source::Fresh { continues, .. } => {
                self.open_intermediate(factors, organization_id, return_to, continues, caller).await
            }
            Source::Intermediate { bag, rotation, .. } => {
                let seen = bag.session.clone();
                let session = IntermediateSession { factors, organization_id, return_to, ..seen };
                self.go_on(*bag, session, rotation, caller.now).await
            }
        }
    }

    async fn sign_in(
        self: &Arc<Self>,
        grant: Grant,
        source: Source,
        terms: &Terms,
        ticket: Ticket,
        caller: &Caller,
    ) -> Result<SignedIn, Error> {
        let now = caller.now;
        let (member, organization) = (grant.member().clone(), grant.organization().clone());
        let return_to = source.return_to();
        let continues = match &source {
            Source::Fresh { continues, .. } => continues.clone(),
            Source::Intermediate { bag, .. } => bag.session.continues.clone(),
        };
        let opening = Opening {
            session_id: SessionId::mint(self.settings.environment, random()?),
            seed: TokenSeed(random()?),
            duration: terms.duration,
            custom_claims: CustomClaims::default().merged(&terms.custom_claims)?,
            user_agent: caller.user_agent.clone(),
            ip_address: caller.address.clone(),
            absolute_end: continues.as_ref().map(|origin| origin.absolute_end),
            enrolled_here: continues.as_ref().map(|origin| origin.enrolled_here.clone()).unwrap_or_default(),
        };
        let mut session = grant.open(opening, &self.settings.sessions, &self.settings.rbac.roles, now);
        let token = self.token_of(&session);
        self.table.settle(&mut session, token.as_bytes());
        match source {
            Source::Fresh { .. } => self.keep(&session, continues.as_ref(), caller).await?,
            Source::Intermediate { bag, .. } => {
                let engine = Arc::clone(self);
                let (session, continues, caller) = (session.clone(), continues.clone(), caller.clone());
                self.use_up(
                    &bag,
                    now,
                    async move { engine.keep(&session, continues.as_ref(), &caller).await },
                )
                .await?;
            }
        }
        self.table.fill(&session, ticket, now);
        let mut factors: Vec<FactorKind> = session.proofs().iter().map(|proof| proof.kind).collect();
        factors.sort_unstable();
        factors.dedup();
        let happened = match continues {
            Some(Continues { session_id: from, .. }) => AuditKind::Switched { from, factors },
            None => AuditKind::SignedIn { factors },
        };
        self.tell(happened, About::from(&session), caller);
        Ok(SignedIn { session, session_token: token.into(), member, organization, return_to })
    }

    /// Keeps a session that was just made. Whoever ended what it rests on may have been too early to find it: then
    /// it ends as well.
    async fn keep(
        self: &Arc<Self>,
        session: &MemberSession,
        continues: Option<&Continues>,
        caller: &Caller,
    ) -> Result<(), Error> {
        self.stores.sessions.insert(&session.record()).await?;
        match self.still_stands(session, continues, caller.now).await {
            Ok(true) => Ok(()),
            ended => {
                self.end(&session.member_session_id(), AuditKind::Revoked, caller).await?;
                Err(ended.err().unwrap_or_else(|| ErrorKind::SessionNotFound.into()))
            }
        }
    }

    /// Whether the session that a session comes from still lives, and the password that it rests on was not
    /// replaced.
    async fn still_stands(
        &self,
        session: &MemberSession,
        continues: Option<&Continues>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        if let Some(origin) = continues
            && !self.is_live(&origin.session_id, now).await?
        {
            return Ok(false);
        }
        let factors = session.authentication_factors();
        let of_member = |factor: &&Factor| {
            factor.kind == FactorKind::Password && matches!(factor.subject, Subject::Member(_))
        };
        let Some(password) = factors.iter().find(of_member) else { return Ok(true) };
        let present = self.enrolment(session.member_id()).await?.password_id;
        Ok(present.is_none_or(|present| present == password.credential_id))
    }

    /// Turns an intermediate session to an organization: the exchange of discovery.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    pub(crate) async fn exchange(
        self: &Arc<Self>,
        token: &str,
        organization_id: &OrganizationId,
        rotation: Rotation,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, Error> {
        let bag = self.find_intermediate(token, caller).await?;
        self.enter(
            organization_id,
            Source::Intermediate { bag: Box::new(bag), add: None, return_to: None, rotation },
            terms,
            caller,
        )
        .await
    }
}

/// What somebody who joins has set up: all of it is discarded by that, but a password that they have just
/// proved together with their address counts this once.
pub(super) fn brought_along(present: &Enrolment) -> Enrolment {
    let Enrolment { password_id, mfa_enrolled, .. } = present;
    Enrolment { password_id: password_id.clone(), mfa_enrolled: *mfa_enrolled, ..Enrolment::default() }
}

/// The member whose own password is all that the factors prove.
pub(super) fn sole_member(factors: &[Factor]) -> Option<&MemberId> {
    factors.iter().find_map(|factor| match &factor.subject {
        Subject::Member(member_id) => Some(member_id),
        Subject::Email(_) | Subject::Phone(_) | Subject::Named { .. } => None,
    })
}
