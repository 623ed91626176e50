//! Every way in which a step can fail, with its status, its type and its sentence. What would tell
//! whether an account exists looks the same here as what would not.

use http::StatusCode;

use super::input::BadInput;
use crate::flow::{Error, ErrorKind};

/// A step that failed, as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    /// A name for programs, of Stytch's list where it has one.
    pub(crate) error_type: &'static str,
    /// A sentence for people.
    pub(crate) message: String,
    /// Whether what was to be continued is over, so that only starting again helps.
    pub(crate) over: bool,
    pub(crate) kind: Option<ErrorKind>,
}

impl Failure {
    fn new(status: StatusCode, error_type: &'static str, message: impl Into<String>) -> Self {
        Self { status, error_type, message: message.into(), over: false, kind: None }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "route_not_found", "there is no such page; check the address")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address takes another method")
    }

    /// What a program is answered where there is a form and nothing else.
    pub(crate) fn page_only() -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "not_acceptable",
            "this is a page for browsers; send its form with POST, or ask for text/html",
        )
    }

    pub(crate) fn no_session() -> Self {
        Error::from(ErrorKind::SessionNotFound).into()
    }

    /// The same for a browser that has no code left to type: that it was wrong would send it nowhere.
    /// What waits in a browser is no secret to it.
    pub(crate) fn where_no_code_waits(&self) -> Self {
        match self.kind {
            Some(ErrorKind::SpentCode | ErrorKind::WrongCode | ErrorKind::MalformedCode) => {
                let message = sentence(&Error::from(ErrorKind::SpentCode).to_string());
                Self { message, ..self.clone() }
            }
            _ => self.clone(),
        }
    }

    pub(crate) fn no_intermediate() -> Self {
        Error::from(ErrorKind::IntermediateSessionNotFound).into()
    }
}

impl From<BadInput> for Failure {
    fn from(bad: BadInput) -> Self {
        let bad_request = |message: String| Self::new(StatusCode::BAD_REQUEST, "bad_request", message);
        match bad {
            BadInput::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "request_too_large",
                "the body is longer than 64 KiB; send less",
            ),
            BadInput::Broken => bad_request("the body did not arrive whole; send it again".into()),
            BadInput::MediaType => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "send a form (application/x-www-form-urlencoded) or JSON (application/json)",
            ),
            BadInput::Malformed(what) => bad_request(format!("{what}; correct it and send it again")),
            BadInput::UnknownField(name) => {
                bad_request(format!("the field {name:?} is not known here; leave it out"))
            }
            BadInput::MissingField(name) => bad_request(format!("the field {name:?} is missing; add it")),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if matches!(error.kind(), ErrorKind::Unavailable) {
            tracing::error!(error = &error as &dyn std::error::Error, "a step failed");
        }
        let (status, error_type) = place(error.kind());
        let shown = shown(error.kind());
        let message = shown.map_or_else(|| error.to_string(), |kind| Error::from(kind).to_string());
        let over = matches!(
            error.kind(),
            ErrorKind::IntermediateSessionNotFound
                | ErrorKind::SessionNotFound
                | ErrorKind::ChallengeNotFound
        );
        Self { status, error_type, message: sentence(&message), over, kind: Some(error.kind().clone()) }
    }
}

/// The kind that stands for those that must look alike.
fn shown(kind: &ErrorKind) -> Option<ErrorKind> {
    match kind {
        ErrorKind::Locked | ErrorKind::ReplayedCode | ErrorKind::NotEnrolled | ErrorKind::SpentCode => {
            Some(ErrorKind::WrongCode)
        }
        ErrorKind::MemberNotFound => Some(ErrorKind::OrganizationNotFound),
        ErrorKind::SpentLink => Some(ErrorKind::UnknownLink),
        _ => None,
    }
}

fn place(kind: &ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::IntermediateSessionNotFound => {
            (StatusCode::UNAUTHORIZED, "intermediate_session_not_found")
        }
        ErrorKind::SessionNotFound => (StatusCode::UNAUTHORIZED, "session_not_found"),
        ErrorKind::OrganizationNotFound | ErrorKind::MemberNotFound => {
            (StatusCode::NOT_FOUND, "organization_not_found")
        }
        ErrorKind::MalformedCode => (StatusCode::BAD_REQUEST, "invalid_code"),
        ErrorKind::WrongCode
        | ErrorKind::SpentCode
        | ErrorKind::ReplayedCode
        | ErrorKind::Locked
        | ErrorKind::NotEnrolled => (StatusCode::UNAUTHORIZED, "unable_to_auth_otp_code"),
        ErrorKind::UnknownLink | ErrorKind::SpentLink => {
            (StatusCode::UNAUTHORIZED, "unable_to_auth_magic_link")
        }
        ErrorKind::WrongPassword => (StatusCode::UNAUTHORIZED, "unauthorized_credentials"),
        ErrorKind::WeakPassword(_) => (StatusCode::BAD_REQUEST, "weak_password"),
        ErrorKind::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
        ErrorKind::PrimaryRequired => {
            (StatusCode::BAD_REQUEST, "action_available_only_once_primary_authentication_is_met")
        }
        ErrorKind::FreshFactorRequired(_) => (StatusCode::UNAUTHORIZED, "insufficient_factors"),
        ErrorKind::PhoneExists => (StatusCode::BAD_REQUEST, "duplicate_member_phone_number_for_member"),
        ErrorKind::ChallengeNotFound => (StatusCode::UNAUTHORIZED, "challenge_not_found"),
        ErrorKind::FactorNotAccepted => (StatusCode::UNAUTHORIZED, "insufficient_factors"),
        ErrorKind::Address(_) => (StatusCode::BAD_REQUEST, "invalid_argument"),
        ErrorKind::Claims(_) => (StatusCode::BAD_REQUEST, "invalid_argument"),
        ErrorKind::Duration => (StatusCode::BAD_REQUEST, "invalid_session_duration_minutes"),
        ErrorKind::OrganizationName => (StatusCode::BAD_REQUEST, "invalid_organization_name"),
        ErrorKind::SlugTaken => (StatusCode::BAD_REQUEST, "organization_slug_already_used"),
        ErrorKind::CreationDisabled => (StatusCode::FORBIDDEN, "organization_creation_not_allowed"),
        ErrorKind::NotVouchable => (StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error"),
        ErrorKind::Busy | ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "server_unavailable"),
    }
}

/// With a capital at its start and a stop at its end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str().trim_end_matches('.')),
        None => String::new(),
    }
}
