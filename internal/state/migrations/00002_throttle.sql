-- How people hold back the reading of a server, beyond what its contract says.

-- +goose Up

CREATE TABLE throttle (
    address   TEXT PRIMARY KEY,
    paused    BIGINT NOT NULL CHECK (paused IN (0, 1)),
    rate      BIGINT NOT NULL CHECK (rate >= 0),
    since     TEXT NOT NULL,
    principal TEXT NOT NULL
);
