use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

pin_project! {
    /// The future of [`Session`](super::Session): the inner one where the session was at hand, boxed
    /// only where a store had to be asked.
    #[project = Project]
    pub enum SessionFuture<F: Future> {
        /// The inner future.
        Known { #[pin] future: F },
        /// A store is asked first.
        Asked { future: Pin<Box<dyn Future<Output = F::Output> + Send>> },
    }
}

impl<F: Future> Future for SessionFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            Project::Known { future } => future.poll(cx),
            Project::Asked { future } => future.as_mut().poll(cx),
        }
    }
}

impl<F: Future> fmt::Debug for SessionFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known { .. } => "SessionFuture::Known",
            Self::Asked { .. } => "SessionFuture::Asked",
        })
    }
}
