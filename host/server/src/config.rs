//! The configuration: one TOML file, `ARGUS__SECTION__KEY` over it, a default for every key that works on loopback.
//!
//! An unknown key, in the file or in the environment, is an error: a misspelt one would silently leave its default.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use argus_claims::EngineLimits;
use argus_http::HttpSettings;
use argus_protocol::settings::{
    FederationSettings, Issuer, LimitSettings, RolloutSettings, ScopeSettings, SelfServiceSettings, SessionSettings, Settings,
    TokenSettings,
};
use config::{Environment, File, FileFormat};
use serde::Deserialize;

/// Everything that can be configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The issuer identifier: the URL under which relying parties reach this server.
    pub issuer: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the key-encryption key, the SQLite database and compiled claim providers are kept.
    pub data_dir: PathBuf,
    /// `[database]`
    pub database: Database,
    /// `[http]`
    pub http: Http,
    /// `[operations]`
    pub operations: Operations,
    /// `[tokens]`
    pub tokens: TokenSettings,
    /// `[sessions]`
    pub sessions: SessionSettings,
    /// `[limits]`
    pub limits: LimitSettings,
    /// `[claims]`
    pub claims: EngineLimits,
    /// `[rollout]`
    pub rollout: RolloutSettings,
    /// `[self_service]`
    pub self_service: SelfServiceSettings,
    /// `[scopes]`
    pub scopes: ScopeSettings,
    /// `[federation]`
    pub federation: FederationSettings,
    /// `[telemetry]`
    pub telemetry: Telemetry,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            issuer: "http://127.0.0.1:8080".to_owned(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            data_dir: PathBuf::from("argus-data"),
            database: Database::default(),
            http: Http::default(),
            operations: Operations::default(),
            tokens: TokenSettings::default(),
            sessions: SessionSettings::default(),
            limits: LimitSettings::default(),
            claims: EngineLimits::default(),
            rollout: RolloutSettings::default(),
            self_service: SelfServiceSettings::default(),
            scopes: ScopeSettings::default(),
            federation: FederationSettings::default(),
            telemetry: Telemetry::default(),
        }
    }
}

/// `[database]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://…`; by default an SQLite file in `data_dir`.
    pub url: Option<String>,
    /// Name of this node's audit chain; by default `main`. Nodes that share a database need one each.
    pub node: Option<String>,
}

/// `[http]`: what the listener accepts, and its TLS files.
#[derive(Clone, Debug, Default)]
pub struct Http {
    /// PEM file of the certificate chain; with `tls_key_file`, the server speaks TLS itself.
    pub tls_certificate_file: Option<PathBuf>,
    /// PEM file of the private key.
    pub tls_key_file: Option<PathBuf>,
    /// Everything else.
    pub settings: HttpSettings,
}

impl<'de> Deserialize<'de> for Http {
    /// Serde cannot flatten a section and refuse unknown keys as well, so the two TLS keys are taken out by hand.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut section = serde_json::Map::deserialize(deserializer)?;
        let mut take = |key: &str| section.remove(key).map(serde_json::from_value).transpose().map_err(D::Error::custom);
        let (tls_certificate_file, tls_key_file) = (take("tls_certificate_file")?, take("tls_key_file")?);
        let settings = serde_path_to_error::deserialize(serde_json::Value::from(section)).map_err(D::Error::custom)?;
        Ok(Self { tls_certificate_file, tls_key_file, settings })
    }
}

/// `[operations]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operations {
    /// Where `/metrics`, `/healthz` and `/readyz` are served; nowhere by default.
    pub listen: Option<SocketAddr>,
}

/// `[telemetry]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// What is logged, in the syntax of `tracing` filters.
    pub filter: String,
    /// `human` or `json`.
    pub format: LogFormat,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Human }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For a terminal.
    Human,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads the file, if one is named, and the environment over it.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let mut builder = config::Config::builder();
        if let Some(file) = file {
            if !file.is_file() {
                bail!("no configuration file at {}", file.display());
            }
            builder = builder.add_source(File::from(file).format(FileFormat::Toml));
        }
        let environment = Environment::with_prefix("ARGUS")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("http.trusted_proxies")
            .with_list_parse_key("self_service.kinds")
            .with_list_parse_key("self_service.scopes")
            .with_list_parse_key("self_service.claim_providers");
        let read = || -> Result<Self> {
            let config: Self = serde_path_to_error::deserialize(builder.add_source(environment).build()?)?;
            config.check()?;
            Ok(config)
        };
        read().with_context(|| match file {
            Some(file) => format!("the configuration in {} and the environment cannot be used", file.display()),
            None => "the configuration in the environment cannot be used".to_owned(),
        })
    }

    /// Every rule that goes beyond the shape of a value.
    pub fn check(&self) -> Result<()> {
        Issuer::parse(&self.issuer).with_context(|| format!("issuer {:?}", self.issuer))?;
        self.claims.check().context("[claims]")?;
        if let Err(rule) = self.rollout.check() {
            bail!("rollout.{rule}");
        }
        if let Err(rule) = self.self_service.check() {
            bail!("self_service.{rule}");
        }
        let tokens = &self.tokens;
        if !(1..=600).contains(&tokens.authorization_code_seconds) {
            bail!("tokens.authorization_code_seconds must be 1 to 600");
        }
        for (key, value, max) in [
            ("access_token_seconds", tokens.access_token_seconds, tokens.access_token_max_seconds),
            ("refresh_token_seconds", tokens.refresh_token_seconds, tokens.refresh_token_max_seconds),
        ] {
            if value == 0 || value > max {
                bail!("tokens.{key} must be 1 to its maximum, {max}");
            }
        }
        for (key, value) in [
            ("tokens.id_token_seconds", u64::from(tokens.id_token_seconds)),
            ("tokens.signing_key_active_seconds", tokens.signing_key_active_seconds.into()),
            ("sessions.idle_seconds", self.sessions.idle_seconds.into()),
            ("sessions.absolute_seconds", self.sessions.absolute_seconds.into()),
            ("limits.sign_in_window_seconds", self.limits.sign_in_window_seconds.into()),
        ] {
            if value == 0 {
                bail!("{key} must be at least 1");
            }
        }
        let url = self.database_url();
        if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            bail!("database.url must begin with sqlite: or postgres://");
        }
        if self.http.tls_certificate_file.is_some() != self.http.tls_key_file.is_some() {
            bail!("http.tls_certificate_file and http.tls_key_file go together");
        }
        if let Some(problem) = self.http.settings.check().first() {
            bail!("http{}: {}", problem.pointer.as_str().replace('/', "."), problem.message);
        }
        Ok(())
    }

    /// What the use cases need to know.
    pub fn settings(&self) -> Result<Settings> {
        Ok(Settings {
            issuer: Issuer::parse(&self.issuer)?,
            tokens: self.tokens.clone(),
            sessions: self.sessions.clone(),
            limits: self.limits.clone(),
            rollout: self.rollout.clone(),
            self_service: self.self_service.clone(),
            scopes: self.scopes.clone(),
        })
    }

    /// The database's URL.
    pub fn database_url(&self) -> String {
        self.database.url.clone().unwrap_or_else(|| format!("sqlite:{}", self.data_dir.join("argus.db").display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Config> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("argus.toml");
        std::fs::write(&file, toml)?;
        Config::load(Some(&file))
    }

    #[test]
    fn an_empty_file_is_a_loopback_installation() {
        let config = load("").unwrap();
        assert_eq!(config.issuer, "http://127.0.0.1:8080");
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.database_url(), "sqlite:argus-data/argus.db");
    }

    #[test]
    fn unknown_keys_are_refused_in_every_section() {
        for toml in [
            "isuer = 'x'",
            "[http]\nx = 1",
            "[tokens]\nx = 1",
            "[claims]\nx = 1",
            "[rollout]\nx = 1",
            "[limits]\nx = 1",
            "[database]\nx = 1",
            "[nosuch]\n",
        ] {
            assert!(load(toml).is_err(), "{toml}");
        }
    }

    #[test]
    fn values_out_of_bounds_are_refused() {
        for toml in [
            "issuer = 'http://id.example.com'",
            "[tokens]\nauthorization_code_seconds = 601",
            "[tokens]\naccess_token_seconds = 7200",
            "[http]\ntls_key_file = 'x'",
            "[http]\nmax_body_bytes = 1",
            "[sessions]\nidle_seconds = 0",
            "[rollout]\nmax_failure_percent = 101",
            "[database]\nurl = 'mysql://localhost/argus'",
        ] {
            assert!(load(toml).is_err(), "{toml}");
        }
    }

    #[test]
    fn an_error_names_file_and_key() {
        for (toml, key) in [("listen = 'localhost'", "listen"), ("[http]\ntrusted_proxies = ['x']", "trusted_proxies[0]")] {
            let error = format!("{:#}", load(toml).unwrap_err());
            assert!(error.contains("argus.toml") && error.contains(key), "{error}");
        }
    }

    #[test]
    fn sections_are_read() {
        let config =
            load("issuer = 'https://id.example.com'\n[http]\ntrusted_proxies = ['10.0.0.0/8']\n[sessions]\nip_binding = 'enforce'")
                .unwrap();
        assert_eq!(config.http.settings.trusted_proxies.len(), 1);
        assert!(config.settings().unwrap().issuer.is_https());
    }
}
