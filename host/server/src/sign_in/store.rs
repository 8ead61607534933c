//! Where sign-ins are kept: `argus/tokens.json` in the user's folder of configurations, for the user alone.
//!
//! A change is a new file that takes the old one's place, so that a reader never sees half of one; changes are made under a lock,
//! since a refresh token that two commands used at once would end the sign-in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use argus_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

const FILE_NAME: &str = "tokens.json";
const LOCK_NAME: &str = "tokens.lock";
/// The right to read or write of anybody but the owner.
const OTHERS: u32 = 0o077;
/// The right to write of anybody but the owner.
const OTHERS_WRITE: u32 = 0o022;

/// The tokens of one sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens {
    #[serde(with = "exposed")]
    pub(super) access_token: Secret,
    /// When the access token ends: seconds since 1970.
    pub(super) expires_at: i64,
    #[serde(with = "exposed::option", default, skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<Secret>,
}

/// By the server's URL.
pub(super) type AllTokens = BTreeMap<String, Tokens>;

/// The file, whether it is there yet or not.
#[derive(Clone, Debug)]
pub(super) struct TokenStore {
    folder: PathBuf,
}

/// The file, which nobody else changes meanwhile.
pub(super) struct Locked<'a> {
    store: &'a TokenStore,
    /// Closing it releases the lock.
    _lock: File,
}

impl TokenStore {
    /// The store in a folder.
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder, from the environment: `$XDG_CONFIG_HOME/argus`, or `~/.config/argus`.
    pub(super) fn folder(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
        // The specification of XDG_CONFIG_HOME: a relative path is to be ignored.
        let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let configurations = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
        let found = configurations.context(
            "there is no folder to keep a sign-in in: set HOME or XDG_CONFIG_HOME to an absolute path, or an access token in ARGUS_TOKEN",
        )?;
        Ok(found.join("argus"))
    }

    fn file(&self) -> PathBuf {
        self.folder.join(FILE_NAME)
    }

    /// Everything that is kept.
    pub(super) fn read(&self) -> Result<AllTokens> {
        let path = self.file();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(AllTokens::new()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        only_ours(&path, &file, OTHERS, "600")?;
        // The parser's message would quote what it read.
        let tokens = serde_json::from_reader(std::io::BufReader::new(file)).ok();
        tokens.with_context(|| format!("{} is damaged: remove it, and sign in again", path.display()))
    }

    /// Whether tokens could be kept: what would keep them from it is told before somebody signs in.
    pub(super) fn check(&self) -> Result<()> {
        self.make_folder()?;
        self.read().map(|_| ())
    }

    fn make_folder(&self) -> Result<()> {
        let context = || format!("cannot use the folder {}", self.folder.display());
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).with_context(context)?;
        let folder = File::open(&self.folder).with_context(context)?;
        only_ours(&self.folder, &folder, OTHERS_WRITE, "700")
    }

    /// Waits until nobody else changes the file.
    pub(super) async fn lock(&self) -> Result<Locked<'_>> {
        self.make_folder()?;
        let path = self.folder.join(LOCK_NAME);
        let context = format!("cannot lock {}", path.display());
        let locking = move || {
            let file = File::options().create(true).truncate(false).write(true).open(path)?;
            file.lock()?;
            std::io::Result::Ok(file)
        };
        let lock = tokio::task::spawn_blocking(locking).await?.context(context)?;
        Ok(Locked { store: self, _lock: lock })
    }
}

impl Locked<'_> {
    /// Everything that is kept.
    pub(super) fn read(&self) -> Result<AllTokens> {
        self.store.read()
    }

    /// Keeps a server's tokens, or forgets them.
    pub(super) fn set(&self, server: &str, tokens: Option<Tokens>) -> Result<()> {
        let mut all = self.read()?;
        match tokens {
            Some(tokens) => all.insert(server.to_owned(), tokens),
            None => all.remove(server),
        };
        let path = self.store.file();
        let write = || -> std::io::Result<()> {
            // Readable by its owner alone from the start.
            let mut file = NamedTempFile::new_in(&self.store.folder)?;
            file.write_all(&serde_json::to_vec_pretty(&all)?)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Refuses what others could have read or changed.
fn only_ours(path: &Path, file: &File, forbidden: u32, mode: &str) -> Result<()> {
    let metadata = file.metadata().with_context(|| format!("cannot read {}", path.display()))?;
    let path = path.display();
    ensure!(metadata.uid() == rustix::process::geteuid().as_raw(), "{path} belongs to another user: move it away, and sign in again");
    ensure!(
        metadata.mode() & forbidden == 0,
        "{path} is open to others (mode {:o}), who may have taken the tokens: set its mode to {mode} and sign out, then in again",
        metadata.mode() & 0o777
    );
    Ok(())
}

/// The one place where the secrets leave as text.
mod exposed {
    use argus_domain::secret::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }

    pub(super) mod option {
        use super::{Deserialize, Deserializer, Secret, Serializer};

        pub(crate) fn serialize<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
            match secret {
                Some(secret) => super::serialize(secret, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
            Option::<String>::deserialize(deserializer).map(|secret| secret.map(Secret::new))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const SERVER: &str = "https://id.example.com";

    fn tokens(access_token: &str) -> Tokens {
        Tokens { access_token: Secret::new(access_token), expires_at: 7, refresh_token: Some(Secret::new("refresh")) }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn store() -> (tempfile::TempDir, TokenStore) {
        let home = tempfile::tempdir().unwrap();
        let store = TokenStore::in_folder(home.path().join("config/argus"));
        (home, store)
    }

    #[tokio::test]
    async fn tokens_are_kept_for_the_owner_alone() {
        let (_home, store) = store();
        assert!(store.read().unwrap().is_empty());
        store.lock().await.unwrap().set(SERVER, Some(tokens("a1"))).unwrap();
        store.lock().await.unwrap().set("https://other.example", Some(tokens("a2"))).unwrap();
        assert_eq!((mode(&store.file()), mode(&store.folder)), (0o600, 0o700));
        let kept = store.read().unwrap().remove(SERVER).unwrap();
        assert_eq!((kept.access_token.expose(), kept.expires_at, kept.refresh_token.unwrap().expose()), ("a1", 7, "refresh"));
        store.lock().await.unwrap().set(SERVER, None).unwrap();
        assert_eq!(store.read().unwrap().keys().collect::<Vec<_>>(), ["https://other.example"]);
    }

    #[tokio::test]
    async fn a_change_is_a_new_file_and_leaves_none_behind() {
        let (_home, store) = store();
        store.lock().await.unwrap().set(SERVER, Some(tokens("a1"))).unwrap();
        let old = File::open(store.file()).unwrap();
        store.lock().await.unwrap().set(SERVER, Some(tokens("a2"))).unwrap();
        let before: AllTokens = serde_json::from_reader(old).unwrap();
        assert_eq!(before[SERVER].access_token.expose(), "a1", "who had opened it reads it to its end");
        let mut names: Vec<_> = fs::read_dir(&store.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [FILE_NAME, LOCK_NAME]);
    }

    #[tokio::test]
    async fn what_is_open_to_others_is_refused() {
        let (_home, store) = store();
        store.lock().await.unwrap().set(SERVER, Some(tokens("a1"))).unwrap();
        for wide in [0o640, 0o604, 0o620] {
            set_mode(&store.file(), wide);
            let error = store.read().unwrap_err().to_string();
            assert!(error.contains("set its mode to 600") && error.contains(&format!("mode {wide:o}")), "{error}");
            assert!(store.lock().await.unwrap().set(SERVER, None).is_err());
        }
        set_mode(&store.file(), 0o600);
        set_mode(&store.folder, 0o770);
        assert!(store.check().unwrap_err().to_string().contains("set its mode to 700"));
    }

    #[tokio::test]
    async fn a_damaged_file_is_told_without_its_content() {
        let (_home, store) = store();
        store.lock().await.unwrap().set(SERVER, Some(tokens("a1"))).unwrap();
        fs::write(store.file(), "{\"https://id.example.com\": {\"accessToken\": [\"a1\"").unwrap();
        let error = format!("{:#}", store.read().unwrap_err());
        assert!(error.contains("is damaged") && !error.contains("a1"), "{error}");
    }

    /// Each reads and writes the whole file: without the lock, most would be lost.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn changes_at_once_are_all_kept() {
        let (_home, store) = store();
        let changes = (0..40).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let server = format!("https://{n}.example");
                store.lock().await.unwrap().set(&server, Some(tokens("a"))).unwrap();
            })
        });
        for change in changes.collect::<Vec<_>>() {
            change.await.unwrap();
        }
        assert_eq!(store.read().unwrap().len(), 40);
    }

    #[test]
    fn the_folder_comes_from_the_environment() {
        let folder = |xdg: Option<&str>, home: Option<&str>| {
            TokenStore::folder(|name| if name == "HOME" { home } else { xdg }.map(OsString::from))
                .ok()
                .map(|path| path.display().to_string())
        };
        assert_eq!(folder(Some("/xdg"), Some("/h")).as_deref(), Some("/xdg/argus"));
        assert_eq!(folder(None, Some("/h")).as_deref(), Some("/h/.config/argus"));
        assert_eq!(folder(Some("relative"), Some("/h")).as_deref(), Some("/h/.config/argus"));
        assert_eq!(folder(None, None), None);
    }

    #[test]
    fn tokens_do_not_show_themselves() {
        assert!(!format!("{:?}", tokens("a1")).contains("a1"));
    }
}
