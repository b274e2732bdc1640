-- Text, bigint and double precision only, so that PostgreSQL reads this file
-- too. Times are UTC text of fixed width, which sorts as it reads.

-- +goose Up

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE run (
    id        TEXT PRIMARY KEY,
    dataset   TEXT NOT NULL,
    sequence  BIGINT NOT NULL CHECK (sequence > 0),
    state     TEXT NOT NULL CHECK (state IN ('extracting', 'committing', 'certified', 'failed', 'superseded')),
    started   TEXT NOT NULL,
    finished  TEXT NOT NULL,
    contract  TEXT NOT NULL,
    position  TEXT NOT NULL,
    error     TEXT NOT NULL,
    program   TEXT NOT NULL,
    engine    TEXT NOT NULL,
    principal TEXT NOT NULL,
    UNIQUE (dataset, sequence)
);

-- A dataset has at most one run that is still going.
CREATE UNIQUE INDEX run_unfinished ON run (dataset) WHERE state IN ('extracting', 'committing');

CREATE TABLE run_range (
    run               TEXT NOT NULL REFERENCES run (id),
    number            BIGINT NOT NULL,
    first_row         BIGINT NOT NULL,
    source_rows       BIGINT NOT NULL,
    clean_rows        BIGINT NOT NULL,
    quarantined_rows  BIGINT NOT NULL,
    source_digest     TEXT NOT NULL,
    clean_digest      TEXT NOT NULL,
    quarantine_digest TEXT NOT NULL,
    mark              TEXT NOT NULL,
    files             TEXT NOT NULL,
    states            TEXT NOT NULL,
    finished          TEXT NOT NULL,
    PRIMARY KEY (run, number),
    CHECK (source_rows = clean_rows + quarantined_rows)
);

CREATE TABLE certificate (
    run       TEXT PRIMARY KEY REFERENCES run (id),
    dataset   TEXT NOT NULL,
    body      TEXT NOT NULL,
    signature TEXT NOT NULL,
    key_id    TEXT NOT NULL,
    issued    TEXT NOT NULL
);

CREATE TABLE quality (
    run       TEXT NOT NULL REFERENCES run (id),
    ordinal   BIGINT NOT NULL,
    col       TEXT NOT NULL,
    criterion TEXT NOT NULL,
    rule      TEXT NOT NULL,
    severity  TEXT NOT NULL,
    bad       BIGINT NOT NULL,
    total     BIGINT NOT NULL,
    value     DOUBLE PRECISION NOT NULL,
    status    TEXT NOT NULL CHECK (status IN ('ok', 'failed', 'not-run', 'not-applicable')),
    PRIMARY KEY (run, ordinal)
);

CREATE TABLE quarantine (
    run  TEXT NOT NULL REFERENCES run (id),
    rule TEXT NOT NULL,
    col  TEXT NOT NULL,
    rows BIGINT NOT NULL,
    PRIMARY KEY (run, rule, col)
);

-- The journal of the door. body is the entry, exactly as it was hashed; at,
-- kind, request and principal, and the rows of entry_subject, repeat parts of
-- it for searching.
CREATE TABLE entry (
    sequence  BIGINT PRIMARY KEY,
    at        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    request   TEXT NOT NULL,
    principal TEXT NOT NULL,
    body      TEXT NOT NULL,
    previous  TEXT NOT NULL,
    hash      TEXT NOT NULL,
    key_id    TEXT NOT NULL,
    signature TEXT NOT NULL
);

CREATE INDEX entry_at ON entry (at);
CREATE INDEX entry_principal ON entry (principal, sequence);
CREATE INDEX entry_request ON entry (request, sequence);

CREATE TABLE entry_subject (
    subject  TEXT NOT NULL,
    sequence BIGINT NOT NULL REFERENCES entry (sequence),
    PRIMARY KEY (subject, sequence)
);

CREATE INDEX entry_subject_sequence ON entry_subject (sequence);
