//! The organizations that a person could enter, and a new one.

use http::StatusCode;

use super::{Step, email::status, outcome};
use crate::{
    domain::{Factor, OrganizationId},
    flow::{Discovered, Error, ErrorKind, NewOrganization},
    http::{
        ask::Ask,
        failure::Failure,
        pages::{OrganizationChoice, Organizations},
        reply::Reply,
    },
    judge::{Membership, Owed},
};

/// Lists them. Does not use the intermediate session up.
pub(crate) async fn page(ask: &Ask, failure: Option<&Failure>) -> Step {
    let token = ask.required_intermediate()?;
    let bag = ask.engine.find_intermediate(token.expose(), &ask.caller).await?;
    if !ask.html {
        return outcome::discovery(ask, &bag).await;
    }
    let list = ask.engine.discover_in(&bag, ask.caller.now).await?;
    let left = bag.session.expires_at.since(ask.caller.now).unwrap_or_default();
    let page = Organizations {
        frame: ask.failed(failure),
        email: bag
            .session
            .factors
            .iter()
            .find_map(Factor::address)
            .map(ToString::to_string)
            .unwrap_or_default(),
        organizations: list.iter().map(choice).collect(),
        can_create: ask.engine.settings.create_organizations
            && ask.engine.stores.admin.is_some()
            && bag.session.continues.is_none(),
        minutes_left: left.as_secs().div_ceil(60),
    };
    Ok(Reply::page(status(failure), &page))
}

pub(super) fn choice(found: &Discovered) -> OrganizationChoice {
    let organization = &found.organization;
    OrganizationChoice {
        organization_id: organization.organization_id.to_string(),
        name: organization.organization_name.clone(),
        slug: organization.organization_slug.to_string(),
        logo_url: organization.organization_logo_url.clone(),
        standing: match &found.membership {
            Membership::ActiveMember => "You are a member".to_owned(),
            Membership::PendingMember => "You have been added".to_owned(),
            Membership::InvitedMember => "You are invited".to_owned(),
            Membership::EligibleToJoinByEmailDomain { domain } => {
                format!("You can join with your {domain} address")
            }
        },
        asks: match &found.owed {
            None => String::new(),
            Some(Owed { primary_required: Some(_), .. }) => "asks you to sign in another way".to_owned(),
            Some(_) => "asks for a second factor".to_owned(),
        },
    }
}

/// Turns the intermediate session to one of them.
pub(crate) async fn exchange(ask: &mut Ask) -> Step {
    ask.only(&["organization_id"])?;
    let token = ask.required_intermediate()?;
    let id = OrganizationId::new(ask.fields.text("organization_id")?)
        .map_err(|_| Error::from(ErrorKind::OrganizationNotFound))?;
    let entered = ask.engine.exchange(token.expose(), &id, ask.rotation(), &ask.terms(), &ask.caller).await?;
    outcome::entered(ask, entered).await
}

/// Makes a new one and enters it.
pub(crate) async fn create(ask: &mut Ask) -> Step {
    ask.only(&["organization_name", "organization_slug"])?;
    let token = ask.required_intermediate()?;
    let new = NewOrganization {
        name: ask.fields.get("organization_name").map(str::to_owned),
        slug: ask.fields.get("organization_slug").map(str::to_owned),
    };
    let entered = ask
        .engine
        .create_organization(token.expose(), new, ask.rotation(), &ask.terms(), &ask.caller)
        .await?;
    outcome::entered(ask, entered).await
}

/// What a page of the sign-in says when it is over: one button starts again, with the destination kept.
pub(crate) async fn expired_page(ask: &Ask, failure: &Failure) -> Step {
    let destination = ask.engine.destination(&ask.caller).await.unwrap_or_default();
    let mut start = ask.path_to("sign-in");
    if let Some(destination) = destination {
        let query = serde_html_form::to_string([("return_to", destination.as_str())]).unwrap_or_default();
        start = format!("{start}?{query}");
    }
    let page = crate::http::pages::Message {
        frame: ask.frame(),
        heading: "This sign-in has expired".to_owned(),
        text: "A sign-in takes ten minutes at most. Start again; you will go on to where you wanted to go."
            .to_owned(),
        action: Some(("Start again".to_owned(), start)),
    };
    let status = if failure.status.is_success() { StatusCode::UNAUTHORIZED } else { failure.status };
    Ok(Reply::page(status, &page).clear_intermediate(ask.names))
}
