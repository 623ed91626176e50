use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project_lite::pin_project;

use super::routes::Answering;
use crate::layer::{FromBytes, body::of_bytes};

pin_project! {
    /// The future of [`Auth`](super::Auth).
    #[project = Project]
    pub enum AuthFuture<F, B> {
        /// The request was passed on.
        Passed { #[pin] future: F },
        /// It is one of the sign-in's.
        Served { served: Served<B> },
    }
}

/// An answer that is being made.
pub struct Served<B>(Answering, PhantomData<fn() -> B>);

impl<F, B> AuthFuture<F, B> {
    pub(super) fn routes(answering: Answering) -> Self {
        Self::Served { served: Served(answering, PhantomData) }
    }
}

impl<F, E, B> Future for AuthFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: FromBytes,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            Project::Passed { future } => future.poll(cx),
            Project::Served { served } => match ready!(served.0.as_mut().poll(cx)) {
                Ok(response) => Poll::Ready(Ok(of_bytes(response))),
                Err(never) => match never {},
            },
        }
    }
}

impl<F, B> fmt::Debug for AuthFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed { .. } => "AuthFuture::Passed",
            Self::Served { .. } => "AuthFuture::Served",
        })
    }
}

impl<B> fmt::Debug for Served<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Served")
    }
}
