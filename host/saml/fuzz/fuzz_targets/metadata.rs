//! Metadata of whoever likes to send some.

#![no_main]

use argus_saml::IdpMetadata;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    if let Ok(metadata) = IdpMetadata::parse(document) {
        assert!(!metadata.entity_id().is_empty() && !metadata.signing_certificates().is_empty());
    }
});
