//! One way to answer a request, in this process or over a socket.

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc};

use axum::{body::Body, response::Response};
use http::{HeaderName, HeaderValue, Request};
use tokio::net::TcpListener;
use tower::{Service, ServiceExt, make::Shared};

/// The header that a client sends with each request.
pub type Credential = (HeaderName, HeaderValue);

/// What a handler answers when it has read whose request it is.
pub const ANSWER: &str = "ok";

/// A service under test, with the credentials of its clients.
pub struct Contestant {
    pub name: String,
    serve: Box<dyn Serve>,
}

/// A round of requests: boxed once a round, not once a request.
trait Serve: Send + Sync {
    fn serve<'a>(&'a self, order: &'a [u32]) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

    fn listen(&self, listener: TcpListener) -> Pin<Box<dyn Future<Output = ()> + '_>>;

    /// Panics unless it answers what was meant.
    fn check<'a>(&'a self, name: &'a str) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

    fn credentials(&self) -> &[Credential];
}

struct InProcess<S> {
    service: S,
    /// One a session; a single one stands for all.
    credentials: Arc<[Credential]>,
}

impl Contestant {
    /// A service whose handler answers [`ANSWER`] to requests with these credentials.
    ///
    /// # Panics
    /// When it answers anything else: what is measured must be the work that was meant.
    pub async fn new<S>(name: impl Into<String>, service: S, credentials: Arc<[Credential]>) -> Self
    where
        S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        let row = Self { name: name.into(), serve: Box::new(InProcess { service, credentials }) };
        row.check().await;
        row
    }

    /// Looks at three answers.
    ///
    /// # Panics
    /// As above: what a client sends may have expired since.
    pub async fn check(&self) {
        self.serve.check(&self.name).await;
    }

    /// Sends one request for each number, with the credential of that number.
    pub async fn serve(&self, order: &[u32]) {
        self.serve.serve(order).await;
    }

    /// Answers whoever connects, as an application with axum does.
    pub async fn listen(&self, listener: TcpListener) {
        self.serve.listen(listener).await;
    }

    /// What its clients send.
    pub fn credentials(&self) -> &[Credential] {
        self.serve.credentials()
    }
}

impl<S> InProcess<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone,
{
    /// As hyper does it: a clone of the service for each request.
    async fn answer(&self, index: u32) -> Response {
        let (name, value) = &self.credentials[index as usize % self.credentials.len()];
        let mut request = Request::new(Body::empty());
        // A server has just read it from a socket: the bytes are at hand, whoever looks at them.
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().insert(name.clone(), value);
        let Ok(answer) = self.service.clone().oneshot(request).await;
        answer
    }
}

impl<S> Serve for InProcess<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    fn serve<'a>(&'a self, order: &'a [u32]) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        Box::pin(async move {
            for index in order {
                std::hint::black_box(self.answer(*index).await);
            }
        })
    }

    fn check<'a>(&'a self, name: &'a str) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        Box::pin(async move {
            for index in [0, self.credentials.len() / 2, self.credentials.len() - 1] {
                let answer = self.answer(u32::try_from(index).unwrap()).await;
                let status = answer.status();
                let body = axum::body::to_bytes(answer.into_body(), 1024).await.unwrap();
                assert!(status.is_success() && body == ANSWER, "{name} answers {status}: {body:?}");
            }
        })
    }

    fn listen(&self, listener: TcpListener) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(async move { axum::serve(listener, Shared::new(self.service.clone())).await.unwrap() })
    }

    fn credentials(&self) -> &[Credential] {
        &self.credentials
    }
}
