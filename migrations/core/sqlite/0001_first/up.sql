-- People, devices, queues, jobs, settings, and what is still to be told to others.
-- Instants are microseconds since the epoch, UTC.

CREATE TABLE settings (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    logon TEXT NOT NULL,
    logon_key TEXT NOT NULL,
    domain TEXT NOT NULL,
    domain_key TEXT NOT NULL,
    full_name TEXT NOT NULL,
    email TEXT NOT NULL,
    description TEXT NOT NULL,
    cost_code TEXT NOT NULL,
    rights TEXT NOT NULL,
    failed_logins BIGINT NOT NULL,
    prevent_login BOOLEAN NOT NULL,
    print_all_at_login BOOLEAN NOT NULL,
    -- Keyed hash; the key is not in the database.
    pin_hash BLOB,
    -- Argon2id in PHC form, with a secret that is not in the database.
    password_hash TEXT,
    created_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_logon ON users (logon_key, domain_key);

CREATE TABLE cards (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Keyed hash to find the card by, and the sealed code to show it; the keys are not in the database.
    code_hash BLOB NOT NULL,
    code_sealed BLOB NOT NULL,
    starts_us BIGINT,
    ends_us BIGINT,
    created_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX cards_code ON cards (code_hash);
CREATE INDEX cards_user ON cards (user_id);

CREATE TABLE devices (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    location TEXT NOT NULL,
    model TEXT NOT NULL,
    mac TEXT NOT NULL,
    color BOOLEAN NOT NULL,
    duplex BOOLEAN NOT NULL,
    print_all_at_login BOOLEAN NOT NULL,
    methods TEXT NOT NULL,
    driver_name TEXT NOT NULL,
    -- The key the device proves itself with, sealed by a key that is not in the database.
    key_sealed BLOB NOT NULL,
    last_seen_us BIGINT,
    -- Logins that failed here, of anybody and nobody.
    failed_logins BIGINT NOT NULL,
    created_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX devices_name ON devices (name_key);

CREATE TABLE queues (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    location TEXT NOT NULL,
    owner TEXT NOT NULL,
    fixed_logon TEXT NOT NULL,
    raw_port BIGINT,
    default_domain TEXT NOT NULL,
    hide_document_name BOOLEAN NOT NULL,
    color BOOLEAN NOT NULL,
    duplex BOOLEAN NOT NULL,
    accepting_jobs BOOLEAN NOT NULL,
    created_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX queues_name ON queues (name_key);

-- No foreign keys: a job outlives its queue, its device and, until it is cleaned up, its owner.
CREATE TABLE jobs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    submission_id TEXT NOT NULL,
    queue_id BIGINT NOT NULL,
    queue_name TEXT NOT NULL,
    owner_id BIGINT NOT NULL,
    owner_logon TEXT NOT NULL,
    submit_logon TEXT NOT NULL,
    name TEXT NOT NULL,
    -- RFC 8011 section 5.3.7.
    state BIGINT NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    processing_us BIGINT,
    completed_us BIGINT,
    -- Name of the spool file; none before the document came and after it was deleted.
    document TEXT,
    bytes BIGINT NOT NULL,
    format TEXT NOT NULL,
    source_host TEXT NOT NULL,
    source_protocol TEXT NOT NULL,
    -- Fields parted by U+001F, see storage::core::fields; empty: nothing asked for.
    ticket TEXT NOT NULL,
    count_pending BOOLEAN NOT NULL,
    -- Fields parted by U+001F, see storage::core::fields.
    count TEXT NOT NULL,
    retained BOOLEAN NOT NULL,
    printed BIGINT NOT NULL,
    panel_copies BIGINT NOT NULL,
    device_id BIGINT,
    marked_for_deletion BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX jobs_submission ON jobs (submission_id);
-- By id within the owner or queue, so that a page of a list is read without sorting; the state rides along for counting.
CREATE INDEX jobs_owner ON jobs (owner_id, id, state);
CREATE INDEX jobs_queue ON jobs (queue_id, id, state);

-- What other servers must hear at least once; the key makes it exactly once.
CREATE TABLE outbox (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    recipient TEXT NOT NULL,
    key TEXT NOT NULL,
    payload BLOB NOT NULL,
    created_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX outbox_key ON outbox (recipient, key);
