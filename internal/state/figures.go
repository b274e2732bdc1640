package state

import (
	"context"
	"database/sql"
	"time"
)

// Figure is what was found of an indicator at a time; what Body means is for
// package indicator to say.
type Figure struct {
	Indicator string
	At        time.Time
	Body      []byte
}

const (
	putFigure = `
INSERT INTO figure (indicator, at, body) VALUES ($1, $2, $3)
ON CONFLICT (indicator, at) DO UPDATE SET body = excluded.body`
	figuresSince = `
SELECT indicator, at, body FROM figure
WHERE indicator = $1 AND at >= coalesce((SELECT max(at) FROM figure WHERE indicator = $1 AND at <= $2), '')
ORDER BY at`
)

// PutFigure keeps a figure beside the earlier ones of its indicator.
func (s *State) PutFigure(ctx context.Context, f Figure) error {
	return s.write(ctx, "keep a figure", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, putFigure, f.Indicator, stamp(f.At), string(f.Body))
		return err
	})
}

// Figures are those of an indicator since a time, the oldest first; the last one
// before that time comes first.
func (s *State) Figures(ctx context.Context, name string, since time.Time) ([]Figure, error) {
	return rows(ctx, s.db, "read figures", func(r scanner) (f Figure, err error) {
		var at, body string
		if err := r.Scan(&f.Indicator, &at, &body); err != nil {
			return f, err
		}
		f.Body = []byte(body)
		f.At, err = unstamp(at)
		return f, err
	}, figuresSince, name, stamp(since))
}

// Readings counts what was asked of the door on a day, for a purpose.
type Readings struct {
	Day     string // YYYY-MM-DD, UTC
	Purpose string
	Kind    string
	Count   int64
}

const countReadings = `
SELECT substr(at, 1, 10), coalesce(json_extract(body, '$.purpose'), ''), kind, count(*)
FROM entry WHERE at >= $1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`

// Readings counts the door's entries since a time, by day, purpose and kind.
func (s *State) Readings(ctx context.Context, since time.Time) ([]Readings, error) {
	return rows(ctx, s.db, "count readings", func(r scanner) (one Readings, err error) {
		return one, r.Scan(&one.Day, &one.Purpose, &one.Kind, &one.Count)
	}, countReadings, stamp(since))
}
