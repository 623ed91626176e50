//! The sign-in as the router under attack serves it.

use http::{
    HeaderValue, Request,
    header::{ACCEPT, LOCATION},
};
use http_body_util::Full;

use super::{
    Try,
    foreign_form::foreign_forms,
    forged::{made_up_token, there},
    ground::{Course, Ground, Stop},
    made_up_address::made_up_addresses,
    route::Place,
};
use crate::test::{KitError, TestMember, client::Client, door::Answer};

pub(super) const TRIES: [Try; 7] = [
    ("a form of another site at the sign-in", |ground| Box::pin(foreign_forms(ground))),
    ("a way back that leads to another site", |ground| Box::pin(way_back(ground))),
    ("a sign-in at another host", |ground| Box::pin(at_another_host(ground))),
    ("wrong codes from addresses that are made up", |ground| Box::pin(made_up_addresses(ground))),
    ("a token that was planted before the sign-in", |ground| Box::pin(planted(ground))),
    ("a sign-in in a frame of another site", |ground| Box::pin(framed(ground))),
    ("an address of the sign-in that other sites are told", |ground| Box::pin(told_to_others(ground))),
];

/// Ends the attack where the router serves no sign-in.
pub(super) async fn served(ground: &Ground) -> Course {
    let keys = Request::get(format!("{}/jwks.json", ground.kit.prefix()));
    let answer = ground.send(built(keys.body(Full::default()))?).await?;
    if answer.json()["keys"].is_array() {
        return Ok(());
    }
    Err(Stop::NotApplicable(format!("the router serves nothing below {}", ground.kit.prefix())))
}

fn built<B>(request: http::Result<Request<B>>) -> Result<Request<B>, KitError> {
    request.map_err(|error| KitError::Service(error.to_string()))
}

async fn way_back(ground: &Ground) -> Course {
    served(ground).await?;
    if ground.kit.tokens_in_body() {
        return Err(Stop::NotApplicable("nobody is led on: tokens travel in bodies".to_owned()));
    }
    let origin = &ground.kit.vestibule().engine().settings.origin;
    for elsewhere in [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "https:evil.example",
        "/\t/evil.example/",
        "/%2f/evil.example/",
        "/%2fevil.example/",
        "/%5cevil.example/",
        "/%09/evil.example/",
        "/%0d%0aLocation:%20https://evil.example/",
        "/\r\nLocation: https://evil.example/",
        "https:/\\evil.example/",
        "https:/evil.example/",
        "HTTPS://evil.example/",
        &format!("{origin}@evil.example/"),
        &format!("{origin}.evil.example/"),
        "//localhost@evil.example/",
        "javascript:alert(1)",
        "data:text/html,evil",
    ] {
        let member = ground.recruit(&ground.organization, false, false)?.await?;
        let mut browser = Client::at(&ground.kit, ground.door.clone()).browsing();
        for answer in sign_in(ground, &member, &mut browser, &[("return_to", elsewhere)]).await? {
            if let Some(to) = leads_away(ground, &answer) {
                return Err(Stop::Broken(format!("return_to={elsewhere:?} led to {to:?}")));
            }
        }
    }
    Ok(())
}

/// Signs a member in by a code, as a person does at the router under attack.
async fn sign_in(
    ground: &Ground,
    member: &TestMember,
    client: &mut Client,
    more: &[(&str, &str)],
) -> Result<[Answer; 3], Stop> {
    let address = member.member().email_address.as_str();
    let held =
        |client: &Client| (client.session().map(str::to_owned), client.intermediate().map(str::to_owned));
    let before = held(client);
    let begun = client.post("sign-in", &[&[("email_address", address)], more].concat()).await?;
    let Ok(code) = ground.kit.code_for(address).await else { return Err(closed()) };
    let proved = client.post("code", &[("code", &code)]).await?;
    let organization = [("organization_id", ground.organization.organization_id.as_str())];
    let entered = client.post("organizations", &organization).await?;
    if held(client) == before {
        return Err(closed());
    }
    Ok([begun, proved, entered])
}

fn closed() -> Stop {
    Stop::NotApplicable("nobody can sign in there by a code".to_owned())
}

/// Where an answer leads, if that is no page of this origin.
fn leads_away(ground: &Ground, answer: &Answer) -> Option<String> {
    let to =
        answer.headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())?;
    let origin = &ground.kit.vestibule().engine().settings.origin;
    let path = to.strip_prefix(origin.as_str()).unwrap_or(&to);
    let local = path.starts_with('/') && !path[1..].starts_with(['/', '\\', '\t']);
    (!local).then_some(to)
}

/// Mails and redirects lead where the configuration says, not where the request says it is.
async fn at_another_host(ground: &Ground) -> Course {
    served(ground).await?;
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-server", "evil.example"),
        ("x-original-host", "evil.example"),
        ("x-host", "evil.example"),
        ("x-forwarded-prefix", "//evil.example"),
        ("forwarded", "host=evil.example;proto=http"),
    ] {
        let member = ground.recruit(&ground.organization, false, false)?.await?;
        let address = member.member().email_address.as_str();
        let fields = [("email_address", address), ("method", "magic_link")];
        let browser = Client::at(&ground.kit, ground.door.clone()).browsing();
        let mut request = browser.posting("sign-in", &fields)?;
        request.headers_mut().insert(name, HeaderValue::from_static(value));
        let answer = ground.send(request).await?;
        if answer.header("location").contains("evil.example") {
            let to = answer.header("location");
            return Err(Stop::Broken(format!("{name}: {value} led to {to:?}")));
        }
        // Whoever is sent none can't be misled.
        let _ = ground.kit.link_for(address).await;
        let mut messages = ground.kit.mailbox().messages().into_iter();
        if messages.any(|message| message.to == address && message.text.contains("evil.example")) {
            return Err(Stop::Broken(format!("{name}: {value} stands in a mail")));
        }
    }
    Ok(())
}

/// The page where people type their address, if there is one.
async fn page(ground: &Ground) -> Result<Answer, Stop> {
    served(ground).await?;
    let request = Request::get(format!("{}/sign-in", ground.kit.prefix()))
        .header(ACCEPT, "text/html")
        .header("sec-fetch-mode", "navigate");
    let answer = ground.send(built(request.body(Full::default()))?).await?;
    if answer.status.is_success() && answer.header("content-type").starts_with("text/html") {
        return Ok(answer);
    }
    Err(Stop::NotApplicable("the sign-in shows no page".to_owned()))
}

/// There clicks are lured to what is not seen.
async fn framed(ground: &Ground) -> Course {
    let page = page(ground).await?;
    let policy = page.header("content-security-policy");
    let ancestors = policy.split(';').find_map(|rule| rule.trim().strip_prefix("frame-ancestors "));
    let options = page.header("x-frame-options").to_ascii_uppercase();
    // Where both stand, this one alone counts (CSP Level 3 §6.4.2).
    let refused = match ancestors {
        Some(ancestors) => matches!(ancestors.trim(), "'none'" | "'self'"),
        None => matches!(options.as_str(), "DENY" | "SAMEORIGIN"),
    };
    if refused { Ok(()) } else { Err(Stop::Broken("any site may frame its page".to_owned())) }
}

/// Links hold tokens.
async fn told_to_others(ground: &Ground) -> Course {
    let page = page(ground).await?;
    match page.header("referrer-policy") {
        "no-referrer" | "same-origin" | "origin" | "strict-origin" => Ok(()),
        policy => Err(Stop::Broken(format!("Referrer-Policy is {policy:?}"))),
    }
}

/// Whoever planted it knows it: it must be worth nothing after its victim has signed in over it.
async fn planted(ground: &Ground) -> Course {
    served(ground).await?;
    if ground.kit.tokens_in_body() {
        return Err(Stop::NotApplicable("cookies are ignored: none can be planted".to_owned()));
    }
    let attacker = ground.recruit(&ground.organization, false, false)?.await?.begin().await?;
    let (session, intermediate) = (made_up_token()?, there(attacker.intermediate())?);
    let victim = ground.recruit(&ground.organization, true, true)?.await?;
    let names = ground.kit.cookies();
    let mut browser = Client::at(&ground.kit, ground.door.clone());
    browser.keep(names.session, &session);
    browser.keep(names.intermediate, intermediate);
    sign_in(ground, &victim, &mut browser, &[]).await?;
    if browser.session() == Some(&session) {
        victim.prove_second(&mut browser).await?;
    }
    for (token, what) in
        [(session.as_str(), "a session token"), (intermediate, "an intermediate session token")]
    {
        ground.must_refuse(ground.request_with(Place::Cookie, token)?, what).await?;
    }
    Ok(())
}
