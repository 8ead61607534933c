//! Writes the guests as components, and a list of them.
#![expect(clippy::print_stdout, reason = "how a build script speaks to cargo")]

mod guest;
mod image;
mod misfits;
mod outside;
mod tolerated;
mod wit;

use std::error::Error;
use std::path::Path;
use std::{env, fs};

/// Name and bytes of a component.
type Guest = (&'static str, Vec<u8>);

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var("OUT_DIR")?;
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=../../wit/argus-claims-0.1.0");
    println!("cargo::rerun-if-changed=../../plugins/adapters");

    let mut guests = misfits::all()?;
    guests.extend(outside::all()?);
    guests.extend(tolerated::all()?);
    let (mut list, mut calls) = (String::new(), String::new());
    for (name, component) in guests {
        fs::write(Path::new(&out).join(format!("{name}.wasm")), component)?;
        list += &format!("    ({name:?}, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.wasm\"))),\n");
        calls += &format!("        $callback!({name});\n");
    }
    let source = format!(
        "/// Name and component of each guest.\npub static GUESTS: &[(&str, &[u8])] = &[\n{list}];\n\n\
         /// Calls a macro with the name of each guest.\n#[macro_export]\nmacro_rules! foreach_guest {{\n    ($callback:ident) => {{\n{calls}    }};\n}}\n"
    );
    fs::write(Path::new(&out).join("guests.rs"), source)?;
    Ok(())
}
