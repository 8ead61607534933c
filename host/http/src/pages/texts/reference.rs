//! Sentences of the page about the administration API.

texts! {
    /// The API, to read.
    ReferenceTexts {
        title: "Administration API",
        lead: "What programs may do with this server, by the scopes of their access tokens. The same for programs:",
        begin: "Begin",
        begin_token: "Register a client of the kind service with the scopes that it needs; it gets a token by `client_credentials`. An \
                      administrator gets one with `argus login`, or through any application that asks for these scopes. A user who is no \
                      administrator reaches clients of the user's own, and nothing else.",
        begin_changes: "Bodies are JSON in camelCase, and an unknown member is an error. What is read comes with an `ETag`, and whoever \
                        changes it sends that as `If-Match`, so that nobody's change is lost. Lists that go on have a `next`: send it as \
                        `after`. Times are Unix seconds where nothing else is said.",
        begin_errors: "A refusal is `application/problem+json` (RFC 9457) with a `detail` for people, a `correlationId` that finds the \
                       request in the log and in the audit trail, and `problems`: each a `pointer` to the place in what was sent, and a \
                       `message`. 400 what cannot be read, 401 no valid token, 403 a token that may not, 404 nothing there, 409 not as \
                       things are, 412 changed meanwhile, 413 too large, 415 another content type, 422 what is wrong, 428 without \
                       `If-Match`, 503 try again.",
        chapters: "Chapters",
        shapes: "Shapes",
        shapes_lead: "What is sent to the administration API, and answered by it. Back to the",
        scopes: "Scope:",
        body: "Body:",
        parameter: "Parameter",
        member: "Member",
        answer: "Answer",
        meaning: "Meaning",
        refusals: "Refused with",
        required: "required",
    }
}
