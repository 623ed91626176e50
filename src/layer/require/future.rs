use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project_lite::pin_project;

use crate::http::keep_private;

pin_project! {
    /// The future of [`Require`](super::Require): the inner one where the session meets the requirement.
    #[project = Project]
    pub enum RequireFuture<F, B> {
        /// The request was let in.
        Passed { #[pin] future: F },
        /// It was not.
        Refused { refused: Refused<B> },
    }
}

/// The answer to a refused request, being made.
pub struct Refused<B>(Pin<Box<dyn Future<Output = Response<B>> + Send>>);

impl<F, B> RequireFuture<F, B> {
    pub(super) fn refused(answer: Pin<Box<dyn Future<Output = Response<B>> + Send>>) -> Self {
        Self::Refused { refused: Refused(answer) }
    }
}

impl<F, E, B> Future for RequireFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut response = match self.project() {
            Project::Passed { future } => ready!(future.poll(cx))?,
            Project::Refused { refused } => ready!(refused.0.as_mut().poll(cx)),
        };
        keep_private(response.headers_mut());
        Poll::Ready(Ok(response))
    }
}

impl<F, B> fmt::Debug for RequireFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed { .. } => "RequireFuture::Passed",
            Self::Refused { .. } => "RequireFuture::Refused",
        })
    }
}

impl<B> fmt::Debug for Refused<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refused")
    }
}
