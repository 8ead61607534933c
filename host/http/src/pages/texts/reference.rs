//! Sentences of the page about the administration API.

texts! {
    /// The API, to read.
    ReferenceTexts {
        title: "Administration API",
        lead: "What programs may do with this server, by the scopes of their access tokens. The same for programs:",
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
