//! Where the keys are published: counts who asks, and answers what the test says.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch};

pub(crate) struct KeyServer {
    address: String,
    state: Arc<Answers>,
}

struct Answers {
    asked: AtomicUsize,
    answer: Mutex<(StatusCode, HeaderMap, String)>,
    /// While it is closed, whoever asks waits.
    gate: watch::Sender<bool>,
}

impl KeyServer {
    pub(crate) async fn start(keys: &Value) -> Self {
        let state = Arc::new(Answers {
            asked: AtomicUsize::new(0),
            answer: Mutex::new((StatusCode::OK, HeaderMap::new(), keys.to_string())),
            gate: watch::Sender::new(true),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/auth/jwks.json", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// Waits until so many have asked.
    pub(crate) async fn wait_for(&self, asked: usize) {
        while self.asked() < asked {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn answer(&self, status: u16, headers: &[(&'static str, &str)], body: impl Into<String>) {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        *self.state.answer.lock().unwrap() = (StatusCode::from_u16(status).unwrap(), headers, body.into());
    }

    pub(crate) fn publish(&self, keys: &Value) {
        self.answer(200, &[], keys.to_string());
    }

    pub(crate) fn close(&self) {
        self.state.gate.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.state.gate.send_replace(true);
    }
}

async fn answer(State(state): State<Arc<Answers>>) -> Response {
    state.asked.fetch_add(1, Ordering::SeqCst);
    let mut gate = state.gate.subscribe();
    let _ = gate.wait_for(|open| *open).await;
    state.answer.lock().unwrap().clone().into_response()
}
