//! What an application does with members' credentials, and for whom it vouches.

use std::sync::Arc;

use super::{
    audit::About,
    caller::Caller,
    engine::Engine,
    enter::Terms,
    error::{Error, ErrorKind},
    first::Proof,
    letters,
};
use crate::{
    domain::{
        AuditKind, CredentialId, Credentials, EmailAddress, Factor, FactorClass, FactorKind, Member,
        MemberId, Organization, OrganizationId, Password, Phone, PhoneNumber, ReturnTo, Scope, Secret,
        Subject, Timestamp,
    },
    factor::{hash_password, password_strength},
    judge::{Entry, MemberSession, Verdict, enter},
    store::{Directory, DirectoryAdmin},
    token::{Place, random},
};

/// Which password a new one may replace: what was proved before may be another's by the time it is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Replaces<'a> {
    /// Whichever the member has.
    Anything,
    /// This one, or none.
    #[cfg_attr(not(feature = "wire-api"), allow(dead_code, reason = "servers alone reset passwords"))]
    This(Option<&'a CredentialId>),
}

/// A first factor that the application has proved by its own means.
#[derive(Clone, Debug)]
pub struct Vouched {
    /// How it was proved; judged like any other of its kind.
    pub kind: FactorKind,
    /// The address that the application knows the person by.
    pub address: EmailAddress,
    /// Whether the person has shown that the address is theirs. If not, only the organizations below
    /// are listed, and none is joined.
    pub verified: bool,
    /// Where the application vouches for somebody whose address is not verified.
    pub organizations: Vec<OrganizationId>,
    /// When it was proved. Not in the future.
    pub proved_at: Timestamp,
    /// One organization to enter, instead of discovery.
    pub enter: Option<OrganizationId>,
    /// Where the person goes on afterwards.
    pub return_to: Option<ReturnTo>,
}

impl Engine {
    /// Takes an application's word for a first factor.
    ///
    /// # Errors
    /// `NotVouchable` for a second factor or a time in the future.
    pub(crate) fn vouched(&self, vouched: Vouched, caller: &Caller) -> Result<Proof, Error> {
        if vouched.kind.class() != FactorClass::Primary || vouched.proved_at > caller.now {
            return Err(ErrorKind::NotVouchable.into());
        }
        let credential_id = self.email_id(&vouched.address);
        let subject = if vouched.verified {
            Subject::Email(vouched.address)
        } else {
            Subject::Named { address: vouched.address, organizations: vouched.organizations }
        };
        let factor = Factor::new(vouched.kind, subject, credential_id, vouched.proved_at);
        let scope = vouched.enter.map_or(Scope::Discovery, Scope::Organization);
        Ok(Proof { factor, scope, return_to: vouched.return_to })
    }

    /// Adds a first factor that the application has proved to a live session of the same member, and
    /// extends it. Neither a second factor nor its absolute end is gained; a session of somebody else
    /// stays as it is, and is answered so.
    ///
    /// # Errors
    /// `NotVouchable` as for vouching; `FactorNotAccepted` where the organization does not take the kind;
    /// `SessionNotFound` when it has ended.
    pub async fn add_first_factor(
        self: &Arc<Self>,
        session: &MemberSession,
        vouched: Vouched,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<MemberSession, Error> {
        let proof = self.vouched(vouched, caller)?;
        if !session.holds_at(caller.now) {
            return Err(ErrorKind::SessionNotFound.into());
        }
        let member = self.member(session.member_id()).await?;
        if proof.factor.address() != Some(&member.email_address) {
            return Ok(session.clone());
        }
        let continued = self.continue_with(session, &member, &proof.factor, terms, caller).await?;
        continued.ok_or_else(|| ErrorKind::FactorNotAccepted.into())
    }

    /// Adds a first factor to a live session of this member, and extends it; nothing where the organization
    /// does not take it.
    pub(super) async fn continue_with(
        self: &Arc<Self>,
        session: &MemberSession,
        member: &Member,
        factor: &Factor,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Option<MemberSession>, Error> {
        let organization = self.organization(session.organization_id()).await?;
        let enrolment = self.enrolment(&member.member_id).await?;
        let id = session.member_session_id();
        let _turn = self.changes.of(&id).await;
        let session = &self.fresh(&id, caller.now).await?;
        let standing = session.standing();
        let entry = Entry {
            factors: std::slice::from_ref(factor),
            organization: &organization,
            member,
            enrolment: &enrolment,
            standing: Some(&standing),
            now: caller.now,
        };
        let Verdict::Continued(continuation) = enter(&entry) else { return Ok(None) };
        let mut record = continuation.extend(terms.duration, &self.settings.sessions, caller.now);
        record.custom_claims = record.custom_claims.merged(&terms.custom_claims)?;
        let session = self.replace_session(session, record, caller.now).await?;
        self.tell(AuditKind::Extended { factor: factor.kind }, About::from(&session), caller);
        Ok(Some(session))
    }

    /// Gives a member a password.
    ///
    /// # Errors
    /// `WeakPassword` with what is wrong with it; `MemberNotFound`; `Busy` when too many are hashed.
    pub async fn set_password(
        &self,
        member_id: &MemberId,
        password: Secret,
        now: Timestamp,
    ) -> Result<(), Error> {
        let member = self.member(member_id).await?;
        let organization = self.organization(&member.organization_id).await?;
        self.judge_password(&password, &member, &organization)?;
        let hash = self.hash(password).await?;
        self.keep_hash(&member, &hash, Replaces::Anything, &Caller::at(now)).await.map(|_| ())
    }

    /// Refuses a password that is easy to guess for somebody who knows the member.
    pub(super) fn judge_password(
        &self,
        password: &Secret,
        member: &Member,
        organization: &Organization,
    ) -> Result<(), Error> {
        let context = [
            member.email_address.as_str(),
            member.name.as_str(),
            organization.organization_name.as_str(),
            self.settings.name.as_str(),
        ];
        let strength = password_strength(password, &context);
        if strength.is_enough() { Ok(()) } else { Err(ErrorKind::WeakPassword(strength).into()) }
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// `Busy` when too many are hashed.
    pub(super) async fn hash(&self, password: Secret) -> Result<String, Error> {
        let salt = random()?;
        let hashed = self.hashing.run(move || hash_password(&password, salt)).await?;
        Ok(hashed.ok_or(ErrorKind::Unavailable)?)
    }

    /// Makes the password that was hashed so the member's.
    ///
    /// # Errors
    /// `WrongPassword` where they have another one by now than it is to replace.
    pub(super) async fn keep_hash(
        &self,
        member: &Member,
        hash: &str,
        replaces: Replaces<'_>,
        caller: &Caller,
    ) -> Result<CredentialId, Error> {
        let member_id = &member.member_id;
        let place = Place { column: "password", row: member_id.as_str() };
        let hash = self.sealer.seal(place, hash.as_bytes())?;
        let password_id: CredentialId = self.credential_id("member-password")?;
        self.change_credentials(member_id, |seen| {
            let present = seen.password.as_ref().map(|password| &password.password_id);
            if matches!(replaces, Replaces::This(expected) if expected != present) {
                return Err(ErrorKind::WrongPassword.into());
            }
            let password = Password { password_id: password_id.clone(), hash: hash.clone() };
            Ok((Some(Credentials { password: Some(password), ..seen.clone() }), ()))
        })
        .await?;
        let happened =
            AuditKind::Enrolled { factor: FactorKind::Password, credential_id: password_id.clone() };
        self.tell(happened, About::from(member), caller);
        self.notify(letters::factor_changed(&self.settings, member.email_address.clone(), "A password"));
        Ok(password_id)
    }

    /// Gives a member a phone that an administrator has verified, so that codes can be sent to it.
    ///
    /// # Errors
    /// `MemberNotFound`; `PhoneExists` when there is a verified one; `NotEnrolled` without a sender of text
    /// messages, with which nobody could answer by it.
    pub async fn set_phone(
        &self,
        member_id: &MemberId,
        number: PhoneNumber,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !self.settings.sms {
            return Err(ErrorKind::NotEnrolled.into());
        }
        let member = self.member(member_id).await?;
        let phone = Phone { phone_id: self.credential_id("phone-number")?, number, verified: true };
        self.change_credentials(member_id, |seen| {
            if seen.phone.as_ref().is_some_and(|phone| phone.verified) {
                return Err(ErrorKind::PhoneExists.into());
            }
            let write = Credentials { phone: Some(phone.clone()), mfa_enrolled: true, ..seen.clone() };
            Ok((Some(write), ()))
        })
        .await?;
        let happened = AuditKind::Enrolled { factor: FactorKind::Otp, credential_id: phone.phone_id };
        self.tell(happened, About::from(&member), &Caller::at(now));
        self.notify(letters::factor_changed(&self.settings, member.email_address, "A phone"));
        Ok(())
    }

    /// Takes every second factor of a member away, for somebody who has lost them all, and ends their
    /// sessions. The password stays.
    ///
    /// # Errors
    /// `MemberNotFound`.
    pub async fn reset_mfa(self: &Arc<Self>, member_id: &MemberId, now: Timestamp) -> Result<(), Error> {
        let member = self.member(member_id).await?;
        let factors = self
            .change_credentials(member_id, |seen| {
                let write = Credentials { password: seen.password.clone(), ..Credentials::default() };
                let gone = Credentials { password: None, ..seen.clone() };
                Ok((Some(write), kinds_of(&gone)))
            })
            .await?;
        self.tell(AuditKind::Removed { factors }, About::from(&member), &Caller::at(now));
        self.revoke_member(member_id, None, now).await.map(|_| ())
    }

    /// Deletes a member: nobody signs in as them again, and their sessions end.
    ///
    /// # Errors
    /// `MemberNotFound`; `Unavailable`.
    pub(crate) async fn delete_member(
        self: &Arc<Self>,
        admin: &Arc<dyn DirectoryAdmin>,
        member_id: &MemberId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut member = self.member(member_id).await?;
        member.status = crate::domain::MemberStatus::Deleted;
        member.updated_at = now;
        admin.update_member(&member).await?;
        self.tell(AuditKind::MemberDeleted, About::from(&member), &Caller::at(now));
        self.member_changed(member_id);
        self.finish_deleting(member_id, now).await
    }

    /// Ends what a deleted member could still sign in or go on by. Also done before they come back, since a
    /// store may have failed in the middle of it.
    pub(super) async fn finish_deleting(
        self: &Arc<Self>,
        member_id: &MemberId,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.revoke_member(member_id, None, now).await?;
        self.forget_credentials(member_id).await
    }

    async fn forget_credentials(&self, member_id: &MemberId) -> Result<(), Error> {
        let forgotten = self.stores.credentials.forget(member_id).await;
        self.stamps.changed(member_id);
        Ok(forgotten?)
    }

    /// Forgets a member whom the application has deleted from tables of its own: their sessions end, and
    /// their credentials are gone.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn forget_member(self: &Arc<Self>, member_id: &MemberId, now: Timestamp) -> Result<(), Error> {
        self.member_changed(member_id);
        self.revoke_member(member_id, None, now).await?;
        self.forget_credentials(member_id).await?;
        self.tell(AuditKind::MemberDeleted, About::only_member(member_id), &Caller::at(now));
        Ok(())
    }

    /// Deletes an organization with all its members and sessions.
    ///
    /// # Errors
    /// `OrganizationNotFound`; `Unavailable`.
    pub(crate) async fn delete_organization(
        &self,
        admin: &Arc<dyn DirectoryAdmin>,
        organization_id: &OrganizationId,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.organization(organization_id).await?;
        // First here, so that a store which fails halfway lets nobody in.
        self.organization_changed(organization_id);
        let deleted = admin.delete_organization(organization_id).await;
        self.stores.sessions.revoke_organization(organization_id).await?;
        self.organization_changed(organization_id);
        if deleted? {
            let about = About::organization(organization_id);
            self.tell(AuditKind::OrganizationDeleted, about, &Caller::at(now));
        }
        Ok(())
    }

    /// The directory, to be read.
    #[must_use]
    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.stores.directory
    }
}

/// The kinds of factor that somebody has set up.
pub(super) fn kinds_of(credentials: &Credentials) -> Vec<FactorKind> {
    [
        (FactorKind::Password, credentials.password.is_some()),
        (FactorKind::Otp, credentials.phone.as_ref().is_some_and(|phone| phone.verified)),
        (FactorKind::Totp, credentials.totp.is_some()),
        (FactorKind::RecoveryCodes, !credentials.recovery_codes.is_empty()),
    ]
    .into_iter()
    .filter_map(|(kind, there)| there.then_some(kind))
    .collect()
}
