//! What a server wants of an organization, and the rules that it has to keep. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Rule, member_change::merge_metadata};
use crate::domain::{
    Admits, Allowed, AuthMethod, Domain, EmailInvites, ImplicitRole, JitProvisioning, MfaMethod, MfaPolicy,
    Organization, OrganizationId, Role, RoleId, Slug, Timestamp,
};

/// A change of an organization: what is not named stays. Texts are as they were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrganizationChange {
    pub(crate) organization_name: Option<String>,
    pub(crate) organization_slug: Option<String>,
    pub(crate) organization_logo_url: Option<String>,
    pub(crate) organization_external_id: Option<String>,
    pub(crate) trusted_metadata: Option<Map<String, Value>>,
    pub(crate) sso_default_connection_id: Option<String>,
    pub(crate) sso_jit_provisioning: Option<Admits>,
    pub(crate) sso_jit_provisioning_allowed_connections: Option<Vec<String>>,
    pub(crate) email_allowed_domains: Option<Vec<String>>,
    pub(crate) email_jit_provisioning: Option<JitProvisioning>,
    pub(crate) email_invites: Option<EmailInvites>,
    pub(crate) auth_methods: Option<Restriction>,
    pub(crate) allowed_auth_methods: Option<Vec<String>>,
    pub(crate) mfa_policy: Option<MfaPolicy>,
    pub(crate) mfa_methods: Option<Restriction>,
    pub(crate) allowed_mfa_methods: Option<Vec<String>>,
    pub(crate) rbac_email_implicit_role_assignments: Option<Vec<(String, String)>>,
    pub(crate) oauth_tenant_jit_provisioning: Option<JitProvisioning>,
    pub(crate) allowed_oauth_tenants: Option<BTreeMap<String, Vec<String>>>,
    pub(crate) claimed_email_domains: Option<Vec<String>>,
    pub(crate) first_party_connected_apps_allowed_type: Option<Admits>,
    pub(crate) allowed_first_party_connected_apps: Option<Vec<String>>,
    pub(crate) third_party_connected_apps_allowed_type: Option<Admits>,
    pub(crate) allowed_third_party_connected_apps: Option<Vec<String>>,
}

/// Whether all methods are allowed or those of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restriction {
    AllAllowed,
    Restricted,
}

impl OrganizationChange {
    /// Whether anything is said of how people get in.
    fn names_auth_settings(&self) -> bool {
        self.sso_jit_provisioning.is_some()
            || self.email_allowed_domains.is_some()
            || self.email_jit_provisioning.is_some()
            || self.email_invites.is_some()
            || self.auth_methods.is_some()
            || self.allowed_auth_methods.is_some()
            || self.mfa_policy.is_some()
            || self.mfa_methods.is_some()
            || self.allowed_mfa_methods.is_some()
            || self.rbac_email_implicit_role_assignments.is_some()
            || self.oauth_tenant_jit_provisioning.is_some()
            || self.allowed_oauth_tenants.is_some()
    }

    /// The organization that this makes of a new one. Where anything is said of how people get in, nobody
    /// is invited unless that is said as well.
    pub(super) fn create(
        &self,
        new: Organization,
        role_exists: impl Fn(&RoleId) -> bool,
        now: Timestamp,
    ) -> Result<Organization, Rule> {
        let mut new = new;
        if self.names_auth_settings() && self.email_invites.is_none() {
            new.email_invites = EmailInvites::NotAllowed;
        }
        self.apply(&new, role_exists, now)
    }

    /// The organization after this change.
    pub(super) fn apply(
        &self,
        organization: &Organization,
        role_exists: impl Fn(&RoleId) -> bool,
        now: Timestamp,
    ) -> Result<Organization, Rule> {
        self.check_sizes()?;
        let mut o = organization.clone();
        o.updated_at = now;
        self.apply_names(&mut o)?;
        self.apply_joining(&mut o)?;
        self.apply_methods(&mut o)?;
        self.apply_roles(&mut o, role_exists)?;
        self.apply_federation(&mut o);
        check_joining(&o)?;
        Ok(o)
    }

    /// What has an end: an organization is read and answered with each of its sessions.
    fn check_sizes(&self) -> Result<(), Rule> {
        const ENTRIES: usize = 100;
        const ROLES: usize = 50;
        const CHARACTERS: usize = 256;
        let fits = |list: &Vec<String>| {
            list.len() <= ENTRIES && list.iter().all(|text| text.chars().count() <= CHARACTERS)
        };
        for (name, list) in [
            ("sso_jit_provisioning_allowed_connections", &self.sso_jit_provisioning_allowed_connections),
            ("email_allowed_domains", &self.email_allowed_domains),
            ("claimed_email_domains", &self.claimed_email_domains),
            ("allowed_auth_methods", &self.allowed_auth_methods),
            ("allowed_mfa_methods", &self.allowed_mfa_methods),
            ("allowed_first_party_connected_apps", &self.allowed_first_party_connected_apps),
            ("allowed_third_party_connected_apps", &self.allowed_third_party_connected_apps),
        ] {
            if !list.as_ref().is_none_or(fits) {
                return Err(Rule::Setting(name));
            }
        }
        let roles = self.rbac_email_implicit_role_assignments.as_ref();
        // With as many that a member has directly they have to fit into a JWT.
        if roles.is_some_and(|roles| roles.len() > ROLES) {
            return Err(Rule::Setting("rbac_email_implicit_role_assignments"));
        }
        let tenants = self.allowed_oauth_tenants.as_ref();
        let known = |provider: &String| ["slack", "hubspot", "github"].contains(&provider.as_str());
        if !tenants.is_none_or(|tenants| tenants.keys().all(known) && tenants.values().all(fits)) {
            return Err(Rule::Setting("allowed_oauth_tenants"));
        }
        let connection = self.sso_default_connection_id.as_ref();
        if connection.is_some_and(|id| id.chars().count() > CHARACTERS) {
            return Err(Rule::Setting("sso_default_connection_id"));
        }
        Ok(())
    }

    fn apply_names(&self, o: &mut Organization) -> Result<(), Rule> {
        if let Some(name) = &self.organization_name {
            o.organization_name = name_of(name)?;
        }
        if let Some(slug) = &self.organization_slug {
            o.organization_slug = Slug::parse(slug).map_err(|_| Rule::OrganizationSlug)?;
        }
        if let Some(url) = &self.organization_logo_url {
            let web = url.is_empty() || url.starts_with("https://") || url.starts_with("http://");
            if !web || url.len() > 2048 || url.chars().any(char::is_control) {
                return Err(Rule::LogoUrl);
            }
            o.organization_logo_url.clone_from(url);
        }
        if let Some(external_id) = &self.organization_external_id {
            o.organization_external_id = Some(external_id_of(external_id)?);
        }
        if let Some(metadata) = &self.trusted_metadata {
            merge_metadata(&mut o.trusted_metadata, metadata)?;
        }
        Ok(())
    }

    fn apply_joining(&self, o: &mut Organization) -> Result<(), Rule> {
        if let Some(domains) = &self.email_allowed_domains {
            o.email_allowed_domains = domains_of(domains)?;
        }
        if let Some(domains) = &self.claimed_email_domains {
            o.claimed_email_domains = domains_of(domains)?;
        }
        if let Some(jit) = self.email_jit_provisioning {
            o.email_jit_provisioning = jit;
        }
        if let Some(invites) = self.email_invites {
            o.email_invites = invites;
        }
        Ok(())
    }

    fn apply_methods(&self, o: &mut Organization) -> Result<(), Rule> {
        o.auth_methods = restricted(
            &o.auth_methods,
            self.auth_methods,
            self.allowed_auth_methods.as_deref(),
            |name| AuthMethod::ALL.into_iter().find(|method| method.as_str() == name),
            (Rule::AuthMethodName, Rule::AuthMethodsRequired),
        )?;
        o.mfa_methods = restricted(
            &o.mfa_methods,
            self.mfa_methods,
            self.allowed_mfa_methods.as_deref(),
            mfa_method,
            (Rule::MfaMethodName, Rule::MfaMethodsRequired),
        )?;
        if let Some(policy) = self.mfa_policy {
            o.mfa_policy = policy;
        }
        Ok(())
    }

    fn apply_roles(&self, o: &mut Organization, role_exists: impl Fn(&RoleId) -> bool) -> Result<(), Rule> {
        let Some(assignments) = &self.rbac_email_implicit_role_assignments else { return Ok(()) };
        let own: BTreeSet<&RoleId> = o.custom_roles.iter().map(|role| &role.role_id).collect();
        let assignment = |(domain, role): &(String, String)| {
            let unknown = || Rule::UnknownRole(role.clone());
            let role_id = RoleId::new(role).map_err(|_| unknown())?;
            if !role_exists(&role_id) && !own.contains(&role_id) {
                return Err(unknown());
            }
            Ok(ImplicitRole { domain: domain_of(domain)?, role_id })
        };
        o.rbac_email_implicit_role_assignments =
            assignments.iter().map(assignment).collect::<Result<_, Rule>>()?;
        Ok(())
    }

    /// What no door asks for yet, kept as it is said.
    fn apply_federation(&self, o: &mut Organization) {
        fn set<T: Clone>(kept: &mut T, said: Option<&T>) {
            if let Some(said) = said {
                kept.clone_from(said);
            }
        }
        let f = &mut o.federation;
        if let Some(connection) = &self.sso_default_connection_id {
            f.sso_default_connection_id = Some(connection.clone()).filter(|id| !id.is_empty());
        }
        set(&mut f.sso_jit_provisioning, self.sso_jit_provisioning.as_ref());
        set(
            &mut f.sso_jit_provisioning_allowed_connections,
            self.sso_jit_provisioning_allowed_connections.as_ref(),
        );
        set(&mut f.oauth_tenant_jit_provisioning, self.oauth_tenant_jit_provisioning.as_ref());
        set(&mut f.allowed_oauth_tenants, self.allowed_oauth_tenants.as_ref());
        set(
            &mut f.first_party_connected_apps_allowed_type,
            self.first_party_connected_apps_allowed_type.as_ref(),
        );
        set(&mut f.allowed_first_party_connected_apps, self.allowed_first_party_connected_apps.as_ref());
        set(
            &mut f.third_party_connected_apps_allowed_type,
            self.third_party_connected_apps_allowed_type.as_ref(),
        );
        set(&mut f.allowed_third_party_connected_apps, self.allowed_third_party_connected_apps.as_ref());
    }
}

/// Reads a second factor by its name.
pub(super) fn mfa_method(name: &str) -> Option<MfaMethod> {
    [MfaMethod::SmsOtp, MfaMethod::Totp].into_iter().find(|method| method.as_str() == name)
}

/// An organization's name: trimmed, 1 to 128 characters.
pub(super) fn name_of(name: &str) -> Result<String, Rule> {
    let name = name.trim();
    let fits = (1..=128).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(Rule::OrganizationName) }
}

/// An external id, which does not read like an id of ours or a word of a path.
pub(super) fn external_id_of(text: &str) -> Result<String, Rule> {
    let ours = ["organization-live-", "organization-test-", "member-live-", "member-test-"];
    // In paths these stand where ids do.
    let words = ["passwords", "mfa_phone_numbers", "search", "members"];
    let fits = OrganizationId::new(text).is_ok()
        && !ours.iter().any(|prefix| text.starts_with(prefix))
        && !words.contains(&text);
    if fits { Ok(text.to_owned()) } else { Err(Rule::ExternalIdForm) }
}

fn domain_of(text: &str) -> Result<Domain, Rule> {
    let domain = Domain::parse(text).map_err(|_| Rule::DomainForm(text.chars().take(255).collect()))?;
    if domain.is_common() { Err(Rule::DomainTooCommon(domain.to_string())) } else { Ok(domain) }
}

fn domains_of(texts: &[String]) -> Result<BTreeSet<Domain>, Rule> {
    let mut domains = BTreeSet::new();
    for text in texts {
        let domain = domain_of(text)?;
        if !domains.insert(domain.clone()) {
            return Err(Rule::DomainTwice(domain.to_string()));
        }
    }
    Ok(domains)
}

/// The methods after a change of the switch, the list or both.
fn restricted<M: Ord + Clone>(
    present: &Allowed<M>,
    switch: Option<Restriction>,
    list: Option<&[String]>,
    read: impl Fn(&str) -> Option<M>,
    (unknown, required): (Rule, Rule),
) -> Result<Allowed<M>, Rule> {
    let listed = list
        .map(|list| list.iter().map(|name| read(name)).collect::<Option<BTreeSet<M>>>().ok_or(unknown))
        .transpose()?;
    let restricts = match switch {
        Some(switch) => switch == Restriction::Restricted,
        None => matches!(present, Allowed::Restricted(_)),
    };
    if !restricts {
        return Ok(Allowed::All);
    }
    let methods = match (listed, present) {
        (Some(listed), _) => listed,
        (None, Allowed::Restricted(methods)) => methods.clone(),
        (None, Allowed::All) => BTreeSet::new(),
    };
    if methods.is_empty() { Err(required) } else { Ok(Allowed::Restricted(methods)) }
}

fn check_joining(o: &Organization) -> Result<(), Rule> {
    let by_domain = o.email_jit_provisioning == JitProvisioning::Restricted
        || o.email_invites == EmailInvites::Restricted;
    if by_domain && o.email_allowed_domains.is_empty() {
        return Err(Rule::DomainsRequired);
    }
    let closed = o.federation.sso_jit_provisioning == Admits::NotAllowed
        && o.email_jit_provisioning == JitProvisioning::NotAllowed
        && o.email_invites == EmailInvites::NotAllowed;
    if closed { Err(Rule::NoWayIn) } else { Ok(()) }
}

/// The custom roles that an organization may have: each once, none of the project's or of Stytch's, and
/// permitting actions that its resources have.
pub(super) fn custom_roles(roles: &[Role], policy: &crate::domain::RbacPolicy) -> Result<Vec<Role>, Rule> {
    let entries: usize = roles.iter().map(|role| 1 + role.permissions.len()).sum();
    let actions = roles.iter().flat_map(|role| &role.permissions).map(|given| given.actions.len());
    if entries > 500 || actions.max().unwrap_or_default() > 100 {
        return Err(Rule::RoleForm(
            "an organization has at most 500 roles and permissions together".to_owned(),
        ));
    }
    let mut seen = BTreeSet::new();
    for role in roles {
        let id = &role.role_id;
        if id.as_str().starts_with("stytch") || policy.has_role(id) {
            return Err(Rule::RoleForm(format!("the role {id} is the project's or Stytch's own")));
        }
        if !seen.insert(id) {
            return Err(Rule::RoleForm(format!("the role {id} stands there twice")));
        }
        if role.description.chars().count() > 1024 {
            return Err(Rule::RoleForm(format!("the description of {id} is longer than 1,024 characters")));
        }
        for permission in &role.permissions {
            let resource = policy.resources.iter().find(|known| known.resource_id == permission.resource_id);
            let Some(resource) = resource else {
                return Err(Rule::RoleForm(format!(
                    "the project has no resource {:?}",
                    permission.resource_id.chars().take(128).collect::<String>()
                )));
            };
            let known = |action: &String| action == "*" || resource.actions.contains(action);
            if let Some(unknown) = permission.actions.iter().find(|action| !known(action)) {
                return Err(Rule::RoleForm(format!(
                    "the resource {} has no action {:?}",
                    resource.resource_id,
                    unknown.chars().take(128).collect::<String>()
                )));
            }
        }
    }
    Ok(roles.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Environment, RbacPolicy};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn acme() -> Organization {
        let id = OrganizationId::mint(Environment::Test, [1; 16]);
        Organization::new(id, "Acme", Slug::parse("acme").unwrap(), NOW)
    }

    fn applied(change: &OrganizationChange) -> Result<Organization, Rule> {
        change.apply(&acme(), |role| *role == RoleId::admin(), NOW)
    }

    #[test]
    fn what_is_not_named_stays_and_a_list_is_replaced_whole() {
        let list = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        let change = OrganizationChange {
            auth_methods: Some(Restriction::Restricted),
            allowed_auth_methods: list(&["password", "email_otp"]),
            ..OrganizationChange::default()
        };
        let restricted = applied(&change).unwrap();
        assert_eq!(restricted.auth_methods, Allowed::only([AuthMethod::Password, AuthMethod::EmailOtp]));
        let other = OrganizationChange {
            allowed_auth_methods: list(&["magic_link"]),
            ..OrganizationChange::default()
        };
        let replaced = other.apply(&restricted, |_| false, NOW).unwrap();
        assert_eq!(replaced.auth_methods, Allowed::only([AuthMethod::MagicLink]));
        let nothing = OrganizationChange::default().apply(&replaced, |_| false, NOW).unwrap();
        assert_eq!(nothing, replaced);
        let opened = OrganizationChange {
            auth_methods: Some(Restriction::AllAllowed),
            ..OrganizationChange::default()
        };
        assert_eq!(opened.apply(&replaced, |_| false, NOW).unwrap().auth_methods, Allowed::All);
    }

    #[test]
    fn refuses_what_would_lock_everybody_out_or_means_nothing() {
        let change = OrganizationChange::default;
        let domains = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        for (change, rule) in [
            (
                OrganizationChange { auth_methods: Some(Restriction::Restricted), ..change() },
                Rule::AuthMethodsRequired,
            ),
            (
                OrganizationChange { mfa_methods: Some(Restriction::Restricted), ..change() },
                Rule::MfaMethodsRequired,
            ),
            (
                OrganizationChange {
                    mfa_methods: Some(Restriction::Restricted),
                    allowed_mfa_methods: domains(&["recovery_codes"]),
                    ..change()
                },
                Rule::MfaMethodName,
            ),
            (
                OrganizationChange { email_invites: Some(EmailInvites::Restricted), ..change() },
                Rule::DomainsRequired,
            ),
            (
                OrganizationChange { email_allowed_domains: domains(&["Gmail.com"]), ..change() },
                Rule::DomainTooCommon("gmail.com".into()),
            ),
            (
                OrganizationChange {
                    email_allowed_domains: domains(&["acme.example", "ACME.example"]),
                    ..change()
                },
                Rule::DomainTwice("acme.example".into()),
            ),
            (
                OrganizationChange { email_allowed_domains: domains(&["acme"]), ..change() },
                Rule::DomainForm("acme".into()),
            ),
            (
                OrganizationChange {
                    email_invites: Some(EmailInvites::NotAllowed),
                    sso_jit_provisioning: Some(Admits::NotAllowed),
                    ..change()
                },
                Rule::NoWayIn,
            ),
            (OrganizationChange { organization_name: Some("  ".into()), ..change() }, Rule::OrganizationName),
            (
                OrganizationChange { organization_slug: Some("a b".into()), ..change() },
                Rule::OrganizationSlug,
            ),
            (
                OrganizationChange { organization_logo_url: Some("javascript:alert(1)".into()), ..change() },
                Rule::LogoUrl,
            ),
            (
                OrganizationChange { organization_external_id: Some("a/b".into()), ..change() },
                Rule::ExternalIdForm,
            ),
            (
                OrganizationChange {
                    rbac_email_implicit_role_assignments: Some(vec![("acme.example".into(), "ghost".into())]),
                    ..change()
                },
                Rule::UnknownRole("ghost".into()),
            ),
        ] {
            assert_eq!(applied(&change), Err(rule));
        }
    }

    #[test]
    fn inviting_is_off_where_other_ways_in_are_named() {
        let silent = OrganizationChange { organization_name: Some("A".into()), ..Default::default() };
        let open = silent.create(acme(), |_| false, NOW).unwrap();
        assert_eq!(open.email_invites, EmailInvites::AllAllowed);
        let spoken = OrganizationChange { mfa_policy: Some(MfaPolicy::RequiredForAll), ..Default::default() };
        let closed = spoken.create(acme(), |_| false, NOW).unwrap();
        assert_eq!(closed.email_invites, EmailInvites::NotAllowed);
    }

    #[test]
    fn custom_roles_are_of_this_organization_and_permit_what_exists() {
        let policy = RbacPolicy::default();
        let role = |id: &str, resource: &str, action: &str| Role {
            role_id: RoleId::new(id).unwrap(),
            description: String::new(),
            permissions: vec![crate::domain::Permission {
                resource_id: resource.to_owned(),
                actions: vec![action.to_owned()],
            }],
        };
        let good = [role("inviter", "stytch.member", "create"), role("all", "stytch.member", "*")];
        assert_eq!(custom_roles(&good, &policy).unwrap(), good);
        for bad in [
            vec![role("stytch_owner", "stytch.member", "*")],
            vec![role("a", "nothing", "*")],
            vec![role("a", "stytch.member", "fly")],
            vec![role("a", "stytch.member", "*"), role("a", "stytch.member", "*")],
        ] {
            assert!(matches!(custom_roles(&bad, &policy), Err(Rule::RoleForm(_))), "{bad:?}");
        }
    }
}
