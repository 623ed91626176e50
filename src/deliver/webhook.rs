//! Text messages through an HTTP gateway.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Request, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::{DeliveryError, Sending, Sms, SmsSender};
use crate::{
    domain::Secret,
    outbound::{HttpClient, InvalidUrl, checked, client},
};

/// Posts `{"to":"+15551234567","text":"…"}` to a URL, over TLS with Mozilla's roots.
///
/// Any 2xx means sent; 408, 429 and 5xx mean that it is worth another try; all else, redirects among
/// them, that it is not. A try takes at most 10 s. What the gateway says besides is not looked at.
pub struct SmsWebhook {
    client: HttpClient,
    url: Uri,
    authorization: Option<HeaderValue>,
}

impl SmsWebhook {
    /// A webhook at an `https` URL, or an `http` one on this machine (`localhost`, `127.0.0.0/8`,
    /// `::1`). `bearer`, if given, goes along in `Authorization`.
    ///
    /// # Errors
    /// [`InvalidWebhook`], which names the part that is wrong and repeats none of it.
    pub fn new(url: &str, bearer: Option<&Secret>) -> Result<Self, InvalidWebhook> {
        let url = checked(url).map_err(|error| match error {
            InvalidUrl::Malformed => InvalidWebhook::Url,
            InvalidUrl::Plaintext => InvalidWebhook::Plaintext,
        })?;
        let authorization = bearer.map(authorization).transpose()?;
        let client = client().map_err(|_| InvalidWebhook::Tls)?;
        Ok(Self { client, url, authorization })
    }

    fn request(&self, sms: &Sms) -> Result<Request<Full<Bytes>>, DeliveryError> {
        let payload = Payload { to: sms.to().as_str(), text: sms.text().expose() };
        let json = serde_json::to_vec(&payload).map_err(|_| UNWRITABLE)?;
        let mut request = Request::post(self.url.clone()).header(CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        request.body(Full::from(json)).map_err(|_| UNWRITABLE)
    }

    async fn post(&self, sms: &Sms) -> Result<(), DeliveryError> {
        let deadline = Instant::now() + TRY;
        let response = self.client.request(self.request(sms)?);
        let response = timeout_at(deadline, response).await.map_err(|_| TOO_SLOW)?.map_err(|error| {
            if error.is_connect() {
                tracing::debug!(%error, "no connection to the SMS gateway");
            }
            DeliveryError::temporary("the SMS gateway can't be reached")
        })?;
        let verdict = verdict(response.status());
        // The status has decided: whatever becomes of the rest, another try would send it twice.
        let _ = timeout_at(deadline, skip(response.into_body())).await;
        verdict
    }
}

impl SmsSender for SmsWebhook {
    fn send<'a>(&'a self, sms: &'a Sms) -> Sending<'a> {
        Box::pin(self.post(sms))
    }
}

impl fmt::Debug for SmsWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Gateways put secrets into paths.
        f.debug_struct("SmsWebhook").field("host", &self.url.host()).finish_non_exhaustive()
    }
}

/// Why an [`SmsWebhook`] can't be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidWebhook {
    /// Not an absolute `https` URL, or one with a user and password in it.
    Url,
    /// An `http` URL that leads off this machine.
    Plaintext,
    /// The bearer secret has characters that a header can't carry.
    Bearer,
    /// TLS can't be set up.
    Tls,
}

impl fmt::Display for InvalidWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "write the SMS gateway as https://sms.example.com/send, without user and password",
            Self::Plaintext => "write https://: codes may not travel in plaintext",
            Self::Bearer => "the bearer secret must be printable ASCII",
            Self::Tls => "TLS can't be set up with the cryptography that this program was built with",
        })
    }
}

impl std::error::Error for InvalidWebhook {}

#[derive(Serialize)]
struct Payload<'a> {
    to: &'a str,
    text: &'a str,
}

fn authorization(bearer: &Secret) -> Result<HeaderValue, InvalidWebhook> {
    let printable = bearer.expose().bytes().all(|byte| byte.is_ascii_graphic());
    if bearer.expose().is_empty() || !printable {
        return Err(InvalidWebhook::Bearer);
    }
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", bearer.expose())).map_err(|_| InvalidWebhook::Bearer)?;
    value.set_sensitive(true);
    Ok(value)
}

fn verdict(status: StatusCode) -> Result<(), DeliveryError> {
    let verdict = match status {
        _ if status.is_success() => return Ok(()),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            DeliveryError::temporary("the SMS gateway asked to try again later")
        }
        _ if status.is_server_error() => DeliveryError::temporary("the SMS gateway failed"),
        _ => DeliveryError::permanent("the SMS gateway refused"),
    };
    Err(verdict.with_code(status.as_u16()))
}

/// Reads a short body to its end, so that the connection can serve again; gives up on a long one.
async fn skip(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > LONGEST_ANSWER {
            return;
        }
    }
}

const TRY: Duration = Duration::from_secs(10);
const LONGEST_ANSWER: usize = 64 * 1024;
const TOO_SLOW: DeliveryError = DeliveryError::temporary("the SMS gateway did not answer in time");
const UNWRITABLE: DeliveryError = DeliveryError::permanent("the text message can't be written as JSON");
