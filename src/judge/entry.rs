//! The verdict on entering an organization: granted, or what is still owed.

use std::collections::BTreeSet;

use super::{
    admission::{accepts_first, is_about},
    member_session::{Continuation, Standing},
};
use crate::domain::{
    AuthMethod, CredentialId, Enrolment, Factor, FactorClass, FactorKind, Member, MemberStatus, MfaPolicy,
    Organization, PhoneNumber, Subject, Timestamp,
};

/// Everything that the verdict depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    /// The factors held.
    pub(crate) factors: &'a [Factor],
    /// Where to.
    pub(crate) organization: &'a Organization,
    /// As whom.
    pub(crate) member: &'a Member,
    /// What they have set up.
    pub(crate) enrolment: &'a Enrolment,
    /// A live session of theirs which another first factor is added to; then no second factor is
    /// demanded, and none is gained.
    pub(crate) standing: Option<&'a Standing>,
    /// When.
    pub(crate) now: Timestamp,
}

/// What the judge says to an [`Entry`].
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Come in.
    Granted(Box<Grant>),
    /// Go on with the session that stands: it gains first factors, and no other is opened.
    Continued(Continuation),
    /// Not yet.
    Owed(Owed),
    /// Not at all: no active member of this organization.
    Refused,
}

/// What is still owed before an organization lets somebody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owed {
    /// A first factor of one of these methods, before anything else.
    pub(crate) primary_required: Option<BTreeSet<AuthMethod>>,
    /// A second factor.
    pub(crate) mfa_required: Option<MfaRequired>,
}

/// Which second factors a member can answer with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MfaRequired {
    /// The number that a code can be sent to.
    pub(crate) phone: Option<PhoneNumber>,
    /// The authenticator app.
    pub(crate) totp_id: Option<CredentialId>,
}

impl MfaRequired {
    /// Whether a second factor has to be set up first.
    pub(crate) fn needs_enrolment(&self) -> bool {
        self.phone.is_none() && self.totp_id.is_none()
    }
}

/// Leave to open a member session, made by [`enter`] alone.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(super) organization: Organization,
    pub(super) member: Member,
    pub(super) factors: Vec<Factor>,
}

impl Grant {
    /// Whom it lets in.
    pub(crate) fn member(&self) -> &Member {
        &self.member
    }

    /// Where.
    pub(crate) fn organization(&self) -> &Organization {
        &self.organization
    }
}

/// Decides whether somebody may enter an organization as one of its members.
pub(crate) fn enter(entry: &Entry<'_>) -> Verdict {
    decide(entry, counting(entry).collect())
}

/// Whether the factors of a session that lives would still open it. A password counts for it that has
/// been replaced since: setting one ends no session.
pub(super) fn still_enters(entry: &Entry<'_>) -> bool {
    matches!(decide(entry, proved(entry).collect()), Verdict::Granted(_))
}

fn decide(entry: &Entry<'_>, counted: Vec<&Factor>) -> Verdict {
    let Entry { organization, member, enrolment, .. } = *entry;
    if member.organization_id != organization.organization_id || member.status != MemberStatus::Active {
        return Verdict::Refused;
    }
    let holds = |class| counted.iter().any(|factor| factor.kind.class() == class);

    let standing = entry.standing.filter(|standing| standing.stands_for(member, entry.now));
    let mfa = organization.mfa_policy == MfaPolicy::RequiredForAll || enrolment.mfa_enrolled;
    let owed = Owed {
        primary_required: (!holds(FactorClass::Primary)).then(|| methods(organization, member)),
        mfa_required: (mfa && standing.is_none() && !holds(FactorClass::Secondary))
            .then(|| options(organization, member, enrolment)),
    };
    if owed.primary_required.is_some() || owed.mfa_required.is_some() {
        return Verdict::Owed(owed);
    }
    let factors = counted.into_iter().cloned().collect();
    match standing {
        Some(standing) => Verdict::Continued(Continuation { standing: standing.clone(), factors }),
        None => Verdict::Granted(Box::new(Grant {
            organization: organization.clone(),
            member: member.clone(),
            factors,
        })),
    }
}

/// The factors that count: proved by now, of a kind that the organization accepts, and each by a
/// credential that this very member has.
pub(crate) fn counting<'a>(entry: &Entry<'a>) -> impl Iterator<Item = &'a Factor> {
    let enrolment = entry.enrolment;
    proved(entry).filter(move |factor| !is_replaced(factor, enrolment))
}

/// The same, with passwords that have been replaced since they were proved.
fn proved<'a>(entry: &Entry<'a>) -> impl Iterator<Item = &'a Factor> {
    let Entry { factors, organization, member, enrolment, now, .. } = *entry;
    factors.iter().filter(move |factor| {
        factor.last_authenticated_at <= now
            && match factor.kind.class() {
                FactorClass::Primary => {
                    is_about(factor, member) && accepts_first(organization, member, factor.kind)
                }
                FactorClass::Secondary => {
                    proves_second(factor, member, enrolment)
                        && accepts_second(organization, member, factor.kind)
                }
            }
    })
}

/// Whether it proves a password that the member no longer has. One that an application keeps itself is
/// about an address, and is the application's to judge.
fn is_replaced(factor: &Factor, enrolment: &Enrolment) -> bool {
    factor.kind == FactorKind::Password
        && matches!(factor.subject, Subject::Member(_))
        && enrolment.password_id.as_ref() != Some(&factor.credential_id)
}

fn proves_second(factor: &Factor, member: &Member, enrolment: &Enrolment) -> bool {
    match (factor.kind, &factor.subject) {
        (FactorKind::Otp, Subject::Phone(number)) => {
            enrolment.verified_phone().is_some_and(|phone| phone.number == *number)
        }
        (FactorKind::Totp, Subject::Member(id)) => {
            *id == member.member_id && enrolment.totp_id.as_ref() == Some(&factor.credential_id)
        }
        // Recovery codes back an authenticator app: without one they stand for nothing.
        (FactorKind::RecoveryCodes, Subject::Member(id)) => {
            *id == member.member_id && enrolment.totp_id.is_some()
        }
        _ => false,
    }
}

/// Whether the organization accepts this kind of factor, a first or a second one, from this member.
pub(crate) fn accepts(organization: &Organization, member: &Member, kind: FactorKind) -> bool {
    accepts_first(organization, member, kind) || accepts_second(organization, member, kind)
}

fn accepts_second(organization: &Organization, member: &Member, kind: FactorKind) -> bool {
    match kind.mfa_method() {
        Some(method) => member.is_breakglass || organization.mfa_methods.allows(&method),
        None => false,
    }
}

/// The first-factor methods that this member could use here.
fn methods(organization: &Organization, member: &Member) -> BTreeSet<AuthMethod> {
    AuthMethod::ALL
        .into_iter()
        .filter(|method| member.is_breakglass || organization.auth_methods.allows(method))
        .collect()
}

fn options(organization: &Organization, member: &Member, enrolment: &Enrolment) -> MfaRequired {
    let accepts = |kind| accepts_second(organization, member, kind);
    MfaRequired {
        phone: enrolment
            .verified_phone()
            .filter(|_| accepts(FactorKind::Otp))
            .map(|phone| phone.number.clone()),
        totp_id: enrolment.totp_id.clone().filter(|_| accepts(FactorKind::Totp)),
    }
}
