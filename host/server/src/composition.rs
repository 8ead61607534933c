//! Putting the parts together: the only place that knows them all.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use argus_claims::{CompilerProcess, Engine, Registry, builtin};
use argus_domain::{Clock, Random};
use argus_keys::password::PasswordHasher;
use argus_keys::{SealingKey, SystemRandom};
use argus_protocol::administration::Command;
use argus_protocol::key_management::Keys;
use argus_protocol::{Argus, Parts, administration, background};
use argus_storage::{DatabaseSettings, Store};

use crate::config::Config;
use crate::kek;

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
    pub async fn open(config: &Config, surroundings: Surroundings) -> Result<Self> {
        let sealing = kek::open(&config.data_dir)?;
        let url = config.database_url();
        let node = config.database.node.clone().unwrap_or_else(|| "main".to_owned());
        let store = Store::connect(&DatabaseSettings::new(url), node).await.context("cannot open the database")?;
        store.migrate().await.context("cannot bring the database up to date")?;
        let installation = Self { store, sealing, surroundings };
        let now = installation.surroundings.clock.now();
        installation.keys().rotate_due(now, config.tokens.rotation(), "system").await.context("cannot make signing keys")?;
        administration::register_builtin_providers(&installation.store, builtin::COMPONENTS, &installation.command())
            .await
            .context("cannot register the built-in claim providers")?;
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
        });
        background::start(&argus).await?;
        Ok(argus)
    }
}
