//! Step-up: a signed-in person confirms that it is them.

use http::StatusCode;
use serde_json::json;

use super::{Step, email::status, outcome};
use crate::{
    domain::{FactorKind, MemberId, Timestamp},
    flow::{Error, ErrorKind, SecondFactor, StepUp},
    http::{
        ask::Ask,
        failure::Failure,
        json,
        pages::{self, SecondFactorWays},
        reply::Reply,
    },
};

/// Asks for what the challenge demands. A program is told by which of the routes below it can answer.
pub(crate) async fn page(ask: &Ask, failure: Option<&Failure>) -> Step {
    let session = ask.session().await?;
    let token = match ask.challenge() {
        Some(token) => token,
        None if ask.html => return Ok(Reply::see_other(&ask.engine.settings.home)),
        None => return Err(Error::from(ErrorKind::ChallengeNotFound).into()),
    };
    let challenge = ask.engine.find_challenge(&session, token, &ask.caller).await?;
    let organization = ask.engine.organization(session.organization_id()).await?;
    let demand = &challenge.demand;
    let kinds = ask.engine.answers(&session, demand).await?.kinds;
    let ways = ways(ask, "step-up", session.member_id(), &kinds, ask.caller.now).await?;
    let email_sent = ask.engine.step_up_email_waits(&session, &ask.caller).await?;
    if !ask.html {
        let body = json!({
            "member_id": session.member_id(),
            "organization_id": session.organization_id(),
            "factor": demand.name(),
            "max_age": demand.max_age().map(|age| age.as_secs()),
            "expires_at": challenge.expires_at,
            "answer_with": kinds.iter().filter_map(|kind| route_of(*kind)).collect::<Vec<_>>(),
            "mfa_phone_number": ways.sms.unwrap_or_default(),
            "sms_sent": ways.sms_sent,
            "email_sent": email_sent,
        });
        return Ok(Reply::json(StatusCode::OK, &json::done(ask.engine.settings.environment, body)));
    }
    let page = pages::StepUp {
        frame: ask.failed(failure),
        email: session.email_address().to_string(),
        organization: organization.organization_name,
        ways,
        password: kinds.contains(&FactorKind::Password),
        email_code: kinds.contains(&FactorKind::EmailOtp),
        email_sent,
        nothing_done: challenge.nothing_done,
        good_for_minutes: demand.max_age().map(|age| age.as_secs().div_ceil(60)),
        cancel_to: ask.engine.settings.home.clone(),
    };
    Ok(Reply::page(status(failure), &page))
}

/// The route below this one that takes a factor of a kind.
fn route_of(kind: FactorKind) -> Option<&'static str> {
    match kind {
        FactorKind::Password => Some("password"),
        FactorKind::EmailOtp => Some("email"),
        FactorKind::Totp => Some("totp"),
        FactorKind::Otp => Some("sms"),
        FactorKind::RecoveryCodes => Some("recovery"),
        FactorKind::MagicLink | FactorKind::Oauth(_) | FactorKind::Sso => None,
    }
}

/// The forms for these kinds of second factor.
pub(super) async fn ways(
    ask: &Ask,
    folder: &'static str,
    member_id: &MemberId,
    kinds: &[FactorKind],
    now: Timestamp,
) -> Result<SecondFactorWays, Failure> {
    let enrolment = ask.engine.enrolment(member_id).await?;
    let sms = enrolment.verified_phone().filter(|_| kinds.contains(&FactorKind::Otp));
    Ok(SecondFactorWays {
        folder,
        totp: kinds.contains(&FactorKind::Totp) && enrolment.totp_id.is_some(),
        sms: sms.map(|phone| phone.number.masked()),
        sms_sent: sms.is_some() && ask.engine.sms_waits(member_id, now).await?,
        recovery: kinds.contains(&FactorKind::RecoveryCodes)
            && enrolment.totp_id.is_some()
            && enrolment.recovery_codes > 0,
    })
}

/// By a code of the authenticator app.
pub(crate) async fn totp(ask: &mut Ask) -> Step {
    ask.only(&["code"])?;
    let code = ask.fields.secret("code")?;
    prove(ask, StepUp::Second(SecondFactor::Totp(code))).await
}

/// By a code sent by SMS.
pub(crate) async fn sms(ask: &mut Ask) -> Step {
    ask.only(&["code"])?;
    let code = ask.fields.secret("code")?;
    prove(ask, StepUp::Second(SecondFactor::Sms(code))).await
}

/// By a recovery code, where any second factor will do.
pub(crate) async fn recovery(ask: &mut Ask) -> Step {
    ask.only(&["recovery_code"])?;
    let code = ask.fields.secret("recovery_code")?;
    prove(ask, StepUp::Second(SecondFactor::RecoveryCode(code))).await
}

/// By the password.
pub(crate) async fn password(ask: &mut Ask) -> Step {
    ask.only(&["password"])?;
    let password = ask.fields.secret("password")?;
    prove(ask, StepUp::Password(password)).await
}

/// By a code sent by email.
pub(crate) async fn email(ask: &mut Ask) -> Step {
    ask.only(&["code"])?;
    let code = ask.fields.secret("code")?;
    prove(ask, StepUp::EmailCode(code)).await
}

async fn prove(ask: &Ask, step_up: StepUp) -> Step {
    let session = ask.session().await?;
    let token = ask.challenge().unwrap_or_default().to_owned();
    let raised = ask.engine.step_up(&session, &token, step_up, &ask.caller).await?;
    outcome::signed_in(ask, &raised, None).await
}

/// Sends a code to the member's phone.
pub(crate) async fn send_sms(ask: &mut Ask) -> Step {
    ask.only(&[])?;
    let session = challenged(ask).await?;
    ask.engine.send_step_up_sms(&session, &ask.caller).await?;
    Ok(outcome::done(ask, &ask.path_to("step-up")))
}

/// Sends a code to the member's address.
pub(crate) async fn send_email(ask: &mut Ask) -> Step {
    ask.only(&[])?;
    let session = challenged(ask).await?;
    ask.engine.send_step_up_email(&session, &ask.caller).await?;
    Ok(outcome::done(ask, &ask.path_to("step-up")))
}

async fn challenged(ask: &Ask) -> Result<crate::judge::MemberSession, Failure> {
    let session = ask.session().await?;
    ask.engine.find_challenge(&session, ask.challenge().unwrap_or_default(), &ask.caller).await?;
    Ok(session)
}
