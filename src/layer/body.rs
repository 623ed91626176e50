//! Bodies: read whole, and answers of our own in whatever body the inner service has.

use std::error::Error;

use bytes::{Buf, Bytes};
use http::Response;
use http_body::Body;
use http_body_util::{
    BodyExt, Full, LengthLimitError, Limited,
    combinators::{BoxBody, UnsyncBoxBody},
};

use crate::http::BadInput;

/// A response body that can be made of bytes.
///
/// Provided for axum's body (feature `axum`), [`Full`] and boxed bodies.
pub trait FromBytes {
    /// The body that holds these bytes.
    fn from_bytes(bytes: Bytes) -> Self;
}

impl FromBytes for Full<Bytes> {
    fn from_bytes(bytes: Bytes) -> Self {
        Self::new(bytes)
    }
}

impl<E: 'static> FromBytes for BoxBody<Bytes, E> {
    fn from_bytes(bytes: Bytes) -> Self {
        Full::new(bytes).map_err(|never| match never {}).boxed()
    }
}

impl<E: 'static> FromBytes for UnsyncBoxBody<Bytes, E> {
    fn from_bytes(bytes: Bytes) -> Self {
        Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
    }
}

#[cfg(feature = "axum")]
impl FromBytes for axum_core::body::Body {
    fn from_bytes(bytes: Bytes) -> Self {
        Self::from(bytes)
    }
}

pub(super) fn of_bytes<B: FromBytes>(response: Response<Bytes>) -> Response<B> {
    response.map(B::from_bytes)
}

/// Reads a body whole, up to a limit.
pub(super) async fn collect<B>(body: B, limit: usize) -> Result<Bytes, BadInput>
where
    B: Body,
    B::Data: Buf,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(BadInput::TooLarge),
        Err(_) => Err(BadInput::Broken),
    }
}
