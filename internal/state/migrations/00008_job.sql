-- Work that the hub does by itself or is asked for, and when what is due comes
-- next. No value of any record stands here.

-- +goose Up

CREATE TABLE job (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    dataset   TEXT NOT NULL,
    principal TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    created   TEXT NOT NULL,
    due       TEXT NOT NULL,
    begun     TEXT NOT NULL,
    finished  TEXT NOT NULL,
    tries     BIGINT NOT NULL,
    holder    TEXT NOT NULL,
    expires   TEXT NOT NULL,
    error     TEXT NOT NULL,
    result    TEXT NOT NULL
);

-- One at a time of a dataset, and one that waits of each kind.
CREATE UNIQUE INDEX job_running ON job (dataset) WHERE state = 'running';
CREATE UNIQUE INDEX job_waiting ON job (kind, dataset) WHERE state = 'waiting';

CREATE TABLE schedule (
    dataset TEXT PRIMARY KEY,
    line    TEXT NOT NULL,
    next    TEXT NOT NULL,
    fired   TEXT NOT NULL
);
