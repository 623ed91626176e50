//! How what a step came to is told: by cookies and a redirect, or by JSON.

use http::StatusCode;
use serde_json::{Value, json};

use super::Step;
use crate::{
    domain::{AuditKind, Enrolment, FactorDemand, ReturnTo, Timestamp},
    flow::{Bag, Engine, Entered, First, Pending, SignedIn, Unfinished},
    http::{
        ask::Ask,
        failure::Failure,
        json::{self as objects, Tokens},
        reply::Reply,
    },
    judge::MemberSession,
};

/// A path that a person goes on to; never back into the sign-in itself.
pub(crate) fn onward(engine: &Engine, return_to: Option<&ReturnTo>) -> String {
    let prefix = &engine.settings.prefix;
    let inside = |path: &str| {
        path.strip_prefix(prefix.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with('?'))
    };
    return_to
        .map(ReturnTo::as_str)
        .filter(|path| !inside(path) || path.starts_with(&format!("{prefix}/enrol")))
        .unwrap_or(&engine.settings.home)
        .to_owned()
}

/// That a message is on its way (or would be).
pub(super) fn sent(ask: &Ask) -> Reply {
    let reply = if ask.html {
        Reply::see_other(&ask.path_to("code"))
    } else {
        Reply::json(StatusCode::OK, &objects::done(ask.engine.settings.environment, json!({})))
    };
    with_browser(ask, reply)
}

/// Sets the browser's cookie where it is new.
pub(super) fn with_browser(ask: &Ask, reply: Reply) -> Reply {
    match &ask.new_browser {
        Some(token) => reply.set_browser(ask.names, token.expose()),
        None => reply,
    }
}

/// That something was done which has nothing to tell.
pub(super) fn done(ask: &Ask, go_to: &str) -> Reply {
    if ask.html {
        Reply::see_other(go_to)
    } else {
        Reply::json(StatusCode::OK, &objects::done(ask.engine.settings.environment, json!({})))
    }
}

/// A first factor was proved.
pub(super) async fn first(ask: &Ask, first: First) -> Step {
    match first {
        First::Discovery(bag) => discovery(ask, &bag).await,
        First::Entered(entered) => self::entered(ask, entered).await,
    }
}

/// A bag of factors, and the organizations it opens.
pub(super) async fn discovery(ask: &Ask, bag: &Bag) -> Step {
    let reply = if ask.html {
        Reply::see_other(&ask.path_to("organizations"))
    } else {
        let list = ask.engine.discover_in(bag, ask.caller.now).await?;
        let address = bag.session.factors.iter().find_map(|factor| factor.address());
        let tokens =
            Tokens { intermediate_session_token: in_body(ask, bag.token.expose()), ..Tokens::default() };
        let environment = ask.engine.settings.environment;
        Reply::json(StatusCode::OK, &objects::discovered(environment, bag, address, &list, &tokens))
    };
    Ok(with_browser(ask, intermediate(ask, reply, bag)))
}

/// What came of entering an organization.
pub(super) async fn entered(ask: &Ask, entered: Entered) -> Step {
    match entered {
        Entered::Session(done) => signed_in(ask, &done, None).await,
        Entered::Owed(owed) => owed_more(ask, &owed).await,
    }
}

/// Somebody is signed in, or their session was raised: its token goes into the cookie, and what led
/// here is cleared.
pub(crate) async fn signed_in(ask: &Ask, done: &SignedIn, go_to: Option<&str>) -> Step {
    let engine = &ask.engine;
    let now = ask.caller.now;
    end_former(ask, &done.session).await;
    ask.engine.forget_destination(&ask.caller).await;
    let reply = if ask.html {
        let onward = onward(engine, done.return_to.as_ref());
        Reply::see_other(go_to.unwrap_or(&onward))
    } else {
        // What was made must reach its owner, cookies and all, even where it can't be described.
        match signed_in_json(ask, done, now).await {
            Ok(body) => Reply::json(StatusCode::OK, &body),
            Err(failure) => {
                Reply::json(failure.status, &objects::error(engine.settings.environment, &failure))
            }
        }
    };
    Ok(session_cookies(ask, reply, &done.session, done.session_token.expose()))
}

async fn signed_in_json(ask: &Ask, done: &SignedIn, now: Timestamp) -> Result<Value, Failure> {
    let engine = &ask.engine;
    let enrolment = engine.enrolment(&done.member.member_id).await?;
    let mut tokens = Tokens::default();
    if engine.settings.tokens_in_body {
        tokens.session_token = done.session_token.expose().to_owned();
        tokens.session_jwt = engine.session_jwt(&done.session, now).await?.expose().to_owned();
    }
    Ok(objects::authenticated(engine.settings.environment, done, &enrolment, &tokens, now))
}

/// Ends the session that the browser had until now: its token is lost with the cookie that is replaced. A
/// store that fails here does not take the new session from its owner; the old one has ended on this node.
pub(super) async fn end_former(ask: &Ask, new: &MemberSession) {
    if ask.engine.settings.tokens_in_body {
        return;
    }
    if let Ok(former) = ask.session().await
        && former.member_session_id() != new.member_session_id()
        && let Err(error) =
            ask.engine.end(&former.member_session_id(), AuditKind::Replaced, &ask.caller).await
    {
        tracing::error!(%error, session_id = %former.member_session_id(), "a former session was not ended for good");
    }
}

/// Sets the session's cookie for as long as the session lasts, and clears those of the sign-in.
pub(super) fn session_cookies(ask: &Ask, reply: Reply, session: &MemberSession, token: &str) -> Reply {
    if ask.engine.settings.tokens_in_body {
        return reply;
    }
    let left = session.expires_at().since(ask.caller.now).unwrap_or_default();
    let reply = reply.set_session(ask.names, token, left.as_secs());
    reply.clear_intermediate(ask.names).clear_challenge(ask.names)
}

async fn owed_more(ask: &Ask, owed: &Unfinished) -> Step {
    let reply = if ask.html {
        // Where that can't be told at the moment, the page for it will.
        let page = next_page(ask, owed).await.unwrap_or_else(|_| ask.path_to("mfa"));
        Reply::see_other(&page)
    } else {
        let enrolment = match &owed.member {
            Some(member) => ask.engine.enrolment(&member.member_id).await,
            None => Ok(Default::default()),
        };
        // Its token has changed, and must reach its owner in any case.
        match enrolment {
            Ok(enrolment) => unfinished(ask, owed, &enrolment),
            Err(error) => {
                let failure = Failure::from(error);
                Reply::json(failure.status, &objects::error(ask.engine.settings.environment, &failure))
            }
        }
    };
    Ok(with_browser(ask, intermediate(ask, reply, &owed.bag)))
}

fn unfinished(ask: &Ask, owed: &Unfinished, enrolment: &Enrolment) -> Reply {
    let token = in_body(ask, owed.bag.token.expose());
    let tokens = Tokens { intermediate_session_token: token, ..Tokens::default() };
    let environment = ask.engine.settings.environment;
    Reply::json(StatusCode::OK, &objects::unfinished(environment, owed, enrolment, &tokens, ask.caller.now))
}

/// What a sign-in that is under way still owes; nothing changes by asking.
pub(super) async fn still_owed(ask: &Ask, pending: Pending) -> Step {
    let Pending { bag, organization, member, enrolment, owed } = pending;
    let sms_sent = ask.engine.sms_waits(&member.member_id, ask.caller.now).await?;
    let owed = Unfinished { bag, owed, organization, member: Some(member), sms_sent };
    Ok(unfinished(ask, &owed, &enrolment))
}

/// Where the person proves what is owed next.
async fn next_page(ask: &Ask, owed: &Unfinished) -> Result<String, Failure> {
    if owed.owed.primary_required.is_some() {
        return Ok(ask.path_to(&format!("o/{}", owed.organization.organization_slug)));
    }
    let needs_enrolment = owed.owed.mfa_required.as_ref().is_some_and(|required| required.needs_enrolment());
    let pending = ask.engine.pending_of(owed.bag.clone(), ask.caller.now).await?;
    // Somebody whose second factors are of another kind than is accepted here proves one, then sets up
    // an accepted one.
    let proves_first = pending.enrolment.has_second_factor() && !pending.proved_second(ask.caller.now);
    Ok(ask.path_to(if needs_enrolment && !proves_first { "enrol" } else { "mfa" }))
}

fn intermediate(ask: &Ask, reply: Reply, bag: &Bag) -> Reply {
    if ask.engine.settings.tokens_in_body {
        reply
    } else {
        reply.set_intermediate(ask.names, bag.token.expose())
    }
}

fn in_body(ask: &Ask, token: &str) -> String {
    if ask.engine.settings.tokens_in_body { token.to_owned() } else { String::new() }
}

/// Challenges a session before it may go on: a browser is sent to the page for it, a program is told.
pub(crate) async fn challenged(
    ask: &Ask,
    session: &MemberSession,
    demand: &FactorDemand,
    return_to: Option<ReturnTo>,
    failure: Failure,
) -> Step {
    // What could answer may have been set up in this session: then only signing in again helps.
    if ask.engine.answers(session, demand).await?.kinds.is_empty() {
        return Err(failure);
    }
    let challenged = ask.engine.challenge(session, demand, return_to, false, &ask.caller).await?;
    if !ask.html {
        let mut body = objects::error(ask.engine.settings.environment, &failure);
        body["challenge"] = json!({
            "challenge_token": challenged.token.expose(),
            "expires_at": challenged.challenge.expires_at,
            "factor": demand.name(),
            "complete_at": ask.path_to("step-up"),
        });
        return Ok(Reply::json(failure.status, &body));
    }
    Ok(Reply::see_other(&ask.path_to("step-up")).set_challenge(ask.names, challenged.token.expose()))
}
