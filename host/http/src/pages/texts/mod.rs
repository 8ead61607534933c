//! Every sentence of the pages, so that another language is another constant.
//!
//! Sentences that name somebody are in two halves, before and after the name: the templates set the name in bold.

/// A struct of sentences with its English: each sentence stands in one place.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $english:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name {
            $(pub(crate) $field: &'static str,)*
        }

        impl $name {
            /// English.
            pub(crate) const ENGLISH: Self = Self { $($field: $english,)* };
        }
    };
}

mod account;
mod admin;
mod apps;
mod claims_form;
mod directory;
mod operations;
mod providers;
mod reference;

pub(crate) use account::AccountTexts;
pub(crate) use admin::AdminTexts;
pub(crate) use apps::AppsTexts;
pub(crate) use claims_form::ClaimsFormTexts;
pub(crate) use directory::DirectoryTexts;
pub(crate) use operations::OperationsTexts;
pub(crate) use providers::ProviderTexts;
pub(crate) use reference::ReferenceTexts;

/// The sentences of one language.
#[derive(Debug)]
pub(crate) struct Texts {
    /// For the `lang` attribute.
    pub(crate) language: &'static str,
    pub(crate) footer: &'static str,
    pub(crate) account: AccountTexts,
    pub(crate) admin: AdminTexts,
    pub(crate) apps: AppsTexts,
    pub(crate) claims_form: ClaimsFormTexts,
    pub(crate) directory: DirectoryTexts,
    pub(crate) operations: OperationsTexts,
    pub(crate) providers: ProviderTexts,
    pub(crate) reference: ReferenceTexts,

    pub(crate) sign_in_title: &'static str,
    pub(crate) sign_in_to: &'static str,
    pub(crate) username: &'static str,
    pub(crate) password: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) sign_in_wrong_credentials: &'static str,
    pub(crate) sign_in_nobody_yet: &'static str,
    pub(crate) sign_in_too_many_attempts: &'static str,
    pub(crate) sign_in_busy: &'static str,
    pub(crate) sign_in_no_organisation: &'static str,
    pub(crate) sign_in_organisation: &'static str,
    pub(crate) sign_in_elsewhere: &'static str,
    pub(crate) sign_in_with: &'static str,
    pub(crate) link_title: &'static str,
    pub(crate) link_known_as: &'static str,
    pub(crate) link_explained: &'static str,
    pub(crate) link_button: &'static str,
    pub(crate) link_new: &'static str,

    pub(crate) consent_title: &'static str,
    pub(crate) consent_asks: &'static str,
    pub(crate) signed_in_as: &'static str,
    pub(crate) not_you: &'static str,
    pub(crate) consent_scopes: &'static str,
    pub(crate) consent_claims: &'static str,
    pub(crate) consent_claim: &'static str,
    pub(crate) consent_value: &'static str,
    pub(crate) consent_from: &'static str,
    pub(crate) allow: &'static str,
    pub(crate) deny: &'static str,

    pub(crate) sign_out_title: &'static str,
    pub(crate) sign_out_asks: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) stay: &'static str,
    pub(crate) signed_out_title: &'static str,
    pub(crate) signed_out: &'static str,
    pub(crate) sign_in_again: &'static str,

    pub(crate) home_title: &'static str,
    pub(crate) home_nobody: &'static str,
    pub(crate) home_account: &'static str,

    pub(crate) form_post_title: &'static str,
    pub(crate) form_post_wait: &'static str,
    pub(crate) form_post_press: &'static str,
    pub(crate) form_post_continue: &'static str,

    pub(crate) error_code: &'static str,
    pub(crate) error_link_title: &'static str,
    pub(crate) error_link: &'static str,
    pub(crate) error_link_advice: &'static str,
    pub(crate) error_request_title: &'static str,
    pub(crate) error_request_advice: &'static str,
    pub(crate) error_malformed: &'static str,
    pub(crate) error_too_large: &'static str,
    pub(crate) error_not_found_title: &'static str,
    pub(crate) error_not_found: &'static str,
    pub(crate) error_not_found_advice: &'static str,
    pub(crate) error_form_title: &'static str,
    pub(crate) error_form: &'static str,
    pub(crate) error_form_advice: &'static str,
    pub(crate) error_unavailable_title: &'static str,
    pub(crate) error_unavailable: &'static str,
    pub(crate) error_timed_out: &'static str,
    pub(crate) error_failed_title: &'static str,
    pub(crate) error_failed: &'static str,
    pub(crate) error_try_again: &'static str,
}

/// English.
pub(crate) const ENGLISH: Texts = Texts {
    language: "en",
    footer: "Sign-in service of",
    account: AccountTexts::ENGLISH,
    admin: AdminTexts::ENGLISH,
    apps: AppsTexts::ENGLISH,
    claims_form: ClaimsFormTexts::ENGLISH,
    directory: DirectoryTexts::ENGLISH,
    operations: OperationsTexts::ENGLISH,
    providers: ProviderTexts::ENGLISH,
    reference: ReferenceTexts::ENGLISH,

    sign_in_title: "Sign in",
    sign_in_to: "to continue to",
    username: "User name",
    password: "Password",
    sign_in: "Sign in",
    sign_in_wrong_credentials: "The user name or the password is not right.",
    sign_in_nobody_yet: "Nobody can sign in yet: open the link that the server printed when it started, or make one with: argus admin link",
    sign_in_too_many_attempts: "There were too many failed attempts. Wait a little, then try again.",
    sign_in_busy: "Many people are signing in right now. Try again in a moment.",
    sign_in_no_organisation: "No organisation signs in with that e-mail address. Type your address at the organisation, or your password.",
    sign_in_organisation: "Find my organisation by e-mail",
    sign_in_elsewhere: "Sign in at your organisation",
    sign_in_with: "Continue with",
    link_title: "Connect your account",
    link_known_as: "You have signed in as",
    link_explained: "If you have an account here, sign in with it once: from then on it is yours there, too.",
    link_button: "Connect",
    link_new: "I have no account here",

    consent_title: "Allow access?",
    consent_asks: "asks for access to your information.",
    signed_in_as: "Signed in as",
    not_you: "Not you?",
    consent_scopes: "It asks for",
    consent_claims: "It will be told",
    consent_claim: "Name",
    consent_value: "Value",
    consent_from: "from",
    allow: "Allow",
    deny: "Deny",

    sign_out_title: "Sign out?",
    sign_out_asks: "asks you to sign out.",
    sign_out: "Sign out",
    stay: "Stay signed in",
    signed_out_title: "You are signed out",
    signed_out: "You can close this window. On a shared computer, close the whole browser.",
    sign_in_again: "Sign in again",

    home_title: "Your sign-in",
    home_nobody: "Nobody is signed in here with this browser.",
    home_account: "Your account",

    form_post_title: "One moment",
    form_post_wait: "You are being sent back to the application.",
    form_post_press: "Your browser does not run scripts. Press the button to go on.",
    form_post_continue: "Continue",

    error_code: "Reference for support",
    error_link_title: "This link does not work any more",
    error_link: "It was used, replaced by a newer one, or is older than a day.",
    error_link_advice: "Ask an administrator for a new one. Whoever runs the server makes one with: argus admin link",
    error_request_title: "This request cannot be completed",
    error_request_advice: "Go back to the application and try again. If it happens again, its makers have to look into it.",
    error_malformed: "The request that brought you here cannot be read.",
    error_too_large: "The request that brought you here is too large.",
    error_not_found_title: "Nothing is here",
    error_not_found: "This address does not lead to any page.",
    error_not_found_advice: "Check the address, or go back to the application you came from.",
    error_form_title: "This form is no longer valid",
    error_form: "For your safety nothing was done: the form did not come from this site, or it lay open for too long.",
    error_form_advice: "Go back, reload the page and try again. Cookies have to be allowed for this site.",
    error_unavailable_title: "Not available right now",
    error_unavailable: "The service cannot be reached at the moment.",
    error_timed_out: "The service took too long to answer.",
    error_failed_title: "Something went wrong",
    error_failed: "The request could not be completed. The fault is on our side.",
    error_try_again: "Try again in a moment. If it happens again, tell your support the reference below.",
};
