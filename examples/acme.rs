//! One organization with two people, and the mails that come to them: for the short examples.

use vestibule::{
    Vestibule,
    domain::{Member, MemberId, MemberStatus, Organization, OrganizationId, RoleId},
};

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// Acme, with Ada who administers it, and Bob who does not.
pub(crate) async fn settle(vestibule: &Vestibule) -> Result<(), Error> {
    let now = vestibule.now();
    let id = OrganizationId::new("organization-acme")?;
    let acme = Organization::new(id.clone(), "Acme", "acme".parse()?, now);
    let member = |name: &str| {
        let (member_id, address) = (format!("member-{name}"), format!("{name}@acme.example"));
        let (member_id, address) = (MemberId::new(member_id)?, address.parse()?);
        Ok::<_, Error>(Member::new(member_id, id.clone(), address, MemberStatus::Active, now))
    };
    let (mut ada, bob) = (member("ada")?, member("bob")?);
    ada.roles.push(RoleId::admin());
    Ok(vestibule.create_organization(&acme, &[ada, bob]).await?)
}

/// What has arrived, newest first.
pub(crate) fn mailbox(vestibule: &Vestibule) -> String {
    let messages = vestibule.mailbox().map(|mailbox| mailbox.messages()).unwrap_or_default();
    messages.iter().map(|message| format!("To {}\n{}\n\n", message.to, message.text)).collect()
}

/// The port of the environment; 3000 without one.
pub(crate) fn port() -> Result<u16, Error> {
    Ok(std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?)
}
