//! From the core module a compiler made to a component of the contract.

use wit_component::{ComponentEncoder, DecodedWasm, StringEncoding, embed_component_metadata};

use super::error::BuildError;
use crate::contract;
use crate::embedded::PREVIEW1_PURE;

/// Makes a component of a module whose bindings describe its types in a custom section, as those of the SDK for Rust do.
pub(super) fn of_described_module(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(module).map_err(|error| not_a_provider(&error))?;
    checked(encoder.encode().map_err(|error| not_a_provider(&error))?)
}

/// Makes a component of a module for WASI preview 1 that exports the contract's functions under their names.
pub(super) fn of_preview1_module(mut module: Vec<u8>) -> Result<Vec<u8>, BuildError> {
    let (resolve, world) = contract::world()?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).map_err(|error| not_a_provider(&error))?;
    let mut encoder = ComponentEncoder::default();
    encoder
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.adapter("wasi_snapshot_preview1", PREVIEW1_PURE))
        .map_err(|error| not_a_provider(&error))?;
    checked(encoder.encode().map_err(|error| not_a_provider(&error))?)
}

/// Neither tool chain that comes here gives a component any import but the contract's.
fn checked(component: Vec<u8>) -> Result<Vec<u8>, BuildError> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(&component).map_err(|error| not_a_provider(&error))? else {
        return Err(BuildError::NotAProvider("it is a WIT package".to_owned()));
    };
    for (key, _) in &resolve.worlds[world].imports {
        let import = resolve.name_world_key(key);
        if !import.starts_with("argus:claims/") {
            return Err(BuildError::NotAProvider(format!("it imports {import}, and a provider may import argus:claims/log only")));
        }
    }
    Ok(component)
}

fn not_a_provider(error: &impl std::fmt::Debug) -> BuildError {
    BuildError::NotAProvider(format!("{error:?}"))
}
