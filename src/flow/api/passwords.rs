//! Passwords as a server has them checked, reset and taken over.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{
    Acting, ApiError, CredentialChange, Found, Held, LinkTo, MemberChange, NewMember, Rule, UsedLink,
    links::link_token,
};
use crate::{
    domain::{
        CredentialId, EmailAddress, FactorKind, LinkPurpose, MagicLink, Member, MemberStatus, Organization,
        PhoneNumber, RoleId, Scope, Secret,
    },
    factor::{ForeignHash, password_factor},
    flow::{Caller, Engine, Entered, ErrorKind, Proof, SignedIn, Terms, account::Replaces, letters},
    judge::{Proof as Proven, accepts},
    store::Joining,
    token::{OpaqueToken, TokenKind},
};

/// How fresh a session's last proof has to be to give its member another password.
const FRESH: Duration = Duration::from_secs(300);

/// A member whose password was hashed elsewhere.
#[derive(Debug)]
pub(crate) struct MemberMigration {
    pub(crate) address: EmailAddress,
    pub(crate) hash: ForeignHash,
    pub(crate) name: Option<String>,
    pub(crate) trusted_metadata: Option<Map<String, Value>>,
    pub(crate) untrusted_metadata: Option<Map<String, Value>>,
    pub(crate) roles: Option<Vec<RoleId>>,
    pub(crate) mfa_phone_number: Option<PhoneNumber>,
    pub(crate) phone_verified: bool,
    pub(crate) external_id: Option<String>,
}

impl Engine {
    /// Checks a member's password.
    ///
    /// # Errors
    /// `WrongPassword`; `PasswordNotFound` where the member has none, `MemberNotFound` where there is no member.
    pub(crate) async fn prove_password(
        &self,
        organization: &Organization,
        address: &EmailAddress,
        password: Secret,
        caller: &Caller,
    ) -> Result<Proof, ApiError> {
        let scope = Scope::Organization(organization.organization_id.clone());
        match self.check_password(&scope, address, password, caller).await {
            Ok(factor) => Ok(Proof { factor, scope, return_to: None }),
            Err(error) if *error.kind() == ErrorKind::WrongPassword => {
                Err(self.why_wrong(organization, address).await?.map_or(error.into(), ApiError::from))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What else than a wrong password it was.
    async fn why_wrong(
        &self,
        organization: &Organization,
        address: &EmailAddress,
    ) -> Result<Option<Rule>, ApiError> {
        let entrance = self.stores.directory.entrance(&organization.organization_id, address).await?;
        let member = entrance.and_then(|entrance| entrance.member);
        let Some(member) = member.filter(|member| member.status != MemberStatus::Deleted) else {
            return Ok(Some(Rule::MemberNotFound));
        };
        let enrolment = self.enrolment(&member.member_id).await?;
        Ok(enrolment.password_id.is_none().then_some(Rule::PasswordNotFound))
    }

    /// Sends a link to set a new password by.
    ///
    /// # Errors
    /// `AuthMethodNotAllowed` where the organization takes no passwords from the member.
    pub(crate) async fn start_password_reset(
        &self,
        found: &Found,
        link: LinkTo,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        if !accepts(&found.organization, &found.member, FactorKind::Password) {
            return Err(Rule::AuthMethodNotAllowed.into());
        }
        let lifetime = link.lifetime;
        let letter = |to, url: &str| letters::reset_by_email(&self.settings, to, url, lifetime);
        self.limit_emails(&link.address, caller).await?;
        self.send_api_link(link, letter, caller).await
    }

    /// Sets a new password by the link that was sent, ends all sessions of the member, and enters their
    /// organization with it: a second factor that is due stays due. The link proves the address as well.
    ///
    /// # Errors
    /// `ResetTokenUnknown`, `ResetTokenSpent`; `AuthMethodNotAllowed` and `WeakPassword`, with which the link stays
    /// good.
    pub(crate) async fn reset_password_by_link(
        self: &Arc<Self>,
        token: &Secret,
        verifier: Option<&Secret>,
        password: Secret,
        held: &Held,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<(Entered, CredentialId), ApiError> {
        let token = link_token(TokenKind::PasswordReset, token).map_err(reset)?;
        let wanted =
            |_: &MagicLink, purpose: &LinkPurpose| matches!(purpose, LinkPurpose::PasswordReset { .. });
        let link = self.look_at_api_link(&token, verifier, wanted, caller).await.map_err(reset)?;
        let Some(link) = link else { return Err(self.spent_reset(&token, caller).await) };
        let (member, organization) = self.whose_reset(&link).await?;
        if !accepts(&organization, &member, FactorKind::Password) {
            return Err(Rule::AuthMethodNotAllowed.into());
        }
        self.judge_password(&password, &member, &organization)?;
        // Before the link is used up: this may be refused where many are hashed.
        let hash = self.hash(password).await?;
        let UsedLink { address, purpose, email_id, .. } =
            self.take_api_link(&token, caller).await.map_err(reset)?;
        let LinkPurpose::PasswordReset { member_id, replaces } = purpose else {
            return Err(Rule::ResetTokenUnknown.into());
        };
        let member = self.member(&member_id).await?;
        if member.status == MemberStatus::Deleted || member.email_address != address {
            return Err(Rule::ResetTokenUnknown.into());
        }
        if self.enrolment(&member_id).await?.password_id != replaces {
            return Err(Rule::ResetTokenSpent.into());
        }
        // What somebody else has set before the address was proved is discarded by proving it.
        let replaces = replaces.filter(|_| member.status == MemberStatus::Active);
        let member = self.prove_address_of(member, caller).await?;
        let entered = self.set_and_enter(&member, (&hash, replaces.as_ref()), held, terms, caller).await;
        Ok((entered.map_err(|error| superseded(error, Rule::ResetTokenSpent))?, email_id))
    }

    /// Why a link that is not there any more does not reset a password.
    async fn spent_reset(&self, token: &OpaqueToken, caller: &Caller) -> ApiError {
        match self.take_api_link(token, caller).await {
            // It was put there again in between: nobody gets two.
            Ok(_) => Rule::ResetTokenSpent.into(),
            Err(error) => reset(error),
        }
    }

    async fn whose_reset(&self, link: &MagicLink) -> Result<(Member, Organization), ApiError> {
        let purpose = link.api.as_ref().map(|api| &api.purpose);
        let Some(LinkPurpose::PasswordReset { member_id, .. }) = purpose else {
            return Err(Rule::ResetTokenUnknown.into());
        };
        let member = self.member(member_id).await?;
        let organization = self.organization(&member.organization_id).await?;
        Ok((member, organization))
    }

    /// Activates a member who has shown that the address is theirs, if they were not yet. What somebody else
    /// may have set up before is discarded.
    async fn prove_address_of(&self, member: Member, caller: &Caller) -> Result<Member, ApiError> {
        if member.status == MemberStatus::Active && member.email_address_verified {
            return Ok(member);
        }
        if member.status != MemberStatus::Active {
            self.discard_unproved(&member, caller).await?;
        }
        let joining = Joining {
            organization_id: member.organization_id,
            address: member.email_address,
            member_id: member.member_id,
            now: caller.now,
        };
        Ok(self.stores.directory.join(&joining).await?)
    }

    /// Sets a password in the place of another, ends all sessions of the member, and enters with it.
    async fn set_and_enter(
        self: &Arc<Self>,
        member: &Member,
        (hash, replaces): (&str, Option<&CredentialId>),
        held: &Held,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, ApiError> {
        let password_id = self.keep_hash(member, hash, Replaces::This(replaces), caller).await?;
        self.end_member(&member.member_id, None, caller).await?;
        let proof = Proof {
            factor: password_factor(password_id, member.member_id.clone(), caller.now),
            scope: Scope::Organization(member.organization_id.clone()),
            return_to: None,
        };
        // A session that was brought has just ended, if it was the member's.
        let held = match held {
            Held::Session(_) => &Held::Nothing,
            held => held,
        };
        self.enter_with(proof, held, terms, caller).await
    }

    /// Sets a new password by the present one, ends all sessions of the member, and enters with it.
    ///
    /// # Errors
    /// As for checking one; `MemberNotFound` where they are not active; `AuthMethodNotAllowed`, `WeakPassword`.
    pub(crate) async fn reset_password_by_itself(
        self: &Arc<Self>,
        organization: &Organization,
        address: &EmailAddress,
        (present, new): (Secret, Secret),
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, ApiError> {
        let entrance = self.stores.directory.entrance(&organization.organization_id, address).await?;
        let member = entrance.and_then(|entrance| entrance.member).ok_or(Rule::MemberNotFound)?;
        self.judge_password(&new, &member, organization)?;
        let proved = self.prove_password(organization, address, present, caller).await?.factor.credential_id;
        if member.status != MemberStatus::Active {
            return Err(Rule::MemberNotFound.into());
        }
        if !accepts(organization, &member, FactorKind::Password) {
            return Err(Rule::AuthMethodNotAllowed.into());
        }
        let hash = self.hash(new).await?;
        self.set_and_enter(&member, (&hash, Some(&proved)), &Held::Nothing, terms, caller).await
    }

    /// Sets a new password in a session in which something was proved in the last five minutes, and ends the
    /// member's other sessions.
    ///
    /// # Errors
    /// `NoSession`, `OtherMember` of another organization, `StaleSession`; `AuthMethodNotAllowed`, `WeakPassword`.
    pub(crate) async fn reset_password_in_session(
        self: &Arc<Self>,
        organization: &Organization,
        held: &Held,
        password: Secret,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<SignedIn, ApiError> {
        let Held::Session(session) = held else { return Err(Rule::NoSession.into()) };
        if *session.organization_id() != organization.organization_id {
            return Err(Rule::OtherMember.into());
        }
        // What was set up in the session proves nothing in it.
        let policy = &self.settings.sessions;
        let counts = |proof: &Proven| {
            proof.may_answer(policy) && caller.now.since(proof.at).is_some_and(|age| age <= FRESH)
        };
        if !session.proofs().iter().any(counts) {
            return Err(Rule::StaleSession.into());
        }
        let member = self.member(session.member_id()).await?;
        if !accepts(organization, &member, FactorKind::Password) {
            return Err(Rule::AuthMethodNotAllowed.into());
        }
        self.judge_password(&password, &member, organization)?;
        let replaces = self.enrolment(&member.member_id).await?.password_id;
        let hash = self.hash(password).await?;
        // Hashing takes long enough for the member to end this session, as by setting another password.
        self.fresh(&session.member_session_id(), caller.now).await?;
        let kept = self.keep_hash(&member, &hash, Replaces::This(replaces.as_ref()), caller).await;
        kept.map_err(|error| superseded(error.into(), Rule::StaleSession))?;
        self.end_member(&member.member_id, Some(&session.member_session_id()), caller).await?;
        let session = self.update_session(session, terms, caller.now).await?;
        Ok(self.described(&session).await?)
    }

    /// Takes over a member's password by its hash, which is made anew when they sign in with it; and the member,
    /// if they are none yet. Their sessions go on.
    ///
    /// # Errors
    /// As for making or changing a member.
    pub(crate) async fn migrate_password(
        &self,
        organization: &Organization,
        migration: MemberMigration,
        caller: &Caller,
    ) -> Result<(Member, bool), ApiError> {
        let MemberMigration { address, hash, name, trusted_metadata, untrusted_metadata, .. } = migration;
        let MemberMigration { roles, mfa_phone_number, phone_verified, external_id, .. } = migration;
        let entrance = self.stores.directory.entrance(&organization.organization_id, &address).await?;
        let (member, created) = match entrance.and_then(|entrance| entrance.member) {
            Some(member) if member.status == MemberStatus::Deleted => return Err(Rule::EmailTaken.into()),
            Some(member) => {
                let found = self.api_shown(member, organization.clone()).await?;
                // Before anything is written of what would be refused in part.
                let known = found.enrolment.phone.as_ref().map(|phone| &phone.number);
                if known.zip(mfa_phone_number.as_ref()).is_some_and(|(known, new)| known != new) {
                    return Err(Rule::PhoneExists.into());
                }
                let change = MemberChange {
                    name,
                    trusted_metadata,
                    untrusted_metadata,
                    roles,
                    external_id,
                    ..MemberChange::default()
                };
                let nothing = CredentialChange::default();
                let acting = &Acting::Project;
                let changed = self.alter_member(&found, &change, &nothing, acting, caller).await?;
                (changed, false)
            }
            None => {
                let new = NewMember {
                    address,
                    status: MemberStatus::Active,
                    name: name.unwrap_or_default(),
                    trusted_metadata: trusted_metadata.unwrap_or_default(),
                    untrusted_metadata: untrusted_metadata.unwrap_or_default(),
                    is_breakglass: false,
                    roles: roles.unwrap_or_default(),
                    external_id,
                };
                (self.add_member(organization, new, &Acting::Project, caller).await?, true)
            }
        };
        let phone =
            CredentialChange { mfa_phone_number, verified: phone_verified, ..CredentialChange::default() };
        self.alter_credentials(&member, &phone, None, caller).await?;
        self.keep_hash(&member, hash.stored().expose(), Replaces::Anything, caller).await?;
        Ok((member, created))
    }
}

/// A password that was not set because another was in between, said of what was to replace it.
fn superseded(error: ApiError, rule: Rule) -> ApiError {
    match &error {
        ApiError::Flow(flow) if *flow.kind() == ErrorKind::WrongPassword => rule.into(),
        _ => error,
    }
}

/// What is wrong with a link, said of the token to reset a password.
fn reset(error: ApiError) -> ApiError {
    match &error {
        ApiError::Flow(flow) => match flow.kind() {
            ErrorKind::UnknownLink => Rule::ResetTokenUnknown.into(),
            ErrorKind::SpentLink => Rule::ResetTokenSpent.into(),
            _ => error,
        },
        ApiError::Rule(_) => error,
    }
}
