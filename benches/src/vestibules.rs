//! A Vestibule with people who are signed in.

use std::time::Duration;

use http::{HeaderValue, Request};
use vestibule::{
    JwtAlgorithm, Limit, Limits, Vestibule, Vouched,
    domain::{
        EmailAddress, FactorKind, Member, MemberId, MemberStatus, Organization, OrganizationId, RoleId, Slug,
    },
};

/// How many sessions a member has, and how many members an organization.
pub const SESSIONS_PER_MEMBER: usize = 10;
pub const MEMBERS_PER_ORGANIZATION: usize = 100;

/// A Vestibule in memory, and the tokens of everybody who is signed in.
pub struct SignedIn {
    pub vestibule: Vestibule,
    pub tokens: Vec<String>,
}

/// Signs in so many sessions: ten a member, a hundred members an organization. Of the JWTs that are
/// verified, so many are remembered.
pub async fn signed_in(sessions: usize, algorithm: JwtAlgorithm, remembered_jwts: u64) -> SignedIn {
    let mut limits = Limits::default();
    limits.intermediate_per_address = Limit { count: u32::MAX, window: Duration::from_secs(60) };
    let vestibule = Vestibule::development()
        .jwt_algorithm(algorithm)
        .limits(limits)
        .live_sessions(2_000_000)
        .remembered_jwts(remembered_jwts)
        // What is measured is the table's work, not that of asking the store again once a minute.
        .greatest_staleness(Duration::from_secs(3600))
        .build()
        .await
        .unwrap();
    let members = sessions.div_ceil(SESSIONS_PER_MEMBER);
    for first in (0..members).step_by(MEMBERS_PER_ORGANIZATION) {
        let last = members.min(first + MEMBERS_PER_ORGANIZATION);
        organization(&vestibule, first, last).await;
    }
    let mut tokens = Vec::with_capacity(sessions);
    for index in 0..sessions {
        tokens.push(sign_in(&vestibule, index / SESSIONS_PER_MEMBER).await);
    }
    SignedIn { vestibule, tokens }
}

impl SignedIn {
    /// A JWT for each session.
    pub async fn jwts(&self) -> Vec<String> {
        let mut jwts = Vec::with_capacity(self.tokens.len());
        for token in &self.tokens {
            let session = self.vestibule.current_session(token).await.unwrap();
            jwts.push(self.vestibule.session_jwt(&session).await.unwrap().expose().to_owned());
        }
        jwts
    }
}

fn organization_id(member: usize) -> OrganizationId {
    let number = member / MEMBERS_PER_ORGANIZATION;
    OrganizationId::new(format!("organization-test-{number:08x}-0000-4000-8000-000000000000")).unwrap()
}

fn member_id(member: usize) -> MemberId {
    MemberId::new(format!("member-test-{member:08x}-0000-4000-8000-000000000000")).unwrap()
}

fn address(member: usize) -> EmailAddress {
    EmailAddress::parse(&format!("member{member}@organization.example")).unwrap()
}

async fn organization(vestibule: &Vestibule, first: usize, last: usize) {
    let id = organization_id(first);
    let slug = Slug::parse(&format!("tenant-{first}")).unwrap();
    let organization = Organization::new(id.clone(), format!("Tenant {first}"), slug, vestibule.now());
    let people: Vec<Member> = (first..last)
        .map(|number| {
            let mut member = Member::new(
                member_id(number),
                id.clone(),
                address(number),
                MemberStatus::Active,
                vestibule.now(),
            );
            member.roles = vec![RoleId::new("editor").unwrap()];
            member
        })
        .collect();
    vestibule.create_organization(&organization, &people).await.unwrap();
}

async fn sign_in(vestibule: &Vestibule, member: usize) -> String {
    let vouched = Vouched {
        kind: FactorKind::EmailOtp,
        address: address(member),
        verified: true,
        organizations: Vec::new(),
        proved_at: vestibule.now(),
        enter: Some(organization_id(member)),
        return_to: None,
    };
    let (request, ()) = Request::new(()).into_parts();
    let handoff = vestibule.vouch(&request, vouched).await.unwrap();
    let pair = handoff
        .cookies()
        .iter()
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .find(|pair| pair.contains("_session="))
        .unwrap();
    pair.split_once('=').unwrap().1.to_owned()
}

/// The `Cookie` header with a session token.
pub fn cookie(token: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("vestibule_development_session={token}")).unwrap()
}

/// The `Authorization` header with a token.
pub fn bearer(token: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("Bearer {token}")).unwrap()
}
