//! An application with all layers around it, its people, and the browsers and programs that call it.

#![allow(
    dead_code,
    unused_imports,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test uses a part of this; helpers fail as tests do"
)]

pub(crate) mod authenticator;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod faults;
pub(crate) mod issued;
pub(crate) mod race;
pub(crate) mod stores;
pub(crate) mod traced;
pub(crate) mod world;

pub(crate) use authenticator::App;
pub(crate) use client::{Answer, Client};
pub(crate) use clock::TestClock;
pub(crate) use faults::Fault;
pub(crate) use issued::Issued;
pub(crate) use traced::Traced;
pub(crate) use world::{ACME, GLOBEX, INITECH, World};
