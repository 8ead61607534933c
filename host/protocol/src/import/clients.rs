//! Clients of a document, with the claim providers attached to them.

use std::collections::HashSet;

use argus_domain::Pointer;
use argus_domain::client::{Client, ClientSettings, ClientType};
use argus_domain::directory::username_key;
use argus_domain::document::{Document, overlay, read as read_entry};
use argus_domain::ids::ClientId;
use argus_domain::scope::is_standard;
use argus_domain::secret::{Secret, SecretHash};
use argus_storage::{StorageError, clients, users as stored_users};
use serde_json::{Map, Value};

use super::directory::{Directory, refuse_repeated};
use super::providers::ProviderChange;
use super::stored::Stored;
use super::users::UserChange;
use super::{ChangeKind, Problems};
use crate::argus::Argus;
use crate::claim_providers::attach::{self, Candidate};

/// The shortest secret that may be chosen by hand.
const MIN_SECRET_CHARS: usize = 32;

/// A client of the document.
#[derive(Clone, Debug)]
pub(super) struct ClientChange {
    pub(super) id: ClientId,
    pub(super) settings: ClientSettings,
    /// Revision and settings of the stored client.
    pub(super) before: Option<(u64, ClientSettings)>,
    /// A secret to be stored.
    pub(super) secret_hash: Option<SecretHash>,
    /// A secret that was made here, to be shown once.
    pub(super) generated: Option<Secret>,
    pub(super) kind: ChangeKind,
}

impl ClientChange {
    pub(super) fn is_disabled_now(&self) -> bool {
        !self.settings.enabled && self.before.as_ref().is_some_and(|(_, before)| before.enabled)
    }
}

/// What clients are checked against: what is stored, and the rest of the document.
pub(super) struct Context<'a> {
    pub(super) argus: &'a Argus,
    pub(super) stored: &'a Stored,
    pub(super) directory: &'a Directory,
    pub(super) users: &'a [UserChange],
    pub(super) providers: &'a [ProviderChange],
}

pub(super) async fn read(context: &Context<'_>, document: &Document, problems: &mut Problems) -> Result<Vec<ClientChange>, StorageError> {
    let mut seen = HashSet::new();
    let mut changes = Vec::new();
    for (i, value) in document.clients.iter().enumerate() {
        let pointer = Pointer::root().join("clients").join(i);
        let Some(change) = context.client(value, &pointer, problems).await? else { continue };
        refuse_repeated(&mut seen, change.id, &pointer.join("clientId"), problems);
        context.check(&change, &pointer, problems).await?;
        changes.push(change);
    }
    Ok(changes)
}

impl Context<'_> {
    async fn client(&self, value: &Value, pointer: &Pointer, problems: &mut Problems) -> Result<Option<ClientChange>, StorageError> {
        let Value::Object(members) = value else {
            problems.refuse(pointer.clone(), "must be an object");
            return Ok(None);
        };
        let mut patch = members.clone();
        let Some(stored) = self.find(patch.remove("clientId"), &patch, pointer, problems).await? else { return Ok(None) };
        let secret = match patch.remove("secret") {
            None | Some(Value::Null) => None,
            Some(Value::String(secret)) if secret.chars().count() >= MIN_SECRET_CHARS => Some(secret),
            Some(_) => {
                problems.refuse(pointer.join("secret"), format!("must be a text of at least {MIN_SECRET_CHARS} characters"));
                return Ok(None);
            }
        };
        let (id, before) = stored;
        let mut merged = match &before {
            Some(client) => serde_json::to_value(&client.settings).unwrap_or_default(),
            None => Value::Object(Map::new()),
        };
        overlay(&mut merged, &Value::Object(patch));
        let Some(settings) = problems.take(read_entry::<ClientSettings>(&merged, pointer)) else { return Ok(None) };
        if let Some(before) = &before
            && before.settings.r#type != settings.r#type
        {
            problems.refuse(pointer.join("type"), "cannot be changed; register another client");
        }
        let (secret_hash, generated) = self.secret(secret, settings.r#type, before.as_ref(), pointer, problems);
        let kind = match ChangeKind::of(before.as_ref().map(|client| &client.settings), &settings) {
            ChangeKind::Unchanged if secret_hash.is_some() => ChangeKind::Changed,
            kind => kind,
        };
        let before = before.map(|client| (client.revision, client.settings));
        Ok(Some(ClientChange { id, settings, before, secret_hash, generated, kind }))
    }

    /// The id, and the stored client with it. Without an id, the only client with the same name is meant, or a new one.
    async fn find(
        &self,
        id: Option<Value>,
        patch: &Map<String, Value>,
        pointer: &Pointer,
        problems: &mut Problems,
    ) -> Result<Option<(ClientId, Option<Client>)>, StorageError> {
        let mut reader = self.argus.store().read().await?;
        match id {
            None | Some(Value::Null) => {
                let name = patch.get("name").and_then(Value::as_str).unwrap_or_default();
                let mut same_name = clients::find_by_name(&mut reader, name).await?;
                if same_name.len() > 1 {
                    problems
                        .refuse(pointer.clone(), format!("{} clients are named {name}: say by clientId which is meant", same_name.len()));
                    return Ok(None);
                }
                Ok(Some(match same_name.pop() {
                    Some(client) => (client.id, Some(client)),
                    None => (ClientId::new(self.argus.random().uuid()), None),
                }))
            }
            Some(id) => match id.as_str().and_then(|id| id.parse::<ClientId>().ok()) {
                Some(id) => Ok(Some((id, clients::find(&mut reader, id).await?))),
                None => {
                    problems.refuse(pointer.join("clientId"), "must be a UUID in lower case, such as 021269c5-04c3-4399-a206-32659c489803");
                    Ok(None)
                }
            },
        }
    }

    fn secret(
        &self,
        given: Option<String>,
        client_type: ClientType,
        before: Option<&Client>,
        pointer: &Pointer,
        problems: &mut Problems,
    ) -> (Option<SecretHash>, Option<Secret>) {
        match (client_type, given) {
            (ClientType::Public, None) => (None, None),
            (ClientType::Public, Some(_)) => {
                problems.refuse(pointer.join("secret"), "a public client has no secret");
                (None, None)
            }
            (ClientType::Confidential, Some(secret)) => {
                let known = before.is_some_and(|client| client.accepts_secret(&secret, self.argus.now()));
                ((!known).then(|| SecretHash::of(&secret)), None)
            }
            (ClientType::Confidential, None) if before.is_some() => (None, None),
            (ClientType::Confidential, None) => {
                let secret = Secret::new(self.argus.random().token());
                (Some(secret.hash()), Some(secret))
            }
        }
    }

    async fn check(&self, change: &ClientChange, pointer: &Pointer, problems: &mut Problems) -> Result<(), StorageError> {
        let settings = &change.settings;
        let own = settings.check(self.argus.settings().tokens.limits());
        problems.found.extend(own.into_iter().map(|problem| problem.within(pointer)));
        if let Some(customer) = settings.customer.as_deref().filter(|customer| !self.directory.knows_customer(self.stored, customer)) {
            problems.refuse(pointer.join("customer"), format!("no customer has the short name {customer}"));
        }
        if let Some(owner) = &settings.owner
            && !self.knows_user(owner).await?
        {
            problems.refuse(pointer.join("owner"), format!("no user is named {owner}"));
        }
        self.check_scopes(settings, pointer, problems);
        self.check_attachments(settings, pointer, problems).await
    }

    async fn knows_user(&self, username: &str) -> Result<bool, StorageError> {
        let in_document = self.users.iter().any(|user| username_key(&user.entry.username) == username_key(username));
        Ok(in_document || stored_users::find_credentials(&mut *self.argus.store().read().await?, username).await?.is_some())
    }

    fn check_scopes(&self, settings: &ClientSettings, pointer: &Pointer, problems: &mut Problems) {
        for (i, audience) in settings.resources.iter().enumerate() {
            if !self.directory.all_resources(self.stored).any(|resource| resource.audience == *audience) {
                problems.refuse(pointer.join("resources").join(i), format!("no resource has the audience {audience}"));
            }
        }
        for (i, scope) in settings.scopes.iter().enumerate() {
            if is_standard(scope) {
                continue;
            }
            let at = pointer.join("scopes").join(i);
            match self.directory.all_resources(self.stored).find(|resource| resource.scopes.contains(scope)) {
                None => problems.refuse(at, format!("neither this server nor a resource has the scope {scope}")),
                Some(resource) if !settings.resources.contains(&resource.audience) => {
                    problems.refuse(at, format!("{scope} is a scope of {}, which is not among the client's resources", resource.audience));
                }
                Some(_) => {}
            }
        }
    }

    async fn check_attachments(&self, settings: &ClientSettings, pointer: &Pointer, problems: &mut Problems) -> Result<(), StorageError> {
        let candidates: Vec<Candidate> = self.providers.iter().filter_map(|change| change.candidate.clone()).collect();
        let checked = attach::check(self.argus.registry().versions(), &candidates, &settings.open_id_custom_claims).await?;
        let base = pointer.join("openIDCustomClaims");
        // A group or function that comes with the document is known as well.
        let knows_group = |name: &str| self.directory.knows_group(self.stored, name);
        let knows_function = |name: &str| self.directory.knows_function(self.stored, name);
        let warnings = attach::warnings(&checked, &knows_group, &knows_function);
        problems.warnings.extend(warnings.into_iter().map(|warning| warning.within(&base)));
        problems.found.extend(checked.problems().map(|problem| problem.within(&base)));
        Ok(())
    }
}
