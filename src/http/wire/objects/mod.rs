//! The objects of Stytch's B2B API: one struct an object, with the names that are its own.
//!
//! SDKs refuse an answer in which a field is missing or `null` that their types say is there. So whatever is
//! no `Option` here always stands there, and is empty where there is nothing: `""`, `[]`, `false`. Fields that
//! exist for the SDKs' sake alone say so.

mod authorization;
mod choices;
mod discovery;
mod factor;
mod jwk;
mod member;
mod mfa;
mod organization;
mod password;
mod policy;
mod search;
mod session;

use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use authorization::{AuthorizationCheck, AuthorizationVerdict};
pub(crate) use choices::{
    Admission, AuthMethod, EmailUpdateDelivery, JitProvisioning, MfaMethod, MfaPolicy, Restriction,
};
pub(crate) use discovery::DiscoveredOrganization;
pub(crate) use factor::AuthenticationFactor;
pub(crate) use jwk::Jwk;
pub(crate) use member::Member;
pub(crate) use mfa::{MfaChoiceInput, MfaRequired, PrimaryRequired};
pub(crate) use organization::{EmailImplicitRoleAssignment, Organization};
pub(crate) use password::{
    Argon2Config, Pbkdf2Config, SaltConfig, ScryptConfig, StrengthPolicy, ZxcvbnFeedback,
};
pub(crate) use policy::{OrganizationPolicy, Policy, PolicyRole};
pub(crate) use search::{FilterValue, ResultsMetadata, SearchOperand, SearchOperator, SearchQuery};
pub(crate) use session::SessionObject;

use crate::domain::Secret;

/// A secret that is handed to the server that asked for it. The one place where one is written into an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handed(Option<Secret>);

impl Serialize for Handed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_ref().map_or("", Secret::expose))
    }
}

impl From<Secret> for Handed {
    fn from(secret: Secret) -> Self {
        Self(Some(secret))
    }
}

impl utoipa::PartialSchema for Handed {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

impl ToSchema for Handed {}

/// What does not exist here.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Absent {}

/// A point in time: RFC 3339, UTC.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub(crate) struct Time(crate::domain::Timestamp);

impl From<crate::domain::Timestamp> for Time {
    fn from(time: crate::domain::Timestamp) -> Self {
        Self(time)
    }
}
