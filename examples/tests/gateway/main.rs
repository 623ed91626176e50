//! The gateway, end to end: what clients, attackers and the application behind it meet on the wire. Each test
//! has a gateway of its own, a process, and an application that the test has written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// What the example tests where it stands: cargo runs no tests of an example that others run as a program.
#[allow(dead_code, unused_imports)]
#[path = "../../gateway/config/mod.rs"]
mod config;
#[allow(dead_code)]
#[path = "../../gateway/path.rs"]
mod path;
#[allow(dead_code)]
#[path = "../../gateway/problem.rs"]
mod problem;
#[allow(dead_code, unused_imports)]
#[path = "../../gateway/proxy/mod.rs"]
mod proxy;

mod application;
mod person;
mod process;
mod wire;

mod configuration;
mod failures;
mod forwarding;
mod identity;
mod rules;
mod streams;
mod websockets;
