//! Searching: queries as they are sent, and pages.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    domain::{Domain, EmailAddress, MemberId, MemberStatus, OrganizationId, PhoneNumber, RoleId, Slug},
    flow::api::{MembersQuery, PhoneFilter, Rule},
    http::wire::{object::objects, objects::ResultsMetadata},
    store::{Combine, MemberFilter, MemberSearch, OrganizationFilter, OrganizationSearch},
};

/// What is demanded of what is searched for.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Query {
    /// Whether each filter has to match or one. Without it each.
    operator: Option<Operator>,
    /// The filters; without any everything is found.
    #[serde(default, deserialize_with = "objects")]
    operands: Option<Vec<Operand>>,
}

/// How several filters are one.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
enum Operator {
    /// Each has to match.
    #[default]
    #[serde(rename = "AND")]
    And,
    /// One has to match.
    #[serde(rename = "OR")]
    Or,
}

/// One filter.
#[derive(Debug, Deserialize, ToSchema)]
struct Operand {
    /// Its name.
    filter_name: String,
    /// A list of texts, a text of at least three characters for what ends in `_fuzzy`, or `true` or `false`.
    #[schema(value_type = Object)]
    filter_value: Value,
}

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

impl Query {
    /// So many filters make a question that no store takes long to understand.
    const MOST: usize = 50;

    fn check(&self) -> Result<(), Rule> {
        if self.operands().len() > Self::MOST {
            return Err(Rule::Search(format!("a query has at most {} filters", Self::MOST)));
        }
        Ok(())
    }

    fn operands(&self) -> &[Operand] {
        self.operands.as_deref().unwrap_or_default()
    }

    fn combine(&self) -> Combine {
        match self.operator.unwrap_or_default() {
            Operator::And => Combine::All,
            Operator::Or => Combine::Any,
        }
    }

    /// The search for organizations that this is.
    pub(super) fn organizations(query: Option<Self>) -> Result<OrganizationSearch, Rule> {
        let Some(query) = query else { return Ok(OrganizationSearch::default()) };
        query.check()?;
        let filters = query.operands().iter().map(Operand::organization).collect::<Result<_, Rule>>()?;
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
            return Ok(MembersQuery { search, phones: Vec::new() });
        };
        query.check()?;
        let (mut filters, mut phones) = (Vec::new(), Vec::new());
        for operand in query.operands() {
            match operand.member()? {
                Wanted::Filter(filter) => filters.push(filter),
                Wanted::Phone(phone) => phones.push(phone),
            }
        }
        let search = MemberSearch { organizations, combine: query.combine(), filters };
        Ok(MembersQuery { search, phones })
    }
}

/// What one filter of members asks.
enum Wanted {
    Filter(MemberFilter),
    /// Of what lies with their credentials.
    Phone(PhoneFilter),
}

impl Operand {
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
            "statuses" => MemberFilter::Statuses(self.every(status)?),
            "member_roles" => MemberFilter::Roles(self.read(|id| RoleId::new(id).ok())?),
            "member_phone_numbers" | "member_mfa_phone_numbers" => {
                let numbers = self.read(|text| PhoneNumber::parse(text).ok())?;
                return Ok(Wanted::Phone(PhoneFilter::Is(numbers)));
            }
            "member_phone_number_fuzzy" | "member_mfa_phone_number_fuzzy" => {
                return Ok(Wanted::Phone(PhoneFilter::Contains(self.part()?)));
            }
            "member_password_exists" => return Ok(Wanted::Phone(PhoneFilter::Password(self.flag()?))),
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

    fn texts(&self) -> Result<Vec<&str>, Rule> {
        let list = self.filter_value.as_array().filter(|list| list.len() <= 1000);
        let list = list.ok_or_else(|| self.wrong("a list of at most 1000 texts"))?;
        list.iter().map(|text| text.as_str().ok_or_else(|| self.wrong("a list of texts"))).collect()
    }

    /// A list of which each that could be somebody's is looked for; what is no such thing at all is nobody's.
    fn read<T, C: FromIterator<T>>(&self, read: impl Fn(&str) -> Option<T>) -> Result<C, Rule> {
        Ok(self.texts()?.into_iter().filter_map(read).collect())
    }

    /// A list of which each has to be one of ours.
    fn every<T, C: FromIterator<T>>(&self, read: impl Fn(&str) -> Option<T>) -> Result<C, Rule> {
        let names = self.texts()?.into_iter();
        names
            .map(|text| read(text).ok_or_else(|| self.wrong("pending, invited, active and deleted")))
            .collect()
    }

    fn part(&self) -> Result<String, Rule> {
        let part = self.filter_value.as_str().filter(|part| part.chars().count() >= 3);
        part.map(str::to_owned).ok_or_else(|| self.wrong("a text of at least three characters"))
    }

    fn flag(&self) -> Result<bool, Rule> {
        self.filter_value.as_bool().ok_or_else(|| self.wrong("true or false"))
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
