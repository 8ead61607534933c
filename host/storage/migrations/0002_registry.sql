-- Relying parties, the resources they reach, and claim providers.

CREATE TABLE clients (
    id {key} PRIMARY KEY,
    name TEXT NOT NULL,
    customer_id BIGINT REFERENCES customers (id),
    -- none: the installation's own
    owner_user_id BIGINT REFERENCES users (id),
    enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    revision BIGINT NOT NULL,
    -- JSON, in the shape of the import document
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX clients_owner ON clients (owner_user_id);
CREATE INDEX clients_customer ON clients (customer_id);
CREATE INDEX clients_name ON clients (name);

-- Outlives its client: claims of the past name a revision.
CREATE TABLE client_revisions (
    client_id {key} NOT NULL,
    revision BIGINT NOT NULL,
    settings TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (client_id, revision)
);

CREATE TABLE client_secrets (
    client_id {key} NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    slot BIGINT NOT NULL CHECK (slot IN (1, 2)),
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (client_id, slot)
) {keyed};

CREATE TABLE resources (
    audience {key} PRIMARY KEY,
    name TEXT NOT NULL,
    -- JSON: list of strings
    scopes TEXT NOT NULL
);

CREATE TABLE claim_provider_components (
    -- SHA-256
    digest {key} PRIMARY KEY,
    component {blob} NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE claim_providers (
    name {key} PRIMARY KEY,
    current_digest {key} NOT NULL REFERENCES claim_provider_components (digest),
    builtin BIGINT NOT NULL CHECK (builtin IN (0, 1))
);

CREATE TABLE claim_provider_versions (
    provider {key} NOT NULL REFERENCES claim_providers (name) ON DELETE CASCADE,
    digest {key} NOT NULL REFERENCES claim_provider_components (digest),
    uploaded_by TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    PRIMARY KEY (provider, digest)
);
