use std::{fmt, future::IntoFuture, pin::Pin};

use super::{Kit, KitError};
use crate::{
    domain::{Allowed, AuthMethod, Domain, JitProvisioning, MfaPolicy, Organization, OrganizationId, Slug},
    token::random,
};

type Change = Box<dyn FnOnce(&mut Organization) + Send>;

/// An organization that is about to be made; see [`Kit::organization`]. Everything is allowed and nothing demanded
/// unless this says so.
#[must_use = "`.await` makes it"]
pub struct NewOrganization {
    kit: Kit,
    slug: String,
    changes: Vec<Change>,
}

impl NewOrganization {
    pub(super) fn new(kit: Kit, slug: &str) -> Self {
        Self { kit, slug: slug.to_owned(), changes: Vec::new() }
    }

    /// Demands a second factor of everybody.
    pub fn requires_mfa(self) -> Self {
        self.with(|organization| organization.mfa_policy = MfaPolicy::RequiredForAll)
    }

    /// Takes these first factors alone.
    pub fn auth_methods(self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        let methods = Allowed::only(methods);
        self.with(|organization| organization.auth_methods = methods)
    }

    /// Lets everybody join who proves an address of this domain.
    pub fn joined_from(self, domain: Domain) -> Self {
        self.with(|organization| {
            organization.email_allowed_domains.insert(domain);
            organization.email_jit_provisioning = JitProvisioning::Restricted;
        })
    }

    /// Changes anything else.
    pub fn with(mut self, change: impl FnOnce(&mut Organization) + Send + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    async fn make(self) -> Result<Organization, KitError> {
        let Self { kit, slug, changes } = self;
        let vestibule = kit.vestibule();
        let environment = vestibule.engine().settings.environment;
        let id = OrganizationId::mint(environment, random().map_err(crate::flow::Error::from)?);
        let mut organization = Organization::new(id, &slug, Slug::parse(&slug)?, vestibule.now());
        changes.into_iter().for_each(|change| change(&mut organization));
        vestibule.create_organization(&organization, &[]).await?;
        Ok(organization)
    }
}

impl IntoFuture for NewOrganization {
    type Output = Result<Organization, KitError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.make())
    }
}

impl fmt::Debug for NewOrganization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewOrganization").field("slug", &self.slug).finish_non_exhaustive()
    }
}
