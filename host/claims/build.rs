//! Builds the claim providers Argus ships and makes components of them, the way a customer would: in their own workspace, by cargo.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wit_component::{ComponentEncoder, DecodedWasm};

const TARGET: &str = "wasm32-unknown-unknown";
/// Package and the constant that holds its component.
const PROVIDERS: &[(&str, &str)] = &[("argus-user-groups", "USER_GROUPS"), ("argus-function-role-mapping", "FUNCTION_ROLE_MAPPING")];

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = manifest.parent().and_then(Path::parent).ok_or("this crate lies two folders below the root")?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let plugins = root.join("plugins");
    watch(root, &plugins)?;
    demand_target()?;
    build(&plugins, &out.join("plugins"))?;

    let mut source = String::new();
    for (package, constant) in PROVIDERS {
        let file = format!("{}.wasm", package.replace('-', "_"));
        let module = fs::read(out.join("plugins").join(TARGET).join("release").join(&file))?;
        let component = componentize(&module).map_err(|error| format!("{package}: {error}"))?;
        fs::write(out.join(&file), component)?;
        source += &format!("static {constant}: &[u8] = include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\"));\n");
    }
    fs::write(out.join("builtin.rs"), source)?;
    Ok(())
}

/// Sources only: the build of the plugins by hand leaves its output beside them.
fn watch(root: &Path, plugins: &Path) -> Result<(), Box<dyn Error>> {
    let mut watched = vec![root.join("wit"), plugins.join("Cargo.toml"), plugins.join("Cargo.lock"), plugins.join(".cargo")];
    for entry in fs::read_dir(plugins)? {
        let package = entry?.path();
        if package.join("Cargo.toml").is_file() {
            watched.extend([package.join("Cargo.toml"), package.join("src")]);
        }
    }
    for path in watched {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    Ok(())
}

fn demand_target() -> Result<(), Box<dyn Error>> {
    let libraries = Command::new(env::var("RUSTC")?).args(["--print", "target-libdir", "--target", TARGET]).output()?;
    let folder = String::from_utf8(libraries.stdout)?;
    if !libraries.status.success() || !Path::new(folder.trim()).is_dir() {
        return Err(format!("the built-in claim providers are built for {TARGET}, which is missing: rustup target add {TARGET}").into());
    }
    Ok(())
}

fn build(plugins: &Path, target_dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo.current_dir(plugins).args(["build", "--release", "--locked", "--target", TARGET, "--target-dir"]).arg(target_dir);
    for (package, _) in PROVIDERS {
        cargo.args(["--package", package]);
    }
    // Paths of this machine have no place in a component, and its digest must not depend on them.
    cargo.arg("--config").arg(format!("target.{TARGET}.rustflags = {:?}", remapped(plugins)));
    for (name, _) in env::vars_os() {
        if is_of_outer_build(&name) {
            cargo.env_remove(&name);
        }
    }
    let status = cargo.status()?;
    if !status.success() {
        return Err(format!("building the claim providers in {} failed", plugins.display()).into());
    }
    Ok(())
}

/// Added to the flags in `plugins/.cargo/config.toml`.
fn remapped(plugins: &Path) -> Vec<String> {
    let home = env::var_os("CARGO_HOME").or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo").into_os_string()));
    let to = |from: &Path, name: &str| format!("--remap-path-prefix={}={name}", from.display());
    home.iter().map(|home| to(Path::new(home), "cargo")).chain([to(plugins, "plugins")]).collect()
}

/// Flags, wrappers, profiles and targets are meant for the host's code, not for the providers'.
fn is_of_outer_build(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    let exact = [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC",
        "TARGET",
        "PROFILE",
        "OPT_LEVEL",
        "DEBUG",
    ];
    let prefixes =
        ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_", "CARGO_CFG_", "CARGO_FEATURE_", "CARGO_PKG_", "CARGO_MANIFEST_", "DEP_"];
    exact.contains(&&*name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

fn componentize(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let component = ComponentEncoder::default().validate(true).module(module)?.encode()?;
    let DecodedWasm::Component(resolve, world) = wit_component::decode(&component)? else {
        return Err("this is not a component".into());
    };
    for (key, _) in &resolve.worlds[world].imports {
        let name = resolve.name_world_key(key);
        if !name.starts_with("argus:claims/types@") {
            return Err(format!("a built-in provider may import nothing, this one imports {name}").into());
        }
    }
    Ok(component)
}
