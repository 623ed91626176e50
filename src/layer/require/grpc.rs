//! Refusals as gRPC knows them: a status in the headers of an answer without a body.

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use http::{HeaderName, HeaderValue, Response, header::CONTENT_TYPE};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use super::Respond;
use crate::{
    http::{Refusal, RefusalReason},
    judge::Unmet,
};

/// Answers refused gRPC requests, for [`RequireLayer::respond_with`](crate::RequireLayer::respond_with):
/// HTTP 200 with `grpc-status`, `grpc-message` and `grpc-status-details-bin`, and no body.
///
/// | request | status | `reason` |
/// |---|---|---|
/// | no session | 16 `UNAUTHENTICATED` | `UNAUTHENTICATED` |
/// | factor missing or too old | 16 `UNAUTHENTICATED` | `INSUFFICIENT_FACTORS`, with the challenge |
/// | no second factor set up that could answer | 7 `PERMISSION_DENIED` | `ENROLMENT_REQUIRED`, with `enrol_at` |
/// | what could answer was set up in this session | 7 `PERMISSION_DENIED` | `SIGN_IN_REQUIRED` |
/// | role or permission missing | 7 `PERMISSION_DENIED` | `FORBIDDEN` |
/// | another organization | 7 `PERMISSION_DENIED` | `FORBIDDEN`, with `switch_at` |
/// | a store does not answer | 14 `UNAVAILABLE` | `UNAVAILABLE` |
///
/// The details are a `google.rpc.Status` with one `google.rpc.ErrorInfo` of the domain `vestibule`. Its
/// metadata has what the problem document says to other programs: `unmet`, as JSON; `challenge_token`,
/// `expires_at` and `complete_at` of the challenge.
///
/// It takes any body that can be empty (`Default`), tonic's among them, and needs no gRPC library.
///
/// # Examples
/// ```
/// use http::{Request, Response, StatusCode};
/// use tower::{ServiceBuilder, ServiceExt};
/// use vestibule::{Grpc, Requirement, Vestibule};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vestibule = Vestibule::development().build().await?;
/// let method = ServiceBuilder::new()
///     .layer(vestibule.session_layer())
///     .layer(vestibule.require(Requirement::member()).respond_with(Grpc))
///     .service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(String::new())));
///
/// let refused = method.oneshot(Request::post("/bank.Ledger/Balance").body(())?).await?;
/// assert_eq!(refused.status(), StatusCode::OK);
/// assert_eq!(refused.headers()["grpc-status"], "16");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Grpc;

impl<B: Default> Respond<B> for Grpc {
    fn respond(&self, refusal: Refusal) -> Response<B> {
        let (code, reason) = status_of(refusal.reason());
        let (parts, body) = refusal.into_response().into_parts();
        // A page, where the client says that it is a browser: then the reason is all there is.
        let problem: Map<String, Value> = serde_json::from_slice(&body).unwrap_or_default();
        let message = problem.get("detail").and_then(Value::as_str).unwrap_or(reason);

        let mut response = Response::new(B::default());
        *response.extensions_mut() = parts.extensions;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(GRPC_STATUS, HeaderValue::from(code));
        let details = BASE64_STANDARD_NO_PAD.encode(details(code, message, reason, &problem));
        let message = utf8_percent_encode(message, UNSENDABLE).to_string();
        for (name, value) in [(GRPC_MESSAGE, message), (GRPC_STATUS_DETAILS_BIN, details)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// What can be mended by proving something is 16, all else that is missing 7.
fn status_of(reason: &RefusalReason) -> (u16, &'static str) {
    match reason {
        RefusalReason::Anonymous => (16, "UNAUTHENTICATED"),
        RefusalReason::Unmet(unmet) if unmet.iter().all(|part| matches!(part, Unmet::Factor(_))) => {
            (16, "INSUFFICIENT_FACTORS")
        }
        RefusalReason::Unmet(_) => (7, "FORBIDDEN"),
        RefusalReason::EnrolmentRequired => (7, "ENROLMENT_REQUIRED"),
        RefusalReason::SignInRequired => (7, "SIGN_IN_REQUIRED"),
        RefusalReason::Unavailable => (14, "UNAVAILABLE"),
    }
}

/// A `google.rpc.Status` with one `google.rpc.ErrorInfo`.
fn details(code: u16, message: &str, reason: &str, problem: &Map<String, Value>) -> Vec<u8> {
    let mut info = Vec::new();
    push_field(&mut info, 1, reason.as_bytes());
    push_field(&mut info, 2, b"vestibule");
    for (name, value) in metadata(problem) {
        let mut entry = Vec::new();
        push_field(&mut entry, 1, name.as_bytes());
        push_field(&mut entry, 2, value.as_bytes());
        push_field(&mut info, 3, &entry);
    }
    let mut any = Vec::new();
    push_field(&mut any, 1, b"type.googleapis.com/google.rpc.ErrorInfo");
    push_field(&mut any, 2, &info);
    let mut status = vec![1 << 3];
    push_varint(&mut status, usize::from(code));
    push_field(&mut status, 2, message.as_bytes());
    push_field(&mut status, 3, &any);
    status
}

/// What the problem says that a status does not: texts as they are, all else as JSON.
fn metadata(problem: &Map<String, Value>) -> impl Iterator<Item = (&str, String)> {
    const SAID: [&str; 5] = ["type", "title", "status", "detail", "challenge"];
    let challenge = problem.get("challenge").and_then(Value::as_object).into_iter().flatten();
    let unsaid = problem.iter().filter(|(name, _)| !SAID.contains(&name.as_str()));
    unsaid.chain(challenge).map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.as_str(), text)
    })
}

/// A field with a length before it: a text, bytes or a message.
fn push_field(into: &mut Vec<u8>, number: u8, content: &[u8]) {
    into.push(number << 3 | 2);
    push_varint(into, content.len());
    into.extend_from_slice(content);
}

/// Seven bits a byte, the lowest first; all bytes but the last have the highest bit set.
fn push_varint(into: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        into.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_STATUS_DETAILS_BIN: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// What has to be percent-encoded in `grpc-message`, besides all that is not ASCII.
const UNSENDABLE: &AsciiSet = &CONTROLS.add(b'%');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_more_than_seven_bits_take_more_bytes() {
        for (value, bytes) in [
            (0, vec![0]),
            (127, vec![0x7f]),
            (128, vec![0x80, 1]),
            (300, vec![0xac, 2]),
            (16_384, vec![0x80, 0x80, 1]),
        ] {
            let mut written = Vec::new();
            push_varint(&mut written, value);
            assert_eq!(written, bytes, "{value}");
        }
    }

    #[test]
    fn details_without_a_problem_hold_the_reason() {
        let info = b"\x0a\x09FORBIDDEN\x12\x09vestibule";
        let any = [b"\x0a\x28type.googleapis.com/google.rpc.ErrorInfo\x12\x16", &info[..]].concat();
        let status = [b"\x08\x07\x12\x02no\x1a\x42", &any[..]].concat();
        assert_eq!(details(7, "no", "FORBIDDEN", &Map::new()), status);
    }
}
