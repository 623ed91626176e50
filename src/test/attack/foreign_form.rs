//! Forms that another site has a member's browser send, with the member's cookies: each would succeed if it were the
//! member's own.

use std::time::Duration;

use http::{
    HeaderName, HeaderValue,
    header::{HOST, ORIGIN},
};

use super::{
    ground::{Course, Ground, Stop, fresh_name},
    sign_in::served,
};
use crate::{
    domain::FactorDemand,
    test::{Authenticator, KitError, TestMember, client::Client},
    token::random,
};

const FOREIGN: [(HeaderName, &str); 2] =
    [(ORIGIN, "https://evil.example"), (HeaderName::from_static("sec-fetch-site"), "cross-site")];

/// A form that is ready to be sent.
struct Form {
    browser: Client,
    page: &'static str,
    fields: Vec<(&'static str, String)>,
}

pub(super) async fn foreign_forms(ground: &Ground) -> Course {
    served(ground).await?;
    let mallory = Client::new(&ground.kit).browsing();
    let address = ("email_address", "mallory@evil.example".to_owned());
    must_refuse(ground, Form { browser: mallory, page: "sign-in", fields: vec![address] }).await?;
    must_refuse(ground, of_session(ground, "sign-out").await?).await?;
    if ground.kit.tokens_in_body() {
        // No browser sends what no cookie holds.
        return Ok(());
    }
    must_refuse(ground, of_session(ground, "sessions/revoke-others").await?).await?;
    must_refuse(ground, revoke(ground).await?).await?;
    must_refuse(ground, switch(ground).await?).await?;
    must_refuse(ground, code(ground).await?).await?;
    must_refuse(ground, link(ground).await?).await?;
    must_refuse(ground, organizations(ground).await?).await?;
    must_refuse(ground, new_organization(ground).await?).await?;
    must_refuse(ground, second_factor(ground).await?).await?;
    must_refuse(ground, step_up(ground).await?).await?;
    for page in ["enrol/totp", "enrol/totp/confirm", "enrol/sms", "enrol/sms/confirm"] {
        must_refuse(ground, enrol(ground, page).await?).await?;
    }
    Ok(())
}

async fn must_refuse(ground: &Ground, form: Form) -> Course {
    let origin = &ground.kit.vestibule().engine().settings.origin;
    let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
    let host = HeaderValue::from_str(host).map_err(|error| KitError::Service(error.to_string()))?;
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (name, value) in FOREIGN {
        let mut request = form.browser.posting(form.page, &fields)?;
        request.headers_mut().insert(HOST, host.clone());
        request.headers_mut().insert(&name, HeaderValue::from_static(value));
        let answer = ground.send(request).await?;
        if !answer.status.is_client_error() {
            let seen = format!("POST {} with {name}: {value} was answered {}", form.page, answer.status);
            return Err(Stop::Broken(seen));
        }
    }
    Ok(())
}

async fn of_session(ground: &Ground, page: &'static str) -> Result<Form, KitError> {
    let browser = ground.signed_in().await?.client().browsing();
    Ok(Form { browser, page, fields: Vec::new() })
}

/// Of another session of the same member.
async fn revoke(ground: &Ground) -> Result<Form, KitError> {
    let session = ground.signed_in().await?;
    let other = session.member().sign_in().await?.session().await?.member_session_id().to_string();
    let browser = session.client().browsing();
    Ok(Form { browser, page: "sessions/revoke", fields: vec![("member_session_id", other)] })
}

async fn switch(ground: &Ground) -> Result<Form, KitError> {
    let session = ground.recruit(&ground.organization, false, false)?.await?.sign_in().await?;
    let other = ground.kit.organization(&fresh_name("other")?).await?;
    let there = ground.kit.member(&other, session.member().member().email_address.as_str()).await?;
    let browser = session.client().browsing();
    Ok(Form { browser, page: "switch", fields: vec![organization_of(&there)] })
}

/// One step of setting a second factor up, after the one before it.
async fn enrol(ground: &Ground, page: &'static str) -> Result<Form, KitError> {
    let member = ground.recruit(&ground.organization, false, false)?.await?.sign_in().await?;
    let mut client = member.client();
    let digits: [u8; 8] = random().map_err(crate::flow::Error::from)?;
    let number = format!("+1555{:07}", u64::from_le_bytes(digits) % 10_000_000);
    let fields = match page {
        "enrol/totp/confirm" => {
            let begun = client.step("enrol/totp", &[]).await?;
            let app = ground.kit.authenticator(begun["secret"].as_str().unwrap_or_default())?;
            vec![("code", app.next_code())]
        }
        "enrol/sms" => vec![("phone_number", number)],
        "enrol/sms/confirm" => {
            client.send_sms("enrol/sms", &[("phone_number", &number)]).await?;
            vec![("code", ground.kit.code_for(&number).await?)]
        }
        _ => Vec::new(),
    };
    Ok(Form { browser: client.browsing(), page, fields })
}

async fn code(ground: &Ground) -> Result<Form, KitError> {
    let member = ground.recruit(&ground.organization, false, false)?.await?;
    let address = member.member().email_address.as_str();
    let mut browser = Client::new(&ground.kit);
    browser.step("sign-in", &[("email_address", address)]).await?;
    let code = ground.kit.code_for(address).await?;
    Ok(Form { browser: browser.browsing(), page: "code", fields: vec![("code", code)] })
}

/// In the browser that asked for it.
async fn link(ground: &Ground) -> Result<Form, KitError> {
    let member = ground.recruit(&ground.organization, false, false)?.await?;
    let address = member.member().email_address.as_str();
    let mut browser = Client::new(&ground.kit);
    browser.step("sign-in", &[("email_address", address), ("method", "magic_link")]).await?;
    let link = ground.kit.link_for(address).await?;
    let token = link.split_once("token=").map_or("", |(_, token)| token).to_owned();
    Ok(Form { browser: browser.browsing(), page: "link", fields: vec![("token", token)] })
}

async fn organizations(ground: &Ground) -> Result<Form, KitError> {
    let member = ground.recruit(&ground.organization, false, false)?.await?;
    let browser = member.begin().await?.browsing();
    Ok(Form { browser, page: "organizations", fields: vec![organization_of(&member)] })
}

async fn new_organization(ground: &Ground) -> Result<Form, KitError> {
    let member = ground.recruit(&ground.organization, false, false)?.await?;
    let fields = vec![("organization_name", fresh_name("founded")?)];
    Ok(Form { browser: member.begin().await?.browsing(), page: "organizations/create", fields })
}

fn organization_of(member: &TestMember) -> (&'static str, String) {
    ("organization_id", member.organization().organization_id.to_string())
}

async fn second_factor(ground: &Ground) -> Result<Form, KitError> {
    let strict = ground.kit.organization(&fresh_name("strict")?).requires_mfa().await?;
    let member = ground.recruit(&strict, false, false)?.totp().await?;
    let mut browser = member.begin().await?;
    let (name, organization_id) = organization_of(&member);
    browser.step("organizations", &[(name, &organization_id)]).await?;
    Ok(Form { browser: browser.browsing(), page: "mfa/totp", fields: vec![next_code(&member)] })
}

async fn step_up(ground: &Ground) -> Result<Form, KitError> {
    let age = Duration::from_secs(30);
    let member = ground.recruit(&ground.organization, false, false)?.totp().await?.sign_in().await?;
    ground.kit.clock().advance(age * 2);
    let challenge = member.challenge(&FactorDemand::totp().within(age)).await?;
    let fields = vec![("challenge_token", challenge.unwrap_or_default()), next_code(member.member())];
    Ok(Form { browser: member.client().browsing(), page: "step-up/totp", fields })
}

fn next_code(member: &TestMember) -> (&'static str, String) {
    ("code", member.authenticator().map(Authenticator::next_code).unwrap_or_default())
}
