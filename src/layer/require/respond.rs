use http::Response;

use crate::{
    http::Refusal,
    layer::{FromBytes, body::of_bytes},
};

/// Makes the answer to a refused request, in the body of the inner service.
///
/// Any closure `Fn(Refusal) -> Response<B>` that can be cloned will do.
pub trait Respond<B> {
    /// The answer. [`Refusal::into_response`] makes the standard one, of bytes.
    fn respond(&self, refusal: Refusal) -> Response<B>;
}

impl<F, B> Respond<B> for F
where
    F: Fn(Refusal) -> Response<B>,
{
    fn respond(&self, refusal: Refusal) -> Response<B> {
        self(refusal)
    }
}

/// The standard answers: redirects and pages for browsers, problem documents (RFC 9457) for programs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard;

impl<B: FromBytes> Respond<B> for Standard {
    fn respond(&self, refusal: Refusal) -> Response<B> {
        of_bytes(refusal.into_response())
    }
}
