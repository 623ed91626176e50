//! Tokens that are none, or are good for something else.

use std::time::Duration;

use http::StatusCode;

use super::{
    Try,
    ground::{Course, Ground, Stop},
    route::{Place, show},
};
use crate::{
    domain::FactorDemand,
    flow,
    test::{KitError, client::Client},
    token::{OpaqueToken, TokenKind},
};

pub(super) const TRIES: [Try; 9] = [
    ("a session token that was made up", |ground| Box::pin(made_up(ground))),
    ("a session token that was changed, cut or padded", |ground| Box::pin(changed(ground))),
    ("a session token of another deployment", |ground| Box::pin(of_another_deployment(ground))),
    ("an intermediate session token as a session", |ground| Box::pin(intermediate(ground))),
    ("a step-up challenge as a session", |ground| Box::pin(challenge(ground))),
    ("a link of an email as a session", |ground| Box::pin(link(ground))),
    ("two session cookies", |ground| Box::pin(two_cookies(ground))),
    ("a bad bearer token beside a good cookie", |ground| Box::pin(bad_bearer(ground))),
    ("credentials that are too long or no text", |ground| Box::pin(garbled(ground))),
];

pub(super) fn made_up_token() -> Result<String, KitError> {
    Ok(OpaqueToken::new(TokenKind::Session).map_err(flow::Error::from)?.expose())
}

async fn refused_everywhere(ground: &Ground, token: &str, what: &str) -> Course {
    for place in ground.places() {
        ground.must_refuse(ground.request_with(*place, token)?, what).await?;
    }
    Ok(())
}

async fn made_up(ground: &Ground) -> Course {
    refused_everywhere(ground, &made_up_token()?, "a random token").await?;
    for token in ["", "1", "null", "undefined", "true", "admin"] {
        refused_everywhere(ground, token, &format!("{token:?}")).await?;
    }
    Ok(())
}

async fn changed(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    let token = member.session_token();
    for at in 0..token.len() {
        let other = if token[at..].starts_with('A') { "B" } else { "A" };
        let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
        refused_everywhere(ground, &changed, &format!("a token changed at character {at}")).await?;
    }
    let last = token.len() - 1;
    for (changed, what) in [
        (format!("{token}="), "a token with padding"),
        (format!("{token}A"), "a token with a character more"),
        (token[..last].to_owned(), "a token with a character less"),
        (format!("\"{token}\""), "a token in quotes"),
        (format!("{token}%00"), "a token with a zero behind it"),
        (token[1..].to_owned(), "a token without its first character"),
    ] {
        refused_everywhere(ground, &changed, what).await?;
    }
    Ok(())
}

async fn of_another_deployment(ground: &Ground) -> Course {
    let member = ground.signed_in_elsewhere().await?;
    refused_everywhere(ground, member.session_token(), "a token of another deployment").await
}

/// What an attack needs to be one.
pub(super) fn there(token: Option<&str>) -> Result<&str, KitError> {
    token.ok_or_else(|| KitError::Service("it gave no token to attack with".to_owned()))
}

async fn intermediate(ground: &Ground) -> Course {
    let member = ground.recruit(&ground.organization, true, true)?.await?;
    let client = member.begin().await?;
    refused_everywhere(ground, there(client.intermediate())?, "a sign-in with one factor").await
}

/// Only what is older is challenged for.
pub(super) fn soon_stale() -> (FactorDemand, Duration) {
    let age = Duration::from_secs(30);
    (FactorDemand::primary().within(age), age + Duration::from_secs(1))
}

async fn challenge(ground: &Ground) -> Course {
    let member = ground.signed_in().await?;
    let (demand, later) = soon_stale();
    ground.kit.clock().advance(later);
    let token = member.challenge(&demand).await?;
    refused_everywhere(ground, there(token.as_deref())?, "the token of a challenge").await
}

async fn link(ground: &Ground) -> Course {
    let member = ground.recruit(&ground.organization, true, true)?.await?;
    let address = member.member().email_address.as_str();
    let fields = [("email_address", address), ("method", "magic_link")];
    let mut client = Client::new(&ground.kit);
    client.step("sign-in", &fields).await?;
    let link = ground.kit.link_for(address).await?;
    let token = there(link.split("token=").nth(1))?;
    refused_everywhere(ground, token, "the token of a link").await?;
    match client.browser() {
        Some(token) => refused_everywhere(ground, token, "the cookie of a browser").await,
        None => Ok(()),
    }
}

fn no_cookies() -> Stop {
    Stop::NotApplicable("cookies are ignored: tokens travel in bodies and headers".to_owned())
}

async fn two_cookies(ground: &Ground) -> Course {
    if ground.kit.tokens_in_body() {
        return Err(no_cookies());
    }
    let member = ground.let_in().await?;
    let (good, planted) = (member.session_token(), made_up_token()?);
    let name = ground.kit.cookies().session;
    for (first, second) in [(good, planted.as_str()), (&planted, good)] {
        let both = format!("{first}; {name}={second}");
        ground.must_refuse(ground.request_with(Place::Cookie, &both)?, "two cookies in one header").await?;
        let mut request = ground.request_with(Place::Cookie, first)?;
        show(request.headers_mut(), Place::Cookie, name, second);
        ground.must_refuse(request, "two cookies in two headers").await?;
    }
    Ok(())
}

async fn bad_bearer(ground: &Ground) -> Course {
    if ground.kit.tokens_in_body() {
        return Err(no_cookies());
    }
    let name = ground.kit.cookies().session;
    let member = ground.let_in().await?;
    for bad in [made_up_token()?, "x".to_owned(), String::new(), "a.b.c".to_owned()] {
        let mut request = ground.request_with(Place::Cookie, member.session_token())?;
        show(request.headers_mut(), Place::Bearer, name, &bad);
        ground.must_refuse(request, &format!("a bearer token of {} characters", bad.len())).await?;
    }
    Ok(())
}

async fn garbled(ground: &Ground) -> Course {
    let long = "A".repeat(100 * 1024);
    let many = format!("x; {}", "a=b; ".repeat(10_000));
    for (token, what) in [
        (long.as_str(), "a token of 100 KiB"),
        (&format!("{long}.{long}.{long}"), "a JWT of 300 KiB"),
        (&many, "ten thousand cookies"),
        ("\u{e4}\u{20ac}", "a token that is not ASCII"),
        ("..", "a JWT of nothing"),
    ] {
        for place in ground.places() {
            let answer = ground.send(ground.request_with(*place, token)?).await?;
            ground.must_have_refused(&answer, what)?;
            if answer.status == StatusCode::INTERNAL_SERVER_ERROR {
                return Err(Stop::Broken(format!("{what} was answered {}", answer.status)));
            }
        }
    }
    Ok(())
}
