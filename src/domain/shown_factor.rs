//! A factor read again from what [`FactorView`](super::FactorView) shows of it.

use serde::Deserialize;

use super::{
    CredentialId, EmailAddress, Factor, FactorKind, MemberId, OauthProvider, OrganizationId, PhoneNumber,
    Subject, Timestamp,
};

/// A factor as the wire shows it, with at most one detail object.
#[derive(Deserialize)]
pub(crate) struct ShownFactor {
    #[serde(rename = "type")]
    kind: String,
    delivery_method: String,
    last_authenticated_at: Timestamp,
    created_at: Timestamp,
    #[serde(
        rename = "email_factor",
        alias = "phone_number_factor",
        alias = "authenticator_app_factor",
        alias = "recovery_code_factor",
        alias = "google_oauth_factor",
        alias = "microsoft_oauth_factor",
        alias = "slack_oauth_factor",
        alias = "github_oauth_factor",
        alias = "hubspot_oauth_factor",
        alias = "oidc_sso_factor"
    )]
    detail: Option<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(
        rename = "id",
        alias = "email_id",
        alias = "phone_id",
        alias = "totp_id",
        alias = "totp_recovery_code_id"
    )]
    credential_id: CredentialId,
    email_address: Option<EmailAddress>,
    phone_number: Option<PhoneNumber>,
}

const KINDS: [FactorKind; 12] = [
    FactorKind::MagicLink,
    FactorKind::EmailOtp,
    FactorKind::Password,
    FactorKind::Oauth(OauthProvider::Google),
    FactorKind::Oauth(OauthProvider::Microsoft),
    FactorKind::Oauth(OauthProvider::Slack),
    FactorKind::Oauth(OauthProvider::Github),
    FactorKind::Oauth(OauthProvider::Hubspot),
    FactorKind::Sso,
    FactorKind::Otp,
    FactorKind::Totp,
    FactorKind::RecoveryCodes,
];

impl ShownFactor {
    /// How it was proved; nothing where this version knows no such way.
    pub(crate) fn kind(&self) -> Option<FactorKind> {
        let same =
            |kind: &FactorKind| kind.as_str() == self.kind && kind.delivery_method() == self.delivery_method;
        KINDS.into_iter().find(same)
    }

    /// The factor, as one of this member; nothing where the detail does not belong to the kind.
    pub(crate) fn read(
        self,
        kind: FactorKind,
        member_id: &MemberId,
        organization_id: &OrganizationId,
    ) -> Option<Factor> {
        let (subject, credential_id) = match (kind, self.detail) {
            // Whether the address was proved, or the application has vouched for its owner, is not shown:
            // the lesser of the two.
            (
                FactorKind::MagicLink | FactorKind::EmailOtp,
                Some(Detail { credential_id, email_address: Some(address), phone_number: None }),
            ) => (Subject::Named { address, organizations: vec![organization_id.clone()] }, credential_id),
            (
                FactorKind::Otp,
                Some(Detail { credential_id, phone_number: Some(number), email_address: None }),
            ) => (Subject::Phone(number), credential_id),
            // A member has one password, which nothing but the member names here.
            (FactorKind::Password, None) => {
                (Subject::Member(member_id.clone()), CredentialId::new(member_id).ok()?)
            }
            (
                FactorKind::Totp | FactorKind::RecoveryCodes | FactorKind::Oauth(_) | FactorKind::Sso,
                Some(Detail { credential_id, email_address: None, phone_number: None }),
            ) => (Subject::Member(member_id.clone()), credential_id),
            _ => return None,
        };
        Some(Factor {
            kind,
            subject,
            credential_id,
            last_authenticated_at: self.last_authenticated_at,
            created_at: self.created_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::FactorView;

    fn factor(kind: FactorKind) -> Factor {
        let subject = match kind {
            FactorKind::MagicLink | FactorKind::EmailOtp => {
                Subject::Email(EmailAddress::parse("ada@acme.example").unwrap())
            }
            FactorKind::Otp => Subject::Phone(PhoneNumber::parse("+15551234567").unwrap()),
            _ => Subject::Member(MemberId::new("ada").unwrap()),
        };
        let mut factor =
            Factor::new(kind, subject, CredentialId::new("credential").unwrap(), Timestamp::from_millis(7));
        factor.last_authenticated_at = Timestamp::from_millis(70);
        factor
    }

    fn read(shown: &Value) -> Option<Factor> {
        let shown: ShownFactor = serde_json::from_value(shown.clone()).ok()?;
        let kind = shown.kind()?;
        shown.read(kind, &MemberId::new("ada").unwrap(), &OrganizationId::new("acme").unwrap())
    }

    #[test]
    fn every_kind_is_read_as_it_is_shown() {
        for kind in KINDS {
            let factor = factor(kind);
            let shown = serde_json::to_value(FactorView(&factor)).unwrap();
            let again = read(&shown).unwrap();
            assert_eq!(again.kind, kind);
            assert_eq!(serde_json::to_value(FactorView(&again)).unwrap(), shown);
        }
    }

    #[test]
    fn an_address_counts_no_further_than_it_is_known_to() {
        let shown = serde_json::to_value(FactorView(&factor(FactorKind::EmailOtp))).unwrap();
        assert!(matches!(read(&shown).unwrap().subject, Subject::Named { .. }));
    }

    #[test]
    fn refuses_details_that_are_missing_or_of_another_kind() {
        let shown = |kind| serde_json::to_value(FactorView(&factor(kind))).unwrap();
        for kind in KINDS {
            for other in KINDS {
                let (mut changed, detail) = (shown(kind), shown(other));
                let own = |name: &String| name.ends_with("_factor");
                changed.as_object_mut().unwrap().retain(|name, _| !own(name));
                let (has, brings) = (changed.clone(), detail.as_object().unwrap());
                changed
                    .as_object_mut()
                    .unwrap()
                    .extend(brings.iter().filter(|(name, _)| own(name)).map(|(n, v)| (n.clone(), v.clone())));
                let alike = |kind| match kind {
                    FactorKind::MagicLink | FactorKind::EmailOtp => 0,
                    FactorKind::Otp => 1,
                    FactorKind::Password => 2,
                    _ => 3,
                };
                assert_eq!(read(&changed).is_some(), alike(kind) == alike(other), "{kind:?} {other:?}");
                assert_eq!(read(&has).is_some(), kind == FactorKind::Password, "{kind:?} without");
            }
        }
    }

    #[test]
    fn refuses_two_details_and_what_has_no_time() {
        let right = serde_json::to_value(FactorView(&factor(FactorKind::Totp))).unwrap();
        let with = |name: &str, value: Value| {
            let mut changed = right.clone();
            changed[name] = value;
            changed
        };
        assert!(read(&with("phone_number_factor", json!({"phone_id": "x"}))).is_none());
        assert!(read(&with("last_authenticated_at", json!("yesterday"))).is_none());
        assert!(read(&with("last_authenticated_at", json!(1_800_000_000))).is_none());
        assert!(read(&with("delivery_method", json!("pigeon"))).is_none());
    }
}
