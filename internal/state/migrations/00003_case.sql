-- Correction cases: what an agency has to put right, and what it said of it.
-- No value of any record stands here.

-- +goose Up

CREATE TABLE correction_case (
    number   BIGINT PRIMARY KEY CHECK (number > 0),
    owner    TEXT NOT NULL,
    dataset  TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('violation', 'disagreement', 'missing')),
    rule     TEXT NOT NULL,
    col      TEXT NOT NULL,
    severity TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'rejected', 'closed')),
    rows     BIGINT NOT NULL,
    total    BIGINT NOT NULL,
    opened   TEXT NOT NULL,
    changed  TEXT NOT NULL,
    due      TEXT NOT NULL,
    level    BIGINT NOT NULL,
    reopened BIGINT NOT NULL,
    UNIQUE (dataset, kind, rule, col)
);

CREATE TABLE correction_event (
    number    BIGINT NOT NULL REFERENCES correction_case (number),
    ordinal   BIGINT NOT NULL,
    at        TEXT NOT NULL,
    what      TEXT NOT NULL,
    principal TEXT NOT NULL,
    note      TEXT NOT NULL,
    rows      BIGINT NOT NULL,
    PRIMARY KEY (number, ordinal)
);
