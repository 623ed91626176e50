-- In the order of their arrival. No references: what happened stays when its member is gone.
CREATE TABLE audit_events (
    sequence INTEGER PRIMARY KEY NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    organization_id TEXT,
    member_id TEXT,
    document TEXT NOT NULL
) STRICT;

CREATE INDEX audit_events_by_time ON audit_events (at);
CREATE INDEX audit_events_of_organization ON audit_events (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX audit_events_of_member ON audit_events (member_id) WHERE member_id IS NOT NULL;

PRAGMA user_version = 2;
