//! Everything that a verdict can depend on, as labels: what was proved, and what it meets. The oracle
//! reads the labels alone; the judge sees only what is built from them.

use std::collections::BTreeSet;

use super::people::{
    ADA, ADA_PHONE, EVE, MINUTE, NOW, OTHER_PHONE, address, credential, member, member_id, number,
    organization, organization_id, phone,
};
use crate::domain::{
    Allowed, AuthMethod, Enrolment, Factor, FactorKind, Member, MemberStatus, MfaMethod, MfaPolicy,
    OauthProvider, Organization, Subject,
};

/// How something was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Link,
    EmailCode,
    Password,
    Google,
    Microsoft,
    Slack,
    Github,
    Hubspot,
    Sso,
    Sms,
    App,
    Recovery,
}

impl Way {
    pub(super) const ALL: [Self; 12] = [
        Self::Link,
        Self::EmailCode,
        Self::Password,
        Self::Google,
        Self::Microsoft,
        Self::Slack,
        Self::Github,
        Self::Hubspot,
        Self::Sso,
        Self::Sms,
        Self::App,
        Self::Recovery,
    ];

    pub(super) fn kind(self) -> FactorKind {
        match self {
            Self::Link => FactorKind::MagicLink,
            Self::EmailCode => FactorKind::EmailOtp,
            Self::Password => FactorKind::Password,
            Self::Google => FactorKind::Oauth(OauthProvider::Google),
            Self::Microsoft => FactorKind::Oauth(OauthProvider::Microsoft),
            Self::Slack => FactorKind::Oauth(OauthProvider::Slack),
            Self::Github => FactorKind::Oauth(OauthProvider::Github),
            Self::Hubspot => FactorKind::Oauth(OauthProvider::Hubspot),
            Self::Sso => FactorKind::Sso,
            Self::Sms => FactorKind::Otp,
            Self::App => FactorKind::Totp,
            Self::Recovery => FactorKind::RecoveryCodes,
        }
    }
}

/// Whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    AdaAddress,
    EveAddress,
    /// Ada's address, vouched for in Acme.
    AdaNamedInAcme,
    /// Ada's address, vouched for in Bolt.
    AdaNamedInBolt,
    EveNamedInAcme,
    /// Ada's address, vouched for nowhere.
    AdaNamedNowhere,
    AdaOfAcme,
    AdaOfBolt,
    EveOfAcme,
    AdaPhone,
    OtherPhone,
}

impl About {
    pub(super) const ALL: [Self; 11] = [
        Self::AdaAddress,
        Self::EveAddress,
        Self::AdaNamedInAcme,
        Self::AdaNamedInBolt,
        Self::EveNamedInAcme,
        Self::AdaNamedNowhere,
        Self::AdaOfAcme,
        Self::AdaOfBolt,
        Self::EveOfAcme,
        Self::AdaPhone,
        Self::OtherPhone,
    ];

    fn subject(self) -> Subject {
        let named = |text, places: &[&str]| Subject::Named {
            address: address(text),
            organizations: places.iter().map(|place| organization_id(place)).collect(),
        };
        match self {
            Self::AdaAddress => Subject::Email(address(ADA)),
            Self::EveAddress => Subject::Email(address(EVE)),
            Self::AdaNamedInAcme => named(ADA, &["id-acme"]),
            Self::AdaNamedInBolt => named(ADA, &["id-else", "id-bolt"]),
            Self::EveNamedInAcme => named(EVE, &["id-acme"]),
            Self::AdaNamedNowhere => named(ADA, &[]),
            Self::AdaOfAcme => Subject::Member(member_id("ada-acme")),
            Self::AdaOfBolt => Subject::Member(member_id("ada-bolt")),
            Self::EveOfAcme => Subject::Member(member_id("eve-acme")),
            Self::AdaPhone => Subject::Phone(number(ADA_PHONE)),
            Self::OtherPhone => Subject::Phone(number(OTHER_PHONE)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Past,
    Now,
    Future,
}

/// Which credential, where there can be another: an authenticator app or a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum With {
    /// The one that the member has, if any.
    Present,
    /// One that they had before.
    Former,
}

/// One proof, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) way: Way,
    pub(super) about: About,
    pub(super) when: When,
    pub(super) with: With,
}

impl Proof {
    pub(super) const fn past(way: Way, about: About) -> Self {
        Self { way, about, when: When::Past, with: With::Present }
    }

    pub(super) const fn future(way: Way, about: About) -> Self {
        Self { way, about, when: When::Future, with: With::Present }
    }

    pub(super) const fn with(self, with: With) -> Self {
        Self { with, ..self }
    }

    /// Every way, about everybody, at every time.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Way::ALL.into_iter().flat_map(|way| {
            About::ALL.into_iter().flat_map(move |about| {
                [When::Past, When::Now, When::Future].into_iter().flat_map(move |when| {
                    [With::Present, With::Former]
                        .into_iter()
                        .filter(move |with| matches!(way, Way::App | Way::Password) || *with == With::Present)
                        .map(move |with| Self { way, about, when, with })
                })
            })
        })
    }

    pub(super) fn factor(self) -> Factor {
        let at = match self.when {
            When::Past => NOW.before(MINUTE),
            When::Now => NOW,
            When::Future => NOW.after(std::time::Duration::from_millis(1)),
        };
        let id = match (self.way, self.with) {
            (Way::App, With::Present) => "app".to_owned(),
            (Way::App, With::Former) => "other-app".to_owned(),
            (Way::Password, With::Former) => "other-password".to_owned(),
            (way, _) => format!("{way:?}"),
        };
        Factor::new(self.way.kind(), self.about.subject(), credential(&id), at)
    }
}

/// What the member has set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Has {
    pub(super) password: bool,
    pub(super) phone: HasPhone,
    pub(super) app: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HasPhone {
    None,
    /// Its number is Ada's, and no code was confirmed.
    Unverified,
    Verified,
}

/// Where to, as whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Ada's own organization.
    Acme,
    /// The other one, where she is another member with the same address, phone and app id.
    Bolt,
    /// Bolt, as the member of Acme: two records that do not belong together.
    BoltAsAdaOfAcme,
}

/// One state of everything but the factors.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) target: Target,
    /// Accepted first factors; `None` for all.
    pub(super) first: Option<BTreeSet<AuthMethod>>,
    /// Accepted second factors; `None` for all.
    pub(super) second: Option<BTreeSet<MfaMethod>>,
    pub(super) required_for_all: bool,
    pub(super) status: MemberStatus,
    pub(super) breakglass: bool,
    pub(super) mfa_enrolled: bool,
    pub(super) has: Has,
}

/// The same as the judge gets it.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) organization: Organization,
    pub(super) member: Member,
    pub(super) enrolment: Enrolment,
}

fn allowed<M: Ord + Clone>(methods: Option<&BTreeSet<M>>) -> Allowed<M> {
    methods.map_or(Allowed::All, |methods| Allowed::only(methods.iter().cloned()))
}

impl World {
    /// Active, nothing restricted, nothing demanded, nothing set up.
    pub(super) fn open(target: Target) -> Self {
        Self {
            target,
            first: None,
            second: None,
            required_for_all: false,
            status: MemberStatus::Active,
            breakglass: false,
            mfa_enrolled: false,
            has: Has { password: true, phone: HasPhone::None, app: false },
        }
    }

    pub(super) fn build(&self) -> Built {
        let name = if self.target == Target::Acme { "acme" } else { "bolt" };
        let mut target = organization(name);
        target.auth_methods = allowed(self.first.as_ref());
        target.mfa_methods = allowed(self.second.as_ref());
        if self.required_for_all {
            target.mfa_policy = MfaPolicy::RequiredForAll;
        }
        let home = if self.target == Target::BoltAsAdaOfAcme { organization("acme") } else { target.clone() };
        let mut ada = member(ADA, &home);
        ada.status = self.status;
        ada.is_breakglass = self.breakglass;
        let enrolment = Enrolment {
            mfa_enrolled: self.mfa_enrolled,
            password_id: self.has.password.then(|| credential("Password")),
            totp_id: self.has.app.then(|| credential("app")),
            phone: match self.has.phone {
                HasPhone::None => None,
                HasPhone::Unverified => Some(phone(ADA_PHONE, false)),
                HasPhone::Verified => Some(phone(ADA_PHONE, true)),
            },
            ..Enrolment::default()
        };
        Built { organization: target, member: ada, enrolment }
    }
}

/// All products of the given variants.
#[derive(Debug)]
pub(super) struct Worlds {
    pub(super) targets: &'static [Target],
    pub(super) first: Vec<Option<BTreeSet<AuthMethod>>>,
    pub(super) second: Vec<Option<BTreeSet<MfaMethod>>>,
    pub(super) has: &'static [Has],
}

const fn has(password: bool, phone: HasPhone, app: bool) -> Has {
    Has { password, phone, app }
}

/// All of it.
pub(super) const HAS_ALL: Has = has(true, HasPhone::Verified, true);

/// Every state of what a member has set up.
pub(super) const EVERY_HAS: [Has; 12] = [
    has(true, HasPhone::None, false),
    has(true, HasPhone::None, true),
    has(true, HasPhone::Unverified, false),
    has(true, HasPhone::Unverified, true),
    has(true, HasPhone::Verified, false),
    has(true, HasPhone::Verified, true),
    has(false, HasPhone::None, false),
    has(false, HasPhone::None, true),
    has(false, HasPhone::Unverified, false),
    has(false, HasPhone::Unverified, true),
    has(false, HasPhone::Verified, false),
    has(false, HasPhone::Verified, true),
];

/// Every choice of second factors that an organization can make.
pub(super) fn every_second() -> Vec<Option<BTreeSet<MfaMethod>>> {
    let only = |methods: &[MfaMethod]| Some(methods.iter().copied().collect());
    vec![None, only(&[]), only(&[MfaMethod::SmsOtp]), only(&[MfaMethod::Totp])]
}

pub(super) fn only(methods: &[AuthMethod]) -> Option<BTreeSet<AuthMethod>> {
    Some(methods.iter().copied().collect())
}

impl Worlds {
    /// Calls `visit` with every active member's world.
    pub(super) fn each(&self, mut visit: impl FnMut(World)) {
        for &target in self.targets {
            for first in &self.first {
                for second in &self.second {
                    for &has in self.has {
                        for bits in 0..8u8 {
                            visit(World {
                                first: first.clone(),
                                second: second.clone(),
                                has,
                                required_for_all: bits & 1 != 0,
                                breakglass: bits & 2 != 0,
                                mfa_enrolled: bits & 4 != 0,
                                ..World::open(target)
                            });
                        }
                    }
                }
            }
        }
    }
}
