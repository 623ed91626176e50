//! The session that a person has: shown, listed, ended, turned to another organization.

use http::{HeaderName, StatusCode};
use serde_json::json;

use super::{Step, discovery::choice, email::status, outcome};
use crate::{
    domain::{AuditKind, Factor, FactorKind, OrganizationId, SessionId, SessionRecord},
    flow::{Entered, Error, ErrorKind},
    http::{
        ask::Ask,
        failure::Failure,
        json::{self, Tokens},
        pages::{SessionRow, Sessions, Switch},
        reply::Reply,
    },
    judge::MemberSession,
};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The current session with a fresh JWT: for scripts of the application's own pages and for programs.
pub(crate) async fn current(ask: &Ask) -> Step {
    let session = ask.session().await?;
    let shown = ask.engine.described(&session).await?;
    let enrolment = ask.engine.enrolment(session.member_id()).await?;
    let now = ask.caller.now;
    let session_jwt = ask.engine.session_jwt(&session, now).await?.expose().to_owned();
    let mut tokens = Tokens { session_jwt, ..Tokens::default() };
    if ask.engine.settings.tokens_in_body {
        tokens.session_token = shown.session_token.expose().to_owned();
    }
    let body = json::authenticated(ask.engine.settings.environment, &shown, &enrolment, &tokens, now);
    Ok(Reply::json(StatusCode::OK, &body))
}

/// All sessions of the person in this organization.
pub(crate) async fn list(ask: &Ask, failure: Option<&Failure>) -> Step {
    let session = ask.session().await?;
    let records = ask.engine.sessions_of(session.member_id(), ask.caller.now).await?;
    if !ask.html {
        let sessions: Vec<_> = records.iter().map(|record| shown(record, &session)).collect();
        let body = json!({"member_sessions": sessions});
        return Ok(Reply::json(StatusCode::OK, &json::done(ask.engine.settings.environment, body)));
    }
    let organization = ask.engine.organization(session.organization_id()).await?;
    let page = Sessions {
        frame: ask.failed(failure),
        email: session.email_address().to_string(),
        organization: organization.organization_name,
        sessions: records.iter().map(|record| row(record, &session)).collect(),
        home: ask.engine.settings.home.clone(),
    };
    Ok(Reply::page(status(failure), &page))
}

fn shown(record: &SessionRecord, current: &MemberSession) -> serde_json::Value {
    json!({
        "member_session_id": record.session_id,
        "member_id": record.member_id,
        "organization_id": record.organization_id,
        "started_at": record.started_at,
        "last_accessed_at": record.last_accessed_at,
        "expires_at": record.expires_at,
        "user_agent": record.user_agent,
        "ip_address": record.ip_address,
        "current": record.session_id == current.member_session_id(),
    })
}

fn row(record: &SessionRecord, current: &MemberSession) -> SessionRow {
    let mut factors: Vec<&str> = record.factors.iter().map(in_words).collect();
    factors.dedup();
    let minute = |time: crate::domain::Timestamp| {
        let text = time.to_string();
        text.get(..16).map_or(text.clone(), |minute| format!("{} UTC", minute.replace('T', " ")))
    };
    SessionRow {
        member_session_id: record.session_id.to_string(),
        user_agent: record.user_agent.clone(),
        ip_address: record.ip_address.clone(),
        started_at: minute(record.started_at),
        last_accessed_at: minute(record.last_accessed_at),
        factors: factors.join(", "),
        current: record.session_id == current.member_session_id(),
    }
}

fn in_words(factor: &Factor) -> &'static str {
    match factor.kind {
        FactorKind::MagicLink => "link by email",
        FactorKind::EmailOtp => "code by email",
        FactorKind::Password => "password",
        FactorKind::Oauth(_) => "account elsewhere",
        FactorKind::Sso => "single sign-on",
        FactorKind::Otp => "code by SMS",
        FactorKind::Totp => "authenticator app",
        FactorKind::RecoveryCodes => "recovery code",
    }
}

/// Ends one of the person's own sessions.
pub(crate) async fn revoke(ask: &mut Ask) -> Step {
    ask.only(&["member_session_id"])?;
    let session = ask.session().await?;
    let not_found = || Failure::from(Error::from(ErrorKind::SessionNotFound));
    let id = SessionId::new(ask.fields.text("member_session_id")?).map_err(|_| not_found())?;
    let own = ask.engine.sessions_of(session.member_id(), ask.caller.now).await?;
    if own.iter().any(|record| record.session_id == id) {
        ask.engine.end(&id, AuditKind::Revoked, &ask.caller).await?;
    }
    if id == session.member_session_id() {
        return Ok(outcome::done(ask, &ask.path_to("sign-in")).clear_session(ask.names));
    }
    Ok(outcome::done(ask, &ask.path_to("sessions")))
}

/// Ends all of the person's sessions but this one.
pub(crate) async fn revoke_others(ask: &mut Ask) -> Step {
    ask.only(&[])?;
    let session = ask.session().await?;
    let except = session.member_session_id();
    ask.engine.end_member(session.member_id(), Some(&except), &ask.caller).await?;
    Ok(outcome::done(ask, &ask.path_to("sessions")))
}

/// Ends this session, and a sign-in that may be going on.
pub(crate) async fn sign_out(ask: &mut Ask) -> Step {
    ask.only(&[])?;
    match ask.session().await {
        Ok(session) => {
            ask.engine.end(&session.member_session_id(), AuditKind::SignedOut, &ask.caller).await?;
        }
        // Nothing to end. A store that does not answer is told: the session may still live.
        Err(failure) if failure.over => {}
        Err(failure) => return Err(failure),
    }
    if let Some(token) = ask.intermediate() {
        ask.engine.discard_intermediate(token).await?;
    }
    Ok(outcome::done(ask, &ask.path_to("sign-in"))
        .clear_session(ask.names)
        .clear_intermediate(ask.names)
        .clear_challenge(ask.names)
        .header(CLEAR_SITE_DATA, "\"cache\""))
}

/// The organizations that the person could turn to.
pub(crate) async fn switch_page(ask: &Ask, failure: Option<&Failure>) -> Step {
    let session = ask.session().await?;
    let list = ask.engine.switchable(&session, ask.caller.now).await?;
    if !ask.html {
        let body = json::switchable(ask.engine.settings.environment, &session, &list);
        return Ok(Reply::json(StatusCode::OK, &body));
    }
    let current = ask.engine.organization(session.organization_id()).await?;
    let page = Switch {
        frame: ask.failed(failure),
        email: session.email_address().to_string(),
        current: current.organization_name,
        organizations: list.iter().map(choice).collect(),
    };
    Ok(Reply::page(status(failure), &page))
}

/// Turns the session to another organization, judged anew.
pub(crate) async fn switch(ask: &mut Ask) -> Step {
    ask.only(&["organization_id", "return_to"])?;
    let session = ask.session().await?;
    let id = OrganizationId::new(ask.fields.text("organization_id")?)
        .map_err(|_| Error::from(ErrorKind::OrganizationNotFound))?;
    ask.know_browser()?;
    let mut entered = ask.engine.switch(&session, &id, &ask.terms(), &ask.caller).await?;
    if let Entered::Session(done) = &mut entered {
        done.return_to = ask.fields.return_to();
    }
    outcome::entered(ask, entered).await
}
