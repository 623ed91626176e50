//! Vestibule beside a proxy: asked as Traefik, Caddy, nginx and Envoy ask; and behind real ones, configured by the
//! very files that the documentation shows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../gateway/application.rs"]
mod application;
#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code)]
#[path = "../gateway/wire.rs"]
mod wire;

mod behind_proxies;
mod documents;
mod http2;
mod proxy;
mod questions;
mod spellings;
