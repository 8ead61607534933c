//! What users may do with clients of their own.

use argus_domain::scope::{is_about_user, is_scope_token};
use argus_domain::{Pointer, Problem};
use serde::Deserialize;

use crate::clients::ClientKind;

/// `[self_service]`: clients that users register.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SelfServiceSettings {
    /// Whether users may register clients at all.
    pub enabled: bool,
    /// Kinds of clients they may register.
    pub kinds: Vec<ClientKind>,
    /// Scopes that such a client may have, unless an administrator gives it more.
    pub scopes: Vec<String>,
    /// Clients that one user may have.
    pub max_clients: u32,
    /// Whether an administrator has to approve each new client, and each change of what it is.
    pub approval: bool,
    /// Claim providers that users may ask administrators for; absent = all.
    pub claim_providers: Option<Vec<String>>,
}

impl Default for SelfServiceSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            kinds: vec![ClientKind::Web, ClientKind::Spa, ClientKind::Native],
            scopes: ["openid", "profile", "email", "phone", "offline_access"].map(str::to_owned).to_vec(),
            max_clients: 5,
            approval: false,
            claim_providers: None,
        }
    }
}

impl SelfServiceSettings {
    /// Every rule beyond the shape of a value.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn check(&self) -> Result<(), String> {
        if self.kinds.is_empty() {
            return Err("kinds must name at least one kind; `enabled = false` turns it off".to_owned());
        }
        // A client of a user that an administrator lets in must not administer in the administrator's name.
        match self.scopes.iter().find(|scope| !is_scope_token(scope) || argus_domain::scope::is_standard(scope) && !is_about_user(scope)) {
            Some(scope) => Err(format!("scopes must not name {scope}: it is no scope, or one of the administration")),
            None => Ok(()),
        }
    }

    pub(super) fn check_kind(&self, kind: ClientKind) -> Option<Problem> {
        (!self.kinds.contains(&kind))
            .then(|| Problem::new(Pointer::root().join("kind"), "clients of this kind are registered by administrators"))
    }

    /// Scopes beyond the policy and beyond those that the client has.
    pub(super) fn check_scopes(&self, scopes: &[String], has: &[String]) -> Vec<Problem> {
        let at = Pointer::root().join("scopes");
        let is_refused = |scope: &String| !self.scopes.contains(scope) && !has.contains(scope);
        let refused = scopes.iter().enumerate().filter(|(_, scope)| is_refused(scope));
        refused.map(|(i, _)| Problem::new(at.join(i), "is given by administrators only")).collect()
    }

    pub(super) fn offers(&self, provider: &str) -> bool {
        self.claim_providers.as_ref().is_none_or(|names| names.iter().any(|name| name == provider))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_let_to_administer() {
        assert_eq!(SelfServiceSettings::default().check(), Ok(()));
        for scope in ["clients:write", "directory:read", "a b", ""] {
            let settings = SelfServiceSettings { scopes: vec![scope.to_owned()], ..SelfServiceSettings::default() };
            assert!(settings.check().is_err(), "{scope}");
        }
        let resource = SelfServiceSettings { scopes: vec!["cases:read".to_owned()], ..SelfServiceSettings::default() };
        assert_eq!(resource.check(), Ok(()));
        assert!(SelfServiceSettings { kinds: Vec::new(), ..SelfServiceSettings::default() }.check().is_err());
    }
}
