//! Setting up a second factor, in a sign-in or in a session.

use http::StatusCode;
use serde_json::json;

use super::{Step, email::status, outcome};
use crate::{
    domain::{MfaMethod, PhoneNumber, ReturnTo, Secret},
    flow::{Enrolled, Entered, Error, ErrorKind, On, SignedIn},
    http::{
        ask::Ask,
        failure::Failure,
        json,
        pages::{Enrol, EnrolSms, EnrolTotp, RecoveryCodes, qr_svg},
        reply::Reply,
    },
};

/// Where it is set up: in the sign-in that is going on, or else in the session.
async fn on(ask: &Ask) -> Result<On, Failure> {
    if let Some(token) = ask.intermediate() {
        match ask.engine.find_intermediate(token, &ask.caller).await {
            Ok(_) => return Ok(On::SignIn(token.into())),
            Err(error) if *error.kind() == ErrorKind::IntermediateSessionNotFound => {}
            // An outage is no expiry: the sign-in may still live.
            Err(error) => return Err(error.into()),
        }
    }
    match ask.session().await {
        Ok(session) => Ok(On::Session(session)),
        // Whoever was in the middle of signing in is told that this has expired.
        Err(failure) if failure.over && ask.intermediate().is_some() => Err(Failure::no_intermediate()),
        Err(failure) => Err(failure),
    }
}

/// Runs a step; where it wants a fresh proof first, asks for that and comes back here.
async fn or_challenge(ask: &Ask, on: &On, failure: Error) -> Step {
    match (failure.kind(), on) {
        (ErrorKind::FreshFactorRequired(demand), On::Session(session)) => {
            let back = ReturnTo::parse(&ask.path_to("enrol"));
            outcome::challenged(ask, session, &demand.clone(), back, failure.into()).await
        }
        (ErrorKind::FreshFactorRequired(demand), On::SignIn(token)) if ask.html => {
            let page = if demand.is_primary() {
                let pending = ask.engine.pending(token.expose(), &ask.caller).await?;
                format!("o/{}", pending.organization.organization_slug)
            } else {
                "mfa".to_owned()
            };
            Ok(Reply::see_other(&ask.path_to(&page)))
        }
        _ => Err(failure.into()),
    }
}

/// Offers what can be set up.
pub(crate) async fn page(ask: &Ask, failure: Option<&Failure>) -> Step {
    let on = on(ask).await?;
    let (organization, demanded) = match &on {
        On::SignIn(token) => (ask.engine.pending(token.expose(), &ask.caller).await?.organization, true),
        On::Session(session) => (ask.engine.organization(session.organization_id()).await?, false),
    };
    let totp = organization.mfa_methods.allows(&MfaMethod::Totp);
    let sms = ask.engine.settings.sms && organization.mfa_methods.allows(&MfaMethod::SmsOtp);
    if !ask.html {
        let methods = [(totp, MfaMethod::Totp), (sms, MfaMethod::SmsOtp)];
        let methods: Vec<_> = methods.iter().filter(|(may, _)| *may).map(|(_, method)| method).collect();
        let body = json!({
            "organization_id": organization.organization_id,
            "allowed_mfa_methods": methods,
            "demanded": demanded,
        });
        return Ok(Reply::json(StatusCode::OK, &json::done(ask.engine.settings.environment, body)));
    }
    let page = Enrol {
        frame: ask.failed(failure),
        organization: organization.organization_name,
        totp,
        sms,
        demanded,
    };
    Ok(Reply::page(status(failure), &page))
}

/// Begins with an authenticator app.
pub(crate) async fn totp(ask: &mut Ask) -> Step {
    ask.only(&[])?;
    let on = on(ask).await?;
    let new = match ask.engine.begin_totp(&on, &ask.caller).await {
        Ok(new) => new,
        Err(error) => return or_challenge(ask, &on, error).await,
    };
    if ask.html {
        return totp_form(ask, new.secret.expose(), new.uri.expose(), None);
    }
    let codes: Vec<&str> = new.recovery_codes.iter().map(Secret::expose).collect();
    let body = json!({
        "member_id": new.member.member_id,
        "totp_registration_id": new.totp_id,
        "secret": new.secret.expose(),
        "uri": new.uri.expose(),
        "recovery_codes": codes,
    });
    Ok(Reply::json(StatusCode::OK, &json::done(ask.engine.settings.environment, body)))
}

fn totp_form(ask: &Ask, secret: &str, uri: &str, failure: Option<&Failure>) -> Step {
    let groups: Vec<&str> =
        secret.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    let page = EnrolTotp {
        frame: ask.failed(failure),
        qr: qr_svg(uri).unwrap_or_default(),
        secret: groups.join(" "),
        uri: uri.to_owned(),
    };
    Ok(Reply::page(status(failure), &page))
}

/// Shows the form of the app that was begun again: after a wrong code.
pub(crate) async fn totp_page(ask: &Ask, failure: Option<&Failure>) -> Step {
    let on = on(ask).await?;
    match ask.engine.pending_totp(&on, &ask.caller).await? {
        Some((secret, uri)) => totp_form(ask, secret.expose(), uri.expose(), failure),
        None => page(ask, failure).await,
    }
}

/// Confirms the app by its first code, and shows its recovery codes this once.
pub(crate) async fn confirm_totp(ask: &mut Ask) -> Step {
    ask.only(&["code"])?;
    let on = on(ask).await?;
    let code = ask.fields.secret("code")?;
    let confirmed =
        ask.engine.confirm_totp(&on, code.expose(), ask.rotation(), &ask.terms(), &ask.caller).await;
    let (enrolled, codes) = match confirmed {
        Ok(confirmed) => confirmed,
        Err(error) => return or_challenge(ask, &on, error).await,
    };
    match (finished(&enrolled), ask.html) {
        (Some(done), true) => {
            outcome::end_former(ask, &done.session).await;
            let page = RecoveryCodes {
                frame: ask.frame(),
                codes: codes.iter().map(|code| code.expose().to_owned()).collect(),
                continue_to: outcome::onward(&ask.engine, done.return_to.as_ref()),
            };
            let reply = Reply::page(StatusCode::OK, &page);
            Ok(outcome::session_cookies(ask, reply, &done.session, done.session_token.expose()))
        }
        _ => self::enrolled(ask, enrolled).await,
    }
}

fn finished(enrolled: &Enrolled) -> Option<&SignedIn> {
    match enrolled {
        Enrolled::SignIn(Entered::Session(done)) | Enrolled::Session(done) => Some(done),
        Enrolled::SignIn(Entered::Owed(_)) => None,
    }
}

async fn enrolled(ask: &Ask, enrolled: Enrolled) -> Step {
    match enrolled {
        Enrolled::SignIn(entered) => outcome::entered(ask, entered).await,
        Enrolled::Session(done) => outcome::signed_in(ask, &done, Some(&ask.path_to("sessions"))).await,
    }
}

/// Sends a code to a new phone.
pub(crate) async fn sms(ask: &mut Ask) -> Step {
    ask.only(&["phone_number"])?;
    let number = PhoneNumber::parse(ask.fields.text("phone_number")?).map_err(Error::from)?;
    let on = on(ask).await?;
    match ask.engine.begin_phone(&on, number, &ask.caller).await {
        Ok(_) => Ok(outcome::done(ask, &ask.path_to("enrol/sms"))),
        Err(error) => or_challenge(ask, &on, error).await,
    }
}

/// Asks for the code that was sent to the new phone.
pub(crate) async fn sms_page(ask: &Ask, failure: Option<&Failure>) -> Step {
    on(ask).await?;
    Ok(Reply::page(status(failure), &EnrolSms { frame: ask.failed(failure) }))
}

/// Confirms the phone.
pub(crate) async fn confirm_sms(ask: &mut Ask) -> Step {
    ask.only(&["code"])?;
    let on = on(ask).await?;
    let code = ask.fields.secret("code")?;
    let confirmed =
        ask.engine.confirm_phone(&on, code.expose(), ask.rotation(), &ask.terms(), &ask.caller).await;
    match confirmed {
        Ok(done) => enrolled(ask, done).await,
        Err(error) => or_challenge(ask, &on, error).await,
    }
}
