package profile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/engine"
)

// key is a set of columns whose values tell the rows apart.
type key struct {
	columns  []*column
	declared bool  // by the source itself
	missing  int64 // rows that lack a value in it
	repeats  int64 // rows whose values an earlier row has
	rows     int64 // looked at
	checked  bool  // over all rows
	indexed  bool  // a database holds the rows to it
	table    string
}

const (
	mostKeys       = 6    // candidates that are checked over the whole source
	mostParts      = 3    // columns of a composite key
	partCandidates = 8    // columns that composites are made of
	nearlyUnique   = 0.98 // share from which a column named like a key is taken for one with errors
	keyLength      = 64   // characters: longer values are text
)

func (k key) faults() int64 { return k.missing + k.repeats }

func (k key) share() float64 {
	if k.rows == 0 {
		return 0
	}
	return 1 - float64(k.faults())/float64(k.rows)
}

func (k key) names() []string {
	names := make([]string, len(k.columns))
	for i, c := range k.columns {
		names[i] = c.Name
	}
	return names
}

// values is SQL: the key's values as text, NULL where one is missing.
func (k key) values() []string {
	out := make([]string, len(k.columns))
	for i, c := range k.columns {
		out[i] = "nullif(" + c.text() + ", '')"
	}
	return out
}

// findKeys looks for keys in the sample: what the source declares, single
// columns, and, where there is none, combinations.
func (d *dataset) findKeys(ctx context.Context) error {
	if declared := d.declaredKey(); declared != nil {
		d.keys = append(d.keys, *declared)
	}
	for _, c := range d.columns {
		if d.mayBeKey(c) {
			d.keys = append(d.keys, d.single(c))
		}
	}
	d.sortKeys()
	if d.sampled > 1 && !slices.ContainsFunc(d.keys, func(k key) bool { return k.faults() == 0 || k.declared || d.keyName(k) != noKeyName }) {
		if err := d.findComposites(ctx); err != nil {
			return err
		}
	}
	d.keys = d.keys[:min(len(d.keys), mostKeys)]
	return nil
}

func (d *dataset) declaredKey() *key {
	k := key{declared: true, rows: d.sampled, indexed: d.table != nil}
	for _, name := range d.ownKey {
		i := slices.IndexFunc(d.columns, func(c *column) bool { return c.Name == name })
		if i < 0 {
			return nil
		}
		k.columns = append(k.columns, d.columns[i])
	}
	if len(k.columns) == 0 {
		return nil
	}
	return &k
}

func (d *dataset) single(c *column) key {
	return key{columns: []*column{c}, missing: d.sampled - c.filled, repeats: c.filled - c.distinct, rows: d.sampled, indexed: c.unique}
}

// mayBeKey: unique in the sample, or nearly so where the name says that it
// should be. What measures, dates or describes is no key, however unique.
func (d *dataset) mayBeKey(c *column) bool {
	if d.indexed() {
		return c.unique && !c.Nullable && !(len(d.ownKey) == 1 && d.ownKey[0] == c.Name)
	}
	if d.sampled == 0 || c.maxLength > keyLength || !slices.Contains([]string{"string", "integer"}, c.logical) || c.element != nil && c.element.Name == "date" {
		return false
	}
	if slices.Contains(d.ownKey, c.Name) && len(d.ownKey) == 1 {
		return false
	}
	k := d.single(c)
	named := keyRank(c.property, d.object()) != noKeyName
	return k.faults() == 0 && (named || d.sampled >= 20 && c.class != "personal") || named && d.sampled >= 50 && k.share() >= nearlyUnique
}

func (d *dataset) object() string { return d.name.Object() }

func (d *dataset) keyName(k key) int {
	rank := 0
	for _, c := range k.columns {
		rank = max(rank, keyRank(c.property, d.object()))
	}
	return rank
}

// sortKeys puts first what the source declares, then what is without fault,
// then what is named like a key, then the shorter.
func (d *dataset) sortKeys() {
	slices.SortStableFunc(d.keys, func(a, b key) int {
		return cmp.Or(
			-cmp.Compare(rank(a.declared), rank(b.declared)),
			cmp.Compare(d.keyName(a)/noKeyName, d.keyName(b)/noKeyName),
			cmp.Compare(rank(a.faults() > 0), rank(b.faults() > 0)),
			cmp.Compare(len(a.columns), len(b.columns)),
			cmp.Compare(d.keyName(a), d.keyName(b)),
			cmp.Compare(d.places(a), d.places(b)))
	})
}

// places adds up where a key's columns stand: what identifies stands in front.
func (d *dataset) places(k key) int {
	sum := 0
	for _, c := range k.columns {
		sum += slices.Index(d.columns, c)
	}
	return sum
}

func rank(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// findComposites tries pairs, then triples, of the columns that promise most.
func (d *dataset) findComposites(ctx context.Context) error {
	parts := d.parts()
	for size := 2; size <= mostParts; size++ {
		var found []key
		for _, columns := range combinations(parts, size) {
			k, err := d.tryComposite(ctx, columns)
			if err != nil {
				return err
			}
			if k.repeats == 0 && k.rows > 0 {
				found = append(found, k)
			}
		}
		if len(found) > 0 {
			d.keys = append(d.keys, found...)
			d.sortKeys()
			return nil
		}
	}
	return nil
}

// parts are the columns that may be part of a composite key.
func (d *dataset) parts() []*column {
	var out []*column
	for _, c := range d.columns {
		fits := c.maxLength <= longText && c.distinct > 1 && slices.Contains([]string{"string", "integer", "date"}, c.logical)
		if fits && d.filledShare(c) >= 0.99 {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b *column) int {
		return cmp.Or(cmp.Compare(keyRank(a.property, d.object()), keyRank(b.property, d.object())), cmp.Compare(b.distinct, a.distinct))
	})
	return out[:min(len(out), partCandidates)]
}

func combinations(all []*column, size int) [][]*column {
	if size == 0 {
		return [][]*column{nil}
	}
	var out [][]*column
	for i := range all {
		for _, rest := range combinations(all[i+1:], size-1) {
			out = append(out, append([]*column{all[i]}, rest...))
		}
	}
	return out
}

// tryComposite counts in the sample; columns with too few values to tell the
// rows apart are not even tried.
func (d *dataset) tryComposite(ctx context.Context, columns []*column) (key, error) {
	k := key{columns: columns}
	most := 1.0
	for _, c := range columns {
		most *= float64(c.distinct)
	}
	if most < float64(d.sampled)*0.99 {
		return k, nil
	}
	k.rows = d.sampled
	return k, d.c.Row(ctx, k.count(d.sample), &k.missing, &k.repeats)
}

// count is the query for the rows that lack the key and those that repeat it.
func (k key) count(table string) string {
	missing := strings.Join(k.values(), " IS NULL OR ") + " IS NULL"
	return fmt.Sprintf("SELECT count(*) FILTER (%[1]s), count(*) FILTER (NOT (%[1]s)) - count(DISTINCT (%[2]s)) FILTER (NOT (%[1]s)) FROM %[3]s",
		missing, strings.Join(k.values(), ", "), engine.Ident(table))
}

// verifyKeys makes sure of the candidates: over the whole source where it is
// small enough, else it says that only the sample was seen.
func (d *dataset) verifyKeys(ctx context.Context) error {
	for i := range d.keys {
		d.keys[i].table = fmt.Sprintf("%s_key_%d", d.sample, i)
	}
	switch {
	case d.exact && d.sampled == d.rows:
		if err := d.hashKeys(ctx, d.sample); err != nil {
			return err
		}
	case d.table != nil: // its own keys hold without being read, and to read it whole is not for a draft
		return nil
	case d.rows <= d.o.Whole && len(d.keys) > 0:
		whole, err := d.each(ctx, func() error { return d.hashKeys(ctx, d.rangeTable()) })
		if err != nil {
			return err
		}
		d.exact = whole
	default:
		return nil
	}
	return d.judgeKeys(ctx)
}

// hashKeys adds the hashes of the keys' values in a table to those collected.
func (d *dataset) hashKeys(ctx context.Context, from string) error {
	for _, k := range d.keys {
		if err := d.c.Exec(ctx, fmt.Sprintf("CREATE TEMP TABLE IF NOT EXISTS %s (h UBIGINT)", engine.Ident(k.table))); err != nil {
			return err
		}
		insert := fmt.Sprintf("INSERT INTO %s SELECT hash(%s) FROM %s WHERE %s IS NOT NULL", engine.Ident(k.table),
			strings.Join(k.values(), ", "), engine.Ident(from), strings.Join(k.values(), " IS NOT NULL AND "))
		if err := d.c.Exec(ctx, insert); err != nil {
			return err
		}
	}
	return nil
}

// judgeKeys counts what was collected and drops the candidates that the whole
// source belies.
func (d *dataset) judgeKeys(ctx context.Context) error {
	var stand []key
	for _, k := range d.keys {
		var present, distinct int64
		if err := d.c.Row(ctx, "SELECT count(*), count(DISTINCT h) FROM "+engine.Ident(k.table), &present, &distinct); err != nil {
			return err
		}
		k.rows, k.checked, k.missing, k.repeats = d.rows, true, d.rows-present, present-distinct
		stand = append(stand, k)
	}
	d.keys = stand
	d.sortKeys()
	d.setAsideKeys()
	return nil
}

// setAsideKeys keeps as candidates those that hold for every row, and single
// columns named like a key that hold for nearly all: what breaks those is an
// error, to be set apart. A combination that some rows lack is a question to
// a person, since to make it the key would set those rows apart.
func (d *dataset) setAsideKeys() {
	d.keys = slices.DeleteFunc(d.keys, func(k key) bool {
		if k.faults() == 0 || k.declared || len(k.columns) == 1 && d.keyName(k) != noKeyName && k.share() >= nearlyUnique {
			return false
		}
		if k.repeats == 0 && len(d.unsure) < 1 {
			d.unsure = append(d.unsure, fmt.Sprintf("%s would be a key, but %d rows lack a part of it: make it the key and they are set apart; leave it, and each sync replaces the dataset",
				strings.Join(k.names(), " + "), k.missing))
		}
		return true
	})
}

// evidence is what speaks for a key, in words.
func (k key) evidence() string {
	where := fmt.Sprintf("the %d rows sampled, the rest was not checked", k.rows)
	if k.checked {
		where = fmt.Sprintf("all %d rows", k.rows)
	}
	out := "unique in " + where
	if k.faults() > 0 {
		out = fmt.Sprintf("unique but for %d rows that repeat it and %d that lack it, in %s: those are set apart", k.repeats, k.missing, where)
	}
	if k.indexed && (!k.checked || k.rows == 0) {
		out = "not read whole"
	}
	if k.declared {
		out = "the source's own key, " + out
	}
	return out
}

func (d *dataset) keyTables() []string {
	var out []string
	for i := range mostKeys {
		out = append(out, fmt.Sprintf("%s_key_%d", d.sample, i))
	}
	return out
}
