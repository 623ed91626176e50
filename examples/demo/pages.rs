//! The application's own pages, as plain as can be.

use vestibule::{MemberSession, deliver::Received};

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"/auth/style.css\"></head><body><main><h1>{title}</h1>\
         {body}<nav><p><a href=\"/\">Start</a> · <a href=\"/member\">Members</a> · <a href=\"/transfer\">Transfer</a> · \
         <a href=\"/admin\">Administration</a> · <a href=\"/auth/sessions\">Your sessions</a> · \
         <a href=\"/mailbox\">Mailbox</a></p></nav></main></body></html>"
    )
}

/// Text that came from somebody, for use in HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

pub(crate) fn home(session: Option<&MemberSession>) -> String {
    let who = match session {
        Some(session) => format!("<p>Signed in as {}.</p>", escape(session.email_address().as_str())),
        None => {
            "<p>Nobody is signed in. <a href=\"/auth/sign-in?return_to=%2Fmember\">Sign in</a></p>".to_owned()
        }
    };
    page("Vestibule demo", &who)
}

fn roles(session: &MemberSession) -> String {
    session.roles().iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
}

pub(crate) fn member(session: &MemberSession, transferred: u64) -> String {
    let body = format!(
        "<dl><dt>organization_id</dt><dd id=\"organization_id\">{}</dd><dt>slug</dt><dd id=\"slug\">{}</dd>\
         <dt>member</dt><dd>{}</dd><dt>roles</dt><dd id=\"roles\">{}</dd><dt>transferred so far</dt>\
         <dd id=\"transferred\">{transferred}</dd></dl><p><a href=\"/o/{}\">The page of this organization</a></p>",
        escape(session.organization_id().as_str()),
        escape(session.organization_slug().as_str()),
        escape(session.email_address().as_str()),
        escape(&roles(session)),
        escape(session.organization_slug().as_str()),
    );
    page("Members", &body)
}

pub(crate) fn admin(session: &MemberSession) -> String {
    page("Administration", &format!("<p>{} may be here.</p>", escape(session.email_address().as_str())))
}

pub(crate) fn organization(session: &MemberSession, name: &str) -> String {
    let body =
        format!("<p>{} is signed in to {}.</p>", escape(session.email_address().as_str()), escape(name));
    page("Organization", &body)
}

pub(crate) fn transfer() -> String {
    page(
        "Transfer",
        "<form method=\"post\" action=\"/transfer\"><p><label>Amount <input name=\"amount\" value=\"100\" \
         inputmode=\"numeric\"></label> <button>Transfer</button></p></form>\
         <p>This takes a second factor that was proved within five minutes.</p>",
    )
}

pub(crate) fn transferred(session: &MemberSession, amount: u64) -> String {
    let by = escape(session.email_address().as_str());
    page("Transferred", &format!("<p id=\"done\">{by} has transferred {amount}.</p>"))
}

pub(crate) fn mailbox(messages: &[Received]) -> String {
    let list: String = messages
        .iter()
        .map(|message| {
            format!(
                "<article><h2>{}</h2><p>to {}</p><pre>{}</pre></article>",
                escape(&message.subject),
                escape(&message.to),
                linked(&escape(&message.text)),
            )
        })
        .collect();
    let body = if list.is_empty() { "<p>Nothing has arrived yet.</p>".to_owned() } else { list };
    page("Mailbox", &body)
}

/// Makes a link of the address that stands on a line of its own.
fn linked(text: &str) -> String {
    text.lines()
        .map(|line| match line.trim() {
            url if url.starts_with("http://") => format!("    <a href=\"{url}\">{url}</a>\n"),
            _ => format!("{line}\n"),
        })
        .collect()
}
