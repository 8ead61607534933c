//! `argus plugin fetch`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use argus_claims::Digest;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use clap::Args;
use tempfile::NamedTempFile;

use super::super::note;
use super::super::reach::ReachArgs;
use super::{find, path_of, resolve};

#[derive(Debug, Args)]
pub(in super::super) struct FetchArgs {
    /// The claim provider.
    name: String,
    /// The version, by 8 or more digits of its digest.
    digest: String,
    /// Where to write the component. A file that is there already is replaced.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &FetchArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let provider = find(api, &args.name).await?;
            let digest = &resolve(&provider, &args.digest)?.digest;
            let path = path_of(&args.name, &["versions", digest, "component"]);
            let component = api.call(Method::GET, &path, HeaderMap::new(), Bytes::new()).await?.bytes().await?;
            ensure!(Digest::of(&component).to_string() == *digest, "the component that came is not the one with the digest {digest}");
            write(&args.output, &component).with_context(|| format!("cannot write {}", args.output.display()))?;
            note(&format!("{}: {} bytes, sha256 {digest}", args.output.display(), component.len()));
            Ok(ExitCode::SUCCESS)
        })
        .await
}

/// The file appears complete or not at all.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let readable_by_all = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(readable_by_all).tempfile_in(folder)?;
    file.write_all(bytes)?;
    NamedTempFile::persist(file, path)?;
    Ok(())
}
