//! Which step an address and a method mean.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response, StatusCode, header::ALLOW, request::Parts};
use percent_encoding::percent_decode_str;
use tracing::{Instrument as _, field};

use super::{
    ask::Ask,
    failure::Failure,
    input::{BadInput, Fields},
    json,
    pages::{Message, STYLE},
    repeat::Repeats,
    reply::Reply,
    steps::{Step, discovery, email, enrol, mfa, session, step_up},
};
use crate::flow::{
    Caller, Engine,
    meters::{self, Watch},
};

/// The path below the prefix, if the path lies there: split at its slashes, percent-decoded.
pub(crate) fn path_below(path: &str, prefix: &str) -> Option<Vec<String>> {
    let rest = path.strip_prefix(prefix)?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let rest = rest.strip_prefix('/')?;
    // What is no UTF-8 matches no route.
    Some(rest.split('/').map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect())
}

/// Answers a request below the prefix.
pub(crate) async fn serve(
    engine: Arc<Engine>,
    repeats: &Repeats,
    parts: &Parts,
    path: Vec<String>,
    body: Result<Bytes, BadInput>,
    caller: Caller,
) -> Response<Bytes> {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let fields = if reads {
        Ok(Fields::read_query(parts.uri.query()))
    } else {
        body.as_ref().map_err(Clone::clone).and_then(|body| Fields::read(&parts.headers, body))
    };
    let (fields, bad) = match fields {
        Ok(fields) => (fields, None),
        Err(bad) => (Fields::default(), Some(bad)),
    };
    let ask = Ask::new(engine, parts, path, fields, caller);
    let span = tracing::debug_span!(
        "step",
        step = step_name(ask.path.first().map(String::as_str)),
        method = %ask.method,
        organization_id = field::Empty,
        member_id = field::Empty,
        session_id = field::Empty,
    );
    let answered = async {
        if let Some(bad) = bad {
            return failed(&ask, bad.into()).await;
        }
        match body {
            Ok(body) if !reads && ask.html => repeats.answer(ask, &body).await,
            _ => answer(ask).await,
        }
    };
    answered.instrument(span).await.into_response()
}

/// A step by the first part of its path, as a word of ours: whatever was asked for stands nowhere else.
fn step_name(first: Option<&str>) -> &'static str {
    const STEPS: [&str; 14] = [
        "code",
        "enrol",
        "jwks.json",
        "link",
        "mfa",
        "o",
        "organizations",
        "session",
        "sessions",
        "sign-in",
        "sign-out",
        "step-up",
        "style.css",
        "switch",
    ];
    STEPS.into_iter().find(|step| Some(*step) == first).unwrap_or("other")
}

/// The page that shows what was wrong with a form.
#[derive(Clone, Copy, Debug)]
enum Form<'a> {
    SignIn,
    Organization(&'a str),
    Code,
    Link,
    Organizations,
    Mfa,
    Enrol,
    EnrolTotp,
    EnrolSms,
    StepUp,
    Sessions,
    Switch,
    /// No form: the failure is a page of its own.
    None,
}

/// Runs the step that a request means, and tells what came of it.
pub(super) async fn answer(mut ask: Ask) -> Reply {
    let path = ask.path.clone();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let (name, watch) = (step_name(path.first().copied()), Watch::start());
    let (step, form) = if ask.method == Method::POST {
        post(&mut ask, &path).await
    } else if matches!(ask.method, Method::GET | Method::HEAD) {
        (get(&ask, &path).await, Form::None)
    } else {
        (Err(Failure::method_not_allowed()), Form::None)
    };
    meters::stepped(watch, name, step.as_ref().map_or_else(|failure| failure.error_type, |_| "ok"));
    match step {
        Ok(reply) => reply,
        Err(failure) => {
            tracing::debug!(reason = failure.error_type, "step refused");
            let shown = if ask.html && !failure.over { form_again(&ask, form, &failure).await } else { None };
            match shown {
                Some(reply) => reply,
                None => failed(&ask, failure).await,
            }
        }
    }
}

async fn get(ask: &Ask, path: &[&str]) -> Step {
    match path {
        _ if is_form_only(path) && !ask.html => Err(Failure::page_only()),
        [] => Ok(Reply::see_other(&ask.path_to("sign-in"))),
        ["style.css"] => Ok(Reply::style(STYLE)),
        ["jwks.json"] => Ok(Reply::public_json(&ask.engine.jwks())),
        ["sign-in"] => email::sign_in_page(ask, None).await,
        ["o", slug] => email::organization_page(ask, slug, None).await,
        ["code"] => email::code_page(ask, None).await,
        ["link"] => email::link_page(ask, None).await,
        ["organizations"] => discovery::page(ask, None).await,
        ["mfa"] => mfa::page(ask, None).await,
        ["enrol"] => enrol::page(ask, None).await,
        ["enrol", "totp"] => enrol::totp_page(ask, None).await,
        ["enrol", "sms"] => enrol::sms_page(ask, None).await,
        ["step-up"] => step_up::page(ask, None).await,
        ["session"] => session::current(ask).await,
        ["sessions"] => session::list(ask, None).await,
        ["switch"] => session::switch_page(ask, None).await,
        _ if is_post_only(path) => Err(Failure::method_not_allowed()),
        _ => Err(Failure::not_found()),
    }
}

/// Forms, with nothing in them that a program does not know.
fn is_form_only(path: &[&str]) -> bool {
    matches!(path, ["sign-in" | "code"] | ["o", _] | ["enrol", "totp" | "sms"])
}

fn is_post_only(path: &[&str]) -> bool {
    matches!(
        path,
        ["sign-out"]
            | ["code", "resend"]
            | ["o", _, "password"]
            | ["organizations", "create" | "list"]
            | ["mfa" | "step-up", "totp" | "sms" | "recovery"]
            | ["mfa" | "step-up", "sms", "send"]
            | ["step-up", "password" | "email"]
            | ["step-up", "email", "send"]
            | ["enrol", "totp" | "sms", "confirm"]
            | ["sessions", "revoke" | "revoke-others"]
    )
}

fn is_get_only(path: &[&str]) -> bool {
    matches!(path, ["style.css" | "jwks.json" | "session" | "sessions"])
}

/// The methods of a path, for `Allow` (RFC 9110 §10.2.1).
fn allowed(path: &[String]) -> &'static str {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    if is_post_only(&path) {
        "POST"
    } else if is_get_only(&path) {
        "GET, HEAD"
    } else {
        "GET, HEAD, POST"
    }
}

async fn post<'a>(ask: &mut Ask, path: &[&'a str]) -> (Step, Form<'a>) {
    match *path {
        ["sign-in"] => (email::sign_in(ask).await, Form::SignIn),
        ["o", slug] => (email::organization_sign_in(ask, slug).await, Form::Organization(slug)),
        ["o", slug, "password"] => (email::password(ask, slug).await, Form::Organization(slug)),
        ["code"] => (email::code(ask).await, Form::Code),
        ["code", "resend"] => (email::resend(ask).await, Form::Code),
        ["link"] => (email::link(ask).await, Form::Link),
        ["organizations"] => (discovery::exchange(ask).await, Form::Organizations),
        // What a GET tells, for those who keep tokens themselves: those go into no address.
        ["organizations", "list"] => (told(ask, discovery::page(ask, None)).await, Form::None),
        ["mfa"] => (told(ask, mfa::page(ask, None)).await, Form::None),
        ["enrol"] => (told(ask, enrol::page(ask, None)).await, Form::None),
        ["step-up"] => (told(ask, step_up::page(ask, None)).await, Form::None),
        ["organizations", "create"] => (discovery::create(ask).await, Form::Organizations),
        ["mfa", "totp"] => (mfa::totp(ask).await, Form::Mfa),
        ["mfa", "sms"] => (mfa::sms(ask).await, Form::Mfa),
        ["mfa", "sms", "send"] => (mfa::send_sms(ask).await, Form::Mfa),
        ["mfa", "recovery"] => (mfa::recovery(ask).await, Form::Mfa),
        ["enrol", "totp"] => (enrol::totp(ask).await, Form::Enrol),
        ["enrol", "totp", "confirm"] => (enrol::confirm_totp(ask).await, Form::EnrolTotp),
        ["enrol", "sms"] => (enrol::sms(ask).await, Form::Enrol),
        ["enrol", "sms", "confirm"] => (enrol::confirm_sms(ask).await, Form::EnrolSms),
        ["step-up", "totp"] => (step_up::totp(ask).await, Form::StepUp),
        ["step-up", "sms"] => (step_up::sms(ask).await, Form::StepUp),
        ["step-up", "sms", "send"] => (step_up::send_sms(ask).await, Form::StepUp),
        ["step-up", "recovery"] => (step_up::recovery(ask).await, Form::StepUp),
        ["step-up", "password"] => (step_up::password(ask).await, Form::StepUp),
        ["step-up", "email"] => (step_up::email(ask).await, Form::StepUp),
        ["step-up", "email", "send"] => (step_up::send_email(ask).await, Form::StepUp),
        ["sessions", "revoke"] => (session::revoke(ask).await, Form::Sessions),
        ["sessions", "revoke-others"] => (session::revoke_others(ask).await, Form::Sessions),
        ["switch"] => (session::switch(ask).await, Form::Switch),
        ["sign-out"] => (session::sign_out(ask).await, Form::None),
        _ if is_get_only(path) => (Err(Failure::method_not_allowed()), Form::None),
        _ => (Err(Failure::not_found()), Form::None),
    }
}

/// Tells something that takes no fields but tokens.
async fn told(ask: &Ask, tell: impl Future<Output = Step>) -> Step {
    ask.only(&[])?;
    tell.await
}

/// The page of a form with what was wrong with it; nothing where that page can't be shown either.
async fn form_again(ask: &Ask, form: Form<'_>, failure: &Failure) -> Option<Reply> {
    let failure = Some(failure);
    match form {
        Form::SignIn => email::sign_in_page(ask, failure).await,
        Form::Organization(slug) => email::organization_page(ask, slug, failure).await,
        Form::Code => email::code_page(ask, failure).await,
        Form::Link => email::link_page(ask, failure).await,
        Form::Organizations => discovery::page(ask, failure).await,
        Form::Mfa => mfa::page(ask, failure).await,
        Form::Enrol => enrol::page(ask, failure).await,
        Form::EnrolTotp => enrol::totp_page(ask, failure).await,
        Form::EnrolSms => enrol::sms_page(ask, failure).await,
        Form::StepUp => step_up::page(ask, failure).await,
        Form::Sessions => session::list(ask, failure).await,
        Form::Switch => session::switch_page(ask, failure).await,
        Form::None => return None,
    }
    .ok()
}

/// A failure by itself: a page that says what to do, or an error object.
async fn failed(ask: &Ask, failure: Failure) -> Reply {
    let status = failure.status;
    let reply = failed_with(ask, failure).await;
    if status == StatusCode::METHOD_NOT_ALLOWED { reply.header(ALLOW, allowed(&ask.path)) } else { reply }
}

async fn failed_with(ask: &Ask, failure: Failure) -> Reply {
    if !ask.html {
        return Reply::json(failure.status, &json::error(ask.engine.settings.environment, &failure));
    }
    let intermediate = failure.error_type == "intermediate_session_not_found";
    if intermediate && let Ok(reply) = discovery::expired_page(ask, &failure).await {
        return reply;
    }
    let page = Message {
        frame: ask.frame(),
        heading: heading(failure.status).to_owned(),
        text: failure.message.clone(),
        action: Some(if failure.status == StatusCode::UNAUTHORIZED {
            ("Sign in".to_owned(), ask.path_to("sign-in"))
        } else {
            ("Go on".to_owned(), ask.engine.settings.home.clone())
        }),
    };
    Reply::page(failure.status, &page)
}

fn heading(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "Sign in",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::TOO_MANY_REQUESTS => "Too many tries",
        StatusCode::SERVICE_UNAVAILABLE => "Not possible at the moment",
        _ => "That did not work",
    }
}
