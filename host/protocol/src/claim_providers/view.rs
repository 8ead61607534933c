//! What administrators see of claim providers: versions, what each reads and for whom it runs, how a shadow version compares.

use argus_claims::HealthFigures;
use argus_domain::Timestamp;
use argus_domain::audit::AuditEventKind;
use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::client::Client;
use argus_domain::facts::Facts;
use argus_domain::ids::ClientId;
use argus_keys::seal::Purpose;
use argus_storage::claim_providers::{self, ClaimProvider, ClaimProviderVersion};
use argus_storage::shadow_runs::{self, ShadowCount, ShadowSample};
use argus_storage::{claim_traces, clients};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::LoadedVersion;
use super::lifecycle::no_provider;
use super::upload::parse_digest;
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::registry::runnable;
use crate::rollout::ClaimChange;

/// What a claim provider serves.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The name attachments use.
    pub name: String,
    /// Whether it comes with the program.
    pub builtin: bool,
    /// Digest of the version in service.
    pub current: Option<String>,
    /// Where a rollback leads.
    pub previous: Option<String>,
    /// The version that runs in the shadow.
    pub shadow: Option<String>,
    /// Since when the current version is current, in Unix seconds.
    pub current_since: Option<i64>,
}

/// A claim provider in the list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderSummary {
    /// What it serves.
    #[serde(flatten)]
    pub standing: Standing,
    /// Versions kept.
    pub versions: usize,
    /// Of these, how many wait for approval.
    pub waiting: usize,
}

/// A claim provider with its versions, the latest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderView {
    /// What it serves.
    #[serde(flatten)]
    pub standing: Standing,
    /// Every version kept.
    pub versions: Vec<VersionView>,
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionView {
    /// SHA-256 of the component.
    pub digest: String,
    /// `current`, `previous`, `shadow`, `available` or `waiting`.
    pub state: &'static str,
    /// Size of the component in bytes.
    pub size: u64,
    /// Who uploaded it.
    pub uploaded_by: String,
    /// When, in Unix seconds.
    pub uploaded_at: i64,
    /// From which network address.
    pub uploaded_from: Option<String>,
    /// What the author says of it.
    pub author: Option<Author>,
    /// Facts it declares.
    pub needs: Facts,
    /// Facts it may read; none = it waits.
    pub approved_facts: Option<Facts>,
    /// Who approved them.
    pub approved_by: Option<String>,
    /// When, in Unix seconds.
    pub approved_at: Option<i64>,
    /// Attachments that run it.
    pub used_by: Vec<Use>,
    /// How it compares, when it runs or ran in the shadow.
    pub shadow: Option<Comparison>,
    /// How it fares on this node, where it runs.
    pub health: Option<HealthView>,
}

/// How a version fares on a node, since the node loaded it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthView {
    /// Runs.
    pub runs: u64,
    /// Runs that failed.
    pub failures: u64,
    /// Of the latest 1,024 runs, half took no longer, in microseconds.
    pub p50_us: u64,
    /// Of these, 99 of a hundred took no longer.
    pub p99_us: u64,
}

/// What the author of a component says of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Author {
    /// The author's name for it.
    pub name: String,
    /// The author's version.
    pub version: String,
    /// One paragraph.
    pub description: String,
}

/// An attachment that runs a version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// The client.
    pub client_id: ClientId,
    /// Its name.
    pub client_name: String,
    /// Place in its `openIDCustomClaims`.
    pub attachment: usize,
    /// Whether the attachment names this version.
    pub pinned: bool,
    /// Claims that it emits there.
    pub emits: Vec<String>,
}

/// A shadow version beside the current one.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Runs with the same claims.
    pub equal: u64,
    /// Runs with other claims.
    pub different: u64,
    /// Runs in which it failed, and the current one did not.
    pub failed: u64,
    /// The same by client.
    pub clients: Vec<ClientComparison>,
    /// Runs that differed, the latest first.
    pub samples: Vec<SampleView>,
}

/// The comparison for one client.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientComparison {
    /// The client.
    pub client_id: ClientId,
    /// Runs with the same claims.
    pub equal: u64,
    /// Runs with other claims.
    pub different: u64,
    /// Runs in which it failed.
    pub failed: u64,
}

/// A run that differed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SampleView {
    /// The client.
    pub client_id: ClientId,
    /// The request.
    pub correlation_id: String,
    /// When, in Unix seconds.
    pub at: i64,
    /// In what.
    pub changes: Vec<ClaimChange>,
}

/// What a provider logged at one issuance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogView {
    /// When, in Unix seconds.
    pub at: i64,
    /// The request.
    pub correlation_id: String,
    /// The client.
    pub client_id: ClientId,
    /// The version.
    pub digest: String,
    /// Where the claims went.
    pub target: &'static str,
    /// The lines, each with `level` and `message`.
    #[schema(value_type = Vec<Object>)]
    pub lines: Value,
}

/// All claim providers, by name.
pub async fn list(argus: &Argus) -> Result<Vec<ProviderSummary>, AdministrationError> {
    let mut reader = argus.store().read().await?;
    let mut summaries = Vec::new();
    for provider in claim_providers::list(&mut reader).await? {
        let versions = claim_providers::versions(&mut reader, &provider.name).await?;
        let waiting = versions.iter().filter(|version| version.approval.is_none()).count();
        summaries.push(ProviderSummary { standing: standing(provider), versions: versions.len(), waiting });
    }
    Ok(summaries)
}

fn standing(provider: ClaimProvider) -> Standing {
    Standing {
        name: provider.name,
        builtin: provider.builtin,
        current: provider.current,
        previous: provider.previous,
        shadow: provider.shadow,
        current_since: provider.current_since.map(Timestamp::unix_seconds),
    }
}

/// One claim provider with its versions. With `values`, samples hold values of users, and that they were read is on record.
pub async fn show(argus: &Argus, name: &str, values: bool, by: &Administrator) -> Result<ProviderView, AdministrationError> {
    let (provider, versions, stored) = {
        let mut reader = argus.store().read().await?;
        let provider = claim_providers::find(&mut reader, name).await?.ok_or_else(|| no_provider(name))?;
        (provider, claim_providers::versions(&mut reader, name).await?, clients::list_attached(&mut reader).await?)
    };
    let mut all = Vec::new();
    for version in &versions {
        all.push(view(argus, &provider, version, &stored, values).await?);
    }
    if values && all.iter().any(|version| version.shadow.as_ref().is_some_and(|shadow| !shadow.samples.is_empty())) {
        argus.record(by.event(argus, AuditEventKind::ClaimValuesRead).with("provider", name).with("of", "shadow")).await?;
    }
    Ok(ProviderView { standing: standing(provider), versions: all })
}

async fn view(
    argus: &Argus,
    provider: &ClaimProvider,
    version: &ClaimProviderVersion,
    stored: &[Client],
    values: bool,
) -> Result<VersionView, AdministrationError> {
    let is = |digest: &Option<String>| digest.as_ref() == Some(&version.digest);
    let state = match () {
        () if version.approval.is_none() => "waiting",
        () if is(&provider.current) => "current",
        () if is(&provider.shadow) => "shadow",
        () if is(&provider.previous) => "previous",
        () => "available",
    };
    // Versions that came with the program, or from before descriptions were kept, are asked.
    let metadata = match &version.metadata {
        Some(metadata) => Some(metadata.clone()),
        None => {
            let component = argus.registry().versions().component(&provider.name, &version.digest).await?;
            component.ok().map(|component| component.metadata().clone())
        }
    };
    let approval = version.approval.as_ref();
    let needs = metadata.as_ref().map(|metadata| metadata.needs).unwrap_or_default();
    let (counts, samples) = {
        let mut reader = argus.store().read().await?;
        let counts = shadow_runs::counts(&mut reader, &provider.name, &version.digest).await?;
        (counts, shadow_runs::samples(&mut reader, &provider.name, &version.digest).await?)
    };
    Ok(VersionView {
        digest: version.digest.clone(),
        state,
        size: version.size,
        uploaded_by: version.uploaded_by.clone(),
        uploaded_at: version.uploaded_at.unix_seconds(),
        uploaded_from: version.uploaded_from.clone(),
        author: metadata.map(|metadata| Author { name: metadata.name, version: metadata.version, description: metadata.description }),
        needs,
        approved_facts: approval.map(|approval| approval.facts.intersection(needs)),
        approved_by: approval.map(|approval| approval.by.clone()),
        approved_at: approval.map(|approval| approval.at.unix_seconds()),
        used_by: uses(argus, provider, &version.digest, stored).await?,
        shadow: comparison(argus, is(&provider.shadow), &counts, &samples, values),
        health: health(argus, &version.digest),
    })
}

fn health(argus: &Argus, digest: &str) -> Option<HealthView> {
    let component = argus.registry().components().get(digest.parse().ok()?)?;
    let HealthFigures { runs, failures, p50_us, p99_us } = component.health().figures();
    Some(HealthView { runs, failures, p50_us, p99_us })
}

async fn uses(argus: &Argus, provider: &ClaimProvider, digest: &str, stored: &[Client]) -> Result<Vec<Use>, AdministrationError> {
    let runs_it = |attachment: &ClaimProviderAttachment| {
        attachment.provider == provider.name && attachment.digest.as_deref().or(provider.current.as_deref()) == Some(digest)
    };
    let attachments = stored.iter().flat_map(|client| client.settings.open_id_custom_claims.iter().enumerate().map(move |at| (client, at)));
    let used: Vec<_> = attachments.filter(|(_, (_, attachment))| runs_it(attachment)).collect();
    if used.is_empty() {
        return Ok(Vec::new());
    }
    let version = argus.registry().versions().stored(&provider.name, Some(digest)).await?.ok();
    let mut uses = Vec::new();
    for (client, (i, attachment)) in used {
        uses.push(Use {
            client_id: client.id,
            client_name: client.settings.name.clone(),
            attachment: i,
            pinned: attachment.digest.is_some(),
            emits: emitted(version.clone(), attachment).await,
        });
    }
    Ok(uses)
}

/// Claims that a version emits for an attachment; none where it cannot run.
async fn emitted(version: Option<LoadedVersion>, attachment: &ClaimProviderAttachment) -> Vec<String> {
    let Some(version) = version else { return Vec::new() };
    let Ok(runnable) = runnable(version, &attachment.configuration.to_string()).await else { return Vec::new() };
    runnable.plan.claim_names.iter().map(|name| name.as_str().to_owned()).collect()
}

fn comparison(argus: &Argus, is_shadow: bool, counts: &[ShadowCount], samples: &[ShadowSample], values: bool) -> Option<Comparison> {
    if !is_shadow && counts.is_empty() {
        return None;
    }
    let mut comparison = Comparison::default();
    for ShadowCount { client, equal, different, failed } in counts.iter().cloned() {
        comparison.equal += equal;
        comparison.different += different;
        comparison.failed += failed;
        comparison.clients.push(ClientComparison { client_id: client, equal, different, failed });
    }
    comparison.samples = samples.iter().map(|sample| sample_view(argus, sample, values)).collect();
    Some(comparison)
}

fn sample_view(argus: &Argus, sample: &ShadowSample, values: bool) -> SampleView {
    let opened = values.then(|| argus.sealing().open(Purpose::ShadowSample, &sample.sealed).ok()).flatten();
    // Without the key it was sealed with, the names are left.
    let changes = opened.and_then(|clear| serde_json::from_slice(&clear).ok());
    SampleView {
        client_id: sample.client,
        correlation_id: sample.correlation_id.clone(),
        at: sample.at.unix_seconds(),
        changes: changes.or_else(|| serde_json::from_str(&sample.changes).ok()).unwrap_or_default(),
    }
}

/// The component of a version.
pub async fn component(argus: &Argus, name: &str, digest: &str) -> Result<Vec<u8>, AdministrationError> {
    let digest = parse_digest(digest)?;
    let mut reader = argus.store().read().await?;
    let missing = || super::lifecycle::no_version(name, &digest);
    claim_providers::version(&mut reader, name, &digest).await?.ok_or_else(missing)?;
    claim_providers::component(&mut reader, &digest).await?.ok_or_else(missing)
}

/// What a claim provider logged, the latest first.
pub async fn logs(argus: &Argus, name: &str, limit: u32) -> Result<Vec<LogView>, AdministrationError> {
    let mut reader = argus.store().read().await?;
    claim_providers::find(&mut reader, name).await?.ok_or_else(|| no_provider(name))?;
    let logged = claim_traces::logs_of_provider(&mut reader, name, limit).await?;
    let view = |log: claim_traces::LoggedInvocation| LogView {
        at: log.at.unix_seconds(),
        correlation_id: log.correlation_id,
        client_id: log.client,
        digest: log.digest,
        target: log.target.as_str(),
        lines: serde_json::from_str(&log.lines).unwrap_or_else(|_| Value::Array(Vec::new())),
    };
    Ok(logged.into_iter().map(view).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8259 §4 leaves open what a reader makes of two members of one name.
    #[test]
    fn no_member_stands_there_twice() {
        let standing =
            Standing { name: "level".to_owned(), builtin: false, current: None, previous: None, shadow: None, current_since: None };
        let text = serde_json::to_string(&ProviderView { standing, versions: Vec::new() }).unwrap();
        assert_eq!(
            text,
            r#"{"name":"level","builtin":false,"current":null,"previous":null,"shadow":null,"currentSince":null,"versions":[]}"#
        );
    }
}
