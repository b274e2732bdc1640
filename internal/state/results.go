package state

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"github.com/sen-hub/sen"
)

// Certificate is a run's signed result. Body is kept byte for byte: the
// signature is over it.
type Certificate struct {
	Run       string      `json:"run"`
	Dataset   sen.Dataset `json:"dataset"`
	Body      []byte      `json:"body"`
	Signature []byte      `json:"signature"`
	KeyID     string      `json:"key_id"`
	Issued    time.Time   `json:"issued"`
}

// Status says whether a quality figure is a measurement.
type Status string

// A rule that could not be run, and a measure that does not apply, have no
// value: they are never counted as 0 or as perfect.
const (
	OK            Status = "ok"
	Violated      Status = "failed"
	NotRun        Status = "not-run"
	NotApplicable Status = "not-applicable"
)

// Quality is one measured rule or criterion of a run. Column is empty for
// what is measured on the whole dataset.
type Quality struct {
	Column    string  `json:"column,omitempty"`
	Criterion string  `json:"criterion"`
	Rule      string  `json:"rule"`
	Severity  string  `json:"severity,omitempty"`
	Bad       int64   `json:"bad"`
	Total     int64   `json:"total"`
	Value     float64 `json:"value"` // as the rule's metric says; meaningless unless ok or failed
	Status    Status  `json:"status"`
}

// RunQuality is what one certified run measured.
type RunQuality struct {
	Run     Run       `json:"run"`
	Results []Quality `json:"results"`
}

// Quarantined counts the rows that a rule kept back on a column.
type Quarantined struct {
	Rule   string `json:"rule"`
	Column string `json:"column,omitempty"`
	Rows   int64  `json:"rows"`
}

const (
	insertCertificate = `
INSERT INTO certificate (run, dataset, body, signature, key_id, issued)
VALUES ($1, $2, $3, $4, $5, $6)`
	certificateOfRun = `SELECT run, dataset, body, signature, key_id, issued FROM certificate WHERE run = $1`

	deleteQuality = `DELETE FROM quality WHERE run = $1`
	insertQuality = `
INSERT INTO quality (run, ordinal, col, criterion, rule, severity, bad, total, value, status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	qualityOfRun = `
SELECT col, criterion, rule, severity, bad, total, value, status
FROM quality WHERE run = $1 ORDER BY ordinal`
	certifiedRuns = `
SELECT ` + runColumns + ` FROM run
WHERE dataset = $1 AND state = 'certified' ORDER BY sequence DESC LIMIT $2`

	deleteQuarantine = `DELETE FROM quarantine WHERE run = $1`
	insertQuarantine = `INSERT INTO quarantine (run, rule, col, rows) VALUES ($1, $2, $3, $4)`
	quarantineOfRun  = `SELECT rule, col, rows FROM quarantine WHERE run = $1 ORDER BY rows DESC, rule, col`
)

// Certify keeps the certificate and makes its run certified, in one
// transaction. Done again for a run that is certified, it changes nothing.
func (s *State) Certify(ctx context.Context, c Certificate) error {
	return s.write(ctx, "certify a run", func(tx *sql.Tx) error {
		run, found, err := oneRun(ctx, tx, "certify a run", runByID, c.Run)
		if err != nil {
			return err
		}
		if found && run.State == Certified {
			return nil
		}
		if err := moveRun(ctx, tx, c.Run, Certified, "", c.Issued); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, insertCertificate, c.Run, c.Dataset, string(c.Body),
			encode(c.Signature), c.KeyID, stamp(c.Issued))
		return err
	})
}

// Certificate is the run's, or NotFound.
func (s *State) Certificate(ctx context.Context, run string) (Certificate, error) {
	const what = "read a certificate"
	var c Certificate
	var signature, issued string
	err := s.db.QueryRowContext(ctx, certificateOfRun, run).Scan(&c.Run, &c.Dataset, &c.Body, &signature, &c.KeyID, &issued)
	if errors.Is(err, sql.ErrNoRows) {
		return c, sen.Errorf(sen.NotFound, "there is no certificate of this run").InVietnamese("không có chứng nhận của lượt này", "")
	}
	if err != nil {
		return c, classify(what, err)
	}
	if c.Signature, err = base64.StdEncoding.DecodeString(signature); err != nil {
		return c, corrupt(what, err)
	}
	c.Issued, err = unstamp(issued)
	return c, err
}

// PutQuality keeps what a run measured, in place of what it kept before.
func (s *State) PutQuality(ctx context.Context, run string, results []Quality) error {
	return s.write(ctx, "keep quality results", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, deleteQuality, run); err != nil {
			return err
		}
		insert, err := tx.PrepareContext(ctx, insertQuality)
		if err != nil {
			return err
		}
		defer insert.Close()
		for i, q := range results {
			if _, err := insert.ExecContext(ctx, run, i, q.Column, q.Criterion, q.Rule, q.Severity, q.Bad, q.Total, q.Value, q.Status); err != nil {
				return err
			}
		}
		return nil
	})
}

// Quality is what the dataset's last n certified runs measured, newest first.
func (s *State) Quality(ctx context.Context, dataset sen.Dataset, n int) ([]RunQuality, error) {
	const what = "read quality results"
	runs, err := rows(ctx, s.db, what, scanRun, certifiedRuns, dataset, n)
	if err != nil {
		return nil, err
	}
	out := make([]RunQuality, len(runs))
	for i, run := range runs {
		out[i].Run = run
		if out[i].Results, err = rows(ctx, s.db, what, scanQuality, qualityOfRun, run.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PutQuarantine keeps a run's counts of quarantined rows, in place of what it
// kept before.
func (s *State) PutQuarantine(ctx context.Context, run string, counts []Quarantined) error {
	return s.write(ctx, "keep quarantine counts", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, deleteQuarantine, run); err != nil {
			return err
		}
		for _, c := range counts {
			if _, err := tx.ExecContext(ctx, insertQuarantine, run, c.Rule, c.Column, c.Rows); err != nil {
				return err
			}
		}
		return nil
	})
}

// Quarantine is a run's counts of quarantined rows, most first.
func (s *State) Quarantine(ctx context.Context, run string) ([]Quarantined, error) {
	return rows(ctx, s.db, "read quarantine counts", func(r scanner) (q Quarantined, err error) {
		return q, r.Scan(&q.Rule, &q.Column, &q.Rows)
	}, quarantineOfRun, run)
}

func scanQuality(r scanner) (q Quality, err error) {
	return q, r.Scan(&q.Column, &q.Criterion, &q.Rule, &q.Severity, &q.Bad, &q.Total, &q.Value, &q.Status)
}
