//! The application: its routes count who comes through.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::Path,
    routing::{get, post},
};
use http::{Method, Request};
use serde_json::json;
use vestibule::{
    Background, Builder, Clock, JwtAlgorithm, MemberSession, Requirement, Vestibule, Vouched,
    deliver::Mailbox,
    domain::{
        Allowed, AuthMethod, EmailAddress, Environment, FactorDemand, FactorKind, Member, MemberId,
        MemberStatus, MfaPolicy, Organization, OrganizationId, PhoneNumber, RoleId, Secret, SessionId, Slug,
    },
    store::SessionStore,
};

use super::{
    App, Client, TestClock,
    stores::{Durable, Transient},
};

/// Asks everybody for a second factor. Ada administers it, Bob is a member.
pub(crate) const ACME: &str = "acme";
/// Leaves the second factor open. Gina administers it, Ada is a member.
pub(crate) const GLOBEX: &str = "globex";
/// Takes passwords only. Pat is a member, with [`PASSWORD`].
pub(crate) const INITECH: &str = "initech";

pub(crate) const PASSWORD: &str = "correct staple, horse of 1984";

pub(crate) const PHONE: &str = "+15551234567";

pub(crate) struct World {
    pub(crate) vestibule: Vestibule,
    pub(crate) mailbox: Mailbox,
    pub(crate) clock: TestClock,
    pub(crate) durable: Durable,
    pub(crate) transient: Transient,
    pub(crate) router: Router,
    /// How often a handler ran that only a member may reach.
    pub(crate) handled: Arc<AtomicUsize>,
    pub(crate) names: &'static str,
    _background: Background,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    /// In development, changed.
    pub(crate) async fn with(change: impl FnOnce(Builder) -> Builder) -> Self {
        let mailbox = Mailbox::new();
        let builder = Vestibule::development().email(mailbox.clone()).sms(mailbox.clone());
        Self::over(change(builder.jwt_algorithm(JwtAlgorithm::EdDsa)), mailbox, "vestibule_development_")
            .await
    }

    /// Whatever the builder says, over stores that can be made to fail and a clock that the test moves.
    pub(crate) async fn over(builder: Builder, mailbox: Mailbox, names: &'static str) -> Self {
        let (clock, durable, transient) = (TestClock::new(), Durable::default(), Transient::default());
        let vestibule = builder
            .store(durable.clone())
            .transient(transient.clone())
            .clock(clock.clone())
            .build()
            .await
            .unwrap();
        let handled = Arc::default();
        let router = application(&vestibule, &handled);
        let background = vestibule.start();
        let world = Self {
            vestibule,
            mailbox,
            clock,
            durable,
            transient,
            router,
            handled,
            names,
            _background: background,
        };
        world.settle().await;
        world
    }

    async fn settle(&self) {
        let mut acme = self.new_organization(ACME);
        acme.mfa_policy = MfaPolicy::RequiredForAll;
        let mut ada = new_member(&acme, "ada@acme.example");
        ada.roles.push(RoleId::admin());
        let bob = new_member(&acme, "bob@acme.example");
        self.vestibule.create_organization(&acme, &[ada, bob]).await.unwrap();

        let globex = self.new_organization(GLOBEX);
        let mut gina = new_member(&globex, "gina@globex.example");
        gina.roles.push(RoleId::admin());
        let ada = new_member(&globex, "ada@acme.example");
        self.vestibule.create_organization(&globex, &[gina, ada]).await.unwrap();

        let mut initech = self.new_organization(INITECH);
        initech.auth_methods = Allowed::only([AuthMethod::Password]);
        let pat = new_member(&initech, "pat@initech.example");
        self.vestibule.create_organization(&initech, std::slice::from_ref(&pat)).await.unwrap();
        self.vestibule.set_password(&pat.member_id, Secret::new(PASSWORD)).await.unwrap();
    }

    pub(crate) fn new_organization(&self, slug: &str) -> Organization {
        let id = organization_id(slug);
        Organization::new(id, slug.to_uppercase(), Slug::parse(slug).unwrap(), self.clock.now())
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.router.clone(), self.names)
    }

    pub(crate) fn browser(&self) -> Client {
        self.client().browsing()
    }

    pub(crate) fn handled(&self) -> usize {
        self.handled.load(Ordering::SeqCst)
    }

    /// The newest six digits that were sent to somebody after message number `after`.
    pub(crate) async fn code_for(&self, to: &str, after: u64) -> String {
        let mut after = after;
        loop {
            let message = self.mailbox.wait_for(to, after).await;
            // Notices come between.
            match digits(&message.text) {
                Some(code) => return code,
                None => after = message.number,
            }
        }
    }

    /// The number of the last message that came.
    pub(crate) fn last_message(&self) -> u64 {
        self.mailbox.messages().first().map_or(0, |message| message.number)
    }

    /// Asks for a code by email and types it.
    pub(crate) async fn prove_email(&self, client: &mut Client, address: &str) {
        let before = self.last_message();
        client.post("/auth/sign-in", json!({"email_address": address})).await.expect(200);
        let code = self.code_for(address, before).await;
        client.post("/auth/code", json!({"code": code})).await.expect(200);
    }

    /// A client in the middle of signing in, with nothing proved but its address: by the word of the
    /// application, which is quicker than a mail.
    pub(crate) async fn begin(&self, address: &str) -> Client {
        let mut client = self.client();
        self.begin_in(&mut client, address).await;
        client
    }

    /// The same in a browser that has cookies already.
    pub(crate) async fn begin_in(&self, client: &mut Client, address: &str) {
        let request: Request<()> = client.request(Method::POST, "/own-login").body(()).unwrap();
        let handoff = self.vestibule.vouch(&request.into_parts().0, self.vouched(address)).await.unwrap();
        for cookie in handoff.cookies() {
            client.take(cookie);
        }
    }

    pub(crate) fn vouched(&self, address: &str) -> Vouched {
        Vouched {
            kind: FactorKind::EmailOtp,
            address: EmailAddress::parse(address).unwrap(),
            verified: true,
            organizations: Vec::new(),
            proved_at: self.vestibule.now(),
            enter: None,
            return_to: None,
        }
    }

    /// Gina in Globex, which asks for nothing more.
    pub(crate) async fn gina(&self) -> Client {
        self.member_of(GLOBEX, "gina@globex.example").await
    }

    /// Somebody in an organization that asks for nothing more.
    pub(crate) async fn member_of(&self, slug: &str, address: &str) -> Client {
        let mut client = self.begin(address).await;
        let answer = client.exchange(organization_id(slug).as_str()).await.expect(200);
        assert!(answer.is_session(), "{}", answer.text);
        client
    }

    /// Somebody in an organization after setting up an authenticator app there while signing in.
    pub(crate) async fn with_app(&self, slug: &str, address: &str) -> (Client, App) {
        let mut client = self.begin(address).await;
        client.exchange(organization_id(slug).as_str()).await.expect(200);
        let app = self.enrol_app(&mut client).await;
        (client, app)
    }

    /// Sets an authenticator app up, in a sign-in or in a session.
    pub(crate) async fn enrol_app(&self, client: &mut Client) -> App {
        let begun = client.post("/auth/enrol/totp", json!({})).await.expect(200).json();
        let codes = begun["recovery_codes"].as_array().unwrap();
        let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
        let app = App::new(begun["secret"].as_str().unwrap(), codes, self.clock.clone());
        client.post("/auth/enrol/totp/confirm", json!({"code": app.code()})).await.expect(200);
        app
    }

    /// Signs in with an app that was set up before.
    pub(crate) async fn again(&self, slug: &str, address: &str, app: &App) -> Client {
        let mut client = self.begin(address).await;
        client.exchange(organization_id(slug).as_str()).await.expect(200);
        let answer = client.post("/auth/mfa/totp", json!({"code": app.next_code()})).await.expect(200);
        assert!(answer.is_session(), "{}", answer.text);
        client
    }

    pub(crate) async fn member(&self, slug: &str, address: &str) -> Member {
        let address = EmailAddress::parse(address).unwrap();
        let entrance = self.vestibule.directory().entrance(&organization_id(slug), &address).await.unwrap();
        entrance.unwrap().member.unwrap()
    }

    pub(crate) async fn organization(&self, slug: &str) -> Organization {
        let id = organization_id(slug);
        let find = vestibule::store::FindOrganization::Id(&id);
        self.vestibule.directory().organization(find).await.unwrap().unwrap()
    }

    pub(crate) async fn set_phone(&self, slug: &str, address: &str) -> Member {
        let member = self.member(slug, address).await;
        let number = PhoneNumber::parse(PHONE).unwrap();
        self.vestibule.set_phone(&member.member_id, number).await.unwrap();
        member
    }

    /// The sessions of a member that the store holds, past all caches.
    pub(crate) async fn stored_sessions(&self, slug: &str, address: &str) -> Vec<SessionId> {
        let member = self.member(slug, address).await;
        let records =
            SessionStore::of_member(&*self.durable.memory, &member.member_id, self.clock.now()).await;
        records.unwrap().into_iter().map(|record| record.session_id).collect()
    }
}

/// The id of an organization of these tests.
pub(crate) fn organization_id(slug: &str) -> OrganizationId {
    let mut bytes = [b'.'; 16];
    for (byte, letter) in bytes.iter_mut().zip(slug.bytes()) {
        *byte = letter;
    }
    OrganizationId::mint(Environment::Test, bytes)
}

pub(crate) fn new_member(organization: &Organization, address: &str) -> Member {
    let mut bytes = [0_u8; 16];
    for (index, byte) in organization.organization_slug.as_str().bytes().chain(address.bytes()).enumerate() {
        bytes[index % 16] = bytes[index % 16].wrapping_mul(31).wrapping_add(byte);
    }
    let mut member = Member::new(
        MemberId::mint(Environment::Test, bytes),
        organization.organization_id.clone(),
        EmailAddress::parse(address).unwrap(),
        MemberStatus::Active,
        organization.created_at,
    );
    member.email_address_verified = true;
    member
}

/// The six digits that stand by themselves in a text.
pub(crate) fn digits(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    words.find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned)
}

/// What the transfer of money demands.
pub(crate) fn fresh_second_factor() -> FactorDemand {
    FactorDemand::secondary().within(Duration::from_secs(300))
}

fn application(vestibule: &Vestibule, handled: &Arc<AtomicUsize>) -> Router {
    let count = {
        let handled = Arc::clone(handled);
        move || {
            handled.fetch_add(1, Ordering::SeqCst);
        }
    };
    let me = {
        let count = count.clone();
        move |session: MemberSession| async move {
            count();
            json!({
                "organization_id": session.organization_id(),
                "roles": session.roles(),
                "member_session_id": session.member_session_id(),
                "claims": session.custom_claims(),
            })
            .to_string()
        }
    };
    let done = {
        let count = count.clone();
        move || async move {
            count();
            "done"
        }
    };
    let organization = {
        let count = count.clone();
        move |Path(name): Path<String>| async move {
            count();
            name
        }
    };
    let maybe = move |session: Option<MemberSession>| async move {
        match session {
            Some(session) => {
                count();
                session.email_address().to_string()
            }
            None => "nobody".to_owned(),
        }
    };
    let layer = |requirement| vestibule.require(requirement);
    let fresh = || Requirement::member().factor(fresh_second_factor());
    Router::new()
        .route("/open", get(|| async { "open" }))
        .route("/me", get(me))
        .route("/maybe", get(maybe))
        .route("/member", get(done.clone()).route_layer(layer(Requirement::member())))
        .route("/admin", get(done.clone()).route_layer(layer(Requirement::member().role(RoleId::admin()))))
        .route(
            "/app",
            get(done.clone()).route_layer(layer(Requirement::member().factor(FactorDemand::totp()))),
        )
        .route(
            "/sms",
            get(done.clone()).route_layer(layer(Requirement::member().factor(FactorDemand::sms_otp()))),
        )
        .route(
            "/recent",
            get(done.clone()).route_layer(layer(
                Requirement::member().factor(FactorDemand::primary().within(Duration::from_secs(300))),
            )),
        )
        .route("/fresh", get(done.clone()).route_layer(layer(fresh())))
        .route("/transfer", post(done).route_layer(layer(fresh()).back_to("/transfer/new")))
        .route(
            "/o/{organization}",
            get(organization).route_layer(layer(Requirement::member()).organization_in_path("organization")),
        )
        .layer(vestibule.auth_layer())
        .layer(vestibule.session_layer())
}
