-- What people decided of two records: that they speak of one thing, or of two.
-- A record is named by its dataset, or dataset/part, and by the engine's hash of
-- its key; no value of any record stands here.

-- +goose Up

CREATE TABLE decision (
    number  BIGINT PRIMARY KEY CHECK (number > 0),
    entity  TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('same', 'different')),
    state   TEXT NOT NULL CHECK (state IN ('proposed', 'confirmed', 'withdrawn')),
    a_dataset TEXT NOT NULL,
    a_record  BIGINT NOT NULL,
    a_thing   BIGINT NOT NULL,
    b_dataset TEXT NOT NULL,
    b_record  BIGINT NOT NULL,
    b_thing   BIGINT NOT NULL
);

CREATE TABLE decision_event (
    number    BIGINT NOT NULL REFERENCES decision (number),
    ordinal   BIGINT NOT NULL,
    at        TEXT NOT NULL,
    what      TEXT NOT NULL CHECK (what IN ('proposed', 'confirmed', 'withdrawn', 'applied', 'undone')),
    principal TEXT NOT NULL,
    note      TEXT NOT NULL,
    thing     BIGINT NOT NULL,
    PRIMARY KEY (number, ordinal)
);
