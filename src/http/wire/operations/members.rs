//! Members.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{outcome::MemberShown, search::page_of};
use crate::{
    domain::{self, LinkPurpose, MemberStatus, OrganizationId, Scope},
    flow::api::{CredentialChange, Found, LinkTo, MemberChange, NewMember, Removable, Rule},
    http::wire::{
        Redirect,
        call::{Call, address, phone, role_ids},
        error::WireError,
        object::object,
        objects::{EmailUpdateDelivery, Member, MfaMethod, Organization, ResultsMetadata, SearchQuery},
        operation::{Operation, QueryParameter},
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post("/v1/b2b/organizations/members/search", "Search members.", search).for_members(),
        Operation::get(
            "/v1/b2b/organizations/members/dangerously_get/{member_id}",
            "One member of whichever organization.",
            dangerously_get,
        )
        .query(&[QueryParameter {
            name: "include_deleted",
            description: "Whether a deleted one is shown.",
            required: false,
        }]),
        Operation::post("/v1/b2b/organizations/{organization_id}/members", "Make a member.", create)
            .for_members(),
        Operation::get(
            "/v1/b2b/organizations/{organization_id}/member",
            "One member, by their id or address.",
            get,
        )
        .query(&[
            QueryParameter { name: "member_id", description: "Their id or external id.", required: false },
            QueryParameter { name: "email_address", description: "Their address.", required: false },
        ]),
        Operation::put(
            "/v1/b2b/organizations/{organization_id}/members/{member_id}",
            "Change a member.",
            update,
        )
        .for_members(),
        Operation::delete(
            "/v1/b2b/organizations/{organization_id}/members/{member_id}",
            "Delete a member: their sessions end.",
            delete,
        )
        .for_members(),
        Operation::put(
            "/v1/b2b/organizations/{organization_id}/members/{member_id}/reactivate",
            "Bring a deleted member back.",
            reactivate,
        )
        .for_members(),
        Operation::delete(
            "/v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}",
            "Take a member's phone away.",
            delete_phone,
        )
        .for_members(),
        Operation::delete(
            "/v1/b2b/organizations/{organization_id}/members/passwords/{member_password_id}",
            "Take a member's password away.",
            delete_password,
        )
        .for_members(),
        Operation::delete(
            "/v1/b2b/organizations/{organization_id}/members/{member_id}/totp",
            "Take a member's authenticator app away.",
            delete_totp,
        )
        .for_members(),
        Operation::delete(
            "/v1/b2b/organizations/{organization_id}/members/{member_id}/external_id",
            "Take a member's external id away.",
            delete_external_id,
        ),
        Operation::post(
            "/v1/b2b/organizations/{organization_id}/members/{member_id}/unlink_retired_email",
            "Forget an address that a member had.",
            unlink_retired_email,
        )
        .for_members(),
        Operation::post(
            "/v1/b2b/organizations/{organization_id}/members/{member_id}/start_email_update",
            "Begin to give a member another address, which has to be proved.",
            start_email_update,
        )
        .for_members(),
    ]
}

/// A member who is to be made.
#[derive(Debug, Deserialize, ToSchema)]
struct MembersCreateRequest {
    /// Their address.
    email_address: String,
    /// Their name.
    name: Option<String>,
    /// The application's own data.
    #[schema(value_type = Option<Object>)]
    trusted_metadata: Option<Map<String, Value>>,
    /// Data which members may write.
    #[schema(value_type = Option<Object>)]
    untrusted_metadata: Option<Map<String, Value>>,
    /// Whether they are pending until they come; else they are active at once.
    create_member_as_pending: Option<bool>,
    /// Whether restrictions of methods do not apply to them.
    is_breakglass: Option<bool>,
    /// Their phone, which they have yet to prove.
    mfa_phone_number: Option<String>,
    /// Whether they are asked for a second factor where the organization leaves it open.
    mfa_enrolled: Option<bool>,
    /// Their roles.
    roles: Option<Vec<String>>,
    /// The application's own id for them.
    external_id: Option<String>,
}

async fn create(call: Call, input: MembersCreateRequest) -> Result<MemberShown, WireError> {
    let acting = call.acting().await?;
    let pending = input.create_member_as_pending.unwrap_or_default();
    let credentials = CredentialChange {
        mfa_phone_number: input
            .mfa_phone_number
            .as_deref()
            .filter(|n| !n.is_empty())
            .map(phone)
            .transpose()?,
        mfa_enrolled: input.mfa_enrolled,
        ..CredentialChange::default()
    };
    let new = NewMember {
        address: address(&input.email_address)?,
        status: if pending { MemberStatus::Pending } else { MemberStatus::Active },
        name: input.name.unwrap_or_default(),
        trusted_metadata: input.trusted_metadata.unwrap_or_default(),
        untrusted_metadata: input.untrusted_metadata.unwrap_or_default(),
        is_breakglass: input.is_breakglass.unwrap_or_default(),
        roles: role_ids(input.roles.unwrap_or_default())?,
        external_id: input.external_id.filter(|id| !id.is_empty()),
    };
    let engine = &call.engine;
    let organization = engine.api_organization(call.parameter("organization_id")).await?;
    let member = engine.add_member(&organization, new, &acting, &call.caller).await?;
    engine.alter_credentials(&member, &credentials, None, &call.caller).await?;
    let found = engine.api_shown(member, organization).await?;
    Ok(MemberShown::of(&call, &found))
}

impl Call {
    /// The member whom the path names.
    async fn member_of_path(&self) -> Result<Found, WireError> {
        let (organization, member) = (self.parameter("organization_id"), self.parameter("member_id"));
        Ok(self.engine.api_found(organization, member).await?)
    }
}

async fn get(call: Call) -> Result<MemberShown, WireError> {
    let engine = &call.engine;
    let organization = engine.api_organization(call.parameter("organization_id")).await?;
    let member = match (call.query("member_id"), call.query("email_address")) {
        (Some(member), None) => engine.api_member(&organization, member).await?,
        (None, Some(text)) => engine.api_member_at(&organization, &address(text)?).await?,
        (None, None) | (Some(_), Some(_)) => {
            return Err(Rule::MemberNames.into());
        }
    };
    let found = engine.api_shown(member, organization).await?;
    Ok(MemberShown::of(&call, &found))
}

async fn dangerously_get(call: Call) -> Result<MemberShown, WireError> {
    let include_deleted = call.query("include_deleted").is_some_and(|said| said.eq_ignore_ascii_case("true"));
    let found = call.engine.api_anybody(call.parameter("member_id"), include_deleted).await?;
    Ok(MemberShown::of(&call, &found))
}

/// What is to be changed of a member; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
struct MembersUpdateRequest {
    /// Their name.
    name: Option<String>,
    /// The application's own data, merged into those that are there; `null` deletes.
    #[schema(value_type = Option<Object>)]
    trusted_metadata: Option<Map<String, Value>>,
    /// Data which members may write, merged into those that are there; `null` deletes.
    #[schema(value_type = Option<Object>)]
    untrusted_metadata: Option<Map<String, Value>>,
    /// Whether restrictions of methods do not apply to them.
    is_breakglass: Option<bool>,
    /// Their phone, where they have none: another has to be deleted first.
    mfa_phone_number: Option<String>,
    /// Whether they are asked for a second factor where the organization leaves it open.
    mfa_enrolled: Option<bool>,
    /// Their roles, all of them.
    roles: Option<Vec<String>>,
    /// The method that they are asked for first.
    #[schema(value_type = Option<MfaMethod>)]
    default_mfa_method: Option<String>,
    /// Another address, which they have yet to prove.
    email_address: Option<String>,
    /// The application's own id for them.
    external_id: Option<String>,
    /// Whether the former address is forgotten instead of kept among the retired ones.
    unlink_email: Option<bool>,
}

async fn update(call: Call, input: MembersUpdateRequest) -> Result<MemberShown, WireError> {
    let acting = call.acting().await?;
    let method = |name: &str| {
        let known = [domain::MfaMethod::SmsOtp, domain::MfaMethod::Totp]
            .into_iter()
            .find(|method| method.as_str() == name);
        known.ok_or_else(WireError::unknown_default_method)
    };
    let credentials = CredentialChange {
        mfa_phone_number: input
            .mfa_phone_number
            .as_deref()
            .filter(|n| !n.is_empty())
            .map(phone)
            .transpose()?,
        verified: false,
        mfa_enrolled: input.mfa_enrolled,
        default_mfa_method: input
            .default_mfa_method
            .as_deref()
            .filter(|name| !name.is_empty())
            .map(method)
            .transpose()?,
    };
    let change = MemberChange {
        name: input.name,
        trusted_metadata: input.trusted_metadata,
        untrusted_metadata: input.untrusted_metadata,
        is_breakglass: input.is_breakglass,
        roles: input.roles.map(role_ids).transpose()?,
        external_id: input.external_id.filter(|id| !id.is_empty()),
        email_address: input.email_address.as_deref().map(address).transpose()?,
        unlink_email: input.unlink_email.unwrap_or_default(),
    };
    let found = call.member_of_path().await?;
    let member = call.engine.alter_member(&found, &change, &credentials, &acting, &call.caller).await?;
    let found = call.engine.api_shown(member, found.organization).await?;
    Ok(MemberShown::of(&call, &found))
}

/// A member who was deleted.
#[derive(Debug, Serialize, ToSchema)]
struct MembersDeleteResponse {
    /// Their id.
    member_id: String,
}

async fn delete(call: Call) -> Result<MembersDeleteResponse, WireError> {
    let acting = call.acting().await?;
    let Found { member, .. } = call.member_of_path().await?;
    call.engine.remove_member(&member, &acting, &call.caller).await?;
    Ok(MembersDeleteResponse { member_id: member.member_id.to_string() })
}

/// Nothing that is read.
#[derive(Debug, Deserialize, ToSchema)]
struct Nothing {}

async fn reactivate(call: Call, _: Nothing) -> Result<MemberShown, WireError> {
    let acting = call.acting().await?;
    let engine = &call.engine;
    let organization = engine.api_organization(call.parameter("organization_id")).await?;
    let member = engine.reactivate(&organization, call.parameter("member_id"), &acting, &call.caller).await?;
    let found = engine.api_shown(member, organization).await?;
    Ok(MemberShown::of(&call, &found))
}

async fn take_away(call: Call, found: Found, what: Removable) -> Result<MemberShown, WireError> {
    let acting = call.acting().await?;
    let found = call.engine.take_away(found, what, &acting, &call.caller).await?;
    Ok(MemberShown::of(&call, &found))
}

async fn delete_phone(call: Call) -> Result<MemberShown, WireError> {
    let found = call.member_of_path().await?;
    take_away(call, found, Removable::Phone).await
}

async fn delete_totp(call: Call) -> Result<MemberShown, WireError> {
    let found = call.member_of_path().await?;
    take_away(call, found, Removable::Totp).await
}

async fn delete_password(call: Call) -> Result<MemberShown, WireError> {
    let (organization, password) = (call.parameter("organization_id"), call.parameter("member_password_id"));
    let found = call.engine.holder_of_password(organization, password).await?;
    take_away(call, found, Removable::Password).await
}

async fn delete_external_id(call: Call) -> Result<MemberShown, WireError> {
    let Found { member, organization, .. } = call.member_of_path().await?;
    let member = call.engine.drop_member_external_id(&member, &call.caller).await?;
    let found = call.engine.api_shown(member, organization).await?;
    Ok(MemberShown::of(&call, &found))
}

/// Which address is to be forgotten: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
struct MembersUnlinkRetiredEmailRequest {
    /// Its id.
    email_id: Option<String>,
    /// The address.
    email_address: Option<String>,
}

/// A member who has lost an address.
#[derive(Debug, Serialize, ToSchema)]
struct MembersUnlinkRetiredEmailResponse {
    #[serde(flatten)]
    shown: MemberShown,
    /// The organization.
    organization_id: String,
}

async fn unlink_retired_email(
    call: Call,
    input: MembersUnlinkRetiredEmailRequest,
) -> Result<MembersUnlinkRetiredEmailResponse, WireError> {
    let acting = call.acting().await?;
    let retired = input.email_address.as_deref().map(address).transpose()?;
    let email_id = input.email_id.filter(|id| !id.is_empty());
    if email_id.is_some() == retired.is_some() {
        return Err(WireError::bad_request("say which: give email_id or email_address, one of the two"));
    }
    let Found { member, organization, .. } = call.member_of_path().await?;
    let (id, address) = (email_id.as_deref(), retired.as_ref());
    let member = call.engine.unlink_retired(&member, id, address, &acting, &call.caller).await?;
    let found = call.engine.api_shown(member, organization).await?;
    Ok(MembersUnlinkRetiredEmailResponse {
        organization_id: found.organization.organization_id.to_string(),
        shown: MemberShown::of(&call, &found),
    })
}

/// The address that a member is to have.
#[derive(Debug, Deserialize, ToSchema)]
struct MembersStartEmailUpdateRequest {
    /// The address, where a link or a code is sent.
    email_address: String,
    /// Where the link leads.
    login_redirect_url: Option<String>,
    /// Whether a link is sent, as it is by itself, or a code.
    delivery_method: Option<EmailUpdateDelivery>,
}

/// For how long a link or a code to change an address is good.
const ADDRESS_CHANGE: Duration = Duration::from_secs(10 * 60);

async fn start_email_update(
    call: Call,
    input: MembersStartEmailUpdateRequest,
) -> Result<MemberShown, WireError> {
    let acting = call.acting().await?;
    let address = address(&input.email_address)?;
    let found = call.member_of_path().await?;
    let link = if input.delivery_method == Some(EmailUpdateDelivery::Otp) {
        None
    } else {
        Some(LinkTo {
            address: address.clone(),
            scope: Scope::Organization(found.organization.organization_id.clone()),
            purpose: LinkPurpose::AddressChange(found.member.member_id.clone()),
            redirect_url: call.settings.redirects.of(Redirect::Login, input.login_redirect_url.as_deref())?,
            token_type: "multi_tenant_magic_links",
            slug: Some(found.organization.organization_slug.to_string()),
            lifetime: ADDRESS_CHANGE,
            challenge: None,
        })
    };
    call.engine.start_address_change(&found, address, link, ADDRESS_CHANGE, &acting, &call.caller).await?;
    Ok(MemberShown::of(&call, &found))
}

/// Which members are searched for.
#[derive(Debug, Deserialize, ToSchema)]
struct MembersSearchRequest {
    /// The organizations whose members they are, at least one: their ids, slugs or external ids.
    organization_ids: Vec<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many at most: 100, up to 1,000.
    #[schema(value_type = Option<i32>)]
    limit: Option<i64>,
    /// What is demanded. Filters: `member_ids`, `member_external_ids` or `external_ids`, `member_emails`, `member_email_fuzzy`,
    /// `member_name_fuzzy`, `member_is_breakglass`, `member_roles`, `statuses`, `member_password_exists`,
    /// `member_phone_numbers` and `member_phone_number_fuzzy` (also with `mfa_` before `phone`). Deleted
    /// members are found where `statuses` names them.
    #[serde(default, deserialize_with = "object")]
    query: Option<SearchQuery>,
}

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
struct MembersSearchResponse {
    /// The members, in order of their ids.
    members: Vec<Member>,
    /// What there is besides.
    results_metadata: ResultsMetadata,
    /// Their organizations by their ids.
    organizations: BTreeMap<String, Organization>,
}

async fn search(call: Call, input: MembersSearchRequest) -> Result<MembersSearchResponse, WireError> {
    let acting = call.acting().await?;
    let engine = &call.engine;
    let organizations = engine.searchable(&input.organization_ids, &acting).await?;
    let query = SearchQuery::members(input.query, organizations.keys().cloned())?;
    let page = page_of(input.cursor.as_deref(), input.limit)?;
    let after = page.after_member()?;
    let found = engine.find_members(&query, after, page.limit + 1).await?;
    let (found, results_metadata) = page.cut(found, |(member, _)| member.member_id.as_str());
    let mut members = Vec::with_capacity(found.len());
    for (member, enrolment) in &found {
        if let Some(organization) = organizations.get(&member.organization_id) {
            members.push(Member::of(member, organization, enrolment, call.now()));
        }
    }
    let shown = |id: &OrganizationId| found.iter().any(|(member, _)| member.organization_id == *id);
    Ok(MembersSearchResponse {
        members,
        results_metadata,
        organizations: organizations
            .iter()
            .filter(|(id, _)| shown(id))
            .map(|(id, organization)| (id.to_string(), organization.into()))
            .collect(),
    })
}
