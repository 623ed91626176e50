//! What of a session is seldom read, in a few bytes: a table holds a million of them.

use serde::{Deserialize, Serialize};

use super::requirement::Proof;
use crate::domain::{
    CompactId, CredentialId, CustomClaims, EmailAddress, Factor, FactorKind, MemberId, SessionRecord,
    Subject, Timestamp, TokenSeed,
};

/// The packed rest of a session's record.
pub(super) struct Packed(Box<[u8]>);

/// What is packed. The default, as which a damaged one would be read, grants nothing.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Rest<'a> {
    seed: [u8; 16],
    pub(super) revision: u64,
    started_at: u64,
    last_accessed_at: u64,
    expires_at: u64,
    absolute_end: u64,
    factors: Vec<PackedFactor>,
    enrolled_here: Vec<CompactId>,
    /// As JSON; empty where there are none.
    custom_claims: &'a str,
    pub(super) ip_address: &'a str,
}

#[derive(Serialize, Deserialize)]
struct PackedFactor {
    kind: FactorKind,
    subject: PackedSubject,
    credential_id: CompactId,
    last_authenticated_at: u64,
    created_at: u64,
}

#[derive(Serialize, Deserialize)]
enum PackedSubject {
    /// The address that the member is known by.
    OwnAddress,
    /// The member.
    Oneself,
    Other(Subject),
}

impl Packed {
    /// Packs what `owner` and the record's ids do not say already.
    pub(super) fn of(record: &SessionRecord, owner: &EmailAddress) -> Self {
        let claims = record.custom_claims.as_map();
        let claims = if claims.is_empty() { None } else { serde_json::to_string(claims).ok() };
        let factor = |factor: &Factor| PackedFactor {
            kind: factor.kind,
            subject: match &factor.subject {
                Subject::Email(address) if address == owner => PackedSubject::OwnAddress,
                Subject::Member(member_id) if *member_id == record.member_id => PackedSubject::Oneself,
                other => PackedSubject::Other(other.clone()),
            },
            credential_id: (&factor.credential_id).into(),
            last_authenticated_at: factor.last_authenticated_at.as_millis(),
            created_at: factor.created_at.as_millis(),
        };
        let rest = Rest {
            seed: record.seed.0,
            revision: record.revision,
            started_at: record.started_at.as_millis(),
            last_accessed_at: record.last_accessed_at.as_millis(),
            expires_at: record.expires_at.as_millis(),
            absolute_end: record.absolute_end.as_millis(),
            factors: record.factors.iter().map(factor).collect(),
            enrolled_here: record.enrolled_here.iter().map(CompactId::from).collect(),
            custom_claims: claims.as_deref().unwrap_or_default(),
            ip_address: &record.ip_address,
        };
        // Writing into memory can't fail; what was not written would be read as nothing.
        Self(postcard::to_allocvec(&rest).unwrap_or_default().into())
    }

    pub(super) fn open(&self) -> Rest<'_> {
        postcard::from_bytes(&self.0).unwrap_or_default()
    }
}

impl Rest<'_> {
    pub(super) fn seed(&self) -> TokenSeed {
        TokenSeed(self.seed)
    }

    pub(super) fn started_at(&self) -> Timestamp {
        Timestamp::from_millis(self.started_at)
    }

    pub(super) fn last_accessed_at(&self) -> Timestamp {
        Timestamp::from_millis(self.last_accessed_at)
    }

    pub(super) fn expires_at(&self) -> Timestamp {
        Timestamp::from_millis(self.expires_at)
    }

    pub(super) fn absolute_end(&self) -> Timestamp {
        Timestamp::from_millis(self.absolute_end)
    }

    pub(super) fn custom_claims(&self) -> CustomClaims {
        serde_json::from_str(self.custom_claims).unwrap_or_default()
    }

    pub(super) fn enrolled_here(&self) -> Vec<CredentialId> {
        self.enrolled_here.iter().map(CredentialId::from).collect()
    }

    /// The factors, of the member of this id and address.
    pub(super) fn factors(&self, member_id: &MemberId, owner: &EmailAddress) -> Vec<Factor> {
        let factor = |factor: &PackedFactor| Factor {
            kind: factor.kind,
            subject: match &factor.subject {
                PackedSubject::OwnAddress => Subject::Email(owner.clone()),
                PackedSubject::Oneself => Subject::Member(member_id.clone()),
                PackedSubject::Other(other) => other.clone(),
            },
            credential_id: (&factor.credential_id).into(),
            last_authenticated_at: Timestamp::from_millis(factor.last_authenticated_at),
            created_at: Timestamp::from_millis(factor.created_at),
        };
        self.factors.iter().map(factor).collect()
    }

    /// What answers a demand, without the rest of the factors.
    pub(super) fn proofs(&self) -> impl Iterator<Item = Proof> {
        self.factors.iter().map(|factor| Proof {
            kind: factor.kind,
            at: Timestamp::from_millis(factor.last_authenticated_at),
            enrolled_here: self.enrolled_here.contains(&factor.credential_id),
        })
    }
}
