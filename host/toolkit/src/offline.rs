//! The server's engine on the author's machine, with the server's limits.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use argus_claims::{CompilerProcess, Engine, EngineError, EngineLimits, Registry};
use thiserror::Error;

/// Compiled components that are kept; each build of an author is another one.
const KEPT: usize = 64;

/// How long compiling may take on a machine that has other things to do: a Python interpreter takes 15 seconds of a processor with an
/// unoptimised compiler.
const COMPILE_TIMEOUT_MS: u64 = 180_000;

/// Why there is no engine.
#[derive(Debug, Error)]
pub enum OfflineError {
    /// No folder for compiled components.
    #[error("there is no folder to keep compiled components in: set XDG_CACHE_HOME or HOME to an absolute path")]
    NoCacheFolder,
    /// The engine did not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A registry with the default limits, but for the budget when one is given. `compiler` is the program that compiles: this one, mostly.
pub fn registry(compiler: CompilerProcess, budget_ms: Option<u32>) -> Result<Registry, OfflineError> {
    // What the compiler may take of a processor and of memory is the server's; how long it waits for them says nothing of the component.
    let mut limits = EngineLimits { compile_timeout_ms: COMPILE_TIMEOUT_MS, ..EngineLimits::default() };
    if let Some(budget_ms) = budget_ms {
        limits.budget_ms = budget_ms;
    }
    let folder = cache_folder(env::var_os("XDG_CACHE_HOME").map(PathBuf::from), env::home_dir()).ok_or(OfflineError::NoCacheFolder)?;
    forget_old(&folder);
    Ok(Registry::new(Engine::new(limits, &folder, compiler)?))
}

/// `$XDG_CACHE_HOME/argus`, or `~/.cache/argus`. A relative `XDG_CACHE_HOME` counts as none, as its specification has it.
fn cache_folder(cache_home: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let caches = cache_home.filter(absolute).or_else(|| home.filter(absolute).map(|home| home.join(".cache")))?;
    Some(caches.join("argus"))
}

/// Removes all but the newest files. What cannot be removed is no reason not to work.
fn forget_old(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let with_time = |entry: fs::DirEntry| Some((entry.metadata().ok().filter(fs::Metadata::is_file)?.modified().ok()?, entry.path()));
    let mut files: Vec<_> = entries.flatten().filter_map(with_time).collect();
    files.sort();
    for (_, path) in files.iter().rev().skip(KEPT) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_lies_in_the_users_folder() {
        let of = |cache: &str, home: &str| cache_folder(Some(cache.into()), Some(home.into()));
        assert_eq!(of("/c", "/h/a"), Some("/c/argus".into()));
        assert_eq!(of("c", "/h/a"), Some("/h/a/.cache/argus".into()));
        assert_eq!(cache_folder(None, Some("".into())), None);
    }

    #[test]
    fn only_so_many_files_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        (0..KEPT + 3).for_each(|number| fs::write(folder.path().join(number.to_string()), "").unwrap());
        forget_old(folder.path());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), KEPT);
    }
}
