//! Stytch's sandbox: an address, an organization, codes and links that everybody knows, for tests that are
//! written against it. Off unless it is turned on, which only development can.

use super::ApiError;
use crate::{
    domain::{
        EmailAddress, Factor, FactorKind, Member, MemberId, MemberStatus, Organization, OrganizationId,
        Scope, Secret, Slug, Subject, Timestamp,
    },
    flow::{Caller, Engine, Error, ErrorKind, Proof},
    store::{FindOrganization, StoreErrorKind},
    token::random,
};

pub(super) use crate::flow::settings::SANDBOX_CODE;

const ADDRESS: &str = "sandbox@stytch.com";
const ORGANIZATION: &str = "organization-test-007d9d4a-deac-4a87-ba0a-e6e8afba4d4b";
const GOOD_LINK: &str = "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94=";
const SPENT_LINK: &str = "3pzjQpgksDlGKWEwUq2Up--hCHC_0oamfLHyfspKDFU=";
const UNKNOWN_LINK: &str = "CprTtwhnRNiMBiUS2jSLcWYrfuO2POeBNdo5HhW6qTM=";

impl Engine {
    /// Whether an address is the sandbox's, to which nothing is sent.
    pub(super) fn is_sandbox_address(&self, address: &EmailAddress) -> bool {
        self.settings.sandbox && address.as_str() == ADDRESS
    }

    /// What a link of the sandbox proves; nothing for any other.
    pub(super) fn sandbox_link(
        &self,
        token: &Secret,
        discovery: bool,
        caller: &Caller,
    ) -> Result<Option<Proof>, ApiError> {
        if !self.settings.sandbox {
            return Ok(None);
        }
        match token.expose() {
            GOOD_LINK => {}
            SPENT_LINK => return Err(ErrorKind::SpentLink.into()),
            UNKNOWN_LINK => return Err(ErrorKind::UnknownLink.into()),
            _ => return Ok(None),
        }
        let (organization_id, address) = named()?;
        let id = self.email_id(&address);
        let factor = Factor::new(FactorKind::MagicLink, Subject::Email(address), id, caller.now);
        let scope = if discovery { Scope::Discovery } else { Scope::Organization(organization_id) };
        Ok(Some(Proof { factor, scope, return_to: None }))
    }

    /// Makes the organization of the sandbox with its one member, where the sandbox is on and they are not there.
    pub(crate) async fn prepare_sandbox(&self, now: Timestamp) -> Result<(), ApiError> {
        let Some(admin) = self.stores.admin.as_ref().filter(|_| self.settings.sandbox) else { return Ok(()) };
        let (id, address) = named()?;
        if self.stores.directory.organization(FindOrganization::Id(&id)).await?.is_some() {
            return Ok(());
        }
        let slug = Slug::parse("sandbox-stytch").map_err(Error::from)?;
        let organization = Organization::new(id.clone(), "Sandbox", slug, now);
        let member_id = MemberId::mint(self.settings.environment, random().map_err(Error::from)?);
        let member = Member::new(member_id, id, address, MemberStatus::Active, now);
        match admin.create_organization(&organization, &[member]).await {
            // Another node was faster.
            Err(error) if error.kind() == StoreErrorKind::Taken => Ok(()),
            made => Ok(made?),
        }
    }
}

/// What Stytch calls the organization of the sandbox and its one member.
fn named() -> Result<(OrganizationId, EmailAddress), Error> {
    let id = OrganizationId::new(ORGANIZATION).map_err(|_| ErrorKind::OrganizationNotFound)?;
    Ok((id, EmailAddress::parse(ADDRESS)?))
}
