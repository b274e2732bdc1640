-- What a job is asked for beyond its kind and dataset, as JSON: several datasets,
-- whether they are read even if nothing has changed.

-- +goose Up

ALTER TABLE job ADD COLUMN task TEXT NOT NULL DEFAULT '';

-- One that waits of each kind and task. One at a time of a dataset; of jobs that
-- are of none or of several, package job knows which exclude each other.
DROP INDEX job_waiting;
CREATE UNIQUE INDEX job_waiting ON job (kind, dataset, task) WHERE state = 'waiting';
DROP INDEX job_running;
CREATE UNIQUE INDEX job_running ON job (dataset) WHERE state = 'running' AND dataset <> '';
