use vestibule::deliver::{Email, EmailSender, Sending, Sms, SmsSender};

/// Prints messages instead of sending them, in development.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal;

impl EmailSender for Terminal {
    fn send<'a>(&'a self, email: &'a Email) -> Sending<'a> {
        println!("\nEmail to {}: {}\n{}", email.to(), email.subject(), email.text().expose());
        Box::pin(async { Ok(()) })
    }
}

impl SmsSender for Terminal {
    fn send<'a>(&'a self, sms: &'a Sms) -> Sending<'a> {
        println!("\nSMS to {}:\n{}", sms.to().as_str(), sms.text().expose());
        Box::pin(async { Ok(()) })
    }
}
