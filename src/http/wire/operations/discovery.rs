//! Discovery: the organizations that somebody could enter, entering one, and making one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    organizations::OrganizationSettings,
    outcome::{Authenticated, discovered},
};
use crate::{
    domain::Secret,
    flow::{
        Engine,
        api::{Held, Rule},
    },
    http::wire::{
        call::{Brought, Call, SessionTerms},
        error::WireError,
        objects::DiscoveredOrganization,
        operation::Operation,
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post(
            "/v1/b2b/discovery/organizations",
            "The organizations that somebody could enter.",
            list,
        ),
        Operation::post(
            "/v1/b2b/discovery/organizations/create",
            "Make an organization, and enter it as its administrator.",
            create,
        ),
        Operation::post(
            "/v1/b2b/discovery/intermediate_sessions/exchange",
            "Turn an intermediate session into a member session of one organization.",
            exchange,
        ),
    ]
}

/// Whose organizations are listed.
#[derive(Debug, Deserialize, ToSchema)]
struct DiscoveryListRequest {
    #[serde(flatten)]
    brought: Brought,
}

/// The organizations that somebody could enter.
#[derive(Debug, Serialize, ToSchema)]
struct DiscoveryListResponse {
    /// Their address.
    email_address: String,
    /// The organizations. Of a member session those alone that they are a member of.
    discovered_organizations: Vec<DiscoveredOrganization>,
    /// The organization that the intermediate session was last turned to; `null` for a member session.
    organization_id_hint: Option<String>,
}

async fn list(call: Call, input: DiscoveryListRequest) -> Result<DiscoveryListResponse, WireError> {
    let engine = &call.engine;
    match call.held(&input.brought).await? {
        Held::Nothing => Err(Rule::NoSession.into()),
        Held::Intermediate(bag) => {
            let address = Engine::discovers_as(&bag)?;
            let list = engine.discover_in(&bag, call.now()).await?;
            Ok(DiscoveryListResponse {
                email_address: address.to_string(),
                discovered_organizations: discovered(&call, &list).await?,
                organization_id_hint: bag.session.organization_id.as_ref().map(ToString::to_string),
            })
        }
        Held::Session(session) => {
            let list = engine.memberships(&session, call.now()).await?;
            Ok(DiscoveryListResponse {
                email_address: session.email_address().to_string(),
                discovered_organizations: discovered(&call, &list).await?,
                organization_id_hint: None,
            })
        }
    }
}

/// Which organization to enter.
#[derive(Debug, Deserialize, ToSchema)]
struct DiscoveryExchangeRequest {
    /// The token of the intermediate session.
    #[schema(value_type = String)]
    intermediate_session_token: Secret,
    /// The organization: its id, slug or external id.
    organization_id: String,
    #[serde(flatten)]
    terms: SessionTerms,
}

async fn exchange(call: Call, input: DiscoveryExchangeRequest) -> Result<Authenticated, WireError> {
    let terms = input.terms.terms(&call)?;
    let token = &input.intermediate_session_token;
    let organization = call.engine.api_organization(&input.organization_id).await?;
    let id = &organization.organization_id;
    let entered = call.engine.exchange_by_server(token, id, &terms, &call.caller).await?;
    Authenticated::of(&call, entered).await
}

/// An organization that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
struct DiscoveryCreateRequest {
    /// The token of the intermediate session.
    #[schema(value_type = String)]
    intermediate_session_token: Secret,
    #[serde(flatten)]
    terms: SessionTerms,
    /// The organization's name, 1 to 128 characters; without it one is made of the address.
    organization_name: Option<String>,
    #[serde(flatten)]
    settings: OrganizationSettings,
}

async fn create(call: Call, input: DiscoveryCreateRequest) -> Result<Authenticated, WireError> {
    let terms = input.terms.terms(&call)?;
    // Nobody claims a domain by having a mailbox of it.
    let change = input.settings.change(input.organization_name)?;
    let token = input.intermediate_session_token.expose();
    let bag = call.engine.find_intermediate(token, &call.caller).await?;
    Engine::discovers_as(&bag)?;
    let entered = call.engine.make_own_organization(bag, &change, &terms, &call.caller).await?;
    Authenticated::of(&call, entered).await
}
