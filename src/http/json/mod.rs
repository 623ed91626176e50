//! Stytch's response objects (its B2B documentation; the names are its own).

mod member;
mod organization;
mod outcome;

use member::member_json;
use organization::organization_json;
pub(crate) use outcome::{Tokens, authenticated, discovered, done, error, switchable, unfinished};
