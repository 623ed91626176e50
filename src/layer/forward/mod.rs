//! Answers proxies that ask whether a request may pass to an application elsewhere; see [`ForwardAuth`].

mod let_in;
mod original;
mod service;
mod unanswered;

pub use service::ForwardAuth;
