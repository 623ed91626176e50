//! A factor as the wire shows it: Stytch's B2B documentation, "Session object", `authentication_factors`.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::json;

use super::{Factor, FactorClass, FactorKind, OauthProvider, Subject};

/// Serializes a factor as Stytch does: `type`, `delivery_method`, times and one detail object.
#[derive(Clone, Copy, Debug)]
pub struct FactorView<'a>(pub &'a Factor);

impl Serialize for FactorView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let factor = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", factor.kind.as_str())?;
        map.serialize_entry("delivery_method", factor.kind.delivery_method())?;
        map.serialize_entry(
            "sequence_order",
            match factor.kind.class() {
                FactorClass::Primary => "PRIMARY",
                FactorClass::Secondary => "SECONDARY",
            },
        )?;
        map.serialize_entry("last_authenticated_at", &factor.last_authenticated_at)?;
        map.serialize_entry("created_at", &factor.created_at)?;
        map.serialize_entry("updated_at", &factor.last_authenticated_at)?;
        let id = &factor.credential_id;
        match (factor.kind, &factor.subject) {
            (
                FactorKind::MagicLink | FactorKind::EmailOtp,
                Subject::Email(address) | Subject::Named { address, .. },
            ) => {
                map.serialize_entry("email_factor", &json!({"email_id": id, "email_address": address}))?;
            }
            (FactorKind::Otp, Subject::Phone(number)) => {
                map.serialize_entry("phone_number_factor", &json!({"phone_id": id, "phone_number": number}))?;
            }
            (FactorKind::Totp, _) => {
                map.serialize_entry("authenticator_app_factor", &json!({"totp_id": id}))?;
            }
            (FactorKind::RecoveryCodes, _) => {
                map.serialize_entry("recovery_code_factor", &json!({"totp_recovery_code_id": id}))?;
            }
            (FactorKind::Oauth(provider), _) => {
                map.serialize_entry(oauth_detail(provider), &json!({"id": id, "provider_subject": id}))?;
            }
            (FactorKind::Sso, _) => {
                map.serialize_entry(
                    "oidc_sso_factor",
                    &json!({"id": id, "provider_id": "", "external_id": id}),
                )?;
            }
            (FactorKind::Password | FactorKind::MagicLink | FactorKind::EmailOtp | FactorKind::Otp, _) => {}
        }
        map.end()
    }
}

fn oauth_detail(provider: OauthProvider) -> &'static str {
    match provider {
        OauthProvider::Google => "google_oauth_factor",
        OauthProvider::Microsoft => "microsoft_oauth_factor",
        OauthProvider::Slack => "slack_oauth_factor",
        OauthProvider::Github => "github_oauth_factor",
        OauthProvider::Hubspot => "hubspot_oauth_factor",
    }
}
