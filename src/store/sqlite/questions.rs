//! Searches as SQL.
//!
//! What is asked exactly goes by an index; a part of a text is looked for in one row after the other, in
//! the order of the answer and until it is full. No text of a search is part of a statement.

use sqlx::{QueryBuilder, Sqlite};

use super::{codec::to_document, directory::status};
use crate::{
    domain::{Domain, EmailAddress, MemberId, OrganizationId, RoleId, Slug},
    store::{Combine, MemberFilter, MemberSearch, OrganizationFilter, OrganizationSearch, StoreError},
};

pub(super) type Question = QueryBuilder<Sqlite>;

/// The question after organizations.
pub(super) fn organizations(
    search: &OrganizationSearch,
    after: Option<&OrganizationId>,
    limit: usize,
) -> Result<Question, StoreError> {
    let mut question = Question::new("SELECT document FROM organizations WHERE ");
    combine(&mut question, search.combine, &search.filters, demand_of_organization)?;
    Ok(end(question, "organization_id", after.map(OrganizationId::as_str), limit))
}

/// The question after members.
pub(super) fn members(
    search: &MemberSearch,
    after: Option<&MemberId>,
    limit: usize,
) -> Result<Question, StoreError> {
    let mut question = Question::new("SELECT document FROM members WHERE ");
    one_of(&mut question, "organization_id", search.organizations.iter().map(OrganizationId::as_str))?;
    if !search.wants_deleted() {
        question.push(" AND status <> 'deleted'");
    }
    question.push(" AND ");
    combine(&mut question, search.combine, &search.filters, demand_of_member)?;
    // To go by the ids, in order, seems less work than to sort what an index finds, and is more: the
    // plus forbids it.
    let id = if goes_by_an_index(search) { "+member_id" } else { "member_id" };
    Ok(end(question, id, after.map(MemberId::as_str), limit))
}

/// Whether an index leads to all who may be found. Where any of the filters suffices, the members of the
/// organizations are read instead.
fn goes_by_an_index(search: &MemberSearch) -> bool {
    search.combine == Combine::All
        && search.filters.iter().any(|filter| {
            use MemberFilter::{Addresses, ExternalIds, Ids};
            matches!(filter, Ids(_) | ExternalIds(_) | Addresses(_))
        })
}

/// By halves: SQLite refuses expressions that are a thousand deep.
fn combine<F>(
    question: &mut Question,
    how: Combine,
    filters: &[F],
    demand: fn(&mut Question, &F) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    match filters {
        [] => constant(question, true),
        [filter] => demand(question, filter)?,
        _ => {
            let (first, second) = filters.split_at(filters.len() / 2);
            question.push("(");
            combine(question, how, first, demand)?;
            question.push(match how {
                Combine::All => " AND ",
                Combine::Any => " OR ",
            });
            combine(question, how, second, demand)?;
            question.push(")");
        }
    }
    Ok(())
}

fn demand_of_organization(question: &mut Question, filter: &OrganizationFilter) -> Result<(), StoreError> {
    match filter {
        OrganizationFilter::Ids(ids) => {
            one_of(question, "organization_id", ids.iter().map(OrganizationId::as_str))?;
        }
        OrganizationFilter::Slugs(slugs) => one_of(question, "slug", slugs.iter().map(Slug::as_str))?,
        OrganizationFilter::ExternalIds(ids) => {
            one_of(question, "external_id", ids.iter().map(String::as_str))?;
        }
        OrganizationFilter::NameContains(part) => {
            contains(question, "json_extract(document, '$.organization_name')", part);
        }
        OrganizationFilter::SlugContains(part) => contains(question, "slug", part),
        OrganizationFilter::MemberAddresses(addresses) => {
            question.push(
                "organization_id IN (SELECT organization_id FROM members WHERE status <> 'deleted' AND ",
            );
            one_of(question, "address", addresses.iter().map(EmailAddress::as_str))?;
            question.push(")");
        }
        OrganizationFilter::MemberAddressContains(part) => {
            question.push(
                "EXISTS (SELECT 1 FROM members WHERE status <> 'deleted'
                    AND members.organization_id = organizations.organization_id AND ",
            );
            contains(question, "address", part);
            question.push(")");
        }
        OrganizationFilter::AllowedDomains(domains) => {
            question.push("organization_id IN (SELECT organization_id FROM organization_domains WHERE ");
            one_of(question, "domain", domains.iter().map(Domain::as_str))?;
            question.push(")");
        }
        OrganizationFilter::AllowedDomainContains(part) => {
            question.push(
                "EXISTS (SELECT 1 FROM organization_domains AS allowed
                    WHERE allowed.organization_id = organizations.organization_id AND ",
            );
            contains(question, "domain", part);
            question.push(")");
        }
        OrganizationFilter::ClaimedDomains(domains) => {
            question.push("organization_id IN (SELECT organization_id FROM claimed_domains WHERE ");
            one_of(question, "domain", domains.iter().map(Domain::as_str))?;
            question.push(")");
        }
        OrganizationFilter::Constant(holds) => constant(question, *holds),
    }
    Ok(())
}

fn demand_of_member(question: &mut Question, filter: &MemberFilter) -> Result<(), StoreError> {
    match filter {
        MemberFilter::Ids(ids) => one_of(question, "member_id", ids.iter().map(MemberId::as_str))?,
        MemberFilter::ExternalIds(ids) => one_of(question, "external_id", ids.iter().map(String::as_str))?,
        MemberFilter::Addresses(addresses) => {
            one_of(question, "address", addresses.iter().map(EmailAddress::as_str))?;
        }
        MemberFilter::AddressContains(part) => contains(question, "address", part),
        MemberFilter::NameContains(part) => contains(question, "json_extract(document, '$.name')", part),
        MemberFilter::Statuses(statuses) => {
            one_of(question, "status", statuses.iter().copied().map(status))?;
        }
        MemberFilter::IsBreakglass(is) => {
            question.push("json_extract(document, '$.is_breakglass') = ").push_bind(*is);
        }
        MemberFilter::Roles(roles) => {
            question.push("EXISTS (SELECT 1 FROM json_each(document, '$.roles') AS role WHERE ");
            one_of(question, "role.value", roles.iter().map(RoleId::as_str))?;
            question.push(")");
        }
        MemberFilter::Constant(holds) => constant(question, *holds),
    }
    Ok(())
}

/// However many the values are, they are one parameter: SQLite takes 32,766.
fn one_of<'a>(
    question: &mut Question,
    column: &'static str,
    values: impl Iterator<Item = &'a str>,
) -> Result<(), StoreError> {
    question.push(column);
    match values.collect::<Vec<_>>().as_slice() {
        // So that an index has the rows in order already.
        [value] => question.push(" = ").push_bind(*value),
        values => question
            .push(" IN (SELECT given.value FROM json_each(")
            .push_bind(to_document(&values)?)
            .push(") AS given)"),
    };
    Ok(())
}

/// `LIKE` has characters that stand for others; `lower` changes ASCII letters alone.
fn contains(question: &mut Question, text: &'static str, part: &str) {
    question.push("instr(lower(").push(text).push("), ").push_bind(part.to_ascii_lowercase()).push(") > 0");
}

fn constant(question: &mut Question, holds: bool) {
    question.push(if holds { "1" } else { "0" });
}

/// What comes after the one before, in order, and at most so many.
fn end(mut question: Question, id: &'static str, after: Option<&str>, limit: usize) -> Question {
    if let Some(after) = after {
        question.push(" AND ").push(id).push(" > ").push_bind(after);
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    question.push(" ORDER BY ").push(id).push(" LIMIT ").push_bind(limit);
    question
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        super::{SqliteStore, schema::tests::plan, search::COUNT},
        *,
    };

    /// One value, or several.
    fn some<T: Ord + TryFrom<String>>(several: bool, values: [&str; 2]) -> BTreeSet<T> {
        let values = values.into_iter().take(1 + usize::from(several));
        values.map(|value| T::try_from(value.to_owned()).ok().unwrap()).collect()
    }

    /// That nothing is read but what was given, and what is found by `index`, or by another equality.
    async fn goes_by(store: &SqliteStore, index: &str, question: Question) {
        let question = question.into_string();
        let steps = plan(store, &question).await;
        for step in &steps {
            let reads = step.starts_with("SCAN") || step.starts_with("SEARCH");
            let bounded = step.contains("=?") || step.starts_with("SCAN given");
            assert!(!reads || bounded, "{question}\n{step}");
        }
        assert!(steps.iter().any(|step| step.contains(index)), "{question}\n{steps:?}");
    }

    #[tokio::test]
    async fn exact_searches_go_by_an_index() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("a.db")).await.unwrap();
        let before = OrganizationId::new("a").unwrap();
        let places = [(false, None), (true, None), (false, Some(&before)), (true, Some(&before))];
        for (several, after) in places {
            let exact = [
                ("organization_id=?", OrganizationFilter::Ids(some(several, ["acme", "globex"]))),
                ("slug=?", OrganizationFilter::Slugs(some(several, ["acme", "globex"]))),
                ("external_id=?", OrganizationFilter::ExternalIds(some(several, ["1", "2"]))),
                (
                    "address=?",
                    OrganizationFilter::MemberAddresses(some(several, ["a@b.example", "c@b.example"])),
                ),
                ("domain=?", OrganizationFilter::AllowedDomains(some(several, ["a.example", "b.example"]))),
                ("domain=?", OrganizationFilter::ClaimedDomains(some(several, ["a.example", "b.example"]))),
            ];
            let any = exact.iter().map(|(_, filter)| filter.clone()).collect();
            let any = OrganizationSearch { combine: Combine::Any, filters: any };
            goes_by(&store, "MULTI-INDEX OR", organizations(&any, after, 10).unwrap()).await;
            for (index, filter) in exact {
                let part = OrganizationFilter::NameContains("a".to_owned());
                let search = OrganizationSearch { combine: Combine::All, filters: vec![part, filter] };
                goes_by(&store, index, organizations(&search, after, 10).unwrap()).await;
            }
        }
        store.close().await;
    }

    #[tokio::test]
    async fn exact_searches_of_members_go_by_an_index() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("a.db")).await.unwrap();
        assert!(
            plan(&store, COUNT).await.iter().any(|step| step.contains("COVERING INDEX members_in_order"))
        );
        let before = MemberId::new("a").unwrap();
        for several in [false, true] {
            let exact = [
                ("member_id=?", MemberFilter::Ids(some(several, ["ada", "bob"]))),
                ("external_id=?", MemberFilter::ExternalIds(some(several, ["1", "2"]))),
                ("address=?", MemberFilter::Addresses(some(several, ["a@b.example", "c@b.example"]))),
            ];
            for (after, organizations) in
                [(None, false), (None, true), (Some(&before), false), (Some(&before), true)]
            {
                let organizations = some(organizations, ["acme", "globex"]);
                let mut search = MemberSearch { organizations, ..MemberSearch::default() };
                for (index, filter) in &exact {
                    search.filters = vec![MemberFilter::NameContains("a".to_owned()), filter.clone()];
                    goes_by(&store, index, members(&search, after, 10).unwrap()).await;
                }
            }
        }
        // A page of one organization is read in order, from where the one before ended.
        let search = MemberSearch { organizations: some(false, ["acme", ""]), ..MemberSearch::default() };
        let page = members(&search, Some(&before), 10).unwrap().into_string();
        let steps = plan(&store, &page).await;
        assert_eq!(
            steps,
            ["SEARCH members USING INDEX members_in_order (organization_id=? AND member_id>?)"]
        );
        store.close().await;
    }
}
