//! What many tests begin with.

use crate::{
    authenticator::Authenticator,
    browser::{Browser, Page},
    html,
    mailbox::Mailbox,
};

impl Browser {
    /// Asks for a code at the sign-in that is shown.
    pub(crate) async fn ask_for_code(&mut self, sign_in: &Page, address: &str) -> Page {
        let form = sign_in.form("/auth/sign-in").with("email_address", address);
        self.submit(form.with("method", "email_otp")).await
    }

    /// Types a code at the page that asks for the one sent by email.
    pub(crate) async fn type_code(&mut self, page: &Page, code: &str) -> Page {
        self.submit(page.form("/auth/code").with("code", code)).await
    }

    /// Proves an address by a code, and is shown the organizations.
    pub(crate) async fn prove_address(&mut self, mail: &mut Mailbox, address: &str) -> Page {
        let sign_in = self.open("/auth/sign-in").await;
        let page = self.ask_for_code(&sign_in, address).await;
        let page = self.type_code(&page, &mail.code(address).await).await;
        assert_eq!(page.path, "/auth/organizations", "{}", page.text());
        page
    }

    /// Chooses an organization.
    pub(crate) async fn choose(&mut self, organizations: &Page, name: &str) -> Page {
        self.submit(organizations.form_about("/auth/organizations", name)).await
    }

    /// Signs in by a code, as far as that leads.
    pub(crate) async fn sign_in(&mut self, mail: &mut Mailbox, address: &str, organization: &str) -> Page {
        let organizations = self.prove_address(mail, address).await;
        self.choose(&organizations, organization).await
    }

    /// Makes an organization as its first member.
    pub(crate) async fn found(&mut self, mail: &mut Mailbox, address: &str, organization: &str) -> Page {
        let organizations = self.prove_address(mail, address).await;
        let form = organizations.form("/auth/organizations/create");
        self.submit(form.with("organization_name", organization)).await
    }

    /// Sets up an authenticator app; ends at the page with the recovery codes.
    pub(crate) async fn set_up_app(&mut self, enrol: &Page) -> (Authenticator, Page) {
        let page = self.submit(enrol.form("/auth/enrol/totp")).await;
        let mut app = Authenticator::of(&page.secret());
        let code = app.code().await;
        let page = self.submit(page.form("/auth/enrol/totp/confirm").with("code", &code)).await;
        assert_eq!(page.heading(), "Save your recovery codes", "{}", page.text());
        (app, page)
    }

    /// Sets up a phone; ends where that leads.
    pub(crate) async fn set_up_phone(&mut self, mail: &mut Mailbox, enrol: &Page, number: &str) -> Page {
        let page = self.submit(enrol.form("/auth/enrol/sms").with("phone_number", number)).await;
        let code = mail.sms_code(number).await;
        self.submit(page.form("/auth/enrol/sms/confirm").with("code", &code)).await
    }

    /// The page of the current session, as the application shows it.
    pub(crate) async fn member_page(&mut self) -> Page {
        let page = self.open("/member").await;
        assert_eq!((page.path.as_str(), page.status()), ("/member", 200), "{}", page.text());
        page
    }
}

impl Page {
    /// The secret of a new authenticator app.
    pub(crate) fn secret(&self) -> String {
        html::elements(&self.answer.body, "code").concat()
    }

    /// The recovery codes that are shown.
    pub(crate) fn recovery_codes(&self) -> Vec<String> {
        html::elements(&self.answer.body, "li")
    }
}
