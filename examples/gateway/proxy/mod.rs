//! Passes requests on to the application, and its answers back.

mod body;
mod cookies;
mod forwarded;
mod hop_by_hop;
mod identity;
mod names;
mod progress;
mod refusal;
mod websocket;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{CACHE_CONTROL, CONTENT_LENGTH, Entry, InvalidHeaderValue, TRANSFER_ENCODING, VARY},
    uri::{Authority, PathAndQuery, Scheme},
};
use hyper::{body::Incoming, upgrade};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use ipnet::IpNet;
use tower_service::Service;
use vestibule::{MemberSession, PeerAddress, Vestibule, extract::Unavailable};

use self::{forwarded::Outside, progress::Progress};
use crate::{
    config::{Passing, Upstream},
    path::Ambiguous,
};

pub(crate) use self::{
    body::{Body, Piecewise},
    refusal::Refusal,
};

/// The application behind the gateway, as a service. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Proxy(Arc<Inner>);

struct Inner {
    vestibule: Vestibule,
    client: Client<HttpConnector, Piecewise>,
    application: Authority,
    outside: Outside,
    passing: Passing,
    timeout: Duration,
    idle: Duration,
    websocket_idle: Duration,
}

impl Proxy {
    pub(crate) fn new(
        vestibule: Vestibule,
        application: Authority,
        upstream: &Upstream,
        origin: &str,
        trusted: Vec<IpNet>,
    ) -> Result<Self, InvalidHeaderValue> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(upstream.connect_timeout.0));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Ok(Self(Arc::new(Inner {
            vestibule,
            client,
            application,
            outside: Outside::new(origin, trusted)?,
            passing: upstream.identity,
            timeout: upstream.timeout.0,
            idle: upstream.idle_timeout.0,
            websocket_idle: upstream.websocket_idle_timeout.0,
        })))
    }
}

impl Service<Request<Piecewise>> for Proxy {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Piecewise>) -> Self::Future {
        let Self(inner) = self.clone();
        Box::pin(async move {
            Ok(inner.pass(request).await.unwrap_or_else(|refusal| {
                tracing::debug!(?refusal, "no answer of the application");
                refusal.into_response()
            }))
        })
    }
}

impl Inner {
    async fn pass(&self, mut request: Request<Piecewise>) -> Result<Response<Body>, Refusal> {
        // It would show a page what is passed on about the person.
        if request.method() == Method::TRACE {
            return Err(Refusal::Method);
        }
        let session = request.extensions().get::<MemberSession>().cloned();
        // Somebody has shown a token. They are not nobody because the store does not answer.
        if request.extensions().get::<Unavailable>().is_some() {
            return Err(Refusal::NoIdentity);
        }
        let websocket = websocket::is_asked(&request);
        if websocket
            && session.is_some()
            && websocket::is_of_other_site(request.headers(), &self.outside.origin)
        {
            return Err(Refusal::OtherSite);
        }
        let from_client = websocket.then(|| upgrade::on(&mut request));
        let progress = Progress::new();
        let request = self.to_application(request, session.as_ref(), websocket, progress.clone()).await?;
        let mut answer = tokio::select! {
            answer = self.client.request(request) => answer.map_err(|error| Refusal::of(&error))?,
            // Counted from when the last of the request was taken: a long upload is no slow answer.
            () = progress.stalled(self.timeout) => return Err(Refusal::Slow),
        };
        let session = session.map(|session| (self.vestibule.clone(), session));
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            let (Some(from_client), true) = (from_client, websocket::is_agreed(&answer)) else {
                return Err(Refusal::Garbage);
            };
            let from_application = upgrade::on(&mut answer);
            let ending = body::ending(session.clone());
            websocket::connect(from_client, from_application, self.websocket_idle, ending);
        }
        Ok(self.to_client(answer, session))
    }

    async fn to_application(
        &self,
        request: Request<Piecewise>,
        session: Option<&MemberSession>,
        websocket: bool,
        progress: Progress,
    ) -> Result<Request<Piecewise>, Refusal> {
        let (mut parts, body) = request.into_parts();
        let headers = &mut parts.headers;
        hop_by_hop::strip(headers);
        // How long the body is, the body knows; what else said so may have been said twice.
        names::remove(headers, |name| matches!(name, "content-length" | "expect"));
        identity::strip(headers);
        cookies::strip(headers);
        if let Some(session) = session {
            identity::strip_token(headers);
            identity::add(headers, session, self.passing, &self.vestibule).await?;
        }
        self.outside.say(headers, parts.extensions.get::<PeerAddress>().map(|peer| peer.0.ip()));
        if websocket {
            websocket::say(headers);
        }
        let path = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let mut uri = http::uri::Parts::default();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.application.clone());
        uri.path_and_query = Some(path);
        let mut passed = Request::new(body.telling(progress));
        *passed.uri_mut() = Uri::from_parts(uri).map_err(|_| Refusal::Path(Ambiguous("it is none")))?;
        *passed.method_mut() = parts.method;
        *passed.headers_mut() = parts.headers;
        Ok(passed)
    }

    fn to_client(
        &self,
        answer: Response<Incoming>,
        session: Option<(Vestibule, MemberSession)>,
    ) -> Response<Body> {
        let (parts, body) = answer.into_parts();
        let mut headers = cleaned(parts.headers, parts.status);
        if session.is_some() {
            keep_private(&mut headers);
        }
        let mut passed = Response::new(Body::new(Piecewise::new(body, self.idle).to(session)));
        *passed.status_mut() = parts.status;
        *passed.headers_mut() = headers;
        passed
    }
}

/// An answer's headers, without what the application may not say.
fn cleaned(mut headers: HeaderMap, status: StatusCode) -> HeaderMap {
    // RFC 9112 §6.3: with both, the length counts for nothing.
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    hop_by_hop::strip(&mut headers);
    identity::strip(&mut headers);
    cookies::strip_set(&mut headers);
    if status == StatusCode::SWITCHING_PROTOCOLS {
        websocket::say(&mut headers);
    }
    headers
}

/// Says of an answer to somebody, where the application has said nothing, that no cache gives it to others.
fn keep_private(headers: &mut HeaderMap) {
    if let Entry::Vacant(unsaid) = headers.entry(CACHE_CONTROL) {
        unsaid.insert(HeaderValue::from_static("no-store"));
        headers.append(VARY, HeaderValue::from_static("Cookie, Authorization"));
    }
}
