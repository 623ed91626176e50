//! What nobody should send to the API for servers: refused in Stytch's envelope, without a panic, a hang or a
//! page, and nothing is gained or lost by it.

#![cfg(all(feature = "axum", feature = "wire-api"))]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

mod again;
mod api;
mod arguments;
mod automatic_sms;
mod calls;
mod corners;
mod credentials;
mod decisions;
mod faults;
mod halves;
mod names;
mod once;
mod roles;
mod second_factors;
mod shape;
mod spent;
