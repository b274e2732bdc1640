package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
)

// RowDigest stands for the content of rows in any order: their count and the
// sum of the engine's 64-bit hash of each, as a decimal number of up to 128 bits.
type RowDigest struct {
	Rows int64  `json:"rows"`
	Sum  string `json:"sum"`
}

// File is one file that a range made. SHA256 is of its bytes.
type File struct {
	Kind   string     `json:"kind"` // "landed", "clean", "quarantine"
	Path   string     `json:"path"` // its name in the lake
	Rows   int64      `json:"rows"`
	Bytes  int64      `json:"bytes"`
	SHA256 sen.Digest `json:"sha256"`
}

// Range is a finished part of a run: the checkpoint from which it goes on.
// Rows = Clean + Quarantined, or it is refused.
type Range struct {
	Number           int             `json:"number"`
	FirstRow         int64           `json:"first_row"`
	Rows             int64           `json:"rows"`
	Clean            int64           `json:"clean"`
	Quarantined      int64           `json:"quarantined"`
	Source           RowDigest       `json:"source"`
	CleanDigest      RowDigest       `json:"clean_digest"`
	QuarantineDigest RowDigest       `json:"quarantine_digest"`
	Mark             json.RawMessage `json:"mark,omitempty"`   // where the source goes on
	Files            []File          `json:"files"`            // what the range wrote
	States           json.RawMessage `json:"states,omitempty"` // quality counts that can be merged
	Finished         time.Time       `json:"finished"`         // set by AddRange
}

const (
	rangeColumns = `number, first_row, source_rows, clean_rows, quarantined_rows,
       source_digest, clean_digest, quarantine_digest, mark, files, states, finished`

	insertRange = `
INSERT INTO run_range (run, ` + rangeColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

	rangesOfRun = `SELECT ` + rangeColumns + ` FROM run_range WHERE run = $1 ORDER BY number`
	stateOfRun  = `SELECT state FROM run WHERE id = $1`
	hasRange    = `SELECT count(*) FROM run_range WHERE run = $1 AND number = $2`
)

// AddRange is the checkpoint: when it has returned, the range is done and a
// resumed run does not read it again. The run must be extracting; a number
// that is there already is Exists.
func (s *State) AddRange(ctx context.Context, run string, r Range) error {
	if r.Rows != r.Clean+r.Quarantined {
		return sen.Errorf(sen.Internal, "range %d: %d rows came in, but %d clean + %d quarantined went out", r.Number, r.Rows, r.Clean, r.Quarantined)
	}
	files, err := json.Marshal(r.Files)
	if err != nil {
		return sen.Errorf(sen.Internal, "write a range's files: %w", err)
	}
	r.Finished = s.now()
	return s.write(ctx, "keep a finished range", func(tx *sql.Tx) error {
		if err := mayAddRange(ctx, tx, run, r.Number); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, insertRange, run, r.Number, r.FirstRow, r.Rows, r.Clean, r.Quarantined,
			r.Source.String(), r.CleanDigest.String(), r.QuarantineDigest.String(),
			string(r.Mark), string(files), string(r.States), stamp(r.Finished))
		return err
	})
}

func mayAddRange(ctx context.Context, tx *sql.Tx, run string, number int) error {
	var state RunState
	err := tx.QueryRowContext(ctx, stateOfRun, run).Scan(&state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return sen.Errorf(sen.NotFound, "there is no run %s", run)
	case err != nil:
		return err
	case state != Extracting:
		return sen.Errorf(sen.Internal, "run %s is %s and takes no more ranges", run, state)
	}
	var there int
	if err := tx.QueryRowContext(ctx, hasRange, run, number).Scan(&there); err != nil {
		return err
	}
	if there > 0 {
		return sen.Errorf(sen.Exists, "run %s has its range %d already", run, number)
	}
	return nil
}

// Ranges are the finished ranges of a run, by number.
func (s *State) Ranges(ctx context.Context, run string) ([]Range, error) {
	return rows(ctx, s.db, "read ranges", scanRange, rangesOfRun, run)
}

func scanRange(row scanner) (Range, error) {
	var r Range
	var source, clean, quarantine, mark, files, states, finished string
	err := row.Scan(&r.Number, &r.FirstRow, &r.Rows, &r.Clean, &r.Quarantined,
		&source, &clean, &quarantine, &mark, &files, &states, &finished)
	if err != nil {
		return Range{}, err
	}
	r.Mark, r.States = rawJSON(mark), rawJSON(states)
	r.Finished, err = unstamp(finished)
	err = errors.Join(err, r.Source.parse(source), r.CleanDigest.parse(clean), r.QuarantineDigest.parse(quarantine))
	if err == nil {
		err = json.Unmarshal([]byte(files), &r.Files)
	}
	if err != nil {
		return Range{}, corrupt("read a range", err)
	}
	return r, nil
}

// String is "rows:sum".
func (d RowDigest) String() string { return strconv.FormatInt(d.Rows, 10) + ":" + d.Sum }

func (d *RowDigest) parse(s string) (err error) {
	count, sum, found := strings.Cut(s, ":")
	if !found {
		return fmt.Errorf("a digest of rows is count:sum, not %q", s)
	}
	d.Sum = sum
	d.Rows, err = strconv.ParseInt(count, 10, 64)
	return err
}
