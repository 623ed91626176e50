//! The first factor: an address, then a code or link sent to it, or a password.

use http::StatusCode;

use super::{Step, outcome};
use crate::{
    domain::{EmailAddress, ReturnTo, Scope},
    flow::{ByEmail, Error, OpenedLink, Proof},
    http::{
        ask::Ask,
        failure::Failure,
        pages::{Code, LinkElsewhere, LinkHere, OrganizationSignIn, SignIn},
        reply::Reply,
    },
};

/// Asks for an address. Mints nothing.
pub(crate) async fn sign_in_page(ask: &Ask, failure: Option<&Failure>) -> Step {
    let return_to = match ask.fields.return_to() {
        Some(asked) => Some(asked),
        // Somebody who starts again, by whichever link, goes on to where they wanted to go.
        None => ask.engine.destination(&ask.caller).await?,
    };
    sign_in_for(ask, return_to, failure)
}

fn sign_in_for(ask: &Ask, return_to: Option<ReturnTo>, failure: Option<&Failure>) -> Step {
    let page = SignIn {
        frame: ask.failed(failure),
        return_to: return_to.map(String::from).unwrap_or_default(),
        email: ask.fields.get("email_address").unwrap_or_default().to_owned(),
    };
    Ok(Reply::page(status(failure), &page))
}

/// The same for one organization, whether it exists or not.
pub(crate) async fn organization_page(ask: &Ask, slug: &str, failure: Option<&Failure>) -> Step {
    let page = OrganizationSignIn {
        frame: ask.failed(failure),
        slug: slug.to_owned(),
        return_to: ask.fields.return_to().map(String::from).unwrap_or_default(),
        email: ask.fields.get("email_address").unwrap_or_default().to_owned(),
    };
    Ok(Reply::page(status(failure), &page))
}

/// Sends a code or link for discovery.
pub(crate) async fn sign_in(ask: &mut Ask) -> Step {
    send(ask, Scope::Discovery).await
}

/// Sends a code or link for one organization.
pub(crate) async fn organization_sign_in(ask: &mut Ask, slug: &str) -> Step {
    let scope = ask.engine.scope_of(slug).await?;
    send(ask, scope).await
}

async fn send(ask: &mut Ask, scope: Scope) -> Step {
    ask.only(&["email_address", "method", "return_to"])?;
    let address = EmailAddress::parse(ask.fields.text("email_address")?).map_err(Error::from)?;
    let by = match ask.fields.get("method") {
        Some("magic_link") => ByEmail::Link,
        _ => ByEmail::Code,
    };
    ask.know_browser()?;
    let return_to = ask.fields.return_to();
    ask.engine.remember_destination(return_to.as_ref(), &ask.caller).await?;
    ask.engine.send_email(address, scope, by, return_to, &ask.caller).await?;
    Ok(outcome::sent(ask))
}

/// Checks an address and a password for one organization.
pub(crate) async fn password(ask: &mut Ask, slug: &str) -> Step {
    ask.only(&["email_address", "password", "return_to"])?;
    let address = EmailAddress::parse(ask.fields.text("email_address")?).map_err(Error::from)?;
    let password = ask.fields.secret("password")?;
    let scope = ask.engine.scope_of(slug).await?;
    ask.know_browser()?;
    let return_to = ask.fields.return_to();
    ask.engine.remember_destination(return_to.as_ref(), &ask.caller).await?;
    let factor = ask.engine.check_password(&scope, &address, password, &ask.caller).await?;
    go_on(ask, Proof { factor, scope, return_to }).await
}

async fn go_on(ask: &Ask, proof: Proof) -> Step {
    let held = ask.intermediate().map(str::to_owned);
    let first =
        ask.engine.first_factor(proof, held.as_deref(), ask.rotation(), &ask.terms(), &ask.caller).await?;
    outcome::first(ask, first).await
}

/// Asks for the code that is on its way to this browser's person.
pub(crate) async fn code_page(ask: &Ask, failure: Option<&Failure>) -> Step {
    let waiting = ask.engine.waiting_code(&ask.caller).await?;
    let Some(waiting) = waiting else {
        // Died of wrong tries, or expired: say so where a new one can be asked for.
        return match failure {
            Some(failure) => {
                let return_to = ask.engine.destination(&ask.caller).await?;
                sign_in_for(ask, return_to, Some(&failure.where_no_code_waits()))
            }
            None => Ok(Reply::see_other(&ask.path_to("sign-in"))),
        };
    };
    let page =
        Code { frame: ask.failed(failure), email: waiting.address.to_string(), link: waiting.link.is_some() };
    Ok(Reply::page(status(failure), &page))
}

/// Checks the code. A program that keeps no cookies says along with it for whom it is.
pub(crate) async fn code(ask: &mut Ask) -> Step {
    ask.only(&["code", "email_address", "organization_slug"])?;
    let asked = match ask.fields.get("email_address") {
        Some(address) => {
            let address = EmailAddress::parse(address).map_err(Error::from)?;
            let scope = match ask.fields.get("organization_slug") {
                Some(slug) => ask.engine.scope_of(slug).await?,
                None => Scope::Discovery,
            };
            Some((scope, address))
        }
        None => None,
    };
    let code = ask.fields.text("code")?;
    let proof = ask.engine.check_email_code(asked, code, &ask.caller).await?;
    go_on(ask, proof).await
}

/// Sends what this browser waits for again.
pub(crate) async fn resend(ask: &mut Ask) -> Step {
    ask.only(&[])?;
    if let Some(waiting) = ask.engine.waiting_code(&ask.caller).await? {
        let by = if waiting.link.is_some() { ByEmail::Link } else { ByEmail::Code };
        ask.engine.send_email(waiting.address, waiting.scope, by, waiting.return_to, &ask.caller).await?;
    }
    Ok(outcome::sent(ask))
}

/// Shows a link that was opened; uses nothing up.
pub(crate) async fn link_page(ask: &Ask, failure: Option<&Failure>) -> Step {
    if let Some(failure) = failure {
        return Err(failure.clone());
    }
    let token = ask.fields.text("token")?;
    let frame = ask.frame();
    Ok(match ask.engine.look_at_link(token, &ask.caller).await? {
        OpenedLink::Here { address } => {
            let page = LinkHere { frame, email: address.to_string(), token: token.to_owned() };
            Reply::page(StatusCode::OK, &page)
        }
        OpenedLink::Elsewhere { address, code } => {
            let page = LinkElsewhere { frame, email: address.to_string(), code: code.expose().to_owned() };
            Reply::page(StatusCode::OK, &page)
        }
    })
}

/// Uses a link, in the browser that asked for it.
pub(crate) async fn link(ask: &mut Ask) -> Step {
    ask.only(&["token"])?;
    let proof = ask.engine.use_link(ask.fields.text("token")?, &ask.caller).await?;
    go_on(ask, proof).await
}

pub(super) fn status(failure: Option<&Failure>) -> StatusCode {
    failure.map_or(StatusCode::OK, |failure| failure.status)
}
