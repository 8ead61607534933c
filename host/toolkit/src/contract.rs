//! The contract `argus:claims`, for tools that want it: WIT text, or a binary WIT package.

use thiserror::Error;
use wit_parser::{PackageId, Resolve, WorldId};

/// The released version the templates are written for.
pub const VERSION: &str = "0.1.0";
/// Name of the text file, as in the directory of the released version.
pub const TEXT_FILE: &str = "claims.wit";
/// The WIT text, the documentation of every type and function.
pub const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/argus-claims-0.1.0/claims.wit"));

/// The world of which components are made. What a component does not import is left out of it.
const WORLD: &str = "claim-provider-with-log";

/// The contract could not be read or written. It is part of the program, so this is a fault of the program.
#[derive(Debug, Error)]
#[error("the contract that is part of this program cannot be used: {0}")]
pub struct ContractError(String);

/// A binary WIT package, as tools of the component model read it beside WIT text.
pub fn binary() -> Result<Vec<u8>, ContractError> {
    let (resolve, package) = resolve()?;
    wit_component::encode(&resolve, package, false).map_err(|error| ContractError(format!("{error:#}")))
}

/// The types, and the world a provider is made for.
pub(crate) fn world() -> Result<(Resolve, WorldId), ContractError> {
    let (resolve, package) = resolve()?;
    let world = resolve.select_world(&[package], Some(WORLD)).map_err(|error| ContractError(format!("{error:#}")))?;
    Ok((resolve, world))
}

fn resolve() -> Result<(Resolve, PackageId), ContractError> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str(TEXT_FILE, TEXT).map_err(|error| ContractError(format!("{error:#}")))?;
    Ok((resolve, package))
}

#[cfg(test)]
mod tests {
    use wit_component::DecodedWasm;

    use super::*;

    #[test]
    fn the_binary_package_is_the_contract() {
        let DecodedWasm::WitPackage(resolve, package) = wit_component::decode(&binary().expect("encoded")).expect("decoded") else {
            panic!("a WIT package was expected");
        };
        assert_eq!(resolve.packages[package].name.to_string(), format!("argus:claims@{VERSION}"));
        assert!(resolve.packages[package].worlds.contains_key("claim-provider"));
    }
}
