//! Uploading a version: compiled in the limited child, checked, tried on every stored configuration, then written. Until the last step
//! nothing is changed, and the version in service goes on.

use argus_claims::check::{self, CheckReport, Sample, Verdict};
use argus_claims::{ClaimProviderComponent, Digest, LoadError};
use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::client::Client;
use argus_domain::facts::Facts;
use argus_storage::{claim_providers, clients, versions};
use serde::Serialize;
use utoipa::ToSchema;

use super::approval::{self, Decision};
use super::lifecycle::{accepted_by_clients, place_in_shadow};
use super::registration::{By, Registration};
use super::{LoadedVersion, check_name};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::registry::REGISTRY;

/// What is to become of an uploaded version.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// Facts that the administrator approves with the upload.
    pub approve: Approve,
    /// Whether it becomes the current version, where another one is. A first version does so by itself.
    pub promote: bool,
    /// Whether it runs in the shadow of the current one.
    pub shadow: bool,
}

/// Facts approved with an upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Approve {
    /// Those approved before, for the version in service.
    #[default]
    AsBefore,
    /// These.
    These(Facts),
    /// Whatever the component declares.
    Declared,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Uploaded {
    /// The claim provider.
    pub name: String,
    /// The version.
    pub digest: String,
    /// `current`, `shadow`, `available` or `waiting`.
    pub state: &'static str,
    /// Facts it declares.
    pub needs: Facts,
    /// Facts it may read; none = it waits.
    pub approved_facts: Option<Facts>,
    /// Facts that have yet to be approved.
    pub waiting_for: Facts,
    /// What the check found.
    #[schema(value_type = Object)]
    pub report: CheckReport,
    /// Whether this version was there already, in this state.
    pub unchanged: bool,
}

/// Uploads a version of a claim provider.
#[tracing::instrument(name = "claim_providers.upload", skip_all, fields(provider = name, bytes = bytes.len()))]
pub async fn upload(
    argus: &Argus,
    name: &str,
    bytes: Vec<u8>,
    upload: &Upload,
    by: &Administrator,
) -> Result<Uploaded, AdministrationError> {
    check_name(name).map_err(|rule| AdministrationError::refused(format!("the name {name:?} {rule}")))?;
    if upload.promote && upload.shadow {
        return Err(AdministrationError::refused("a version cannot be current and in the shadow of itself: choose one"));
    }
    let (component, report) = examine(argus, name, &bytes).await?;
    let needs = component.metadata().needs;
    let (seen, provider, known) = {
        let mut reader = argus.store().read().await?;
        let seen = versions::get(&mut reader, REGISTRY).await?;
        let provider = claim_providers::find(&mut reader, name).await?;
        (seen, provider, claim_providers::version(&mut reader, name, &component.digest().to_string()).await?)
    };
    let has_current = provider.as_ref().is_some_and(|provider| provider.current.is_some());
    if upload.shadow && !has_current {
        return Err(AdministrationError::refused(format!("{name} has no version in service that another could run in the shadow of")));
    }
    let asked = match upload.approve {
        Approve::AsBefore => Facts::default(),
        Approve::These(facts) => facts,
        Approve::Declared => needs,
    };
    let granted = approval::in_service(argus, provider.as_ref()).await?.union(asked);
    let (approved, waiting_for) = match approval::decide(needs, granted, known.as_ref()) {
        Decision::Approved(facts) => (Some(facts), Facts::default()),
        Decision::Waits { missing } if upload.promote || upload.shadow => {
            let detail = format!("the component reads {missing}, which nobody has approved: approve it with the upload");
            return Err(AdministrationError::refused(detail));
        }
        Decision::Waits { missing } => (None, missing),
    };
    let mut registration = Registration::new(name, bytes, &component, approved);
    registration.becomes_current = approved.is_some() && (upload.promote || !has_current);
    // Also what only waits: whoever approves or promotes it later would find out too late.
    accepted_by_clients(argus, name, LoadedVersion { component, approved: needs, promoted_at: None }).await?;
    let event = by.event(argus, argus_domain::audit::AuditEventKind::ClaimProviderUploaded);
    let (now, shadow) = (argus.now(), upload.shadow);
    let writing = registration.clone();
    let written = argus
        .store()
        .write(move |tx| {
            let (registration, event) = (writing.clone(), event.clone());
            Box::pin(async move {
                if !versions::bump_from(tx, REGISTRY, seen).await? {
                    return Ok(None);
                }
                let is_new = registration.write(tx, By { event: &event, now }).await?;
                let is_shadowed = shadow && place_in_shadow(tx, &registration.name, Some(&registration.digest), &event).await?;
                Ok(Some(is_new || is_shadowed))
            })
        })
        .await?
        .ok_or_else(AdministrationError::concurrent)?;
    argus.registry().take_up_versions().await;
    let provider = claim_providers::find(&mut *argus.store().read().await?, name).await?;
    let digest = registration.digest;
    let state = match provider {
        _ if approved.is_none() => "waiting",
        Some(provider) if provider.current.as_ref() == Some(&digest) => "current",
        Some(provider) if provider.shadow.as_ref() == Some(&digest) => "shadow",
        _ => "available",
    };
    Ok(Uploaded { name: name.to_owned(), digest, state, needs, approved_facts: approved, waiting_for, report, unchanged: !written })
}

/// Loads and checks a component; what fails is the upload's refusal.
async fn examine(argus: &Argus, name: &str, bytes: &[u8]) -> Result<(ClaimProviderComponent, CheckReport), AdministrationError> {
    let stored = clients::list_attached(&mut *argus.store().read().await?).await?;
    let samples: Vec<Sample> = stored.iter().flat_map(|client| samples(client, name)).collect();
    let components = argus.registry().components().for_uploads();
    let report = check::check(&components, bytes, &samples).await;
    if report.verdict() == Verdict::Refused {
        let detail = format!("the component of claim provider {name} is not accepted; nothing was stored");
        // Unless it is kept already, under this or another name.
        if claim_providers::component(&mut *argus.store().read().await?, &report.digest.to_string()).await?.is_none() {
            components.discard(report.digest).await;
        }
        return Err(AdministrationError::Refused { detail, problems: Vec::new(), report: Some(Box::new(report)) });
    }
    match components.load(bytes).await {
        Ok(component) => Ok((component, report)),
        Err(error @ (LoadError::Unavailable | LoadError::Compile(_))) => Err(AdministrationError::Conflict(error.to_string())),
        Err(error) => Err(AdministrationError::refused(error.to_string())),
    }
}

/// What is stored for the version that would be current.
fn samples(client: &Client, name: &str) -> Vec<Sample> {
    let attachments = client.settings.open_id_custom_claims.iter().enumerate();
    let follow = attachments.filter(|(_, attachment)| attachment.provider == name && attachment.digest.is_none());
    let sample = |(i, attachment): (usize, &ClaimProviderAttachment)| Sample {
        origin: format!("client {} (attachment {i})", client.settings.name),
        configuration: attachment.configuration.to_string(),
        inputs: Vec::new(),
    };
    follow.map(sample).collect()
}

/// The digest of a component, as versions are named.
pub(super) fn parse_digest(digest: &str) -> Result<String, AdministrationError> {
    digest.parse::<Digest>().map(|digest| digest.to_string()).map_err(|error| AdministrationError::refused(error.to_string()))
}
