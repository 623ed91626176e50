//! The demo, end to end: what people and programs meet who use it over HTTP. Each test has a demo of its
//! own, a process over a folder that is new.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod authenticator;
mod browser;
mod client;
mod html;
mod journeys;
mod mailbox;
mod process;
mod program;

mod codes;
mod cross_site;
mod discovery;
mod enrolment;
mod links;
mod password;
mod program_refusals;
mod program_sign_in;
mod repeats;
mod response_objects;
mod restart;
mod return_to;
mod routes;
mod second_factors;
mod sessions;
mod step_up;
mod switching;
mod tokens;
