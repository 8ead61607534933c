//! The key-encryption key: 32 random bytes in a file of the data directory, readable by the server alone.
//!
//! It seals the private signing keys in the database, so a copy of the database alone signs nothing. Nodes that share a
//! database need the same file.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use argus_domain::Random;
use argus_keys::seal::KEY_LEN;
use argus_keys::{SealingKey, SystemRandom};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// Name of the file in the data directory.
pub(crate) const FILE_NAME: &str = "key-encryption-key";

/// Opens the key of a data directory, if there is one.
pub(crate) fn find(data_dir: &Path) -> Result<Option<SealingKey>> {
    let path = data_dir.join(FILE_NAME);
    match fs::metadata(&path) {
        Ok(metadata) => read(&path, metadata.permissions().mode()).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("key-encryption key {}", path.display())),
    }
}

/// Makes the key, and the directory; opens it when another process was faster. The file appears complete or not at all.
pub(crate) fn make(data_dir: &Path) -> Result<SealingKey> {
    fs::create_dir_all(data_dir).with_context(|| format!("cannot create data_dir {}", data_dir.display()))?;
    let path = data_dir.join(FILE_NAME);
    let context = || format!("cannot write {}", path.display());
    let mut key = Zeroizing::new([0_u8; KEY_LEN]);
    SystemRandom.fill(&mut key[..]);
    // Readable by its owner alone from the start.
    let mut file = NamedTempFile::new_in(data_dir).with_context(context)?;
    file.write_all(&key[..]).and_then(|()| file.as_file().sync_all()).with_context(context)?;
    match file.persist_noclobber(&path) {
        Ok(_) => {
            File::open(data_dir).and_then(|folder| folder.sync_all()).with_context(context)?;
            Ok(SealingKey::new(&key))
        }
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            find(data_dir)?.context("the key-encryption key has just been removed")
        }
        Err(error) => Err(error.error).with_context(context),
    }
}

fn read(path: &Path, mode: u32) -> Result<SealingKey> {
    let context = || format!("key-encryption key {}", path.display());
    if mode & 0o077 != 0 {
        bail!("{} can be read by others (mode {:o}); set it to 600", context(), mode & 0o777);
    }
    let bytes = Zeroizing::new(fs::read(path).with_context(context)?);
    let Ok(key) = <[u8; KEY_LEN]>::try_from(&bytes[..]) else {
        bail!("{} must hold {KEY_LEN} bytes, not {}", context(), bytes.len());
    };
    Ok(SealingKey::new(&Zeroizing::new(key)))
}

#[cfg(test)]
mod tests {
    use argus_keys::seal::Purpose;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_the_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        assert!(find(dir.path()).unwrap().is_none());
        let sealed = make(dir.path()).unwrap().seal(Purpose::SigningKey, b"x");
        for key in [make(dir.path()).unwrap(), find(dir.path()).unwrap().unwrap()] {
            assert_eq!(key.open(Purpose::SigningKey, &sealed).unwrap().as_slice(), b"x");
        }
        let file = dir.path().join(FILE_NAME);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(find(dir.path()).unwrap_err().to_string().contains("set it to 600"));
    }

    #[test]
    fn a_damaged_key_is_told() {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path()).unwrap();
        fs::write(dir.path().join(FILE_NAME), b"short").unwrap();
        assert!(find(dir.path()).unwrap_err().to_string().ends_with("must hold 32 bytes, not 5"));
    }
}
