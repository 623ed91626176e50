//! Organizations that somebody could enter.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Member, MfaRequired, Organization, PrimaryRequired};
use crate::{domain, flow::Discovered, judge};

/// One organization that somebody could enter, and what it would ask.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DiscoveredOrganization {
    /// Whether it would let them in at once.
    member_authenticated: bool,
    /// The organization.
    organization: Organization,
    /// How they stand to it.
    membership: Membership,
    /// A first factor that it would ask for.
    primary_required: Option<PrimaryRequired>,
    /// A second factor that it would ask for.
    mfa_required: Option<MfaRequired>,
}

/// How somebody stands to an organization.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Membership {
    /// Whether they are a member, or might be one.
    #[serde(rename = "type")]
    kind: MembershipType,
    /// The domain, of who may join by one.
    details: Option<MembershipDetails>,
    /// The member, where they are one.
    member: Option<Member>,
}

/// Whether somebody is a member of an organization, or might be one.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MembershipType {
    /// They have come before.
    ActiveMember,
    /// Somebody made them one, and they have not come yet.
    PendingMember,
    /// They were invited.
    InvitedMember,
    /// They may join because of their address's domain.
    EligibleToJoinByEmailDomain,
}

/// What says more about a membership.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct MembershipDetails {
    /// The domain by which they may join.
    domain: String,
}

impl DiscoveredOrganization {
    pub(crate) fn of(found: &Discovered, enrolment: &domain::Enrolment, now: domain::Timestamp) -> Self {
        let owed = found.owed.as_ref();
        let (kind, details) = match &found.membership {
            judge::Membership::ActiveMember => (MembershipType::ActiveMember, None),
            judge::Membership::PendingMember => (MembershipType::PendingMember, None),
            judge::Membership::InvitedMember => (MembershipType::InvitedMember, None),
            judge::Membership::EligibleToJoinByEmailDomain { domain } => {
                let details = MembershipDetails { domain: domain.to_string() };
                (MembershipType::EligibleToJoinByEmailDomain, Some(details))
            }
        };
        let member = found.member.as_ref();
        Self {
            member_authenticated: owed.is_none(),
            organization: (&found.organization).into(),
            membership: Membership {
                kind,
                details,
                member: member.map(|member| Member::of(member, &found.organization, enrolment, now)),
            },
            primary_required: owed.and_then(PrimaryRequired::of),
            mfa_required: owed
                .and_then(|owed| owed.mfa_required.as_ref())
                .map(|required| MfaRequired::of(required, false)),
        }
    }
}
