//! What a route is attacked from: people who may pass and people who may not, and how an answer is read.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;

use super::route::{Place, Route, show};
use crate::{
    domain::{FactorDemand, FactorKind, Organization, RoleId},
    test::{
        Kit, KitError, NewMember, SignedIn,
        door::{Answer, Door},
    },
    token::random,
};

/// Why an attack ends before its last try.
pub(super) enum Stop {
    /// It succeeded; this is what was seen.
    Broken(String),
    /// It makes no sense here.
    NotApplicable(String),
    /// The kit failed.
    Failed(KitError),
}

impl From<KitError> for Stop {
    fn from(error: KitError) -> Self {
        Self::Failed(error)
    }
}

impl From<crate::flow::Error> for Stop {
    fn from(error: crate::flow::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Of an attack: that it was withstood, or why it ended.
pub(super) type Course = Result<(), Stop>;

pub(super) type Sent = Request<Full<Bytes>>;

pub(super) struct Ground {
    pub(super) kit: Kit,
    pub(super) door: Door,
    pub(super) route: Route,
    pub(super) organization: Organization,
    /// What nobody was answered before anybody was let in.
    pub(super) before: Answer,
    /// What a member is answered who may pass.
    pub(super) honest: Answer,
    /// That member.
    pub(super) member: SignedIn,
}

impl Ground {
    pub(super) async fn lay(kit: &Kit, door: &Door, route: Route) -> Result<Self, KitError> {
        let organization = kit.organization(&fresh_name("attacked")?).await?;
        let before = door(route.request(&organization)?).await?;
        let member = recruit(kit, &route, &organization, true, true)?.await?.sign_in().await?;
        let honest = door(of(&member, route.request(&organization)?)).await?;
        let ground =
            Self { kit: kit.clone(), door: door.clone(), route, organization, before, honest, member };
        ground.check_honest()?;
        Ok(ground)
    }

    /// What a member who may pass is answered has to differ from what is answered where nothing is, and from what is
    /// answered before anybody looks at who asks.
    fn check_honest(&self) -> Result<(), KitError> {
        let status = self.honest.status;
        let of_the_request = status.is_client_error() && status != StatusCode::UPGRADE_REQUIRED;
        if !of_the_request
            && !status.is_server_error()
            && !matches!(self.honest.header("grpc-status"), "7" | "16")
        {
            return Ok(());
        }
        let hidden = matches!(
            status,
            StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::NOT_FOUND
                | StatusCode::METHOD_NOT_ALLOWED
        );
        let advice = if of_the_request && !hidden {
            "; give the request the body and content type that it takes"
        } else {
            ""
        };
        let why = format!("a member who meets what it demands is answered {status}{advice}");
        Err(KitError::Route { route: self.route.name.clone(), why })
    }

    /// Nobody, and each kind of member whom the route refuses. Whoever gets in by the front door needs no other one,
    /// and is reported there.
    pub(super) async fn outsiders(&self) -> Result<Vec<Outsider>, Stop> {
        let mut outsiders = vec![Outsider { name: "nobody", member: None }];
        let demand = self.route.requirement.factor_demand();
        let mut members = Vec::new();
        // First, because it moves the clock.
        if let Some(age) = demand.and_then(FactorDemand::max_age) {
            let member = self.signed_in().await?;
            self.kit.clock().advance(age + Duration::from_secs(1));
            members.push(("a member whose factor is too old", member));
        }
        if demand.is_some_and(|demand| !demand.is_primary()) {
            let member = self.recruit(&self.organization, true, false)?.await?.sign_in().await?;
            members.push(("a member without the factor", member));
        }
        if !self.demanded_roles()?.is_empty() {
            let member = self.recruit(&self.organization, false, true)?.await?.sign_in().await?;
            members.push(("a member without the role", member));
        }
        for (name, member) in members {
            let answer = self.send(self.request_of(&member)?).await?;
            if !self.is_let_in(&answer) {
                outsiders.push(Outsider { name, member: Some(member) });
            }
        }
        Ok(outsiders)
    }

    /// A new member of an organization, with what the route demands of roles and factors, or without.
    pub(super) fn recruit(
        &self,
        organization: &Organization,
        roles: bool,
        factors: bool,
    ) -> Result<NewMember, KitError> {
        recruit(&self.kit, &self.route, organization, roles, factors)
    }

    /// The role that the route demands, and one that permits what it demands.
    pub(super) fn demanded_roles(&self) -> Result<Vec<RoleId>, KitError> {
        demanded_roles(&self.kit, &self.route)
    }

    /// A new member who may pass, signed in.
    pub(super) async fn signed_in(&self) -> Result<SignedIn, KitError> {
        self.recruit(&self.organization, true, true)?.await?.sign_in().await
    }

    /// A new member who may pass, and has: whatever keeps answers or sessions knows them by now.
    pub(super) async fn let_in(&self) -> Result<SignedIn, Stop> {
        let member = self.signed_in().await?;
        self.must_let_in(&member).await?;
        Ok(member)
    }

    pub(super) async fn must_let_in(&self, member: &SignedIn) -> Course {
        self.must_let_in_at(&self.organization, member).await
    }

    /// To what is another organization's.
    pub(super) async fn must_let_in_at(&self, organization: &Organization, member: &SignedIn) -> Course {
        let answer = self.send(self.request_in(organization, member)?).await?;
        if self.is_let_in(&answer) {
            return Ok(());
        }
        let why = format!("a member who meets what it demands is answered {}", answer.status);
        Err(KitError::Route { route: self.route.name.clone(), why }.into())
    }

    /// Sends what must not be let in.
    pub(super) async fn must_refuse(&self, request: Sent, what: &str) -> Course {
        let answer = self.send(request).await?;
        self.must_have_refused(&answer, what)
    }

    pub(super) fn must_have_refused(&self, answer: &Answer, what: &str) -> Course {
        if self.is_let_in(answer) {
            return Err(Stop::Broken(format!("{what} was answered {}", answer.status)));
        }
        Ok(())
    }

    /// Whoever is let in is answered a success, or what a member who may pass is answered.
    pub(super) fn is_let_in(&self, answer: &Answer) -> bool {
        let marks = |answer: &Answer| {
            let mark = |name| answer.header(name).to_owned();
            (answer.status, mark("location"), mark("grpc-status"))
        };
        let success = answer.status.is_success() && matches!(answer.header("grpc-status"), "" | "0");
        success || marks(answer) == marks(&self.honest)
    }

    /// The request for the route, with no credentials.
    pub(super) fn request(&self) -> Result<Sent, KitError> {
        self.route.request(&self.organization)
    }

    /// The same with a token.
    pub(super) fn request_with(&self, place: Place, token: &str) -> Result<Sent, KitError> {
        let mut request = self.request()?;
        show(request.headers_mut(), place, self.kit.cookies().session, token);
        Ok(request)
    }

    /// The same of somebody who is signed in.
    pub(super) fn request_of(&self, member: &SignedIn) -> Result<Sent, KitError> {
        self.request_in(&self.organization, member)
    }

    /// The same for what is another organization's.
    pub(super) fn request_in(
        &self,
        organization: &Organization,
        member: &SignedIn,
    ) -> Result<Sent, KitError> {
        Ok(of(member, self.route.request(organization)?))
    }

    /// A member of another deployment, of the same names and at the same time, who is signed in there.
    pub(super) async fn signed_in_elsewhere(&self) -> Result<SignedIn, KitError> {
        let elsewhere = Kit::new().await?;
        elsewhere.clock().advance(self.kit.now().since(elsewhere.now()).unwrap_or_default());
        let organization = elsewhere.organization(self.organization.organization_slug.as_str()).await?;
        let address = self.member.member().member().email_address.as_str();
        elsewhere.member(&organization, address).await?.sign_in().await
    }

    pub(super) async fn send(&self, request: Sent) -> Result<Answer, KitError> {
        (self.door)(request).await
    }

    /// Where tokens are read here.
    pub(super) fn places(&self) -> &'static [Place] {
        if self.kit.tokens_in_body() { &[Place::Bearer] } else { &[Place::Cookie, Place::Bearer] }
    }
}

/// Of all members' addresses.
pub(super) const DOMAIN: &str = "attacked.example";

/// Somebody whom the route has to refuse.
pub(super) struct Outsider {
    pub(super) name: &'static str,
    member: Option<SignedIn>,
}

impl Outsider {
    /// The request with what they show.
    pub(super) fn shows(&self, request: Sent) -> Sent {
        match &self.member {
            Some(member) => of(member, request),
            None => request,
        }
    }
}

/// A request with what a member shows.
fn of(member: &SignedIn, mut request: Sent) -> Sent {
    let shown = member.get("/");
    for (name, value) in shown.headers_ref().into_iter().flatten() {
        request.headers_mut().append(name, value.clone());
    }
    request
}

fn recruit(
    kit: &Kit,
    route: &Route,
    organization: &Organization,
    roles: bool,
    factors: bool,
) -> Result<NewMember, KitError> {
    let mut member = kit.member(organization, &format!("{}@{DOMAIN}", fresh_name("person")?));
    if roles {
        for role in demanded_roles(kit, route)? {
            member = member.role(role.as_str());
        }
    }
    match route.requirement.factor_demand() {
        Some(demand) if factors && demand.takes(FactorKind::Totp) => member = member.totp(),
        Some(demand) if factors && demand.takes(FactorKind::Otp) => member = member.sms(),
        _ => {}
    }
    Ok(member)
}

/// The role that the route demands, and one that permits what it demands.
fn demanded_roles(kit: &Kit, route: &Route) -> Result<Vec<RoleId>, KitError> {
    let mut roles: Vec<RoleId> = route.requirement.role_demand().cloned().into_iter().collect();
    if let Some((resource, action)) = route.requirement.permission_demand() {
        let all = &kit.vestibule().engine().settings.rbac.roles;
        let permits =
            all.iter().find(|role| role.permissions.iter().any(|may| may.permits(resource, action)));
        let why = || format!("no role permits {action} on {resource}; give the kit your roles by Kit::over");
        let none = || KitError::Route { route: route.name.clone(), why: why() };
        roles.push(permits.ok_or_else(none)?.role_id.clone());
    }
    Ok(roles)
}

/// A name that nobody has yet.
pub(super) fn fresh_name(prefix: &str) -> Result<String, KitError> {
    let bytes: [u8; 8] = random().map_err(crate::flow::Error::from)?;
    Ok(format!("{prefix}-{:016x}", u64::from_le_bytes(bytes)))
}
