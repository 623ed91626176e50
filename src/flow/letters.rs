//! What is written to people.

use std::time::Duration;

use crate::{
    deliver::{Email, Message, Sms},
    domain::{EmailAddress, PhoneNumber, Secret},
};

use super::settings::Settings;

pub(super) fn code_by_email(settings: &Settings, to: EmailAddress, code: &str, useful: Duration) -> Message {
    let name = &settings.name;
    let minutes = useful.as_secs() / 60;
    let text = format!(
        "Your code to sign in to {name}:\n\n    {code}\n\nIt is good for {minutes} minutes. Type it on the page where you began.\n\
         If you did not ask for it, ignore this message; nobody can sign in without the code.\n"
    );
    Email::new(to, &format!("Your code for {name}"), Secret::new(text)).useful_for(useful).into()
}

pub(super) fn link_by_email(settings: &Settings, to: EmailAddress, link: &str, useful: Duration) -> Message {
    let name = &settings.name;
    let minutes = useful.as_secs() / 60;
    let text = format!(
        "Open this link to sign in to {name}:\n\n    {link}\n\nIt is good for {minutes} minutes, once. Open it in the browser where you began.\n\
         If you did not ask for it, ignore this message.\n"
    );
    Email::new(to, &format!("Sign in to {name}"), Secret::new(text)).useful_for(useful).into()
}

/// A link that leads to an application of its own, which uses it.
#[cfg(feature = "wire-api")]
pub(super) fn server_link_by_email(
    settings: &Settings,
    to: EmailAddress,
    link: &str,
    useful: Duration,
) -> Message {
    let (name, minutes) = (&settings.name, useful.as_secs() / 60);
    let text = format!(
        "Open this link to sign in to {name}:\n\n    {link}\n\nIt is good for {minutes} minutes, once.\n\
         If you did not ask for it, ignore this message.\n"
    );
    Email::new(to, &format!("Sign in to {name}"), Secret::new(text)).useful_for(useful).into()
}

#[cfg(feature = "wire-api")]
pub(super) fn invitation_by_email(
    settings: &Settings,
    to: EmailAddress,
    organization: &str,
    by: Option<&str>,
    link: &str,
    useful: Duration,
) -> Message {
    let (name, hours) = (&settings.name, useful.as_secs().div_ceil(3600));
    let by = by.map_or_else(|| "You are invited".to_owned(), |by| format!("{by} invites you"));
    let text = format!(
        "{by} to {organization} on {name}. Open this link to accept:\n\n    {link}\n\nIt is good for {hours} hours, once.\n\
         If you do not know what this is about, ignore this message.\n"
    );
    Email::new(to, &format!("An invitation to {name}"), Secret::new(text)).useful_for(useful).into()
}

#[cfg(feature = "wire-api")]
pub(super) fn reset_by_email(settings: &Settings, to: EmailAddress, link: &str, useful: Duration) -> Message {
    let (name, minutes) = (&settings.name, useful.as_secs() / 60);
    let text = format!(
        "Open this link to set a new password for {name}:\n\n    {link}\n\nIt is good for {minutes} minutes, once. Setting one \
         ends all your sessions.\nIf you did not ask for it, ignore this message; your password stays.\n"
    );
    Email::new(to, &format!("A new password for {name}"), Secret::new(text)).useful_for(useful).into()
}

/// To an address that is to become a member's: whoever opens the link gives it to that account.
#[cfg(feature = "wire-api")]
pub(super) fn new_address_by_email(
    settings: &Settings,
    to: EmailAddress,
    former: &EmailAddress,
    link: &str,
    useful: Duration,
) -> Message {
    let (name, minutes) = (&settings.name, useful.as_secs() / 60);
    let text = format!(
        "The account of {former} at {name} is to be moved to this address. Open this link if that is your account, and only \
         then:\n\n    {link}\n\nIt is good for {minutes} minutes, once.\nIf you did not ask for it, ignore this message: somebody \
         else would get the use of your address.\n"
    );
    Email::new(to, &format!("Confirm your new address for {name}"), Secret::new(text))
        .useful_for(useful)
        .into()
}

/// The same as a code.
#[cfg(feature = "wire-api")]
pub(super) fn new_address_code_by_email(
    settings: &Settings,
    to: EmailAddress,
    code: &str,
    useful: Duration,
) -> Message {
    let (name, minutes) = (&settings.name, useful.as_secs() / 60);
    let text = format!(
        "An account at {name} is to be moved to this address, by this code:\n\n    {code}\n\nIt is good for {minutes} minutes. Type it \
         only where you have asked for it yourself; whoever gets it from you gets the use of your address.\n"
    );
    Email::new(to, &format!("Confirm your new address for {name}"), Secret::new(text))
        .useful_for(useful)
        .into()
}

/// To the address that a member still has.
#[cfg(feature = "wire-api")]
pub(super) fn address_changes(settings: &Settings, to: EmailAddress, new: &EmailAddress) -> Message {
    let name = &settings.name;
    let text = format!(
        "Your account at {name} is to be moved to {new}. It is once the message that was sent there is confirmed.\n\n\
         If that was not you, tell your administrator at once, and end your other sessions.\n"
    );
    Email::new(to, &format!("Your address for {name} is to change"), Secret::new(text)).into()
}

#[cfg(feature = "wire-api")]
pub(super) fn factor_removed(settings: &Settings, to: EmailAddress, what: &str) -> Message {
    let name = &settings.name;
    let text = format!(
        "{what} was removed from how you sign in to {name}.\n\nIf that was not you, tell your administrator at once, and end your other sessions.\n"
    );
    Email::new(to, &format!("Your sign-in to {name} has changed"), Secret::new(text)).into()
}

pub(super) fn code_by_sms(settings: &Settings, to: PhoneNumber, code: &str, useful: Duration) -> Message {
    let host = settings.origin.split_once("://").map_or(settings.origin.as_str(), |(_, host)| host);
    let name = &settings.name;
    // The last line lets browsers offer the code on this site alone (origin-bound one-time codes).
    let text = format!("{code} is your code for {name}. Give it to nobody.\n\n@{host} #{code}");
    Sms::new(to, Secret::new(text)).useful_for(useful).into()
}

pub(super) fn factor_changed(settings: &Settings, to: EmailAddress, what: &str) -> Message {
    let name = &settings.name;
    let text = format!(
        "{what} was set up to confirm your sign-in to {name}.\n\nIf that was not you, tell your administrator at once, and end your other sessions.\n"
    );
    Email::new(to, &format!("Your sign-in to {name} has changed"), Secret::new(text)).into()
}

pub(super) fn locked(settings: &Settings, to: EmailAddress) -> Message {
    let name = &settings.name;
    let text = format!(
        "Somebody proved your first factor for {name} and then typed wrong codes too often. Your second factors are \
         locked for a while; sessions that you have go on.\n\nIf that was not you, change your password and look \
         after the security of your mailbox.\n"
    );
    Email::new(to, &format!("Too many wrong codes for {name}"), Secret::new(text)).into()
}

pub(super) fn recovery_code_used(settings: &Settings, to: EmailAddress, left: usize) -> Message {
    let name = &settings.name;
    let text = format!(
        "A recovery code was used to sign in to {name}. {left} are left.\n\nIf that was not you, tell your administrator at once.\n"
    );
    Email::new(to, &format!("A recovery code for {name} was used"), Secret::new(text)).into()
}
