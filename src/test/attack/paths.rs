//! Ways around a rule that looks at paths and methods instead of standing at the handler.

use http::{HeaderValue, Method, Uri};

use super::{
    Try,
    ground::{Course, Ground, Outsider, Sent, Stop, fresh_name},
};
use crate::test::{KitError, door::Answer};

pub(super) const TRIES: [Try; 4] = [
    ("another spelling of the path", |ground| Box::pin(spellings(ground))),
    ("HEAD instead of GET", |ground| Box::pin(head(ground))),
    ("another method, or a header that names one", |ground| Box::pin(methods(ground))),
    ("a request that says itself what is demanded", |ground| Box::pin(softened(ground))),
];

async fn spellings(ground: &Ground) -> Course {
    let request = ground.request()?;
    let path = request.uri().path().to_owned();
    let inside = path.trim_start_matches('/').trim_end_matches('/');
    let first = inside.bytes().next().map(|byte| format!("%{byte:02x}")).unwrap_or_default();
    let rest = inside.get(1..).unwrap_or_default();
    let spellings = [
        format!("//{inside}"),
        format!("///{inside}"),
        format!("/./{inside}"),
        format!("/%2e/{inside}"),
        format!("/%2E%2E/{inside}"),
        format!("/x/../{inside}"),
        format!("/x/%2e%2e/{inside}"),
        format!("/x/..%2f{inside}"),
        format!("/{inside}/"),
        format!("/{inside}//"),
        format!("/{inside}/."),
        format!("/{inside}%2f"),
        format!("/{inside}%20"),
        format!("/{inside}%00"),
        format!("/{inside}%09"),
        format!("/{inside};x=y"),
        format!("/{inside}.json"),
        format!("/{inside}.css"),
        format!("/{inside}?"),
        format!("/{}", inside.to_uppercase()),
        format!("/{}", inside.replace('/', "//")),
        format!("/{}", inside.replace('/', "%2f")),
        format!("/{first}{rest}"),
        format!("/%25{}{rest}", first.trim_start_matches('%')),
    ];
    let nowhere = at(&request, &format!("/{}", fresh_name("nowhere")?))?;
    for outsider in ground.outsiders().await? {
        // A fallback that serves everything serves these as well.
        let nowhere = ground.send(outsider.shows(nowhere.clone())).await?;
        for spelling in spellings.iter().filter(|spelling| **spelling != path) {
            // What is no address can't be sent.
            let Ok(sent) = at(&request, spelling) else { continue };
            let answer = ground.send(outsider.shows(sent)).await?;
            if reached(ground, &answer, &nowhere) {
                let seen = format!("{} at {spelling} was answered {}", outsider.name, answer.status);
                return Err(Stop::Broken(seen));
            }
        }
    }
    Ok(())
}

/// The request at another path.
fn at(request: &Sent, path: &str) -> Result<Sent, KitError> {
    let uri = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut request = request.clone();
    *request.uri_mut() = address(&uri)?;
    Ok(request)
}

fn address(text: &str) -> Result<Uri, KitError> {
    text.parse().map_err(|error: http::uri::InvalidUri| KitError::Service(error.to_string()))
}

/// Whether somebody got to what members get to: let in where they are not else, or told the very same.
fn reached(ground: &Ground, answer: &Answer, elsewhere: &Answer) -> bool {
    !ground.is_let_in(elsewhere) && ground.is_let_in(answer) || tells_all(ground, answer)
}

fn tells_all(ground: &Ground, answer: &Answer) -> bool {
    ground.is_let_in(answer) && !answer.body.is_empty() && answer.body == ground.honest.body
}

async fn head(ground: &Ground) -> Course {
    let mut request = ground.request()?;
    if request.method() != Method::GET {
        return Err(Stop::NotApplicable("the route is not read by GET".to_owned()));
    }
    *request.method_mut() = Method::HEAD;
    for outsider in ground.outsiders().await? {
        let request = outsider.shows(request.clone());
        ground.must_refuse(request, &format!("HEAD of {}", outsider.name)).await?;
    }
    Ok(())
}

async fn methods(ground: &Ground) -> Course {
    for outsider in ground.outsiders().await? {
        other_methods(ground, &outsider).await?;
        named_methods(ground, &outsider).await?;
    }
    Ok(())
}

/// Other methods of the path may be for everybody; but not with what this one answers.
async fn other_methods(ground: &Ground, outsider: &Outsider) -> Course {
    let request = ground.request()?;
    let made_up = Method::from_bytes(b"JEFF").unwrap_or_default();
    let all = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
    ];
    for method in all.into_iter().chain([made_up]).filter(|method| method != request.method()) {
        let answer = ground.send(outsider.shows(by(&request, &method))).await?;
        if tells_all(ground, &answer) {
            let seen = format!("{method} of {} was answered what members are", outsider.name);
            return Err(Stop::Broken(seen));
        }
    }
    Ok(())
}

/// A guard looks at the method of the request, and what routes it at the one in a header.
async fn named_methods(ground: &Ground, outsider: &Outsider) -> Course {
    let request = ground.request()?;
    let own = HeaderValue::from_str(request.method().as_str())
        .map_err(|error| KitError::Service(error.to_string()))?;
    for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
        let plain = by(&request, &method);
        let without = ground.send(outsider.shows(plain.clone())).await?;
        for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
            let mut request = plain.clone();
            request.headers_mut().insert(name, own.clone());
            let answer = ground.send(outsider.shows(request)).await?;
            if reached(ground, &answer, &without) {
                let seen = format!("{method} with {name} of {} was answered as members are", outsider.name);
                return Err(Stop::Broken(seen));
            }
        }
    }
    Ok(())
}

fn by(request: &Sent, method: &Method) -> Sent {
    let mut request = request.clone();
    *request.method_mut() = method.clone();
    request
}

/// In words that are for those who ask (OpenID Connect Core §3.1.2.1), not for those who are asked.
async fn softened(ground: &Ground) -> Course {
    let request = ground.request()?;
    let path = request.uri().path();
    for outsider in ground.outsiders().await? {
        for said in [
            "max_age=31536000",
            "max_age=-1",
            "acr_values=urn:vestibule:acr:single",
            "acr_values=",
            "acr=urn:vestibule:acr:mfa",
            "amr=mfa",
            "prompt=none",
        ] {
            let query = match request.uri().query() {
                Some(query) => format!("{query}&{said}"),
                None => said.to_owned(),
            };
            let mut request = request.clone();
            *request.uri_mut() = address(&format!("{path}?{query}"))?;
            ground.must_refuse(outsider.shows(request), &format!("{} with {said}", outsider.name)).await?;
        }
    }
    Ok(())
}
