//! The key-encryption key: 32 random bytes in a file of the data directory, readable by the server alone.
//!
//! It seals the private signing keys in the database, so a copy of the database alone signs nothing. Nodes that share a
//! database need the same file.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result, bail};
use argus_domain::Random;
use argus_keys::seal::KEY_LEN;
use argus_keys::{SealingKey, SystemRandom};
use zeroize::Zeroizing;

const FILE_NAME: &str = "key-encryption-key";

/// Opens the key of a data directory; makes it, and the directory, at the first start.
pub(crate) fn open(data_dir: &Path) -> Result<SealingKey> {
    fs::create_dir_all(data_dir).with_context(|| format!("cannot create data_dir {}", data_dir.display()))?;
    let path = data_dir.join(FILE_NAME);
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            let mut key = Zeroizing::new([0_u8; KEY_LEN]);
            SystemRandom.fill(&mut key[..]);
            file.write_all(&key[..]).and_then(|()| file.sync_all()).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(SealingKey::new(&key))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(&path),
        Err(error) => Err(error).with_context(|| format!("cannot create {}", path.display())),
    }
}

fn read(path: &Path) -> Result<SealingKey> {
    let context = || format!("key-encryption key {}", path.display());
    let mode = fs::metadata(path).with_context(context)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("{} can be read by others (mode {:o}); set it to 600", context(), mode & 0o777);
    }
    let bytes = Zeroizing::new(fs::read(path).with_context(context)?);
    let key: [u8; KEY_LEN] = bytes[..].try_into().with_context(|| format!("{} must hold {KEY_LEN} bytes", context()))?;
    Ok(SealingKey::new(&Zeroizing::new(key)))
}

#[cfg(test)]
mod tests {
    use argus_keys::seal::Purpose;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_the_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let sealed = open(dir.path()).unwrap().seal(Purpose::SigningKey, b"x");
        assert_eq!(open(dir.path()).unwrap().open(Purpose::SigningKey, &sealed).unwrap().as_slice(), b"x");
        let file = dir.path().join(FILE_NAME);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(open(dir.path()).unwrap_err().to_string().contains("set it to 600"));
    }

    #[test]
    fn a_damaged_key_is_told() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).unwrap();
        fs::write(dir.path().join(FILE_NAME), b"short").unwrap();
        assert!(open(dir.path()).is_err());
    }
}
