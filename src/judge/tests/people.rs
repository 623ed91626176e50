//! Who is in these tests: Ada, a member of Acme and of Bolt under one address, and Eve of Acme.

use std::time::Duration;

use crate::{
    domain::{
        CredentialId, CustomClaims, Domain, EmailAddress, Enrolment, Factor, FactorKind, Member, MemberId,
        MemberStatus, Organization, OrganizationId, Phone, PhoneNumber, Role, SessionId, SessionRecord, Slug,
        Subject, Timestamp, TokenSeed,
    },
    judge::{
        Entry, Grant, MemberSession, Opening, Resumed, SessionPolicy, Verdict, enter, member_session::Ended,
        resume,
    },
};

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const MILLI: Duration = Duration::from_millis(1);

/// When these tests happen.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

pub(super) const ADA: &str = "ada@corp.example";
pub(super) const EVE: &str = "eve@corp.example";
pub(super) const ADA_PHONE: &str = "+15550000001";
pub(super) const OTHER_PHONE: &str = "+15550000002";

pub(super) fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(super) fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

pub(super) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

pub(super) fn credential(text: &str) -> CredentialId {
    CredentialId::new(text).unwrap()
}

pub(super) fn member_id(text: &str) -> MemberId {
    MemberId::new(text).unwrap()
}

pub(super) fn organization_id(text: &str) -> OrganizationId {
    OrganizationId::new(text).unwrap()
}

/// An organization that accepts everything and demands no second factor.
pub(super) fn organization(name: &str) -> Organization {
    let id = organization_id(&format!("id-{name}"));
    Organization::new(id, name, Slug::parse(name).unwrap(), Timestamp::default())
}

/// An active member with the id `name-organization`.
pub(super) fn member(text: &str, organization: &Organization) -> Member {
    let address = address(text);
    let id = member_id(&format!("{}-{}", address.local_part(), organization.organization_slug));
    Member::new(id, organization.organization_id.clone(), address, MemberStatus::Active, Timestamp::default())
}

pub(super) fn phone(text: &str, verified: bool) -> Phone {
    Phone { phone_id: credential("phone"), number: number(text), verified }
}

/// Ada in Acme, with a password, an authenticator app and a phone.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) organization: Organization,
    pub(super) member: Member,
    pub(super) enrolment: Enrolment,
    pub(super) policy: SessionPolicy,
    pub(super) project_roles: Vec<Role>,
}

impl Scene {
    pub(super) fn new() -> Self {
        let organization = organization("acme");
        let member = member(ADA, &organization);
        let enrolment = Enrolment {
            password_id: Some(credential("password")),
            totp_id: Some(credential("app")),
            phone: Some(phone(ADA_PHONE, true)),
            recovery_codes: 10,
            ..Enrolment::default()
        };
        Self { organization, member, enrolment, policy: SessionPolicy::default(), project_roles: Vec::new() }
    }

    pub(super) fn entry<'a>(&'a self, factors: &'a [Factor], now: Timestamp) -> Entry<'a> {
        let Self { organization, member, enrolment, .. } = self;
        Entry { factors, organization, member, enrolment, standing: None, now }
    }

    pub(super) fn grant(&self, factors: &[Factor], now: Timestamp) -> Grant {
        match enter(&self.entry(factors, now)) {
            Verdict::Granted(grant) => *grant,
            verdict => panic!("{verdict:?}"),
        }
    }

    /// A session that these factors open.
    pub(super) fn session(&self, factors: &[Factor], now: Timestamp) -> MemberSession {
        self.grant(factors, now).open(opening(), &self.policy, &self.project_roles, now)
    }

    /// A session that an email link opened at [`NOW`].
    pub(super) fn signed_in(&self) -> MemberSession {
        self.session(&[link(NOW)], NOW)
    }

    pub(super) fn by(&self, now: Timestamp) -> Resumed<'_> {
        let Self { organization, member, enrolment, policy, project_roles } = self;
        Resumed { organization, member, enrolment, project_roles, policy, now }
    }

    pub(super) fn resume(&self, record: &SessionRecord, now: Timestamp) -> Result<MemberSession, Ended> {
        resume(record, self.by(now))
    }
}

pub(super) fn opening() -> Opening {
    Opening {
        session_id: SessionId::new("session").unwrap(),
        seed: TokenSeed([1; 16]),
        duration: None,
        custom_claims: CustomClaims::default(),
        user_agent: "browser".into(),
        ip_address: "192.0.2.1".into(),
        absolute_end: None,
        enrolled_here: Vec::new(),
    }
}

pub(super) fn factor(kind: FactorKind, subject: Subject, id: &str, at: Timestamp) -> Factor {
    Factor::new(kind, subject, credential(id), at)
}

/// Ada has opened a link that was sent to her.
pub(super) fn link(at: Timestamp) -> Factor {
    factor(FactorKind::MagicLink, Subject::Email(address(ADA)), "mail", at)
}

/// Ada has typed a code that was sent to her by email.
pub(super) fn email_code(at: Timestamp) -> Factor {
    factor(FactorKind::EmailOtp, Subject::Email(address(ADA)), "mail", at)
}

/// Ada has typed her password for Acme.
pub(super) fn password(at: Timestamp) -> Factor {
    factor(FactorKind::Password, Subject::Member(member_id("ada-acme")), "password", at)
}

/// Ada has typed a code of her app.
pub(super) fn app(at: Timestamp) -> Factor {
    factor(FactorKind::Totp, Subject::Member(member_id("ada-acme")), "app", at)
}

/// Ada has typed a code that was sent to her phone.
pub(super) fn sms(at: Timestamp) -> Factor {
    factor(FactorKind::Otp, Subject::Phone(number(ADA_PHONE)), "phone", at)
}

/// Ada has used up a recovery code, which is named by the app that it stands in for.
pub(super) fn recovery(at: Timestamp) -> Factor {
    factor(FactorKind::RecoveryCodes, Subject::Member(member_id("ada-acme")), "app", at)
}
