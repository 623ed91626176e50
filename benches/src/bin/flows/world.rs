//! An application with people who have an authenticator app and a password.

use std::{path::Path, time::Duration};

use axum::{Router, routing::get};
use vestibule::{
    Background, Builder, JwtAlgorithm, Limit, Limits, Requirement, Vestibule,
    domain::{
        EmailAddress, FactorDemand, Member, MemberId, MemberStatus, MfaPolicy, Organization, OrganizationId,
        Secret, Slug,
    },
    store::sqlite::SqliteStore,
};

use crate::{clock::Ahead, mail::Mail, person::Person};

pub const PEOPLE: usize = 96;
pub const ORGANIZATION: &str = "organization-test-00000000-0000-4000-8000-000000000001";
pub const SLUG: &str = "tenant";
pub const PASSWORD: &str = "correct staple, horse of 1984";

/// A route that takes a second factor of the last half minute.
pub const CONFIRMED: &str = "/confirmed";

/// Past that half minute and into another time step of the apps, but not so long that sessions are loaded
/// anew.
pub const BETWEEN_FLOWS: Duration = Duration::from_secs(45);

pub struct World {
    pub name: &'static str,
    pub clock: Ahead,
    pub people: Vec<Person>,
    _background: Background,
}

impl World {
    /// Over the memory store.
    pub async fn in_memory(name: &'static str) -> Self {
        Self::of(name, Vestibule::development()).await
    }

    /// Over a file in this folder.
    pub async fn in_sqlite(name: &'static str, algorithm: JwtAlgorithm, folder: &Path) -> Self {
        let file = folder.join(format!("{}.db", algorithm.as_str()));
        let store = SqliteStore::open(file).await.unwrap();
        Self::of(name, Vestibule::development().store(store).jwt_algorithm(algorithm)).await
    }

    async fn of(name: &'static str, builder: Builder) -> Self {
        let (clock, mut mail) = (Ahead::default(), Mail::default());
        let addresses: Vec<String> = (0..PEOPLE).map(|number| format!("member{number}@a.example")).collect();
        let inboxes: Vec<_> = addresses.iter().map(|address| mail.inbox(address)).collect();
        let vestibule = builder.clock(clock.clone()).email(mail).limits(unlimited()).build().await.unwrap();
        let background = vestibule.start();
        settle(&vestibule, &addresses).await;
        let app = application(&vestibule);
        let mut people = Vec::new();
        for (address, inbox) in addresses.into_iter().zip(inboxes) {
            let mut person = Person {
                app: app.clone(),
                clock: clock.clone(),
                address,
                inbox,
                cookies: Default::default(),
                secret: String::new(),
                took: Vec::new(),
            };
            person.enrol().await;
            people.push(person);
        }
        Self { name, clock, people, _background: background }
    }
}

fn application(vestibule: &Vestibule) -> Router {
    let fresh = FactorDemand::secondary().within(Duration::from_secs(30));
    let require = vestibule.require(Requirement::member().factor(fresh));
    Router::new()
        .route(CONFIRMED, get(async || "done").route_layer(require))
        .layer(vestibule.auth_layer())
        .layer(vestibule.session_layer())
}

async fn settle(vestibule: &Vestibule, addresses: &[String]) {
    let id = OrganizationId::new(ORGANIZATION).unwrap();
    let slug = Slug::parse(SLUG).unwrap();
    let mut organization = Organization::new(id.clone(), "Tenant", slug, vestibule.now());
    organization.mfa_policy = MfaPolicy::RequiredForAll;
    let member = |(number, address): (usize, &String)| {
        let member_id =
            MemberId::new(format!("member-test-{number:08x}-0000-4000-8000-000000000000")).unwrap();
        let address = EmailAddress::parse(address).unwrap();
        Member::new(member_id, id.clone(), address, MemberStatus::Active, vestibule.now())
    };
    let members: Vec<Member> = addresses.iter().enumerate().map(member).collect();
    vestibule.create_organization(&organization, &members).await.unwrap();
    for member in members {
        vestibule.set_password(&member.member_id, Secret::new(PASSWORD)).await.unwrap();
    }
}

/// Everybody does here in a minute what others do in weeks, all from one address.
fn unlimited() -> Limits {
    let never = Limit { count: u32::MAX, window: Duration::from_secs(60) };
    let mut limits = Limits::default();
    for limit in [
        &mut limits.emails_per_pair,
        &mut limits.emails_per_address,
        &mut limits.emails_per_client,
        &mut limits.failures_per_pair,
        &mut limits.failures_per_client,
        &mut limits.slow_after,
        &mut limits.intermediate_per_client,
        &mut limits.intermediate_per_address,
    ] {
        *limit = never;
    }
    limits
}
