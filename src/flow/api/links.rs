//! Links that a server asks for: they lead to an address of its own, and are used by a call of its own.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{ApiError, Rule};
use crate::{
    deliver::Message,
    domain::{
        ApiLink, AuditKind, CredentialId, Digest, EmailAddress, FactorKind, LinkPurpose, MagicLink, Scope,
        Secret,
    },
    flow::{About, Caller, Engine, Error, ErrorKind},
    store::TakenLink,
    token::{OpaqueToken, TokenKind, sha256},
};

/// The challenge of a proof key (RFC 7636 §4.2, method `S256`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeChallenge(Digest);

impl CodeChallenge {
    /// Reads the SHA-256 of a verifier in base64url.
    pub(crate) fn parse(text: &str) -> Result<Self, Rule> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(|bytes| Self(Digest(bytes))).ok_or(Rule::PkceChallenge)
    }
}

/// A link that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct LinkTo {
    pub(crate) address: EmailAddress,
    pub(crate) scope: Scope,
    pub(crate) purpose: LinkPurpose,
    /// Where it leads, up to what is added to its query.
    pub(crate) redirect_url: String,
    /// What stands in its query, such as `discovery`.
    pub(crate) token_type: &'static str,
    pub(crate) slug: Option<String>,
    pub(crate) lifetime: Duration,
    pub(crate) challenge: Option<CodeChallenge>,
}

/// A link that was used.
#[derive(Clone, Debug)]
pub(crate) struct UsedLink {
    pub(crate) address: EmailAddress,
    pub(crate) scope: Scope,
    pub(crate) purpose: LinkPurpose,
    pub(crate) email_id: CredentialId,
}

impl Engine {
    /// Stores a link, and posts the message that `letter` writes of its address, which was counted before.
    pub(super) async fn send_api_link(
        &self,
        link: LinkTo,
        letter: impl FnOnce(EmailAddress, &str) -> Message,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        let token = OpaqueToken::new(kind_of(&link.purpose)).map_err(Error::from)?;
        let email_id = self.email_id(&link.address);
        let stored = MagicLink {
            digest: token.digest(),
            address: link.address.clone(),
            scope: link.scope,
            email_id: email_id.clone(),
            browser: None,
            return_to: None,
            expires_at: caller.now.after(link.lifetime),
            api: Some(Box::new(ApiLink {
                purpose: link.purpose,
                code_challenge: link.challenge.map(|challenge| challenge.0),
            })),
        };
        self.stores.links.put(&stored, caller.now).await?;
        let between = if link.redirect_url.contains('?') { '&' } else { '?' };
        let slug = link.slug.map(|slug| format!("&slug={slug}")).unwrap_or_default();
        let url = Secret::new(format!(
            "{}{between}stytch_token_type={}&token={}{slug}",
            link.redirect_url,
            link.token_type,
            token.expose(),
        ));
        self.post(letter(link.address, url.expose()))?;
        let factor = FactorKind::MagicLink;
        self.tell(AuditKind::Sent { factor, credential_id: email_id }, About::nobody(), caller);
        Ok(())
    }

    /// Looks at a link that a server asked for, without using it; nothing where it is not good any more. Whoever
    /// lacks the verifier that it was asked for with does not spend it. `wanted` says which links this call
    /// takes: another is as if it were unknown.
    pub(super) async fn look_at_api_link(
        &self,
        token: &OpaqueToken,
        verifier: Option<&Secret>,
        wanted: impl Fn(&MagicLink, &LinkPurpose) -> bool,
        caller: &Caller,
    ) -> Result<Option<MagicLink>, ApiError> {
        let unknown = || ApiError::from(ErrorKind::UnknownLink);
        let Some(link) = self.stores.links.peek(&token.digest(), caller.now).await? else { return Ok(None) };
        let api = link.api.as_ref().ok_or_else(unknown)?;
        if !wanted(&link, &api.purpose) {
            return Err(unknown());
        }
        check_verifier(api.code_challenge.as_ref(), verifier)?;
        Ok(Some(link))
    }

    /// Uses up a link that was looked at.
    ///
    /// # Errors
    /// `SpentLink` where it was used before or is too old; `UnknownLink`.
    pub(super) async fn take_api_link(
        &self,
        token: &OpaqueToken,
        caller: &Caller,
    ) -> Result<UsedLink, ApiError> {
        match self.stores.links.take(&token.digest(), caller.now).await? {
            TakenLink::Fresh(MagicLink { address, scope, email_id, api: Some(api), .. }) => {
                Ok(UsedLink { address, scope, purpose: api.purpose, email_id })
            }
            TakenLink::Spent => {
                let (factor, error) = (FactorKind::MagicLink, ErrorKind::SpentLink);
                Err(self.refused(factor, error, None, About::nobody(), caller).into())
            }
            TakenLink::Fresh(_) | TakenLink::Unknown => Err(ErrorKind::UnknownLink.into()),
        }
    }
}

/// Reads the token of a link; another kind's is as if it were unknown.
pub(super) fn link_token(kind: TokenKind, token: &Secret) -> Result<OpaqueToken, ApiError> {
    OpaqueToken::parse(kind, token.expose().as_bytes()).ok_or_else(|| ErrorKind::UnknownLink.into())
}

fn kind_of(purpose: &LinkPurpose) -> TokenKind {
    match purpose {
        LinkPurpose::SignIn | LinkPurpose::AddressChange(_) => TokenKind::MagicLink,
        LinkPurpose::PasswordReset { .. } => TokenKind::PasswordReset,
    }
}

fn check_verifier(challenge: Option<&Digest>, verifier: Option<&Secret>) -> Result<(), Rule> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(Rule::PkceMissing),
        (None, Some(_)) => Err(Rule::PkceUnexpected),
        // Both are digests of what is not known: comparing them tells nobody anything.
        (Some(challenge), Some(verifier)) => {
            if sha256(&[verifier.expose().as_bytes()]) == *challenge {
                Ok(())
            } else {
                Err(Rule::PkceMismatch)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_has_to_fit_its_challenge() {
        // RFC 7636, appendix B.
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        let check = |challenge: Option<CodeChallenge>, verifier| {
            check_verifier(challenge.as_ref().map(|challenge| &challenge.0), verifier)
        };
        assert_eq!(check(Some(challenge), Some(&verifier)), Ok(()));
        assert_eq!(check(None, None), Ok(()));
        assert_eq!(check(Some(challenge), None), Err(Rule::PkceMissing));
        assert_eq!(check(None, Some(&verifier)), Err(Rule::PkceUnexpected));
        assert_eq!(check(Some(challenge), Some(&Secret::new("x"))), Err(Rule::PkceMismatch));
        for text in ["", "x", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", "%%%"] {
            assert_eq!(CodeChallenge::parse(text).err(), Some(Rule::PkceChallenge), "{text:?}");
        }
    }
}
