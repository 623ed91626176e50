//! Why something was refused, and how somebody came in: enums, so that nothing else can be said.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident { $($(#[$said:meta])* $reason:ident = $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$said])* #[serde(rename = $text)] $reason,)+
        }

        impl $name {
            /// The name in the log and in metrics.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$reason => $text,)+
                }
            }
        }
    )+};
}

reasons! {
    /// Why a factor was refused.
    AuditReason {
        /// The code is wrong.
        WrongCode = "wrong_code",
        /// The code was used, has expired, or died of wrong tries.
        SpentCode = "spent_code",
        /// The code was right, and was used already.
        ReplayedCode = "replayed_code",
        /// The link was used or has expired.
        SpentLink = "spent_link",
        /// Address and password do not belong together.
        WrongPassword = "wrong_password",
        /// The member is locked after too many wrong second factors.
        Locked = "locked",
        /// It is not set up.
        NotEnrolled = "not_enrolled",
        /// Another factor is asked for.
        NotAccepted = "not_accepted",
        /// It could not be checked: a store does not answer, or too much is waiting.
        NotChecked = "not_checked",
    }

    /// Why a session did not get through to a route.
    ForbiddenReason {
        /// It is of another organization than the one in the URL.
        Organization = "organization",
        /// It has not the role.
        Role = "role",
        /// None of its roles permits it.
        Permission = "permission",
        /// A second factor is demanded, and the member has none.
        EnrolmentRequired = "enrolment_required",
        /// What could answer was set up in this very session.
        SignInRequired = "sign_in_required",
    }

    /// How somebody became an active member.
    Admission {
        /// Created before, and came now.
        Pending = "pending",
        /// Invited before, and accepted by coming.
        Invited = "invited",
        /// By the domain of their address.
        EmailDomain = "email_domain",
    }

    /// What may happen so and so often; the names are those of `Limits`.
    LimitKind {
        /// Mails to one address at the wish of one client.
        EmailsPerPair = "emails_per_pair",
        /// Mails to one address.
        EmailsPerAddress = "emails_per_address",
        /// Mails at the wish of one client.
        EmailsPerClient = "emails_per_client",
        /// Wrong first factors for one address from one client.
        FailuresPerPair = "failures_per_pair",
        /// Wrong first factors for one address, ten times as many as slow it down.
        SlowAfter = "slow_after",
        /// Wrong first factors from one client.
        FailuresPerClient = "failures_per_client",
        /// Intermediate sessions of one client.
        IntermediatePerClient = "intermediate_per_client",
        /// Intermediate sessions for one address.
        IntermediatePerAddress = "intermediate_per_address",
        /// Text messages to one number.
        SmsPerNumber = "sms_per_number",
        /// Text messages to the members of one organization.
        SmsPerOrganization = "sms_per_organization",
        /// The time between two text messages to one number.
        SmsCooldown = "sms_cooldown",
        /// Wrong secrets of the project from one client.
        SecretFailuresPerClient = "secret_failures_per_client",
    }
}
