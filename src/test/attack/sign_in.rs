//! The sign-in as the router under attack serves it.

use bytes::Bytes;
use http::{
    HeaderName, Request,
    header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN},
};
use http_body_util::Full;

use super::{
    Try,
    forged::{made_up_token, there},
    ground::{Course, Ground, Stop},
    route::Place,
};
use crate::test::{KitError, TestMember, client::Client, door::Answer};

pub(super) const TRIES: [Try; 3] = [
    ("a form of another site at the sign-in", |ground| Box::pin(foreign_form(ground))),
    ("a way back that leads to another site", |ground| Box::pin(way_back(ground))),
    ("a token that was planted before the sign-in", |ground| Box::pin(planted(ground))),
];

const FOREIGN: [(HeaderName, &str); 2] =
    [(ORIGIN, "https://evil.example"), (HeaderName::from_static("sec-fetch-site"), "cross-site")];

/// Ends the attack where the router serves no sign-in.
async fn served(ground: &Ground) -> Course {
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

async fn foreign_form(ground: &Ground) -> Course {
    served(ground).await?;
    let origin = &ground.kit.vestibule().engine().settings.origin;
    let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
    let member = ground.signed_in().await?;
    for (name, value) in FOREIGN {
        for (page, form) in [("sign-in", "email_address=mallory%40evil.example"), ("sign-out", "")] {
            let shown = member.get("/");
            let cookie = shown.headers_ref().and_then(|headers| headers.get(COOKIE)).cloned();
            let mut request = Request::post(format!("{}/{page}", ground.kit.prefix()))
                .header(HOST, host)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(&name, value);
            if let Some(cookie) = cookie {
                request = request.header(COOKIE, cookie);
            }
            let answer = ground.send(built(request.body(Full::<Bytes>::from(form)))?).await?;
            if !answer.status.is_client_error() {
                let seen = format!("POST {page} with {name}: {value} was answered {}", answer.status);
                return Err(Stop::Broken(seen));
            }
        }
    }
    Ok(())
}

async fn way_back(ground: &Ground) -> Course {
    served(ground).await?;
    if ground.kit.tokens_in_body() {
        return Err(Stop::NotApplicable("nobody is led on: tokens travel in bodies".to_owned()));
    }
    for elsewhere in [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "https:evil.example",
        "/\t/evil.example/",
        "javascript:alert(1)",
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
