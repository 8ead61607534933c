//! Sentences of the form that a script makes of the schemas of claim providers.

texts! {
    /// Sentences of the form that a script makes of the schemas of claim providers.
    ClaimsFormTexts {
        unreadable: "The document below cannot be read as it is typed; mend it, and the form comes back.",
        unknown: "Its configuration is typed in the document below.",
        lines: "One a line.",
        pairs: "One a line, as name = value.",
        targets: "Where its claims go",
        failure: "When it fails",
        failure_hint: "fail: no token is issued; omit: the token is issued without its claims.",
        version: "Version",
        version_hint: "Digest of the version to run whatever is in service; empty for the one in service.",
        up: "Up",
        down: "Down",
        remove: "Remove",
        add: "Attach",
        provider: "Claim provider to attach",
    }
}
