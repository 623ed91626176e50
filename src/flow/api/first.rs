//! First factors as a server asks for them: sent to a member of one organization, or for discovery, and
//! proved by a call that may bring a sign-in under way or a session along.

use std::{sync::Arc, time::Duration};

use super::{ApiError, Found, Held, LinkTo, Rule, UsedLink, links::link_token, sandbox::SANDBOX_CODE};
use crate::{
    domain::{
        AuditKind, CredentialId, EmailAddress, EmailCode, Factor, FactorKind, JitProvisioning, LinkPurpose,
        MagicLink, Member, MemberId, MemberStatus, Organization, Scope, Secret, Subject,
    },
    factor::{Digits, EMAIL_TRIES},
    flow::{
        About, Bag, Caller, Engine, Entered, Error, ErrorKind, First, Proof, Rotation, Terms, Unfinished,
        first::fresh_code, letters,
    },
    judge::{MemberSession, accepts, membership},
    store::{CodeKey, StoreErrorKind, TakenLink, TriedCode},
    token::TokenKind,
};

/// Somebody who is to be written to at the wish of a server.
#[derive(Clone, Debug)]
pub(crate) struct Addressee {
    /// The member, or the pending one that they are to be.
    pub(crate) member: Member,
    pub(crate) organization: Organization,
    is_new: bool,
}

impl Engine {
    /// The member with this address, who is to sign in by this kind of factor; one who is yet to be made where
    /// the address may join by itself.
    ///
    /// # Errors
    /// `AuthMethodNotAllowed`, `JitNotAllowed`, `JitDomain`, `DomainClaimed`; `MemberNotFound` for a deleted one.
    pub(crate) async fn addressee(
        &self,
        organization: Organization,
        address: &EmailAddress,
        kind: FactorKind,
        caller: &Caller,
    ) -> Result<Addressee, ApiError> {
        let id = &organization.organization_id;
        let entrance =
            self.stores.directory.entrance(id, address).await?.ok_or(Rule::OrganizationNotFound)?;
        if let Some(member) = &entrance.member {
            if member.status == MemberStatus::Deleted {
                return Err(Rule::MemberNotFound.into());
            }
            if !accepts(&organization, member, kind) {
                return Err(Rule::AuthMethodNotAllowed.into());
            }
            return Ok(Addressee { member: member.clone(), organization, is_new: false });
        }
        self.unclaimed(address, &organization).await?;
        // Asked of the same function that lets in whoever has proved the address.
        let proof = Factor::new(kind, Subject::Email(address.clone()), self.email_id(address), caller.now);
        if membership(std::slice::from_ref(&proof), &entrance).is_none() {
            let open = organization.email_jit_provisioning == JitProvisioning::Restricted;
            return Err(if open { Rule::JitDomain } else { Rule::JitNotAllowed }.into());
        }
        let prospect = self.prospect(&entrance, caller.now)?;
        if !accepts(&organization, &prospect, kind) {
            return Err(Rule::AuthMethodNotAllowed.into());
        }
        Ok(Addressee { member: pending(prospect), organization, is_new: true })
    }

    /// The member who was written to, made a pending one now if they are to be; and whether they were. Only after
    /// they were written to: a call that is refused makes nobody a member. Of many at once one makes them.
    pub(crate) async fn written_to(
        &self,
        addressee: Addressee,
        caller: &Caller,
    ) -> Result<(Found, bool), ApiError> {
        let Addressee { member, organization, is_new } = addressee;
        let (member, created) =
            if is_new { self.make_pending(member, caller).await? } else { (member, false) };
        Ok((self.api_shown(member, organization).await?, created))
    }

    async fn make_pending(&self, pending: Member, caller: &Caller) -> Result<(Member, bool), ApiError> {
        let id = pending.organization_id.clone();
        match self.admin()?.create_member(&pending).await {
            Ok(()) => {
                self.tell(AuditKind::MemberCreated, About::from(&pending), caller);
                Ok((pending, true))
            }
            Err(error) if error.kind() == StoreErrorKind::Taken => {
                let entrance = self.stores.directory.entrance(&id, &pending.email_address).await?;
                let member = entrance.and_then(|entrance| entrance.member);
                Ok((member.ok_or(Rule::MemberNotFound)?, false))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses an address whose domain another organization claims.
    pub(super) async fn unclaimed(
        &self,
        address: &EmailAddress,
        organization: &Organization,
    ) -> Result<(), ApiError> {
        let claimed = self.claimant(address).await?;
        match claimed.filter(|claimant| claimant.organization_id != organization.organization_id) {
            Some(_) => Err(Rule::DomainClaimed.into()),
            None => Ok(()),
        }
    }

    /// Sends a code by email for this scope; an earlier one for the same address is good no more.
    pub(crate) async fn send_api_code(
        &self,
        address: EmailAddress,
        scope: Scope,
        lifetime: Duration,
        becomes_address_of: Option<MemberId>,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        self.limit_emails(&address, caller).await?;
        let known = self.is_sandbox_address(&address);
        let code = if known { Secret::new(SANDBOX_CODE) } else { fresh_code()? };
        let email_id = self.email_id(&address);
        let stored = EmailCode {
            digest: self.code_digest(&address, &code),
            address: address.clone(),
            scope: scope.clone(),
            kind: FactorKind::EmailOtp,
            email_id: email_id.clone(),
            link: None,
            return_to: None,
            expires_at: caller.now.after(lifetime),
            tries_left: EMAIL_TRIES,
            becomes_address_of: becomes_address_of.clone(),
        };
        let key = CodeKey::Address(scope, address.clone());
        self.stores.transient.put_code(&key, stored, caller.now).await?;
        if !known {
            let letter = match &becomes_address_of {
                Some(_) => letters::new_address_code_by_email,
                None => letters::code_by_email,
            };
            self.post(letter(&self.settings, address, code.expose(), lifetime))?;
        }
        let factor = FactorKind::EmailOtp;
        self.tell(AuditKind::Sent { factor, credential_id: email_id }, About::nobody(), caller);
        Ok(())
    }

    /// Sends a link to sign in by.
    pub(crate) async fn send_sign_in_link(&self, link: LinkTo, caller: &Caller) -> Result<(), ApiError> {
        let lifetime = link.lifetime;
        let letter = |to, url: &str| letters::server_link_by_email(&self.settings, to, url, lifetime);
        self.limit_emails(&link.address, caller).await?;
        self.send_api_link(link, letter, caller).await
    }

    /// Checks a code sent by email for this scope.
    pub(crate) async fn prove_email_code(
        &self,
        address: EmailAddress,
        scope: Scope,
        code: &Secret,
        caller: &Caller,
    ) -> Result<Proof, ApiError> {
        let digits = Digits::parse(code.expose()).ok_or(ErrorKind::MalformedCode)?;
        let attempt = self.begin_first(&address, caller).await?;
        let digest = self.code_digest(&address, &Secret::new(digits.as_str()));
        let key = CodeKey::Address(scope.clone(), address.clone());
        let refused = |error| {
            let tried = Some(self.email_id(&address));
            self.refused(FactorKind::EmailOtp, error, tried, About::nobody(), caller)
        };
        match self.stores.transient.try_code(&key, digest, caller.now).await? {
            TriedCode::Right(code) => {
                self.first_succeeded(attempt, caller).await?;
                if let Some(link) = &code.link
                    && !matches!(self.stores.links.take(link, caller.now).await?, TakenLink::Fresh(_))
                {
                    return Err(refused(ErrorKind::SpentCode).into());
                }
                if let Some(member_id) = &code.becomes_address_of {
                    self.take_address(member_id, &code.address, caller).await?;
                }
                let factor = Factor::new(code.kind, Subject::Email(code.address), code.email_id, caller.now);
                Ok(Proof { factor, scope, return_to: None })
            }
            TriedCode::Wrong(_) => Err(refused(ErrorKind::WrongCode).into()),
            TriedCode::Gone => Err(refused(ErrorKind::SpentCode).into()),
        }
    }

    /// Uses a link to sign in by, for discovery or for one organization.
    pub(crate) async fn prove_link(
        &self,
        token: &Secret,
        verifier: Option<&Secret>,
        discovery: bool,
        caller: &Caller,
    ) -> Result<Proof, ApiError> {
        if let Some(proof) = self.sandbox_link(token, discovery, caller)? {
            return Ok(proof);
        }
        let wanted = |link: &MagicLink, purpose: &LinkPurpose| {
            (link.scope == Scope::Discovery) == discovery
                && !matches!(purpose, LinkPurpose::PasswordReset { .. })
        };
        let token = link_token(TokenKind::MagicLink, token)?;
        self.look_at_api_link(&token, verifier, wanted, caller).await?;
        let UsedLink { address, scope, purpose, email_id } = self.take_api_link(&token, caller).await?;
        if let LinkPurpose::AddressChange(member_id) = &purpose {
            self.take_address(member_id, &address, caller).await?;
        }
        if let Scope::Organization(id) = &scope {
            let member = self.stores.directory.entrance(id, &address).await?.and_then(|found| found.member);
            if member.is_some_and(|member| member.status == MemberStatus::Deleted) {
                // An invitation ends with the member who was invited.
                return Err(ErrorKind::SpentLink.into());
            }
        }
        let factor = Factor::new(FactorKind::MagicLink, Subject::Email(address), email_id, caller.now);
        Ok(Proof { factor, scope, return_to: None })
    }

    /// Goes on with a first factor that was proved for one organization. A live session of the same member
    /// gains it and is extended; one of somebody else is as if it had not been brought.
    pub(crate) async fn enter_with(
        self: &Arc<Self>,
        proof: Proof,
        held: &Held,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, ApiError> {
        if let Held::Session(session) = held
            && let Some(continued) = self.continued(session, &proof, terms, caller).await?
        {
            return Ok(continued);
        }
        let token = match held {
            Held::Intermediate(bag) => Some(bag.token.expose()),
            Held::Nothing | Held::Session(_) => None,
        };
        match self.first_factor(proof, token, Rotation::Keep, terms, caller).await {
            Ok(First::Entered(entered)) => Ok(entered),
            Ok(First::Discovery(_)) => Err(Rule::OrganizationNotFound.into()),
            // The organization was found before: it is the person who may not enter it.
            Err(error) if *error.kind() == ErrorKind::OrganizationNotFound => {
                Err(Rule::MemberNotFound.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn continued(
        self: &Arc<Self>,
        session: &MemberSession,
        proof: &Proof,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Option<Entered>, Error> {
        let member = self.member(session.member_id()).await?;
        let theirs = match &proof.factor.subject {
            Subject::Member(member_id) => *member_id == member.member_id,
            _ => proof.factor.address() == Some(&member.email_address),
        };
        let here = Scope::Organization(session.organization_id().clone()) == proof.scope;
        if !theirs || !here {
            return Ok(None);
        }
        match self.continue_with(session, &member, &proof.factor, terms, caller).await? {
            Some(session) => Ok(Some(Entered::Session(Box::new(self.described(&session).await?)))),
            None => Ok(None),
        }
    }

    /// Opens a bag of factors with one that was proved for discovery.
    pub(crate) async fn open_discovery(
        self: &Arc<Self>,
        proof: Proof,
        caller: &Caller,
    ) -> Result<Bag, ApiError> {
        match self.first_factor(proof, None, Rotation::Keep, &Terms::default(), caller).await? {
            First::Discovery(bag) => Ok(*bag),
            First::Entered(_) => Err(ErrorKind::IntermediateSessionNotFound.into()),
        }
    }

    /// The member of a sign-in that is not finished: SDKs read one, so whoever may join but has not proved
    /// enough for it is a pending member from now on.
    pub(crate) async fn member_of_unfinished(
        &self,
        unfinished: &Unfinished,
        caller: &Caller,
    ) -> Result<Member, ApiError> {
        if let Some(member) = &unfinished.member {
            return Ok(member.clone());
        }
        let address = unfinished.bag.session.factors.iter().find_map(Factor::address);
        let address = address.ok_or(Rule::MemberNotFound)?;
        let id = &unfinished.organization.organization_id;
        let entrance =
            self.stores.directory.entrance(id, address).await?.ok_or(Rule::OrganizationNotFound)?;
        if let Some(member) = entrance.member {
            return Ok(member);
        }
        let prospect = self.prospect(&entrance, caller.now)?;
        self.make_pending(pending(prospect), caller).await.map(|(member, _)| member)
    }

    /// The address that a sign-in has proved, by which organizations are discovered and made.
    ///
    /// # Errors
    /// `NothingDiscovers` for a password alone.
    pub(crate) fn discovers_as(bag: &Bag) -> Result<&EmailAddress, Rule> {
        bag.session.factors.iter().find_map(Factor::address).ok_or(Rule::NothingDiscovers)
    }

    /// The id that a factor's address has as a credential, or whatever was proved.
    pub(crate) fn method_id(proof: &Proof) -> CredentialId {
        proof.factor.credential_id.clone()
    }
}

/// Whoever may join, before they have proved who they are.
fn pending(prospect: Member) -> Member {
    Member { status: MemberStatus::Pending, email_address_verified: false, ..prospect }
}
