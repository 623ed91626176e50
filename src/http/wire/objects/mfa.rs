//! What a sign-in still owes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AuthMethod, MfaMethod};
use crate::{flow::api::MfaChoice, judge};

/// A second factor is owed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct MfaRequired {
    /// What the member can answer with; `null` where they have nothing set up and have to enrol first.
    member_options: Option<MemberOptions>,
    /// `sms_otp` where a code was sent at once.
    secondary_auth_initiated: Option<MfaMethod>,
}

/// What a member can answer with.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct MemberOptions {
    /// The phone, seven `X` and its last four digits; empty where none is set up.
    mfa_phone_number: String,
    /// The authenticator app; empty where none is set up.
    totp_registration_id: String,
}

/// A first factor of one of these methods is owed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PrimaryRequired {
    /// Any of these will do.
    allowed_auth_methods: Vec<AuthMethod>,
}

impl MfaRequired {
    pub(crate) fn of(required: &judge::MfaRequired, sms_sent: bool) -> Self {
        let member_options = (!required.needs_enrolment()).then(|| MemberOptions {
            mfa_phone_number: required.phone.as_ref().map(|phone| phone.masked()).unwrap_or_default(),
            totp_registration_id: required.totp_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        });
        Self { member_options, secondary_auth_initiated: sms_sent.then_some(MfaMethod::SmsOtp) }
    }
}

impl PrimaryRequired {
    pub(crate) fn of(owed: &judge::Owed) -> Option<Self> {
        let methods = owed.primary_required.as_ref()?;
        Some(Self { allowed_auth_methods: methods.iter().map(|method| (*method).into()).collect() })
    }
}

/// What a call that proves a second factor says of the ones to come.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct MfaChoiceInput {
    /// `enroll` or `unenroll`: whether the member is asked for a second factor from now on. Passed over where
    /// the organization demands one of everybody.
    set_mfa_enrollment: Option<MfaEnrollment>,
    /// Whether this is the method that they are asked for first.
    set_default_mfa: Option<bool>,
}

/// Whether somebody is asked for a second factor from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MfaEnrollment {
    /// They are.
    Enroll,
    /// They are not.
    Unenroll,
}

impl MfaChoiceInput {
    pub(crate) fn choice(&self) -> MfaChoice {
        MfaChoice {
            enroll: self.set_mfa_enrollment.map(|choice| choice == MfaEnrollment::Enroll),
            make_default: self.set_default_mfa.unwrap_or_default(),
        }
    }
}
