//! A person's browser: it navigates, keeps cookies, follows redirects, and sends the forms that are in the
//! pages it was shown.

use hyper::{Method, StatusCode};

use crate::{
    client::{Answer, Client, SESSION},
    html::{self, Form},
    process::Demo,
};

/// A browser. A clone has the same cookies: another tab, until either gets a new one.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) client: Client,
    name: &'static str,
}

/// A page that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Where it lies, with its query.
    pub(crate) path: String,
    pub(crate) answer: Answer,
}

impl Browser {
    pub(crate) fn of(demo: &Demo) -> Self {
        Self::named(demo, "A browser")
    }

    /// One that says its name in `User-Agent`.
    pub(crate) fn named(demo: &Demo, name: &'static str) -> Self {
        Self { client: Client::of(demo), name }
    }

    /// Opens an address that was typed.
    pub(crate) async fn open(&mut self, path: &str) -> Page {
        self.navigate(path, "none").await
    }

    /// Opens an address that stands on a page of somebody else's, such as a mail's.
    pub(crate) async fn open_from_elsewhere(&mut self, path: &str) -> Page {
        self.navigate(path, "cross-site").await
    }

    async fn navigate(&mut self, path: &str, site: &str) -> Page {
        let answer = self.send(Method::GET, path, site, String::new()).await;
        self.follow(path, answer).await
    }

    /// Sends a form as it is.
    pub(crate) async fn submit(&mut self, form: Form) -> Page {
        let answer = self.send_form(&form).await;
        self.follow(&form.action, answer).await
    }

    /// Sends a form, and goes nowhere after it.
    pub(crate) async fn send_form(&mut self, form: &Form) -> Answer {
        let body = serde_html_form::to_string(&form.fields).unwrap();
        self.send(Method::POST, &form.action, "same-origin", body).await
    }

    /// Sends what no form of the page before has asked for.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = serde_html_form::to_string(fields).unwrap();
        let answer = self.send(Method::POST, path, "same-origin", body).await;
        self.follow(path, answer).await
    }

    /// Sends a form that another site has made.
    pub(crate) async fn post_from_elsewhere(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_html_form::to_string(fields).unwrap();
        self.send(Method::POST, path, "cross-site", body).await
    }

    async fn send(&mut self, method: Method, path: &str, site: &str, body: String) -> Answer {
        let mut headers = vec![
            ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", site),
            ("user-agent", self.name),
        ];
        let own = self.client.origin().to_owned();
        if method == Method::POST {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
            headers.push(("origin", if site == "cross-site" { "https://evil.example" } else { &own }));
        }
        self.client.send(method, path, &headers, body).await
    }

    async fn follow(&mut self, path: &str, mut answer: Answer) -> Page {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let Some(to) = answer.location() else { return Page { path, answer } };
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            let leaves = !to.starts_with('/') || to.starts_with("//") || to.starts_with("/\\");
            assert!(!leaves, "{path} leads away, to {to}");
            to.clone_into(&mut path);
            answer = self.send(Method::GET, &path, "same-origin", String::new()).await;
        }
        panic!("{path} leads in circles");
    }

    /// Whether the application takes the browser for a signed-in one.
    pub(crate) async fn is_signed_in(&mut self) -> bool {
        self.open("/").await.text().contains("Signed in as")
    }

    /// The cookie of the session.
    pub(crate) fn session_cookie(&self) -> Option<&str> {
        self.client.cookies.get(SESSION).map(String::as_str)
    }

    /// Another browser, into which a session's cookie was copied.
    pub(crate) fn with_session_cookie(demo: &Demo, value: &str) -> Self {
        let mut browser = Self::of(demo);
        browser.client.cookies.insert(SESSION.to_owned(), value.to_owned());
        browser
    }
}

impl Page {
    pub(crate) fn status(&self) -> u16 {
        self.answer.status.as_u16()
    }

    /// What a person reads.
    pub(crate) fn text(&self) -> String {
        html::text(&self.answer.body)
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    pub(crate) fn heading(&self) -> String {
        html::elements(&self.answer.body, "h1").concat()
    }

    /// What was wrong with the form that was sent.
    pub(crate) fn error(&self) -> String {
        html::by_id(&self.answer.body, "error").unwrap_or_default()
    }

    /// A value that the application shows of the session, such as `roles`.
    pub(crate) fn value(&self, id: &str) -> String {
        html::by_id(&self.answer.body, id).unwrap_or_else(|| panic!("no {id} at {}", self.path))
    }

    pub(crate) fn forms(&self) -> Vec<Form> {
        html::forms(&self.answer.body)
    }

    pub(crate) fn has_form(&self, action: &str) -> bool {
        self.forms().iter().any(|form| form.action == action)
    }

    /// The form that is sent to this path.
    pub(crate) fn form(&self, action: &str) -> Form {
        self.form_about(action, "")
    }

    /// The one of several such forms in which this text stands.
    pub(crate) fn form_about(&self, action: &str, text: &str) -> Form {
        let mut forms =
            self.forms().into_iter().filter(|form| form.action == action && form.text.contains(text));
        let Some(form) = forms.next() else {
            panic!("no form {action} {text} at {} ({}): {}", self.path, self.status(), self.text())
        };
        assert!(forms.next().is_none(), "several forms {action} {text} at {}", self.path);
        form
    }

    /// Whether no organization is offered.
    pub(crate) fn has_no_choice(&self) -> bool {
        !self.has_form("/auth/organizations")
    }

    /// Where the link with this label leads.
    pub(crate) fn link(&self, label: &str) -> String {
        let mut links = self.answer.body.split("<a ").skip(1);
        let found = links.find(|rest| html::text(&format!("<a {rest}")).starts_with(label));
        let found = found.unwrap_or_else(|| panic!("no link {label} at {}: {}", self.path, self.text()));
        html::attributes(found).remove("href").unwrap()
    }
}
