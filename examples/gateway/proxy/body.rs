//! Bodies on their way through: a piece at a time, never kept.

use std::{
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};
use vestibule::{MemberSession, Vestibule};

use super::progress::Progress;

/// The body of every answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

/// Why a body ended before its end.
#[derive(Debug)]
pub(crate) enum Cut {
    /// Nothing came for too long.
    Idle,
    /// The session that it was sent to has ended.
    Ended,
    /// The other side broke off.
    Broken(hyper::Error),
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "a body has paused for too long",
            Self::Ended => "the session has ended",
            Self::Broken(_) => "a body broke off",
        })
    }
}

impl Error for Cut {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Broken(error) => Some(error),
            Self::Idle | Self::Ended => None,
        }
    }
}

/// Completes when a session has ended.
pub(super) type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The end of a session; never, where there is none.
pub(super) fn ending(session: Option<(Vestibule, MemberSession)>) -> Ending {
    match session {
        Some((vestibule, session)) => Box::pin(async move { vestibule.ended(&session).await }),
        None => Box::pin(std::future::pending()),
    }
}

/// A body that may not pause for too long, nor outlive the session that it is sent to.
pub(crate) struct Piecewise {
    inner: Incoming,
    idle: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    progress: Option<Progress>,
    session: Option<(Vestibule, MemberSession)>,
    ending: Option<Ending>,
}

impl Piecewise {
    pub(crate) fn new(inner: Incoming, idle: Duration) -> Self {
        Self { inner, idle, pause: None, progress: None, session: None, ending: None }
    }

    /// Tells how it goes on.
    pub(super) fn telling(self, progress: Progress) -> Self {
        Self { progress: Some(progress), ..self }
    }

    /// Ends with the session of whom it is sent to.
    pub(super) fn to(self, session: Option<(Vestibule, MemberSession)>) -> Self {
        Self { session, ..self }
    }

    fn has_ended(&mut self, cx: &mut Context<'_>) -> bool {
        self.ending.as_mut().is_some_and(|ending| ending.as_mut().poll(cx).is_ready())
    }

    /// Nothing has come. Most answers come at once, so their session is watched from here on only.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Cut> {
        if let Some(session) = self.session.take() {
            self.ending = Some(ending(Some(session)));
            if self.has_ended(cx) {
                return Poll::Ready(Cut::Ended);
            }
        }
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(self.idle)));
        ready!(pause.as_mut().poll(cx));
        Poll::Ready(Cut::Idle)
    }
}

impl HttpBody for Piecewise {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.has_ended(cx) {
            return Poll::Ready(Some(Err(Cut::Ended)));
        }
        let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) else {
            return self.wait(cx).map(|cut| Some(Err(cut)));
        };
        self.pause = None;
        if let Some(progress) = &self.progress {
            progress.touch();
        }
        Poll::Ready(match frame {
            // Trailers are headers that nobody has looked at.
            Some(Ok(frame)) if !frame.is_data() => None,
            Some(frame) => Some(frame.map_err(Cut::Broken)),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
