//! Fills a new database: three organizations and the people in them.

use std::{fmt, fs, io::Write as _, path::Path};

use vestibule::{
    Vestibule,
    domain::{
        Allowed, AuthMethod, Domain, EmailAddress, Environment, JitProvisioning, Member, MemberId,
        MemberStatus, MfaPolicy, Organization, OrganizationId, RoleId, Secret, Slug,
    },
    store::FindOrganization,
};

use crate::Error;

/// What a newcomer needs to know to try things out.
#[derive(Clone, Debug)]
pub struct Seeded {
    /// The password of `pat@initech.example`, random in each database.
    pub password: String,
}

impl fmt::Display for Seeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  ada@acme.example      administrator of Acme (which asks everybody for a second factor),"
        )?;
        writeln!(f, "                        and a member of Globex")?;
        writeln!(f, "  bob@acme.example      a member of Acme")?;
        writeln!(
            f,
            "  gina@globex.example   administrator of Globex (whoever has a globex.example address may join)"
        )?;
        writeln!(f, "  pat@initech.example   a member of Initech (passwords only: /auth/o/initech)")?;
        writeln!(f, "                        password: {}", self.password)
    }
}

/// Seeds a database that has not been, and says what it was seeded with.
pub(crate) async fn once(vestibule: &Vestibule, notes: &Path) -> Result<Seeded, Error> {
    if let Ok(password) = fs::read_to_string(notes) {
        return Ok(Seeded { password: password.trim().to_owned() });
    }
    let password = random_password()?;
    acme(vestibule).await?;
    globex(vestibule).await?;
    initech(vestibule, &password).await?;
    write_for_owner(notes, &password)?;
    Ok(Seeded { password })
}

async fn acme(vestibule: &Vestibule) -> Result<(), Error> {
    let Some(mut acme) = new(vestibule, "Acme", "acme").await? else { return Ok(()) };
    acme.mfa_policy = MfaPolicy::RequiredForAll;
    let ada = member(vestibule, &acme, "ada@acme.example", &[RoleId::admin()])?;
    let bob = member(vestibule, &acme, "bob@acme.example", &[])?;
    Ok(vestibule.create_organization(&acme, &[ada, bob]).await?)
}

async fn globex(vestibule: &Vestibule) -> Result<(), Error> {
    let Some(mut globex) = new(vestibule, "Globex", "globex").await? else { return Ok(()) };
    globex.email_jit_provisioning = JitProvisioning::Restricted;
    globex.email_allowed_domains.insert(Domain::parse("globex.example")?);
    let gina = member(vestibule, &globex, "gina@globex.example", &[RoleId::admin()])?;
    let ada = member(vestibule, &globex, "ada@acme.example", &[RoleId::new("treasurer")?])?;
    Ok(vestibule.create_organization(&globex, &[gina, ada]).await?)
}

async fn initech(vestibule: &Vestibule, password: &str) -> Result<(), Error> {
    let Some(mut initech) = new(vestibule, "Initech", "initech").await? else { return Ok(()) };
    initech.auth_methods = Allowed::only([AuthMethod::Password]);
    let pat = member(vestibule, &initech, "pat@initech.example", &[])?;
    let pat_id = pat.member_id.clone();
    vestibule.create_organization(&initech, &[pat]).await?;
    Ok(vestibule.set_password(&pat_id, Secret::new(password)).await?)
}

/// A new organization; nothing if there is one with this slug, from a start that was cut short.
async fn new(vestibule: &Vestibule, name: &str, slug: &str) -> Result<Option<Organization>, Error> {
    let slug = Slug::parse(slug)?;
    if vestibule.directory().organization(FindOrganization::Slug(&slug)).await?.is_some() {
        return Ok(None);
    }
    let id = OrganizationId::mint(Environment::Test, random()?);
    Ok(Some(Organization::new(id, name, slug, vestibule.now())))
}

fn member(
    vestibule: &Vestibule,
    organization: &Organization,
    address: &str,
    roles: &[RoleId],
) -> Result<Member, Error> {
    let id = MemberId::mint(Environment::Test, random()?);
    let address = EmailAddress::parse(address)?;
    let now = vestibule.now();
    let mut member =
        Member::new(id, organization.organization_id.clone(), address, MemberStatus::Active, now);
    member.email_address_verified = true;
    member.roles = roles.to_vec();
    Ok(member)
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// Twenty letters: 94 bits.
fn random_password() -> Result<String, Error> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: [u8; 20] = random()?;
    Ok(letters.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect())
}

fn write_for_owner(path: &Path, text: &str) -> Result<(), Error> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?.write_all(text.as_bytes())?)
}
