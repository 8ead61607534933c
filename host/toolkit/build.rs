//! Puts the templates, the SDK for Rust, the contract and the adapter for WASI preview 1 into the program, so that an author needs
//! nothing else of this repository; and makes the component that `argus plugin bench` compares with.

#[path = "build/empty_component.rs"]
mod empty_component;

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Name of a list, and the folder below `plugins` that fills it.
const LISTS: &[(&str, &str)] = &[
    ("SHARED", "templates/shared"),
    ("RUST", "templates/rust"),
    ("GO", "templates/go"),
    ("JS", "templates/js"),
    ("PYTHON", "templates/python"),
    ("SDK", "sdk/src"),
];

/// What tools leave in a folder of sources.
const NO_SOURCES: &[&str] = &["target", "node_modules", ".venv", "__pycache__"];

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let root = manifest.parent().and_then(Path::parent).ok_or("this crate lies two folders below the root")?;
    let plugins = root.join("plugins");

    let mut source = String::new();
    for (name, folder) in LISTS {
        let folder = plugins.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files = Vec::new();
        if folder.is_dir() {
            list(&folder, &folder, &mut files)?;
        }
        files.sort();
        writeln!(source, "pub(crate) static {name}: &[File] = &[")?;
        for file in files {
            writeln!(source, "    File {{ path: {file:?}, content: include_bytes!({:?}) }},", folder.join(&file))?;
        }
        writeln!(source, "];")?;
    }
    fs::write(out.join("embedded.rs"), source)?;

    let adapter = plugins.join("adapters/preview1-pure.wat");
    println!("cargo::rerun-if-changed={}", adapter.display());
    fs::write(out.join("preview1-pure.wasm"), wat::parse_file(&adapter)?)?;
    empty_component::write()
}

/// The files below a folder, with `/` between the parts of a path.
fn list(folder: &Path, below: &Path, files: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(below)? {
        let path = entry?.path();
        if path.is_dir() {
            if !NO_SOURCES.iter().any(|name| path.ends_with(name)) {
                list(folder, &path, files)?;
            }
        } else if path.extension().is_none_or(|extension| extension != "wasm") {
            let parts: Vec<_> = path.strip_prefix(folder)?.iter().map(|part| part.to_string_lossy()).collect();
            files.push(parts.join("/"));
        }
    }
    Ok(())
}
