-- Who may sign in, and who has. Passwords are kept as Argon2id hashes, sessions
-- by the hash of their token.

-- +goose Up

CREATE TABLE account (
    name     TEXT PRIMARY KEY,
    title    TEXT NOT NULL,
    role     TEXT NOT NULL,
    agency   TEXT NOT NULL,
    password TEXT NOT NULL,
    disabled BIGINT NOT NULL CHECK (disabled IN (0, 1)),
    created  TEXT NOT NULL,
    creator  TEXT NOT NULL
);

CREATE TABLE session (
    token   TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (name),
    kind    TEXT NOT NULL CHECK (kind IN ('page', 'token')),
    label   TEXT NOT NULL,
    scopes  TEXT NOT NULL,
    begun   TEXT NOT NULL,
    seen    TEXT NOT NULL,
    expires TEXT NOT NULL
);

CREATE INDEX session_account ON session (account);
