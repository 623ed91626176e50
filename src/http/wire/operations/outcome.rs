//! What a call came to, as several families answer it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::{Enrolment, Factor},
    flow::{
        Bag, Discovered, Entered, Error, SignedIn, Terms, Unfinished,
        api::{Found, Held, SecondProof},
    },
    http::wire::{
        call::Call,
        error::{Tried, WireError},
        objects::{
            Absent, DiscoveredOrganization, Handed, Member, MfaRequired, Organization, PrimaryRequired,
            SessionObject, Time,
        },
    },
};

/// That it was done, and nothing else.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct Done {}

impl Call {
    /// Proves a second factor; what is wrong with it is called by its kind.
    pub(super) async fn prove_second(
        &self,
        found: &Found,
        proof: SecondProof,
        held: &Held,
        terms: &Terms,
        tried: Tried,
    ) -> Result<SignedIn, WireError> {
        let proved = self.engine.second_factor_of(found, proof, held, terms, &self.caller).await;
        proved.map_err(|error| WireError::tried(tried, error))
    }
}

/// A member session of an organization; or an intermediate session, and what is owed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Authenticated {
    /// The member.
    member_id: String,
    /// The organization.
    organization_id: String,
    /// The member.
    member: Member,
    /// The organization.
    organization: Organization,
    /// The token of the member session; empty where there is none.
    session_token: Handed,
    /// A JWT of it, good for five minutes; empty where there is none.
    session_jwt: Handed,
    /// The member session; `null` where there is none.
    member_session: Option<SessionObject>,
    /// The token of the intermediate session; empty where there is a member session.
    intermediate_session_token: Handed,
    /// When that ends.
    intermediate_session_token_expires_at: Option<Time>,
    /// Whether there is a member session.
    member_authenticated: bool,
    /// The second factor that is owed.
    mfa_required: Option<MfaRequired>,
    /// The first factor that is owed, before anything else.
    primary_required: Option<PrimaryRequired>,
    /// `null`: there is no device fingerprinting. For the SDKs' sake.
    #[schema(value_type = Option<Object>)]
    member_device: Option<Absent>,
}

/// A member session to which a second factor was added.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SecondAuthenticated {
    /// The member.
    member_id: String,
    /// The member.
    member: Member,
    /// The organization.
    organization: Organization,
    /// The token of the member session.
    session_token: Handed,
    /// A JWT of it, good for five minutes.
    session_jwt: Handed,
    /// The member session.
    member_session: SessionObject,
    /// `null`: there is no device fingerprinting. For the SDKs' sake.
    #[schema(value_type = Option<Object>)]
    member_device: Option<Absent>,
}

/// A bag of factors, and the organizations that it could enter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Discovery {
    /// The token of the intermediate session.
    intermediate_session_token: Handed,
    /// When that ends.
    intermediate_session_token_expires_at: Time,
    /// The address that was proved.
    email_address: String,
    /// The organizations.
    discovered_organizations: Vec<DiscoveredOrganization>,
}

/// A member and their organization.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct MemberShown {
    /// The member.
    member_id: String,
    /// The member.
    member: Member,
    /// The organization.
    organization: Organization,
}

/// An organization.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct OrganizationShown {
    /// The organization.
    organization: Organization,
}

/// Somebody who was written to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Written {
    /// The member.
    member_id: String,
    /// Whether they were made a member by this.
    member_created: bool,
    /// The member.
    member: Member,
    /// The organization.
    organization: Organization,
}

impl Authenticated {
    /// What came of entering an organization.
    pub(super) async fn of(call: &Call, entered: Entered) -> Result<Self, WireError> {
        match entered {
            Entered::Session(signed_in) => Self::signed_in(call, &signed_in).await,
            Entered::Owed(owed) => Self::owed(call, &owed).await,
        }
    }

    pub(super) async fn signed_in(call: &Call, signed_in: &SignedIn) -> Result<Self, WireError> {
        let SignedIn { session, session_token, member, organization, .. } = signed_in;
        let enrolment = call.engine.enrolment(&member.member_id).await?;
        let session_jwt = call.engine.session_jwt(session, call.now()).await?;
        Ok(Self {
            member_id: member.member_id.to_string(),
            organization_id: organization.organization_id.to_string(),
            member: Member::of(member, organization, &enrolment, call.now()),
            organization: organization.into(),
            session_token: session_token.clone().into(),
            session_jwt: session_jwt.into(),
            member_session: Some(SessionObject::of(session, session.last_accessed_at())),
            intermediate_session_token: Handed::default(),
            intermediate_session_token_expires_at: None,
            member_authenticated: true,
            mfa_required: None,
            primary_required: None,
            member_device: None,
        })
    }

    async fn owed(call: &Call, owed: &Unfinished) -> Result<Self, WireError> {
        let Unfinished { bag, owed: missing, organization, sms_sent, .. } = owed;
        let member = call.engine.member_of_unfinished(owed, &call.caller).await?;
        let enrolment = call.engine.enrolment(&member.member_id).await?;
        let sms_sent = *sms_sent
            || call.engine.send_first_sms(missing, &member, organization, &enrolment, &call.caller).await;
        Ok(Self {
            member_id: member.member_id.to_string(),
            organization_id: organization.organization_id.to_string(),
            member: Member::of(&member, organization, &enrolment, call.now()),
            organization: organization.into(),
            session_token: Handed::default(),
            session_jwt: Handed::default(),
            member_session: None,
            intermediate_session_token: bag.token.clone().into(),
            intermediate_session_token_expires_at: Some(bag.session.expires_at.into()),
            member_authenticated: false,
            mfa_required: missing.mfa_required.as_ref().map(|required| MfaRequired::of(required, sms_sent)),
            primary_required: PrimaryRequired::of(missing),
            member_device: None,
        })
    }
}

impl SecondAuthenticated {
    pub(super) async fn of(call: &Call, signed_in: &SignedIn) -> Result<Self, WireError> {
        let SignedIn { session, session_token, member, organization, .. } = signed_in;
        let enrolment = call.engine.enrolment(&member.member_id).await?;
        let session_jwt = call.engine.session_jwt(session, call.now()).await?;
        Ok(Self {
            member_id: member.member_id.to_string(),
            member: Member::of(member, organization, &enrolment, call.now()),
            organization: organization.into(),
            session_token: session_token.clone().into(),
            session_jwt: session_jwt.into(),
            member_session: SessionObject::of(session, session.last_accessed_at()),
            member_device: None,
        })
    }
}

impl Discovery {
    /// A bag, and what it opens.
    pub(super) async fn of(call: &Call, bag: &Bag) -> Result<Self, WireError> {
        let list = call.engine.discover_in(bag, call.now()).await?;
        let address = bag.session.factors.iter().find_map(Factor::address);
        Ok(Self {
            intermediate_session_token: bag.token.clone().into(),
            intermediate_session_token_expires_at: bag.session.expires_at.into(),
            email_address: address.map(ToString::to_string).unwrap_or_default(),
            discovered_organizations: discovered(call, &list).await?,
        })
    }
}

/// Organizations that somebody could enter, with the members that they are there.
pub(super) async fn discovered(
    call: &Call,
    list: &[Discovered],
) -> Result<Vec<DiscoveredOrganization>, Error> {
    let mut shown = Vec::with_capacity(list.len());
    for found in list {
        let enrolment = match &found.member {
            Some(member) => call.engine.enrolment(&member.member_id).await?,
            None => Enrolment::default(),
        };
        shown.push(DiscoveredOrganization::of(found, &enrolment, call.now()));
    }
    Ok(shown)
}

impl MemberShown {
    pub(super) fn of(call: &Call, found: &Found) -> Self {
        let Found { member, organization, enrolment } = found;
        Self {
            member_id: member.member_id.to_string(),
            member: Member::of(member, organization, enrolment, call.now()),
            organization: organization.into(),
        }
    }
}

impl Written {
    pub(super) fn of(call: &Call, found: &Found, created: bool) -> Self {
        let MemberShown { member_id, member, organization } = MemberShown::of(call, found);
        Self { member_id, member_created: created, member, organization }
    }
}

impl From<&crate::domain::Organization> for OrganizationShown {
    fn from(organization: &crate::domain::Organization) -> Self {
        Self { organization: organization.into() }
    }
}
