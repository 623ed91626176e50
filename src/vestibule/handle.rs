use std::{net::IpAddr, sync::Arc};

use http::request::Parts;

use super::{Background, Builder};
use crate::{
    deliver::{DeliveryError, EmailSender, Mailbox, Sending, Sms, SmsSender},
    domain::{
        AuditKind, Member, MemberId, Organization, OrganizationId, PhoneNumber, Secret, SessionId,
        SessionRecord, Timestamp,
    },
    flow::{About, AuditEvents, Caller, Engine, Error, ErrorKind, Terms, Vouched, meters},
    http::{Handoff, hand_off},
    judge::{MemberSession, Requirement},
    layer::{AuthLayer, RequireLayer, SessionLayer, Source, caller, client_address},
    store::{AuditLog, Directory, DirectoryAdmin},
};

/// Multi-tenant sign-in for one application: its layers, and the flows as methods. Cheap to clone.
///
/// # Examples
/// ```
/// use vestibule::{
///     Terms, Vestibule,
///     domain::{EmailAddress, Member, MemberId, MemberStatus, Organization, OrganizationId, Secret, Slug},
/// };
///
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documentation/ada.rs"));
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vestibule = Vestibule::development().build().await?;
/// let background = vestibule.start();
///
/// // Organizations and members can be made from here, where the store allows it.
/// let id = OrganizationId::new("organization-globex")?;
/// let globex = Organization::new(id.clone(), "Globex", Slug::parse("globex")?, vestibule.now());
/// let address = EmailAddress::parse("gina@globex.example")?;
/// let gina = Member::new(MemberId::new("member-gina")?, id, address, MemberStatus::Active, vestibule.now());
/// vestibule.create_organization(&globex, &[gina.clone()]).await?;
/// vestibule.set_password(&gina.member_id, Secret::new("correct horse battery staple")).await?;
///
/// // Sessions are found by their token, extended, given claims, listed and ended.
/// # let cookie = ada_signed_in(&vestibule).await?;
/// # let token = cookie.split_once('=').unwrap().1;
/// let session = vestibule.current_session(token).await?;
/// let plan = serde_json::Map::from_iter([("plan".to_owned(), "gold".into())]);
/// let session = vestibule.update_session(&session, &Terms { duration: None, custom_claims: plan }).await?;
/// assert_eq!(session.custom_claims()["plan"], "gold");
/// assert_eq!(vestibule.sessions_of(session.member_id()).await?.len(), 1);
/// assert!(vestibule.revoke(&session.member_session_id()).await?);
/// assert!(vestibule.current_session(token).await.is_err());
///
/// background.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Vestibule {
    engine: Arc<Engine>,
    senders: Arc<Senders>,
}

pub(super) struct Senders {
    pub(super) email: Arc<dyn EmailSender>,
    pub(super) sms: Option<Arc<dyn SmsSender>>,
    pub(super) mailbox: Option<Mailbox>,
}

impl Vestibule {
    /// Begins to configure one. Nothing has a default that would be unsafe: keys, sender and origin have
    /// to be named.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Begins to configure one for this machine alone: in memory, with a mailbox instead of mails, and
    /// cookies that need no TLS under names of their own. Refuses an origin that is not loopback.
    pub fn development() -> Builder {
        Builder::development()
    }

    pub(super) fn new(engine: Arc<Engine>, senders: Senders) -> Self {
        Self { engine, senders: Arc::new(senders) }
    }

    /// Loads the session of each request into its extensions. Goes around the whole router.
    #[must_use]
    pub fn session_layer(&self) -> SessionLayer {
        SessionLayer::new(Source::Here(Arc::clone(&self.engine)))
    }

    /// Serves the sign-in below its prefix, and passes everything else on.
    #[must_use]
    pub fn auth_layer(&self) -> AuthLayer {
        AuthLayer::new(Arc::clone(&self.engine))
    }

    /// Lets requests pass whose session meets the requirement. Goes onto routes.
    #[must_use]
    pub fn require(&self, requirement: Requirement) -> RequireLayer {
        RequireLayer::new(Source::Here(Arc::clone(&self.engine)), requirement)
    }

    /// Begins to configure Stytch's B2B API for servers, which is served on a listener of its own.
    #[cfg(feature = "wire-api")]
    pub fn wire_api(&self) -> super::WireApi {
        super::WireApi::new(Arc::clone(&self.engine))
    }

    /// Starts what goes on in the background; mails are sent from there. Call it once, inside of a tokio
    /// runtime, and keep what it answers for as long as the application serves.
    pub fn start(&self) -> Background {
        meters::describe();
        let sms = self.senders.sms.clone().unwrap_or_else(|| Arc::new(NoSms));
        Background::start(Arc::clone(&self.engine), Arc::clone(&self.senders.email), sms)
    }

    /// The mailbox of a [development](Self::development) one.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        self.senders.mailbox.as_ref()
    }

    /// The use cases with the time as an argument.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The time, as this node sees it: it never runs backwards.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    /// The session of a token, opaque or JWT.
    ///
    /// # Errors
    /// `SessionNotFound` when there is none; `Unavailable` when a store does not answer.
    pub async fn current_session(&self, token: &str) -> Result<MemberSession, Error> {
        self.engine.current_session(token, self.now()).await
    }

    /// A fresh JWT of a session, good for five minutes by itself.
    ///
    /// # Errors
    /// `Unavailable` without a signing key.
    pub async fn session_jwt(&self, session: &MemberSession) -> Result<Secret, Error> {
        self.engine.session_jwt(session, self.now()).await
    }

    /// Extends a session, adds claims to it, or both. Its token stays.
    ///
    /// # Errors
    /// `SessionNotFound` when it has ended; `Claims` when they can't be taken.
    pub async fn update_session(
        &self,
        session: &MemberSession,
        terms: &Terms,
    ) -> Result<MemberSession, Error> {
        self.engine.update_session(session, terms, self.now()).await
    }

    /// Waits until a session has ended, revoked or expired: for streams that outlive their request.
    pub async fn ended(&self, session: &MemberSession) {
        self.engine.ended(session, || self.now()).await;
    }

    /// The live sessions of a member, newest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sessions_of(&self, member_id: &MemberId) -> Result<Vec<SessionRecord>, Error> {
        self.engine.sessions_of(member_id, self.now()).await
    }

    /// Ends one session, at once on this node; false when it had ended already.
    ///
    /// # Errors
    /// `Unavailable`: it is ended on this node all the same; try again.
    pub async fn revoke(&self, session_id: &SessionId) -> Result<bool, Error> {
        self.engine.revoke(session_id, self.now()).await
    }

    /// Ends all sessions of a member, or all but one; says how many.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn revoke_member(
        &self,
        member_id: &MemberId,
        except: Option<&SessionId>,
    ) -> Result<usize, Error> {
        self.engine.revoke_member(member_id, except, self.now()).await
    }

    /// To be called after the application has changed or deleted a member in tables of its own.
    pub fn member_changed(&self, member_id: &MemberId) {
        self.engine.member_changed(member_id);
    }

    /// To be called after the application has changed or deleted an organization in tables of its own.
    pub fn organization_changed(&self, organization_id: &OrganizationId) {
        self.engine.organization_changed(organization_id);
    }

    /// The directory, to be read.
    #[must_use]
    pub fn directory(&self) -> &Arc<dyn Directory> {
        self.engine.directory()
    }

    /// Makes an organization and its first members, or nothing of it.
    ///
    /// # Errors
    /// `CreationDisabled` over a directory that can't be changed from here; `SlugTaken`.
    pub async fn create_organization(
        &self,
        organization: &Organization,
        members: &[Member],
    ) -> Result<(), Error> {
        self.admin()?.create_organization(organization, members).await?;
        self.tell(AuditKind::OrganizationCreated, About::from(organization));
        members.iter().for_each(|member| self.tell(AuditKind::MemberCreated, About::from(member)));
        Ok(())
    }

    /// Replaces an organization. Its sessions are judged anew at their next request.
    ///
    /// # Errors
    /// `OrganizationNotFound`; `CreationDisabled` over a directory that can't be changed from here.
    pub async fn update_organization(&self, organization: &Organization) -> Result<(), Error> {
        let there = self.admin()?.update_organization(organization).await;
        // Whatever the store says, it may have been done.
        self.organization_changed(&organization.organization_id);
        if !there? {
            return Err(ErrorKind::OrganizationNotFound.into());
        }
        self.tell(AuditKind::OrganizationChanged, About::from(organization));
        Ok(())
    }

    /// Deletes an organization with its members and sessions.
    ///
    /// # Errors
    /// `OrganizationNotFound`; `CreationDisabled` over a directory that can't be changed from here.
    pub async fn delete_organization(&self, organization_id: &OrganizationId) -> Result<(), Error> {
        self.engine.delete_organization(self.admin()?, organization_id, self.now()).await
    }

    /// Makes a member.
    ///
    /// # Errors
    /// `SlugTaken` when the id or the address is; `CreationDisabled` over a directory that can't be
    /// changed from here.
    pub async fn create_member(&self, member: &Member) -> Result<(), Error> {
        self.admin()?.create_member(member).await?;
        self.tell(AuditKind::MemberCreated, About::from(member));
        Ok(())
    }

    /// Replaces a member. A role that was taken away is gone at their next request.
    ///
    /// # Errors
    /// `MemberNotFound`; `CreationDisabled` over a directory that can't be changed from here.
    pub async fn update_member(&self, member: &Member) -> Result<(), Error> {
        let there = self.admin()?.update_member(member).await;
        // Whatever the store says, it may have been done.
        self.member_changed(&member.member_id);
        if !there? {
            return Err(ErrorKind::MemberNotFound.into());
        }
        self.tell(AuditKind::MemberChanged, About::from(member));
        Ok(())
    }

    /// Deletes a member: their sessions end, and their credentials are forgotten.
    ///
    /// # Errors
    /// `MemberNotFound`; `CreationDisabled` over a directory that can't be changed from here.
    pub async fn delete_member(&self, member_id: &MemberId) -> Result<(), Error> {
        self.engine.delete_member(self.admin()?, member_id, self.now()).await
    }

    fn tell(&self, kind: AuditKind, about: About) {
        self.engine.tell(kind, about, &Caller::at(self.now()));
    }

    fn admin(&self) -> Result<&Arc<dyn DirectoryAdmin>, Error> {
        self.engine.stores.admin.as_ref().ok_or_else(|| ErrorKind::CreationDisabled.into())
    }

    /// Gives a member a password.
    ///
    /// # Errors
    /// `WeakPassword` with what is wrong with it; `MemberNotFound`; `Busy`.
    pub async fn set_password(&self, member_id: &MemberId, password: Secret) -> Result<(), Error> {
        self.engine.set_password(member_id, password, self.now()).await
    }

    /// Gives a member a phone that an administrator has verified.
    ///
    /// # Errors
    /// `MemberNotFound`; `PhoneExists`.
    pub async fn set_phone(&self, member_id: &MemberId, number: PhoneNumber) -> Result<(), Error> {
        self.engine.set_phone(member_id, number, self.now()).await
    }

    /// Takes every second factor of a member away, for somebody who has lost them all, and ends their
    /// sessions.
    ///
    /// # Errors
    /// `MemberNotFound`.
    pub async fn reset_mfa(&self, member_id: &MemberId) -> Result<(), Error> {
        self.engine.reset_mfa(member_id, self.now()).await
    }

    /// Vouches for a first factor that the application has proved itself, for the person whose request
    /// this is. Never a route: whoever can call this can sign anybody in.
    ///
    /// # Errors
    /// `NotVouchable` for a second factor or a time in the future; `OrganizationNotFound` where one is to
    /// be entered that the person may not.
    pub async fn vouch(&self, request: &Parts, vouched: Vouched) -> Result<Handoff, Error> {
        let caller = caller(&self.engine, &request.extensions, &request.headers);
        let proof = self.engine.vouched(vouched, &caller)?;
        hand_off(Arc::clone(&self.engine), request, proof, caller).await
    }

    /// The address that a request comes from, as limits and audit events have it: the peer's or, behind
    /// [`trusted_proxies`](Builder::trusted_proxies), the first from the right in `X-Forwarded-For` that is no
    /// trusted proxy's. None where the peer's is not known, from axum's connect info or a
    /// [`PeerAddress`](crate::PeerAddress).
    #[must_use]
    pub fn client_address(&self, request: &Parts) -> Option<IpAddr> {
        client_address(&self.engine, &request.extensions, &request.headers)
    }

    /// Makes the next signing key: published now, signing in two hours.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn rotate_signing_key(&self) -> Result<String, Error> {
        self.engine.rotate_signing_key(self.now()).await
    }

    /// Retires a signing key at once, as when it was stolen.
    ///
    /// # Errors
    /// `Unavailable`: it is retired on this node all the same.
    pub async fn retire_signing_key(&self, key_id: &str) -> Result<bool, Error> {
        self.engine.retire_signing_key(key_id, self.now()).await
    }

    /// Seals the signing keys and everybody's credentials with the newest master key, while the application
    /// serves; says how many members it went through. Once it has answered, nothing at rest needs an older
    /// key. Sessions that were opened under one end when it is taken out of the configuration: leave it in
    /// for as long as a session can last.
    ///
    /// # Errors
    /// `Unavailable`, when a store does not answer or something can't be opened: call it again.
    pub async fn reseal(&self) -> Result<usize, Error> {
        self.engine.reseal(self.now()).await
    }

    /// Forgets a member whom the application has deleted from tables of its own: their sessions end, and
    /// their credentials are gone.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn forget_member(&self, member_id: &MemberId) -> Result<(), Error> {
        self.engine.forget_member(member_id, self.now()).await
    }

    /// What happens from now on, event by event, while it happens.
    #[must_use]
    pub fn audit_events(&self) -> AuditEvents {
        self.engine.audit.subscribe()
    }

    /// What has happened, to be read, where the sink can be read from here. Events get there within a second
    /// after [`start`](Self::start).
    #[must_use]
    pub fn audit_log(&self) -> Option<&Arc<dyn AuditLog>> {
        self.engine.stores.audit_log.as_ref()
    }

    /// How many audit events were lost since the start, because 10,000 waited already for a sink that is slow
    /// or does not answer, or because nothing was [started](Self::start).
    #[must_use]
    pub fn audit_events_lost(&self) -> u64 {
        self.engine.audit.dropped()
    }

    /// How many live intermediate sessions, codes and challenges were pushed out for want of room.
    #[must_use]
    pub fn transient_evictions(&self) -> u64 {
        self.engine.stores.transient.evictions()
    }
}

impl std::fmt::Debug for Vestibule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vestibule").finish_non_exhaustive()
    }
}

/// Where text messages go without a sender: nowhere. None is offered then.
struct NoSms;

impl SmsSender for NoSms {
    fn send<'a>(&'a self, _: &'a Sms) -> Sending<'a> {
        Box::pin(async { Err(DeliveryError::permanent("no sender of text messages is configured")) })
    }
}
