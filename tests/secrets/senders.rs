//! Senders that can't send: nothing of the message, nor of what they sign in with, is told.

#![cfg(any(feature = "smtp", feature = "sms-webhook"))]

use std::net::TcpListener;

#[cfg(feature = "smtp")]
use vestibule::deliver::{Email, SmtpSender};
use vestibule::deliver::{Mailbox, Message, Outbox};
#[cfg(feature = "sms-webhook")]
use vestibule::deliver::{Sms, SmsWebhook};

use crate::{common::Issued, log};

const CODE: &str = "code-493817";

/// Where nobody listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Each message is tried once, and given up.
fn told(issued: &Issued) {
    let text = log().text();
    assert!(text.contains("gave up on a message"), "nothing of it was traced");
    issued.none_in("the log", &text);
}

#[cfg(feature = "smtp")]
#[tokio::test]
async fn a_mail_server_that_is_away() {
    log();
    let mut issued = Issued::default();
    issued.note("code", CODE);
    issued.note("password of the sender", "hush-hush-smtp");
    let url = format!("smtps://sender:hush-hush-smtp@127.0.0.1:{}", closed_port());
    let open = SmtpSender::insecure_plaintext("127.0.0.1", closed_port(), "sign-in@acme.example").unwrap();
    for sender in [SmtpSender::from_url(&url, "sign-in@acme.example").unwrap(), open] {
        let outbox = Outbox::default();
        let email = Email::new("ada@acme.example".parse().unwrap(), "Your code", CODE.into());
        outbox.post(Message::from(email)).unwrap();
        outbox.run(&sender, &Mailbox::new(), async {}).await;
    }
    told(&issued);
}

#[cfg(feature = "sms-webhook")]
#[tokio::test]
async fn a_gateway_that_is_away() {
    log();
    let mut issued = Issued::default();
    issued.note("code", CODE);
    issued.note("bearer token of the sender", "hush-hush-bearer");
    issued.note("key in the address of the gateway", "hush-hush-key");
    let url = format!("http://127.0.0.1:{}/send?key=hush-hush-key", closed_port());
    let sender = SmsWebhook::new(&url, Some(&"hush-hush-bearer".into())).unwrap();
    let outbox = Outbox::default();
    outbox.post(Message::from(Sms::new("+15551234567".parse().unwrap(), CODE.into()))).unwrap();
    outbox.run(&Mailbox::new(), &sender, async {}).await;
    told(&issued);
}
