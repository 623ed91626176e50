//! Organizations, made, changed and deleted by a server, or made through discovery.

use std::sync::Arc;

use super::{
    Acting, Action, ApiError, OrganizationChange, Rule,
    organization_change::{custom_roles, name_of},
};
use crate::{
    domain::{AuditKind, Domain, EmailAddress, Organization, OrganizationId, Role, Slug, Timestamp},
    flow::{
        About, Bag, Caller, Engine, Entered, Error, Rotation, Terms,
        discover::{claimant, default_name, slug_from},
    },
    store::{Combine, FindOrganization, OrganizationFilter, OrganizationSearch, StoreError, StoreErrorKind},
    token::random,
};

impl Engine {
    /// Makes an organization without members.
    ///
    /// # Errors
    /// A [`Rule`] that it breaks; `SlugTaken`, `OrganizationExternalIdTaken`, `ClaimedTwice`.
    pub(crate) async fn make_organization(
        &self,
        change: &OrganizationChange,
        caller: &Caller,
    ) -> Result<Organization, ApiError> {
        let name = change.organization_name.as_deref().ok_or(Rule::OrganizationName)?;
        let organization = self.new_organization(change, name_of(name)?, caller.now).await?;
        self.admin()?.create_organization(&organization, &[]).await.map_err(ApiError::from)?;
        self.tell(AuditKind::OrganizationCreated, About::from(&organization), caller);
        Ok(organization)
    }

    /// An organization as a change describes it, which is not made yet.
    async fn new_organization(
        &self,
        change: &OrganizationChange,
        name: String,
        now: Timestamp,
    ) -> Result<Organization, ApiError> {
        let slug = match &change.organization_slug {
            Some(slug) => Slug::parse(slug).map_err(|_| Rule::OrganizationSlug)?,
            None => self.free_slug(&name).await?,
        };
        let id = OrganizationId::mint(self.settings.environment, random().map_err(Error::from)?);
        let new = Organization::new(id, name, slug, now);
        let organization = change.create(new, |role| self.settings.rbac.has_role(role), now)?;
        self.names_are_free(&organization).await?;
        Ok(organization)
    }

    /// After the name where that is free, or else with a few letters more.
    async fn free_slug(&self, name: &str) -> Result<Slug, ApiError> {
        let base = slug_from(name);
        if let Ok(slug) = Slug::parse(&base)
            && self.stores.directory.organization(FindOrganization::Slug(&slug)).await?.is_none()
            && self.admin()?.organization_by_external_id(slug.as_str()).await?.is_none()
        {
            return Ok(slug);
        }
        let more: [u8; 3] = random().map_err(Error::from)?;
        let more = format!("{:02x}{:02x}{:02x}", more[0], more[1], more[2]);
        // A name may be one that no slug may have, such as what ids begin with.
        let slug = Slug::parse(&format!("{base}-{more}")).or_else(|_| Slug::parse(&format!("o-{more}")));
        Ok(slug.map_err(|_| Rule::OrganizationSlug)?)
    }

    /// Says which of an organization's names is another's. The store has the last word.
    async fn names_are_free(&self, organization: &Organization) -> Result<(), ApiError> {
        let id = &organization.organization_id;
        let another = |found: Option<Organization>| found.is_some_and(|found| found.organization_id != *id);
        let (directory, admin) = (&self.stores.directory, self.admin()?);
        let slug = &organization.organization_slug;
        if another(directory.organization(FindOrganization::Slug(slug)).await?) {
            return Err(Rule::SlugTaken.into());
        }
        // Routes take ids, slugs and external ids alike, so none of them is another's.
        if let Ok(like_an_id) = OrganizationId::new(slug.as_str())
            && another(directory.organization(FindOrganization::Id(&like_an_id)).await?)
        {
            return Err(Rule::SlugTaken.into());
        }
        if another(admin.organization_by_external_id(slug.as_str()).await?) {
            return Err(Rule::SlugTaken.into());
        }
        if let Some(external_id) = &organization.organization_external_id {
            if another(admin.organization_by_external_id(external_id).await?) {
                return Err(Rule::OrganizationExternalIdTaken.into());
            }
            if let Ok(like_an_id) = OrganizationId::new(external_id)
                && another(directory.organization(FindOrganization::Id(&like_an_id)).await?)
            {
                return Err(Rule::OrganizationExternalIdTaken.into());
            }
            if let Ok(like_a_slug) = Slug::parse(external_id)
                && another(directory.organization(FindOrganization::Slug(&like_a_slug)).await?)
            {
                return Err(Rule::OrganizationExternalIdTaken.into());
            }
        }
        // Whoever is let in by a domain is let in by nobody else's: neither is written beside the other.
        for domain in &organization.claimed_email_domains {
            let admitted = self.admitter_of(domain).await?;
            if another(self.claimant_of(domain).await?) || admitted.into_iter().any(|o| another(Some(o))) {
                return Err(Rule::ClaimedTwice.into());
            }
        }
        for domain in &organization.email_allowed_domains {
            if another(self.claimant_of(domain).await?) {
                return Err(Rule::DomainClaimed.into());
            }
        }
        Ok(())
    }

    /// Changes an organization, whoever changes it at the same time.
    ///
    /// # Errors
    /// A [`Rule`] that it breaks; what the member who acts may not change.
    pub(crate) async fn alter_organization(
        &self,
        organization: &Organization,
        change: &OrganizationChange,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<Organization, ApiError> {
        let id = &organization.organization_id;
        acting.within(id)?;
        // What only the project writes: a domain that somebody claims is closed to every other organization.
        for (action, named) in [
            ("update.info.trusted-metadata", change.trusted_metadata.is_some()),
            ("update.info.external-id", change.organization_external_id.is_some()),
            ("update.settings.claimed-domains", change.claimed_email_domains.is_some()),
        ] {
            if named {
                acting.project_only(Rule::NotPermitted { resource: "stytch.organization", action })?;
            }
        }
        let mut actions = change.actions();
        if actions.is_empty() {
            // The answer shows all of it, to who may change something of it.
            actions.push("update.info.name");
        }
        for action in actions {
            acting.may(Action::on_organization(id, action))?;
        }
        let step = |seen: &Organization| {
            Ok(change.apply(seen, |role| self.settings.rbac.has_role(role), caller.now)?)
        };
        self.change_organization(&organization.organization_id, step, caller).await
    }

    /// Takes an organization's external id away.
    pub(crate) async fn drop_external_id(
        &self,
        organization: &Organization,
        caller: &Caller,
    ) -> Result<Organization, ApiError> {
        let step = |seen: &Organization| {
            Ok(Organization { organization_external_id: None, updated_at: caller.now, ..seen.clone() })
        };
        self.change_organization(&organization.organization_id, step, caller).await
    }

    /// Replaces the roles that exist in this organization alone. Members who have one that is gone keep its
    /// name, which permits nothing. The project's to do: a member who might would give themselves what they lack.
    pub(crate) async fn set_custom_roles(
        &self,
        organization: &Organization,
        roles: &[Role],
        caller: &Caller,
    ) -> Result<Organization, ApiError> {
        let roles = custom_roles(roles, &self.settings.rbac)?;
        let step = |seen: &Organization| {
            Ok(Organization { custom_roles: roles.clone(), updated_at: caller.now, ..seen.clone() })
        };
        self.change_organization(&organization.organization_id, step, caller).await
    }

    /// Changes an organization by a pure step: what it saw is what it replaces.
    async fn change_organization(
        &self,
        id: &OrganizationId,
        step: impl Fn(&Organization) -> Result<Organization, ApiError>,
        caller: &Caller,
    ) -> Result<Organization, ApiError> {
        let admin = self.admin()?;
        loop {
            let find = FindOrganization::Id(id);
            let seen = self.stores.directory.organization(find).await?.ok_or(Rule::OrganizationNotFound)?;
            let new = step(&seen)?;
            self.names_are_free(&new).await?;
            let replaced = admin.replace_organization_if(&seen, &new).await;
            // Whatever the store says, it may have been done.
            self.organization_changed(id);
            if replaced.map_err(taken)? {
                self.tell(AuditKind::OrganizationChanged, About::from(&new), caller);
                return Ok(new);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Deletes an organization with its members and sessions.
    pub(crate) async fn remove_organization(
        &self,
        organization: &Organization,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        acting.may(Action::on_organization(&organization.organization_id, "delete"))?;
        let admin = Arc::clone(self.admin()?);
        Ok(self.delete_organization(&admin, &organization.organization_id, caller.now).await?)
    }

    /// Makes an organization through discovery: whoever holds the bag becomes its first member and
    /// administrator, and enters it.
    ///
    /// # Errors
    /// `CreationDisabled` where that is not allowed; `DomainClaimed`; a [`Rule`] that it breaks.
    pub(crate) async fn make_own_organization(
        self: &Arc<Self>,
        bag: Bag,
        change: &OrganizationChange,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, ApiError> {
        let address = self.may_create(&bag)?;
        if self.claimant(&address).await?.is_some() {
            return Err(Rule::DomainClaimed.into());
        }
        let name = match change.organization_name.as_deref() {
            Some(name) => name_of(name)?,
            None => default_name(&address),
        };
        let organization = self.new_organization(change, name, caller.now).await?;
        Ok(self.found(bag, address, organization, Rotation::Keep, terms, caller).await?)
    }

    /// The organization that claims the domain of an address.
    pub(super) async fn claimant(&self, address: &EmailAddress) -> Result<Option<Organization>, ApiError> {
        self.claimant_of(&address.domain()).await
    }

    async fn claimant_of(&self, domain: &Domain) -> Result<Option<Organization>, ApiError> {
        Ok(claimant(self.admin()?, domain).await?)
    }

    /// An organization that lets people of this domain join or be invited.
    async fn admitter_of(&self, domain: &Domain) -> Result<Vec<Organization>, ApiError> {
        let filters = vec![OrganizationFilter::AllowedDomains([domain.clone()].into())];
        let search = OrganizationSearch { combine: Combine::All, filters };
        Ok(self.admin()?.search_organizations(&search, None, 2).await?)
    }
}

/// Somebody took a name between the look and the write.
fn taken(error: StoreError) -> ApiError {
    if error.kind() == StoreErrorKind::Taken { Rule::SlugTaken.into() } else { error.into() }
}

impl OrganizationChange {
    /// What a member needs leave for who makes this change.
    fn actions(&self) -> Vec<&'static str> {
        [
            ("update.info.name", self.organization_name.is_some()),
            ("update.info.slug", self.organization_slug.is_some()),
            ("update.info.logo-url", self.organization_logo_url.is_some()),
            ("update.settings.default-sso-connection", self.sso_default_connection_id.is_some()),
            (
                "update.settings.sso-jit-provisioning",
                self.sso_jit_provisioning.is_some()
                    || self.sso_jit_provisioning_allowed_connections.is_some(),
            ),
            ("update.settings.allowed-domains", self.email_allowed_domains.is_some()),
            ("update.settings.email-jit-provisioning", self.email_jit_provisioning.is_some()),
            ("update.settings.email-invites", self.email_invites.is_some()),
            (
                "update.settings.allowed-auth-methods",
                self.auth_methods.is_some() || self.allowed_auth_methods.is_some(),
            ),
            ("update.settings.mfa-policy", self.mfa_policy.is_some()),
            (
                "update.settings.allowed-mfa-methods",
                self.mfa_methods.is_some() || self.allowed_mfa_methods.is_some(),
            ),
            ("update.settings.implicit-roles", self.rbac_email_implicit_role_assignments.is_some()),
            ("update.settings.oauth-tenant-jit-provisioning", self.oauth_tenant_jit_provisioning.is_some()),
            ("update.settings.allowed-oauth-tenants", self.allowed_oauth_tenants.is_some()),
            (
                "update.settings.first-party-connected-apps",
                self.first_party_connected_apps_allowed_type.is_some()
                    || self.allowed_first_party_connected_apps.is_some(),
            ),
            (
                "update.settings.third-party-connected-apps",
                self.third_party_connected_apps_allowed_type.is_some()
                    || self.allowed_third_party_connected_apps.is_some(),
            ),
        ]
        .into_iter()
        .filter_map(|(action, named)| named.then_some(action))
        .collect()
    }
}
