package desk

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/lake"
)

// placeNames are what people call the place that a value of a data element
// stands for, today's name first; none where it is no place, or nobody says.
func (d *Desk) placeNames(ctx context.Context, element, code string) ([]string, error) {
	switch element {
	case "province":
		return d.provinceNames(code), nil
	case "administrative-unit":
		return d.unitNames(ctx, code)
	}
	return nil, nil
}

func (d *Desk) provinceNames(code string) (out []string) {
	for _, on := range []time.Time{d.o.Now(), {}} {
		if name, known := dictionary.ProvinceName(code, on); known && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// unitNames reads the names of a ward from the dataset that is the hub's
// reference of administrative units.
func (d *Desk) unitNames(ctx context.Context, code string) ([]string, error) {
	all := d.Datasets()
	at := slices.IndexFunc(all, func(one contract.Dataset) bool { return one.Reference() == contract.ReferenceUnits })
	if at < 0 {
		return nil, nil
	}
	t, err := d.o.Lake.Lookup(ctx, lake.Clean, all[at].Name)
	if sen.KindOf(err) == sen.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	if err != nil {
		return nil, err
	}
	c, err := d.o.Engine.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	rows, err := c.Query(ctx, `SELECT concat_ws(' ', "kind", "name"), "aliases" FROM (`+scan.SQL()+`) WHERE "level" = 'ward' AND "code" = ? ORDER BY "valid_from" DESC NULLS LAST`, code)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return scanNames(rows)
}

func scanNames(rows *sql.Rows) (out []string, err error) {
	for rows.Next() {
		var name string
		var aliases sql.NullString
		if err := rows.Scan(&name, &aliases); err != nil {
			return nil, err
		}
		out = append(out, name)
		if aliases.String != "" {
			out = append(out, strings.Split(aliases.String, "|")...)
		}
	}
	return out, rows.Err()
}

// samePlace reports whether somebody means a place by what they wrote: without
// marks, capitals, and what kind of unit it is. Nothing written is any place.
func samePlace(written string, names []string) bool {
	return strings.TrimSpace(written) == "" || slices.ContainsFunc(names, func(name string) bool { return bareName(name) == bareName(written) })
}

var unitWords = regexp.MustCompile(`^(tinh|thanh pho|tp|phuong|p|xa|x|thi tran|tt|dac khu)[ .]+`)

func bareName(place string) string {
	folded := strings.Join(strings.Fields(dictionary.Fold(place)), " ")
	return unitWords.ReplaceAllString(folded, "")
}
