package flow

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary/address"
)

const (
	// unitRows are administrative units: a row for each while it had one name
	// and one place. Other names are parted by "|".
	unitRows = `SELECT "level", "code", "name", "kind", "parent", "valid_from", "valid_to", "aliases" FROM `
	// successionRows are what became of them.
	successionRows = `SELECT "old", "new", "valid_from" FROM `
)

// unitsFor is the index of administrative units, where a dataset holds a column
// that is read by it.
func (f *Flow) unitsFor(ctx context.Context, d contract.Dataset) (*address.Index, error) {
	for _, p := range d.Object.Properties {
		if e, known := f.o.Elements.Lookup(p.Element); known && e.NeedsUnits() {
			return f.Units(ctx)
		}
	}
	return nil, nil //nolint:nilnil // most datasets need none
}

// Units is the index of the administrative units that datasets of the hub are
// the reference of, as they were last certified; nil where no dataset is. It is
// read again when one of them has been certified anew.
func (f *Flow) Units(ctx context.Context) (*address.Index, error) {
	f.unitsRead.Lock()
	defer f.unitsRead.Unlock()
	from, err := f.unitRuns(ctx)
	if err != nil || f.units != nil && from == f.unitsOf {
		return f.units, err
	}
	f.units, err = f.readUnits(ctx)
	f.unitsOf = from
	return f.units, err
}

// unitRuns are the runs that the reference datasets were last certified by.
func (f *Flow) unitRuns(ctx context.Context) (string, error) {
	var runs []string
	for _, d := range f.o.References {
		last, _, err := f.o.State.LatestCertified(ctx, d.Name)
		if err != nil {
			return "", err
		}
		runs = append(runs, last.ID)
	}
	return strings.Join(runs, " "), nil
}

func (f *Flow) readUnits(ctx context.Context) (*address.Index, error) {
	var units []address.Unit
	var successions []address.Succession
	found := false
	for _, d := range f.o.References {
		switch d.Reference() {
		case contract.ReferenceUnits:
			found = true
			if err := f.reference(ctx, d, unitRows, func(r *sql.Rows) error {
				u, err := scanUnit(r)
				units = append(units, u)
				return err
			}); err != nil {
				return nil, err
			}
		case contract.ReferenceSuccessions:
			if err := f.reference(ctx, d, successionRows, func(r *sql.Rows) error {
				var s address.Succession
				err := r.Scan(&s.Old, &s.New, &s.On)
				successions = append(successions, s)
				return err
			}); err != nil {
				return nil, err
			}
		}
	}
	if !found {
		return nil, nil //nolint:nilnil // a hub may have none
	}
	return address.New(units, successions)
}

// reference reads the clean rows of a reference dataset.
func (f *Flow) reference(ctx context.Context, d contract.Dataset, query string, take func(*sql.Rows) error) error {
	from, err := f.cleanScan(ctx, d.Name)
	if sen.KindOf(err) == sen.NotFound {
		return sen.Errorf(sen.NotFound, "%s has not been synchronised", d.Name).
			WithHint("it is the hub's reference of %s: `sen sync %s` first", d.Reference(), d.Name)
	}
	if err != nil {
		return err
	}
	c, err := f.o.Engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	rows, err := c.Query(ctx, query+from)
	if err != nil {
		return sen.Errorf(sen.Invalid, "%s cannot be the reference of %s: %w", d.Name, d.Reference(), err).
			WithHint("docs/connecting-a-source.md names its columns")
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
	}
	return rows.Err()
}

var levels = map[string]address.Level{"province": address.Province, "district": address.District, "ward": address.Ward}

func scanUnit(r *sql.Rows) (u address.Unit, err error) {
	var level string
	var kind, parent, aliases sql.NullString
	var from, to sql.Null[time.Time]
	if err := r.Scan(&level, &u.Code, &u.Name, &kind, &parent, &from, &to, &aliases); err != nil {
		return u, err
	}
	u.Kind, u.Parent, u.From, u.To, u.Level = kind.String, parent.String, from.V, to.V, levels[level]
	if u.Level == 0 {
		return u, sen.Errorf(sen.Invalid, "unit %s has the level %q", u.Code, level).WithHint("levels are province, district and ward")
	}
	if aliases.String != "" {
		u.Aliases = strings.Split(aliases.String, "|")
	}
	return u, nil
}
