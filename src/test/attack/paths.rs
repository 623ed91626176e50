//! Ways around a rule that looks at paths and methods instead of standing at the handler.

use http::{HeaderValue, Method, Uri};

use super::{
    Try,
    ground::{Course, Ground, Sent, Stop, fresh_name},
};
use crate::test::{KitError, door::Answer};

pub(super) const TRIES: [Try; 3] = [
    ("another spelling of the path", |ground| Box::pin(spellings(ground))),
    ("HEAD instead of GET", |ground| Box::pin(head(ground))),
    ("another method, or a header that names one", |ground| Box::pin(methods(ground))),
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
    // A fallback that serves everything serves these as well.
    let nowhere = ground.send(at(&request, &format!("/{}", fresh_name("nowhere")?))?).await?;
    for spelling in spellings.iter().filter(|spelling| **spelling != path) {
        // What is no address can't be sent.
        let Ok(sent) = at(&request, spelling) else { continue };
        let answer = ground.send(sent).await?;
        if reached(ground, &answer, &nowhere) {
            return Err(Stop::Broken(format!("nobody at {spelling} was answered {}", answer.status)));
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
    let uri = uri.parse::<Uri>().map_err(|error| KitError::Service(error.to_string()))?;
    let mut request = request.clone();
    *request.uri_mut() = uri;
    Ok(request)
}

/// Whether nobody was served what a member is: a success where nothing is, or the very same body.
fn reached(ground: &Ground, answer: &Answer, nowhere: &Answer) -> bool {
    answer.status.is_success()
        && (!nowhere.status.is_success() && ground.is_let_in(answer) || tells_all(ground, answer))
}

fn tells_all(ground: &Ground, answer: &Answer) -> bool {
    answer.status.is_success() && !answer.body.is_empty() && answer.body == ground.honest.body
}

async fn head(ground: &Ground) -> Course {
    let mut request = ground.request()?;
    if request.method() != Method::GET {
        return Err(Stop::NotApplicable("the route is not read by GET".to_owned()));
    }
    *request.method_mut() = Method::HEAD;
    ground.must_refuse(request, "HEAD").await
}

async fn methods(ground: &Ground) -> Course {
    let own = ground.request()?.method().clone();
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
    // Other methods of the path may be for everybody; but not with what this one answers.
    for method in all.into_iter().chain([made_up]).filter(|method| *method != own) {
        let mut request = ground.request()?;
        *request.method_mut() = method.clone();
        let answer = ground.send(request).await?;
        if tells_all(ground, &answer) {
            return Err(Stop::Broken(format!("{method} was answered what members are")));
        }
    }
    let own = HeaderValue::from_str(own.as_str()).ok();
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let mut request = ground.request()?;
            request.headers_mut().extend(own.clone().map(|own| (http::HeaderName::from_static(name), own)));
            *request.method_mut() = method.clone();
            let answer = ground.send(request).await?;
            if tells_all(ground, &answer) {
                return Err(Stop::Broken(format!("{method} with {name} was answered what members are")));
            }
        }
    }
    Ok(())
}
