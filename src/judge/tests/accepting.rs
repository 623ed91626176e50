//! Which kinds of factor an organization takes from a member, first and second ones.

use super::people::{ADA, member, organization};
use crate::{
    domain::{Allowed, AuthMethod, FactorKind, MfaMethod},
    judge::accepts,
};

const KINDS: [FactorKind; 6] = [
    FactorKind::MagicLink,
    FactorKind::EmailOtp,
    FactorKind::Password,
    FactorKind::Otp,
    FactorKind::Totp,
    FactorKind::RecoveryCodes,
];

#[test]
fn an_organization_takes_what_it_allows_of_either_class() {
    let mut acme = organization("acme");
    let mut ada = member(ADA, &acme);
    assert!(KINDS.into_iter().all(|kind| accepts(&acme, &ada, kind)));

    acme.auth_methods = Allowed::only([AuthMethod::Password]);
    acme.mfa_methods = Allowed::only([MfaMethod::SmsOtp]);
    let taken: Vec<FactorKind> = KINDS.into_iter().filter(|kind| accepts(&acme, &ada, *kind)).collect();
    assert_eq!(taken, [FactorKind::Password, FactorKind::Otp]);

    acme.auth_methods = Allowed::only([]);
    acme.mfa_methods = Allowed::only([MfaMethod::Totp]);
    let taken: Vec<FactorKind> = KINDS.into_iter().filter(|kind| accepts(&acme, &ada, *kind)).collect();
    assert_eq!(taken, [FactorKind::Totp, FactorKind::RecoveryCodes]);

    acme.mfa_methods = Allowed::only([]);
    assert!(!KINDS.into_iter().any(|kind| accepts(&acme, &ada, kind)));
    ada.is_breakglass = true;
    assert!(KINDS.into_iter().all(|kind| accepts(&acme, &ada, kind)));
}
