//! First factors: a code or link by email, a password. What each proves goes on to discovery or into
//! one organization.

use std::{sync::Arc, time::Duration};

use super::{
    audit::About,
    caller::Caller,
    engine::Engine,
    enter::{Entered, Source, Terms, sole_member},
    error::{Error, ErrorKind},
    intermediate::{Bag, Rotation, agree},
    letters,
};
use crate::{
    domain::{
        AuditKind, CredentialId, Credentials, Digest, EmailAddress, EmailCode, Factor, FactorKind,
        IntermediateSession, LimitKind, MagicLink, MemberId, OrganizationId, Password, ReturnTo, Scope,
        Secret, Slug, Subject,
    },
    factor::{Digits, EMAIL_TRIES, hash_anew, password_factor, verify_nothing, verify_password},
    judge::membership,
    store::{CodeKey, CounterKey, FindOrganization, TakenLink, TriedCode},
    token::{OpaqueToken, Place, Purpose, TokenKind, code_digits, random},
};

/// How long a code sent by email is good.
const CODE_LIFETIME: Duration = Duration::from_secs(600);

/// How long a link sent by email is good.
const LINK_LIFETIME: Duration = Duration::from_secs(3600);

/// How long a destination is remembered.
const DESTINATION_LIFETIME: Duration = Duration::from_secs(3600);

/// What is sent by email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByEmail {
    Code,
    Link,
}

/// What a first factor came to.
#[derive(Clone, Debug)]
pub(crate) enum First {
    /// A bag of factors, to list organizations with.
    Discovery(Box<Bag>),
    /// One organization.
    Entered(Entered),
}

/// A link that somebody opens.
#[derive(Clone, Debug)]
pub(crate) enum OpenedLink {
    /// In the browser that asked for it.
    Here { address: EmailAddress },
    /// Elsewhere: whose it is, and the code to type where the sign-in began.
    Elsewhere { address: EmailAddress, code: Secret },
}

/// A first factor that was proved, and what it was proved for.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) factor: Factor,
    pub(crate) scope: Scope,
    pub(crate) return_to: Option<ReturnTo>,
}

impl Engine {
    /// The scope of a sign-in to the organization with this slug. One that does not exist is answered
    /// like one that does.
    pub(crate) async fn scope_of(&self, slug: &str) -> Result<Scope, Error> {
        let Ok(slug) = Slug::parse(slug) else { return Ok(Scope::Nowhere) };
        let organization = self.stores.directory.organization(FindOrganization::Slug(&slug)).await?;
        Ok(organization
            .map_or(Scope::Nowhere, |organization| Scope::Organization(organization.organization_id)))
    }

    /// Remembers where a browser's person wants to go, for longer than a sign-in lasts: so that one that
    /// has expired starts again with the destination kept.
    pub(crate) async fn remember_destination(
        &self,
        return_to: Option<&ReturnTo>,
        caller: &Caller,
    ) -> Result<(), Error> {
        let (Some(browser), Some(return_to)) = (caller.browser, return_to) else { return Ok(()) };
        let until = caller.now.after(DESTINATION_LIFETIME);
        Ok(self.stores.transient.put_destination(browser, return_to.clone(), until, caller.now).await?)
    }

    /// Forgets where a browser's person wanted to go, who is there now. Failing that it is forgotten after
    /// an hour.
    pub(crate) async fn forget_destination(&self, caller: &Caller) {
        let (Some(browser), Some(nowhere)) = (caller.browser, ReturnTo::parse("/")) else { return };
        let forgotten = self.stores.transient.put_destination(browser, nowhere, caller.now, caller.now).await;
        if let Err(error) = forgotten {
            tracing::debug!(%error, "a destination was not forgotten");
        }
    }

    /// Where this browser's person wanted to go.
    pub(crate) async fn destination(&self, caller: &Caller) -> Result<Option<ReturnTo>, Error> {
        match caller.browser {
            Some(browser) => Ok(self.stores.transient.destination(browser, caller.now).await?),
            None => Ok(None),
        }
    }

    /// Sends a code or a link, where the address could come in; does and answers the same where it
    /// could not.
    pub(crate) async fn send_email(
        &self,
        address: EmailAddress,
        scope: Scope,
        by: ByEmail,
        return_to: Option<ReturnTo>,
        caller: &Caller,
    ) -> Result<(), Error> {
        let now = caller.now;
        self.limit_emails(&address, caller).await?;

        let email_id = self.email_id(&address);
        let link = OpaqueToken::new(TokenKind::MagicLink)?;
        let (code, lifetime, kind) = match by {
            ByEmail::Code => (fresh_code()?, CODE_LIFETIME, FactorKind::EmailOtp),
            ByEmail::Link => (self.code_of_link(&link), LINK_LIFETIME, FactorKind::MagicLink),
        };
        if by == ByEmail::Link {
            let stored = MagicLink {
                digest: link.digest(),
                address: address.clone(),
                scope: scope.clone(),
                email_id: email_id.clone(),
                browser: caller.browser,
                return_to: return_to.clone(),
                expires_at: now.after(lifetime),
                api: None,
            };
            self.stores.links.put(&stored, now).await?;
        }
        let stored = EmailCode {
            digest: self.code_digest(&address, &code),
            address: address.clone(),
            scope: scope.clone(),
            kind,
            email_id: email_id.clone(),
            link: (by == ByEmail::Link).then(|| link.digest()),
            return_to,
            expires_at: now.after(lifetime),
            tries_left: EMAIL_TRIES,
            becomes_address_of: None,
        };
        let could_enter = self.could_enter(&scope, &address, kind, email_id.clone(), caller).await?;
        self.stores.transient.put_code(&code_key(&scope, &address, caller), stored, now).await?;
        if could_enter {
            let settings = &self.settings;
            self.post(match by {
                ByEmail::Code => letters::code_by_email(settings, address, code.expose(), lifetime),
                ByEmail::Link => {
                    let url = format!("{}{}/link?token={}", settings.origin, settings.prefix, link.expose());
                    letters::link_by_email(settings, address, &url, lifetime)
                }
            })?;
            self.tell(AuditKind::Sent { factor: kind, credential_id: email_id }, About::nobody(), caller);
        }
        Ok(())
    }

    /// Counts an email that is about to be sent.
    pub(crate) async fn limit_emails(&self, address: &EmailAddress, caller: &Caller) -> Result<(), Error> {
        let limits = &self.settings.limits;
        let limit = async |kind, subject: &str, limit| {
            self.limit(kind, subject, limit, About::nobody(), caller).await
        };
        if let Some(client) = caller.client {
            limit(LimitKind::EmailsPerClient, &client.to_string(), limits.emails_per_client).await?;
        }
        // Of a server, everybody whom it asks for would be one client.
        if !caller.server {
            let client = caller.client.map(|client| client.to_string()).unwrap_or_default();
            let pair = format!("{address}/{client}");
            limit(LimitKind::EmailsPerPair, &pair, limits.emails_per_pair).await?;
        }
        limit(LimitKind::EmailsPerAddress, address.as_str(), limits.emails_per_address).await.map(|_| ())
    }

    async fn could_enter(
        &self,
        scope: &Scope,
        address: &EmailAddress,
        kind: FactorKind,
        email_id: CredentialId,
        caller: &Caller,
    ) -> Result<bool, Error> {
        let organization_id = match scope {
            Scope::Discovery => return Ok(true),
            // Asks all the same, so that it takes as long.
            Scope::Nowhere => &OrganizationId::mint(self.settings.environment, [0; 16]),
            Scope::Organization(organization_id) => organization_id,
        };
        let proof = Factor::new(kind, Subject::Email(address.clone()), email_id, caller.now);
        let entrance = self.stores.directory.entrance(organization_id, address).await?;
        Ok(entrance.is_some_and(|entrance| membership(&[proof], &entrance).is_some()))
    }

    /// The code that waits in this browser, if one does: for the page that asks for it.
    pub(crate) async fn waiting_code(&self, caller: &Caller) -> Result<Option<EmailCode>, Error> {
        match caller.browser {
            Some(browser) => Ok(self.stores.transient.code(&CodeKey::Browser(browser), caller.now).await?),
            None => Ok(None),
        }
    }

    /// Checks a code sent by email. In a browser the code is the one that was asked for there; a
    /// program says for what and for whom it is.
    pub(crate) async fn check_email_code(
        &self,
        asked: Option<(Scope, EmailAddress)>,
        code: &str,
        caller: &Caller,
    ) -> Result<Proof, Error> {
        let digits = Digits::parse(code).ok_or(ErrorKind::MalformedCode)?;
        let spent = || Error::from(ErrorKind::SpentCode);
        let (key, address) = match (caller.browser, asked) {
            (Some(browser), _) => {
                let key = CodeKey::Browser(browser);
                let waiting = self.stores.transient.code(&key, caller.now).await?.ok_or_else(spent)?;
                (key, waiting.address)
            }
            (None, Some((scope, address))) => (CodeKey::Address(scope, address.clone()), address),
            (None, None) => return Err(spent()),
        };
        let attempt = self.begin_first(&address, caller).await?;
        let digest = self.code_digest(&address, &Secret::new(digits.as_str()));
        let refused = |error| {
            let tried = Some(self.email_id(&address));
            self.refused(FactorKind::EmailOtp, error, tried, About::nobody(), caller)
        };
        match self.stores.transient.try_code(&key, digest, caller.now).await? {
            TriedCode::Right(code) => {
                self.first_succeeded(attempt, caller).await?;
                // The link that came along proves the same, and is used up with its code: of the two sent at
                // once, the durable one decides.
                if let Some(link) = &code.link
                    && !matches!(self.stores.links.take(link, caller.now).await?, TakenLink::Fresh(_))
                {
                    return Err(refused(ErrorKind::SpentCode));
                }
                let subject = Subject::Email(code.address);
                let factor = Factor::new(code.kind, subject, code.email_id, caller.now);
                Ok(Proof { factor, scope: code.scope, return_to: code.return_to })
            }
            TriedCode::Wrong(_) => Err(refused(ErrorKind::WrongCode)),
            TriedCode::Gone => Err(refused(ErrorKind::SpentCode)),
        }
    }

    /// Looks at a link without using it: a GET changes nothing.
    pub(crate) async fn look_at_link(&self, token: &str, caller: &Caller) -> Result<OpenedLink, Error> {
        let unknown = || Error::from(ErrorKind::UnknownLink);
        let token = OpaqueToken::parse(TokenKind::MagicLink, token.as_bytes()).ok_or_else(unknown)?;
        let link = self.stores.links.peek(&token.digest(), caller.now).await?;
        // What a server asked for is used by its own call.
        let link = link.filter(|link| link.api.is_none()).ok_or_else(unknown)?;
        Ok(if link.browser == caller.browser {
            OpenedLink::Here { address: link.address }
        } else {
            OpenedLink::Elsewhere { address: link.address, code: self.code_of_link(&token) }
        })
    }

    /// Uses a link, in the browser that asked for it and nowhere else.
    pub(crate) async fn use_link(&self, token: &str, caller: &Caller) -> Result<Proof, Error> {
        let OpenedLink::Here { address } = self.look_at_link(token, caller).await? else {
            return Err(ErrorKind::UnknownLink.into());
        };
        let token =
            OpaqueToken::parse(TokenKind::MagicLink, token.as_bytes()).ok_or(ErrorKind::UnknownLink)?;
        match self.stores.links.take(&token.digest(), caller.now).await? {
            TakenLink::Fresh(link) => {
                self.stores.transient.drop_code(&code_key(&link.scope, &link.address, caller)).await?;
                let subject = Subject::Email(link.address);
                let factor = Factor::new(FactorKind::MagicLink, subject, link.email_id, caller.now);
                Ok(Proof { factor, scope: link.scope, return_to: link.return_to })
            }
            TakenLink::Spent => {
                let tried = Some(self.email_id(&address));
                let (factor, error) = (FactorKind::MagicLink, ErrorKind::SpentLink);
                Err(self.refused(factor, error, tried, About::nobody(), caller))
            }
            TakenLink::Unknown => Err(ErrorKind::UnknownLink.into()),
        }
    }

    /// Checks a member's password. Takes as long for somebody who has none.
    pub(crate) async fn check_password(
        &self,
        scope: &Scope,
        address: &EmailAddress,
        password: Secret,
        caller: &Caller,
    ) -> Result<Factor, Error> {
        let attempt = self.begin_first(address, caller).await?;
        // Nobody's organization and nobody's credentials are asked for where there are none, so that it
        // takes as long.
        let nowhere = OrganizationId::mint(self.settings.environment, [0; 16]);
        let organization_id = match scope {
            Scope::Organization(organization_id) => organization_id,
            Scope::Discovery | Scope::Nowhere => &nowhere,
        };
        let entrance = self.stores.directory.entrance(organization_id, address).await?;
        let member = entrance.and_then(|entrance| entrance.member);
        let nobody = MemberId::mint(self.settings.environment, [0; 16]);
        let id = member.as_ref().map_or(&nobody, |member| &member.member_id);
        let (credentials, _) = self.stores.credentials.load(id).await?;
        let Some((member, stored)) = member.zip(credentials.password) else {
            self.hashing.run(move || verify_nothing(&password)).await?;
            let tried = Some(self.email_id(address));
            let (factor, error) = (FactorKind::Password, ErrorKind::WrongPassword);
            return Err(self.refused(factor, error, tried, about_scope(scope), caller));
        };
        let about = About::from(&member);
        let factor = self.verify(stored, member.member_id, password, about, caller).await?;
        self.first_succeeded(attempt, caller).await?;
        Ok(factor)
    }

    /// Compares a password with the one that a member has.
    pub(crate) async fn verify(
        &self,
        stored: Password,
        member_id: MemberId,
        password: Secret,
        about: About,
        caller: &Caller,
    ) -> Result<Factor, Error> {
        let phc = self.sealer.open(Place { column: "password", row: member_id.as_str() }, &stored.hash)?;
        let salt = random()?;
        let check = move || {
            let phc = std::str::from_utf8(&phc).ok().filter(|phc| verify_password(&password, phc))?;
            Some(hash_anew(&password, phc, salt))
        };
        let Some(anew) = self.hashing.run(check).await? else {
            return Err(self.refused(FactorKind::Password, ErrorKind::WrongPassword, None, about, caller));
        };
        if let Some(anew) = anew {
            self.keep_anew(&stored, &member_id, &anew).await?;
        }
        Ok(password_factor(stored.password_id, member_id, caller.now))
    }

    /// Keeps a password as it was hashed anew, which another system had hashed; unless it was replaced meanwhile.
    async fn keep_anew(&self, stored: &Password, member_id: &MemberId, anew: &str) -> Result<(), Error> {
        let place = Place { column: "password", row: member_id.as_str() };
        let hash = self.sealer.seal(place, anew.as_bytes())?;
        self.change_credentials(member_id, |seen| {
            if seen.password.as_ref() != Some(stored) {
                return Ok((None, ()));
            }
            let password = Password { hash: hash.clone(), ..stored.clone() };
            Ok((Some(Credentials { password: Some(password), ..seen.clone() }), ()))
        })
        .await
    }

    /// Goes on with a first factor: to discovery, or into the organization it was proved for. An
    /// intermediate session that the caller has takes it in, if both are about the same person.
    pub(crate) async fn first_factor(
        self: &Arc<Self>,
        proof: Proof,
        held: Option<&str>,
        rotation: Rotation,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<First, Error> {
        self.proved(&proof, caller);
        let bag = match held {
            Some(token) => self.find_intermediate(token, caller).await.ok(),
            None => None,
        };
        let bag = match bag {
            // What was switched to one organization takes a factor in for that one alone.
            Some(bag) if bag.session.continues.is_some() && !is_for(&bag, &proof.scope) => None,
            Some(bag) if self.same_person(&bag, &proof.factor).await? => Some(bag),
            _ => None,
        };
        match (proof.scope, bag) {
            (Scope::Nowhere, _) => Err(ErrorKind::OrganizationNotFound.into()),
            (Scope::Discovery, None) => self
                .open_intermediate(vec![proof.factor], None, proof.return_to, None, caller)
                .await
                .map(|bag| First::Discovery(Box::new(bag))),
            (Scope::Discovery, Some(bag)) => {
                let mut session = IntermediateSession { organization_id: None, ..bag.session.clone() };
                proof.factor.add_to(&mut session.factors);
                session.return_to = proof.return_to.or(session.return_to);
                self.go_on(bag, session, rotation, caller.now)
                    .await
                    .map(|bag| First::Discovery(Box::new(bag)))
            }
            (Scope::Organization(organization_id), bag) => {
                let (factor, return_to) = (proof.factor, proof.return_to);
                let source = match bag {
                    Some(bag) => {
                        Source::Intermediate { bag: Box::new(bag), add: Some(factor), return_to, rotation }
                    }
                    None => Source::Fresh { factors: vec![factor], return_to, continues: None },
                };
                self.enter(&organization_id, source, terms, caller).await.map(First::Entered)
            }
        }
    }

    fn proved(&self, proof: &Proof, caller: &Caller) {
        let Factor { kind, credential_id, subject, .. } = &proof.factor;
        let mut about = about_scope(&proof.scope);
        if let Subject::Member(member_id) = subject {
            about.member_id = Some(member_id.clone());
        }
        self.tell(AuditKind::Proved { factor: *kind, credential_id: credential_id.clone() }, about, caller);
    }

    /// Whether a factor is about the person whose bag it is.
    async fn same_person(&self, bag: &Bag, factor: &Factor) -> Result<bool, Error> {
        let held = &bag.session.factors;
        let address_of = async |member_id| -> Result<Option<EmailAddress>, Error> {
            Ok(self.stores.directory.member(member_id).await?.map(|member| member.email_address))
        };
        let known = match (held.iter().find_map(Factor::address), sole_member(held)) {
            (Some(address), _) => Some(address.clone()),
            (None, Some(member_id)) => address_of(member_id).await?,
            (None, None) => return Ok(false),
        };
        let added = match &factor.subject {
            Subject::Member(member_id) => address_of(member_id).await?,
            _ => factor.address().cloned(),
        };
        Ok(known.is_some() && known == added && agree(held, factor))
    }

    /// The id of an address as a credential: always the same one.
    pub(crate) fn email_id(&self, address: &EmailAddress) -> CredentialId {
        let digest = self.purposes.digest(Purpose::Derived, &[b"email id", address.as_str().as_bytes()]);
        let mut random = [0; 16];
        random.copy_from_slice(&digest.0[..16]);
        CredentialId::mint("email", self.settings.environment, random)
    }

    fn code_of_link(&self, link: &OpaqueToken) -> Secret {
        Secret::new(code_digits(&self.purposes.digest(Purpose::Derived, &[b"link code", link.as_bytes()])))
    }

    pub(crate) fn code_digest(&self, address: &EmailAddress, code: &Secret) -> Digest {
        self.purposes.digest(Purpose::Code, &[address.as_str().as_bytes(), code.expose().as_bytes()])
    }

    /// Counts a try of a first factor before it is checked, so that no number of tries at once gets
    /// past a limit. Slows down who tries an address that was tried wrongly often.
    pub(crate) async fn begin_first(
        &self,
        address: &EmailAddress,
        caller: &Caller,
    ) -> Result<FirstTry, Error> {
        let limits = &self.settings.limits;
        let mut counted = Vec::new();
        let mut limit = async |kind: LimitKind, subject: &str, limit| {
            let count = self.limit(kind, subject, limit, About::nobody(), caller).await?;
            counted.push(CounterKey::new(kind.as_str(), subject));
            Ok::<_, Error>(count)
        };
        if let Some(client) = caller.client {
            let client = client.to_string();
            let pair = format!("{}/{client}", address.as_str());
            limit(LimitKind::FailuresPerClient, &client, limits.failures_per_client).await?;
            limit(LimitKind::FailuresPerPair, &pair, limits.failures_per_pair).await?;
        }
        let slow = limits.slow_after;
        let ceiling = super::Limit { count: slow.count.saturating_mul(10), ..slow };
        let count = limit(LimitKind::SlowAfter, address.as_str(), ceiling).await?;
        if count > slow.count {
            let doublings = (count - slow.count).min(5);
            tokio::time::sleep(Duration::from_millis(100 << doublings)).await;
        }
        Ok(FirstTry(counted))
    }

    /// Takes back what [`begin_first`](Self::begin_first) counted: this try was no failure.
    pub(crate) async fn first_succeeded(&self, attempt: FirstTry, caller: &Caller) -> Result<(), Error> {
        for key in &attempt.0 {
            self.stores.counters.give_back(key, caller.now).await?;
        }
        Ok(())
    }
}

/// A try of a first factor that was counted as a failure, until it turns out to be none.
#[derive(Debug)]
pub(crate) struct FirstTry(Vec<CounterKey>);

fn about_scope(scope: &Scope) -> About {
    match scope {
        Scope::Organization(organization_id) => About::organization(organization_id),
        Scope::Discovery | Scope::Nowhere => About::nobody(),
    }
}

fn is_for(bag: &Bag, scope: &Scope) -> bool {
    matches!(scope, Scope::Organization(id) if bag.session.organization_id.as_ref() == Some(id))
}

pub(super) fn code_key(scope: &Scope, address: &EmailAddress, caller: &Caller) -> CodeKey {
    match caller.browser {
        Some(browser) => CodeKey::Browser(browser),
        None => CodeKey::Address(scope.clone(), address.clone()),
    }
}

pub(super) fn fresh_code() -> Result<Secret, Error> {
    Ok(Secret::new(code_digits(&Digest(random()?))))
}
