//! Writing what was checked: one transaction, in the order in which entries refer to each other.

use std::collections::HashMap;
use std::sync::Arc;

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::client::ClientType;
use argus_domain::client_request::Wanted;
use argus_domain::ids::{ClientId, ClientSessionId, CustomerId, DomainId, SubjectIdentifier, UserId};
use argus_domain::{Problem, Timestamp};
use argus_storage::upstream::idps;
use argus_storage::users::{Memberships, NewUser, UserProfile};
use argus_storage::{
    StorageError, Tx, claim_traces, client_requests, client_sessions, clients, customers, domains, functions, groups, resources, roles,
    users, versions,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::clients::ClientChange;
use super::directory::Directory;
use super::providers::ProviderChange;
use super::upstream_idps::UpstreamIdpChange;
use super::users::UserChange;
use super::{Change, ChangeKind, ImportError, ImportReport, ImportedEntry, changes};
use crate::administrator::Administrator;
use crate::argus::Argus;
use crate::claim_providers::registration::By;
use crate::registry::REGISTRY;
use crate::revoke::{end_upstream_sessions, end_user_sessions, last_access_token, revoke_sessions_tokens};

/// Everything a document changes, checked.
pub(super) struct Changes {
    pub(super) registry_version: u64,
    pub(super) directory: Directory,
    pub(super) users: Vec<UserChange>,
    pub(super) providers: Vec<ProviderChange>,
    pub(super) clients: Vec<ClientChange>,
    pub(super) upstream_idps: Vec<UpstreamIdpChange>,
    /// What an owner asks administrators for, for a client.
    pub(super) request: Option<(ClientId, Wanted)>,
}

/// What the transaction needs beside the changes.
struct Job {
    changes: Changes,
    /// Subject and picture key of each new user, drawn beforehand: the transaction may run twice.
    identities: Vec<(SubjectIdentifier, String)>,
    now: Timestamp,
    access_tokens_end: Timestamp,
    /// What is said of it all, beside what is said of each change.
    whole: Option<AuditEventKind>,
    by: Administrator,
}

pub(super) async fn apply(
    argus: &Argus,
    changes: Changes,
    warnings: Vec<Problem>,
    whole: Option<AuditEventKind>,
    by: &Administrator,
) -> Result<ImportReport, ImportError> {
    let now = argus.now();
    let identity = |_: &UserChange| (SubjectIdentifier::new(argus.random().uuid().to_string()), argus.random().token());
    let identities = changes.users.iter().map(identity).collect();
    let mut report = ImportReport { warnings, ..ImportReport::default() };
    changes.count(&mut report);
    report.secrets = changes.clients.iter().filter_map(|change| Some((change.id, change.generated.clone()?))).collect();
    let public = changes.clients.iter().filter(|change| change.before.is_none() && change.settings.r#type == ClientType::Public);
    report.public_clients = public.map(|change| (change.id, change.settings.name.clone())).collect();
    let job = Arc::new(Job { changes, identities, now, access_tokens_end: last_access_token(argus, now), whole, by: by.clone() });
    let written = argus
        .store()
        .write(move |tx| {
            let job = Arc::clone(&job);
            Box::pin(async move { job.write(tx).await })
        })
        .await?;
    let ended = written.ok_or(ImportError::Concurrent)?;
    argus.revocations().add(ended.into_iter().map(|session| (session.to_string(), last_access_token(argus, now))));
    argus.registry().take_up_versions().await;
    Ok(report)
}

impl Changes {
    /// Nothing but the small entries.
    pub(super) fn none(registry_version: u64, directory: Directory) -> Self {
        Self {
            registry_version,
            directory,
            users: Vec::new(),
            providers: Vec::new(),
            clients: Vec::new(),
            upstream_idps: Vec::new(),
            request: None,
        }
    }

    pub(super) fn count(&self, report: &mut ImportReport) {
        let directory = &self.directory;
        let mut count = |section: &'static str, key: &str, kind: ChangeKind| {
            match kind {
                ChangeKind::New => report.created += 1,
                ChangeKind::Changed => report.changed += 1,
                ChangeKind::Unchanged => report.unchanged += 1,
            }
            if kind != ChangeKind::Unchanged {
                report.entries.push(ImportedEntry { section, key: key.to_owned(), is_new: kind == ChangeKind::New });
            }
        };
        directory.domains.iter().for_each(|change| count("domains", &change.entry.shortname, change.kind));
        directory.customers.iter().for_each(|change| count("customers", &change.entry.shortname, change.kind));
        directory.groups.iter().for_each(|change| count("groups", &change.entry.shortname, change.kind));
        directory.roles.iter().for_each(|change| count("roles", &change.entry.name, change.kind));
        directory.functions.iter().for_each(|change| count("functions", &change.entry.name, change.kind));
        directory.resources.iter().for_each(|change| count("resources", &change.entry.audience, change.kind));
        self.users.iter().for_each(|change| count("users", &change.entry.username, change.kind));
        self.providers.iter().for_each(|change| count("claimProviders", &change.registration.name, change.kind));
        self.clients.iter().for_each(|change| count("clients", &change.settings.name, change.kind));
        self.upstream_idps.iter().for_each(|change| count("upstreamIdps", &change.settings.slug, change.kind));
    }
}

/// Numbers of everything users refer to, as they are within the transaction.
struct Numbers {
    customers: HashMap<String, CustomerId>,
    groups: HashMap<String, argus_domain::ids::GroupId>,
    roles: HashMap<String, roles::RoleId>,
    functions: HashMap<String, functions::FunctionId>,
}

impl Job {
    /// `None` when the registry changed since the document was checked. Otherwise the client sessions that ended.
    async fn write(&self, tx: &mut Tx) -> Result<Option<Vec<ClientSessionId>>, StorageError> {
        // Counted first, so that two imports on two nodes come one after the other.
        if !versions::bump_from(tx, REGISTRY, self.changes.registry_version).await? {
            return Ok(None);
        }
        self.directory(tx).await?;
        let numbers = Numbers {
            customers: customers::list(tx).await?.into_iter().map(|customer| (customer.shortname, customer.id)).collect(),
            groups: groups::list(tx).await?.into_iter().map(|group| (group.shortname, argus_domain::ids::GroupId::new(group.id))).collect(),
            roles: roles::list(tx).await?.into_iter().map(|role| (role.name, role.id)).collect(),
            functions: functions::list(tx).await?.into_iter().map(|function| (function.name, function.id)).collect(),
        };
        let mut ended = Vec::new();
        for (change, identity) in self.changes.users.iter().zip(&self.identities) {
            ended.extend(self.user(tx, change, identity, &numbers).await?);
        }
        for change in self.changes.providers.iter().filter(|change| change.kind != ChangeKind::Unchanged) {
            self.provider(tx, change).await?;
        }
        for change in self.changes.clients.iter().filter(|change| change.kind != ChangeKind::Unchanged) {
            ended.extend(self.client(tx, change).await?);
        }
        for change in self.changes.upstream_idps.iter().filter(|change| change.kind != ChangeKind::Unchanged) {
            ended.extend(self.upstream_idp(tx, change).await?);
        }
        if let Some((client, wanted)) = &self.changes.request {
            client_requests::insert(tx, *client, wanted, self.now).await?;
            let event = self.event(AuditEventKind::ClientRequested).client(*client);
            tx.audit(&event.with("wanted", serde_json::to_value(wanted).unwrap_or_default())).await?;
        }
        if let Some(whole) = self.whole {
            tx.audit(&self.event(whole)).await?;
        }
        Ok(Some(ended))
    }

    fn event(&self, kind: AuditEventKind) -> AuditEvent {
        AuditEvent::new(self.now, kind, self.by.meta.correlation_id.as_str())
            .by(self.by.actor.as_str())
            .address(self.by.meta.address.as_deref())
    }

    async fn changed(&self, tx: &mut Tx, section: &str, entry: &impl Serialize) -> Result<(), StorageError> {
        let entry = serde_json::to_value(entry).unwrap_or_default();
        tx.audit(&self.event(AuditEventKind::DirectoryChanged).with("section", section).with("entry", entry)).await
    }

    async fn directory(&self, tx: &mut Tx) -> Result<(), StorageError> {
        let directory = &self.changes.directory;
        for Change { entry, .. } in touched(&directory.domains) {
            domains::upsert(tx, entry.id.map(DomainId::new), &entry.shortname, &entry.name).await?;
            self.changed(tx, "domains", entry).await?;
        }
        let domains: HashMap<_, _> = domains::list(tx).await?.into_iter().map(|domain| (domain.shortname, domain.id)).collect();
        for Change { entry, .. } in touched(&directory.customers) {
            let domain = domains.get(&entry.domain).copied().ok_or_else(|| missing("domains"))?;
            customers::upsert(tx, entry.id.map(CustomerId::new), domain, &entry.shortname, &entry.name).await?;
            self.changed(tx, "customers", entry).await?;
        }
        for Change { entry, .. } in touched(&directory.groups) {
            groups::upsert(tx, &entry.shortname, &entry.name).await?;
            self.changed(tx, "groups", entry).await?;
        }
        for Change { entry, .. } in touched(&directory.roles) {
            roles::upsert(tx, &entry.name).await?;
            self.changed(tx, "roles", entry).await?;
        }
        for Change { entry, .. } in touched(&directory.functions) {
            functions::upsert(tx, &entry.name, &entry.description).await?;
            self.changed(tx, "functions", entry).await?;
        }
        for Change { entry, .. } in touched(&directory.resources) {
            resources::upsert(tx, entry).await?;
            self.changed(tx, "resources", entry).await?;
        }
        Ok(())
    }

    /// Writes a user; returns the client sessions that ended because the user was disabled or got another password.
    async fn user(
        &self,
        tx: &mut Tx,
        change: &UserChange,
        identity: &(SubjectIdentifier, String),
        numbers: &Numbers,
    ) -> Result<Vec<ClientSessionId>, StorageError> {
        if change.kind == ChangeKind::Unchanged {
            return Ok(Vec::new());
        }
        let entry = &change.entry;
        let profile = UserProfile {
            username: entry.username.clone(),
            name: entry.name.clone(),
            email: entry.email.clone(),
            email_verified: entry.email_verified,
            phone: entry.phone.clone(),
            phone_verified: entry.phone_verified,
            customer: entry.customer.as_ref().map(|name| find(&numbers.customers, name, "customers")).transpose()?,
            admin: entry.admin,
            enabled: entry.enabled,
            attributes: entry.attributes.clone(),
        };
        let (id, event) = match &change.before {
            None => {
                let (subject, picture_key) = identity.clone();
                let event = self.event(AuditEventKind::UserCreated).subject(subject.as_str());
                let new = NewUser { subject, picture_key, password_hash: change.password_hash.clone(), profile };
                (users::insert(tx, &new, self.now).await?, event)
            }
            Some((id, _)) => {
                users::update(tx, *id, &profile, self.now).await?;
                if let Some(hash) = &change.password_hash {
                    users::set_password_hash(tx, *id, Some(hash), self.now).await?;
                }
                (*id, self.user_changed(tx, *id, change).await?)
            }
        };
        users::replace_memberships(tx, id, &memberships(change, numbers)?).await?;
        let subject = event.subject.clone();
        tx.audit(&event.with("username", entry.username.as_str())).await?;
        if !change.is_disabled_now() && !change.is_password_changed() {
            return Ok(Vec::new());
        }
        let ended = end_user_sessions(tx, id, self.now, self.access_tokens_end).await?;
        if change.is_password_changed() {
            for session in &ended.browser_sessions {
                let mut event = self.event(AuditEventKind::SessionEnded);
                event.subject.clone_from(&subject);
                tx.audit(&event.with("session", session.to_string()).with("reason", "the password was changed")).await?;
            }
        }
        Ok(ended.client_sessions)
    }

    async fn user_changed(&self, tx: &mut Tx, id: UserId, change: &UserChange) -> Result<AuditEvent, StorageError> {
        let kind = if change.is_disabled_now() { AuditEventKind::UserDisabled } else { AuditEventKind::UserChanged };
        let mut event = self.event(kind);
        if let Some(user) = users::find_by_id(tx, id).await? {
            event = event.subject(user.subject.as_str());
        }
        let before = change.before.as_ref().and_then(|(_, before)| serde_json::to_value(before).ok()).unwrap_or_default();
        let after = serde_json::to_value(&change.entry).unwrap_or_default();
        event = event.with("changes", changes(&before, &after));
        Ok(if change.is_password_changed() { event.with("passwordChanged", true) } else { event })
    }

    async fn provider(&self, tx: &mut Tx, change: &ProviderChange) -> Result<(), StorageError> {
        let event = self.event(AuditEventKind::ClaimProviderUploaded);
        change.registration.write(tx, By { event: &event, now: self.now }).await.map(drop)
    }

    /// Writes a client; returns the client sessions that ended because it was disabled.
    async fn client(&self, tx: &mut Tx, change: &ClientChange) -> Result<Vec<ClientSessionId>, StorageError> {
        let after = serde_json::to_value(&change.settings).unwrap_or_default();
        let attached_before = match &change.before {
            None => {
                clients::insert(tx, change.id, &change.settings, &self.by.actor, self.now).await?;
                let event = self.event(AuditEventKind::ClientCreated).client(change.id).with("settings", after);
                tx.audit(&event).await?;
                &[][..]
            }
            Some((revision, before)) => {
                if *before != change.settings {
                    clients::update(tx, change.id, *revision, &change.settings, &self.by.actor, self.now).await?;
                    if change.settings.record_claim_inputs_seconds.is_none() {
                        claim_traces::delete_inputs(tx, change.id).await?;
                    }
                    let before = serde_json::to_value(before).unwrap_or_default();
                    let event = self.event(AuditEventKind::ClientChanged).client(change.id).with("changes", changes(&before, &after));
                    tx.audit(&event).await?;
                }
                &before.open_id_custom_claims[..]
            }
        };
        if attached_before != &change.settings.open_id_custom_claims[..] {
            let providers: Vec<Value> = change.settings.open_id_custom_claims.iter().map(|attachment| json!(attachment.provider)).collect();
            tx.audit(&self.event(AuditEventKind::ClaimProviderAttached).client(change.id).with("providers", providers)).await?;
        }
        if let Some(hash) = &change.secret_hash {
            // A secret in a document replaces the one before at once; `argus client rotate-secret` is the way with an overlap.
            clients::set_secret(tx, change.id, hash, self.now, self.now).await?;
            if change.before.is_some() {
                tx.audit(&self.event(AuditEventKind::ClientSecretRotated).client(change.id)).await?;
            }
        }
        if !change.is_disabled_now() {
            return Ok(Vec::new());
        }
        // What was issued before does not come back with the client.
        let ended = client_sessions::revoke_by_client(tx, change.id, self.now).await?;
        revoke_sessions_tokens(tx, &ended, self.now, self.access_tokens_end).await?;
        Ok(ended)
    }
}

impl Job {
    /// Writes a connection; returns the client sessions that ended because it was disabled.
    async fn upstream_idp(&self, tx: &mut Tx, change: &UpstreamIdpChange) -> Result<Vec<ClientSessionId>, StorageError> {
        let settings = &change.settings;
        idps::upsert(tx, settings, change.client_secret_sealed.as_deref(), self.now).await?;
        let before = change.before.as_ref().and_then(|before| serde_json::to_value(before).ok()).unwrap_or_default();
        let after = serde_json::to_value(settings).unwrap_or_default();
        let event = self.event(AuditEventKind::UpstreamIdpChanged).with("upstream", settings.slug.as_str());
        let event = if change.client_secret_sealed.is_some() { event.with("clientSecretChanged", true) } else { event };
        tx.audit(&event.with("changes", changes(&before, &after))).await?;
        if !change.is_disabled_now() {
            return Ok(Vec::new());
        }
        let ended = end_upstream_sessions(tx, &settings.slug, self.now, self.access_tokens_end).await?;
        for session in &ended.browser_sessions {
            let event = self.event(AuditEventKind::SessionEnded).with("session", session.to_string());
            tx.audit(&event.with("upstream", settings.slug.as_str()).with("reason", "the connection was disabled")).await?;
        }
        Ok(ended.client_sessions)
    }
}

fn touched<T>(changes: &[Change<T>]) -> impl Iterator<Item = &Change<T>> {
    changes.iter().filter(|change| change.kind != ChangeKind::Unchanged)
}

fn memberships(change: &UserChange, numbers: &Numbers) -> Result<Memberships, StorageError> {
    let entry = &change.entry;
    let grant = |grant: &argus_domain::document::FunctionGrantEntry| {
        let function = find(&numbers.functions, &grant.function, "functions")?;
        let customer = grant.customer.as_ref().map(|customer| find(&numbers.customers, customer, "customers")).transpose()?;
        Ok((function, customer))
    };
    Ok(Memberships {
        groups: entry.groups.iter().map(|name| find(&numbers.groups, name, "directory_groups")).collect::<Result<_, _>>()?,
        roles: entry.roles.iter().map(|name| find(&numbers.roles, name, "roles")).collect::<Result<_, _>>()?,
        functions: entry.functions.iter().map(grant).collect::<Result<_, StorageError>>()?,
    })
}

fn find<T: Copy>(numbers: &HashMap<String, T>, name: &str, table: &str) -> Result<T, StorageError> {
    numbers.get(name).copied().ok_or_else(|| missing(table))
}

/// Something the document refers to was there when it was checked, and is gone.
fn missing(table: &str) -> StorageError {
    StorageError::Conflict { table: table.to_owned(), columns: String::new() }
}
