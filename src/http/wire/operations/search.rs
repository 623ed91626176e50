//! Searching: queries as they are sent, and pages.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize as _;

use crate::{
    domain::{Domain, EmailAddress, MemberId, MemberStatus, OrganizationId, PhoneNumber, RoleId, Slug},
    flow::api::{CredentialFilter, MembersQuery, Rule},
    http::wire::objects::{FilterValue, ResultsMetadata, SearchOperand, SearchOperator, SearchQuery},
    store::{Combine, MemberFilter, MemberSearch, OrganizationFilter, OrganizationSearch},
};

/// Which page is asked for.
#[derive(Debug)]
pub(super) struct Page {
    after: Option<String>,
    pub(super) limit: usize,
}

/// Reads which page is asked for.
pub(super) fn page_of(cursor: Option<&str>, limit: Option<i64>) -> Result<Page, Rule> {
    let limit = limit.unwrap_or(100);
    let limit = usize::try_from(limit)
        .ok()
        .filter(|limit| (1..=1000).contains(limit))
        .ok_or_else(|| Rule::Search("limit lies between 1 and 1000".to_owned()))?;
    let read = |cursor: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad_cursor)
    };
    let after = cursor.filter(|cursor| !cursor.is_empty()).map(read).transpose()?;
    Ok(Page { after, limit })
}

fn bad_cursor() -> Rule {
    Rule::Search("this cursor is none that was answered; begin without one".to_owned())
}

impl Page {
    pub(super) fn after_organization(&self) -> Result<Option<OrganizationId>, Rule> {
        self.after.as_ref().map(|id| OrganizationId::new(id).map_err(|_| bad_cursor())).transpose()
    }

    pub(super) fn after_member(&self) -> Result<Option<MemberId>, Rule> {
        self.after.as_ref().map(|id| MemberId::new(id).map_err(|_| bad_cursor())).transpose()
    }

    /// Cuts off what was read to see whether there is more.
    pub(super) fn cut<T>(&self, mut found: Vec<T>, id: impl Fn(&T) -> &str) -> (Vec<T>, ResultsMetadata) {
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let next_cursor = found.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(id(last)));
        let whole = !more && self.after.is_none();
        let total = if whole { i64::try_from(found.len()).unwrap_or(i64::MAX) } else { -1 };
        (found, ResultsMetadata { total, next_cursor })
    }
}

impl SearchQuery {
    /// So many filters make a question that no store takes long to understand.
    const MOST: usize = 50;

    fn check(&self) -> Result<(), Rule> {
        if self.operands().len() > Self::MOST {
            return Err(Rule::Search(format!("a query has at most {} filters", Self::MOST)));
        }
        Ok(())
    }

    fn operands(&self) -> &[SearchOperand] {
        self.operands.as_deref().unwrap_or_default()
    }

    fn combine(&self) -> Combine {
        match self.operator.unwrap_or_default() {
            SearchOperator::And => Combine::All,
            SearchOperator::Or => Combine::Any,
        }
    }

    /// The search for organizations that this is.
    pub(super) fn organizations(query: Option<Self>) -> Result<OrganizationSearch, Rule> {
        let Some(query) = query else { return Ok(OrganizationSearch::default()) };
        query.check()?;
        let filters =
            query.operands().iter().map(SearchOperand::organization).collect::<Result<_, Rule>>()?;
        Ok(OrganizationSearch { combine: query.combine(), filters })
    }

    /// The search for members of these organizations that this is.
    pub(super) fn members(
        query: Option<Self>,
        organizations: impl IntoIterator<Item = OrganizationId>,
    ) -> Result<MembersQuery, Rule> {
        let organizations = organizations.into_iter().collect();
        let Some(query) = query else {
            let search = MemberSearch { organizations, ..MemberSearch::default() };
            return Ok(MembersQuery { search, by_credentials: Vec::new() });
        };
        query.check()?;
        let (mut filters, mut by_credentials) = (Vec::new(), Vec::new());
        for operand in query.operands() {
            match operand.member()? {
                Wanted::Filter(filter) => filters.push(filter),
                Wanted::OfCredentials(filter) => by_credentials.push(filter),
            }
        }
        let search = MemberSearch { organizations, combine: query.combine(), filters };
        Ok(MembersQuery { search, by_credentials })
    }
}

/// What one filter of members asks.
enum Wanted {
    Filter(MemberFilter),
    /// Of what lies with their credentials.
    OfCredentials(CredentialFilter),
}

impl SearchOperand {
    fn organization(&self) -> Result<OrganizationFilter, Rule> {
        Ok(match self.filter_name.as_str() {
            "organization_ids" => OrganizationFilter::Ids(self.read(|id| OrganizationId::new(id).ok())?),
            "organization_slugs" => OrganizationFilter::Slugs(self.read(|slug| Slug::parse(slug).ok())?),
            "organization_external_ids" => {
                OrganizationFilter::ExternalIds(self.read(|id| Some(id.to_owned()))?)
            }
            "organization_name_fuzzy" => OrganizationFilter::NameContains(self.part()?),
            "organization_slug_fuzzy" => OrganizationFilter::SlugContains(self.part()?),
            "member_emails" => {
                OrganizationFilter::MemberAddresses(self.read(|text| EmailAddress::parse(text).ok())?)
            }
            "member_email_fuzzy" => OrganizationFilter::MemberAddressContains(self.part()?),
            "allowed_domains" => {
                OrganizationFilter::AllowedDomains(self.read(|text| Domain::parse(text).ok())?)
            }
            "allowed_domain_fuzzy" => OrganizationFilter::AllowedDomainContains(self.part()?),
            "claimed_email_domains" => {
                OrganizationFilter::ClaimedDomains(self.read(|text| Domain::parse(text).ok())?)
            }
            // No organization has a connection.
            "has_active_sso_connection" => OrganizationFilter::Constant(!self.flag()?),
            "sso_connection_id" | "sso_connection_ids" => OrganizationFilter::Constant(false),
            _ => return Err(self.unknown()),
        })
    }

    fn member(&self) -> Result<Wanted, Rule> {
        Ok(Wanted::Filter(match self.filter_name.as_str() {
            "member_ids" => MemberFilter::Ids(self.read(|id| MemberId::new(id).ok())?),
            "member_external_ids" | "external_ids" => {
                MemberFilter::ExternalIds(self.read(|id| Some(id.to_owned()))?)
            }
            "member_emails" => MemberFilter::Addresses(self.read(|text| EmailAddress::parse(text).ok())?),
            "member_email_fuzzy" => MemberFilter::AddressContains(self.part()?),
            "member_name_fuzzy" => MemberFilter::NameContains(self.part()?),
            "member_is_breakglass" => MemberFilter::IsBreakglass(self.flag()?),
            "statuses" => MemberFilter::Statuses(self.statuses()?),
            "member_roles" => MemberFilter::Roles(self.read(|id| RoleId::new(id).ok())?),
            "member_phone_numbers" | "member_mfa_phone_numbers" => {
                let numbers = self.read(|text| PhoneNumber::parse(text).ok())?;
                return Ok(Wanted::OfCredentials(CredentialFilter::PhoneIs(numbers)));
            }
            "member_phone_number_fuzzy" | "member_mfa_phone_number_fuzzy" => {
                return Ok(Wanted::OfCredentials(CredentialFilter::PhoneContains(self.part()?)));
            }
            "member_password_exists" => {
                return Ok(Wanted::OfCredentials(CredentialFilter::HasPassword(self.flag()?)));
            }
            _ => return Err(self.unknown()),
        }))
    }

    fn unknown(&self) -> Rule {
        let name: String = self.filter_name.chars().take(64).collect();
        Rule::Search(format!("there is no filter {name:?}"))
    }

    fn wrong(&self, what: &str) -> Rule {
        Rule::Search(format!("the filter {} takes {what}", self.filter_name))
    }

    fn value(&self) -> Option<FilterValue> {
        FilterValue::deserialize(&self.filter_value).ok()
    }

    fn texts(&self) -> Result<Vec<String>, Rule> {
        match self.value() {
            Some(FilterValue::AnyOf(list)) if list.len() <= 1000 => Ok(list),
            _ => Err(self.wrong("a list of at most 1000 texts")),
        }
    }

    /// A list of which each that could be somebody's is looked for; what is no such thing at all is nobody's.
    fn read<T, C: FromIterator<T>>(&self, read: impl Fn(&str) -> Option<T>) -> Result<C, Rule> {
        Ok(self.texts()?.iter().filter_map(|text| read(text)).collect())
    }

    /// A list of which each has to be one of ours.
    fn statuses(&self) -> Result<BTreeSet<MemberStatus>, Rule> {
        let known =
            |text: &String| status(text).ok_or_else(|| self.wrong("pending, invited, active and deleted"));
        self.texts()?.iter().map(known).collect()
    }

    fn part(&self) -> Result<String, Rule> {
        match self.value() {
            Some(FilterValue::Part(part)) if part.chars().count() >= 3 => Ok(part),
            _ => Err(self.wrong("a text of at least three characters")),
        }
    }

    fn flag(&self) -> Result<bool, Rule> {
        match self.value() {
            Some(FilterValue::Flag(flag)) => Ok(flag),
            _ => Err(self.wrong("true or false")),
        }
    }
}

fn status(name: &str) -> Option<MemberStatus> {
    match name {
        "pending" => Some(MemberStatus::Pending),
        "invited" => Some(MemberStatus::Invited),
        "active" => Some(MemberStatus::Active),
        "deleted" => Some(MemberStatus::Deleted),
        _ => None,
    }
}
