-- 'vest'
PRAGMA application_id = 1986360180;

CREATE TABLE organizations (
    organization_id TEXT PRIMARY KEY NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    external_id TEXT UNIQUE,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE organization_domains (
    domain TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE,
    PRIMARY KEY (domain, organization_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX organization_domains_of ON organization_domains (organization_id);

CREATE TABLE members (
    member_id TEXT PRIMARY KEY NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE,
    address TEXT NOT NULL,
    domain TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'invited', 'active', 'deleted')),
    verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
    external_id TEXT,
    document TEXT NOT NULL,
    UNIQUE (organization_id, address),
    UNIQUE (organization_id, external_id)
) STRICT;

CREATE INDEX members_by_address ON members (address, organization_id);
CREATE INDEX members_in_order ON members (organization_id, member_id);
CREATE INDEX members_proved ON members (organization_id, domain) WHERE verified = 1 AND status <> 'deleted';

-- No references: the members may lie in the application's own tables.
CREATE TABLE credentials (
    member_id TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    document TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY NOT NULL,
    seed BLOB NOT NULL UNIQUE,
    member_id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    last_accessed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    absolute_end INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;

CREATE INDEX sessions_of_member ON sessions (member_id, started_at, session_id);
CREATE INDEX sessions_of_organization ON sessions (organization_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- What was revoked does not come back by a repeated insert.
CREATE TABLE revoked_sessions (
    session_id TEXT PRIMARY KEY NOT NULL,
    absolute_end INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revoked_sessions_by_end ON revoked_sessions (absolute_end);

CREATE TABLE links (
    digest BLOB PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL CHECK (used IN (0, 1)),
    document TEXT NOT NULL
) STRICT;

CREATE INDEX links_by_end ON links (expires_at);

CREATE TABLE signing_keys (
    key_id TEXT PRIMARY KEY NOT NULL,
    algorithm TEXT NOT NULL,
    private_key BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    signs_from INTEGER NOT NULL
) STRICT;

-- The latest time that was seen, so that no earlier one is believed after a restart.
CREATE TABLE clock (
    only INTEGER PRIMARY KEY NOT NULL CHECK (only = 1),
    latest INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 1;
