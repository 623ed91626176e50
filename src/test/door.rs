//! A service, whatever its type, and what it answers.

use std::{
    error::Error,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tokio::time::timeout;
use tower_service::Service;

use super::KitError;

/// How long a body may take to come. What is longer is a stream, of which nothing is read.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) type Door = Arc<dyn Fn(Request<Full<Bytes>>) -> Answering + Send + Sync>;

type Answering = Pin<Box<dyn Future<Output = Result<Answer, KitError>> + Send>>;

/// What a request was answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The trailers included.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's text; empty where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

pub(super) fn door<S, B>(service: S) -> Door
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let service = Mutex::new(service);
    Arc::new(move |request| {
        let mut service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx)).await.map_err(failed)?;
            let (parts, body) = service.call(request).await.map_err(failed)?.into_parts();
            let mut answer = Answer { status: parts.status, headers: parts.headers, body: Bytes::new() };
            if let Ok(collected) = timeout(PATIENCE, body.collect()).await {
                let collected = collected.map_err(failed)?;
                answer.headers.extend(collected.trailers().cloned().unwrap_or_default());
                answer.body = collected.to_bytes();
            }
            Ok(answer)
        })
    })
}

fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> KitError {
    KitError::Service(error.into().to_string())
}
