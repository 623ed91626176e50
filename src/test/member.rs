use std::{fmt, future::IntoFuture, pin::Pin, sync::Arc};

use super::{Authenticator, Kit, KitError, SignedIn, client::Client};
use crate::{
    domain::{
        EmailAddress, FactorKind, Member, MemberId, MemberStatus, OauthProvider, Organization,
        OrganizationId, PhoneNumber, RoleId, Secret,
    },
    flow::Vouched,
    token::random,
};

/// A member who is about to be made; see [`Kit::member`]. Whatever is set up for them is set up as people do it.
#[must_use = "`.await` makes them"]
#[derive(Debug)]
pub struct NewMember {
    kit: Kit,
    organization: Organization,
    address: String,
    roles: Vec<String>,
    first: Option<FactorKind>,
    password: Option<Secret>,
    totp: bool,
    sms: bool,
}

impl NewMember {
    pub(super) fn new(kit: Kit, organization: Organization, address: &str) -> Self {
        let address = address.to_owned();
        Self {
            kit,
            organization,
            address,
            roles: Vec::new(),
            first: None,
            password: None,
            totp: false,
            sms: false,
        }
    }

    /// With this role, and any that was named before.
    pub fn role(mut self, role: &str) -> Self {
        self.roles.push(role.to_owned());
        self
    }

    /// With this first factor, by which they sign in from then on, such as [`FactorKind::Sso`]. The application
    /// vouches for it; a password is proved, and given to them by [`password`](Self::password).
    pub fn first_factor(self, kind: FactorKind) -> Self {
        Self { first: Some(kind), ..self }
    }

    /// With a password, by which they sign in from then on unless another first factor is named. It has to be a
    /// good one.
    pub fn password(self, password: &str) -> Self {
        Self { password: Some(Secret::new(password)), ..self }
    }

    /// With an authenticator app and its recovery codes.
    pub fn totp(self) -> Self {
        Self { totp: true, ..self }
    }

    /// With a phone that codes are sent to, of a number of its own.
    pub fn sms(self) -> Self {
        Self { sms: true, ..self }
    }

    async fn make(self) -> Result<TestMember, KitError> {
        let Self { kit, organization, address, roles, first, password, totp, sms } = self;
        let vestibule = kit.vestibule();
        let environment = vestibule.engine().settings.environment;
        let bytes: [u8; 16] = random().map_err(crate::flow::Error::from)?;
        let mut member = Member::new(
            MemberId::mint(environment, bytes),
            organization.organization_id.clone(),
            EmailAddress::parse(&address)?,
            MemberStatus::Active,
            vestibule.now(),
        );
        member.email_address_verified = true;
        for role in roles {
            member.roles.push(RoleId::new(&role)?);
        }
        vestibule.create_member(&member).await?;
        if let Some(password) = &password {
            vestibule.set_password(&member.member_id, password.clone()).await?;
        }
        let id = member.member_id.clone();
        let mut person = Person {
            kit: kit.clone(),
            member,
            organization,
            first,
            password,
            authenticator: None,
            recovery_codes: Vec::new(),
            phone: None,
        };
        if totp {
            let mut client = person.prove_first().await?;
            let (authenticator, codes) = client.enrol_totp().await?;
            client.step("sign-out", &[]).await?;
            person.authenticator = Some(authenticator);
            person.recovery_codes = codes;
        }
        // Last, for whoever has a second factor sets another up only after proving the first.
        if sms {
            let number = u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], 0, 0, 0]);
            let number = PhoneNumber::parse(&format!("+1{:010}", number % 10_000_000_000))?;
            vestibule.set_phone(&id, number.clone()).await?;
            person.phone = Some(number);
        }
        Ok(TestMember(Arc::new(person)))
    }
}

impl IntoFuture for NewMember {
    type Output = Result<TestMember, KitError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.make())
    }
}

/// A member, and what they have to sign in with. Clones are the same person.
#[derive(Clone)]
pub struct TestMember(Arc<Person>);

struct Person {
    kit: Kit,
    member: Member,
    organization: Organization,
    first: Option<FactorKind>,
    password: Option<Secret>,
    authenticator: Option<Authenticator>,
    recovery_codes: Vec<String>,
    phone: Option<PhoneNumber>,
}

impl TestMember {
    /// The member, as they were made.
    #[must_use]
    pub fn member(&self) -> &Member {
        &self.0.member
    }

    /// The member's organization, as it was when they were made.
    #[must_use]
    pub fn organization(&self) -> &Organization {
        &self.0.organization
    }

    /// The authenticator app, if one was set up.
    #[must_use]
    pub fn authenticator(&self) -> Option<&Authenticator> {
        self.0.authenticator.as_ref()
    }

    /// The recovery codes that came with the app. The kit uses none of them.
    #[must_use]
    pub fn recovery_codes(&self) -> &[String] {
        &self.0.recovery_codes
    }

    /// The number that codes are sent to; read them with [`Kit::code_for`].
    #[must_use]
    pub fn phone(&self) -> Option<&PhoneNumber> {
        self.0.phone.as_ref()
    }

    /// Signs in: by the first factor that was named, by the password, or else by a first factor that the organization
    /// takes and the application vouches for; then by the app or the phone, where a second factor is demanded. A code of the app moves the kit's clock
    /// where the present one was used already ([`Authenticator::next_code`]).
    ///
    /// # Errors
    /// [`KitError::Refused`], [`KitError::Flow`], and [`KitError::NoFactor`] where more is demanded than they have.
    pub async fn sign_in(&self) -> Result<SignedIn, KitError> {
        let mut client = self.0.prove_first().await?;
        if client.session().is_none() {
            self.prove_second(&mut client).await?;
        }
        SignedIn::of(self.clone(), &client)
    }

    /// Is vouched for, and goes no further: what they hold is an intermediate session.
    pub(super) async fn begin(&self) -> Result<Client, KitError> {
        self.0.vouched_for(None).await
    }

    /// Proves the second factor that a sign-in owes.
    pub(super) async fn prove_second(&self, client: &mut Client) -> Result<(), KitError> {
        self.0.prove_second(client).await
    }

    /// Signs in with a recovery code instead of the app.
    pub(super) async fn recover(&self) -> Result<SignedIn, KitError> {
        let mut client = self.0.prove_first().await?;
        let code = self.recovery_codes().first().map_or("", String::as_str);
        client.step("mfa/recovery", &[("recovery_code", code)]).await?;
        SignedIn::of(self.clone(), &client)
    }

    pub(super) fn kit(&self) -> &Kit {
        &self.0.kit
    }

    pub(super) fn password(&self) -> Option<&Secret> {
        self.0.password.as_ref()
    }
}

impl Person {
    async fn prove_first(&self) -> Result<Client, KitError> {
        let password = match (&self.first, &self.password) {
            (None | Some(FactorKind::Password), Some(password)) => password,
            (Some(FactorKind::Password), None) => {
                return Err(KitError::NoFactor("this member has no password; add .password(…)".to_owned()));
            }
            _ => return self.vouched_for(Some(self.organization.organization_id.clone())).await,
        };
        let mut client = Client::new(&self.kit);
        let step = format!("o/{}/password", self.organization.organization_slug);
        let address = self.member.email_address.as_str();
        client.step(&step, &[("email_address", address), ("password", password.expose())]).await?;
        Ok(client)
    }

    async fn vouched_for(&self, enter: Option<OrganizationId>) -> Result<Client, KitError> {
        let vouched = Vouched {
            kind: self.vouched_kind()?,
            address: self.member.email_address.clone(),
            verified: true,
            organizations: Vec::new(),
            proved_at: self.kit.now(),
            enter,
            return_to: None,
        };
        let (request, ()) = http::Request::new(()).into_parts();
        let mut client = Client::new(&self.kit);
        client.take_over(&self.kit.vestibule().vouch(&request, vouched).await?);
        Ok(client)
    }

    /// The one that was named, or the first of these that the organization takes.
    fn vouched_kind(&self) -> Result<FactorKind, KitError> {
        if let Some(first) = self.first.filter(|first| *first != FactorKind::Password) {
            return Ok(first);
        }
        let oauth = [
            OauthProvider::Google,
            OauthProvider::Microsoft,
            OauthProvider::Slack,
            OauthProvider::Github,
            OauthProvider::Hubspot,
        ];
        let kinds = [FactorKind::EmailOtp, FactorKind::MagicLink, FactorKind::Sso].into_iter();
        let allowed = &self.organization.auth_methods;
        let takes = |kind: &FactorKind| kind.auth_method().is_some_and(|method| allowed.allows(&method));
        kinds.chain(oauth.map(FactorKind::Oauth)).find(takes).ok_or_else(|| {
            KitError::NoFactor(
                "the organization takes passwords alone; give the member one: .password(…)".to_owned(),
            )
        })
    }

    async fn prove_second(&self, client: &mut Client) -> Result<(), KitError> {
        let owed = client.step("mfa", &[]).await?;
        let options = &owed["mfa_required"]["member_options"];
        let offers = |option: &str| options[option].as_str().is_some_and(|text| !text.is_empty());
        if let Some(app) = self.authenticator.as_ref().filter(|_| offers("totp_registration_id")) {
            client.step("mfa/totp", &[("code", &app.next_code())]).await?;
        } else if let Some(phone) = self.phone.as_ref().filter(|_| offers("mfa_phone_number")) {
            if owed["mfa_required"]["secondary_auth_initiated"] != "sms_otp" {
                client.send_sms("mfa/sms/send", &[]).await?;
            }
            let code = self.kit.code_for(phone.as_str()).await?;
            client.step("mfa/sms", &[("code", &code)]).await?;
        }
        match client.session() {
            Some(_) => Ok(()),
            None => Err(KitError::NoFactor(format!(
                "{} has not what {} demands; give them .totp(), .sms() or .password(…)",
                self.member.email_address, self.organization.organization_slug
            ))),
        }
    }
}

impl fmt::Debug for TestMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestMember").field("member", &self.0.member).finish_non_exhaustive()
    }
}
