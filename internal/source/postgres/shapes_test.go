package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
)

// small makes many ranges of few blocks.
var small = source.Options{RangeBytes: 64 << 10, BatchRows: 1000}

func TestTablesOfEveryShapeGiveTheirRows(t *testing.T) {
	s, db := database(t, `
CREATE SCHEMA "Sổ hộ tịch";
CREATE TABLE "Sổ hộ tịch"."Khai ""sinh"".x" ("Họ tên" text, "select" int, "họ TÊN" text, "a.b" int);
INSERT INTO "Sổ hộ tịch"."Khai ""sinh"".x" VALUES ('A', 1, 'b', 2);
CREATE TABLE empty (a int, b text);
CREATE TABLE no_columns (); INSERT INTO no_columns SELECT FROM generate_series(1, 5);
CREATE TABLE dropped (a int, b text, c int DEFAULT 7); INSERT INTO dropped SELECT g, 'x', g FROM generate_series(1, 10) g;
ALTER TABLE dropped DROP COLUMN b; ALTER TABLE dropped ADD COLUMN d text DEFAULT 'new'; INSERT INTO dropped VALUES (11, 11, 'y');
CREATE TABLE generated (a int, twice int GENERATED ALWAYS AS (a * 2) STORED, id int GENERATED ALWAYS AS IDENTITY); INSERT INTO generated (a) VALUES (1), (2);
CREATE TABLE parted (id int, region text, at date) PARTITION BY LIST (region);
CREATE TABLE parted_north PARTITION OF parted FOR VALUES IN ('bắc') PARTITION BY RANGE (at);
CREATE TABLE parted_north_1 PARTITION OF parted_north FOR VALUES FROM ('2020-01-01') TO ('2022-01-01');
CREATE TABLE parted_north_2 (at date, extra int, region text, id int); ALTER TABLE parted_north_2 DROP COLUMN extra;
ALTER TABLE parted_north ATTACH PARTITION parted_north_2 FOR VALUES FROM ('2022-01-01') TO ('2030-01-01');
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
INSERT INTO parted SELECT g, CASE WHEN g % 3 = 0 THEN 'nam' ELSE 'bắc' END, date '2020-01-01' + g % 3000 FROM generate_series(1, 20000) g;
CREATE TABLE parent (a int, b text); CREATE TABLE child (c int) INHERITS (parent); CREATE TABLE grandchild () INHERITS (child);
INSERT INTO parent VALUES (1, 'p'); INSERT INTO child VALUES (2, 'c', 3); INSERT INTO grandchild VALUES (3, 'g', 4);
CREATE VIEW seen AS SELECT id, upper(region) AS region FROM parted WHERE id <= 15000;
CREATE MATERIALIZED VIEW made AS SELECT * FROM parted;
CREATE TABLE wide AS SELECT g AS id, repeat('x', 3000) AS t FROM generate_series(1, 3) g;
CREATE TABLE parted_empty (a int) PARTITION BY RANGE (a);
CREATE EXTENSION postgres_fdw;`)
	s.MustExec(t, db, fmt.Sprintf(`CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%s', port '%d', dbname '%s');
CREATE USER MAPPING FOR postgres SERVER loop OPTIONS (user 'postgres');
CREATE FOREIGN TABLE far (id int, region text, at date) SERVER loop OPTIONS (table_name 'parted');`, s.Dir, s.Port, db))
	d := connect(t, at(s, db))
	for _, c := range []struct{ name, from string }{
		{`Sổ hộ tịch.Khai "sinh".x`, `"Sổ hộ tịch"."Khai ""sinh"".x"`}, {"empty", ""}, {"no_columns", ""}, {"dropped", ""}, {"generated", ""},
		{"parted", ""}, {"public.parted", "parted"}, {"parted_north", ""}, {"parent", ""}, {"seen", ""}, {"made", ""}, {"far", ""}, {"wide", ""}, {"parted_empty", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.from == "" {
				c.from = c.name
			}
			r, err := d.Open(t.Context(), c.name, small)
			if err != nil {
				t.Fatal(err)
			}
			got := read(t, r, source.Mark{})
			want := serverTexts(t, s, db, "SELECT * FROM "+c.from)
			g, w := sorted(got.rows), sorted(want)
			if len(g) != len(w) {
				t.Fatalf("%d rows, the server has %d", len(g), len(w))
			}
			for i := range g {
				if g[i] != w[i] {
					t.Fatalf("%s, the server has %s", g[i], w[i])
				}
			}
			if got.position.Rows != int64(len(w)) || got.position.Point == nil || got.position.Digest == (sen.Digest{}) {
				t.Errorf("position %+v", got.position)
			}
			if len(w) > 10000 && len(got.ranges) < 2 {
				t.Errorf("%d ranges", len(got.ranges))
			}
		})
	}
	r, err := d.Open(t.Context(), `Sổ hộ tịch.Khai "sinh".x`, small)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(r); strings.Join(got, "|") != "Họ tên|select|họ TÊN_2|a.b" {
		t.Errorf("columns %q", got)
	}
}

func names(r source.Reader) (out []string) {
	for _, c := range r.Columns() {
		out = append(out, c.Name)
	}
	return out
}

func TestValuesFarBiggerThanTheirBlocksKeepRangesSmall(t *testing.T) {
	s, db := database(t, `CREATE TABLE packed AS SELECT g AS id, repeat('Hà Nội ', 20000) AS t FROM generate_series(1, 600) g`)
	r, err := connect(t, at(s, db)).Open(t.Context(), "packed", source.Options{RangeBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, r, source.Mark{})
	if len(got.rows) != 600 || len(got.ranges) < 10 {
		t.Errorf("%d rows in %d ranges", len(got.rows), len(got.ranges))
	}
	for _, g := range got.ranges[:len(got.ranges)-1] {
		if g.End <= g.Start {
			t.Errorf("range %d: blocks %d to %d", g.Number, g.Start, g.End)
		}
	}
}

func TestAValueBeyondTheLimitIsAnError(t *testing.T) {
	s, db := database(t, `CREATE TABLE t AS SELECT repeat('x', 2000) AS v`)
	r, err := connect(t, at(s, db)).Open(t.Context(), "t", source.Options{FieldLimit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(t, r, source.Mark{}, nil); sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), "column v") {
		t.Errorf("error %v", err)
	}
}

func TestTextThatCannotBeUTF8IsKeptAsItsBytesAndReported(t *testing.T) {
	s := shared(t)
	s.MustExec(t, "postgres", "DROP DATABASE IF EXISTS holes WITH (FORCE)")
	s.MustExec(t, "postgres", "CREATE DATABASE holes ENCODING 'WIN1252' TEMPLATE template0 LOCALE 'C'")
	s.MustExec(t, "holes", `SET client_encoding = 'WIN1252';
CREATE TABLE t (id int, v text);
INSERT INTO t SELECT g, E'caf\xe9' FROM generate_series(1, 5000) g;
UPDATE t SET v = E'\x81!' WHERE id = 2500`)
	r, err := connect(t, at(s, "holes")).Open(t.Context(), "t", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, r, source.Mark{})
	whole, kept := 0, 0
	for i, row := range got.rows {
		switch {
		case show(row[1]) == "café" && got.faults[i] == "":
			whole++
		case show(row[0]) == "2500" && show(row[1]) == "\uf781!" && got.faults[i] != "":
			kept++
		}
	}
	if len(got.rows) != 5000 || kept != 1 || whole < 4500 {
		t.Errorf("%d rows, %d whole, %d kept as bytes", len(got.rows), whole, kept)
	}
}
