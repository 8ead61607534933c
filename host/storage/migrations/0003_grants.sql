-- What users allowed, and what lives on it.
--
-- No foreign keys here: these rows are written at every sign-in and token request, and on PostgreSQL each key would lock the
-- client's and the user's row once more. Whoever deletes a client or a user deletes what lives on it; a row that is left over
-- finds no client or user and is swept when it expires.

CREATE TABLE browser_sessions (
    id {key} PRIMARY KEY,
    token_hash {key} NOT NULL UNIQUE,
    previous_token_hash {key},
    user_id BIGINT NOT NULL,
    sign_in TEXT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) {updated};
CREATE INDEX browser_sessions_previous ON browser_sessions (previous_token_hash) WHERE previous_token_hash IS NOT NULL;
CREATE INDEX browser_sessions_user ON browser_sessions (user_id);
CREATE INDEX browser_sessions_expiry ON browser_sessions (expires_at);

CREATE TABLE authorization_grants (
    code_hash {key} PRIMARY KEY,
    client_id {key} NOT NULL,
    user_id BIGINT NOT NULL,
    browser_session_id {key} NOT NULL,
    client_session_id {key} NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    nonce TEXT,
    code_challenge TEXT,
    sign_in TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT
) {updated};
CREATE INDEX authorization_grants_expiry ON authorization_grants (expires_at);

CREATE TABLE client_sessions (
    id {key} PRIMARY KEY,
    client_id {key} NOT NULL,
    user_id BIGINT NOT NULL,
    browser_session_id {key} NOT NULL,
    scopes TEXT NOT NULL,
    sign_in TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    -- absent when the client gets no refresh tokens
    refresh_generation BIGINT,
    refresh_rotated_at BIGINT,
    refresh_successor {blob}
) {updated};
CREATE INDEX client_sessions_user ON client_sessions (user_id);
CREATE INDEX client_sessions_client ON client_sessions (client_id, id);
CREATE INDEX client_sessions_browser_session ON client_sessions (browser_session_id);
CREATE INDEX client_sessions_expiry ON client_sessions (expires_at);
CREATE INDEX client_sessions_revocation ON client_sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE consents (
    user_id BIGINT NOT NULL,
    client_id {key} NOT NULL,
    scopes TEXT NOT NULL,
    -- JSON: list of names
    claims TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);
CREATE INDEX consents_client ON consents (client_id);

-- A token's jti, or the sid of a client session with every token issued on it.
CREATE TABLE revoked_tokens (
    id {key} PRIMARY KEY,
    revoked_at BIGINT NOT NULL,
    -- when no token it concerns is live any more
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_revocation ON revoked_tokens (revoked_at);
CREATE INDEX revoked_tokens_expiry ON revoked_tokens (expires_at);
