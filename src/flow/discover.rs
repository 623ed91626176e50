//! Discovery: the organizations that a bag of factors could enter, and making a new one.

use std::sync::Arc;

use super::{
    audit::About,
    caller::Caller,
    engine::Engine,
    enter::{Entered, Source, Terms, brought_along},
    error::{Error, ErrorKind},
    intermediate::{Bag, Rotation},
};
use crate::{
    domain::{
        AuditKind, Domain, EmailAddress, Enrolment, Entrance, Factor, IntermediateSession, Member, MemberId,
        MemberStatus, Organization, OrganizationId, RoleId, Slug, Subject, Timestamp,
    },
    judge::{Entry, Membership, Owed, Verdict, enter, membership, proven_address},
    store::{Combine, DirectoryAdmin, FindOrganization, OrganizationFilter, OrganizationSearch},
    token::random,
};

/// An organization that somebody could enter, and what it would ask.
#[derive(Clone, Debug)]
pub(crate) struct Discovered {
    pub(crate) organization: Organization,
    pub(crate) membership: Membership,
    pub(crate) member: Option<Member>,
    /// Nothing when it would let them in at once.
    pub(crate) owed: Option<Owed>,
}

/// What somebody who makes an organization says of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewOrganization {
    pub(crate) name: Option<String>,
    pub(crate) slug: Option<String>,
}

impl Engine {
    /// Lists the organizations that these factors could enter. Asks the same of each as entering does.
    pub(crate) async fn discover(
        &self,
        factors: &[Factor],
        now: Timestamp,
    ) -> Result<Vec<Discovered>, Error> {
        let mut found = Vec::new();
        for entrance in self.entrances(factors).await? {
            let Some(stands) = membership(factors, &entrance) else { continue };
            let person = self.prospect(&entrance, now)?;
            let enrolment = match &entrance.member {
                Some(member) if stands.joins() => brought_along(&self.enrolment(&member.member_id).await?),
                Some(member) => self.enrolment(&member.member_id).await?,
                None => Enrolment::default(),
            };
            let entry = Entry {
                factors,
                organization: &entrance.organization,
                member: &person,
                enrolment: &enrolment,
                standing: None,
                now,
            };
            let owed = match enter(&entry) {
                Verdict::Granted(_) | Verdict::Continued(_) => None,
                Verdict::Owed(owed) => Some(owed),
                Verdict::Refused => continue,
            };
            let Entrance { organization, member, .. } = entrance;
            found.push(Discovered { organization, membership: stands, member, owed });
        }
        Ok(found)
    }

    /// Lists the organizations that a bag could enter: where it was switched to one, that one.
    pub(crate) async fn discover_in(&self, bag: &Bag, now: Timestamp) -> Result<Vec<Discovered>, Error> {
        let mut found = self.discover(&bag.session.factors, now).await?;
        if bag.session.continues.is_some() {
            let only = bag.session.organization_id.as_ref();
            found.retain(|found| Some(&found.organization.organization_id) == only);
        }
        Ok(found)
    }

    async fn entrances(&self, factors: &[Factor]) -> Result<Vec<Entrance>, Error> {
        if let Some(address) = proven_address(factors) {
            return Ok(self.stores.directory.entrances(address).await?);
        }
        // Not proved: only what was named, or the one organization whose password it is.
        let mut entrances = Vec::new();
        for factor in factors {
            match &factor.subject {
                Subject::Named { organizations, .. } => {
                    for organization_id in organizations {
                        entrances.extend(self.entrance(organization_id, factors).await?);
                    }
                }
                Subject::Member(member_id) => {
                    if let Some(member) = self.stores.directory.member(member_id).await? {
                        entrances.extend(self.entrance(&member.organization_id, factors).await?);
                    }
                }
                Subject::Email(_) | Subject::Phone(_) => {}
            }
        }
        Ok(entrances)
    }

    /// Makes an organization and enters it as its first member and administrator.
    ///
    /// # Errors
    /// `CreationDisabled` where that is not allowed, `SlugTaken`, `OrganizationName`.
    pub(crate) async fn create_organization(
        self: &Arc<Self>,
        token: &str,
        new: NewOrganization,
        rotation: Rotation,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, Error> {
        let bag = self.find_intermediate(token, caller).await?;
        let address = self.may_create(&bag)?;
        let (name, slug) = self.named(new, &address)?;
        // An application's own ids may read like slugs. Routes take either, so no slug is another's id.
        if let Ok(id) = OrganizationId::new(slug.as_str())
            && self.stores.directory.organization(FindOrganization::Id(&id)).await?.is_some()
        {
            return Err(ErrorKind::SlugTaken.into());
        }
        if let Some(admin) = &self.stores.admin {
            if admin.organization_by_external_id(slug.as_str()).await?.is_some() {
                return Err(ErrorKind::SlugTaken.into());
            }
            if claimant(admin, &address.domain()).await?.is_some() {
                return Err(ErrorKind::CreationDisabled.into());
            }
        }
        let id = OrganizationId::mint(self.settings.environment, random()?);
        let organization = Organization::new(id, name, slug, caller.now);
        self.found(bag, address, organization, rotation, terms, caller).await
    }

    /// The address that whoever holds a bag would be known by in an organization of their own.
    ///
    /// # Errors
    /// `CreationDisabled` where they may not make one.
    pub(super) fn may_create(&self, bag: &Bag) -> Result<EmailAddress, Error> {
        let may = self.settings.create_organizations
            && self.stores.admin.is_some()
            && bag.session.continues.is_none();
        // Who only knows a password, or is merely vouched for, has shown no address to be known by.
        let address = proven_address(&bag.session.factors).filter(|_| may);
        address.cloned().ok_or_else(|| ErrorKind::CreationDisabled.into())
    }

    /// Makes this organization with whoever has proved the address as its first member, who enters it.
    pub(super) async fn found(
        self: &Arc<Self>,
        bag: Bag,
        address: EmailAddress,
        organization: Organization,
        rotation: Rotation,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, Error> {
        let admin = self.stores.admin.clone().ok_or(ErrorKind::CreationDisabled)?;
        let id = organization.organization_id.clone();
        let member_id = MemberId::mint(self.settings.environment, random()?);
        let mut creator = Member::new(member_id, id.clone(), address, MemberStatus::Active, caller.now);
        creator.activate(caller.now);
        creator.roles.push(RoleId::admin());
        let about = About::from(&creator);
        // Reserved before anything is made: two calls at once make one organization.
        if rotation == Rotation::Replace {
            // Entered under the same claim: a session store that fails gives the token back.
            let source = Source::Fresh {
                factors: bag.session.factors.clone(),
                return_to: bag.session.return_to.clone(),
                continues: None,
            };
            let (enters, terms, caller, now) = (Arc::clone(self), terms.clone(), caller.clone(), caller.now);
            return self
                .use_up(&bag, now, async move {
                    admin.create_organization(&organization, &[creator]).await?;
                    enters.tell(AuditKind::OrganizationCreated, about, &caller);
                    enters.enter(&id, source, &terms, &caller).await
                })
                .await;
        }
        let session = IntermediateSession { organization_id: Some(id.clone()), ..bag.session.clone() };
        let bag = self.go_on(bag, session, rotation, caller.now).await?;
        admin.create_organization(&organization, &[creator]).await?;
        self.tell(AuditKind::OrganizationCreated, about, caller);
        let source = Source::Intermediate { bag: Box::new(bag), add: None, return_to: None, rotation };
        self.enter(&id, source, terms, caller).await
    }

    /// The name and slug of a new organization: as asked, or after the address.
    fn named(&self, new: NewOrganization, address: &EmailAddress) -> Result<(String, Slug), Error> {
        let name = match new.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()) {
            Some(name) => name,
            None => default_name(address),
        };
        if name.chars().count() > 128 || name.chars().any(char::is_control) {
            return Err(ErrorKind::OrganizationName.into());
        }
        let slug = match new.slug.filter(|slug| !slug.is_empty()) {
            Some(slug) => Slug::parse(&slug)?,
            None => {
                let suffix: [u8; 3] = random()?;
                let base = slug_from(&name);
                Slug::parse(&format!("{base}-{:02x}{:02x}{:02x}", suffix[0], suffix[1], suffix[2]))?
            }
        };
        Ok((name, slug))
    }
}

/// The organization whose alone a domain is.
pub(super) async fn claimant(
    admin: &Arc<dyn DirectoryAdmin>,
    domain: &Domain,
) -> Result<Option<Organization>, Error> {
    let search = OrganizationSearch {
        combine: Combine::All,
        filters: vec![OrganizationFilter::ClaimedDomains([domain.clone()].into())],
    };
    Ok(admin.search_organizations(&search, None, 1).await?.into_iter().next())
}

/// After the domain, or after the person where the domain is everybody's.
pub(super) fn default_name(address: &EmailAddress) -> String {
    let domain = address.domain();
    let name = if domain.is_common() || domain.as_str().ends_with(".edu") {
        address.local_part()
    } else {
        domain.as_str().split('.').next().unwrap_or_default()
    };
    name.to_owned()
}

pub(super) fn slug_from(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars().take(64) {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "organization".to_owned() } else { slug.to_owned() }
}
