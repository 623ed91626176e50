//! The second factor of a sign-in.

use super::{Step, email::status, outcome};
use crate::{
    domain::{FactorKind, Timestamp},
    flow::{Error, ErrorKind, Pending, SecondFactor},
    http::{
        ask::Ask,
        failure::Failure,
        pages::{Mfa, SecondFactorWays},
        reply::Reply,
    },
};

/// Asks for it. A program is told what is owed, whatever that is.
pub(crate) async fn page(ask: &Ask, failure: Option<&Failure>) -> Step {
    let token = ask.required_intermediate()?;
    if !ask.html {
        let bag = ask.engine.find_intermediate(token.expose(), &ask.caller).await?;
        let pending = ask.engine.pending_of(bag, ask.caller.now).await?;
        return outcome::still_owed(ask, pending).await;
    }
    let pending = ask.engine.pending(token.expose(), &ask.caller).await?;
    let left = pending.bag.session.expires_at.since(ask.caller.now).unwrap_or_default();
    let page = Mfa {
        frame: ask.failed(failure),
        organization: pending.organization.organization_name.clone(),
        email: pending.member.email_address.to_string(),
        ways: ways(ask, &pending, ask.caller.now).await?,
        minutes_left: left.as_secs().div_ceil(60),
    };
    Ok(Reply::page(status(failure), &page))
}

async fn ways(ask: &Ask, pending: &Pending, now: Timestamp) -> Result<SecondFactorWays, Failure> {
    // Whatever the member has: what the organization does not take here leads on to setting up what it does.
    let kinds = [FactorKind::Totp, FactorKind::Otp, FactorKind::RecoveryCodes];
    super::step_up::ways(ask, "mfa", &pending.member.member_id, &kinds, now).await
}

/// Checks a code of the authenticator app.
pub(crate) async fn totp(ask: &mut Ask) -> Step {
    ask.only(&["code"])?;
    let code = ask.fields.secret("code")?;
    prove(ask, SecondFactor::Totp(code)).await
}

/// Checks a code sent by SMS.
pub(crate) async fn sms(ask: &mut Ask) -> Step {
    ask.only(&["code"])?;
    let code = ask.fields.secret("code")?;
    prove(ask, SecondFactor::Sms(code)).await
}

/// Takes a recovery code.
pub(crate) async fn recovery(ask: &mut Ask) -> Step {
    ask.only(&["recovery_code"])?;
    let code = ask.fields.secret("recovery_code")?;
    prove(ask, SecondFactor::RecoveryCode(code)).await
}

async fn prove(ask: &Ask, second: SecondFactor) -> Step {
    let token = ask.required_intermediate()?;
    let entered =
        ask.engine.second_factor(token.expose(), &second, ask.rotation(), &ask.terms(), &ask.caller).await?;
    outcome::entered(ask, entered).await
}

/// Sends a code to the member's phone.
pub(crate) async fn send_sms(ask: &mut Ask) -> Step {
    ask.only(&[])?;
    let token = ask.required_intermediate()?;
    let pending = ask.engine.pending(token.expose(), &ask.caller).await?;
    let phone =
        pending.enrolment.verified_phone().cloned().ok_or_else(|| Error::from(ErrorKind::NotEnrolled))?;
    ask.engine.send_sms(&pending.member, phone, None, &ask.caller).await?;
    Ok(outcome::done(ask, &ask.path_to("mfa")))
}
