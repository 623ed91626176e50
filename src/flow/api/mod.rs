//! What only a trusted server asks for, as Stytch's B2B API has it: its own way of signing people in over
//! the same flows, and changes of organizations and members with their rules.
//!
//! Whoever calls these has shown the project's secret. They are told plainly what is wrong; nothing here is
//! answered to a browser.

mod acting;
mod first;
mod held;
mod invite;
mod links;
mod lookup;
mod member_change;
mod members;
mod organization_change;
mod organizations;
mod passwords;
mod removal;
mod rule;
mod sandbox;
mod search;
mod second;
mod sessions;
mod uses;

pub(crate) use acting::{Acting, Action};
pub(crate) use held::{Held, Tokens};
pub(crate) use links::{CodeChallenge, LinkTo, UsedLink};
pub(crate) use lookup::Found;
pub(crate) use member_change::MemberChange;
pub(crate) use members::{CredentialChange, NewMember};
pub(crate) use organization_change::{OrganizationChange, Restriction};
pub(crate) use passwords::MemberMigration;
pub(crate) use removal::Removable;
pub(crate) use rule::{ApiError, Rule};
pub(crate) use search::{CredentialFilter, MembersQuery};
pub(crate) use second::{MfaChoice, SecondProof, TotpMigration};
pub(crate) use sessions::Authorization;
