//! What an uploaded file is, before anything is compiled: a component, its imports and its exports.
//!
//! An import outside the allow-list is refused by name. That a component can't do anything but compute rests on this and on the
//! linker, which offers nothing else either.

use thiserror::Error;
use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload};

use crate::text::short;
use crate::version::{Version, split_version};

/// What a component may import, in words; each at any version of the named line.
///
/// `types` carries types only. The WASI interfaces are those that language toolchains import unasked; nothing is behind them.
pub const ALLOWED_IMPORTS: &[&str] = &["argus:claims/types@0.1", "argus:claims/log@0.1", "wasi:cli@0.2", "wasi:io@0.2", "wasi:random@0.2"];

const CONTRACT_INTERFACES: &[&str] = &["argus:claims/types", "argus:claims/log"];
const WASI_INTERFACES: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];
/// The interface every claim provider exports.
const PROVIDER: &str = "argus:claims/provider";
/// Longest name from a file that is repeated in a message.
const SHOWN_NAME_BYTES: usize = 128;
/// Exports named in a message.
const SHOWN_EXPORTS: usize = 8;

/// Why a file is no claim provider, or none that may run here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ShapeError {
    /// Bytes of some other kind.
    #[error("this is not a WebAssembly component: a component file (.wasm) was expected")]
    NotWasm,
    /// What compilers emit before the last step of the way.
    #[error("this is a core WebAssembly module: make a component of it first, for example with `wasm-tools component new`")]
    CoreModule,
    /// Truncated or damaged.
    #[error("the component can't be read, it may be truncated: {0}")]
    Malformed(String),
    /// An import that isn't allowed.
    #[error("the component imports `{import}`, which claim providers may not; allowed are {}", ALLOWED_IMPORTS.join(", "))]
    ForbiddenImport {
        /// Full name of the import.
        import: String,
    },
    /// A component for some other world.
    #[error("the component does not export `{PROVIDER}`: a component of the world `argus:claims/claim-provider` was expected; {}", exported(.exports))]
    NotAClaimProvider {
        /// What it exports instead, the first few.
        exports: Vec<String>,
    },
    /// A version of the contract this server has no adapter for.
    #[error("the component was built for `{found}`; this server supports {}: build it against that contract", Version::SUPPORTED)]
    UnsupportedVersion {
        /// Full name of the import or export that tells.
        found: String,
    },
}

fn exported(exports: &[String]) -> String {
    if exports.is_empty() { "it exports nothing".to_owned() } else { format!("it exports {}", exports.join(", ")) }
}

/// Reads imports and exports, and chooses the contract version. The rest of the file is for the compiler to check.
pub(crate) fn inspect(component: &[u8]) -> Result<Version, ShapeError> {
    if !component.starts_with(b"\0asm") {
        return Err(ShapeError::NotWasm);
    }
    let mut exports = Vec::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(malformed)? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => return Err(ShapeError::CoreModule),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    check_import(import.map_err(malformed)?.name.name)?;
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export.map_err(malformed)?;
                    exports.push((export.name.name, export.kind));
                }
            }
            _ => {}
        }
    }
    choose(&exports)
}

fn malformed(error: wasmparser::BinaryReaderError) -> ShapeError {
    ShapeError::Malformed(short(error.message(), 200))
}

fn check_import(name: &str) -> Result<(), ShapeError> {
    let (interface, version) = split_version(name);
    let of_contract = CONTRACT_INTERFACES.contains(&interface);
    if of_contract && Version::of(version).is_none() {
        // Types come first in a file, so this is where another version shows.
        return Err(ShapeError::UnsupportedVersion { found: short(name, SHOWN_NAME_BYTES) });
    }
    let allowed = of_contract || (WASI_INTERFACES.contains(&interface) && version.starts_with("0.2."));
    if allowed { Ok(()) } else { Err(ShapeError::ForbiddenImport { import: short(name, SHOWN_NAME_BYTES) }) }
}

fn choose(exports: &[(&str, ComponentExternalKind)]) -> Result<Version, ShapeError> {
    let instances = exports.iter().filter(|(_, kind)| *kind == ComponentExternalKind::Instance);
    let mut unsupported = None;
    for (name, _) in instances {
        let (interface, version) = split_version(name);
        if interface == PROVIDER {
            match Version::of(version) {
                Some(version) => return Ok(version),
                None => unsupported = Some(short(name, SHOWN_NAME_BYTES)),
            }
        }
    }
    Err(match unsupported {
        Some(found) => ShapeError::UnsupportedVersion { found },
        None => {
            let exports = exports.iter().take(SHOWN_EXPORTS).map(|(name, _)| short(name, SHOWN_NAME_BYTES)).collect();
            ShapeError::NotAClaimProvider { exports }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_other_kinds_are_told_apart() {
        assert_eq!(inspect(b""), Err(ShapeError::NotWasm));
        assert_eq!(inspect(b"<html></html>"), Err(ShapeError::NotWasm));
        assert_eq!(inspect(b"\0asm\x01\0\0\0"), Err(ShapeError::CoreModule));
        assert!(matches!(inspect(b"\0asm\x0d\0\x01"), Err(ShapeError::Malformed(_))));
        assert_eq!(inspect(b"\0asm\x0d\0\x01\0"), Err(ShapeError::NotAClaimProvider { exports: vec![] }));
    }

    #[test]
    fn only_listed_imports_pass() {
        for name in ["argus:claims/types@0.1.0", "argus:claims/log@0.1.7", "wasi:io/poll@0.2.6", "wasi:cli/stdout@0.2.12"] {
            assert_eq!(check_import(name), Ok(()), "{name}");
        }
        let refused = [
            "wasi:filesystem/types@0.2.6",
            "wasi:sockets/tcp@0.2.0",
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:clocks/monotonic-clock@0.2.6",
            "wasi:io/poll@0.3.0",
            "wasi:io/poll",
            "wasi:cli/run@0.2.0",
            "argus:claims/secrets@0.1.0",
            "env",
            "",
        ];
        for name in refused {
            assert_eq!(check_import(name), Err(ShapeError::ForbiddenImport { import: name.to_owned() }), "{name}");
        }
        let newer = "argus:claims/log@0.2.0";
        assert_eq!(check_import(newer), Err(ShapeError::UnsupportedVersion { found: newer.to_owned() }));
    }

    #[test]
    fn the_contract_version_is_chosen_from_the_exports() {
        let instance = |name| (name, ComponentExternalKind::Instance);
        assert_eq!(choose(&[instance("a:b/c"), instance("argus:claims/provider@0.1.3")]), Ok(Version::V0_1));
        assert!(matches!(choose(&[instance("argus:claims/provider@0.2.0")]), Err(ShapeError::UnsupportedVersion { .. })));
        assert!(matches!(choose(&[instance("wasi:cli/run@0.2.0")]), Err(ShapeError::NotAClaimProvider { .. })));
        let function = ("argus:claims/provider@0.1.0", ComponentExternalKind::Func);
        assert!(matches!(choose(&[function]), Err(ShapeError::NotAClaimProvider { .. })));
    }
}
