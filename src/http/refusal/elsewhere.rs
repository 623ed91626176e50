//! What a refused request is answered where only the JWTs of another deployment are taken: nothing can be
//! proved here, so people are led to where they sign in, if that is known.

use http::{StatusCode, header::WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::{Refusal, RefusalReason, Refused, described, insufficient, needs, problem};
use crate::{
    http::{ask::session_token, audience::is_browser, pages::Plain, reply::Reply},
    issuer::Issuer,
    judge::Unmet,
};

/// Answers a request whose JWT can't be checked, because there are no keys.
pub(crate) fn unavailable(refused: &Refused) -> Refusal {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let (title, text) =
        ("Not possible at the moment", "Nobody's session can be checked at the moment. Try again later.");
    let reply = if browses(refused) {
        page(status, title, text, None)
    } else {
        problem(status, "unavailable", title, text, json!({}))
    };
    Refusal { reason: RefusalReason::Unavailable, reply }
}

/// Answers a request without a session.
pub(crate) fn anonymous(issuer: &Issuer, refused: &Refused) -> Refusal {
    let status = StatusCode::UNAUTHORIZED;
    let reply = match &issuer.sign_in_at {
        Some(address) if browses(refused) => Reply::see_other(address),
        None if browses(refused) => page(status, "Sign in", "This needs a session. Sign in first.", None),
        _ => {
            let presented =
                session_token(&refused.headers, issuer.cookie.unwrap_or_default(), issuer.cookie.is_none());
            let challenge = match presented {
                Some(_) => "Bearer error=\"invalid_token\", error_description=\"get a fresh session JWT\"",
                None => "Bearer",
            };
            let unmet = json!([{"requirement": "member", "satisfied_by": "a session JWT"}]);
            problem(
                status,
                "unauthenticated",
                "Sign in",
                "This needs a session JWT that is good now. Get one where you are signed in, and send it as a bearer token.",
                with_sign_in(issuer, json!({"unmet": unmet})),
            )
            .header(WWW_AUTHENTICATE, challenge)
        }
    };
    Refusal { reason: RefusalReason::Anonymous, reply }
}

/// Answers a session that does not meet a requirement.
pub(crate) fn unmet(issuer: &Issuer, unmet: Vec<Unmet>, refused: &Refused) -> Refusal {
    let parts: Vec<Value> = unmet.iter().map(described).collect();
    let fields = with_sign_in(issuer, json!({"unmet": parts}));
    let sign_in = || issuer.sign_in_at.as_deref().map(|address| ("Sign in", address));
    let reply = match unmet.as_slice() {
        [Unmet::Factor(demand)] => {
            let title = "Confirm that it is you";
            let text = format!("This needs {}. Prove it where you signed in, and come back.", needs(demand));
            if browses(refused) {
                page(StatusCode::FORBIDDEN, title, &text, sign_in())
            } else {
                problem(StatusCode::UNAUTHORIZED, "insufficient_factors", title, &text, fields)
                    .header(WWW_AUTHENTICATE, &insufficient(demand))
            }
        }
        _ => {
            let elsewhere = unmet.contains(&Unmet::Organization);
            let text = if elsewhere {
                "This belongs to another organization than the one you are signed in to."
            } else {
                "Your roles do not allow this. Ask an administrator of your organization."
            };
            if browses(refused) {
                let action = if elsewhere { sign_in() } else { None };
                page(StatusCode::FORBIDDEN, "Not allowed", text, action)
            } else {
                problem(StatusCode::FORBIDDEN, "forbidden", "Not allowed", text, fields)
                    .header(WWW_AUTHENTICATE, "Bearer error=\"insufficient_scope\"")
            }
        }
    };
    Refusal { reason: RefusalReason::Unmet(unmet), reply }
}

fn browses(refused: &Refused) -> bool {
    is_browser(&refused.method, &refused.headers)
}

/// The fields of a problem document, and where people sign in.
fn with_sign_in(issuer: &Issuer, mut fields: Value) -> Value {
    if let Some(address) = &issuer.sign_in_at {
        fields["sign_in_at"] = json!(address);
    }
    fields
}

fn page(status: StatusCode, heading: &str, text: &str, action: Option<(&str, &str)>) -> Reply {
    Reply::page(status, &Plain { heading, text, action })
}
