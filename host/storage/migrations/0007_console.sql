-- What users asked administrators for, for clients of their own; gone once it is decided.
CREATE TABLE client_requests (
    id {identity},
    client_id {key} NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- JSON
    wanted TEXT NOT NULL,
    requested_at BIGINT NOT NULL
);
CREATE INDEX client_requests_client ON client_requests (client_id);

-- The trail is looked through by who or what an event concerns, the latest first.
CREATE INDEX audit_events_client ON audit_events (client_id, at, node, sequence) WHERE client_id IS NOT NULL;
CREATE INDEX audit_events_subject ON audit_events (subject, at, node, sequence) WHERE subject IS NOT NULL;
CREATE INDEX audit_events_kind ON audit_events (event, at, node, sequence);

-- Links that let whoever has one choose a password, once.
CREATE TABLE one_time_links (
    token_hash {key} PRIMARY KEY,
    -- whose password it is; none: whoever comes becomes an administrator
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);
CREATE INDEX one_time_links_expiry ON one_time_links (expires_at);
