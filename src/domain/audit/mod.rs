//! What has happened, for those who have to know later. Ids, times and reasons, and no secret: there is
//! no field that one could stand in.

mod kind;
mod reason;

use serde::{Deserialize, Serialize};

pub use kind::AuditKind;
pub use reason::{Admission, AuditReason, ForbiddenReason, LimitKind};

use super::{AuditEventId, MemberId, OrganizationId, SessionId, Timestamp};

/// Something that has happened: what, when, to whom, and who called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditEvent {
    /// Its id; a repeat of the same one is the same event.
    pub event_id: AuditEventId,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: AuditKind,
    /// In which organization, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// To which member, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// To which member session, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_session_id: Option<SessionId>,
    /// The address that the request came from; empty when unknown, or when no request was behind it.
    #[serde(default)]
    pub ip_address: String,
    /// What the caller called itself, cut to 256 characters.
    #[serde(default)]
    pub user_agent: String,
}

impl AuditEvent {
    /// An event of which no more is known.
    #[must_use]
    pub fn new(event_id: AuditEventId, at: Timestamp, kind: AuditKind) -> Self {
        Self {
            event_id,
            at,
            kind,
            organization_id: None,
            member_id: None,
            member_session_id: None,
            ip_address: String::new(),
            user_agent: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Environment, FactorKind, OauthProvider};

    #[test]
    fn is_read_back_and_named_after_its_kind() {
        let kinds = [
            AuditKind::SignedIn { factors: vec![FactorKind::Oauth(OauthProvider::Google), FactorKind::Totp] },
            AuditKind::Refused {
                factor: FactorKind::EmailOtp,
                reason: AuditReason::WrongCode,
                credential_id: None,
            },
            AuditKind::Locked { until: Timestamp::from_millis(7) },
            AuditKind::SignedOut,
        ];
        for kind in kinds {
            let id = AuditEventId::mint(Environment::Test, [7; 16]);
            let event = AuditEvent::new(id, Timestamp::from_millis(1_800_000_000_000), kind);
            let json = serde_json::to_string(&event).unwrap();
            assert!(json.contains(&format!("\"kind\":\"{}\"", event.kind.name())), "{json}");
            assert_eq!(serde_json::from_str::<AuditEvent>(&json).unwrap(), event, "{json}");
        }
    }
}
