-- A domain is claimed by one organization at most.
CREATE TABLE claimed_domains (
    domain TEXT PRIMARY KEY NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX claimed_domains_of ON claimed_domains (organization_id);

-- With the status, so that members are counted without a look at their documents.
DROP INDEX members_in_order;
CREATE INDEX members_in_order ON members (organization_id, member_id, status);

PRAGMA user_version = 3;
