//! The one gate: who a user of an identity provider is here, and whether they may come in.
//!
//! Everything is decided and written in one transaction: the request and the assertion are used up, the user is found, linked or
//! added, what the identity provider says is taken over, and the session begins; or nobody comes in, and that is on record.

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::ids::{ClientSessionId, SubjectIdentifier, UserId};
use argus_domain::secret::SecretHash;
use argus_domain::upstream::{LinkMode, UpstreamIdpSettings};
use argus_storage::upstream::links::{self, UpstreamLink};
use argus_storage::upstream::requests::UpstreamRequest;
use argus_storage::upstream::{idps, requests};
use argus_storage::users::{NewUser, UserCredentials, UserProfile, UserRow};
use argus_storage::{StorageError, Tx, users};

use super::identity::UpstreamIdentity;
use super::mapping;
use crate::session::Beginning;

/// Names that are tried for a new user before giving up.
const MAX_NAMES: u32 = 20;

/// What is to be done, everything drawn beforehand: a transaction may run twice.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) settings: UpstreamIdpSettings,
    pub(super) identity: UpstreamIdentity,
    /// The handle of the request, or of the ticket; none for a response that nobody asked for.
    pub(super) handle: Option<SecretHash>,
    pub(super) newcomer: Newcomer,
    /// Subject and picture key, should the user be new.
    pub(super) fresh: (SubjectIdentifier, String),
    /// Everything of the session but whose it is.
    pub(super) beginning: Beginning,
    pub(super) now: Timestamp,
}

/// What is to be done with somebody who comes in for the first time.
#[derive(Clone)]
pub(super) enum Newcomer {
    /// What the connection says. Where it wants to be told who the user is here, this is remembered until they tell.
    Decide(Option<UpstreamRequest>),
    /// They are the user whose password was checked.
    Is(UserCredentials),
    /// They say that they are nobody here.
    IsNew,
}

/// What became of it.
pub(super) enum Outcome {
    /// They have to tell who they are here.
    Confirm,
    /// In, and these client sessions ended.
    In(Vec<ClientSessionId>),
    /// Not in, and why, for the audit trail.
    Refused(&'static str, String),
}

/// Who somebody is here.
struct Known {
    user: UserRow,
    provisioned: bool,
}

impl Entry {
    pub(super) async fn write(&self, tx: &mut Tx) -> Result<Outcome, StorageError> {
        let slug = self.settings.slug.as_str();
        if !idps::find(tx, slug).await?.is_some_and(|stored| stored.settings.enabled) {
            return refused("connection", "the connection was disabled in the meantime");
        }
        if let Some(handle) = &self.handle
            && !requests::redeem(tx, handle).await?
        {
            return refused("in-response-to", "the request was answered before");
        }
        if let Some((assertion, until)) = &self.identity.assertion
            && !requests::redeem_assertion(tx, slug, assertion, *until).await?
        {
            return refused("replay", "the assertion was used before");
        }
        let known = match links::find(tx, slug, &self.identity.hash).await? {
            Some(link) => self.linked(tx, &link).await?,
            None => match &self.newcomer {
                Newcomer::Decide(Some(ticket)) => {
                    requests::insert(tx, ticket, self.now, u32::MAX).await?;
                    return Ok(Outcome::Confirm);
                }
                Newcomer::Decide(None) => self.decide(tx).await?,
                Newcomer::Is(credentials) => self.confirmed(tx, credentials).await?,
                Newcomer::IsNew => self.added(tx).await?,
            },
        };
        let known = match known {
            Ok(known) => known,
            Err(reason) => return refused("user", reason),
        };
        if !known.user.profile.enabled {
            return refused("user", "the user is disabled");
        }
        self.take_over(tx, &known).await?;
        let mut beginning = self.beginning.clone();
        beginning.session.user = known.user.id;
        let subject = known.user.subject.as_str();
        beginning.begun = beginning.begun.by(format!("user:{subject}")).subject(subject);
        beginning.write(tx).await.map(Outcome::In)
    }

    async fn linked(&self, tx: &mut Tx, link: &UpstreamLink) -> Result<Result<Known, &'static str>, StorageError> {
        links::touch(tx, &link.slug, &link.identity_hash, self.now).await?;
        let user = users::find_by_id(tx, link.user).await?;
        Ok(user.map(|user| Known { user, provisioned: link.provisioned }).ok_or("the user was deleted in the meantime"))
    }

    /// Somebody who has shown to be a user here.
    async fn confirmed(&self, tx: &mut Tx, credentials: &UserCredentials) -> Result<Result<Known, &'static str>, StorageError> {
        if !users::still_holds(tx, credentials).await? {
            return Ok(Err("the user was changed in the meantime"));
        }
        let Some(user) = users::find_by_id(tx, credentials.id).await? else { return Ok(Err("the user was deleted in the meantime")) };
        self.link(tx, &user, false).await?;
        Ok(Ok(Known { user, provisioned: false }))
    }

    async fn decide(&self, tx: &mut Tx) -> Result<Result<Known, &'static str>, StorageError> {
        if self.settings.link == LinkMode::VerifiedEmail
            && let Some(user) = self.by_email(tx).await?
        {
            self.link(tx, &user, false).await?;
            return Ok(Ok(Known { user, provisioned: false }));
        }
        self.added(tx).await
    }

    async fn added(&self, tx: &mut Tx) -> Result<Result<Known, &'static str>, StorageError> {
        if !self.settings.jit {
            return Ok(Err("no user here is linked to this one, and the connection adds none"));
        }
        let Some(id) = self.add(tx).await? else {
            return Ok(Err("the user could not be given a name here: too long, or taken by others"));
        };
        let Some(user) = users::find_by_id(tx, id).await? else { return Ok(Err("the user was deleted in the meantime")) };
        self.link(tx, &user, true).await?;
        Ok(Ok(Known { user, provisioned: true }))
    }

    /// The one user whose verified address this is. An administrator is not got by somebody else's word, and an address that
    /// several users have is nobody's.
    async fn by_email(&self, tx: &mut Tx) -> Result<Option<UserRow>, StorageError> {
        let email = self.identity.first(self.settings.attributes.email.as_ref());
        let Some(email) = email.filter(|email| self.settings.has_domain_of(email)) else { return Ok(None) };
        let mut found = users::list_by_verified_email(tx, email, 2).await?;
        Ok(if found.len() == 1 { found.pop().filter(|user| !user.profile.admin) } else { None })
    }

    async fn add(&self, tx: &mut Tx) -> Result<Option<UserId>, StorageError> {
        let Some(username) = self.free_name(tx).await? else { return Ok(None) };
        let mut profile = UserProfile {
            name: username.clone(),
            username: username.clone(),
            customer: mapping::customer(tx, &self.settings).await?,
            enabled: true,
            ..UserProfile::default()
        };
        mapping::profile(&mut profile, &self.identity, &self.settings);
        let (subject, picture_key) = self.fresh.clone();
        let event = self.event(AuditEventKind::UserCreated).subject(subject.as_str()).with("username", username);
        let id = users::insert(tx, &NewUser { subject, picture_key, password_hash: None, profile }, self.now).await?;
        tx.audit(&event).await?;
        Ok(Some(id))
    }

    /// The name the identity provider gives, or one like it: a user of that name is somebody else, whatever the name says.
    async fn free_name(&self, tx: &mut Tx) -> Result<Option<String>, StorageError> {
        let Some(name) = mapping::username(&self.identity, &self.settings) else { return Ok(None) };
        let slug = &self.settings.slug;
        let others = (2..=MAX_NAMES).map(|i| format!("{name}@{slug}-{i}"));
        for candidate in [name.clone(), format!("{name}@{slug}")].into_iter().chain(others) {
            if argus_domain::client::is_short_text(&candidate) && users::find_by_username(tx, &candidate).await?.is_none() {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    async fn link(&self, tx: &mut Tx, user: &UserRow, provisioned: bool) -> Result<(), StorageError> {
        let link = UpstreamLink {
            slug: self.settings.slug.clone(),
            identity_hash: self.identity.hash.clone(),
            display: self.identity.display.clone(),
            user: user.id,
            provisioned,
            created_at: self.now,
            last_sign_in_at: self.now,
        };
        links::insert(tx, &link).await?;
        tx.audit(&self.event(AuditEventKind::UpstreamLinked).subject(user.subject.as_str())).await
    }

    /// Takes over what the identity provider says. The profile of a user who was here before stays their own.
    async fn take_over(&self, tx: &mut Tx, known: &Known) -> Result<(), StorageError> {
        let mut profile = known.user.profile.clone();
        if known.provisioned {
            mapping::profile(&mut profile, &self.identity, &self.settings);
        }
        mapping::attributes(&mut profile.attributes, &self.identity, &self.settings);
        if profile != known.user.profile {
            users::update(tx, known.user.id, &profile, self.now).await?;
        }
        let given = mapping::given(tx, &self.identity, &self.settings).await?;
        links::replace_memberships(tx, &self.settings.slug, known.user.id, &given.groups, &given.functions).await
    }

    fn event(&self, kind: AuditEventKind) -> AuditEvent {
        let begun = &self.beginning.begun;
        AuditEvent::new(self.now, kind, begun.correlation_id.as_str())
            .by(format!("upstream:{}", self.settings.slug))
            .address(begun.address.as_deref())
            .with("upstream", self.settings.slug.as_str())
    }
}

fn refused(rule: &'static str, reason: &str) -> Result<Outcome, StorageError> {
    Ok(Outcome::Refused(rule, reason.to_owned()))
}
