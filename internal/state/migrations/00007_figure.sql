-- Figures of indicators, as they may be shown.

-- +goose Up

CREATE TABLE figure (
    indicator TEXT NOT NULL,
    at        TEXT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (indicator, at)
);
