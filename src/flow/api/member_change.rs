//! What a server wants of a member, and the rules that it has to keep. Pure.

use serde_json::{Map, Value};

use super::{Rule, organization_change::external_id_of};
use crate::domain::{CredentialId, EmailAddress, Member, RetiredAddress, RoleId, Timestamp};

/// A change of what the directory knows of a member: what is not named stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemberChange {
    pub(crate) name: Option<String>,
    pub(crate) trusted_metadata: Option<Map<String, Value>>,
    pub(crate) untrusted_metadata: Option<Map<String, Value>>,
    pub(crate) is_breakglass: Option<bool>,
    pub(crate) roles: Option<Vec<RoleId>>,
    pub(crate) external_id: Option<String>,
    pub(crate) email_address: Option<EmailAddress>,
    /// Whether the former address is forgotten instead of kept among the retired ones.
    pub(crate) unlink_email: bool,
}

impl MemberChange {
    /// The member after this change. `former` is the id of the address that they have now.
    pub(super) fn apply(
        &self,
        member: &Member,
        former: CredentialId,
        now: Timestamp,
    ) -> Result<Member, Rule> {
        let mut m = member.clone();
        m.updated_at = now;
        if let Some(name) = &self.name {
            m.name = member_name(name)?;
        }
        if let Some(metadata) = &self.trusted_metadata {
            merge_metadata(&mut m.trusted_metadata, metadata)?;
        }
        if let Some(metadata) = &self.untrusted_metadata {
            merge_metadata(&mut m.untrusted_metadata, metadata)?;
        }
        if let Some(breakglass) = self.is_breakglass {
            m.is_breakglass = breakglass;
        }
        if let Some(roles) = &self.roles {
            m.roles.clone_from(roles);
        }
        if let Some(external_id) = &self.external_id {
            m.external_id = Some(external_id_of(external_id)?);
        }
        if let Some(address) = &self.email_address {
            change_address(&mut m, address, former, self.unlink_email);
        }
        Ok(m)
    }
}

/// Gives a member another address, which has to be proved anew. The former one is retired, or forgotten.
pub(super) fn change_address(m: &mut Member, to: &EmailAddress, former: CredentialId, forget: bool) {
    if m.email_address == *to {
        return;
    }
    m.retired_email_addresses.retain(|retired| retired.email_address != *to);
    if !forget {
        let retired = RetiredAddress { email_id: former, email_address: m.email_address.clone() };
        m.retired_email_addresses.push(retired);
    }
    m.email_address = to.clone();
    m.email_address_verified = false;
}

/// A person's name: at most 256 characters, none of them a control character.
pub(super) fn member_name(name: &str) -> Result<String, Rule> {
    let name = name.trim();
    let fits = name.chars().count() <= 256 && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(Rule::Setting("name")) }
}

/// Merges metadata: a value overwrites, `null` deletes, what is not named stays.
pub(super) fn merge_metadata(into: &mut Map<String, Value>, patch: &Map<String, Value>) -> Result<(), Rule> {
    for (key, value) in patch {
        if value.is_null() {
            into.remove(key);
        } else {
            into.insert(key.clone(), value.clone());
        }
    }
    let size = serde_json::to_vec(&into).map_or(usize::MAX, |json| json.len());
    if into.len() > 20 {
        return Err(Rule::MetadataKeys);
    }
    if size > 4096 { Err(Rule::MetadataTooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn metadata_merge_on_their_first_level_and_have_an_end() {
        let mut metadata = map(&json!({"a": 1, "b": {"x": 1}, "c": 3}));
        merge_metadata(&mut metadata, &map(&json!({"a": null, "b": {"y": 2}, "d": [null]}))).unwrap();
        assert_eq!(Value::Object(metadata.clone()), json!({"b": {"y": 2}, "c": 3, "d": [null]}));
        let large = map(&json!({"a": "x".repeat(4096)}));
        assert_eq!(merge_metadata(&mut metadata.clone(), &large), Err(Rule::MetadataTooLarge));
        let many = (0..21).map(|n| (n.to_string(), json!(n))).collect();
        assert_eq!(merge_metadata(&mut metadata, &many), Err(Rule::MetadataKeys));
    }
}
