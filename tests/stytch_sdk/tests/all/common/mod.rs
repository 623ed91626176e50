//! A server on loopback with Stytch's SDK in front of it, and what the tests have in common.

mod answers;
mod clock;
mod mail;
mod people;
mod race;
mod world;

pub(crate) use answers::{Answer, factor_types, failed, is_session, is_waiting, refusals_are, refused};
pub(crate) use clock::TestClock;
pub(crate) use mail::Link;
pub(crate) use people::{App, PASSWORD, impossible_terms, some};
pub(crate) use race::race;
pub(crate) use world::{PROJECT, SECRET, World, sent};
