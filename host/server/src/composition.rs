//! Putting the parts together: the only place that knows them all.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use argus_claims::{CompilerProcess, Engine, Registry, builtin};
use argus_domain::{Clock, Random};
use argus_keys::password::PasswordHasher;
use argus_keys::{SealingKey, SystemRandom};
use argus_protocol::administration::Command;
use argus_protocol::key_management::Keys;
use argus_protocol::{Argus, Parts, administration, background};
use argus_storage::{DatabaseSettings, Store, signing_keys};

use crate::config::Config;
use crate::{kek, upstream_http};

/// The hidden first argument that makes this program compile one claim provider and end.
pub const COMPILE_COMPONENT: &str = "compile-component";

/// What an installation is opened with; tests bring a clock and randomness of their own.
#[derive(Clone)]
pub struct Surroundings {
    /// Where the time comes from.
    pub clock: Clock,
    /// Where random bytes come from.
    pub random: Arc<dyn Random>,
    /// The program that compiles claim providers: this one.
    pub compiler: PathBuf,
}

impl Surroundings {
    /// The system's clock and randomness, and this program.
    pub fn system() -> Result<Self> {
        let compiler = std::env::current_exe().context("cannot find this program's own file")?;
        Ok(Self { clock: Clock::system(), random: Arc::new(SystemRandom), compiler })
    }
}

/// Whether an installation that is not there is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It has to be there: a mistyped folder shows no empty installation.
    Existing,
    /// It is made if it is not there.
    OrCreate,
}

/// An opened database and its key: what commands need that issue no tokens.
pub struct Installation {
    /// The database, migrated.
    pub store: Store,
    /// The key-encryption key.
    pub sealing: SealingKey,
    surroundings: Surroundings,
}

impl Installation {
    /// Opens the database, brings its schema up to date, and makes the first keys.
    pub async fn open(config: &Config, surroundings: Surroundings, opening: Opening) -> Result<Self> {
        let sealing = kek::find(&config.data_dir)?;
        if sealing.is_none() {
            let data_dir = config.data_dir.display();
            if opening == Opening::Existing {
                bail!("there is no installation in data_dir {data_dir}: `argus import` or `argus serve` makes one");
            }
            std::fs::create_dir_all(&config.data_dir).with_context(|| format!("cannot create data_dir {data_dir}"))?;
        }
        let url = config.database_url();
        let node = config.database.node.clone().unwrap_or_else(|| "main".to_owned());
        let store = Store::connect(&DatabaseSettings::new(url), node).await.context("cannot open the database")?;
        store.migrate().await.context("cannot bring the database up to date")?;
        let sealing = match sealing {
            Some(sealing) => sealing,
            None => first_key(&store, &config.data_dir).await?,
        };
        let installation = Self { store, sealing, surroundings };
        // Before any new key is sealed: a wrong file must not seal keys beside those that it does not open.
        installation
            .keys()
            .load()
            .await
            .with_context(|| format!("the key-encryption key in {} is not the database's", config.data_dir.display()))?;
        let now = installation.surroundings.clock.now();
        installation.keys().rotate_due(now, config.tokens.rotation(), "system").await.context("cannot make signing keys")?;
        administration::register_builtin_providers(&installation.store, builtin::COMPONENTS, &installation.command())
            .await
            .context("cannot register the built-in claim providers")?;
        administration::check_reserved_scopes(&installation.store).await?;
        administration::register_command_line_client(&installation.store, &installation.command())
            .await
            .context("cannot register the command line as a client")?;
        Ok(installation)
    }

    /// The signing keys.
    pub fn keys(&self) -> Keys<'_> {
        Keys { store: &self.store, sealing: &self.sealing, random: &*self.surroundings.random }
    }

    /// A command given here and now.
    pub fn command(&self) -> Command {
        Command::cli(self.random(), self.surroundings.clock.now())
    }

    /// The source of random bytes.
    pub fn random(&self) -> &dyn Random {
        &*self.surroundings.random
    }

    /// Everything the use cases need.
    pub async fn into_argus(self, config: &Config) -> Result<Argus> {
        let compiler = CompilerProcess { program: self.surroundings.compiler.clone(), args: vec![OsString::from(COMPILE_COMPONENT)] };
        let cache = config.data_dir.join("compiled");
        let engine = Engine::new(config.claims.clone(), &cache, compiler).context("cannot start the engine of claim providers")?;
        let ring = self.keys().load().await.context("cannot open the signing keys")?;
        let threads = match config.limits.hashing_threads {
            0 => std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4)),
            threads => threads,
        };
        let argus = Argus::new(Parts {
            settings: config.settings()?,
            passwords: PasswordHasher::start(threads, config.limits.hashing_queue).context("cannot start the hashing threads")?,
            providers: Registry::new(engine),
            store: self.store,
            keys: ring,
            sealing: self.sealing,
            clock: self.surroundings.clock,
            random: self.surroundings.random,
            upstream_http: upstream_http::client(&config.federation)?,
        });
        background::start(&argus).await?;
        Ok(argus)
    }
}

/// Makes the key-encryption key of a new database. One that has signing keys already was sealed with another, which has to be found:
/// new keys beside them would make every token invalid, in silence.
async fn first_key(store: &Store, data_dir: &Path) -> Result<SealingKey> {
    let sealed = !signing_keys::list(&mut *store.read().await?).await?.is_empty();
    match kek::find(data_dir)? {
        // Another process made it, and the signing keys with it, since we looked.
        Some(key) => Ok(key),
        None if sealed => bail!(
            "the database has signing keys, but data_dir {} has no key-encryption-key that opens them: put the file back, \
             from a backup or from another node",
            data_dir.display()
        ),
        None => kek::make(data_dir),
    }
}
