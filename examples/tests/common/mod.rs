//! What the tests of the short examples share: the example as a process, and people who call it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test uses a part"
)]

pub(crate) mod client;
pub(crate) mod patience;
pub(crate) mod person;
pub(crate) mod process;

pub(crate) use client::Client;
pub(crate) use patience::soon;
pub(crate) use person::Person;
pub(crate) use process::Example;
