//! Invitations.

use std::sync::Arc;

use super::{Acting, ApiError, LinkTo, NewMember, Rule, member_change::merge_metadata};
use crate::{
    domain::{AuditKind, EmailInvites, Member, MemberStatus, Organization},
    flow::{About, Caller, Engine, letters},
};

impl Engine {
    /// Invites somebody: makes them an invited member, or a pending or deleted one to an invited one, and sends
    /// them a link. An invitation that is sent again is another link to the same member.
    ///
    /// # Errors
    /// `InviteNotAllowed`, `AlreadyMember`, `DomainClaimed`, `UnknownRole`.
    pub(crate) async fn invite(
        self: &Arc<Self>,
        organization: &Organization,
        new: NewMember,
        by: Option<&Member>,
        link: LinkTo,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<Member, ApiError> {
        self.may_make(organization, &new, acting)?;
        let domain = new.address.domain();
        let allowed = match organization.email_invites {
            EmailInvites::AllAllowed => true,
            EmailInvites::Restricted => organization.email_allowed_domains.contains(&domain),
            EmailInvites::NotAllowed => false,
        };
        if !allowed {
            return Err(Rule::InviteNotAllowed.into());
        }
        let entrance = self.stores.directory.entrance(&organization.organization_id, &new.address).await?;
        let present = entrance.and_then(|entrance| entrance.member);
        if present.as_ref().is_some_and(|member| member.status == MemberStatus::Active) {
            return Err(Rule::AlreadyMember.into());
        }
        // Before anybody is made a member: a call that is refused has done nothing.
        self.limit_emails(&link.address, caller).await?;
        let member = match present {
            None => {
                let new = NewMember { status: MemberStatus::Invited, ..new };
                self.add_member(organization, new, acting, caller).await?
            }
            Some(member) => {
                self.unclaimed(&new.address, organization).await?;
                if member.status == MemberStatus::Deleted {
                    self.finish_deleting(&member.member_id, caller.now).await?;
                }
                self.invite_again(member, new, caller).await?
            }
        };
        let (name, lifetime) = (organization.organization_name.clone(), link.lifetime);
        let by = by.map(|by| if by.name.is_empty() { by.email_address.to_string() } else { by.name.clone() });
        let letter = |to, url: &str| {
            letters::invitation_by_email(&self.settings, to, &name, by.as_deref(), url, lifetime)
        };
        self.send_api_link(link, letter, caller).await?;
        Ok(member)
    }

    async fn invite_again(
        &self,
        member: Member,
        new: NewMember,
        caller: &Caller,
    ) -> Result<Member, ApiError> {
        let invited = self
            .change_member(&member.member_id, |seen| {
                if seen.status == MemberStatus::Active {
                    return Err(Rule::AlreadyMember.into());
                }
                let mut invited =
                    Member { status: MemberStatus::Invited, updated_at: caller.now, ..seen.clone() };
                if !new.name.is_empty() {
                    invited.name.clone_from(&new.name);
                }
                if seen.status == MemberStatus::Deleted {
                    // Nothing of what they were comes back with them but what names them.
                    invited.email_address_verified = false;
                    invited.is_breakglass = false;
                    invited.roles.clear();
                }
                if !new.roles.is_empty() {
                    invited.roles.clone_from(&new.roles);
                }
                merge_metadata(&mut invited.trusted_metadata, &new.trusted_metadata)?;
                merge_metadata(&mut invited.untrusted_metadata, &new.untrusted_metadata)?;
                Ok(invited)
            })
            .await?;
        self.tell(AuditKind::MemberChanged, About::from(&invited), caller);
        Ok(invited)
    }
}
