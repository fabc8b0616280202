-- Certificates people print with: whoever shows one and holds its key prints as its person.
CREATE TABLE certificates (
    id          INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    user_id     BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    fingerprint BLOB   NOT NULL UNIQUE,
    subject     TEXT   NOT NULL,
    created_us  BIGINT NOT NULL,
    starts_us   BIGINT NOT NULL,
    ends_us     BIGINT NOT NULL
);
CREATE INDEX certificates_by_user ON certificates (user_id);
-- People are found by the address in a certificate that an authority signed.
CREATE INDEX users_email ON users (lower(email)) WHERE email <> '';
