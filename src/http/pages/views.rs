//! What each page shows. One struct a page, one template a struct.

use askama::Template;

/// What every page has around it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    /// The application's name.
    pub(crate) app: String,
    /// The path below which all forms lie, such as `/auth`.
    pub(crate) prefix: String,
    /// What was wrong with the last input, as a sentence.
    pub(crate) error: Option<String>,
    /// What was done, as a sentence.
    pub(crate) notice: Option<String>,
}

/// Signing in to whichever organization: asks for an address.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignIn {
    pub(crate) frame: Frame,
    pub(crate) return_to: String,
    pub(crate) email: String,
}

/// Signing in to one organization: an address for a code or link, or an address and a password. Looks
/// the same for a slug that does not exist, and for every organization.
#[derive(Debug, Template)]
#[template(path = "organization_sign_in.html")]
pub(crate) struct OrganizationSignIn {
    pub(crate) frame: Frame,
    pub(crate) slug: String,
    pub(crate) return_to: String,
    pub(crate) email: String,
}

/// Asks for the code that was sent by email (or that a link opened elsewhere has shown).
#[derive(Debug, Template)]
#[template(path = "code.html")]
pub(crate) struct Code {
    pub(crate) frame: Frame,
    pub(crate) email: String,
    /// Whether a link was sent, not a code.
    pub(crate) link: bool,
}

/// A link opened where it was asked for: one button uses it.
#[derive(Debug, Template)]
#[template(path = "link_here.html")]
pub(crate) struct LinkHere {
    pub(crate) frame: Frame,
    pub(crate) email: String,
    pub(crate) token: String,
}

/// A link opened elsewhere: whose account it is, and a code to type where the sign-in began.
#[derive(Debug, Template)]
#[template(path = "link_elsewhere.html")]
pub(crate) struct LinkElsewhere {
    pub(crate) frame: Frame,
    pub(crate) email: String,
    pub(crate) code: String,
}

/// The organizations that the person could enter.
#[derive(Debug, Template)]
#[template(path = "organizations.html")]
pub(crate) struct Organizations {
    pub(crate) frame: Frame,
    pub(crate) email: String,
    pub(crate) organizations: Vec<OrganizationChoice>,
    pub(crate) can_create: bool,
    /// How many minutes are left of the ten.
    pub(crate) minutes_left: u64,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct OrganizationChoice {
    pub(crate) organization_id: String,
    pub(crate) name: String,
    pub(crate) slug: String,
    /// Empty for none.
    pub(crate) logo_url: String,
    /// How the person stands to it, such as "You are a member" or "You are invited".
    pub(crate) standing: String,
    /// What it will ask for, such as "asks for a second factor"; empty for nothing.
    pub(crate) asks: String,
}

/// Asks for a second factor to finish a sign-in.
#[derive(Debug, Template)]
#[template(path = "mfa.html")]
pub(crate) struct Mfa {
    pub(crate) frame: Frame,
    pub(crate) organization: String,
    pub(crate) email: String,
    pub(crate) ways: SecondFactorWays,
    pub(crate) minutes_left: u64,
}

/// The second factors that could answer, and the folder their forms lie in.
#[derive(Debug, Default)]
pub(crate) struct SecondFactorWays {
    /// `mfa` or `step-up`.
    pub(crate) folder: &'static str,
    pub(crate) totp: bool,
    /// The masked number, if a code can be sent there.
    pub(crate) sms: Option<String>,
    /// Whether a code was sent there by now.
    pub(crate) sms_sent: bool,
    pub(crate) recovery: bool,
}

/// Offers second factors to be set up.
#[derive(Debug, Template)]
#[template(path = "enrol.html")]
pub(crate) struct Enrol {
    pub(crate) frame: Frame,
    pub(crate) organization: String,
    pub(crate) totp: bool,
    pub(crate) sms: bool,
    /// Whether the organization demands it before it lets the person in.
    pub(crate) demanded: bool,
}

/// Shows a new authenticator app's secret and asks for its first code.
#[derive(Debug, Template)]
#[template(path = "enrol_totp.html")]
pub(crate) struct EnrolTotp {
    pub(crate) frame: Frame,
    /// A whole `<svg>` element, made here.
    pub(crate) qr: String,
    /// In groups of four.
    pub(crate) secret: String,
    pub(crate) uri: String,
}

/// Asks for the code that was sent to a new phone.
#[derive(Debug, Template)]
#[template(path = "enrol_sms.html")]
pub(crate) struct EnrolSms {
    pub(crate) frame: Frame,
}

/// Shows recovery codes, this once.
#[derive(Debug, Template)]
#[template(path = "recovery_codes.html")]
pub(crate) struct RecoveryCodes {
    pub(crate) frame: Frame,
    pub(crate) codes: Vec<String>,
    pub(crate) continue_to: String,
}

/// Asks a signed-in person to confirm that it is them.
#[derive(Debug, Template)]
#[template(path = "step_up.html")]
pub(crate) struct StepUp {
    pub(crate) frame: Frame,
    pub(crate) email: String,
    pub(crate) organization: String,
    pub(crate) ways: SecondFactorWays,
    pub(crate) password: bool,
    /// Whether a code by email answers, and whether one was sent by now.
    pub(crate) email_code: bool,
    pub(crate) email_sent: bool,
    /// Whether a request that would have changed something was refused: the page says that nothing was
    /// done.
    pub(crate) nothing_done: bool,
    /// How many minutes the confirmation will count for, where that is limited.
    pub(crate) good_for_minutes: Option<u64>,
    /// Where to go instead.
    pub(crate) cancel_to: String,
}

/// The sessions of the person, and what they can do with them.
#[derive(Debug, Template)]
#[template(path = "sessions.html")]
pub(crate) struct Sessions {
    pub(crate) frame: Frame,
    pub(crate) email: String,
    pub(crate) organization: String,
    pub(crate) sessions: Vec<SessionRow>,
    /// Other organizations of the person could be entered from here.
    pub(crate) home: String,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct SessionRow {
    pub(crate) member_session_id: String,
    pub(crate) user_agent: String,
    pub(crate) ip_address: String,
    pub(crate) started_at: String,
    pub(crate) last_accessed_at: String,
    /// Such as "code by email, authenticator app".
    pub(crate) factors: String,
    pub(crate) current: bool,
}

/// The organizations that a signed-in person could switch to.
#[derive(Debug, Template)]
#[template(path = "switch.html")]
pub(crate) struct Switch {
    pub(crate) frame: Frame,
    pub(crate) email: String,
    pub(crate) current: String,
    pub(crate) organizations: Vec<OrganizationChoice>,
}

/// Says something, and offers one thing to do.
#[derive(Debug, Template)]
#[template(path = "message.html")]
pub(crate) struct Message {
    pub(crate) frame: Frame,
    pub(crate) heading: String,
    pub(crate) text: String,
    /// The label and destination of one button; it is a plain link.
    pub(crate) action: Option<(String, String)>,
}

/// The same where no other page of ours is served, nor the style sheet.
#[cfg(feature = "verify-only")]
#[derive(Debug, Template)]
#[template(path = "plain.html")]
pub(crate) struct Plain<'a> {
    pub(crate) heading: &'a str,
    pub(crate) text: &'a str,
    pub(crate) action: Option<(&'a str, &'a str)>,
}
