//! Where a sign-in leads that no application asked for: back to the page of ours that had to ask for it.

use form_urlencoded::Serializer;

use crate::app::App;
use crate::endpoint;

/// Longest address kept.
const MAX_BYTES: usize = 1_000;

/// Path and query of a page of ours. Nothing else can be one: a link that came with somebody else's address would send people there
/// who have just typed their password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NextPage(String);

impl NextPage {
    /// Accepts the address of a page that asks for a sign-in; of anything else there is none.
    pub(crate) fn parse(base: &str, text: &str) -> Option<Self> {
        let path = text.strip_prefix(base)?;
        let is_ours = [endpoint::ACCOUNT.path, endpoint::ADMIN.path, endpoint::APPS.path]
            .into_iter()
            .any(|area| path.strip_prefix(area).is_some_and(|below| below.is_empty() || below.starts_with(['/', '?'])));
        let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#');
        (is_ours && is_plain && text.len() <= MAX_BYTES).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The sign-in page that leads there.
    pub(crate) fn sign_in(&self, app: &App) -> String {
        let query = Serializer::new(String::new()).append_pair("next", &self.0).finish();
        format!("{}{}?{query}", app.base(), endpoint::LOGIN.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_ask_for_a_sign_in_are_led_to() {
        for text in ["/account", "/account/sessions", "/account?x=1", "/admin/clients?q=a%20b"] {
            assert_eq!(NextPage::parse("", text).map(|next| next.as_str().to_owned()).as_deref(), Some(text));
        }
        assert!(NextPage::parse("/base", "/base/account/password").is_some());
        for text in [
            "",
            "/",
            "/accounts",
            "/login",
            "//evil.example/account",
            "https://evil.example/account",
            "/account\\x",
            "/account x",
            "/account\n",
            "/account#x",
            "/base/account",
            "@evil.example/account",
        ] {
            assert_eq!(NextPage::parse("", text), None, "{text}");
        }
        assert_eq!(NextPage::parse("/base", "/account"), None);
        assert_eq!(NextPage::parse("", &format!("/account?{}", "x".repeat(MAX_BYTES))), None);
    }
}
