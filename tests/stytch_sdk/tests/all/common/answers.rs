//! What is expected of answers.

use std::{collections::BTreeMap, fmt::Debug};

use serde_json::Value;
use stytch::{
    ErrorResponse,
    b2b::{
        mfa::MfaRequired,
        sessions::{MemberSession, PrimaryRequired},
    },
};

/// Whatever the call, it has to be refused in just this way.
#[track_caller]
pub(crate) fn refused<T: Debug>(answer: stytch::Result<T>, status: u16, error_type: &str) {
    let error = failed(answer);
    assert_eq!((error.status_code.as_u16(), error.error_type.as_str()), (status, error_type), "{error:?}");
}

/// Whatever the call, it has to be refused, in Stytch's envelope.
#[track_caller]
pub(crate) fn failed<T: Debug>(answer: stytch::Result<T>) -> ErrorResponse {
    match answer {
        Err(stytch::Error::Response(error)) => {
            assert!(error.request_id.starts_with("request-id-test-"), "{error:?}");
            assert!(!error.error_message.is_empty(), "{error:?}");
            let documented = format!(
                "https://stytch.com/docs/b2b/api/errors/{}#{}",
                error.status_code.as_u16(),
                error.error_type
            );
            assert_eq!(error.error_url, documented, "{error:?}");
            error
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// Of many calls at once, so many have to be refused in each of these ways, and the others granted.
#[track_caller]
pub(crate) fn refusals_are<T: Debug>(answers: Vec<stytch::Result<T>>, expected: &[(u16, &str, usize)]) {
    let mut refusals: BTreeMap<(u16, String), usize> = BTreeMap::new();
    for answer in answers.into_iter().filter(Result::is_err) {
        let error = failed(answer);
        *refusals.entry((error.status_code.as_u16(), error.error_type)).or_default() += 1;
    }
    let expected = expected.iter().map(|(status, kind, count)| ((*status, (*kind).to_owned()), *count));
    let expected: BTreeMap<(u16, String), usize> = expected.collect();
    assert_eq!(refusals, expected);
}

/// What a call without the SDK came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// Always JSON, whatever went wrong.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json", "{self:?}");
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn granted(&self) -> Value {
        let body = self.json();
        assert_eq!((self.status, &body["status_code"]), (200, &Value::from(200)), "{self:?}");
        body
    }

    #[track_caller]
    pub(crate) fn refused(&self, status: u16, error_type: &str) {
        let error: ErrorResponse = serde_json::from_value(self.json()).unwrap_or_else(|_| panic!("{self:?}"));
        assert_eq!(self.status, error.status_code.as_u16(), "{self:?}");
        assert!(error.request_id.starts_with("request-id-test-"), "{self:?}");
        assert_eq!((self.status, error.error_type.as_str()), (status, error_type), "{self:?}");
    }
}

/// An answer that carries a member session or an intermediate one.
macro_rules! authenticated {
    ($($path:path),* $(,)?) => {$(
        impl Authenticated for $path {
            fn parts(&self) -> Parts<'_> {
                Parts {
                    session_token: &self.session_token,
                    session_jwt: &self.session_jwt,
                    member_session: self.member_session.as_ref(),
                    intermediate: &self.intermediate_session_token,
                    expires: self.intermediate_session_token_expires_at.is_some(),
                    authenticated: self.member_authenticated,
                    mfa_required: self.mfa_required.as_ref(),
                    primary_required: self.primary_required.as_ref(),
                }
            }
        }
    )*};
}

pub(crate) struct Parts<'a> {
    session_token: &'a str,
    session_jwt: &'a str,
    member_session: Option<&'a MemberSession>,
    intermediate: &'a str,
    expires: bool,
    authenticated: bool,
    mfa_required: Option<&'a MfaRequired>,
    primary_required: Option<&'a PrimaryRequired>,
}

pub(crate) trait Authenticated: Debug {
    fn parts(&self) -> Parts<'_>;
}

authenticated!(
    stytch::b2b::discovery_intermediate_sessions::ExchangeResponse,
    stytch::b2b::discovery_organizations::CreateResponse,
    stytch::b2b::magic_links::AuthenticateResponse,
    stytch::b2b::otp_email::AuthenticateResponse,
    stytch::b2b::passwords::AuthenticateResponse,
    stytch::b2b::passwords_email::ResetResponse,
    stytch::b2b::passwords_existing_password::ResetResponse,
    stytch::b2b::sessions::ExchangeResponse,
);

impl Authenticated for stytch::b2b::passwords_session::ResetResponse {
    fn parts(&self) -> Parts<'_> {
        Parts {
            session_token: &self.session_token,
            session_jwt: &self.session_jwt,
            member_session: self.member_session.as_ref(),
            intermediate: &self.intermediate_session_token,
            expires: self.intermediate_session_token_expires_at.is_some(),
            authenticated: self.member_authenticated,
            mfa_required: self.mfa_required.as_ref(),
            primary_required: None,
        }
    }
}

/// Has to be a member session, and nothing of an intermediate one.
#[track_caller]
pub(crate) fn is_session(answer: &impl Authenticated) -> &MemberSession {
    let parts = answer.parts();
    assert!(parts.authenticated, "{answer:?}");
    assert_eq!(parts.session_token.len(), 44, "{answer:?}");
    assert_eq!(parts.session_jwt.split('.').count(), 3, "{answer:?}");
    assert_eq!(parts.intermediate, "", "{answer:?}");
    assert!(!parts.expires, "{answer:?}");
    assert!(parts.mfa_required.is_none() && parts.primary_required.is_none(), "{answer:?}");
    parts.member_session.unwrap_or_else(|| panic!("no session: {answer:?}"))
}

/// Has to be an intermediate session, and nothing of a member session. Answers its token.
#[track_caller]
pub(crate) fn is_waiting(answer: &impl Authenticated) -> String {
    let parts = answer.parts();
    assert!(!parts.authenticated, "{answer:?}");
    assert_eq!((parts.session_token, parts.session_jwt), ("", ""), "{answer:?}");
    assert!(parts.member_session.is_none(), "{answer:?}");
    assert_eq!(parts.intermediate.len(), 44, "{answer:?}");
    assert!(parts.expires, "{answer:?}");
    assert!(parts.mfa_required.is_some() || parts.primary_required.is_some(), "{answer:?}");
    parts.intermediate.to_owned()
}

/// The kinds of a session's factors, as they stand on the wire.
pub(crate) fn factor_types(session: &MemberSession) -> Vec<String> {
    let name = |factor| serde_json::to_value(factor).unwrap().as_str().unwrap().to_owned();
    session.authentication_factors.iter().map(|factor| name(&factor.type_)).collect()
}
