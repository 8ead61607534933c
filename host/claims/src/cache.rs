//! Compiled components on disk.
//!
//! A file holds machine code that is run with the server's rights, so three things are seen to: only the server's user can write the
//! directory (0700), a file is complete or absent (written aside, then renamed), and a digest in the file is checked over the very
//! bytes that are then loaded. A file that fails is made again. The digest guards against damage, not against someone who can write
//! the directory: such a one could as well replace the server.
//!
//! Any file may be deleted at any time; it is made again when it is needed.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::component::Component;

use crate::digest::{Digest, Sha256};

/// First bytes of a file; the number is that of this layout.
const MAGIC: &[u8; 8] = b"ARGUSCW1";
const DIGEST_BYTES: usize = 32;
/// Start of the name of a file that is being written.
const UNFINISHED: &str = ".unfinished-";
const HEADER_BYTES: usize = MAGIC.len() + DIGEST_BYTES;

/// The directory, for one version and configuration of the compiler.
#[derive(Debug)]
pub(crate) struct Cache {
    directory: PathBuf,
    compatibility: Digest,
    /// Makes names of unfinished files unique in this process.
    counter: AtomicU64,
}

/// Machine code from our own compiler: made by compiling, or read with its digest intact.
pub(crate) struct Artifact {
    bytes: Vec<u8>,
    start: usize,
}

impl Cache {
    pub(crate) fn open(directory: &Path, compatibility: Digest) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        fs::set_permissions(directory, Permissions::from_mode(0o700))?;
        remove_unfinished(directory)?;
        Ok(Self { directory: directory.to_owned(), compatibility, counter: AtomicU64::new(0) })
    }

    pub(crate) fn compatibility(&self) -> Digest {
        self.compatibility
    }

    /// The compiled form of a component, when it lies here whole.
    pub(crate) fn read(&self, component: Digest) -> Option<Artifact> {
        let key = self.key(component);
        let mut bytes = Vec::new();
        File::open(self.path(key)).and_then(|mut file| file.read_to_end(&mut bytes)).ok()?;
        let found = bytes.get(MAGIC.len()..HEADER_BYTES)?;
        if !bytes.starts_with(MAGIC) || found != checksum(key, &bytes[HEADER_BYTES..]).as_bytes() {
            tracing::warn!(%component, "a compiled component on disk is damaged and will be made again");
            return None;
        }
        Some(Artifact { bytes, start: HEADER_BYTES })
    }

    /// Keeps a compiled component. Two processes that do so at once leave one whole file.
    pub(crate) fn write(&self, component: Digest, artifact: &Artifact) -> io::Result<()> {
        let key = self.key(component);
        let code = artifact.code();
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.directory.join(format!("{UNFINISHED}{key}.{}.{number}", std::process::id()));
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).and_then(|mut file| {
            file.write_all(MAGIC)?;
            file.write_all(checksum(key, code).as_bytes())?;
            file.write_all(code)
        });
        let renamed = written.and_then(|()| fs::rename(&unfinished, self.path(key)));
        if renamed.is_err() {
            // Best effort: the write's own error is the one to report.
            let _ = fs::remove_file(&unfinished);
        }
        renamed
    }

    /// Deletes the compiled form of a component, if there is one.
    pub(crate) fn remove(&self, component: Digest) {
        // One that is not there, or cannot be deleted now, does no harm.
        let _ = fs::remove_file(self.path(self.key(component)));
    }

    /// Code depends on the component and on everything that decides how it is compiled.
    fn key(&self, component: Digest) -> Digest {
        Sha256::new().with_bytes(component.as_bytes()).with_bytes(self.compatibility.as_bytes()).digest()
    }

    fn path(&self, key: Digest) -> PathBuf {
        self.directory.join(format!("{key}.cwasm"))
    }
}

/// What a process left that ended while it wrote. Should another one be writing at this moment, its file is made at its next start.
fn remove_unfinished(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
            // Another process that starts may have been quicker.
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Covers the key as well, so that a file under another's name is noticed.
fn checksum(key: Digest, code: &[u8]) -> Digest {
    Sha256::new().with_bytes(key.as_bytes()).with_bytes(code).digest()
}

impl Artifact {
    /// From the compiling process, whose output goes nowhere else in between.
    pub(crate) fn compiled(bytes: Vec<u8>) -> Self {
        Self { bytes, start: 0 }
    }

    fn code(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Makes the code runnable. The engine refuses code of another version or configuration.
    ///
    /// From memory and not by `deserialize_file`: the bytes mapped would be those of the file at the time they are touched, not those
    /// whose digest was checked.
    #[expect(
        unsafe_code,
        reason = "loading machine code: the bytes come from our own compiling process, directly or with their digest intact"
    )]
    pub(crate) fn load(&self, engine: &wasmtime::Engine) -> wasmtime::Result<Component> {
        // SAFETY: `Component::deserialize` requires bytes made by wasmtime's compiler. Both constructors of this type see to that:
        // `compiled` takes them from our compiling process, `Cache::read` from a file only this user can write, digest checked.
        unsafe { Component::deserialize(engine, self.code()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(directory: &Path) -> Cache {
        Cache::open(directory, Digest::of(b"compiler")).expect("a cache")
    }

    fn only_file(directory: &Path) -> PathBuf {
        let mut files: Vec<_> = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path()).collect();
        assert_eq!(files.len(), 1);
        files.remove(0)
    }

    #[test]
    fn what_was_written_is_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let cache = cache(&directory.path().join("a/b"));
        cache.write(Digest::of(b"one"), &Artifact::compiled(b"code".to_vec())).expect("written");
        assert_eq!(cache.read(Digest::of(b"one")).expect("read").code(), b"code");
        assert!(cache.read(Digest::of(b"two")).is_none());
    }

    #[test]
    fn only_the_owner_can_read_or_write() {
        let directory = tempfile::tempdir().expect("a directory");
        let own = directory.path().join("cache");
        cache(&own).write(Digest::of(b"one"), &Artifact::compiled(b"code".to_vec())).expect("written");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!(mode(&own), 0o700);
        assert_eq!(mode(&only_file(&own)), 0o600);
    }

    #[test]
    fn a_damaged_file_is_not_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let cache = cache(directory.path());
        cache.write(Digest::of(b"one"), &Artifact::compiled(b"code".to_vec())).expect("written");
        let file = only_file(directory.path());
        let whole = fs::read(&file).expect("read");
        for length in [0, 7, 20, HEADER_BYTES, whole.len() - 1] {
            fs::write(&file, &whole[..length]).expect("written");
            assert!(cache.read(Digest::of(b"one")).is_none(), "cut at {length}");
        }
        for index in [0, MAGIC.len(), whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[index] ^= 1;
            fs::write(&file, damaged).expect("written");
            assert!(cache.read(Digest::of(b"one")).is_none(), "damaged at {index}");
        }
    }

    #[test]
    fn what_was_left_unfinished_is_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join(".unfinished-1234"), "half").expect("written");
        fs::write(directory.path().join("other"), "kept").expect("written");
        cache(directory.path());
        assert_eq!(only_file(directory.path()).file_name().and_then(|name| name.to_str()), Some("other"));
    }

    #[test]
    fn a_file_under_another_name_is_not_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let cache = cache(directory.path());
        cache.write(Digest::of(b"one"), &Artifact::compiled(b"code".to_vec())).expect("written");
        fs::rename(only_file(directory.path()), cache.path(cache.key(Digest::of(b"two")))).expect("renamed");
        assert!(cache.read(Digest::of(b"two")).is_none());
    }
}
