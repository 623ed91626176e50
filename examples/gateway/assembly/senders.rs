use std::{fs, net::IpAddr, path::PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use vestibule::{
    Builder,
    deliver::{InvalidSmtp, SmsWebhook, SmtpSender},
    domain::Secret,
};

use super::development_senders;
use crate::{
    config::{Config, Email},
    problem::{Problem, missing},
};

/// The sender of mails. In development, messages are printed unless a server is named.
pub(super) fn email(builder: Builder, config: &Config, problems: &mut Vec<Problem>) -> Builder {
    let email = &config.email;
    let password = secret("email.password", email.password.as_ref(), email.password_file.as_ref(), problems);
    match (&email.user, named("email.password", email.password.as_ref(), email.password_file.as_ref())) {
        (None, Some(password)) => missing("email.user", format!(", and {password} is set"), problems),
        (Some(_), None) => missing("email.password_file", ", and email.user is set", problems),
        _ => {}
    }
    let Some(server) = &email.server else {
        if config.development {
            return development_senders(builder);
        }
        missing("email.server", "; write smtps://mail.example.com", problems);
        return builder;
    };
    let Some(from) = &email.from else {
        missing("email.from", "; write Example <sign-in@example.com>", problems);
        return builder;
    };
    match sender(email, server, from, password.as_ref()) {
        Ok(sender) => builder.email(sender),
        Err(problem) => {
            problems.push(problem);
            builder
        }
    }
}

fn sender(email: &Email, server: &str, from: &str, password: Option<&Secret>) -> Result<SmtpSender, Problem> {
    let wrong = |reason: &str| Problem::new("email.server", reason);
    let (scheme, host) =
        server.split_once("://").ok_or_else(|| wrong("write it as smtps://mail.example.com"))?;
    if host.contains('@') {
        return Err(wrong(
            "has a user in it; write that in email.user, and the password in a file or in the environment",
        ));
    }
    let made = match (&email.user, password, local(scheme, host)) {
        (Some(user), Some(password), _) => {
            let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let user = encoded(user);
            SmtpSender::from_url(&format!("{scheme}://{user}:{}@{host}", encoded(password.expose())), from)
        }
        (_, _, Some((host, port))) => SmtpSender::insecure_plaintext(host, port, from),
        (_, _, None) => SmtpSender::from_url(server, from),
    };
    made.map_err(|error| match error {
        InvalidSmtp::From => Problem::new("email.from", error.to_string()),
        InvalidSmtp::Plaintext => {
            wrong("write smtps://, or smtp:// with ?tls=required; only a server on this machine does without")
        }
        InvalidSmtp::Url => wrong("write it as smtps://mail.example.com"),
        _ => wrong(&error.to_string()),
    })
}

/// Host and port of a server on this machine, which needs no TLS.
fn local<'a>(scheme: &str, server: &'a str) -> Option<(&'a str, u16)> {
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (server, 25),
    };
    let here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    (scheme == "smtp" && here).then_some((host, port))
}

/// The sender of text messages, where one is configured.
pub(super) fn sms(builder: Builder, config: &Config, problems: &mut Vec<Problem>) -> Builder {
    let sms = &config.sms;
    let bearer = secret("sms.bearer", sms.bearer.as_ref(), sms.bearer_file.as_ref(), problems);
    let Some(url) = &sms.url else {
        if let Some(bearer) = named("sms.bearer", sms.bearer.as_ref(), sms.bearer_file.as_ref()) {
            missing("sms.url", format!(", and {bearer} is set"), problems);
        }
        return builder;
    };
    match SmsWebhook::new(url, bearer.as_ref()) {
        Ok(sender) => builder.sms(sender),
        Err(error) => {
            problems.push(Problem::new("sms.url", error.to_string()));
            builder
        }
    }
}

/// The key by which a secret is given, if it is: of the environment, or of a file.
fn named(key: &str, text: Option<&Secret>, file: Option<&PathBuf>) -> Option<String> {
    text.map(|_| key.to_owned()).or_else(|| file.map(|_| format!("{key}_file")))
}

/// A secret of the environment or of a file, without the line break at its end.
fn secret(
    key: &str,
    text: Option<&Secret>,
    file: Option<&PathBuf>,
    problems: &mut Vec<Problem>,
) -> Option<Secret> {
    let Some(file) = file else { return text.cloned() };
    if text.is_some() {
        problems.push(Problem::new(key, format!("is set, and {key}_file too; take one of them out")));
    }
    match fs::read_to_string(file) {
        Ok(text) => Some(Secret::new(text.trim_end_matches(['\r', '\n']))),
        Err(error) => {
            problems.push(Problem::new(
                format!("{key}_file"),
                format!("{} can't be read: {error}", file.display()),
            ));
            None
        }
    }
}
