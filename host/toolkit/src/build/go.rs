//! Go: the stock compiler builds a module for WASI preview 1, which is run to the end of its start and kept as it then is.
//!
//! Go's runtime takes most of a millisecond to start, and a provider is started for each issuance; a component that is pre-initialised
//! begins where the start ended. The template's package `argus` switches the collector off: it would ask for the time while the host
//! hands over arguments, and a component may not call anything then.

use std::path::Path;

use super::error::BuildError;
use super::tools::{Tool, Tools, run, version_in};
use super::{component, preinitialise};

const HOW: &str = "install it from https://go.dev/dl";
const GO: Tool = Tool { program: "go", language: "Go", how: HOW };
/// The first with `go:wasmexport` and `-buildmode=c-shared` for `wasip1`.
const OLDEST: (u32, u32) = (1, 24);

pub(super) fn build(tools: &Tools, folder: &Path, progress: &mut dyn FnMut(&str)) -> Result<Vec<u8>, BuildError> {
    let go = tools.find(GO)?;
    let mut command = tools.command(&go, folder);
    command.args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local");
    let version = run(command)?;
    if version_in(&version).is_some_and(|found| found < OLDEST) {
        return Err(BuildError::ToolTooOld { tool: "go", found: version.trim().to_owned(), needed: "1.24", how: HOW });
    }

    progress("go build");
    let scratch = tempfile::tempdir().map_err(|source| BuildError::Write { path: std::env::temp_dir(), source })?;
    let module = scratch.path().join("provider.wasm");
    let mut command = tools.command(go, folder);
    command.args(["build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-buildid="]).arg("-o").arg(&module).arg(".");
    // The compiler that is installed, not another that it would fetch; and flags of this machine would change the digest.
    command.env("GOOS", "wasip1").env("GOARCH", "wasm").env("GOTOOLCHAIN", "local");
    command.env_remove("GOFLAGS").env_remove("GOEXPERIMENT").env_remove("GOWASM").env("GOWORK", "off");
    run(command)?;

    progress("pre-initialising");
    let module = preinitialise::run(&super::read(module)?)?;
    progress("making the component");
    component::of_preview1_module(module)
}
