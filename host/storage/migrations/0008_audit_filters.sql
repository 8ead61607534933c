-- Of a client or a user with many events, those of one kind are found in the index.
DROP INDEX audit_events_client;
DROP INDEX audit_events_subject;
CREATE INDEX audit_events_client ON audit_events (client_id, at, node, sequence, event, subject) WHERE client_id IS NOT NULL;
CREATE INDEX audit_events_subject ON audit_events (subject, at, node, sequence, event) WHERE subject IS NOT NULL;
