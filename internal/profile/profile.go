// Package profile looks at a source and works out what `sen contract infer`
// writes into a draft: types, keys, relationships, data elements with the
// evidence for each, what looks personal, and what it is not sure of. What
// comes in is a path and a session of the engine; what goes out is a
// contract.Profile.
//
// It reads a sample (see sample.go) and, where the source is small enough, the
// whole once more to make sure of its keys. It holds a bounded number of rows,
// never changes a source, and never puts a person's value into what it finds.
package profile

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
)

// Options steer the profiling. The zero value runs.
type Options struct {
	Rows   int64     // rows of a dataset that are looked at; default 60,000, of a database's table 8,000
	Whole  int64     // datasets of up to so many rows have their keys checked whole; default 5,000,000
	On     time.Time // today, for dates that lie in the future; zero checks none
	Agency string    // the contract's id; default: from the path
	Known  []Key     // keys of the hub's other datasets
	Source source.Options
	// Elements is the dictionary with the hub's own elements; nil has none.
	Elements *dictionary.Set
	Tables   []string // of a database: names or patterns (path.Match) of those to look at; default: all
}

const (
	defaultRows  = 60_000
	defaultWhole = 5_000_000
)

func (o Options) withDefaults() Options {
	if o.Rows <= 0 {
		o.Rows = defaultRows
	}
	if o.Whole <= 0 {
		o.Whole = defaultWhole
	}
	return o
}

// Key is a column that other datasets may refer to.
type Key struct {
	Dataset  sen.Dataset
	Column   string   // the property
	Columns  []string // all properties of the dataset
	Relation string   // SQL: a relation that has the column, as it stands in the hub
}

// dataset is one dataset on its way from a source to a profile.
type dataset struct {
	c *engine.Conn
	o Options

	name     sen.Dataset
	location source.Location
	facts    source.Facts
	reader   source.Reader
	came     []source.Column // of the source
	ownKey   []string        // that the source itself declares
	table    *live.Table     // of a database; nil: a file
	sample   string          // the temporary table that holds the sample
	started  bool            // the table is there
	sampled  int64
	rows     int64  // in the source: counted, or estimated
	faults   int64  // of the rows read, those that cannot be read as their columns say
	fault    string // of the first of them
	exact    bool   // rows is a count
	columns  []*column
	keys     []key
	unsure   []string
	found    []contract.RelationshipProfile
}

// Source profiles all datasets that a path names: a file, a folder, a glob.
// They come as one profile, with an object for each. Errors are those of
// source.Open and of the engine.
func Source(ctx context.Context, c *engine.Conn, path string, o Options) ([]contract.Profile, error) {
	o = o.withDefaults()
	locations, evidence, err := source.Discover(ctx, path)
	if err != nil {
		return nil, err
	}
	agency := o.Agency
	if agency == "" {
		agency = agencyOf(path)
	}
	var all []*dataset
	defer func() { drop(context.WithoutCancel(ctx), c, all) }()
	for i, location := range locations {
		d := &dataset{c: c, o: o, location: location, sample: fmt.Sprintf("_profile_%d", i)}
		d.name = sen.Dataset(agency + "." + objectName(location))
		all = append(all, d)
		if err := d.profile(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", objectSource(location), err)
		}
	}
	if err := relate(ctx, all, o.Known); err != nil {
		return nil, err
	}
	if err := doubtCopies(ctx, all, o.Known); err != nil {
		return nil, err
	}
	return []contract.Profile{assemble(agency, all, evidence)}, nil
}

// profile fills in all but the relationships.
func (d *dataset) profile(ctx context.Context) (err error) {
	if d.reader, err = source.Open(ctx, d.location, d.readOptions()); err != nil {
		return err
	}
	defer d.reader.Close()
	d.came, d.ownKey = d.reader.Columns(), d.reader.Key()
	if err := d.takeSample(ctx); err != nil {
		return err
	}
	return d.study(ctx)
}

// study works out what the sample shows.
func (d *dataset) study(ctx context.Context) error {
	for _, step := range []func(context.Context) error{d.measure, d.recognise, d.doubtNames, d.findKeys, d.verifyKeys, d.findPeople, d.findOrder} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.doubt()
	return nil
}

// agencyOf proposes a contract's id from a path: the file's or folder's name.
func agencyOf(path string) string {
	base := filepath.Base(filepath.Clean(path))
	if strings.ContainsAny(base, "*?[") {
		base = filepath.Base(filepath.Dir(path))
	}
	name := strings.ReplaceAll(contract.SnakeName(strings.TrimSuffix(base, filepath.Ext(base))), "_", "-")
	if name == "" {
		return "agency"
	}
	return name
}

// objectSource is a dataset's name in its source: the table, else the file.
func objectSource(l source.Location) string {
	if l.Table != "" {
		return l.Table
	}
	return filepath.Base(l.Path)
}

func objectName(l source.Location) string {
	name := objectSource(l)
	if l.Table == "" {
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	if snake := contract.SnakeName(name); snake != "" {
		return snake
	}
	return "records"
}

func drop(ctx context.Context, c *engine.Conn, all []*dataset) {
	for _, d := range all {
		for _, table := range append([]string{d.sample, d.rangeTable()}, d.keyTables()...) {
			_ = c.Exec(ctx, "DROP TABLE IF EXISTS "+engine.Ident(table)) // a temporary table: the session's end drops it too
		}
	}
}
