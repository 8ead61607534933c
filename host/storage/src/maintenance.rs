//! Deleting what has expired, a little at a time, so that no write waits long behind it.

use std::time::Duration;

use argus_domain::Timestamp;

use crate::error::StorageError;
use crate::tx::Tx;

const DAY: Duration = Duration::from_secs(86_400);
/// How long a code that comes again is recognised after it expired.
const GRANT_RETENTION: Duration = DAY;
/// How long an expired client session is kept: longer than the last access token issued on it lives.
const EXPIRED_SESSION_RETENTION: Duration = DAY;
/// How long a revoked client session is kept, so that its refresh tokens are told from made-up ones.
const REVOKED_SESSION_RETENTION: Duration = Duration::from_secs(7 * 86_400);

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
}

impl Swept {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.authorization_grants + self.client_sessions + self.browser_sessions + self.revoked_tokens
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
    let expired = tx.execute(expired_sessions, &[now.before(EXPIRED_SESSION_RETENTION).into(), batch.into()]).await?;
    let revoked = tx.execute(revoked_sessions, &[now.before(REVOKED_SESSION_RETENTION).into(), batch.into()]).await?;
    Ok(Swept {
        authorization_grants: tx.execute(grants, &[now.before(GRANT_RETENTION).into(), batch.into()]).await?,
        client_sessions: expired + revoked,
        browser_sessions: tx.execute(browser_sessions, &[now.into(), batch.into()]).await?,
        revoked_tokens: tx.execute(revoked_tokens, &[now.into(), batch.into()]).await?,
    })
}
