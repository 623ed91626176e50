//! What answers give away, to whom, and to which caches.

use http::{HeaderValue, header};

use super::{
    Try,
    ground::{Course, Ground, Stop, fresh_name},
};

pub(super) const TRIES: [Try; 5] = [
    ("nobody asks again for what a member was answered", |ground| Box::pin(again(ground))),
    ("an answer that tells of another organization", |ground| Box::pin(of_another_organization(ground))),
    ("an answer that a shared cache may keep", |ground| Box::pin(kept(ground))),
    ("an answer that holds the session's token", |ground| Box::pin(echoed(ground))),
    ("an answer that another site may read", |ground| Box::pin(shared(ground))),
];

async fn again(ground: &Ground) -> Course {
    ground.must_let_in(&ground.signed_in().await?).await?;
    ground.must_refuse(ground.request()?, "nobody").await
}

async fn of_another_organization(ground: &Ground) -> Course {
    let member = ground.member.member().member();
    let organization = &ground.organization;
    let marks = [
        member.email_address.as_str(),
        member.member_id.as_str(),
        organization.organization_id.as_str(),
        organization.organization_slug.as_str(),
    ];
    let told = |text: &str| marks.into_iter().find(|mark| text.contains(mark));
    if told(&ground.honest.text()).is_none() {
        let why = "the answer names neither the member nor the organization";
        return Err(Stop::NotApplicable(why.to_owned()));
    }
    let other = ground.kit.organization(&fresh_name("other")?).await?;
    let stranger = ground.recruit(&other, true, true)?.await?.sign_in().await?;
    match told(&ground.send(ground.request_in(&other, &stranger)?).await?.text()) {
        Some(mark) => Err(Stop::Broken(format!("a member of another organization was told {mark}"))),
        None => Ok(()),
    }
}

async fn kept(ground: &Ground) -> Course {
    let told = ground.honest.header("cache-control").to_ascii_lowercase();
    let private = told.split(',').any(|word| matches!(word.trim(), "no-store" | "private"));
    if private { Ok(()) } else { Err(Stop::Broken(format!("Cache-Control is {told:?}"))) }
}

async fn echoed(ground: &Ground) -> Course {
    let token = ground.member.session_token();
    if ground.honest.text().contains(token) {
        return Err(Stop::Broken("the body holds it".to_owned()));
    }
    let holds = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains(token));
    match ground.honest.headers.iter().find(|(_, value)| holds(value)) {
        Some((name, _)) => Err(Stop::Broken(format!("the header {name} holds it"))),
        None => Ok(()),
    }
}

/// By CORS, with the cookies of whoever visits that site (Fetch standard, §3.2).
async fn shared(ground: &Ground) -> Course {
    for origin in ["https://evil.example", "null"] {
        let mut request = ground.request_of(&ground.signed_in().await?)?;
        request.headers_mut().insert(header::ORIGIN, HeaderValue::from_static(origin));
        let answer = ground.send(request).await?;
        if answer.header("access-control-allow-origin") == origin
            && answer.header("access-control-allow-credentials") == "true"
        {
            return Err(Stop::Broken(format!("{origin} may, with cookies")));
        }
    }
    Ok(())
}
