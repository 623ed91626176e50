//! What a directory answers about an address at an organization's door.

use super::{EmailAddress, Member, Organization};

/// One organization as one address meets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entrance {
    /// The address in question.
    pub address: EmailAddress,
    /// The organization.
    pub organization: Organization,
    /// The member with that address, whatever their status.
    pub member: Option<Member>,
    /// Whether some member of the organization has proved an address of the same domain. Only then
    /// may others with that domain join by themselves.
    pub domain_has_verified_member: bool,
}
