//! Deleting what has expired, a little at a time, so that no write waits long behind it.

use std::time::Duration;

use argus_domain::Timestamp;

use crate::error::StorageError;
use crate::one_time_links;
use crate::tx::Tx;

const DAY: Duration = Duration::from_secs(86_400);
/// How long a code that comes again is recognised after it expired.
const GRANT_RETENTION: Duration = DAY;
/// How long an expired client session is kept: longer than the last access token issued on it lives.
const EXPIRED_SESSION_RETENTION: Duration = DAY;
/// How long a revoked client session is kept, so that its refresh tokens are told from made-up ones.
const REVOKED_SESSION_RETENTION: Duration = Duration::from_secs(7 * 86_400);
/// How long the logs of claim providers are kept.
const LOG_RETENTION: Duration = Duration::from_secs(7 * 86_400);
/// How many logs of one claim provider are kept, so that a talkative one cannot fill the disk in that time.
const LOGS_PER_PROVIDER: u32 = 1_000;
/// Inputs kept of each client.
const INPUTS_PER_CLIENT: u32 = 10_000;

/// How many rows a sweep deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Authorization grants.
    pub authorization_grants: u64,
    /// Client sessions, expired or revoked.
    pub client_sessions: u64,
    /// Browser sessions.
    pub browser_sessions: u64,
    /// Revoked ids that concern no live token any more.
    pub revoked_tokens: u64,
    /// Recorded inputs of claim providers.
    pub recorded_inputs: u64,
    /// Logs of claim providers, old or too many.
    pub claim_provider_logs: u64,
    /// Browsers that did not come back from an upstream identity provider, and assertions that are refused by their age.
    pub upstream: u64,
    /// Links that nobody used.
    pub one_time_links: u64,
}

impl Swept {
    /// All of them.
    pub fn total(&self) -> u64 {
        let sessions = self.client_sessions + self.browser_sessions;
        let of_providers = self.recorded_inputs + self.claim_provider_logs;
        self.authorization_grants + sessions + self.revoked_tokens + of_providers + self.upstream + self.one_time_links
    }
}

/// Deletes at most `batch` expired rows of each kind. While a sweep deletes `batch` rows or more, there may be more to delete.
pub async fn sweep(tx: &mut Tx, now: Timestamp, batch: u32) -> Result<Swept, StorageError> {
    let grants = "DELETE FROM authorization_grants WHERE code_hash IN \
                  (SELECT code_hash FROM authorization_grants WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    let expired_sessions = "DELETE FROM client_sessions WHERE id IN \
                            (SELECT id FROM client_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    let revoked_sessions = "DELETE FROM client_sessions WHERE id IN \
                            (SELECT id FROM client_sessions WHERE revoked_at <= $1 ORDER BY revoked_at LIMIT $2)";
    let browser_sessions = "DELETE FROM browser_sessions WHERE id IN \
                            (SELECT id FROM browser_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    let revoked_tokens = "DELETE FROM revoked_tokens WHERE id IN \
                          (SELECT id FROM revoked_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    let recorded_inputs = "DELETE FROM recorded_inputs WHERE (correlation_id, attachment, target) IN \
                           (SELECT correlation_id, attachment, target FROM recorded_inputs WHERE expires_at <= $1 \
                           ORDER BY expires_at LIMIT $2)";
    let upstream_requests = "DELETE FROM upstream_requests WHERE handle_hash IN \
                             (SELECT handle_hash FROM upstream_requests WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    let upstream_assertions = "DELETE FROM upstream_assertions WHERE (slug, assertion_hash) IN \
                               (SELECT slug, assertion_hash FROM upstream_assertions WHERE expires_at <= $1 \
                               ORDER BY expires_at LIMIT $2)";
    let expired = tx.execute(expired_sessions, &[now.before(EXPIRED_SESSION_RETENTION).into(), batch.into()]).await?;
    let revoked = tx.execute(revoked_sessions, &[now.before(REVOKED_SESSION_RETENTION).into(), batch.into()]).await?;
    Ok(Swept {
        authorization_grants: tx.execute(grants, &[now.before(GRANT_RETENTION).into(), batch.into()]).await?,
        client_sessions: expired + revoked,
        browser_sessions: tx.execute(browser_sessions, &[now.into(), batch.into()]).await?,
        revoked_tokens: tx.execute(revoked_tokens, &[now.into(), batch.into()]).await?,
        recorded_inputs: tx.execute(recorded_inputs, &[now.into(), batch.into()]).await? + sweep_inputs(tx, batch).await?,
        claim_provider_logs: sweep_logs(tx, now, batch).await?,
        upstream: tx.execute(upstream_requests, &[now.into(), batch.into()]).await?
            + tx.execute(upstream_assertions, &[now.into(), batch.into()]).await?,
        one_time_links: one_time_links::delete_expired(tx, now, batch).await?,
    })
}

/// Of each client the newest inputs are kept, however long it wants them: a busy one would fill the disk.
async fn sweep_inputs(tx: &mut Tx, batch: u32) -> Result<u64, StorageError> {
    let too_many = "DELETE FROM recorded_inputs WHERE (correlation_id, attachment, target) IN \
                    (SELECT r.correlation_id, r.attachment, r.target FROM clients c CROSS JOIN recorded_inputs r \
                    WHERE r.client_id = c.id AND r.at < \
                    (SELECT n.at FROM recorded_inputs n WHERE n.client_id = c.id ORDER BY n.at DESC LIMIT 1 OFFSET $1) LIMIT $2)";
    tx.execute(too_many, &[INPUTS_PER_CLIENT.into(), batch.into()]).await
}

/// Logs are numbered as they come, so the old ones are among the first: that saves an index on their time.
async fn sweep_logs(tx: &mut Tx, now: Timestamp, batch: u32) -> Result<u64, StorageError> {
    let old = "DELETE FROM claim_provider_logs WHERE at <= $1 AND id IN (SELECT id FROM claim_provider_logs ORDER BY id LIMIT $2)";
    // What a deleted provider left is not looked for here: it grows no more, and becomes old. CROSS JOIN keeps SQLite from
    // beginning with the logs, which would count the newer ones of every single one.
    let too_many = "DELETE FROM claim_provider_logs WHERE id IN \
                    (SELECT l.id FROM claim_providers p CROSS JOIN claim_provider_logs l WHERE l.provider = p.name AND l.id <= \
                    (SELECT n.id FROM claim_provider_logs n WHERE n.provider = p.name ORDER BY n.id DESC LIMIT 1 OFFSET $1) \
                    ORDER BY l.provider, l.id LIMIT $2)";
    let old = tx.execute(old, &[now.before(LOG_RETENTION).into(), batch.into()]).await?;
    Ok(old + tx.execute(too_many, &[LOGS_PER_PROVIDER.into(), batch.into()]).await?)
}
