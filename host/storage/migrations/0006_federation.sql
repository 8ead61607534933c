-- Identity providers of organisations, and who came in through them.

CREATE TABLE upstream_idps (
    slug {key} PRIMARY KEY,
    -- JSON, without the client's secret
    settings TEXT NOT NULL,
    client_secret_sealed {blob},
    -- metadata with other keys or addresses than those in use, which wait for an administrator
    offered_metadata TEXT,
    -- when metadata were last asked for
    fetched_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE upstream_links (
    slug {key} NOT NULL REFERENCES upstream_idps (slug) ON DELETE CASCADE,
    -- over everything that tells a user of that identity provider from its other users
    identity_hash {key} NOT NULL,
    -- what the identity provider calls the user, for people
    display TEXT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- whether the connection made the user, whose profile follows the identity provider then
    provisioned BIGINT NOT NULL CHECK (provisioned IN (0, 1)),
    created_at BIGINT NOT NULL,
    last_sign_in_at BIGINT NOT NULL,
    PRIMARY KEY (slug, identity_hash)
);
CREATE INDEX upstream_links_user ON upstream_links (user_id);

-- Browsers that were sent to an identity provider and are expected back.
CREATE TABLE upstream_requests (
    handle_hash {key} PRIMARY KEY,
    slug {key} NOT NULL,
    address {key} NOT NULL,
    sealed {blob} NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX upstream_requests_address ON upstream_requests (address, expires_at);
CREATE INDEX upstream_requests_expiry ON upstream_requests (expires_at);

-- Assertions that have let somebody in.
CREATE TABLE upstream_assertions (
    slug {key} NOT NULL,
    assertion_hash {key} NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (slug, assertion_hash)
) {keyed};
CREATE INDEX upstream_assertions_expiry ON upstream_assertions (expires_at);

-- What requests and metadata are signed with, and what assertions are encrypted to.
CREATE TABLE saml_keys (
    id {key} PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('signing', 'encryption')),
    certificate {blob} NOT NULL,
    private_sealed {blob} NOT NULL,
    created_at BIGINT NOT NULL,
    -- none for the next key, which is published before it is used
    activated_at BIGINT
);

-- The connection that gave a membership, a grant or a session; none for what administrators gave and for passwords.
ALTER TABLE group_members ADD COLUMN upstream {key};
ALTER TABLE function_grants ADD COLUMN upstream {key};
ALTER TABLE browser_sessions ADD COLUMN upstream {key};
CREATE INDEX browser_sessions_upstream ON browser_sessions (upstream) WHERE upstream IS NOT NULL;

-- An administrator and a connection may give the same: taking one back leaves the other.
DROP INDEX function_grants_one_customer;
DROP INDEX function_grants_every_customer;
CREATE UNIQUE INDEX function_grants_one_customer ON function_grants (user_id, function_id, customer_id, coalesce(upstream, ''))
    WHERE customer_id IS NOT NULL;
CREATE UNIQUE INDEX function_grants_every_customer ON function_grants (user_id, function_id, coalesce(upstream, ''))
    WHERE customer_id IS NULL;

CREATE INDEX users_verified_email ON users (lower(email)) WHERE email_verified = 1;

-- What was refused of late, for administrators who set up a connection; the audit trail has it all.
CREATE TABLE upstream_refusals (
    id {identity},
    slug {key} NOT NULL REFERENCES upstream_idps (slug) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    correlation_id TEXT NOT NULL
);
CREATE INDEX upstream_refusals_slug ON upstream_refusals (slug, id);
