//! What a store finds is what the search matches: many searches over many records, both at random.

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

const ORGANIZATIONS: u64 = 12;
const MEMBERS: u64 = 60;
const SEARCHES: u64 = 400;

const NAMES: [&str; 10] =
    ["", "Ada", "aDA 100%", "_x_", "O'Neil", "back\\slash", "\u{c4}da", "\u{0}ada", "\"a\"", "a%d_a"];
const PARTS: [&str; 14] =
    ["", "a", "AD", "%", "_", "'", "\\", "\"", "\u{0}", "\u{c4}", "\u{e4}", "0%", "x_", "zz"];
const DOMAINS: [&str; 5] = ["a.example", "b.example", "ab.example", "a.test", "zz.test"];
const LOCAL_PARTS: [&str; 7] = ["ada", "a%a", "a_a", "o'neil", "{a}", "bob", "zz"];
const EXTERNAL_IDS: [&str; 8] = ["1", "01", "A", "a", "'", "\\u0000", "\u{0}", "\u{c4}"];
const ROLES: [&str; 3] = ["owner", "editor", "own"];
const STATUSES: [MemberStatus; 4] =
    [MemberStatus::Pending, MemberStatus::Invited, MemberStatus::Active, MemberStatus::Deleted];

/// SplitMix64: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn part(&mut self) -> String {
        self.one(&PARTS).to_owned()
    }

    /// None to three of what `make` makes.
    fn some<T: Ord>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> BTreeSet<T> {
        (0..self.below(4)).map(|_| make(self)).collect()
    }

    fn email(&mut self) -> String {
        format!("{}@{}", self.one(&LOCAL_PARTS), self.one(&DOMAINS))
    }

    fn combine(&mut self) -> Combine {
        self.one(&[Combine::All, Combine::Any])
    }
}

fn slug(number: u64) -> Slug {
    Slug::parse(&format!("{}{number}", if number.is_multiple_of(2) { "Ada_" } else { "a.x-" })).unwrap()
}

fn some_organization(dice: &mut Dice, number: u64) -> Organization {
    let mut made = organization(number);
    made.organization_slug = slug(number);
    made.organization_name = dice.one(&NAMES).to_owned();
    // No two have the same.
    made.organization_external_id = EXTERNAL_IDS.get(number as usize).map(|&id| id.to_owned());
    made.email_allowed_domains = dice.some(|dice| domain(dice.one(&DOMAINS)));
    made.claimed_email_domains = DOMAINS.get(number as usize).map(|name| domain(name)).into_iter().collect();
    made
}

fn some_member(dice: &mut Dice, number: u64) -> Member {
    let mut made = member(number, dice.below(ORGANIZATIONS), &dice.email());
    made.name = dice.one(&NAMES).to_owned();
    made.status = dice.one(&STATUSES);
    made.is_breakglass = dice.flip();
    made.roles = dice.some(role).into_iter().collect();
    made.external_id = dice.flip().then(|| dice.one(&EXTERNAL_IDS).to_owned());
    made
}

fn role(dice: &mut Dice) -> RoleId {
    RoleId::new(dice.one(&ROLES)).unwrap()
}

fn organization_filter(dice: &mut Dice) -> OrganizationFilter {
    use OrganizationFilter as F;
    match dice.below(11) {
        0 => F::Ids(dice.some(|dice| organization_id(dice.below(ORGANIZATIONS + 1)))),
        1 => F::Slugs(dice.some(|dice| slug(dice.below(ORGANIZATIONS + 1)))),
        2 => F::ExternalIds(dice.some(|dice| dice.one(&EXTERNAL_IDS).to_owned())),
        3 => F::NameContains(dice.part()),
        4 => F::SlugContains(dice.part()),
        5 => F::MemberAddresses(dice.some(|dice| address(&dice.email()))),
        6 => F::MemberAddressContains(dice.part()),
        7 => F::AllowedDomains(dice.some(|dice| domain(dice.one(&DOMAINS)))),
        8 => F::AllowedDomainContains(dice.part()),
        9 => F::ClaimedDomains(dice.some(|dice| domain(dice.one(&DOMAINS)))),
        _ => F::Constant(dice.flip()),
    }
}

fn member_filter(dice: &mut Dice) -> MemberFilter {
    use MemberFilter as F;
    match dice.below(9) {
        0 => F::Ids(dice.some(|dice| member_id(dice.below(MEMBERS + 1)))),
        1 => F::ExternalIds(dice.some(|dice| dice.one(&EXTERNAL_IDS).to_owned())),
        2 => F::Addresses(dice.some(|dice| address(&dice.email()))),
        3 => F::AddressContains(dice.part()),
        4 => F::NameContains(dice.part()),
        5 => F::Statuses(dice.some(|dice| dice.one(&STATUSES))),
        6 => F::IsBreakglass(dice.flip()),
        7 => F::Roles(dice.some(role)),
        _ => F::Constant(dice.flip()),
    }
}

/// Makes what there is, and answers it in order of the ids.
async fn fill(rig: &Durably, dice: &mut Dice) -> (Vec<Organization>, Vec<Member>) {
    let organizations: Vec<_> = (0..ORGANIZATIONS).map(|number| some_organization(dice, number)).collect();
    for organization in &organizations {
        rig.store.create_organization(organization, &[]).await.unwrap();
    }
    let mut members = Vec::new();
    for number in 0..MEMBERS {
        let member = some_member(dice, number);
        // Some have the address or the external id of another.
        if rig.store.create_member(&member).await.is_ok() {
            members.push(member);
        }
    }
    (organizations, members)
}

pub(crate) async fn finds_the_organizations_that_match(rig: Durably) {
    let mut dice = Dice(1);
    let (organizations, members) = fill(&rig, &mut dice).await;
    let mut fruitful = 0;
    for _ in 0..SEARCHES {
        let filters = (0..dice.below(5)).map(|_| organization_filter(&mut dice)).collect();
        let search = OrganizationSearch { combine: dice.combine(), filters };
        let after = dice.flip().then(|| organization_id(dice.below(ORGANIZATIONS)));
        let limit = dice.one(&[1, 3, 100]);
        let mut expected = organizations.clone();
        expected.retain(|organization| {
            let id = &organization.organization_id;
            let members = members.iter().filter(|member| member.organization_id == *id);
            search.matches(organization, &members) && after.as_ref().is_none_or(|after| id > after)
        });
        expected.truncate(limit);
        let found = rig.store.search_organizations(&search, after.as_ref(), limit).await.unwrap();
        assert_eq!(found, expected, "{search:?} after {after:?}, {limit}");
        fruitful += u64::from(!found.is_empty());
    }
    assert!(fruitful > SEARCHES / 5, "{fruitful}");
}

pub(crate) async fn finds_the_members_that_match(rig: Durably) {
    let mut dice = Dice(2);
    let (_, members) = fill(&rig, &mut dice).await;
    let mut fruitful = 0;
    for _ in 0..SEARCHES {
        let search = MemberSearch {
            organizations: dice.some(|dice| organization_id(dice.below(ORGANIZATIONS + 1))),
            combine: dice.combine(),
            filters: (0..dice.below(4)).map(|_| member_filter(&mut dice)).collect(),
        };
        let after = dice.flip().then(|| member_id(dice.below(MEMBERS)));
        let limit = dice.one(&[1, 3, 100]);
        let mut expected = members.clone();
        expected.retain(|member| {
            search.matches(member) && after.as_ref().is_none_or(|after| member.member_id > *after)
        });
        expected.truncate(limit);
        let found = rig.store.search_members(&search, after.as_ref(), limit).await.unwrap();
        assert_eq!(found, expected, "{search:?} after {after:?}, {limit}");
        fruitful += u64::from(!found.is_empty());
    }
    assert!(fruitful > SEARCHES / 5, "{fruitful}");
}
