//! Members, made, changed, deleted and brought back by a server.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{
    Acting, Action, ApiError, Found, LinkTo, MemberChange, Rule,
    member_change::{change_address, member_name, merge_metadata},
    organization_change::external_id_of,
};
use crate::{
    domain::{
        AuditKind, Credentials, EmailAddress, FactorKind, Member, MemberId, MemberStatus, MfaMethod,
        Organization, Phone, PhoneNumber, RoleId, Scope,
    },
    flow::{About, Caller, Engine, Error, letters},
    judge::MemberSession,
    store::{StoreError, StoreErrorKind},
    token::random,
};

/// A member who is to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewMember {
    pub(crate) address: EmailAddress,
    pub(crate) status: MemberStatus,
    pub(crate) name: String,
    pub(crate) trusted_metadata: Map<String, Value>,
    pub(crate) untrusted_metadata: Map<String, Value>,
    pub(crate) is_breakglass: bool,
    pub(crate) roles: Vec<RoleId>,
    pub(crate) external_id: Option<String>,
}

/// What of a member lies with their credentials.
#[derive(Clone, Debug, Default)]
pub(crate) struct CredentialChange {
    pub(crate) mfa_phone_number: Option<PhoneNumber>,
    /// Whether that number counts as proved.
    pub(crate) verified: bool,
    pub(crate) mfa_enrolled: Option<bool>,
    pub(crate) default_mfa_method: Option<MfaMethod>,
}

impl Engine {
    /// Makes a member.
    ///
    /// # Errors
    /// `EmailTaken`, `MemberExternalIdTaken`, `UnknownRole`, `DomainClaimed`, or another [`Rule`].
    pub(crate) async fn add_member(
        &self,
        organization: &Organization,
        new: NewMember,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<Member, ApiError> {
        let id = &organization.organization_id;
        self.may_make(organization, &new, acting)?;
        self.unclaimed(&new.address, organization).await?;
        let member_id = MemberId::mint(self.settings.environment, random().map_err(Error::from)?);
        let mut member = Member::new(member_id, id.clone(), new.address, new.status, caller.now);
        member.name = member_name(&new.name)?;
        member.is_breakglass = new.is_breakglass;
        member.roles = new.roles;
        merge_metadata(&mut member.trusted_metadata, &new.trusted_metadata)?;
        merge_metadata(&mut member.untrusted_metadata, &new.untrusted_metadata)?;
        member.external_id = new.external_id.as_deref().map(external_id_of).transpose()?;
        self.member_names_are_free(&member).await?;
        self.admin()?.create_member(&member).await.map_err(taken)?;
        self.tell(AuditKind::MemberCreated, About::from(&member), caller);
        Ok(member)
    }

    /// Whether who acts may make somebody a member like this.
    pub(super) fn may_make(
        &self,
        organization: &Organization,
        new: &NewMember,
        acting: &Acting,
    ) -> Result<(), ApiError> {
        let id = &organization.organization_id;
        acting.may(Action::on_members(id, "create"))?;
        if !new.roles.is_empty() {
            acting.may(Action::on_members(id, "update.settings.roles"))?;
        }
        if new.is_breakglass {
            acting.may(Action::on_members(id, "update.settings.is-breakglass"))?;
        }
        if !new.trusted_metadata.is_empty() || new.external_id.is_some() {
            acting.project_only(TRUSTED)?;
        }
        Ok(self.check_roles(organization, &new.roles)?)
    }

    /// Refuses roles that can't be assigned in this organization.
    pub(super) fn check_roles(&self, organization: &Organization, roles: &[RoleId]) -> Result<(), Rule> {
        let known = |role: &RoleId| {
            self.settings.rbac.has_role(role)
                || organization.custom_roles.iter().any(|own| own.role_id == *role)
        };
        match roles.iter().find(|role| !known(role)) {
            Some(unknown) => Err(Rule::UnknownRole(unknown.to_string())),
            None => Ok(()),
        }
    }

    /// Says which of a member's names is another's. The store has the last word.
    async fn member_names_are_free(&self, member: &Member) -> Result<(), ApiError> {
        let id = &member.organization_id;
        let another = |found: Option<Member>| found.is_some_and(|found| found.member_id != member.member_id);
        let entrance = self.stores.directory.entrance(id, &member.email_address).await?;
        if another(entrance.and_then(|entrance| entrance.member)) {
            return Err(Rule::EmailTaken.into());
        }
        let Some(external_id) = &member.external_id else { return Ok(()) };
        // Calls take ids and external ids alike, so neither is another's.
        let by_id = match MemberId::new(external_id) {
            Ok(like_an_id) => self.stores.directory.member(&like_an_id).await?,
            Err(_) => None,
        };
        if another(by_id) || another(self.admin()?.member_by_external_id(id, external_id).await?) {
            return Err(Rule::MemberExternalIdTaken.into());
        }
        Ok(())
    }

    /// Changes a member by a pure step, whoever changes them at the same time.
    pub(super) async fn change_member(
        &self,
        member_id: &MemberId,
        step: impl Fn(&Member) -> Result<Member, ApiError>,
    ) -> Result<Member, ApiError> {
        let admin = self.admin()?;
        loop {
            let seen = self.stores.directory.member(member_id).await?.ok_or(Rule::MemberNotFound)?;
            let new = step(&seen)?;
            if new.email_address != seen.email_address || new.external_id != seen.external_id {
                self.member_names_are_free(&new).await?;
            }
            let replaced = admin.replace_member_if(&seen, &new).await;
            // Whatever the store says, it may have been done.
            self.member_changed(member_id);
            if replaced.map_err(taken)? {
                return Ok(new);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Changes a member.
    ///
    /// # Errors
    /// What the member who acts may not change; `OwnEmail`; `EmailTaken` and the like; `PhoneExists`,
    /// `DefaultMethodMissing`.
    pub(crate) async fn alter_member(
        &self,
        found: &Found,
        change: &MemberChange,
        credentials: &CredentialChange,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<Member, ApiError> {
        self.may_alter(found, change, credentials, acting, caller)?;
        let Found { member, organization, .. } = found;
        if let Some(roles) = &change.roles {
            self.check_roles(organization, roles)?;
        }
        if let Some(address) = &change.email_address {
            self.unclaimed(address, organization).await?;
        }
        let step = |seen: &Member| {
            if seen.status == MemberStatus::Deleted {
                return Err(Rule::MemberNotFound.into());
            }
            Ok(change.apply(seen, self.email_id(&seen.email_address), caller.now)?)
        };
        // Of the two writes none is made where the other would be refused.
        self.member_names_are_free(&step(member)?).await?;
        let oneself = acting.session().filter(|session| *session.member_id() == member.member_id);
        self.alter_credentials(member, credentials, oneself, caller).await?;
        if change.email_address.as_ref().is_some_and(|address| *address != member.email_address) {
            // Whoever has the new address has yet to show it: nobody signs in by it with what was set before.
            let without = |seen: &Credentials| {
                let write = seen.password.is_some().then(|| Credentials { password: None, ..seen.clone() });
                Ok((write, ()))
            };
            self.change_credentials(&member.member_id, without).await?;
        }
        let changed = self.change_member(&member.member_id, step).await?;
        self.tell(AuditKind::MemberChanged, About::from(&changed), caller);
        Ok(changed)
    }

    fn may_alter(
        &self,
        found: &Found,
        change: &MemberChange,
        credentials: &CredentialChange,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        let Found { member, organization, enrolment } = found;
        let id = &organization.organization_id;
        acting.within(id)?;
        if change.trusted_metadata.is_some() || change.external_id.is_some() {
            acting.project_only(TRUSTED)?;
        }
        let oneself = acting.session().filter(|session| *session.member_id() == member.member_id);
        if change.email_address.is_some() && oneself.is_some() {
            return Err(Rule::OwnEmail.into());
        }
        let of_sign_ins = credentials.mfa_phone_number.is_some()
            || credentials.mfa_enrolled.is_some()
            || credentials.default_mfa_method.is_some();
        let named: Vec<&'static str> = [
            ("update.info.name", change.name.is_some()),
            ("update.info.untrusted-metadata", change.untrusted_metadata.is_some()),
            ("update.info.email", change.email_address.is_some() || change.unlink_email),
            ("update.info.mfa-phone", credentials.mfa_phone_number.is_some()),
            ("update.settings.mfa-enrolled", credentials.mfa_enrolled.is_some()),
            ("update.settings.default-mfa-method", credentials.default_mfa_method.is_some()),
        ]
        .into_iter()
        .filter_map(|(action, named)| named.then_some(action))
        .collect();
        // Nobody gives themselves these by what they may do about themselves.
        let of_others: Vec<&'static str> = [
            ("update.settings.is-breakglass", change.is_breakglass.is_some()),
            ("update.settings.roles", change.roles.is_some()),
        ]
        .into_iter()
        .filter_map(|(action, named)| named.then_some(action))
        .collect();
        for action in &of_others {
            acting.may(Action::on_members(id, action))?;
        }
        for action in &named {
            acting.may(Action::on_member(id, &member.member_id, action))?;
        }
        if named.is_empty() && of_others.is_empty() {
            // The answer shows all of them, to who may change something of them.
            acting.may(Action::on_member(id, &member.member_id, "update.info.name"))?;
        }
        match oneself {
            // Who finds a session open must not weaken the sign-ins to come.
            Some(session) if of_sign_ins => Ok(self.may_change(session, enrolment, caller)?),
            _ => Ok(()),
        }
    }

    /// Changes what lies with a member's credentials, or nothing of it. Whether the member themselves may is
    /// judged by what is replaced.
    pub(crate) async fn alter_credentials(
        &self,
        member: &Member,
        change: &CredentialChange,
        oneself: Option<&MemberSession>,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        let CredentialChange { mfa_phone_number, verified, mfa_enrolled, default_mfa_method } = change;
        if mfa_phone_number.is_none() && mfa_enrolled.is_none() && default_mfa_method.is_none() {
            return Ok(());
        }
        let phone_id = self.credential_id("phone-number")?;
        let step = |seen: &Credentials| {
            if let Some(session) = oneself
                && let Err(rule) = self.may_change(session, &seen.enrolment(), caller)
            {
                return Ok((None, Err(rule)));
            }
            let mut write = seen.clone();
            if let Some(number) = mfa_phone_number {
                match &mut write.phone {
                    Some(phone) if phone.number == *number => phone.verified |= *verified,
                    Some(_) => return Ok((None, Err(Rule::PhoneExists))),
                    None => {
                        write.phone = Some(Phone {
                            phone_id: phone_id.clone(),
                            number: number.clone(),
                            verified: *verified,
                        });
                    }
                }
            }
            if let Some(enrolled) = mfa_enrolled {
                write.mfa_enrolled = *enrolled;
            }
            if let Some(method) = default_mfa_method {
                let has = match method {
                    MfaMethod::SmsOtp => write.phone.is_some(),
                    MfaMethod::Totp => write.totp.is_some(),
                };
                if !has {
                    return Ok((None, Err(Rule::DefaultMethodMissing)));
                }
                write.default_mfa_method = Some(*method);
            }
            let new = write.phone.as_ref().filter(|_| write.phone != seen.phone);
            let new = new.map(|phone| phone.phone_id.clone());
            Ok(((write != *seen).then_some(write), Ok(new)))
        };
        if let Some(phone_id) = self.change_credentials(&member.member_id, step).await?? {
            let happened = AuditKind::Enrolled { factor: FactorKind::Otp, credential_id: phone_id };
            self.tell(happened, About::from(member), caller);
        }
        Ok(())
    }

    /// Deletes a member.
    pub(crate) async fn remove_member(
        self: &Arc<Self>,
        member: &Member,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        acting.may(Action::on_member(&member.organization_id, &member.member_id, "delete"))?;
        let admin = Arc::clone(self.admin()?);
        Ok(self.delete_member(&admin, &member.member_id, caller.now).await?)
    }

    /// Brings a deleted member back: as an active one if their address was proved, else as a pending one. Their
    /// roles come back with them, so that a member who acts has to be allowed to give them.
    ///
    /// # Errors
    /// `NotDeleted`; `NotPermitted`, `Tenancy`.
    pub(crate) async fn reactivate(
        self: &Arc<Self>,
        organization: &Organization,
        member: &str,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<Member, ApiError> {
        acting.may(Action::on_members(&organization.organization_id, "create"))?;
        let member = self.api_member_even_deleted(organization, member).await?;
        if member.status != MemberStatus::Deleted {
            return Err(Rule::NotDeleted.into());
        }
        self.finish_deleting(&member.member_id, caller.now).await?;
        let step = |seen: &Member| {
            if seen.status != MemberStatus::Deleted {
                return Err(Rule::NotDeleted.into());
            }
            if !seen.roles.is_empty() {
                acting.may(Action::on_members(&seen.organization_id, "update.settings.roles"))?;
            }
            if seen.is_breakglass {
                acting.may(Action::on_members(&seen.organization_id, "update.settings.is-breakglass"))?;
            }
            let status =
                if seen.email_address_verified { MemberStatus::Active } else { MemberStatus::Pending };
            Ok(Member { status, updated_at: caller.now, ..seen.clone() })
        };
        let member = self.change_member(&member.member_id, step).await?;
        self.tell(AuditKind::MemberChanged, About::from(&member), caller);
        Ok(member)
    }

    /// Takes a member's external id away.
    pub(crate) async fn drop_member_external_id(
        &self,
        member: &Member,
        caller: &Caller,
    ) -> Result<Member, ApiError> {
        let step = |seen: &Member| Ok(Member { external_id: None, updated_at: caller.now, ..seen.clone() });
        let member = self.change_member(&member.member_id, step).await?;
        self.tell(AuditKind::MemberChanged, About::from(&member), caller);
        Ok(member)
    }

    /// Forgets an address that the member had, by its id or itself.
    ///
    /// # Errors
    /// `EmailNotFound`.
    pub(crate) async fn unlink_retired(
        &self,
        member: &Member,
        email_id: Option<&str>,
        address: Option<&EmailAddress>,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<Member, ApiError> {
        let action = Action::on_member(&member.organization_id, &member.member_id, "update.info.email");
        acting.may(action)?;
        let step = |seen: &Member| {
            let mut changed = Member { updated_at: caller.now, ..seen.clone() };
            changed.retired_email_addresses.retain(|retired| {
                Some(retired.email_id.as_str()) != email_id && Some(&retired.email_address) != address
            });
            if changed.retired_email_addresses.len() == seen.retired_email_addresses.len() {
                return Err(Rule::EmailNotFound.into());
            }
            Ok(changed)
        };
        let member = self.change_member(&member.member_id, step).await?;
        self.tell(AuditKind::MemberChanged, About::from(&member), caller);
        Ok(member)
    }

    /// Begins to give a member another address: a link or a code goes there, and the address becomes theirs
    /// once it is used.
    pub(crate) async fn start_address_change(
        &self,
        found: &Found,
        address: EmailAddress,
        link: Option<LinkTo>,
        lifetime: Duration,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        let Found { member, organization, enrolment } = found;
        let action = Action::on_member(&member.organization_id, &member.member_id, "update.info.email");
        acting.may(action)?;
        Self::must_be_active(member)?;
        if let Some(session) = acting.session()
            && *session.member_id() == member.member_id
        {
            self.may_change(session, enrolment, caller)?;
        }
        self.unclaimed(&address, organization).await?;
        let renamed = Member { email_address: address.clone(), ..member.clone() };
        self.member_names_are_free(&renamed).await?;
        let former = member.email_address.clone();
        match link {
            Some(link) => {
                let letter =
                    |to, url: &str| letters::new_address_by_email(&self.settings, to, &former, url, lifetime);
                self.limit_emails(&link.address, caller).await?;
                self.send_api_link(link, letter, caller).await?;
            }
            None => {
                let scope = Scope::Organization(organization.organization_id.clone());
                let whose = Some(member.member_id.clone());
                self.send_api_code(address.clone(), scope, lifetime, whose, caller).await?;
            }
        }
        self.notify(letters::address_changes(&self.settings, former.clone(), &address));
        Ok(())
    }

    /// Makes an address that was proved a member's own.
    pub(super) async fn take_address(
        &self,
        member_id: &MemberId,
        address: &EmailAddress,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        let step = |seen: &Member| {
            if seen.status == MemberStatus::Deleted {
                return Err(Rule::MemberNotFound.into());
            }
            let mut changed = Member { updated_at: caller.now, ..seen.clone() };
            change_address(&mut changed, address, self.email_id(&seen.email_address), false);
            changed.email_address_verified = true;
            Ok(changed)
        };
        let member = self.change_member(member_id, step).await?;
        self.tell(AuditKind::MemberChanged, About::from(&member), caller);
        Ok(())
    }

    /// Refuses whoever is no active member.
    pub(super) fn must_be_active(member: &Member) -> Result<(), ApiError> {
        if member.status == MemberStatus::Active { Ok(()) } else { Err(Rule::NotActive.into()) }
    }
}

/// What only the project writes.
const TRUSTED: Rule =
    Rule::NotPermitted { resource: "stytch.member", action: "update.info.trusted-metadata" };

/// Somebody took a name between the look and the write.
fn taken(error: StoreError) -> ApiError {
    if error.kind() == StoreErrorKind::Taken { Rule::EmailTaken.into() } else { error.into() }
}
