-- Claim providers by customers: versions that wait for approval, that run in the shadow and that can be taken back; what
-- providers said and were given; and the trail of one request.

-- A provider whose first version waits for approval has no current one, and neither engine alike can make a column optional:
-- both tables are made again. Their rows wait in copies without keys, the referring table goes first, so that nothing cascades,
-- and both get their own names at once, since PostgreSQL would keep the keys' old names through a renaming.
CREATE TABLE claim_providers_before AS SELECT * FROM claim_providers;
CREATE TABLE claim_provider_versions_before AS SELECT * FROM claim_provider_versions;
DROP TABLE claim_provider_versions;
DROP TABLE claim_providers;

CREATE TABLE claim_providers (
    name {key} PRIMARY KEY,
    -- none: no version was promoted yet
    current_digest {key} REFERENCES claim_provider_components (digest),
    -- what the current one replaced: where a rollback leads
    previous_digest {key} REFERENCES claim_provider_components (digest),
    -- runs beside the current one, for comparison only
    shadow_digest {key} REFERENCES claim_provider_components (digest),
    builtin BIGINT NOT NULL CHECK (builtin IN (0, 1)),
    -- none: before this was put on record, or there is no current one
    current_since BIGINT
);

CREATE TABLE claim_provider_versions (
    provider {key} NOT NULL REFERENCES claim_providers (name) ON DELETE CASCADE,
    digest {key} NOT NULL REFERENCES claim_provider_components (digest),
    uploaded_by TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    -- network address
    uploaded_from TEXT,
    -- JSON: what the component says of itself; none: before this was put on record
    metadata TEXT,
    -- JSON: list of names; none, as the next two: waits for approval
    approved_facts TEXT,
    approved_by TEXT,
    approved_at BIGINT,
    PRIMARY KEY (provider, digest)
);

INSERT INTO claim_providers (name, current_digest, builtin) SELECT name, current_digest, builtin FROM claim_providers_before;
-- Until now a version was given every fact.
INSERT INTO claim_provider_versions (provider, digest, uploaded_by, uploaded_at, approved_facts, approved_by, approved_at)
SELECT provider, digest, uploaded_by, uploaded_at,
    '["profile","email","phone","customer","groups","roles","functions","attributes","network"]', 'migration', uploaded_at
FROM claim_provider_versions_before;
DROP TABLE claim_provider_versions_before;
DROP TABLE claim_providers_before;

-- How a version in the shadow compares with the current one.
CREATE TABLE claim_provider_shadow_counts (
    provider {key} NOT NULL,
    digest {key} NOT NULL,
    client_id {key} NOT NULL,
    equal BIGINT NOT NULL,
    different BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    PRIMARY KEY (provider, digest, client_id),
    FOREIGN KEY (provider, digest) REFERENCES claim_provider_versions (provider, digest) ON DELETE CASCADE
) {keyed} {updated};

CREATE TABLE claim_provider_shadow_samples (
    id {identity},
    provider {key} NOT NULL,
    digest {key} NOT NULL,
    client_id {key} NOT NULL,
    correlation_id {key} NOT NULL,
    at BIGINT NOT NULL,
    -- JSON
    changes TEXT NOT NULL,
    sealed {blob} NOT NULL,
    FOREIGN KEY (provider, digest) REFERENCES claim_provider_versions (provider, digest) ON DELETE CASCADE
);
CREATE INDEX claim_provider_shadow_samples_version ON claim_provider_shadow_samples (provider, digest, id);

-- No foreign keys on these two: they are written while tokens are issued, and outlive what they tell of.
CREATE TABLE claim_provider_logs (
    id {identity},
    provider {key} NOT NULL,
    digest {key} NOT NULL,
    client_id {key} NOT NULL,
    correlation_id {key} NOT NULL,
    attachment BIGINT NOT NULL,
    target {key} NOT NULL,
    at BIGINT NOT NULL,
    -- JSON
    lines TEXT NOT NULL
);
CREATE INDEX claim_provider_logs_provider ON claim_provider_logs (provider, id);
CREATE INDEX claim_provider_logs_correlation ON claim_provider_logs (correlation_id);

CREATE TABLE recorded_inputs (
    correlation_id {key} NOT NULL,
    -- its place among the client's attachments
    attachment BIGINT NOT NULL,
    target {key} NOT NULL,
    client_id {key} NOT NULL,
    provider {key} NOT NULL,
    digest {key} NOT NULL,
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    sealed {blob} NOT NULL,
    PRIMARY KEY (correlation_id, attachment, target)
);
CREATE INDEX recorded_inputs_expiry ON recorded_inputs (expires_at);
CREATE INDEX recorded_inputs_client ON recorded_inputs (client_id, at);

CREATE INDEX audit_events_correlation ON audit_events (correlation_id);
