//! What a change of a client's claim providers would do to real users, before it is saved.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use argus_domain::claim::{ClaimProviderAttachment, ClaimSet, Target};
use argus_domain::directory::DirectorySnapshot;
use argus_domain::ids::{ClientId, UserId};
use argus_domain::scope::ScopeSet;
use argus_storage::{StorageError, client_sessions, users};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::preview::{Made, find_user, make, scopes};
use super::{Result, prepared};
use crate::administrator::AdministrationError;
use crate::argus::Argus;
use crate::failure::log_failure;
use crate::registry::PreparedClient;
use crate::rollout::{Change, compare};

/// Users compared where the request does not say how many.
const DEFAULT_SAMPLE: u32 = 100;
/// Largest sample; all of them are streamed.
const MAX_SAMPLE: u32 = 10_000;
/// Most users that can be named.
const MAX_NAMED: usize = 1_000;
/// How long an event may wait for somebody to read it.
const LISTENING: Duration = Duration::from_secs(30);
/// Users read at a time.
const PAGE: u32 = 200;
/// Users between two notes of progress.
const PROGRESS: u64 = 20;

/// What is to be compared with what is saved.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiffRequest {
    /// The claim providers as they would be.
    #[serde(rename = "openIDCustomClaims")]
    pub open_id_custom_claims: Vec<ClaimProviderAttachment>,
    /// Scopes asked for; absent = all that the client is allowed.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// For whom.
    #[serde(default)]
    pub users: Users,
}

/// The users to compare for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected \"all\", a number of users, or a list of user names")]
pub enum Users {
    /// So many: first those who use the client, the latest first, then others.
    Sample(u32),
    /// `all`
    All(AllUsers),
    /// These.
    Named(Vec<String>),
}

/// The word `all`.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub enum AllUsers {
    /// Every user.
    #[serde(rename = "all")]
    All,
}

impl Default for Users {
    fn default() -> Self {
        Self::Sample(DEFAULT_SAMPLE)
    }
}

/// What is told while users are compared.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum DiffEvent {
    /// How far it is.
    Progress {
        /// Users compared.
        done: u64,
        /// Users to compare.
        total: u64,
    },
    /// A user for whom something changes.
    User(UserDiff),
    /// The end, with sums.
    Done(Summary),
    /// It could not go on.
    Error {
        /// Why, for whoever asked.
        detail: &'static str,
    },
}

impl DiffEvent {
    /// The name of the event in a stream.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Progress { .. } => "progress",
            Self::User(_) => "user",
            Self::Done(_) => "done",
            Self::Error { .. } => "error",
        }
    }
}

/// What changes for a user, by target: names of claims, never values.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserDiff {
    /// User name.
    pub username: String,
    /// `sub`
    pub subject: String,
    /// Claims that come, go and change.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<&'static str, ClaimNames>,
    /// Size of each token before and after, in bytes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub token_bytes: BTreeMap<&'static str, [usize; 2]>,
    /// Why nothing could be issued, before or after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failures>,
}

/// Names of claims by what becomes of them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ClaimNames {
    /// Claims that come.
    pub added: Vec<String>,
    /// Claims that go.
    pub removed: Vec<String>,
    /// Claims with another value.
    pub changed: Vec<String>,
}

/// A provider with the contract `fail` that failed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Failures {
    /// With what is saved.
    pub before: Option<String>,
    /// With what would be.
    pub after: Option<String>,
}

/// Sums over all users compared.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Users compared.
    pub users: u64,
    /// Users for whom something changes.
    pub changed: u64,
    /// Users who would get no token any more.
    pub failing: u64,
    /// Users who gain a claim, by its name.
    pub gained: BTreeMap<String, u64>,
    /// Users who lose a claim.
    pub lost: BTreeMap<String, u64>,
    /// Users for whom a claim has another value.
    pub altered: BTreeMap<String, u64>,
    /// The largest token before and after, in bytes.
    pub token_bytes: BTreeMap<&'static str, [usize; 2]>,
}

/// Starts a comparison. Whoever no longer listens ends it.
///
/// # Errors
/// When the request itself is wrong; what goes wrong with a user is part of the answer.
pub async fn diff(argus: &Argus, id: ClientId, request: DiffRequest) -> Result<mpsc::Receiver<DiffEvent>> {
    let before = prepared(argus, id, None).await?;
    let after = prepared(argus, id, Some(request.open_id_custom_claims)).await?;
    let scopes = scopes(&after, request.scopes.as_deref())?;
    // Beside live issuances, which come first.
    let turn = argus.comparisons().try_acquire_owned();
    let turn =
        turn.map_err(|_| AdministrationError::Conflict("too many comparisons are running: try again when one has ended".to_owned()))?;
    let people = People::choose(argus, id, request.users).await?;
    let (events, listener) = mpsc::channel(16);
    let comparison = Comparison { argus: argus.clone(), before, after, scopes, summary: Summary::default(), events };
    tokio::spawn(async move {
        comparison.run(people).await;
        drop(turn);
    });
    Ok(listener)
}

/// Whom to compare for.
enum People {
    These(Vec<UserId>),
    Everybody { total: u64 },
}

impl People {
    async fn choose(argus: &Argus, client: ClientId, users: Users) -> Result<Self> {
        match users {
            Users::All(AllUsers::All) => Ok(Self::Everybody { total: users::count(&mut *argus.store().read().await?).await? }),
            Users::Named(names) if names.len() > MAX_NAMED => {
                Err(AdministrationError::refused(format!("at most {MAX_NAMED} users can be named")))
            }
            Users::Named(names) => {
                let mut found = Vec::new();
                for name in names {
                    let user = find_user(argus, &name).await?.id;
                    if !found.contains(&user) {
                        found.push(user);
                    }
                }
                Ok(Self::These(found))
            }
            Users::Sample(most) if !(1..=MAX_SAMPLE).contains(&most) => {
                Err(AdministrationError::refused(format!("users must be 1 to {MAX_SAMPLE}, or \"all\"")))
            }
            Users::Sample(most) => {
                let mut reader = argus.store().read().await?;
                let mut found = client_sessions::users_of_client(&mut reader, client, most).await?;
                let known: HashSet<UserId> = found.iter().copied().collect();
                let others = users::ids(&mut reader, most).await?;
                found.extend(others.into_iter().filter(|user| !known.contains(user)));
                found.truncate(most as usize);
                Ok(Self::These(found))
            }
        }
    }
}

/// Why a comparison stops half way.
enum Ended {
    /// Nobody listens any more.
    Unheard,
    /// What it needs cannot be had.
    Failed(AdministrationError),
}

impl From<AdministrationError> for Ended {
    fn from(error: AdministrationError) -> Self {
        Self::Failed(error)
    }
}

impl From<StorageError> for Ended {
    fn from(error: StorageError) -> Self {
        Self::Failed(error.into())
    }
}

struct Comparison {
    argus: Argus,
    before: PreparedClient,
    after: PreparedClient,
    scopes: ScopeSet,
    summary: Summary,
    events: mpsc::Sender<DiffEvent>,
}

impl Comparison {
    async fn run(mut self, people: People) {
        let last = match self.compare_all(people).await {
            Ok(()) => DiffEvent::Done(std::mem::take(&mut self.summary)),
            Err(Ended::Unheard) => return,
            Err(Ended::Failed(error)) => {
                log_failure(&error);
                DiffEvent::Error { detail: "the comparison could not be completed; try again in a moment" }
            }
        };
        // Nobody is left to tell when this fails.
        let _ = self.events.send(last).await;
    }

    async fn compare_all(&mut self, people: People) -> std::result::Result<(), Ended> {
        match people {
            People::These(users) => {
                let total = users.len() as u64;
                for user in users {
                    let snapshot = users::snapshot(&mut *self.argus.store().read().await?, user).await?;
                    // Who was deleted since is nobody.
                    match snapshot {
                        Some(user) => self.compare(&user, total).await?,
                        None => self.summary.users += 1,
                    }
                }
            }
            People::Everybody { total } => {
                let mut after = None;
                loop {
                    let page = {
                        let mut reader = self.argus.store().read().await?;
                        users::list_snapshots(&mut reader, after, PAGE).await?
                    };
                    let Some(last) = page.last() else { break };
                    after = Some(last.id);
                    for user in &page {
                        self.compare(user, total).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn compare(&mut self, user: &DirectorySnapshot, total: u64) -> std::result::Result<(), Ended> {
        let before = make(&self.argus, &self.before, user, &self.scopes).await?;
        let after = make(&self.argus, &self.after, user, &self.scopes).await?;
        tokio::task::yield_now().await;
        let mut diff = UserDiff { username: user.username.clone(), subject: user.subject.to_string(), ..UserDiff::default() };
        let differs;
        match (&before, &after) {
            (Ok(before), Ok(after)) => {
                diff.fill(user, before, after);
                differs = !diff.changes.is_empty();
                self.summary.grow(&diff.token_bytes);
            }
            (before, after) => {
                let reason = |made: &std::result::Result<Made, _>| made.as_ref().err().map(ToString::to_string);
                let failures = Failures { before: reason(before), after: reason(after) };
                differs = failures.before != failures.after;
                diff.failed = Some(failures);
                self.summary.failing += u64::from(before.is_ok() && after.is_err());
            }
        }
        self.summary.users += 1;
        if differs {
            self.summary.add(&diff);
            self.tell(DiffEvent::User(diff)).await?;
        }
        if self.summary.users.is_multiple_of(PROGRESS) || self.summary.users == total {
            self.tell(DiffEvent::Progress { done: self.summary.users, total }).await?;
        }
        Ok(())
    }

    async fn tell(&self, event: DiffEvent) -> std::result::Result<(), Ended> {
        match tokio::time::timeout(LISTENING, self.events.send(event)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Ended::Unheard),
        }
    }
}

impl UserDiff {
    fn fill(&mut self, user: &DirectorySnapshot, before: &Made, after: &Made) {
        let sets: [(Target, &ClaimSet, &ClaimSet); 3] = [
            (Target::IdToken, &before.assembled.id_token, &after.assembled.id_token),
            (Target::Userinfo, &before.assembled.userinfo, &after.assembled.userinfo),
            (Target::AccessToken, &before.assembled.access_token, &after.assembled.access_token),
        ];
        for (target, before, after) in sets {
            let mut names = ClaimNames::default();
            for change in compare(before, after) {
                match change.change {
                    Change::Added => names.added.push(change.claim),
                    Change::Removed => names.removed.push(change.claim),
                    Change::Changed | Change::Failed => names.changed.push(change.claim),
                }
            }
            if !(names.added.is_empty() && names.removed.is_empty() && names.changed.is_empty()) {
                self.changes.insert(target.as_str(), names);
            }
        }
        if let (Some(before), Some(after)) = (before.id_token_bytes, after.id_token_bytes) {
            self.token_bytes.insert(Target::IdToken.as_str(), [before, after]);
        }
        self.token_bytes.insert(Target::Userinfo.as_str(), [before.userinfo_bytes(user), after.userinfo_bytes(user)]);
        self.token_bytes.insert(Target::AccessToken.as_str(), [before.access_token_bytes, after.access_token_bytes]);
    }
}

impl Summary {
    fn add(&mut self, diff: &UserDiff) {
        self.changed += 1;
        let each = |pick: fn(&ClaimNames) -> &Vec<String>, counts: &mut BTreeMap<String, u64>| {
            let names: std::collections::BTreeSet<&String> = diff.changes.values().flat_map(pick).collect();
            for name in names {
                *counts.entry(name.clone()).or_default() += 1;
            }
        };
        each(|names| &names.added, &mut self.gained);
        each(|names| &names.removed, &mut self.lost);
        each(|names| &names.changed, &mut self.altered);
    }

    fn grow(&mut self, bytes: &BTreeMap<&'static str, [usize; 2]>) {
        for (target, [before, after]) in bytes {
            let largest = self.token_bytes.entry(target).or_default();
            *largest = [largest[0].max(*before), largest[1].max(*after)];
        }
    }
}
