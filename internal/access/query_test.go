package access

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
)

// desk is a hub with two small datasets and an engine confined to its lake.
type desk struct {
	hub
	engine *engine.Engine
	lake   *lake.Lake
	dir    string
}

func newDesk(t *testing.T) desk {
	t.Helper()
	dir := t.TempDir()
	d := desk{hub: newHub(t), dir: filepath.Join(dir, "lake")}
	var err error
	d.lake, err = lake.Open(t.Context(), lake.Options{Dir: d.dir})
	must(t, err)
	maker, err := engine.Open(t.Context(), engine.Options{Threads: 1})
	must(t, err)
	defer maker.Close()
	d.fill(t, maker, lake.Clean, "population.person",
		"SELECT i::BIGINT AS id, 'P' || i AS name, i + 100 AS _key, 7::BIGINT AS _position, 0::INTEGER AS _range, i AS _row FROM range(5) t(i)",
		"id:BIGINT name:VARCHAR _key:BIGINT _position:BIGINT _range:INTEGER _row:BIGINT")
	d.fill(t, maker, lake.Clean, "tax.payer",
		"SELECT i::BIGINT AS person, 10 * i AS paid, i + 200 AS _key, 9::BIGINT AS _position, 0::INTEGER AS _range, i AS _row FROM range(3) t(i)",
		"person:BIGINT paid:BIGINT _key:BIGINT _position:BIGINT _range:INTEGER _row:BIGINT")
	d.fill(t, maker, lake.Quarantine, "population.person",
		"SELECT 'x' || i AS ten, i AS _row, i + 2 AS _line, NULL::VARCHAR AS _fault, NULL::VARCHAR AS _raw, "+
			"CASE WHEN i < 2 THEN 'born_on.impossible' ELSE 'name.required' END AS _rule, 'born_on' AS _column, '31/02' AS _value, "+
			"'[]' AS _violations, 7::BIGINT AS _position, 0::INTEGER AS _range FROM range(3) t(i)",
		"ten:VARCHAR _row:BIGINT _line:BIGINT _fault:VARCHAR _raw:VARCHAR _rule:VARCHAR _column:VARCHAR _value:VARCHAR _violations:VARCHAR _position:BIGINT _range:INTEGER")
	d.engine, err = engine.Open(t.Context(), engine.Options{Threads: 1, Only: []string{d.dir}})
	must(t, err)
	t.Cleanup(func() { d.engine.Close(); d.lake.Close() })
	return d
}

func (d desk) fill(t *testing.T, e *engine.Engine, kind lake.Kind, name sen.Dataset, query, fields string) {
	t.Helper()
	var list []lake.Field
	for _, f := range strings.Fields(fields) {
		column, kind, _ := strings.Cut(f, ":")
		list = append(list, lake.Field{Name: column, Type: kind})
	}
	table, err := d.lake.Table(t.Context(), kind, name, list)
	must(t, err)
	path, err := table.NewFile("run", 0, 0)
	must(t, err)
	c, err := e.Conn(t.Context())
	must(t, err)
	defer c.Close()
	n, err := c.Copy(t.Context(), query, path, table.FieldIDs())
	must(t, err)
	_, err = table.Commit(t.Context(), lake.Change{Add: []lake.File{{Path: path, Rows: n}}})
	must(t, err)
}

func (d desk) ask(t *testing.T, text string, limit int) (Answer, error) {
	t.Helper()
	r := request()
	r.Command, r.Dataset, r.Fields = "query", nil, nil
	return d.Query(t.Context(), d.engine, d.lake, Query{Request: r, SQL: text, Limit: limit})
}

// seen is the entry that says what a request saw.
func (d desk) seen(t *testing.T, request string) Entry {
	t.Helper()
	for _, e := range d.entries(t, Filter{Request: request}) {
		if e.Kind == Saw {
			return e
		}
	}
	t.Fatalf("request %s has no entry of what was seen", request)
	return Entry{}
}

func TestAQueryOverRowsNamesTheRecordsOfItsAnswer(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		sql     string
		columns string
		rows    string
		named   int
	}{
		{`SELECT name FROM "population"."person" WHERE id = 3`, "name", "[[P3]]", 1},
		{`SELECT * FROM population.person p ORDER BY id DESC LIMIT 2`, "id name", "[[4 P4] [3 P3]]", 2},
		{`FROM population.person WHERE id > 99`, "id name", "[]", 0},
		{`SELECT p.name, t.paid FROM population.person p JOIN tax.payer t ON p.id = t.person WHERE t.paid > 0 ORDER BY ALL`, "name paid", "[[P1 10] [P2 20]]", 4},
		{`SELECT name, paid FROM population.person LEFT JOIN tax.payer ON id = person WHERE id = 4`, "name paid", "[[P4 <nil>]]", 1},
		{`SELECT upper(name) AS n FROM population.person, tax.payer WHERE id = person AND id = 0`, "n", "[[P0]]", 2},
	} {
		a, err := d.ask(t, c.sql, 0)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		var names []string
		for _, column := range a.Columns {
			names = append(names, column.Name)
		}
		same(t, c.sql, strings.Join(names, " "), c.columns)
		same(t, c.sql, fmt.Sprint(a.Rows), c.rows)
		same(t, c.sql, a.Named, c.named)
		if c.named > 0 {
			same(t, c.sql+": named in the journal", len(d.seen(t, a.Request).Seen), c.named)
		}
	}
	d.verify(t)
}

func TestAQueryThatFoldsRowsNamesWholeDatasets(t *testing.T) {
	d := newDesk(t)
	for sql, rows := range map[string]string{
		`SELECT count(*) FROM population.person`:                                                          "[[5]]",
		`SELECT DISTINCT 1 FROM population.person`:                                                        "[[1]]",
		`SELECT name FROM population.person WHERE id = (SELECT max(id) FROM population.person)`:           "[[P4]]",
		`WITH p AS (SELECT * FROM population.person) SELECT name FROM p WHERE id = 1`:                     "[[P1]]",
		`SELECT 1 FROM population.person WHERE id = 0 UNION ALL SELECT 2`:                                 "[[1] [2]]",
		`SELECT row_number() OVER () FROM population.person WHERE id = 1`:                                 "[[1]]",
		`SELECT name FROM population.person WHERE id = 2 GROUP BY name`:                                   "[[P2]]",
		`SELECT name FROM population.person SEMI JOIN tax.payer ON id = person AND paid = 20`:             "[[P2]]",
		`SELECT sum(paid) FROM population.person NATURAL JOIN (SELECT person AS id, paid FROM tax.payer)`: "[[30]]",
	} {
		a, err := d.ask(t, sql, 0)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		same(t, sql, fmt.Sprint(a.Rows), rows)
		e := d.seen(t, a.Request)
		if len(e.Whole) == 0 || len(e.Seen) != 0 || e.Whole[0].Snapshot == 0 {
			t.Errorf("%s: the journal has %+v, want whole datasets at their snapshots", sql, e)
		}
	}
}

func TestOfGoldenRecordsTheJournalSaysThatAllWereRead(t *testing.T) {
	d := newDesk(t)
	maker, err := engine.Open(t.Context(), engine.Options{Threads: 1})
	must(t, err)
	defer maker.Close()
	d.fill(t, maker, lake.Golden, "entity.person", "SELECT i::BIGINT AS entity, 'P' || i AS name FROM range(4) t(i)", "entity:BIGINT name:VARCHAR")
	for _, text := range []string{`SELECT name FROM entity.person WHERE entity = 2`, `SELECT g.name FROM entity.person g JOIN population.person p ON p.id = g.entity WHERE p.id = 2`} {
		a, err := d.ask(t, text, 0)
		must(t, err)
		if fmt.Sprint(a.Rows) != "[[P2]]" || a.Named != 0 || a.Snapshots["entity.person"] == 0 {
			t.Errorf("%s: got %+v", text, a)
		}
		e := d.seen(t, a.Request)
		if len(e.Seen) != 0 || len(e.Whole) != len(a.Snapshots) {
			t.Errorf("%s: the entry is %+v", text, e)
		}
	}
}

func TestWhatStandsBesideTheLakeIsReadByItsName(t *testing.T) {
	d := newDesk(t)
	r := request()
	r.Command, r.Dataset, r.Fields = "indicator run", nil, nil
	q := Query{Request: r, SQL: `SELECT sum(n) AS value FROM hub.thing`, Beside: map[sen.Dataset]string{"hub.thing": "(SELECT 3::BIGINT AS n)"}}
	a, err := d.Query(t.Context(), d.engine, d.lake, q)
	must(t, err)
	if fmt.Sprint(a.Rows) != "[[3]]" {
		t.Errorf("got %v", a.Rows)
	}
	before := len(d.entries(t, Filter{}))
	columns, datasets, err := d.Columns(t.Context(), d.engine, d.lake, q)
	must(t, err)
	if len(columns) != 1 || columns[0].Name != "value" || len(datasets) != 1 || datasets[0] != "hub.thing" {
		t.Errorf("got columns %v of %v", columns, datasets)
	}
	if after := len(d.entries(t, Filter{})); after != before {
		t.Errorf("asking for columns made %d entries", after-before)
	}
	q.Beside = nil
	if _, err := d.Query(t.Context(), d.engine, d.lake, q); sen.KindOf(err) != sen.NotFound {
		t.Errorf("without it: %v", err)
	}
}

func TestAQueryReadsNothingButDatasets(t *testing.T) {
	d := newDesk(t)
	file := filepath.Join(d.dir, "clean/tax/payer/data/x.parquet")
	for sql, kind := range map[string]sen.Kind{
		`SELECT * FROM read_parquet('` + d.dir + `/**/*.parquet')`: sen.Denied,
		`SELECT * FROM glob('/**')`:                                sen.Denied,
		`SELECT * FROM '` + d.dir + `/x.parquet'`:                  sen.Invalid,
		`SELECT * FROM duckdb_settings(), population.person`:       sen.Denied,
		`SELECT * FROM information_schema.tables`:                  sen.NotFound,
		`DESCRIBE population.person`:                               sen.Denied,
		`SELECT * FROM query('SELECT 1'), population.person`:       sen.Denied,
		`SELECT 1`: sen.Invalid, ``: sen.Invalid, `SELECT FROM`: sen.Invalid,
		`SELECT 1 FROM population.person; SELECT 2 FROM population.person`:             sen.Invalid,
		`DROP VIEW population.person`:                                                  sen.Invalid,
		`COPY population.person TO '/tmp/x'`:                                           sen.Invalid,
		`SET memory_limit = '1GB'`:                                                     sen.Invalid,
		`SELECT * FROM person`:                                                         sen.Invalid,
		`SELECT * FROM population.nobody`:                                              sen.NotFound,
		`SELECT * FROM memory.population.person`:                                       sen.Invalid,
		`SELECT nothing FROM population.person`:                                        sen.Invalid,
		`SELECT (SELECT count(*) FROM read_csv('/etc/passwd')) FROM population.person`: sen.Denied,
		// A WITH is known in its own part of a statement; elsewhere its name would be read as a file's.
		`SELECT (WITH "` + file + `" AS (SELECT 1) FROM "` + file + `"), (SELECT count(*) FROM "` + file + `") FROM population.person`: sen.Denied,
	} {
		_, err := d.ask(t, sql, 0)
		wantKind(t, sql, err, kind)
	}
}

func TestALimitIsKeptAndSaidAndNamesOnlyWhatIsShown(t *testing.T) {
	d := newDesk(t)
	a, err := d.ask(t, `SELECT name FROM population.person ORDER BY id`, 2)
	must(t, err)
	same(t, "rows", fmt.Sprint(a.Rows), "[[P0] [P1]]")
	same(t, "more", a.More, true)
	same(t, "named", a.Named, 2)
}

func TestAQueryWithoutPurposeReadsNothing(t *testing.T) {
	d := newDesk(t)
	r := request()
	r.Purpose = ""
	_, err := d.Query(t.Context(), d.engine, d.lake, Query{Request: r, SQL: `SELECT name FROM population.person`})
	wantKind(t, "no purpose", err, sen.Denied)
}

func TestTheJournalNamesTheFieldsThatAStatementNames(t *testing.T) {
	d := newDesk(t)
	a, err := d.ask(t, `SELECT p.name FROM population.person p JOIN tax.payer t ON p.id = t.person`, 0)
	must(t, err)
	e := d.entries(t, Filter{Request: a.Request})[0]
	same(t, "scopes", fmt.Sprint(e.Scopes), "[{population.person [id name]} {tax.payer [person]}]")
}

func TestHeldRowsAreShownThroughTheDoor(t *testing.T) {
	d := newDesk(t)
	r := request()
	r.Command, r.Dataset, r.Fields = "quarantine show", nil, nil
	h, err := d.Held(t.Context(), d.engine, d.lake, HeldQuery{Request: r, Of: "population.person", Rules: []string{"born_on.impossible"}, Limit: 1})
	must(t, err)
	same(t, "total", h.Total, int64(2))
	same(t, "columns", fmt.Sprint(h.Columns), "[ten]")
	same(t, "rows", len(h.Rows), 1)
	same(t, "line", h.Rows[0].Line, int64(2))
	same(t, "source", fmt.Sprint(h.Rows[0].Source), "map[ten:x0]")
	same(t, "named", len(d.seen(t, h.Request).Seen), 1)
	_, err = d.Held(t.Context(), d.engine, d.lake, HeldQuery{Request: r, Of: "tax.payer", Limit: 1})
	wantKind(t, "a dataset without quarantine", err, sen.NotFound)
	d.verify(t)
}
