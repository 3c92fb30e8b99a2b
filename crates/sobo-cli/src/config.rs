//! One configuration file, the environment over it, flags over both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use sobo_intake::Limits;
use sobo_vault::VaultConfig;
use sobo_verify::Chain;

use crate::arguments::{Global, ReaderChoice};

/// Where the web interface listens when nothing says otherwise.
pub(crate) const ADDRESS: &str = "127.0.0.1:8080";

/// The configuration file, `sobo.toml`. Every key is optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    database: Option<String>,
    vault: Option<VaultConfig>,
    models: Option<PathBuf>,
    pipelines: Option<PathBuf>,
    reader: Option<ReaderChoice>,
    address: Option<String>,
    jobs: Option<usize>,
    limits: Limits,
    disk_reserve_bytes: Option<u64>,
    verification: Verification,
}

/// Which steps an entry goes through (`full`, or `sample-N`: N of a thousand are read a second time, blind).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Verification {
    /// The chain of every office that has none of its own.
    pub(crate) chain: String,
    /// Chains by office, as written on the book.
    pub(crate) offices: BTreeMap<String, String>,
}

impl Default for Verification {
    fn default() -> Self {
        Self { chain: "full".to_owned(), offices: BTreeMap::new() }
    }
}

/// Where everything is.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Folder of the store.
    pub(crate) store: PathBuf,
    /// Address of the database.
    pub(crate) database: String,
    /// The vault; its address is `vault_url`.
    pub(crate) vault: VaultConfig,
    /// Address of the vault.
    pub(crate) vault_url: String,
    /// Folder of the search index.
    pub(crate) index: PathBuf,
    /// Folder of derived files.
    pub(crate) work: PathBuf,
    /// Folder of the models.
    pub(crate) models: PathBuf,
    /// Folder of the trainer's Python environment.
    pub(crate) trainer: PathBuf,
    /// Folder of forms and settings.
    pub(crate) pipelines: PathBuf,
    /// Line reader.
    pub(crate) reader: ReaderChoice,
    /// Where the web interface listens, unless the command says otherwise.
    pub(crate) address: String,
    /// Pages read at the same time, unless the command says otherwise; else the number of cores.
    pub(crate) jobs: Option<usize>,
    /// Limits of intake.
    pub(crate) limits: Limits,
    /// Bytes that stay free on the disk.
    pub(crate) disk_reserve_bytes: u64,
    /// The chain entries go through, where their office has none of its own.
    pub(crate) chain: Chain,
    /// Chains by office as written on the book.
    pub(crate) office_chains: BTreeMap<String, Chain>,
}

impl Config {
    /// Puts flags, environment and file together.
    ///
    /// # Errors
    /// When the file cannot be read or has a key it should not have.
    pub(crate) fn load(global: &Global) -> Result<Self> {
        let store = global.store.clone().unwrap_or_else(|| PathBuf::from("var/sobo"));
        let chosen = global.config.clone();
        let path = chosen.clone().unwrap_or_else(|| store.join("sobo.toml"));
        let file: File = match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text)
                .with_context(|| format!("{}: the configuration cannot be used", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && chosen.is_none() => File::default(),
            Err(error) => bail!("{}: the configuration cannot be read ({error})", path.display()),
        };
        let database = global
            .database
            .clone()
            .or(file.database)
            .unwrap_or_else(|| format!("sqlite://{}", store.join("sobo.db").display()));
        let vault = file.vault.unwrap_or_default();
        let vault_url = global
            .vault
            .clone()
            .or_else(|| (!vault.url.is_empty()).then(|| vault.url.clone()))
            .unwrap_or_else(|| store.join("vault").display().to_string());
        let chain = |id: &str| {
            Chain::parse(id).with_context(|| {
                format!(
                    "{}: `{id}` is no chain of verification; write `full`, or `sample-50` for a blind second reading \
                     of 50 entries in a thousand",
                    path.display()
                )
            })
        };
        let offices = file.verification.offices.iter();
        let office_chains =
            offices.map(|(office, id)| Ok((office.clone(), chain(id)?))).collect::<Result<_>>()?;
        Ok(Self {
            chain: chain(&file.verification.chain)?,
            office_chains,
            index: store.join("index"),
            work: store.join("work"),
            trainer: global.trainer.clone().unwrap_or_else(|| store.join("trainer")),
            models: global.models.clone().or(file.models).unwrap_or_else(|| beside("models")),
            pipelines: global.pipelines.clone().or(file.pipelines).unwrap_or_else(|| beside("pipelines")),
            reader: global.reader.or(file.reader).unwrap_or(ReaderChoice::Auto),
            address: file.address.unwrap_or_else(|| ADDRESS.to_owned()),
            jobs: file.jobs,
            limits: file.limits,
            disk_reserve_bytes: file.disk_reserve_bytes.unwrap_or(500 << 20),
            store,
            database,
            vault,
            vault_url,
        })
    }
}

/// The folder of this name in the current folder or one above it, else beside the program or above
/// it, else in `share/sobo` of the program's prefix.
fn beside(name: &str) -> PathBuf {
    let mut starts: Vec<PathBuf> = Vec::new();
    starts.extend(std::env::current_dir());
    if let Some(folder) = std::env::current_exe().ok().as_deref().and_then(Path::parent) {
        starts.push(folder.to_owned());
    }
    for start in &starts {
        for folder in start.ancestors() {
            for candidate in [folder.join(name), folder.join("share/sobo").join(name)] {
                if candidate.is_dir() {
                    return candidate;
                }
            }
        }
    }
    PathBuf::from(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The example of the manual, with every key there is.
    fn example() -> String {
        let manual = include_str!("../../../docs/configuration.md");
        manual.split("```toml\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
    }

    #[test]
    fn the_manual_shows_every_key_and_its_default() {
        let file: File = toml::from_str(&example()).unwrap();
        assert_eq!(file.limits, Limits::default());
        assert_eq!(file.address.as_deref(), Some(ADDRESS));
        let mut keys: toml::Table = toml::from_str(&example()).unwrap();
        let limits = keys.remove("limits").unwrap();
        let known: toml::Table = toml::from_str(&toml::to_string(&Limits::default()).unwrap()).unwrap();
        assert_eq!(limits.as_table().unwrap().len(), known.len());
        let shown: Vec<_> = keys.keys().map(String::as_str).collect();
        let all = [
            "address",
            "database",
            "disk_reserve_bytes",
            "jobs",
            "models",
            "pipelines",
            "reader",
            "vault",
            "verification",
        ];
        assert_eq!(shown, all);
    }

    #[test]
    fn flags_and_environment_stand_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let text = "database = 'postgres://file/db'\nreader = 'tesseract'\n[vault]\nurl = 's3://file/x'\n";
        std::fs::write(folder.path().join("sobo.toml"), text).unwrap();
        let global = Global {
            store: Some(folder.path().to_owned()),
            config: None,
            database: None,
            vault: Some("s3://flag/y".to_owned()),
            models: None,
            pipelines: None,
            trainer: None,
            reader: None,
        };
        let config = Config::load(&global).unwrap();
        assert_eq!(
            (config.database.as_str(), config.vault_url.as_str()),
            ("postgres://file/db", "s3://flag/y")
        );
        assert_eq!(config.reader, ReaderChoice::Tesseract);
        assert_eq!(config.chain, Chain::full());
        let text = "[verification.offices]\n'Quận Nhứt' = 'sample-50'\n";
        std::fs::write(folder.path().join("sobo.toml"), text).unwrap();
        let config = Config::load(&global).unwrap();
        assert_eq!(config.office_chains["Quận Nhứt"], Chain::accept_and_sample(50));
        std::fs::write(folder.path().join("sobo.toml"), "[verification]\nchain = 'some'\n").unwrap();
        let error = format!("{:#}", Config::load(&global).unwrap_err());
        assert!(
            error.contains("`some`") && error.contains("sobo.toml") && error.contains("sample-50"),
            "{error}"
        );
        let missing = Global { config: Some(folder.path().join("nowhere.toml")), ..global };
        let error = Config::load(&missing).unwrap_err().to_string();
        assert!(error.contains("nowhere.toml"), "{error}");
    }
}
