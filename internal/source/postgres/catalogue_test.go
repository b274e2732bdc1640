package postgres_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/postgres/pgtest"
)

func TestSumsByTheServerAgreeWithWhatWasRead(t *testing.T) {
	s, db := database(t, registerSQL+`
CREATE VIEW seen AS SELECT * FROM register WHERE id % 3 = 0;
CREATE TABLE odd (a bool, b char(5), c inet, d numeric, e timestamptz, f bytea, g text[], h jsonb, i float8, "J j" text);
INSERT INTO odd VALUES (true, 'x', '10.0.0.1', 1e30, '2024-01-01 00:00+07', '\x00', '{a,NULL}', '{"a": 1}', 0.1, 'ế'), (NULL, '', NULL, 'NaN', 'infinity', '', '{}', 'null', 'NaN', '');`)
	d := connect(t, at(s, db))
	for _, table := range []string{"register", "seen", "odd"} {
		r, err := d.Open(t.Context(), table, small)
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, r, source.Mark{})
		sums, err := d.Sums(t.Context(), table, got.columns, got.ranges)
		if err != nil {
			t.Fatal(err)
		}
		var total live.Sum
		for i, g := range got.ranges {
			if want := sum(got.rows[g.FirstRow : g.FirstRow+g.Rows]); sums[i] != want && table != "seen" {
				t.Errorf("%s, range %d: the server has %v, read was %v", table, i, sums[i], want)
			}
			total.Rows, total.Sum = total.Rows+sums[i].Rows, total.Sum+sums[i].Sum
		}
		whole, err := d.Sums(t.Context(), table, got.columns, nil)
		if err != nil || len(whole) != 1 || whole[0] != total || total != sum(got.rows) {
			t.Errorf("%s: in all %v, by ranges %v, read %v (%v)", table, whole, total, sum(got.rows), err)
		}
	}
	r, _ := d.Open(t.Context(), "register", small)
	got := read(t, r, source.Mark{})
	s.MustExec(t, db, "UPDATE register SET v = 'y' WHERE id = 17; INSERT INTO register VALUES (99999, 'z', 'vui')")
	sums, err := d.Sums(t.Context(), "register", got.columns, got.ranges)
	if err != nil {
		t.Fatal(err)
	}
	var apart []int
	for i, g := range got.ranges {
		if sums[i] != sum(got.rows[g.FirstRow:g.FirstRow+g.Rows]) {
			apart = append(apart, i)
		}
	}
	if len(apart) == 0 || len(apart) > 3 || apart[0] != 0 || apart[len(apart)-1] != len(got.ranges)-1 {
		t.Errorf("ranges %v differ", apart)
	}
	s.MustExec(t, db, "UPDATE register SET v = repeat('x', 100) WHERE id = 17; DELETE FROM register WHERE id = 99999")
	s.MustExec(t, db, "CREATE TABLE register_3 PARTITION OF register FOR VALUES FROM (1000000) TO (2000000); INSERT INTO register VALUES (1000001, 'new', 'vui')")
	if sums, err = d.Sums(t.Context(), "register", got.columns, got.ranges); err != nil || sums[len(sums)-1].Rows != got.ranges[len(sums)-1].Rows+1 {
		t.Errorf("a row of a new partition is not seen: %v, %v", sums, err)
	}
	if _, err := d.Sums(t.Context(), "register", []string{"nobody"}, nil); sen.KindOf(err) != sen.Drift {
		t.Errorf("error %v", err)
	}
}

func TestSumsSeeWhatCameWhereThereWasNothing(t *testing.T) {
	s, db := database(t, registerSQL)
	s.MustExec(t, db, "DELETE FROM register WHERE id BETWEEN 1000 AND 4000 OR id > 9000; INSERT INTO other VALUES (1)")
	d := connect(t, at(s, db))
	r, err := d.Open(t.Context(), "register", small)
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, r, source.Mark{})
	s.MustExec(t, db, "VACUUM (TRUNCATE off) register")
	s.MustExec(t, db, "INSERT INTO register SELECT g, 'new', 'vui' FROM generate_series(1000, 1009) g; INSERT INTO register SELECT g, 'new', 'vui' FROM generate_series(9001, 9010) g")
	sums, err := d.Sums(t.Context(), "register", got.columns, got.ranges)
	if err != nil {
		t.Fatal(err)
	}
	var rows int64
	for _, s := range sums {
		rows += s.Rows
	}
	if want := got.position.Rows + 20; rows != want {
		t.Errorf("%d rows, want %d", rows, want)
	}
}

func TestTablesSayWhatTheCatalogueSays(t *testing.T) {
	s, db := database(t, registerSQL+`
CREATE SCHEMA b;
CREATE TABLE b.person (id int PRIMARY KEY, code varchar(12) UNIQUE NOT NULL, twice int GENERATED ALWAYS AS (id * 2) STORED);
COMMENT ON TABLE b.person IS 'Người'; COMMENT ON COLUMN b.person.code IS 'Số định danh';
CREATE TABLE b.pair (x int, y int, PRIMARY KEY (y, x));
CREATE TABLE b.birth (id int, person int REFERENCES b.person, p int, q int, FOREIGN KEY (p, q) REFERENCES b.pair (y, x));
CREATE VIEW b.seen AS SELECT 1 AS one;`)
	s.MustExec(t, db, "ANALYZE")
	got, err := connect(t, at(s, db)).Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]live.Table{}
	var order []string
	for _, table := range got {
		order = append(order, table.Schema+"."+table.Name)
		by[table.Name] = table
	}
	if fmt.Sprint(order) != "[b.birth b.pair b.person b.seen public.other public.register]" {
		t.Errorf("tables %v", order)
	}
	p := by["person"]
	if p.Comment != "Người" || p.Kind != "table" || !reflect.DeepEqual(p.Key, []string{"id"}) || p.Columns[1] != (live.Column{Name: "code", Type: "character varying(12)", Comment: "Số định danh", Unique: true}) || !p.Columns[2].Generated {
		t.Errorf("person %+v", p)
	}
	if k := by["pair"].Key; !reflect.DeepEqual(k, []string{"y", "x"}) {
		t.Errorf("key %v", k)
	}
	want := []live.Foreign{{Columns: []string{"person"}, ToSchema: "b", ToTable: "person", ToColumns: []string{"id"}}, {Columns: []string{"p", "q"}, ToSchema: "b", ToTable: "pair", ToColumns: []string{"y", "x"}}}
	if f := by["birth"].Foreign; !reflect.DeepEqual(f, want) {
		t.Errorf("foreign keys %+v", f)
	}
	if r := by["register"]; r.Kind != "partitioned" || r.Rows != 12000 || r.Bytes < 1<<20 || by["seen"].Rows != -1 || by["seen"].Kind != "view" {
		t.Errorf("register %+v, seen %+v", r, by["seen"])
	}
}

func TestASampleIsSpreadOverTheTable(t *testing.T) {
	s, db := database(t, peopleSQL+"; CREATE VIEW seen AS SELECT * FROM people; CREATE TABLE few AS SELECT 1 AS a, NULL AS b; CREATE TABLE none (a int)")
	d := connect(t, at(s, db))
	columns, rows, err := d.Sample(t.Context(), "people", 1000)
	if err != nil || len(rows) != 1000 || columns[0] != "id" {
		t.Fatal(len(rows), columns, err)
	}
	var first, last int
	fmt.Sscan(*rows[0][0], &first)
	fmt.Sscan(*rows[999][0], &last)
	if first > 1000 || last < 190000 {
		t.Errorf("from %d to %d", first, last)
	}
	// More than the blocks that are looked into hold: still spread, and never
	// so few that the table seems to be seen whole.
	if _, rows, err = d.Sample(t.Context(), "people", 20000); err != nil || len(rows) < 20000/16 {
		t.Fatal(len(rows), err)
	}
	if fmt.Sscan(*rows[len(rows)-1][0], &last); last < 190000 {
		t.Errorf("%d rows, the last is %d", len(rows), last)
	}
	for name, want := range map[string]int{"seen": 10, "few": 1, "none": 0} {
		if _, rows, err := d.Sample(t.Context(), name, 10); err != nil || len(rows) != want {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	}
}

func TestGrantsAreWhatAReaderNeedsAndNoMore(t *testing.T) {
	s, db := database(t, registerSQL+`CREATE SCHEMA "Sổ"; CREATE TABLE "Sổ"."Khai sinh" AS SELECT 1 AS a; CREATE TABLE secret (a int)`)
	s.MustExec(t, db, `DROP ROLE IF EXISTS "người đọc"`)
	server := at(s, db)
	server.User = "người đọc"
	d := connect(t, server)
	tables := []string{"register", "Sổ.Khai sinh"}
	s.MustExec(t, db, d.Grants(tables))
	findings, err := d.Test(t.Context(), append(tables, "secret", "nowhere"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]live.Finding{}
	for _, f := range findings {
		got[f.What] = f
		if !f.OK && f.Next == "" {
			t.Errorf("%s: %s, and no word of what to do", f.What, f.Says)
		}
	}
	for what, ok := range map[string]bool{"reach": true, "read-only": true, "version": true, "connections": true, "encoding": true, "replication": false,
		"select register": true, "select Sổ.Khai sinh": true, "select secret": false, "select nowhere": false} {
		if f, found := got[what]; !found || f.OK != ok {
			t.Errorf("%s: %+v", what, f)
		}
	}
	for _, name := range tables {
		r, err := d.Open(t.Context(), name, small)
		if err != nil {
			t.Fatal(err)
		}
		if f := r.Facts(); len(f.Evidence) > 0 {
			t.Errorf("%s: %v", name, f.Evidence)
		}
		read(t, r, source.Mark{})
	}
	if _, err := d.Open(t.Context(), "secret", small); sen.KindOf(err) != sen.Denied {
		t.Errorf("error %v", err)
	}
	if _, err := d.Open(t.Context(), "nowhere", small); sen.KindOf(err) != sen.NotFound {
		t.Errorf("error %v", err)
	}
	s.MustExec(t, db, `ALTER ROLE "người đọc" REPLICATION`)
	if r, err := d.Open(t.Context(), "register", small); err != nil {
		t.Error(err)
	} else if p := read(t, r, source.Mark{}).position; p.Point.Log == "" {
		t.Errorf("position %+v", p.Point)
	}
	s.MustExec(t, db, `DROP OWNED BY "người đọc"; DROP ROLE "người đọc"`)
}

func TestWhatIsGrantedInPartIsReadAsFarAsItGoes(t *testing.T) {
	s, db := database(t, registerSQL+`
CREATE TABLE half (a int, b text, c int); INSERT INTO half VALUES (1, 'x', 2);
CREATE TABLE rows_of (a int); INSERT INTO rows_of VALUES (1), (2); ALTER TABLE rows_of ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON rows_of USING (a = 1);`)
	s.MustExec(t, db, `DROP ROLE IF EXISTS part_reader`)
	s.MustExec(t, db, `CREATE ROLE part_reader LOGIN; GRANT SELECT ON register, rows_of TO part_reader; GRANT SELECT (a, c) ON half TO part_reader`)
	t.Cleanup(func() { s.MustExec(t, db, "DROP OWNED BY part_reader; DROP ROLE part_reader") })
	server := at(s, db)
	server.User = "part_reader"
	d := connect(t, server)
	for name, want := range map[string]struct {
		rows     int
		columns  string
		evidence string
	}{"register": {12000, "id v m", "partitions"}, "half": {1, "a c", "1 columns"}} {
		r, err := d.Open(t.Context(), name, small)
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, r, source.Mark{})
		if len(got.rows) != want.rows || strings.Join(got.columns, " ") != want.columns || !strings.Contains(fmt.Sprint(r.Facts().Evidence), want.evidence) {
			t.Errorf("%s: %d rows, %v, %v", name, len(got.rows), got.columns, r.Facts().Evidence)
		}
	}
	r, err := d.Open(t.Context(), "rows_of", small)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(t, r, source.Mark{}, nil); sen.KindOf(err) != sen.Denied || !strings.Contains(sen.HintOf(err), "BYPASSRLS") {
		t.Errorf("error %v", err)
	}
	findings, err := d.Test(t.Context(), []string{"rows_of", "register"})
	if err != nil || !strings.Contains(fmt.Sprint(findings), "row security rows_of") || !strings.Contains(fmt.Sprint(findings), "partitions register") {
		t.Errorf("%v %v", findings, err)
	}
}

func TestTheServersCertificateIsVerified(t *testing.T) {
	s := pgtest.New(t, pgtest.Options{TLS: true})
	s.MustExec(t, "postgres", "CREATE TABLE t AS SELECT 1 AS a")
	if err := s.AllowOnly(t.Context(), "hostssl all all 127.0.0.1/32 trust"); err != nil {
		t.Fatal(err)
	}
	plain := at(s, "postgres")
	for _, c := range []struct {
		name string
		tls  live.TLS
		host string
		want sen.Kind // Internal: it is accepted
	}{
		{"by its authority", live.TLS{CA: s.CA}, "localhost", sen.Internal},
		{"by the name it is asked for", live.TLS{CA: s.CA, Name: "localhost"}, "127.0.0.1", sen.Internal},
		{"of an unknown authority", live.TLS{}, "localhost", sen.Denied},
		{"of another name", live.TLS{CA: s.CA, Name: "registry.example"}, "localhost", sen.Denied},
		{"without TLS where the server wants it", live.TLS{Off: true}, "127.0.0.1", sen.Denied},
	} {
		server := plain
		server.TLS, server.Host = c.tls, c.host
		d := connect(t, server)
		r, err := d.Open(t.Context(), "t", small)
		if c.want == sen.Internal {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			read(t, r, source.Mark{})
			findings, err := d.Test(t.Context(), nil)
			if err != nil || !findings[1].OK {
				t.Errorf("%s: %v %v", c.name, findings, err)
			}
			continue
		}
		if sen.KindOf(err) != c.want {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
	server := at(shared(t), "postgres")
	server.TLS = live.TLS{}
	if _, err := connect(t, server).Open(t.Context(), "t", small); sen.KindOf(err) != sen.Denied || !strings.Contains(err.Error(), "TLS") {
		t.Errorf("a server without TLS: error %v", err)
	}
}

func TestSessionsAreReadOnlyAndBounded(t *testing.T) {
	s, db := database(t, "CREATE FUNCTION slow() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(20)'; CREATE VIEW slow AS SELECT slow() AS a; CREATE TABLE t (a int);"+
		"CREATE FUNCTION writes() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO public.t VALUES (1) RETURNING a'; CREATE VIEW writes AS SELECT writes() AS a")
	server := at(s, db)
	server.Budget.Statement, server.Budget.Attempts = 200_000_000, 2
	d := connect(t, server)
	for view, word := range map[string]string{"slow": "statement timeout", "writes": "read-only"} {
		r, err := d.Open(t.Context(), view, small)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(t, r, source.Mark{}, nil); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: error %v", view, err)
		}
	}
}

func TestErrorsNameNoValue(t *testing.T) {
	s, db := database(t, "CREATE TABLE t AS SELECT 'Nguyễn Thị Bí Mật'::text AS name; CREATE VIEW broken AS SELECT name::int AS n FROM t")
	r, err := connect(t, at(s, db)).Open(t.Context(), "broken", small)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(t, r, source.Mark{}, nil); sen.KindOf(err) != sen.Corrupt || strings.Contains(err.Error(), "Nguyễn") {
		t.Errorf("error %v", err)
	}
}
