//! What a request is answered that a route does not let in: a browser is led on, a program is told what
//! is missing and what would satisfy it.

#[cfg(feature = "verify-only")]
pub(crate) mod elsewhere;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header::WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::{
    ask::session_token,
    audience::is_browser,
    cookies::CookieNames,
    pages::{Frame, Message},
    reply::Reply,
};
use crate::{
    domain::{AuditKind, FactorDemand, ForbiddenReason, ReturnTo},
    flow::{About, Answers, Caller, Challenged, Engine, Error},
    judge::{MemberSession, Unmet},
};

/// Why a request was not let in. Stands in the extensions of the answer, for outer layers to see.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// There is no session.
    Anonymous,
    /// There is a session, and it does not meet these parts of the requirement.
    Unmet(Vec<Unmet>),
    /// A second factor is demanded, and the member has none that could answer.
    EnrolmentRequired,
    /// A second factor is demanded, and the only ones that could answer were set up in this session: they
    /// count from the next sign-in on.
    SignInRequired,
    /// A store does not answer, or the keys of another deployment can't be had, so nobody can be let in.
    Unavailable,
}

impl RefusalReason {
    /// As a word, for those who count.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Unmet(unmet) if unmet.iter().all(|unmet| matches!(unmet, Unmet::Factor(_))) => "factor",
            Self::Unmet(unmet) => forbidden_because(unmet).as_str(),
            Self::EnrolmentRequired => "enrolment_required",
            Self::SignInRequired => "sign_in_required",
            Self::Unavailable => "unavailable",
        }
    }
}

/// A refused request: the reason, and the answer that would be given to it.
#[derive(Clone, Debug)]
pub struct Refusal {
    reason: RefusalReason,
    reply: Reply,
}

impl Refusal {
    /// Why.
    #[must_use]
    pub fn reason(&self) -> &RefusalReason {
        &self.reason
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.reply.response().status()
    }

    /// The answer, with its headers; the reason stands in its extensions.
    #[must_use]
    pub fn into_response(self) -> Response<Bytes> {
        let mut response = self.reply.into_response();
        response.extensions_mut().insert(self.reason);
        response
    }
}

/// What is known of the request.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) caller: Caller,
    /// The page that a refused request which would have changed something leads back to.
    pub(crate) back_to: Option<ReturnTo>,
}

impl Refused {
    fn is_browser(&self, engine: &Engine) -> bool {
        !engine.settings.tokens_in_body && is_browser(&self.method, &self.headers)
    }

    fn would_change(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD)
    }

    /// Where the person goes on: the page itself, or for what can't be repeated the page before it.
    fn destination(&self) -> Option<ReturnTo> {
        if self.would_change() {
            return self.back_to.clone();
        }
        self.uri.path_and_query().and_then(|path| ReturnTo::parse(path.as_str()))
    }
}

/// Answers a request that nobody can be let in for, because a store does not answer.
pub(crate) fn unavailable(engine: &Engine, refused: &Refused) -> Refusal {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let text = "Signing in is not possible at the moment. Try again later.";
    let reply = if refused.is_browser(engine) {
        message(engine, status, "Not possible at the moment", text, None)
    } else {
        problem(status, "unavailable", "No session can be checked at the moment", text, json!({}))
    };
    Refusal { reason: RefusalReason::Unavailable, reply }
}

/// Answers a request without a session.
pub(crate) fn anonymous(engine: &Engine, refused: &Refused) -> Refusal {
    let reply = if refused.is_browser(engine) {
        let mut start = format!("{}/sign-in", engine.settings.prefix);
        if let Some(to) = refused.destination() {
            let query = serde_html_form::to_string([("return_to", to.as_str())]).unwrap_or_default();
            start = format!("{start}?{query}");
        }
        Reply::see_other(&start)
    } else {
        let cookie = CookieNames::new(engine.settings.development).session;
        let presented = session_token(&refused.headers, cookie, engine.settings.tokens_in_body).is_some();
        let challenge = if presented {
            "Bearer error=\"invalid_token\", error_description=\"sign in\""
        } else {
            "Bearer"
        };
        problem(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Sign in",
            "This needs a member session. Sign in, and send its token as cookie or as a bearer token.",
            json!({"unmet": [{"requirement": "member", "satisfied_by": "a member session"}]}),
        )
        .header(WWW_AUTHENTICATE, challenge)
    };
    Refusal { reason: RefusalReason::Anonymous, reply }
}

/// Answers a session that does not meet a requirement; challenges it where a factor is all that is
/// missing.
pub(crate) async fn unmet(
    engine: &Arc<Engine>,
    session: &MemberSession,
    unmet: Vec<Unmet>,
    refused: &Refused,
) -> Refusal {
    let demand = match unmet.as_slice() {
        [Unmet::Factor(demand)] => demand.clone(),
        _ => {
            let reason = forbidden_because(&unmet);
            tell_forbidden(engine, session, reason, refused).await;
            return forbidden(engine, unmet, refused);
        }
    };
    let answered = match engine.answers(session, &demand).await {
        Ok(Answers { kinds, .. }) if !kinds.is_empty() => challenge(engine, session, &demand, refused).await,
        Ok(Answers { after_signing_in: true, .. }) => {
            tell_forbidden(engine, session, ForbiddenReason::SignInRequired, refused).await;
            return sign_in_again(engine, &demand, refused);
        }
        Ok(_) => {
            tell_forbidden(engine, session, ForbiddenReason::EnrolmentRequired, refused).await;
            return enrolment(engine, &demand, refused);
        }
        Err(error) => Err(error),
    };
    match answered {
        Ok(challenged) => step_up(engine, &demand, unmet, &challenged, refused),
        Err(error) => {
            tracing::error!(%error, "a session could not be challenged");
            unavailable(engine, refused)
        }
    }
}

fn forbidden_because(unmet: &[Unmet]) -> ForbiddenReason {
    if unmet.contains(&Unmet::Organization) {
        ForbiddenReason::Organization
    } else if unmet.iter().any(|unmet| matches!(unmet, Unmet::Role(_))) {
        ForbiddenReason::Role
    } else {
        ForbiddenReason::Permission
    }
}

async fn tell_forbidden(
    engine: &Engine,
    session: &MemberSession,
    reason: ForbiddenReason,
    refused: &Refused,
) {
    let subject = format!("{}/{}", session.member_session_id(), reason.as_str());
    let (happened, about) = (AuditKind::Forbidden { reason }, About::from(session));
    engine.tell_seldom(&subject, happened, about, &refused.caller).await;
}

async fn challenge(
    engine: &Arc<Engine>,
    session: &MemberSession,
    demand: &FactorDemand,
    refused: &Refused,
) -> Result<Challenged, Error> {
    let nothing_done = refused.would_change();
    engine.challenge(session, demand, refused.destination(), nothing_done, &refused.caller).await
}

fn step_up(
    engine: &Engine,
    demand: &FactorDemand,
    unmet: Vec<Unmet>,
    challenged: &Challenged,
    refused: &Refused,
) -> Refusal {
    let names = CookieNames::new(engine.settings.development);
    let page = format!("{}/step-up", engine.settings.prefix);
    let reply = if refused.is_browser(engine) {
        Reply::see_other(&page).set_challenge(names, challenged.token.expose())
    } else {
        problem(
            StatusCode::UNAUTHORIZED,
            "insufficient_factors",
            "Confirm that it is you",
            &format!("This needs {}. Nothing was done.", needs(demand)),
            json!({
                "unmet": unmet.iter().map(described).collect::<Vec<_>>(),
                "challenge": {
                    "challenge_token": challenged.token.expose(),
                    "expires_at": challenged.challenge.expires_at,
                    "complete_at": page,
                },
            }),
        )
        .header(WWW_AUTHENTICATE, &insufficient(demand))
    };
    Refusal { reason: RefusalReason::Unmet(unmet), reply }
}

/// The challenge of RFC 9470 §3.
fn insufficient(demand: &FactorDemand) -> String {
    let mut header = format!(
        "Bearer error=\"insufficient_user_authentication\", error_description=\"{}\", acr_values=\"{}\"",
        needs(demand),
        if demand.is_primary() { "urn:vestibule:acr:single" } else { "urn:vestibule:acr:mfa" },
    );
    if let Some(age) = demand.max_age() {
        header.push_str(&format!(", max_age={}", age.as_secs()));
    }
    header
}

fn sign_in_again(engine: &Engine, demand: &FactorDemand, refused: &Refused) -> Refusal {
    let status = StatusCode::FORBIDDEN;
    let text = format!(
        "This needs {}. What you set up in this session counts from your next sign-in on: sign out, and sign in again.",
        needs(demand)
    );
    let reply = if refused.is_browser(engine) {
        let action = Some(("Your sessions".to_owned(), format!("{}/sessions", engine.settings.prefix)));
        message(engine, status, "Sign in again first", &text, action)
    } else {
        let unmet = json!([described(&Unmet::Factor(demand.clone()))]);
        problem(status, "sign_in_required", "Sign in again first", &text, json!({"unmet": unmet}))
    };
    Refusal { reason: RefusalReason::SignInRequired, reply }
}

fn enrolment(engine: &Engine, demand: &FactorDemand, refused: &Refused) -> Refusal {
    let status = StatusCode::FORBIDDEN;
    let text = format!("This needs {}, and you have none set up that could answer.", needs(demand));
    let page = format!("{}/enrol", engine.settings.prefix);
    let reply = if refused.is_browser(engine) {
        let action = Some(("Set up a second factor".to_owned(), page));
        message(engine, status, "Set up a second factor first", &text, action)
    } else {
        let unmet = json!([described(&Unmet::Factor(demand.clone()))]);
        problem(
            status,
            "enrolment_required",
            "Set up a second factor first",
            &text,
            json!({"unmet": unmet, "enrol_at": page}),
        )
    };
    Refusal { reason: RefusalReason::EnrolmentRequired, reply }
}

fn forbidden(engine: &Engine, unmet: Vec<Unmet>, refused: &Refused) -> Refusal {
    let status = StatusCode::FORBIDDEN;
    let switch = format!("{}/switch", engine.settings.prefix);
    let elsewhere = unmet.contains(&Unmet::Organization);
    let text = if elsewhere {
        "This belongs to another organization than the one you are signed in to."
    } else {
        "Your roles do not allow this. Ask an administrator of your organization."
    };
    let reply = if refused.is_browser(engine) {
        let action = if elsewhere {
            Some(("Switch organization".to_owned(), switch))
        } else {
            Some(("Go on".to_owned(), engine.settings.home.clone()))
        };
        message(engine, status, "Not allowed", text, action)
    } else {
        let mut fields = json!({"unmet": unmet.iter().map(described).collect::<Vec<_>>()});
        if elsewhere {
            fields["switch_at"] = json!(switch);
        }
        problem(status, "forbidden", "Not allowed", text, fields)
            .header(WWW_AUTHENTICATE, "Bearer error=\"insufficient_scope\"")
    };
    Refusal { reason: RefusalReason::Unmet(unmet), reply }
}

/// A part of a requirement, and what would satisfy it.
fn described(unmet: &Unmet) -> Value {
    match unmet {
        Unmet::Organization => json!({
            "requirement": "organization",
            "satisfied_by": "a session of the organization in the URL",
        }),
        Unmet::Role(role) => json!({
            "requirement": "role", "role_id": role, "satisfied_by": format!("the role {role}"),
        }),
        Unmet::Permission { resource, action } => json!({
            "requirement": "permission", "resource_id": resource, "action": action,
            "satisfied_by": format!("a role that permits {action} on {resource}"),
        }),
        Unmet::Factor(demand) => json!({
            "requirement": "factor", "factor": demand.name(),
            "max_age": demand.max_age().map(|age| age.as_secs()),
            "satisfied_by": needs(demand),
        }),
    }
}

fn needs(demand: &FactorDemand) -> String {
    let what = match demand.name() {
        "primary" => "a first factor",
        "totp" => "a code of your authenticator app",
        "otp" => "a code sent by SMS",
        _ => "a second factor",
    };
    match demand.max_age() {
        Some(age) if age.as_secs() >= 120 => {
            format!("{what}, proved in the last {} minutes", age.as_secs() / 60)
        }
        Some(age) => format!("{what}, proved in the last {} seconds", age.as_secs()),
        None => what.to_owned(),
    }
}

/// A problem document (RFC 9457), with more fields.
pub(crate) fn problem(status: StatusCode, name: &str, title: &str, detail: &str, extra: Value) -> Reply {
    let mut document = json!({
        "type": format!("urn:vestibule:problem:{name}"),
        "title": title,
        "status": status.as_u16(),
        "detail": detail,
    });
    if let (Value::Object(document), Value::Object(extra)) = (&mut document, extra) {
        document.extend(extra);
    }
    Reply::problem(status, &document)
}

fn message(
    engine: &Engine,
    status: StatusCode,
    heading: &str,
    text: &str,
    action: Option<(String, String)>,
) -> Reply {
    let frame = Frame {
        app: engine.settings.name.clone(),
        prefix: engine.settings.prefix.clone(),
        error: None,
        notice: None,
    };
    let page = Message { frame, heading: heading.to_owned(), text: text.to_owned(), action };
    Reply::page(status, &page)
}

/// What keeps answers that depend on who asks out of shared caches, unless the handler has said
/// otherwise.
pub(crate) fn keep_private(headers: &mut HeaderMap) {
    use http::header::{CACHE_CONTROL, Entry, VARY};
    if let Entry::Vacant(entry) = headers.entry(CACHE_CONTROL) {
        entry.insert(HeaderValue::from_static("no-store"));
    }
    if !headers.contains_key(VARY) {
        headers.insert(VARY, HeaderValue::from_static("Cookie, Authorization"));
    }
}
