//! The operations, one file a family of Stytch's documentation. Each reads what it was sent, runs a flow, and
//! says what came of it.

mod discovery;
mod email_otp;
mod magic_links;
mod members;
mod organizations;
mod outcome;
mod passwords;
mod rbac;
mod recovery_codes;
mod search;
mod sessions;
mod sms;
mod totp;
mod unavailable;

use super::operation::Operation;

/// Every operation. The one that is called most stands first.
pub(super) fn all() -> Vec<Operation> {
    [
        sessions::operations(),
        magic_links::operations(),
        email_otp::operations(),
        passwords::operations(),
        discovery::operations(),
        sms::operations(),
        totp::operations(),
        recovery_codes::operations(),
        organizations::operations(),
        members::operations(),
        rbac::operations(),
        unavailable::operations(),
    ]
    .concat()
}
