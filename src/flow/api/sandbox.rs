//! Stytch's sandbox: an address, an organization, codes and links that everybody knows, for tests that are
//! written against it. Off unless it is turned on, which only development can.

use super::ApiError;
use crate::{
    domain::{
        EmailAddress, Factor, FactorKind, Member, MemberId, MemberStatus, Organization, OrganizationId,
        Scope, Secret, Slug, Subject,
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
    pub(super) async fn sandbox_link(
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
        let (organization_id, address) = self.sandbox(caller).await?;
        let id = self.email_id(&address);
        let factor = Factor::new(FactorKind::MagicLink, Subject::Email(address), id, caller.now);
        let scope = if discovery { Scope::Discovery } else { Scope::Organization(organization_id) };
        Ok(Some(Proof { factor, scope, return_to: None }))
    }

    /// The organization of the sandbox and the address of its one member, made when they are first needed.
    async fn sandbox(&self, caller: &Caller) -> Result<(OrganizationId, EmailAddress), ApiError> {
        let unreadable = |_| Error::from(ErrorKind::Unavailable);
        let id = OrganizationId::new(ORGANIZATION).map_err(unreadable_id)?;
        let address = EmailAddress::parse(ADDRESS).map_err(unreadable)?;
        let find = FindOrganization::Id(&id);
        if self.stores.directory.organization(find).await?.is_none() {
            let slug = Slug::parse("sandbox-stytch").map_err(unreadable)?;
            let organization = Organization::new(id.clone(), "Sandbox", slug, caller.now);
            let member_id = MemberId::mint(self.settings.environment, random().map_err(Error::from)?);
            let member =
                Member::new(member_id, id.clone(), address.clone(), MemberStatus::Active, caller.now);
            match self.admin()?.create_organization(&organization, &[member]).await {
                // Somebody else was faster.
                Err(error) if error.kind() == StoreErrorKind::Taken => {}
                made => made?,
            }
        }
        Ok((id, address))
    }
}

fn unreadable_id(_: crate::domain::InvalidId) -> Error {
    ErrorKind::Unavailable.into()
}
