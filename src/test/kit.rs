use std::{
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    Authenticator, KitError, NewMember, NewOrganization, TestClock,
    door::{Door, door},
    outage::{Switch, Switched},
};
use crate::{
    deliver::{Mailbox, Received},
    domain::{EmailAddress, FactorDemand, Organization, PhoneNumber, Timestamp},
    http::CookieNames,
    judge::Requirement,
    token::JwtAlgorithm,
    vestibule::{Background, Builder, Vestibule},
};

/// How long the kit waits for messages to be delivered.
const PATIENCE: Duration = Duration::from_secs(30);

/// A [`Vestibule`] to test an application with: its clock stands still until the test moves it, its messages end
/// in a mailbox that the test reads, and its members are made and signed in with one line each. Clones are the
/// same kit.
///
/// The kit signs people in as they do it themselves, through the routes below the prefix, and can't do more than
/// they can. The application is built over [`vestibule`](Self::vestibule) as it is in production.
///
/// # Examples
/// ```
/// use vestibule::test::Kit;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let kit = Kit::new().await?;
/// let acme = kit.organization("acme").requires_mfa().await?;
/// let ada = kit.member(&acme, "ada@acme.example").role("editor").totp().await?.sign_in().await?;
/// assert!(ada.session().await?.has_role("editor"));
///
/// kit.clock().advance(std::time::Duration::from_secs(3600));
/// assert!(ada.session().await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Kit(Arc<Parts>);

struct Parts {
    vestibule: Vestibule,
    clock: TestClock,
    mailbox: Mailbox,
    door: Door,
    sessions: Switch,
    directory: Switch,
    _background: Background,
}

impl Kit {
    /// A kit over [`Vestibule::development`]: in memory, with signing keys that are quick to make (EdDSA). Within
    /// a tokio runtime.
    ///
    /// # Errors
    /// [`KitError::Build`].
    pub async fn new() -> Result<Self, KitError> {
        Self::over(Vestibule::development().jwt_algorithm(JwtAlgorithm::EdDsa)).await
    }

    /// A kit over what a builder says, such as that of the application with its roles and policy. Its clock and
    /// its senders are replaced.
    ///
    /// # Errors
    /// [`KitError::Build`].
    pub async fn over(builder: Builder) -> Result<Self, KitError> {
        let (clock, mailbox) = (TestClock::new(), Mailbox::new());
        let (sessions, directory) = (Switch::default(), Switch::default());
        let (of_sessions, of_directory) = (sessions.clone(), directory.clone());
        let builder = builder
            .sessions_through(|inner| Arc::new(Switched::new(inner, of_sessions)))
            .directory_through(|inner| Arc::new(Switched::new(inner, of_directory)));
        let vestibule = builder.clock(clock.clone()).mailbox(mailbox.clone()).build().await?;
        let door = door(vestibule.auth_layer().layer(Empty(StatusCode::NOT_FOUND)));
        let background = vestibule.start();
        let parts = Parts { vestibule, clock, mailbox, door, sessions, directory, _background: background };
        Ok(Self(Arc::new(parts)))
    }

    /// What the application under test is built over. It is started already.
    #[must_use]
    pub fn vestibule(&self) -> &Vestibule {
        &self.0.vestibule
    }

    /// The clock that the test moves.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.0.clock
    }

    /// The time that the clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.vestibule.now()
    }

    /// Where emails and text messages end. To read what was sent to somebody, see [`code_for`](Self::code_for).
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox {
        &self.0.mailbox
    }

    /// The newest code that was sent to an address or number, once everything is delivered that was sent.
    ///
    /// # Errors
    /// [`KitError::NoMessage`]; [`KitError::Address`].
    pub async fn code_for(&self, to: &str) -> Result<String, KitError> {
        let is_code = |word: &str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        self.word_for(to, |word| is_code(word).then(|| word.to_owned())).await
    }

    /// The newest link to sign in with that was sent to an address, once everything is delivered that was sent.
    ///
    /// # Errors
    /// [`KitError::NoMessage`]; [`KitError::Address`].
    pub async fn link_for(&self, to: &str) -> Result<String, KitError> {
        let is_link = |word: &str| word.starts_with("http") && word.contains("/link?token=");
        self.word_for(to, |word| is_link(word).then(|| word.to_owned())).await
    }

    async fn word_for(&self, to: &str, find: impl Fn(&str) -> Option<String>) -> Result<String, KitError> {
        let canonical = match to.contains('@') {
            true => EmailAddress::parse(to)?.to_string(),
            false => PhoneNumber::parse(to)?.to_string(),
        };
        self.delivered(&canonical).await?;
        let messages = self.mailbox().messages();
        let texts = messages.iter().filter(|Received { to, .. }| *to == canonical);
        let mut found = texts.filter_map(|message| message.text.split_whitespace().find_map(&find));
        found.next().ok_or(KitError::NoMessage(canonical))
    }

    async fn delivered(&self, to: &str) -> Result<(), KitError> {
        let outbox = &self.vestibule().engine().outbox;
        let waiting = async {
            while outbox.waiting() != (0, 0) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| KitError::NoMessage(to.to_owned()))
    }

    /// Begins an organization by its slug; `await` makes it.
    pub fn organization(&self, slug: &str) -> NewOrganization {
        NewOrganization::new(self.clone(), slug)
    }

    /// Begins an active member of an organization; `await` makes them.
    pub fn member(&self, organization: &Organization, address: &str) -> NewMember {
        NewMember::new(self.clone(), organization.clone(), address)
    }

    /// An authenticator app with a secret (in base32) that the test itself was shown while setting one up.
    ///
    /// # Errors
    /// [`KitError::NoFactor`] where it is no such secret.
    pub fn authenticator(&self, secret: &str) -> Result<Authenticator, KitError> {
        Authenticator::new(secret, self.clock().clone())
    }

    pub(super) fn door(&self) -> &Door {
        &self.0.door
    }

    /// A route that demands this factor, for a session to be challenged at.
    pub(super) fn demanding(&self, demand: &FactorDemand) -> Door {
        let require = self.vestibule().require(Requirement::member().factor(demand.clone()));
        door(self.vestibule().session_layer().layer(require.layer(Empty(StatusCode::NO_CONTENT))))
    }

    /// What can fail when it is told to, by its name.
    pub(super) fn switches(&self) -> [(&'static str, &Switch); 2] {
        [("the store of sessions", &self.0.sessions), ("the directory", &self.0.directory)]
    }

    pub(super) fn cookies(&self) -> CookieNames {
        CookieNames::new(self.vestibule().engine().settings.development)
    }

    pub(super) fn prefix(&self) -> &str {
        &self.vestibule().engine().settings.prefix
    }

    pub(super) fn tokens_in_body(&self) -> bool {
        self.vestibule().engine().settings.tokens_in_body
    }
}

impl fmt::Debug for Kit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { clock, mailbox, .. } = &*self.0;
        f.debug_struct("Kit").field("clock", clock).field("mailbox", mailbox).finish_non_exhaustive()
    }
}

/// Answers a status and nothing else.
#[derive(Clone)]
struct Empty(StatusCode);

impl Service<Request<Full<Bytes>>> for Empty {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        let mut response = Response::new(Full::default());
        *response.status_mut() = self.0;
        ready(Ok(response))
    }
}
