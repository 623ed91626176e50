// Included by the examples of the documentation.

/// Makes the organization Acme with its member Ada, signs her in, and answers the `Cookie` header that her
/// browser sends from then on.
async fn ada_signed_in(vestibule: &vestibule::Vestibule) -> Result<String, Box<dyn std::error::Error>> {
    use vestibule::{
        Vouched,
        domain::{FactorKind, Member, MemberId, MemberStatus, Organization, OrganizationId},
    };

    let now = vestibule.now();
    let acme_id = OrganizationId::new("organization-acme")?;
    let acme = Organization::new(acme_id.clone(), "Acme", "acme".parse()?, now);
    let address = "ada@acme.example".parse()?;
    let ada = Member::new(MemberId::new("member-ada")?, acme_id.clone(), address, MemberStatus::Active, now);
    vestibule.create_organization(&acme, std::slice::from_ref(&ada)).await?;

    let vouched = Vouched {
        kind: FactorKind::EmailOtp,
        address: ada.email_address,
        verified: true,
        organizations: Vec::new(),
        proved_at: now,
        enter: Some(acme_id),
        return_to: None,
    };
    let (request, ()) = http::Request::new(()).into_parts();
    let handoff = vestibule.vouch(&request, vouched).await?;
    let cookies = handoff.cookies().iter().filter_map(|cookie| cookie.to_str().ok());
    let session = cookies.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.contains("_session="));
    Ok(session.ok_or("nobody was signed in")?.to_owned())
}
