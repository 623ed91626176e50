//! Stytch's own SDK against a server of this project, over HTTP on loopback.

mod common;

mod at_rest;
mod discovery;
mod email_otp;
mod flows;
mod jwt;
mod magic_links;
mod members;
mod organizations;
mod passwords;
mod rbac;
mod recovery_codes;
mod sandbox;
mod sessions;
mod sms;
mod totp;
mod transport;
mod unavailable;
