-- Signing keys, the audit trail, and the counters that tell nodes to look again.

CREATE TABLE signing_keys (
    kid {key} PRIMARY KEY,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    private_sealed {blob} NOT NULL,
    public_jwk TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    activated_at BIGINT,
    retired_at BIGINT
);

-- Append-only: a chain of hashes per node.
CREATE TABLE audit_events (
    node {key} NOT NULL,
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    client_id TEXT,
    subject TEXT,
    correlation_id TEXT NOT NULL,
    -- JSON: the exact text that was hashed
    body TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (node, sequence)
);
CREATE INDEX audit_events_time ON audit_events (at, node, sequence);

CREATE TABLE audit_heads (
    node {key} PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash TEXT NOT NULL
) {updated};

CREATE TABLE versions (
    name {key} PRIMARY KEY,
    value BIGINT NOT NULL
) {updated};
