//! Records to store.

use std::time::Duration;

use serde_json::{Map, json};
use vestibule::{
    domain::{
        Challenge, CredentialId, CustomClaims, Digest, Domain, EmailAddress, EmailCode, Environment, Factor,
        FactorDemand, FactorKind, IntermediateSession, MagicLink, Member, MemberId, MemberStatus,
        Organization, OrganizationId, ReturnTo, Scope, SessionId, SessionRecord, Slug, Subject, Timestamp,
        TokenSeed,
    },
    store::Attempt,
};

/// When the tests begin.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// So many milliseconds later.
pub(crate) fn at(millis: u64) -> Timestamp {
    START.after(Duration::from_millis(millis))
}

/// Sixteen bytes that belong to a number; ids of them are in the order of the numbers.
pub(crate) fn bytes(number: u64) -> [u8; 16] {
    let mut bytes = [0x5a; 16];
    // Not among the first nine: a UUID has bits of its own there.
    bytes[9..].copy_from_slice(&number.to_be_bytes()[1..]);
    bytes
}

pub(crate) fn digest(number: u64) -> Digest {
    let mut digest = [0xa5; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    Digest(digest)
}

pub(crate) fn attempt(number: u64) -> Attempt {
    Attempt(bytes(number))
}

pub(crate) fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(crate) fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

pub(crate) fn organization_id(number: u64) -> OrganizationId {
    OrganizationId::mint(Environment::Test, bytes(number))
}

pub(crate) fn member_id(number: u64) -> MemberId {
    MemberId::mint(Environment::Test, bytes(number))
}

pub(crate) fn session_id(number: u64) -> SessionId {
    SessionId::mint(Environment::Test, bytes(number))
}

pub(crate) fn credential_id(number: u64) -> CredentialId {
    CredentialId::mint("email", Environment::Test, bytes(number))
}

pub(crate) fn organization(number: u64) -> Organization {
    let slug = Slug::parse(&format!("acme-{number}")).unwrap();
    Organization::new(organization_id(number), format!("Acme {number}"), slug, START)
}

/// A verified, active member.
pub(crate) fn member(number: u64, organization: u64, email: &str) -> Member {
    let mut member = Member::new(
        member_id(number),
        organization_id(organization),
        address(email),
        MemberStatus::Pending,
        START,
    );
    member.activate(START);
    member
}

pub(crate) fn factor(email: &str) -> Factor {
    Factor::new(FactorKind::EmailOtp, Subject::Email(address(email)), credential_id(1), START)
}

/// A session that lives for an hour.
pub(crate) fn session(number: u64, member: u64, organization: u64) -> SessionRecord {
    SessionRecord {
        session_id: session_id(number),
        member_id: member_id(member),
        organization_id: organization_id(organization),
        seed: TokenSeed(bytes(number)),
        revision: 0,
        factors: vec![factor("ada@example.com")],
        enrolled_here: vec![credential_id(7)],
        custom_claims: CustomClaims::new(Map::from_iter([("plan".to_owned(), json!({"seats": 3}))])).unwrap(),
        started_at: START,
        last_accessed_at: START,
        expires_at: at(3_600_000),
        absolute_end: at(12 * 3_600_000),
        user_agent: "Mozilla/5.0 \"'\u{0}\u{1f980}".to_owned(),
        ip_address: "2001:db8::1".to_owned(),
    }
}

/// An intermediate session that lives for ten minutes.
pub(crate) fn intermediate(email: &str) -> IntermediateSession {
    IntermediateSession {
        factors: vec![factor(email)],
        organization_id: None,
        browser: Some(digest(99)),
        return_to: ReturnTo::parse("/reports?year=2026"),
        created_at: START,
        expires_at: at(600_000),
        continues: None,
    }
}

/// A code of five tries that lives for ten minutes.
pub(crate) fn code(number: u64) -> EmailCode {
    EmailCode {
        digest: digest(number),
        address: address("ada@example.com"),
        scope: Scope::Discovery,
        kind: FactorKind::EmailOtp,
        email_id: credential_id(1),
        link: None,
        return_to: None,
        expires_at: at(600_000),
        tries_left: 5,
        becomes_address_of: None,
    }
}

pub(crate) fn challenge(nonce: u64, demand: FactorDemand) -> Challenge {
    Challenge {
        nonce: bytes(nonce),
        demand,
        return_to: ReturnTo::parse("/first"),
        nothing_done: false,
        expires_at: at(600_000),
    }
}

/// A link that is good for ten minutes.
pub(crate) fn link(number: u64) -> MagicLink {
    MagicLink {
        digest: digest(number),
        address: address("ada@example.com"),
        scope: Scope::Organization(organization_id(1)),
        email_id: credential_id(1),
        browser: Some(digest(98)),
        return_to: ReturnTo::parse("/reports"),
        expires_at: at(600_000),
        api: None,
    }
}
