//! Components of claim providers for the measured installation.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::document::{BUILT_IN, COPIES, LOOPS, file_of};
use crate::installation::{Files, path};

/// The component of a built-in provider.
pub(crate) fn built_in(files: &Files, name: &str) -> Result<Vec<u8>> {
    let versions: Value = serde_json::from_str(&files.argus(&["plugin", "versions", name, "--json"])?)?;
    let digest = versions["current"].as_str().with_context(|| format!("{name} has no version in service"))?;
    let file = files.write(&file_of(name), &[])?;
    files.argus(&["plugin", "fetch", name, digest, "--output", path(&file)?])?;
    Ok(std::fs::read(&file)?)
}

/// The same component with another digest: a custom section at its end says a number.
pub(crate) fn numbered(component: &[u8], number: usize) -> Vec<u8> {
    let mut copy = component.to_vec();
    let number = format!("{number:08}");
    // Section 0: its length, the length of its name, its name, its content. All lengths are below 128, one byte each.
    copy.extend([0, 6 + 8, 5]);
    copy.extend(b"bench");
    copy.extend(number.bytes());
    copy
}

/// Writes the components that the document of the workloads names.
pub(crate) fn write_for_workloads(files: &Files) -> Result<()> {
    for (built_in_name, copy) in BUILT_IN.iter().zip(COPIES) {
        files.write(&file_of(copy), &numbered(&built_in(files, built_in_name)?, 0))?;
    }
    files.write(&file_of(LOOPS), argus_test_guests::guest("spins")).map(drop)
}

/// Lets a second version of each copied provider run in the shadow of the first.
pub(crate) fn add_shadows(files: &Files) -> Result<()> {
    for (built_in_name, copy) in BUILT_IN.iter().zip(COPIES) {
        let next = files.write("next.wasm", &numbered(&built_in(files, built_in_name)?, 1))?;
        files.argus(&["plugin", "push", path(&next)?, "--name", copy, "--shadow"])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numbered_copy_has_the_length_it_tells() {
        let copy = numbered(b"component", 7);
        let section = &copy[b"component".len()..];
        assert_eq!(usize::from(section[1]), section.len() - 2);
        assert_eq!(&section[2..], b"\x05bench00000007");
    }
}
