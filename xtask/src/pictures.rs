//! `cargo xtask pictures`: a picture of every page, narrow and wide, light and dark; those of the documents are put in their place.

use anyhow::{Result, bail};

use crate::{cargo, chromium};

/// Tells the tests where pictures go.
const PICTURES: &str = "ARGUS_PICTURES";
/// Tells the tests where axe-core is.
pub(crate) const AXE: &str = "ARGUS_TEST_AXE";

/// Pictures that documents show.
const SHOWN: &[&str] =
    &["admin-1280-light", "app-1280-light", "claims-1280-light", "claim-provider-1280-light", "user-1280-light", "audit-1280-light"];
/// Where documents find them.
const DOCUMENTS: &str = "docs/admins/pictures";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if !arguments.is_empty() {
        bail!("`cargo xtask pictures` takes no arguments");
    }
    let target = cargo::target_directory()?;
    let axe = chromium::find(&target, false).map_err(anyhow::Error::msg)?;
    let folder = target.join("pictures");
    std::fs::create_dir_all(&folder)?;
    cargo::run(cargo::cargo().args(["build", "--workspace", "--bins"]))?;
    let mut test = cargo::cargo();
    test.args(["test", "--workspace", "--test", "chromium", "accessibility::"]).env(PICTURES, &folder).env(AXE, axe);
    cargo::run(&mut test)?;
    std::fs::create_dir_all(DOCUMENTS)?;
    for name in SHOWN {
        std::fs::copy(folder.join(format!("{name}.png")), format!("{DOCUMENTS}/{name}.png"))?;
    }
    println!("every picture is in {}, those of the documents in {DOCUMENTS}", folder.display());
    Ok(())
}
