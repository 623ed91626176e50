use std::fmt;

use bytes::Bytes;
use http::{
    Method, Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, COOKIE},
    request::Builder,
};
use http_body_util::Full;
use serde_json::Value;

use super::{
    Authenticator, Kit, KitError, TestMember,
    client::{Client, refused},
};
use crate::{
    domain::{FactorDemand, Secret},
    judge::MemberSession,
};

/// A member who is signed in, and builds the requests of their browser or program.
#[derive(Clone)]
pub struct SignedIn {
    member: TestMember,
    session_token: Secret,
    shown: Shown,
    browser: bool,
}

/// What requests show.
#[derive(Clone)]
enum Shown {
    Cookie,
    Bearer,
    Jwt(Secret),
}

impl SignedIn {
    pub(super) fn of(member: TestMember, client: &Client) -> Result<Self, KitError> {
        let token = client.session().ok_or_else(|| KitError::NoFactor("nobody was signed in".to_owned()))?;
        let shown = if member.kit().tokens_in_body() { Shown::Bearer } else { Shown::Cookie };
        Ok(Self { session_token: Secret::new(token), member, shown, browser: false })
    }

    /// Who it is.
    #[must_use]
    pub fn member(&self) -> &TestMember {
        &self.member
    }

    /// The opaque session token.
    #[must_use]
    pub fn session_token(&self) -> &str {
        self.session_token.expose()
    }

    /// A fresh session JWT, good for five minutes.
    ///
    /// # Errors
    /// [`KitError::Flow`], as when the session has ended.
    pub async fn session_jwt(&self) -> Result<Secret, KitError> {
        Ok(self.kit().vestibule().session_jwt(&self.session().await?).await?)
    }

    /// The session, as handlers get it.
    ///
    /// # Errors
    /// [`KitError::Flow`], as when it has ended.
    pub async fn session(&self) -> Result<MemberSession, KitError> {
        Ok(self.kit().vestibule().current_session(self.session_token()).await?)
    }

    /// The same session, whose requests show its token in `Authorization: Bearer`.
    #[must_use]
    pub fn by_bearer(&self) -> Self {
        Self { shown: Shown::Bearer, ..self.clone() }
    }

    /// The same session, whose requests show a JWT in `Authorization: Bearer`: the one that is made now.
    ///
    /// # Errors
    /// [`KitError::Flow`], as when the session has ended.
    pub async fn by_jwt(&self) -> Result<Self, KitError> {
        Ok(Self { shown: Shown::Jwt(self.session_jwt().await?), ..self.clone() })
    }

    /// The same session, whose requests are those of a browser that navigates.
    #[must_use]
    pub fn browsing(&self) -> Self {
        Self { browser: true, ..self.clone() }
    }

    /// A request of theirs; headers of its own and the body are added to it.
    pub fn request(&self, method: Method, uri: &str) -> Builder {
        let builder = Request::builder().method(method).uri(uri);
        let builder = match &self.shown {
            Shown::Cookie => {
                builder.header(COOKIE, format!("{}={}", self.kit().cookies().session, self.session_token()))
            }
            Shown::Bearer => builder.header(AUTHORIZATION, format!("Bearer {}", self.session_token())),
            Shown::Jwt(jwt) => builder.header(AUTHORIZATION, format!("Bearer {}", jwt.expose())),
        };
        if self.browser {
            return builder.header("sec-fetch-mode", "navigate").header(ACCEPT, "text/html");
        }
        builder
    }

    /// A GET of theirs.
    pub fn get(&self, uri: &str) -> Builder {
        self.request(Method::GET, uri)
    }

    /// A POST of theirs.
    pub fn post(&self, uri: &str) -> Builder {
        self.request(Method::POST, uri)
    }

    /// Proves what a route demands, as somebody does who is challenged there: by the app, the phone, the password or
    /// a code by email. The session that comes of it has a new token; the old one is dead. Where the session meets
    /// the demand already, it is answered as it is.
    ///
    /// # Errors
    /// [`KitError::Refused`], as when the session has ended; [`KitError::NoFactor`] where the member has nothing
    /// that would do.
    pub async fn step_up(&self, demand: &FactorDemand) -> Result<Self, KitError> {
        let Some(challenge) = self.challenge(demand).await? else { return Ok(self.clone()) };
        let mut client = self.client();
        let token = ("challenge_token", challenge.as_str());
        let told = client.step("step-up", &[token]).await?;
        let answers =
            |way: &str| told["answer_with"].as_array().is_some_and(|ways| ways.contains(&Value::from(way)));
        if let Some(app) = self.member.authenticator().filter(|_| answers("totp")) {
            client.step("step-up/totp", &[token, ("code", &app.next_code())]).await?;
        } else if let Some(phone) = self.member.phone().filter(|_| answers("sms")) {
            client.send_sms("step-up/sms/send", &[token]).await?;
            let code = self.kit().code_for(phone.as_str()).await?;
            client.step("step-up/sms", &[token, ("code", &code)]).await?;
        } else if let Some(password) = self.member.password().filter(|_| answers("password")) {
            client.step("step-up/password", &[token, ("password", password.expose())]).await?;
        } else if answers("email") {
            client.step("step-up/email/send", &[token]).await?;
            let code = self.kit().code_for(self.member.member().email_address.as_str()).await?;
            client.step("step-up/email", &[token, ("code", &code)]).await?;
        } else {
            return Err(KitError::NoFactor(format!(
                "this member can't answer a demand for {}",
                demand.name()
            )));
        }
        self.renewed(&client).await
    }

    /// Ends the session, as its member does.
    ///
    /// # Errors
    /// [`KitError::Refused`].
    pub async fn sign_out(&self) -> Result<(), KitError> {
        self.client().step("sign-out", &[]).await.map(|_| ())
    }

    /// The token of the challenge that a route with this demand answers; none where the session meets it.
    pub(super) async fn challenge(&self, demand: &FactorDemand) -> Result<Option<String>, KitError> {
        let program = Self { browser: false, ..self.by_bearer() };
        let request = program.get("/").body(Full::<Bytes>::default());
        let request = request.map_err(|error| KitError::Service(error.to_string()))?;
        let answer = self.kit().demanding(demand)(request).await?;
        if answer.status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        match answer.json()["challenge"]["challenge_token"].as_str() {
            Some(token) => Ok(Some(token.to_owned())),
            None => Err(refused("step-up", &answer)),
        }
    }

    /// Turns to another organization, of which the same person is a member.
    pub(super) async fn switch_to(&self, member: &TestMember) -> Result<Self, KitError> {
        let mut client = self.client();
        let organization_id = member.organization().organization_id.as_str();
        client.step("switch", &[("organization_id", organization_id)]).await?;
        Self::of(member.clone(), &client)
    }

    /// Sets an authenticator app up in this session, which gets a new token.
    pub(super) async fn enrol_totp(&self) -> Result<(Authenticator, Self), KitError> {
        let mut client = self.client();
        let (authenticator, _) = client.enrol_totp().await?;
        Ok((authenticator, self.renewed(&client).await?))
    }

    /// The session with the token that a client holds now, shown as before.
    async fn renewed(&self, client: &Client) -> Result<Self, KitError> {
        let renewed = Self { browser: self.browser, ..Self::of(self.member.clone(), client)? };
        match self.shown {
            Shown::Cookie => Ok(renewed),
            Shown::Bearer => Ok(renewed.by_bearer()),
            Shown::Jwt(_) => renewed.by_jwt().await,
        }
    }

    /// A program at the sign-in with this session.
    pub(super) fn client(&self) -> Client {
        let mut client = Client::new(self.kit());
        client.keep(self.kit().cookies().session, self.session_token());
        client
    }

    fn kit(&self) -> &Kit {
        self.member.kit()
    }
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("member", &self.member).finish_non_exhaustive()
    }
}
