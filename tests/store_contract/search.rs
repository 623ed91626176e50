//! Looking up by other ids, counting, and searching.

use std::collections::BTreeSet;

use vestibule::{
    domain::{Member, MemberStatus, Organization, RoleId, Slug},
    store::{Combine, MemberFilter, MemberSearch, OrganizationFilter, OrganizationSearch},
};

use crate::{
    samples::{address, domain, member, member_id, organization, organization_id},
    stores::{Durable, Rig},
};

type Durably = Rig<dyn Durable>;

const NOBODY: [usize; 0] = [];

fn texts<const N: usize>(texts: [&str; N]) -> BTreeSet<String> {
    texts.into_iter().map(str::to_owned).collect()
}

fn role(name: &str) -> RoleId {
    RoleId::new(name).unwrap()
}

/// Four organizations, numbered from 1.
fn organizations() -> [Organization; 4] {
    let [mut acme, mut globex, mut initech, hooli] = [1, 2, 3, 4].map(organization);
    "Acme 100% \u{c4}pfel".clone_into(&mut acme.organization_name);
    "Globex_Corp O'Neill \\ \"Sons\"".clone_into(&mut globex.organization_name);
    "Initech\u{0}acme".clone_into(&mut initech.organization_name);
    globex.organization_slug = Slug::parse("Globex_Corp").unwrap();
    acme.organization_external_id = Some("ext'1".to_owned());
    globex.organization_external_id = Some("ext\u{0}2".to_owned());
    acme.email_allowed_domains = BTreeSet::from([domain("acme.example"), domain("shared.example")]);
    globex.email_allowed_domains = BTreeSet::from([domain("globex.example"), domain("shared.example")]);
    acme.claimed_email_domains = BTreeSet::from([domain("acme.example"), domain("acme.test")]);
    initech.claimed_email_domains = BTreeSet::from([domain("initech.example")]);
    [acme, globex, initech, hooli]
}

/// Six members, numbered from 1: three of the first organization, two of the second, one of the third.
fn members() -> [Member; 6] {
    let [mut ada, mut bob, mut cyd] = [(1, "ada"), (2, "bob"), (3, "c%d_")]
        .map(|(number, name)| member(number, 1, &format!("{name}@acme.example")));
    let [ada_too, mut dan] =
        [(4, "ada"), (5, "dan")].map(|(number, name)| member(number, 2, &format!("{name}@acme.example")));
    let mut eve = member(6, 3, "eve@initech.example");
    "Ada L\u{f6}velace".clone_into(&mut ada.name);
    "100%_\\ 'Bob'".clone_into(&mut bob.name);
    "Cyd\u{0}x".clone_into(&mut cyd.name);
    ada.external_id = Some("1".to_owned());
    dan.external_id = Some("1".to_owned());
    cyd.external_id = Some("\\\"'\u{0}".to_owned());
    ada.roles = vec![role("editor"), role("owner")];
    dan.roles = vec![role("owner")];
    cyd.is_breakglass = true;
    bob.status = MemberStatus::Invited;
    cyd.status = MemberStatus::Pending;
    dan.status = MemberStatus::Deleted;
    eve.status = MemberStatus::Deleted;
    [ada, bob, cyd, ada_too, dan, eve]
}

async fn filled(rig: &Durably) {
    for organization in organizations() {
        let of = members().into_iter().filter(|m| m.organization_id == organization.organization_id);
        rig.store.create_organization(&organization, &of.collect::<Vec<_>>()).await.unwrap();
    }
}

/// The numbers of the organizations that are found.
async fn found(rig: &Durably, combine: Combine, filters: &[OrganizationFilter]) -> Vec<usize> {
    let search = OrganizationSearch { combine, filters: filters.to_vec() };
    let found = rig.store.search_organizations(&search, None, 100).await.unwrap();
    let all = organizations();
    found.iter().map(|found| 1 + all.iter().position(|known| known == found).unwrap()).collect()
}

/// The numbers of the members that are found, in the organizations with these numbers.
async fn met(rig: &Durably, within: &[u64], combine: Combine, filters: &[MemberFilter]) -> Vec<usize> {
    let organizations = within.iter().copied().map(organization_id).collect();
    let search = MemberSearch { organizations, combine, filters: filters.to_vec() };
    let found = rig.store.search_members(&search, None, 100).await.unwrap();
    let all = members();
    found.iter().map(|found| 1 + all.iter().position(|known| known == found).unwrap()).collect()
}

pub(crate) async fn finds_by_external_id(rig: Durably) {
    filled(&rig).await;
    let [acme, globex, ..] = organizations();
    let [ada, .., dan, _] = members();
    let store = &rig.store;
    assert_eq!(store.organization_by_external_id("ext'1").await.unwrap(), Some(acme));
    assert_eq!(store.organization_by_external_id("ext\u{0}2").await.unwrap(), Some(globex));
    for unknown in ["ext", "EXT'1", "", "%"] {
        assert_eq!(store.organization_by_external_id(unknown).await.unwrap(), None, "{unknown:?}");
    }
    assert_eq!(store.member_by_external_id(&organization_id(1), "1").await.unwrap(), Some(ada));
    let found = store.member_by_external_id(&organization_id(2), "1").await.unwrap();
    assert_eq!(found, Some(dan), "though they are deleted");
    for (organization, unknown) in [(3, "1"), (9, "1"), (1, "2"), (1, "")] {
        let found = store.member_by_external_id(&organization_id(organization), unknown).await.unwrap();
        assert_eq!(found, None, "{organization} {unknown:?}");
    }
}

pub(crate) async fn counts_members(rig: Durably) {
    filled(&rig).await;
    for (organization, count) in [(1, 3), (2, 1), (3, 0), (4, 0), (9, 0)] {
        let counted = rig.store.member_count(&organization_id(organization)).await.unwrap();
        assert_eq!(counted, count, "{organization}");
    }
    let [mut ada, ..] = members();
    ada.status = MemberStatus::Deleted;
    assert!(rig.store.update_member(&ada).await.unwrap());
    assert_eq!(rig.store.member_count(&organization_id(1)).await.unwrap(), 2);
    assert!(rig.store.delete_organization(&organization_id(1)).await.unwrap());
    assert_eq!(rig.store.member_count(&organization_id(1)).await.unwrap(), 0);
}

pub(crate) async fn searches_organizations(rig: Durably) {
    use OrganizationFilter as F;
    filled(&rig).await;
    let text = str::to_owned;
    let slugs = |slugs: [&str; 2]| F::Slugs(slugs.map(|slug| Slug::parse(slug).unwrap()).into());
    let addresses = |texts: [&str; 2]| F::MemberAddresses(texts.map(address).into());
    let cases: [(OrganizationFilter, &[usize]); _] = [
        (F::Ids([3, 1, 9].map(organization_id).into()), &[1, 3]),
        (F::Ids([2].map(organization_id).into()), &[2]),
        (F::Ids(BTreeSet::new()), &[]),
        (slugs(["acme-1", "Globex_Corp"]), &[1, 2]),
        (slugs(["acme-4", "globex_corp"]), &[4]),
        (F::ExternalIds(texts(["ext'1", "ext\u{0}2", "ext"])), &[1, 2]),
        (F::ExternalIds(texts(["ext\u{0}2"])), &[2]),
        (F::ExternalIds(texts(["ext"])), &[]),
        (F::NameContains(text("aCME")), &[1, 3, 4]),
        (F::NameContains(text("\u{c4}PF")), &[1]),
        (F::NameContains(text("\u{e4}pf")), &[]),
        (F::NameContains(String::new()), &[1, 2, 3, 4]),
        (F::SlugContains(text("BEX_c")), &[2]),
        (F::SlugContains(text("acme")), &[1, 3, 4]),
        (addresses(["ada@acme.example", "eve@initech.example"]), &[1, 2]),
        (addresses(["dan@acme.example", "bob@acme.example"]), &[1]),
        (F::MemberAddresses([address("ada@acme.example")].into()), &[1, 2]),
        (F::MemberAddressContains(text("DA@")), &[1, 2]),
        (F::MemberAddressContains(text("initech")), &[]),
        (F::MemberAddressContains(String::new()), &[1, 2]),
        (F::AllowedDomains([domain("shared.example")].into()), &[1, 2]),
        (F::AllowedDomains([domain("globex.example"), domain("none.example")].into()), &[2]),
        (F::AllowedDomains([domain("acme.test")].into()), &[]),
        (F::AllowedDomainContains(text("RED.ex")), &[1, 2]),
        (F::AllowedDomainContains(text("acme.")), &[1]),
        (F::ClaimedDomains([domain("acme.test"), domain("initech.example")].into()), &[1, 3]),
        (F::ClaimedDomains([domain("shared.example")].into()), &[]),
        (F::Constant(true), &[1, 2, 3, 4]),
        (F::Constant(false), &[]),
    ];
    for (filter, expected) in cases {
        for combine in [Combine::All, Combine::Any] {
            let filters = [filter.clone()];
            assert_eq!(found(&rig, combine, &filters).await, expected, "{filter:?}");
        }
    }
}

pub(crate) async fn searches_members(rig: Durably) {
    use MemberFilter as F;
    filled(&rig).await;
    let text = str::to_owned;
    let cases: [(MemberFilter, &[usize]); _] = [
        (F::Ids([4, 1, 5].map(member_id).into()), &[1, 4]),
        (F::Ids([2].map(member_id).into()), &[2]),
        (F::Ids(BTreeSet::new()), &[]),
        (F::ExternalIds(texts(["1", "2"])), &[1]),
        (F::ExternalIds(texts(["\\\"'\u{0}", "\\"])), &[3]),
        (F::ExternalIds(texts(["\\\"'"])), &[]),
        (F::Addresses([address("ada@acme.example")].into()), &[1, 4]),
        (F::Addresses([address("bob@acme.example"), address("dan@acme.example")].into()), &[2]),
        (F::AddressContains(text("DA@acme")), &[1, 4]),
        (F::AddressContains(text("@initech")), &[]),
        (F::NameContains(text("ada l\u{f6}V")), &[1]),
        (F::NameContains(text("L\u{d6}")), &[]),
        (F::NameContains(String::new()), &[1, 2, 3, 4]),
        (F::Statuses([MemberStatus::Active].into()), &[1, 4]),
        (F::Statuses([MemberStatus::Pending, MemberStatus::Invited].into()), &[2, 3]),
        (F::Statuses([MemberStatus::Deleted, MemberStatus::Invited].into()), &[2, 5, 6]),
        (F::IsBreakglass(true), &[3]),
        (F::IsBreakglass(false), &[1, 2, 4]),
        (F::Roles([role("owner")].into()), &[1]),
        (F::Roles([role("editor"), role("owner"), role("none")].into()), &[1]),
        (F::Roles([role("edit")].into()), &[]),
        (F::Constant(true), &[1, 2, 3, 4]),
        (F::Constant(false), &[]),
    ];
    for (filter, expected) in cases {
        for combine in [Combine::All, Combine::Any] {
            let filters = [filter.clone()];
            assert_eq!(met(&rig, &[1, 2, 3], combine, &filters).await, expected, "{filter:?}");
        }
    }
}

pub(crate) async fn combines_filters(rig: Durably) {
    filled(&rig).await;
    for combine in [Combine::All, Combine::Any] {
        assert_eq!(found(&rig, combine, &[]).await, [1, 2, 3, 4]);
        assert_eq!(met(&rig, &[1, 2, 3], combine, &[]).await, [1, 2, 3, 4]);
        // As many as nobody asks for, and more than an expression is deep.
        let many = vec![OrganizationFilter::NameContains("Acme 4".to_owned()); 3_000];
        assert_eq!(found(&rig, combine, &many).await, [4]);
    }
    let named = OrganizationFilter::NameContains("acme".to_owned());
    let listed = OrganizationFilter::AllowedDomains([domain("shared.example")].into());
    let with_bob = OrganizationFilter::MemberAddresses([address("bob@acme.example")].into());
    let filters = [named, listed, with_bob];
    assert_eq!(found(&rig, Combine::All, &filters).await, [1]);
    assert_eq!(found(&rig, Combine::Any, &filters).await, [1, 2, 3, 4]);
    assert_eq!(found(&rig, Combine::All, &filters[..2]).await, [1]);
    assert_eq!(found(&rig, Combine::Any, &filters[1..]).await, [1, 2]);
    let ada = MemberFilter::Addresses([address("ada@acme.example")].into());
    let invited = MemberFilter::Statuses([MemberStatus::Invited].into());
    assert_eq!(met(&rig, &[1, 2, 3], Combine::Any, &[ada.clone(), invited.clone()]).await, [1, 2, 4]);
    assert_eq!(met(&rig, &[1, 2, 3], Combine::All, &[ada, invited]).await, NOBODY);
}

pub(crate) async fn members_of_other_organizations_are_not_found(rig: Durably) {
    filled(&rig).await;
    let ada = MemberFilter::Addresses([address("ada@acme.example")].into());
    for combine in [Combine::All, Combine::Any] {
        let filters = [ada.clone(), MemberFilter::Constant(true)];
        assert_eq!(met(&rig, &[2], combine, &filters).await, [4]);
        assert_eq!(met(&rig, &[9], combine, &filters).await, NOBODY);
        assert_eq!(met(&rig, &[], combine, &filters).await, NOBODY);
    }
    assert_eq!(met(&rig, &[2, 3], Combine::All, &[]).await, [4]);
}

pub(crate) async fn shows_the_deleted_to_who_names_them(rig: Durably) {
    filled(&rig).await;
    let all = MemberFilter::Statuses([MemberStatus::Active, MemberStatus::Deleted].into());
    let owner = MemberFilter::Roles([role("owner")].into());
    let dan = MemberFilter::Ids([5].map(member_id).into());
    let within = [1, 2, 3];
    assert_eq!(met(&rig, &within, Combine::All, std::slice::from_ref(&dan)).await, NOBODY);
    assert_eq!(met(&rig, &within, Combine::All, &[dan.clone(), all.clone()]).await, [5]);
    assert_eq!(met(&rig, &within, Combine::All, &[all.clone(), owner.clone()]).await, [1, 5]);
    assert_eq!(met(&rig, &within, Combine::All, &[owner]).await, [1]);
    let alive = MemberFilter::Statuses([MemberStatus::Active].into());
    assert_eq!(met(&rig, &within, Combine::Any, &[dan.clone(), alive]).await, [1, 4]);
    assert_eq!(met(&rig, &within, Combine::Any, &[dan, all]).await, [1, 4, 5, 6]);
}

pub(crate) async fn no_character_stands_for_others(rig: Durably) {
    filled(&rig).await;
    for (part, of_organizations, of_members) in [
        ("%", &[1][..], &[2][..]),
        ("_", &[2], &[2]),
        ("'", &[2], &[2]),
        ("\\", &[2], &[2]),
        ("\"", &[2], &[]),
        ("\u{0}", &[3], &[3]),
        ("\u{0}A", &[3], &[]),
        ("\u{0}X", &[], &[3]),
        ("100%", &[1], &[2]),
        ("1%0", &[], &[]),
        ("*", &[], &[]),
        ("A?me", &[], &[]),
        ("' OR 1=1 --", &[], &[]),
        ("\\%", &[], &[]),
    ] {
        let named = [OrganizationFilter::NameContains(part.to_owned())];
        assert_eq!(found(&rig, Combine::All, &named).await, of_organizations, "{part:?}");
        let named = [MemberFilter::NameContains(part.to_owned())];
        assert_eq!(met(&rig, &[1, 2, 3], Combine::All, &named).await, of_members, "{part:?}");
    }
    for (part, expected) in [("%", &[3][..]), ("_", &[3]), ("c%d", &[3]), ("a%a", &[]), ("a_a", &[])] {
        let at = [MemberFilter::AddressContains(part.to_owned())];
        assert_eq!(met(&rig, &[1, 2, 3], Combine::All, &at).await, expected, "{part:?}");
        let with = [OrganizationFilter::MemberAddressContains(part.to_owned())];
        let expected: &[usize] = if expected.is_empty() { &[] } else { &[1] };
        assert_eq!(found(&rig, Combine::All, &with).await, expected, "{part:?}");
    }
    for part in ["%", "_", "'", "\\", "."] {
        let slug = [OrganizationFilter::SlugContains(part.to_owned())];
        let expected: &[usize] = if part == "_" { &[2] } else { &[] };
        assert_eq!(found(&rig, Combine::All, &slug).await, expected, "{part:?}");
        let listed = [OrganizationFilter::AllowedDomainContains(part.to_owned())];
        let expected: &[usize] = if part == "." { &[1, 2] } else { &[] };
        assert_eq!(found(&rig, Combine::All, &listed).await, expected, "{part:?}");
    }
}

pub(crate) async fn searches_what_was_changed(rig: Durably) {
    filled(&rig).await;
    let [mut acme, ..] = organizations();
    let [mut ada, ..] = members();
    acme.claimed_email_domains = BTreeSet::from([domain("new.example")]);
    acme.organization_name = "Renamed".to_owned();
    ada.email_address = address("countess@acme.example");
    ada.is_breakglass = true;
    assert!(rig.store.update_organization(&acme).await.unwrap());
    assert!(rig.store.update_member(&ada).await.unwrap());
    let search = |filter| OrganizationSearch { combine: Combine::All, filters: vec![filter] };
    for (filter, expected) in [
        (OrganizationFilter::ClaimedDomains([domain("new.example")].into()), 1),
        (OrganizationFilter::ClaimedDomains([domain("acme.example")].into()), 0),
        (OrganizationFilter::NameContains("renamed".to_owned()), 1),
        (OrganizationFilter::MemberAddressContains("countess".to_owned()), 1),
        (OrganizationFilter::MemberAddresses([address("countess@acme.example")].into()), 1),
    ] {
        let search = search(filter);
        let found = rig.store.search_organizations(&search, None, 9).await.unwrap();
        assert_eq!(found.len(), expected, "{search:?}");
        assert!(found.iter().all(|found| *found == acme));
    }
    let filters =
        vec![MemberFilter::IsBreakglass(true), MemberFilter::AddressContains("countess".to_owned())];
    let search = MemberSearch { organizations: [organization_id(1)].into(), combine: Combine::All, filters };
    assert_eq!(rig.store.search_members(&search, None, 9).await.unwrap(), [ada]);
    assert!(rig.store.delete_organization(&organization_id(1)).await.unwrap());
    assert_eq!(rig.store.search_members(&search, None, 9).await.unwrap(), []);
    assert_eq!(found(&rig, Combine::All, &[]).await, [2, 3, 4]);
}

pub(crate) async fn pages_through_organizations(rig: Durably) {
    let all: Vec<_> = (1..=25).map(organization).collect();
    for number in (1..=25).rev() {
        let ada = member(number, number, "ada@example.com");
        rig.store.create_organization(&organization(number), &[ada]).await.unwrap();
    }
    let ada = OrganizationFilter::MemberAddresses([address("ada@example.com")].into());
    let slug = OrganizationFilter::SlugContains("acme".to_owned());
    let ids = OrganizationFilter::Ids((1..=30).map(organization_id).collect());
    for filters in [vec![], vec![ada.clone()], vec![slug.clone()], vec![ids.clone()], vec![ada, slug, ids]] {
        for combine in [Combine::All, Combine::Any] {
            let search = OrganizationSearch { combine, filters: filters.clone() };
            for limit in [1, 7, 25, usize::MAX] {
                let mut seen: Vec<Organization> = Vec::new();
                loop {
                    let after = seen.last().map(|organization| &organization.organization_id);
                    let page = rig.store.search_organizations(&search, after, limit).await.unwrap();
                    if page.is_empty() {
                        break;
                    }
                    assert!(page.len() == limit.min(25 - seen.len()), "{search:?}");
                    seen.extend(page);
                }
                assert_eq!(seen, all, "{search:?}");
            }
            assert_eq!(rig.store.search_organizations(&search, None, 0).await.unwrap(), []);
            let after = organization_id(20);
            assert!(rig.store.delete_organization(&after).await.unwrap());
            let rest = rig.store.search_organizations(&search, Some(&after), 9).await.unwrap();
            assert_eq!(rest, all[20..], "after one that is gone");
            let ada = member(20, 20, "ada@example.com");
            rig.store.create_organization(&organization(20), &[ada]).await.unwrap();
        }
    }
}

pub(crate) async fn pages_through_found_members(rig: Durably) {
    // Of three organizations in turn, and every fifth is deleted.
    let all: Vec<_> = (1..=30)
        .map(|number| {
            let mut member = member(number, number % 3, &format!("p{number}@example.com"));
            if number % 5 == 0 {
                member.status = MemberStatus::Deleted;
            }
            member
        })
        .collect();
    for number in 0..3 {
        let of = all.iter().filter(|member| member.organization_id == organization_id(number));
        let of: Vec<_> = of.rev().cloned().collect();
        rig.store.create_organization(&organization(number), &of).await.unwrap();
    }
    let address = MemberFilter::AddressContains("p".to_owned());
    let ids = MemberFilter::Ids((1..=40).map(member_id).collect());
    let addresses = MemberFilter::Addresses(all.iter().map(|member| member.email_address.clone()).collect());
    let deleted = MemberFilter::Statuses([MemberStatus::Deleted].into());
    for organizations in [vec![1], vec![1, 2], vec![0, 1, 2, 3]] {
        for filters in
            [vec![], vec![address.clone()], vec![ids.clone()], vec![addresses.clone()], vec![deleted.clone()]]
        {
            let search = MemberSearch {
                organizations: organizations.iter().copied().map(organization_id).collect(),
                combine: Combine::All,
                filters,
            };
            let expected: Vec<_> = all.iter().filter(|member| search.matches(member)).cloned().collect();
            assert!(!expected.is_empty());
            for limit in [1, 4, usize::MAX] {
                let mut seen: Vec<Member> = Vec::new();
                loop {
                    let after = seen.last().map(|member| &member.member_id);
                    let page = rig.store.search_members(&search, after, limit).await.unwrap();
                    if page.is_empty() {
                        break;
                    }
                    assert!(page.len() == limit.min(expected.len() - seen.len()), "{search:?}");
                    seen.extend(page);
                }
                assert_eq!(seen, expected, "{search:?}");
            }
            assert_eq!(rig.store.search_members(&search, None, 0).await.unwrap(), []);
        }
    }
}
