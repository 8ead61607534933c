//! JavaScript: componentize-qjs makes a component of QuickJS and the provider's source. The template's `build.mjs` calls it, so that
//! `npm run build` does the same.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::error::BuildError;
use super::tools::{Tool, Tools, run, version_in};

const HOW: &str = "install Node.js 18 or later from https://nodejs.org";
const NODE: Tool = Tool { program: "node", language: "JavaScript", how: HOW };
const NPM: Tool =
    Tool { program: "npm", language: "JavaScript", how: "it comes with Node.js; some systems have it in a package of its own, npm" };
const OLDEST: (u32, u32) = (18, 0);
/// The tool's place among what npm installs, which is also its name in the lock file.
const INSTALLED: &str = "node_modules/componentize-qjs";

/// Writes the component to `output`, which `build.mjs` knows from the manifest.
pub(super) fn build(tools: &Tools, folder: &Path, output: &Path, progress: &mut dyn FnMut(&str)) -> Result<Vec<u8>, BuildError> {
    let node = tools.find(NODE)?;
    let mut command = tools.command(&node, folder);
    command.arg("--version");
    let version = run(command)?;
    if version_in(&version).is_some_and(|found| found < OLDEST) {
        return Err(BuildError::ToolTooOld { tool: "node", found: version.trim().to_owned(), needed: "18", how: HOW });
    }
    if !is_installed(folder) {
        progress("npm ci");
        let mut command = tools.command(tools.find(NPM)?, folder);
        // No package needs a script of its own to be installed, and what is not run cannot do harm.
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        run(command)?;
    }
    progress("node build.mjs");
    let mut command = tools.command(node, folder);
    command.arg("build.mjs");
    run(command)?;
    super::read(output.to_owned())
}

/// Whether the tool is there in the version of the lock file; if so nothing is fetched.
fn is_installed(folder: &Path) -> bool {
    let version = |file: &str, pointer: &str| {
        let json: Value = serde_json::from_slice(&fs::read(folder.join(file)).ok()?).ok()?;
        json.pointer(pointer)?.as_str().map(str::to_owned)
    };
    let locked = version("package-lock.json", "/packages/node_modules~1componentize-qjs/version");
    locked.is_some() && locked == version(&format!("{INSTALLED}/package.json"), "/version")
}
