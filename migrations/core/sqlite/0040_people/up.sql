-- Properties, PUK codes, groups, units, domains, aliases and delegates of people; documents they share.

-- Organisational unit; 0 is the root.
ALTER TABLE users ADD COLUMN unit_id BIGINT NOT NULL DEFAULT 0;
-- Properties that differ from the factory's, see storage::core::profile.
ALTER TABLE users ADD COLUMN profile TEXT NOT NULL DEFAULT '';
-- Finer rights of administrators; empty: full.
ALTER TABLE users ADD COLUMN powers TEXT NOT NULL DEFAULT '';
-- An open PUK: keyed hash to find it by, and sealed to show and mail it; the keys are not in the database.
ALTER TABLE users ADD COLUMN puk_hash BLOB;
ALTER TABLE users ADD COLUMN puk_sealed BLOB;
CREATE UNIQUE INDEX users_puk ON users (puk_hash) WHERE puk_hash IS NOT NULL;
CREATE INDEX users_unit ON users (unit_id);

-- Import a card came from, 0: by hand; reminders of its end that were sent.
ALTER TABLE cards ADD COLUMN source BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cards ADD COLUMN reminders BIGINT NOT NULL DEFAULT 0;
CREATE INDEX cards_ends ON cards (ends_us) WHERE ends_us IS NOT NULL;

-- What people are searched by, narrow and in the order of their ids: folded fields parted by U+001F.
CREATE TABLE user_search (
    user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    key TEXT NOT NULL
);
INSERT INTO user_search (user_id, key)
    SELECT id, lower(logon_key || char(31) || full_name || char(31) || email || char(31) || description || char(31) || cost_code)
    FROM users;

CREATE TABLE domains (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL
);
CREATE UNIQUE INDEX domains_name ON domains (name_key);
INSERT INTO domains (name, name_key, description)
    SELECT min(domain), domain_key, '' FROM users WHERE domain_key <> '' GROUP BY domain_key;

-- Logons, aliases and groups of a domain share one list of names; transactions hold that.
CREATE TABLE aliases (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    domain_key TEXT NOT NULL
);
CREATE UNIQUE INDEX aliases_name ON aliases (name_key, domain_key);
CREATE INDEX aliases_user ON aliases (user_id);

CREATE TABLE user_groups (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    domain TEXT NOT NULL,
    domain_key TEXT NOT NULL,
    description TEXT NOT NULL,
    prints BOOLEAN NOT NULL,
    print_once BOOLEAN NOT NULL,
    everybody BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX user_groups_name ON user_groups (name_key, domain_key);

CREATE TABLE group_members (
    group_id BIGINT NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user ON group_members (user_id);

CREATE TABLE units (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    parent_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL
);
CREATE UNIQUE INDEX units_name ON units (parent_id, name_key);

-- Everybody of a unit, and of those below it, is a member.
CREATE TABLE group_units (
    group_id BIGINT NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    unit_id BIGINT NOT NULL REFERENCES units (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, unit_id)
);

-- Where a device stands; one without a row stands at the root and serves everybody.
CREATE TABLE device_places (
    device_id INTEGER NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    unit_id BIGINT NOT NULL,
    restricted BOOLEAN NOT NULL
);

CREATE TABLE delegates (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    submitter_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    collector_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    always BOOLEAN NOT NULL,
    ends_us BIGINT,
    state TEXT NOT NULL,
    created_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX delegates_pair ON delegates (submitter_id, collector_id);
CREATE INDEX delegates_collector ON delegates (collector_id);

-- Documents sent to a group ('group') or for somebody else to collect ('user').
CREATE TABLE job_shares (
    job_id BIGINT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    PRIMARY KEY (kind, subject_id, job_id)
);
CREATE INDEX job_shares_job ON job_shares (job_id);

-- Shared documents that are gone for one person and not for the others.
CREATE TABLE job_gone (
    job_id BIGINT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (job_id, user_id)
);
