//! Genuine responses, damaged in every way that comes to a generator's mind: no panic, and nothing accepted with a changed value.

#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

mod support;

use std::sync::OnceLock;

use argus_domain::Timestamp;
use argus_saml::{Connection, IdpMetadata, PendingRequest, VerifiedAssertion, response};
use proptest::prelude::*;
use proptest::sample::Index;
use support::sample;

struct Genuine {
    document: Vec<u8>,
    connection: Connection,
    pending: PendingRequest,
    now: Timestamp,
    assertion: VerifiedAssertion,
}

fn genuine() -> &'static [Genuine] {
    static ALL: OnceLock<Vec<Genuine>> = OnceLock::new();
    ALL.get_or_init(|| {
        let cases = [
            ("kc-both", "keycloak", "https://sp.test/both", "_3802f48e119046c886be6c653cc156bb", 1_795_316_717),
            ("zit-signed", "zitadel", "https://sp.test/zitadel", "_5252231000974346817756ec97e53ecd", 1_795_317_439),
            ("ssp", "ssp", "https://sp.test/ssp", "_f1fe57cdd4154e35abe1f1a2194ce26e", 1_795_318_193),
        ];
        let read = |(name, provider, entity_id, request, seconds): (&str, &str, &str, &str, i64)| {
            let metadata = IdpMetadata::parse(&sample(&format!("{provider}-idp-metadata.xml"))).unwrap();
            let connection = metadata.connection(entity_id, "http://127.0.0.1:7310/saml/acs");
            let (pending, now) = (PendingRequest { id: request.to_owned() }, Timestamp::from_unix_seconds(seconds));
            let document = sample(&format!("{name}.xml"));
            let assertion = response::verify(&document, &connection, Some(&pending), now).unwrap();
            Genuine { document, connection, pending, now, assertion }
        };
        cases.into_iter().map(read).collect()
    })
}

#[derive(Clone, Debug)]
enum Mutation {
    Flip(Index, u8),
    Cut(Index, Index),
    Repeat(Index, Index),
    Move(Index, Index, Index),
    Insert(Index, &'static str),
    /// An element, by its start tag, to another tag.
    MoveElement(Index, Index),
    RepeatElement(Index, Index),
}

const INSERTED: &[&str] = &[
    "<!-- -->",
    "<?x?>",
    "<x/>",
    "x",
    " ",
    "&amp;",
    "&#65;",
    "<![CDATA[x]]>",
    " ID='x'",
    " xmlns:x='urn:x'",
    " xmlns='urn:x'",
    "<saml:Assertion xmlns:saml='urn:oasis:names:tc:SAML:2.0:assertion'/>",
    "</x>",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<Index>;
    prop_oneof![
        (index(), 0_u8..8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        (index(), index()).prop_map(|(from, to)| Mutation::Cut(from, to)),
        (index(), index()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
        (index(), index(), index()).prop_map(|(from, to, at)| Mutation::Move(from, to, at)),
        (index(), prop::sample::select(INSERTED)).prop_map(|(at, text)| Mutation::Insert(at, text)),
        (index(), index()).prop_map(|(element, at)| Mutation::MoveElement(element, at)),
        (index(), index()).prop_map(|(element, at)| Mutation::RepeatElement(element, at)),
    ]
}

/// Where the element that begins at `start` ends, as far as counting tags of its name tells.
fn element_end(document: &[u8], start: usize) -> Option<usize> {
    let text = std::str::from_utf8(document).ok()?.get(start..)?;
    let name = text.get(1..text.find([' ', '>', '/'])?)?;
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let (next_open, next_close) = (text.get(at..)?.find(&open), text.get(at..)?.find(&close)?);
        match next_open {
            Some(open) if open < next_close => {
                depth += 1;
                at += open + 1;
            }
            _ => {
                depth = depth.checked_sub(1)?;
                at += next_close + close.len();
                if depth == 0 {
                    return Some(start + at);
                }
            }
        }
    }
}

fn apply(document: &mut Vec<u8>, mutation: &Mutation) {
    if document.is_empty() {
        return;
    }
    let length = document.len();
    let range = |from: &Index, to: &Index| {
        let (from, to) = (from.index(length), to.index(length));
        from.min(to)..from.max(to)
    };
    let tags: Vec<usize> = (0..length).filter(|at| document[*at] == b'<' && document.get(at + 1) != Some(&b'/')).collect();
    match mutation {
        Mutation::Flip(at, bit) => document[at.index(length)] ^= 1 << bit,
        Mutation::Cut(from, to) => drop(document.drain(range(from, to))),
        Mutation::Repeat(from, to) => {
            let range = range(from, to);
            let (end, copy) = (range.end, document[range].to_vec());
            document.splice(end..end, copy);
        }
        Mutation::Move(from, to, at) => {
            let moved: Vec<u8> = document.drain(range(from, to)).collect();
            let at = at.index(document.len() + 1);
            document.splice(at..at, moved);
        }
        Mutation::Insert(at, text) => {
            let at = at.index(length + 1);
            document.splice(at..at, text.bytes());
        }
        Mutation::MoveElement(element, at) | Mutation::RepeatElement(element, at) if !tags.is_empty() => {
            let start = tags[element.index(tags.len())];
            let Some(end) = element_end(document, start) else { return };
            let copy = document[start..end].to_vec();
            let mut at = tags[at.index(tags.len())];
            if matches!(mutation, Mutation::MoveElement(..)) {
                document.drain(start..end);
                at = if at >= end { at - copy.len() } else { at.min(start) };
            }
            document.splice(at..at, copy);
        }
        Mutation::MoveElement(..) | Mutation::RepeatElement(..) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_accepted_with_a_changed_value(
        which in any::<Index>(),
        mutations in prop::collection::vec(mutation(), 1..3),
    ) {
        let genuine = &genuine()[which.index(genuine().len())];
        let mut document = genuine.document.clone();
        for mutation in &mutations {
            apply(&mut document, mutation);
        }
        if let Ok(accepted) = response::verify(&document, &genuine.connection, Some(&genuine.pending), genuine.now) {
            prop_assert_eq!(&accepted, &genuine.assertion);
        }
    }

    #[test]
    fn damaged_metadata_never_panic(
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let mut document = sample("keycloak-idp-metadata.xml");
        for mutation in &mutations {
            apply(&mut document, mutation);
        }
        let _ = IdpMetadata::parse(&document);
    }
}
