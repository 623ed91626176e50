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
