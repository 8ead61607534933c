//! Responses of whoever likes to send some. Feed it with `tests/samples`, whose signatures it then cannot keep.

#![no_main]

use std::sync::OnceLock;

use argus_domain::Timestamp;
use argus_saml::{Connection, IdpMetadata, PendingRequest, response};
use libfuzzer_sys::fuzz_target;

fn connection() -> &'static Connection {
    static CONNECTION: OnceLock<Connection> = OnceLock::new();
    CONNECTION.get_or_init(|| {
        let metadata = IdpMetadata::parse(include_bytes!("../../tests/samples/keycloak-idp-metadata.xml")).expect("the sample is good");
        metadata.connection("https://sp.test/both", "http://127.0.0.1:7310/saml/acs")
    })
}

fuzz_target!(|document: &[u8]| {
    let pending = PendingRequest { id: "_3802f48e119046c886be6c653cc156bb".to_owned() };
    let now = Timestamp::from_unix_seconds(1_795_316_717);
    if let Ok(assertion) = response::verify(document, connection(), Some(&pending), now) {
        assert_eq!(assertion.name_id().value(), "alice");
        assert_eq!(assertion.id(), "ID_9fd389db-889b-4760-849b-c7648115ff9c");
    }
});
