//! The law in other words, from labels alone: which proofs count, and what is owed without them.

use std::collections::BTreeSet;

use super::world::{About, HasPhone, Proof, Target, Way, When, With, World};
use crate::domain::{AuthMethod, MemberStatus, MfaMethod};

/// What must come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Refused,
    /// In, with just these of the proofs, by their places.
    In(Vec<usize>),
    Owed {
        methods: Option<BTreeSet<AuthMethod>>,
        second: Option<Options>,
    },
}

/// What a second factor can be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) phone: bool,
    pub(super) app: bool,
}

/// The columns: by what it is proved; then what an organization must accept for it, on the wire.
const FIRST: [(Way, &str); 9] = [
    (Way::Link, "magic_link"),
    (Way::EmailCode, "email_otp"),
    (Way::Password, "password"),
    (Way::Google, "google_oauth"),
    (Way::Microsoft, "microsoft_oauth"),
    (Way::Slack, "slack_oauth"),
    (Way::Github, "github_oauth"),
    (Way::Hubspot, "hubspot_oauth"),
    (Way::Sso, "sso"),
];

const SECOND: [(Way, &str); 3] = [(Way::Sms, "sms_otp"), (Way::App, "totp"), (Way::Recovery, "totp")];

fn method_of(way: Way, table: &[(Way, &'static str)]) -> Option<&'static str> {
    table.iter().find(|(listed, _)| *listed == way).map(|(_, name)| *name)
}

impl World {
    fn takes_first(&self, name: &str) -> bool {
        let listed = self.first.as_ref().is_none_or(|only| only.iter().any(|m| m.as_str() == name));
        listed || self.breakglass
    }

    fn takes_second(&self, name: &str) -> bool {
        let listed = self.second.as_ref().is_none_or(|only| only.iter().any(|m| m.as_str() == name));
        listed || self.breakglass
    }

    /// Whether this is a first factor of this world's member.
    pub(super) fn is_first(&self, proof: Proof) -> bool {
        let in_acme = self.target == Target::Acme;
        let theirs = match proof.about {
            // Of a password too, where an application that keeps it vouches for the address.
            About::AdaAddress => true,
            About::AdaNamedInAcme => in_acme,
            About::AdaNamedInBolt => !in_acme,
            About::AdaOfAcme => in_acme && self.has_password_of(proof),
            About::AdaOfBolt => !in_acme && self.has_password_of(proof),
            _ => false,
        };
        theirs
            && proof.when != When::Future
            && method_of(proof.way, &FIRST).is_some_and(|name| self.takes_first(name))
    }

    /// Whether it is a password, and the one that is set now.
    fn has_password_of(&self, proof: Proof) -> bool {
        proof.way == Way::Password && self.has.password && proof.with == With::Present
    }

    /// Whether this is a second factor of this world's member.
    pub(super) fn is_second(&self, proof: Proof) -> bool {
        let me = if self.target == Target::Acme { About::AdaOfAcme } else { About::AdaOfBolt };
        let enrolled = match proof.way {
            Way::Sms => proof.about == About::AdaPhone && self.has.phone == HasPhone::Verified,
            Way::App => proof.about == me && self.has.app && proof.with == With::Present,
            Way::Recovery => proof.about == me && self.has.app,
            _ => false,
        };
        enrolled
            && proof.when != When::Future
            && method_of(proof.way, &SECOND).is_some_and(|name| self.takes_second(name))
    }

    fn options(&self) -> Options {
        Options {
            phone: self.has.phone == HasPhone::Verified && self.takes_second(MfaMethod::SmsOtp.as_str()),
            app: self.has.app && self.takes_second(MfaMethod::Totp.as_str()),
        }
    }

    fn methods(&self) -> BTreeSet<AuthMethod> {
        AuthMethod::ALL.into_iter().filter(|method| self.takes_first(method.as_str())).collect()
    }

    /// What the law says to these proofs; `stands` where a live session of this member is added to.
    pub(super) fn expected(&self, proofs: &[Proof], stands: bool) -> Expected {
        if self.target == Target::BoltAsAdaOfAcme || self.status != MemberStatus::Active {
            return Expected::Refused;
        }
        let (mut kept, mut first, mut second) = (Vec::new(), false, false);
        for (place, proof) in proofs.iter().enumerate() {
            let (is_first, is_second) = (self.is_first(*proof), self.is_second(*proof));
            if is_first || is_second {
                kept.push(place);
            }
            first |= is_first;
            second |= is_second;
        }
        let demanded = (self.required_for_all || self.mfa_enrolled) && !stands;
        if first && (second || !demanded) {
            return Expected::In(kept);
        }
        Expected::Owed {
            methods: (!first).then(|| self.methods()),
            second: (demanded && !second).then(|| self.options()),
        }
    }
}
