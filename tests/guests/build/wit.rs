//! The contract, as it is and changed.

use std::error::Error;
use std::fs;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The frozen text.
pub(crate) fn contract() -> Result<String, Box<dyn Error>> {
    Ok(fs::read_to_string("../../wit/argus-claims-0.1.0/claims.wit")?)
}

/// What the makers of providers for WASI preview 1 use.
const ADAPTER: &str = "../../plugins/adapters/preview1-pure.wat";

/// Makes a component of a core module, for the last of the packages.
pub(crate) fn component(module: &str, packages: &[&str], world: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(encoder(module, packages, world)?.encode()?)
}

/// The same of a core module for WASI preview 1.
pub(crate) fn adapted_component(module: &str, packages: &[&str], world: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(encoder(module, packages, world)?.adapter("wasi_snapshot_preview1", &wat::parse_file(ADAPTER)?)?.encode()?)
}

fn encoder(module: &str, packages: &[&str], world: &str) -> Result<ComponentEncoder, Box<dyn Error>> {
    let mut resolve = Resolve::default();
    let mut package = None;
    for text in packages {
        package = Some(resolve.push_str("guest.wit", text)?);
    }
    let world = resolve.select_world(&[package.ok_or("no package")?], Some(world))?;
    let mut module = wat::parse_str(module)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(&module)?;
    Ok(encoder)
}
