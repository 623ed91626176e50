use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::{domain::AmbiguousPath, http::problem, layer::body::of_bytes};

/// Why a question about a request is not even considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// No trusted proxy asks.
    Untrusted,
    /// Which request is meant can't be understood.
    Malformed(&'static str),
    /// Its path can be read in several ways.
    Ambiguous(AmbiguousPath),
}

impl Unanswered {
    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        tracing::debug!(reason = ?self, "a proxy's question refused");
        let bad = StatusCode::BAD_REQUEST;
        let reply = match self {
            Self::Untrusted => {
                let text = "Only a trusted proxy may ask here. Name its network in trusted_proxies.";
                problem(StatusCode::FORBIDDEN, "untrusted_proxy", "Not a trusted proxy", text, json!({}))
            }
            Self::Malformed(text) => problem(bad, "malformed_question", "Not understood", text, json!({})),
            Self::Ambiguous(path) => {
                problem(bad, "ambiguous_path", "Not passed on", &path.to_string(), json!({}))
            }
        };
        of_bytes(reply.into_response())
    }
}
