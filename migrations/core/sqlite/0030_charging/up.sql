-- What printing costs, who pays, and what is still to be told to the money server.
-- Amounts are ten-thousandths of the currency unit.

CREATE TABLE schemes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    job_name_pricing BOOLEAN NOT NULL,
    print_job BIGINT NOT NULL,
    copy_job BIGINT NOT NULL,
    fax_job BIGINT NOT NULL,
    fax_page BIGINT NOT NULL,
    scan_job BIGINT NOT NULL,
    scan_page BIGINT NOT NULL,
    email_job BIGINT NOT NULL,
    email_page BIGINT NOT NULL,
    -- New devices get it as their first or second scheme.
    default_one BOOLEAN NOT NULL,
    default_two BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX schemes_name ON schemes (name_key);

-- Prices per paper size, of prints and copies.
CREATE TABLE scheme_prices (
    scheme_id BIGINT NOT NULL REFERENCES schemes (id) ON DELETE CASCADE,
    use TEXT NOT NULL,
    paper TEXT NOT NULL,
    sheet BIGINT NOT NULL,
    mono BIGINT NOT NULL,
    color BIGINT NOT NULL,
    PRIMARY KEY (scheme_id, use, paper)
);

-- What a device differs in from a new one; no row: as a new one without schemes.
CREATE TABLE device_terms (
    device_id BIGINT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    scheme_one BIGINT REFERENCES schemes (id) ON DELETE SET NULL,
    scheme_two BIGINT REFERENCES schemes (id) ON DELETE SET NULL,
    features TEXT NOT NULL,
    allow_pay_user BOOLEAN NOT NULL,
    -- How its page counters are asked for by SNMP.
    snmp_port BIGINT NOT NULL,
    snmp_community TEXT NOT NULL
);

-- What a person differs in from a new one; no row: as a new one.
CREATE TABLE user_terms (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    control TEXT NOT NULL,
    encrypt BOOLEAN NOT NULL,
    bill_clients BOOLEAN NOT NULL
);

-- Reservations of documents that are printing, and what the money server is still to be told of them.
-- No foreign keys: what was printed is paid, whoever is deleted meanwhile.
CREATE TABLE charges (
    id TEXT NOT NULL PRIMARY KEY,
    job_id BIGINT NOT NULL,
    job_name TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    holder TEXT NOT NULL,
    device_id BIGINT NOT NULL,
    device_name TEXT NOT NULL,
    pages BIGINT NOT NULL,
    price BIGINT NOT NULL,
    -- 1 open, 2 to be settled, 3 to be voided, 4 kept for a person to decide, 5 refused by the money server.
    state BIGINT NOT NULL,
    actual BIGINT NOT NULL,
    message TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    ended_us BIGINT
);
CREATE INDEX charges_state ON charges (state, created_us);

-- What was charged for pages of a document that did not come out whole.
CREATE TABLE job_paid (
    job_id BIGINT NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    pages BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    amount_two BIGINT NOT NULL
);
