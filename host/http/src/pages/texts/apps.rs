//! Sentences of the pages of clients that users register themselves.

texts! {
    /// Sentences of the pages of clients that users register themselves.
    AppsTexts {
        area: "My applications",
        lead: "Applications of your own that sign people in here.",
        application: "Application",
        of: "of",
        allowed: "that you may have",
        list_none: "You have not registered an application.",
        list_none_advice: "Register one, and people can sign in to it with their accounts here.",

        new: "Register an application",
        new_lead: "The kind decides how the application proves itself. You get everything that a library for OpenID Connect needs.",
        new_approval: "An administrator has to approve it before anybody can sign in.",
        redirect_uris_hint: "Where people come back to, one a line: https, or http on this computer (127.0.0.1). Compared exactly.",
        post_logout_hint: "Where people may be sent when they have signed out, one a line.",

        waits: "waits for an administrator",
        connect: "Connect your application",
        connect_lead: "A library for OpenID Connect needs these; the rest it finds by itself.",
        issuer: "Issuer",
        discovery: "Discovery",
        settings: "Settings",
        settings_approval: "An administrator looks at each change before it holds.",
        requests: "Waiting for an administrator",
        request_wanted: "Asked for",
        request_at: "Since",
        ask_claims: "Ask for a claim provider",
        ask_claims_lead: "Claim providers put claims of your organisation into tokens. An administrator decides whether your application gets one.",
        offered_none: "No claim provider is offered.",
        configuration: "Configuration as JSON",
        configuration_hint: "By the schema of the claim provider, below.",
        reason: "What for",
        reason_hint: "For the administrator who decides.",
        ask: "Ask for it",
        schema_of: "Schema of",
        activity: "Activity",
        activity_lead: "The latest 50 events. A refused sign-in says what your application sent; people can tell you its reference.",
    }
}
