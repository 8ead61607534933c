//! Generated from the frozen contract; everything fit for providers is re-exported by name in the crate root.
#![allow(clippy::allow_attributes, reason = "generated code")]
#![allow(missing_docs, reason = "generated code: the contract is documented in WIT")]
#![allow(unreachable_pub, reason = "generated code")]

wit_bindgen::generate!({
    path: "../wit",
    world: "claim-provider-with-log",
    pub_export_macro: true,
    export_macro_name: "export_claim_provider",
    default_bindings_module: "argus_claims_sdk::bindings",
});
