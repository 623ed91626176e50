//! Vestibules with people who are signed in.

use std::time::Duration;

use http::{HeaderValue, Request};
use vestibule::{
    Builder, JwtAlgorithm, KeyError, KeyProvider, Limit, Limits, MasterKey, Vestibule, Vouched,
    domain::{
        EmailAddress, FactorKind, Member, MemberId, MemberStatus, Organization, OrganizationId, RoleId, Slug,
        Timestamp,
    },
};

pub const MEMBERS_PER_ORGANIZATION: usize = 100;

/// How many sessions a member has where nothing else is said.
pub const SESSIONS_PER_MEMBER: usize = 10;

/// How many people there are; a hundred members an organization.
#[derive(Clone, Copy)]
pub struct People {
    pub sessions: usize,
    pub sessions_per_member: usize,
}

/// A Vestibule in memory, and the tokens of everybody who is signed in.
pub struct SignedIn {
    pub vestibule: Vestibule,
    pub tokens: Vec<String>,
}

/// Signs in so many sessions, ten a member. Of the JWTs that are verified, so many are remembered.
pub async fn signed_in(sessions: usize, algorithm: JwtAlgorithm, remembered_jwts: u64) -> SignedIn {
    let people = People { sessions, sessions_per_member: SESSIONS_PER_MEMBER };
    let vestibule = builder(algorithm).remembered_jwts(remembered_jwts).build().await.unwrap();
    create_all(&vestibule, people).await;
    let tokens = sign_in_all(&vestibule, people).await;
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

/// Development, with room for everybody and limits that nobody meets.
pub fn builder(algorithm: JwtAlgorithm) -> Builder {
    let mut limits = Limits::default();
    limits.intermediate_per_address = Limit { count: u32::MAX, window: Duration::from_secs(60) };
    Vestibule::development()
        .jwt_algorithm(algorithm)
        .limits(limits)
        .live_sessions(2_000_000)
        // What is measured is the table's work, not that of asking the store again once a minute.
        .greatest_staleness(Duration::from_secs(3600))
}

/// The master key of nodes that share a store.
pub struct OneKey;

impl KeyProvider for OneKey {
    fn master_keys(&self) -> Result<Vec<MasterKey>, KeyError> {
        Ok(vec![MasterKey::new("benchmark", [7; 32])])
    }
}

/// Makes the organizations and their members.
pub async fn create_all(vestibule: &Vestibule, people: People) {
    for first in (0..people.members()).step_by(MEMBERS_PER_ORGANIZATION) {
        let id = organization_id(first);
        let slug = Slug::parse(&format!("tenant-{first}")).unwrap();
        let tenant = Organization::new(id.clone(), format!("Tenant {first}"), slug, vestibule.now());
        let last = people.members().min(first + MEMBERS_PER_ORGANIZATION);
        let members: Vec<Member> = (first..last).map(|number| member(number, &id, vestibule.now())).collect();
        vestibule.create_organization(&tenant, &members).await.unwrap();
    }
}

/// Signs everybody in, and answers their tokens.
pub async fn sign_in_all(vestibule: &Vestibule, people: People) -> Vec<String> {
    let mut tokens = Vec::with_capacity(people.sessions);
    for index in 0..people.sessions {
        let organization = organization_id(index / people.sessions_per_member);
        tokens.push(sign_in(vestibule, people.vouched(index, Some(organization), vestibule.now())).await);
    }
    tokens
}

/// Signs somebody in whom the application vouches for, and answers the token.
pub async fn sign_in(vestibule: &Vestibule, vouched: Vouched) -> String {
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

impl People {
    pub fn members(self) -> usize {
        self.sessions.div_ceil(self.sessions_per_member)
    }

    /// Who signs in with the session of this number.
    pub fn vouched(self, index: usize, enter: Option<OrganizationId>, now: Timestamp) -> Vouched {
        Vouched {
            kind: FactorKind::EmailOtp,
            address: address(index / self.sessions_per_member),
            verified: true,
            organizations: Vec::new(),
            proved_at: now,
            enter,
            return_to: None,
        }
    }
}

fn member(number: usize, organization_id: &OrganizationId, now: Timestamp) -> Member {
    let id = member_id(number);
    let mut member = Member::new(id, organization_id.clone(), address(number), MemberStatus::Active, now);
    member.roles = vec![RoleId::new("editor").unwrap()];
    member
}

pub fn organization_id(member: usize) -> OrganizationId {
    let number = member / MEMBERS_PER_ORGANIZATION;
    OrganizationId::new(format!("organization-test-{number:08x}-0000-4000-8000-000000000000")).unwrap()
}

pub fn member_id(member: usize) -> MemberId {
    MemberId::new(format!("member-test-{member:08x}-0000-4000-8000-000000000000")).unwrap()
}

pub fn address(member: usize) -> EmailAddress {
    EmailAddress::parse(&format!("member{member}@organization.example")).unwrap()
}

/// The `Cookie` header with a session token.
pub fn cookie(token: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("vestibule_development_session={token}")).unwrap()
}

/// The `Authorization` header with a token.
pub fn bearer(token: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("Bearer {token}")).unwrap()
}
