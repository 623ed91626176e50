//! What a sign-in still owes.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AuthMethod, MfaMethod};
use crate::judge;

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
