//! Organizations, their members, and how these sign in.

use serde_json::{Value, json};
use stytch::b2b::{
    discovery_intermediate_sessions as exchange, organizations as orgs,
    organizations::{Member, Organization},
    organizations_members as members, otp_email, otp_email_discovery, otp_sms, passwords, passwords_email,
    sessions, totps,
};
use totp_rs::{Builder, Secret};

use super::{TestClock, World, is_session, is_waiting};

pub(crate) const PASSWORD: &str = "correct staple, horse of 1984";

pub(crate) fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Lengths in minutes and claims that no session may be asked to have, and what that is called.
pub(crate) fn impossible_terms() -> Vec<(Option<i32>, Option<Value>, &'static str)> {
    vec![
        (Some(4), None, "invalid_session_duration_minutes"),
        (Some(527_041), None, "invalid_session_duration_minutes"),
        (Some(527_040), None, "invalid_session_duration"),
        (None, Some(json!({"sub": "x"})), "reserved_claims_in_custom_claims"),
        (None, Some(json!({"https://stytch.com/session": {}})), "stytch_claims_in_custom_claims"),
        (None, Some(json!({"whole": "x".repeat(5000)})), "custom_claims_too_large"),
        (None, Some(json!("text")), "bad_request"),
    ]
}

impl World {
    /// An organization that asks for nothing more than a first factor.
    pub(crate) async fn organization(&self, slug: &str) -> Organization {
        self.organization_with(slug, orgs::CreateRequest::default()).await
    }

    pub(crate) async fn organization_with(&self, slug: &str, settings: orgs::CreateRequest) -> Organization {
        let name = format!("The {slug}s");
        let request =
            orgs::CreateRequest { organization_name: name, organization_slug: some(slug), ..settings };
        self.stytch.organizations.create(request).await.unwrap().organization
    }

    /// One that asks everybody for a second factor.
    pub(crate) async fn mfa_organization(&self, slug: &str) -> Organization {
        let settings = orgs::CreateRequest { mfa_policy: some("REQUIRED_FOR_ALL"), ..Default::default() };
        self.organization_with(slug, settings).await
    }

    /// One that takes these first factors alone.
    pub(crate) async fn organization_for(&self, slug: &str, methods: &[&str]) -> Organization {
        let settings = orgs::CreateRequest {
            auth_methods: some("RESTRICTED"),
            allowed_auth_methods: Some(methods.iter().map(|method| (*method).to_owned()).collect()),
            ..Default::default()
        };
        self.organization_with(slug, settings).await
    }

    /// One that whoever has an address of the domain may join.
    pub(crate) async fn organization_of_domain(&self, slug: &str, domain: &str) -> Organization {
        let settings = orgs::CreateRequest {
            email_jit_provisioning: some("RESTRICTED"),
            email_invites: some("ALL_ALLOWED"),
            email_allowed_domains: Some(vec![domain.to_owned()]),
            ..Default::default()
        };
        self.organization_with(slug, settings).await
    }

    /// One whose alone a domain is.
    pub(crate) async fn organization_that_claims(&self, slug: &str, domain: &str) -> Organization {
        let settings = orgs::CreateRequest {
            claimed_email_domains: Some(vec![domain.to_owned()]),
            ..Default::default()
        };
        self.organization_with(slug, settings).await
    }

    /// How many members an organization has who are not deleted.
    pub(crate) async fn member_count(&self, organization: &Organization) -> u32 {
        let request = orgs::MetricsRequest { organization_id: organization.organization_id.clone() };
        self.stytch.organizations.metrics(request).await.unwrap().member_count
    }

    pub(crate) async fn update(
        &self,
        organization: &Organization,
        change: orgs::UpdateRequest,
    ) -> Organization {
        let request = orgs::UpdateRequest { organization_id: organization.organization_id.clone(), ..change };
        self.stytch.organizations.update(request).await.unwrap().organization
    }

    /// An active member.
    pub(crate) async fn member(&self, organization: &Organization, address: &str) -> Member {
        self.member_with(organization, address, members::CreateRequest::default()).await
    }

    pub(crate) async fn member_with(
        &self,
        organization: &Organization,
        address: &str,
        settings: members::CreateRequest,
    ) -> Member {
        let request = members::CreateRequest {
            organization_id: organization.organization_id.clone(),
            email_address: address.to_owned(),
            ..settings
        };
        self.stytch.organizations.members.create(request).await.unwrap().member
    }

    pub(crate) async fn pending(&self, organization: &Organization, address: &str) -> Member {
        let settings = members::CreateRequest { create_member_as_pending: Some(true), ..Default::default() };
        self.member_with(organization, address, settings).await
    }

    pub(crate) async fn delete(&self, member: &Member) {
        let request = members::DeleteRequest {
            organization_id: member.organization_id.clone(),
            member_id: member.member_id.clone(),
        };
        let deleted = self.stytch.organizations.members.delete(request).await.unwrap();
        assert_eq!(deleted.member_id, member.member_id);
    }

    pub(crate) async fn admin(&self, organization: &Organization, address: &str) -> Member {
        let settings =
            members::CreateRequest { roles: Some(vec!["stytch_admin".to_owned()]), ..Default::default() };
        self.member_with(organization, address, settings).await
    }

    /// The member as they are now.
    pub(crate) async fn current(&self, member: &Member) -> Member {
        let request = members::GetRequest {
            organization_id: member.organization_id.clone(),
            member_id: Some(member.member_id.clone()),
            ..Default::default()
        };
        self.stytch.organizations.members.get(request).await.unwrap().member
    }

    /// Signs in by a code that is sent to the member's address, whatever comes of it.
    pub(crate) async fn enter(&self, member: &Member) -> otp_email::AuthenticateResponse {
        self.enter_with(member, otp_email::AuthenticateRequest::default()).await
    }

    pub(crate) async fn enter_with(
        &self,
        member: &Member,
        with: otp_email::AuthenticateRequest,
    ) -> otp_email::AuthenticateResponse {
        let code = self.email_code(member).await;
        let request = otp_email::AuthenticateRequest {
            organization_id: member.organization_id.clone(),
            email_address: member.email_address.clone(),
            code,
            ..with
        };
        self.stytch.otps.email.authenticate(request).await.unwrap()
    }

    /// A code that was sent to the member's address.
    pub(crate) async fn email_code(&self, member: &Member) -> String {
        let before = self.last_message();
        let request = otp_email::LoginOrSignupRequest {
            organization_id: member.organization_id.clone(),
            email_address: member.email_address.clone(),
            ..Default::default()
        };
        self.stytch.otps.email.login_or_signup(request).await.unwrap();
        self.code_for(&member.email_address, before).await
    }

    /// Signs in where a first factor is enough.
    pub(crate) async fn session(&self, member: &Member) -> otp_email::AuthenticateResponse {
        let answer = self.enter(member).await;
        is_session(&answer);
        answer
    }

    /// An intermediate session of discovery, by a code that is sent to the address.
    pub(crate) async fn discover(&self, address: &str) -> otp_email_discovery::AuthenticateResponse {
        let before = self.last_message();
        let email = &self.stytch.otps.email.discovery;
        let to = || address.to_owned();
        let request = otp_email_discovery::SendRequest { email_address: to(), ..Default::default() };
        email.send(request).await.unwrap();
        let code = self.code_for(address, before).await;
        email
            .authenticate(otp_email_discovery::AuthenticateRequest { email_address: to(), code })
            .await
            .unwrap()
    }

    pub(crate) async fn exchange(
        &self,
        token: &str,
        organization: &Organization,
    ) -> stytch::Result<exchange::ExchangeResponse> {
        let request = exchange::ExchangeRequest {
            intermediate_session_token: token.to_owned(),
            organization_id: organization.organization_id.clone(),
            ..Default::default()
        };
        self.stytch.discovery.intermediate_sessions.exchange(request).await
    }

    /// A member who owes a password before a second factor, and the sign-in that waits for both.
    pub(crate) async fn owing_both(&self) -> (Member, String) {
        let acme = self.organization_for("acme", &["password"]).await;
        let raise = orgs::UpdateRequest { mfa_policy: some("REQUIRED_FOR_ALL"), ..Default::default() };
        self.update(&acme, raise).await;
        let ada = self.member(&acme, "ada@acme.example").await;
        let token = self.discover("ada@acme.example").await.intermediate_session_token;
        let answer = self.exchange(&token, &acme).await.unwrap();
        assert_eq!(is_waiting(&answer), token);
        assert_eq!(answer.primary_required.unwrap().allowed_auth_methods, ["password"]);
        assert!(answer.mfa_required.is_some());
        (ada, token)
    }

    pub(crate) async fn authenticate(&self, token: &str) -> stytch::Result<sessions::AuthenticateResponse> {
        let request = sessions::AuthenticateRequest { session_token: some(token), ..Default::default() };
        self.stytch.sessions.authenticate(request).await
    }

    pub(crate) async fn authenticate_jwt(&self, jwt: &str) -> stytch::Result<sessions::AuthenticateResponse> {
        let request = sessions::AuthenticateRequest { session_jwt: some(jwt), ..Default::default() };
        self.stytch.sessions.authenticate(request).await
    }

    /// Gives a member [`PASSWORD`], by a link that is sent to them.
    pub(crate) async fn set_password(&self, member: &Member) -> passwords_email::ResetResponse {
        let token = self.reset_token(member).await;
        let request = passwords_email::ResetRequest {
            password_reset_token: token,
            password: PASSWORD.to_owned(),
            ..Default::default()
        };
        self.stytch.passwords.email.reset(request).await.unwrap()
    }

    /// The token of a link to set a password.
    pub(crate) async fn reset_token(&self, member: &Member) -> String {
        let before = self.last_message();
        let request = passwords_email::ResetStartRequest {
            organization_id: member.organization_id.clone(),
            email_address: member.email_address.clone(),
            ..Default::default()
        };
        self.stytch.passwords.email.reset_start(request).await.unwrap();
        self.link_for(&member.email_address, before).await.token()
    }

    pub(crate) async fn by_password(
        &self,
        member: &Member,
        password: &str,
    ) -> stytch::Result<passwords::AuthenticateResponse> {
        let request = passwords::AuthenticateRequest {
            organization_id: member.organization_id.clone(),
            email_address: member.email_address.clone(),
            password: password.to_owned(),
            ..Default::default()
        };
        self.stytch.passwords.authenticate(request).await
    }

    /// Sends a code to a phone, which the member may have or not.
    pub(crate) async fn sms_code(&self, member: &Member, phone: &str, with: otp_sms::SendRequest) -> String {
        let before = self.last_message();
        let request = otp_sms::SendRequest {
            organization_id: member.organization_id.clone(),
            member_id: member.member_id.clone(),
            ..with
        };
        self.stytch.otps.sms.send(request).await.unwrap();
        self.code_for(phone, before).await
    }

    /// Sets up a phone in a sign-in that waits for it.
    pub(crate) async fn enrol_phone(
        &self,
        member: &Member,
        phone: &str,
        intermediate: &str,
    ) -> otp_sms::AuthenticateResponse {
        let with = otp_sms::SendRequest {
            mfa_phone_number: some(phone),
            intermediate_session_token: some(intermediate),
            ..Default::default()
        };
        let code = self.sms_code(member, phone, with).await;
        let with = otp_sms::AuthenticateRequest {
            intermediate_session_token: some(intermediate),
            ..Default::default()
        };
        self.by_sms(member, &code, with).await.unwrap()
    }

    pub(crate) async fn by_sms(
        &self,
        member: &Member,
        code: &str,
        with: otp_sms::AuthenticateRequest,
    ) -> stytch::Result<otp_sms::AuthenticateResponse> {
        let request = otp_sms::AuthenticateRequest {
            organization_id: member.organization_id.clone(),
            member_id: member.member_id.clone(),
            code: code.to_owned(),
            ..with
        };
        self.stytch.otps.sms.authenticate(request).await
    }

    /// Begins to set up an authenticator app.
    pub(crate) async fn new_app(&self, member: &Member, with: totps::CreateRequest) -> App {
        let request = totps::CreateRequest {
            organization_id: member.organization_id.clone(),
            member_id: member.member_id.clone(),
            ..with
        };
        let created = self.stytch.totps.create(request).await.unwrap();
        App {
            id: created.totp_registration_id,
            secret: created.secret,
            recovery_codes: created.recovery_codes,
            clock: self.clock.clone(),
        }
    }

    /// Sets up an authenticator app in a sign-in that waits for it.
    pub(crate) async fn enrol_app(
        &self,
        member: &Member,
        intermediate: &str,
    ) -> (App, totps::AuthenticateResponse) {
        let with =
            totps::CreateRequest { intermediate_session_token: some(intermediate), ..Default::default() };
        let app = self.new_app(member, with).await;
        let with = totps::AuthenticateRequest {
            intermediate_session_token: some(intermediate),
            ..Default::default()
        };
        let answer = self.by_app(member, &app.code(), with).await.unwrap();
        (app, answer)
    }

    /// A member whose app is set up, in the session in which that was done.
    pub(crate) async fn with_app(&self, member: &Member) -> (App, totps::AuthenticateResponse) {
        let session = self.session(member).await;
        let with = totps::CreateRequest { session_token: some(&session.session_token), ..Default::default() };
        let app = self.new_app(member, with).await;
        let with =
            totps::AuthenticateRequest { session_token: some(&session.session_token), ..Default::default() };
        let answer = self.by_app(member, &app.code(), with).await.unwrap();
        (app, answer)
    }

    pub(crate) async fn by_app(
        &self,
        member: &Member,
        code: &str,
        with: totps::AuthenticateRequest,
    ) -> stytch::Result<totps::AuthenticateResponse> {
        let request = totps::AuthenticateRequest {
            organization_id: member.organization_id.clone(),
            member_id: member.member_id.clone(),
            code: code.to_owned(),
            ..with
        };
        self.stytch.totps.authenticate(request).await
    }
}

/// An authenticator app, as a member has it on a phone.
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) recovery_codes: Vec<String>,
    pub(crate) clock: TestClock,
}

impl App {
    /// The code that it shows now.
    pub(crate) fn code(&self) -> String {
        self.code_at(self.clock.seconds())
    }

    fn code_at(&self, seconds: u64) -> String {
        let secret = Secret::try_from_base32(&self.secret).unwrap();
        Builder::new().with_secret(secret).build().unwrap().generate(seconds).to_string()
    }

    /// Waits for the next time step and answers its code, which was not used yet.
    pub(crate) fn next_code(&self) -> String {
        self.clock.advance(30);
        self.code()
    }

    /// Six digits that are no code around now.
    pub(crate) fn wrong_code(&self) -> String {
        let now = self.clock.seconds();
        let near: Vec<String> = (0..5).map(|step| self.code_at(now - 60 + step * 30)).collect();
        (0..).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).unwrap()
    }
}
