//! `argus plugin new`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use argus_toolkit::{Language, scaffold};
use clap::{Args, ValueEnum};

use super::super::{note, print};

#[derive(Debug, Args)]
pub(in super::super) struct NewArgs {
    /// The language to write it in.
    #[arg(long)]
    lang: LanguageArg,
    /// Name of the provider and of its folder: 1 to 64 of a-z, 0-9 and -, beginning with a letter.
    name: String,
    /// Where to make the folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    into: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LanguageArg {
    Rust,
    Go,
    Js,
    Python,
}

impl From<LanguageArg> for Language {
    fn from(language: LanguageArg) -> Self {
        match language {
            LanguageArg::Rust => Self::Rust,
            LanguageArg::Go => Self::Go,
            LanguageArg::Js => Self::Js,
            LanguageArg::Python => Self::Python,
        }
    }
}

pub(super) fn run(args: &NewArgs) -> Result<ExitCode> {
    let scaffolded = scaffold::create(args.lang.into(), &args.name, &args.into)?;
    note(&format!("{} files; README.md there says how to go on, `argus plugin build` builds it", scaffolded.files.len()));
    print(&scaffolded.folder.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
