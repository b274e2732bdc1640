package profile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/profile"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/mysql"
	"github.com/sen-hub/sen/internal/source/mysql/mytest"
	"github.com/sen-hub/sen/internal/source/postgres"
	"github.com/sen-hub/sen/internal/source/postgres/pgtest"
)

// inferDatabase profiles the tables of a database and wants a draft that parses.
func inferDatabase(t *testing.T, db live.Database, server contract.ServerProfile, tables ...string) (contract.Profile, string) {
	t.Helper()
	all, err := profile.Database(t.Context(), session(t), db, server, profile.Options{On: today, Agency: "civil", Tables: tables})
	if err != nil {
		t.Fatal(err)
	}
	return all[0], draftOf(t, all[0])
}

func objectOf(t *testing.T, p contract.Profile, name string) contract.ObjectProfile {
	t.Helper()
	i := slices.IndexFunc(p.Objects, func(o contract.ObjectProfile) bool { return o.PhysicalName == name })
	if i < 0 {
		t.Fatalf("there is no object %s", name)
	}
	return p.Objects[i]
}

func columnOf(t *testing.T, o contract.ObjectProfile, name string) contract.ColumnProfile {
	t.Helper()
	i := slices.IndexFunc(o.Columns, func(c contract.ColumnProfile) bool { return c.PhysicalName == name })
	if i < 0 {
		t.Fatalf("%s has no column %s", o.PhysicalName, name)
	}
	return o.Columns[i]
}

func wantTypes(t *testing.T, o contract.ObjectProfile, want map[string]string) {
	t.Helper()
	for name, logical := range want {
		if c := columnOf(t, o, name); c.LogicalType != logical {
			t.Errorf("%s (%s): got %s, want %s", name, c.PhysicalType, c.LogicalType, logical)
		}
	}
}

func TestAPostgreSQLDatabaseIsDraftedAsItDeclaresItself(t *testing.T) {
	s := pgtest.New(t, pgtest.Options{})
	s.MustExec(t, "postgres", "CREATE DATABASE civil")
	s.MustExec(t, "civil", `
CREATE SCHEMA old;
CREATE TABLE place (code char(2) PRIMARY KEY, name text NOT NULL);
COMMENT ON TABLE place IS 'Where: a "place"'; COMMENT ON COLUMN place.name IS 'As the gazette writes it';
INSERT INTO place SELECT lpad(i::text, 2, '0'), 'Place ' || i FROM generate_series(1, 40) i;
CREATE TABLE birth (id bigint PRIMARY KEY, book uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(), at char(2) REFERENCES place,
  weight numeric(10,3), ratio double precision, alive boolean, born date, seen timestamptz, clock time, until date, note varchar(20), big numeric(60,2), data jsonb, free numeric);
INSERT INTO birth SELECT i, gen_random_uuid(), lpad((1 + i % 40)::text, 2, '0'), i + 0.125, CASE WHEN i = 7 THEN 'Infinity' ELSE i / 3.0 END, i % 2 = 0, date '1990-01-01' + i,
  timestamptz '2001-02-03 04:05:06.789+00', time '01:02:03', CASE WHEN i = 3 THEN 'infinity' ELSE date '2001-01-01' END, '123', 1, '{"a": 1}', 0.1234567890123456789012345 FROM generate_series(1, 300) i;
CREATE TABLE nothing (a int PRIMARY KEY, b date); CREATE TABLE old.place (code int);
CREATE VIEW alive AS SELECT id, born FROM birth WHERE alive; ANALYZE`)
	server := live.Server{Name: "live", Type: live.PostgreSQL, Host: "127.0.0.1", Port: s.Port, Database: "civil", Schema: "public", User: "postgres", TLS: live.TLS{Off: true}}
	db := postgres.Open(server, live.NewGate(server.Budget), nil)
	facts := contract.ServerProfile{Name: "live", Type: "postgresql", Facts: map[string]string{"host": "127.0.0.1", "port": "5432", "database": "civil", "schema": "public", "user": "reader", "tls": "off"}}
	p, draft := inferDatabase(t, db, facts)
	if len(p.Objects) != 4 {
		t.Errorf("got %d objects, want the 4 of schema public", len(p.Objects))
	}
	birth := objectOf(t, p, "birth")
	wantTypes(t, birth, map[string]string{"id": "integer", "book": "string", "at": "string", "weight": "number", "ratio": "string", "alive": "boolean",
		"born": "date", "seen": "timestamp", "clock": "time", "until": "date", "note": "string", "big": "string", "free": "string"})
	if k := birth.Keys; len(k) != 2 || k[0].Columns[0] != "id" || k[1].Columns[0] != "book" || !strings.HasPrefix(k[0].Evidence, "the source's own key") {
		t.Errorf("keys: got %+v, want id, the source's own, then book", k)
	}
	if r := birth.Relationships; len(r) != 1 || r[0].To != "civil.place" || r[0].ToColumns[0] != "code" {
		t.Errorf("relationships: got %+v, want the foreign key to civil.place", r)
	}
	if c := columnOf(t, birth, "ratio"); !strings.Contains(c.Unsure, "cannot be read as one") {
		t.Errorf("a column with infinity: got the question %q", c.Unsure)
	}
	if c := columnOf(t, birth, "until"); !strings.Contains(c.Unsure, "are no day") {
		t.Errorf("a date of infinity: got the question %q", c.Unsure)
	}
	if c := columnOf(t, birth, "free"); !strings.Contains(c.Unsure, "no digit is lost") {
		t.Errorf("a number without bounds: got the question %q", c.Unsure)
	}
	if !columnOf(t, birth, "note").Optional || columnOf(t, objectOf(t, p, "place"), "name").Optional {
		t.Error("optional: want what is not NOT NULL")
	}
	wantTypes(t, objectOf(t, p, "nothing"), map[string]string{"a": "integer", "b": "date"})
	if v := objectOf(t, p, "alive"); v.PhysicalType != "view" || v.Rows != 150 {
		t.Errorf("the view: got %s of %d rows, want a view of 150", v.PhysicalType, v.Rows)
	}
	for _, part := range []string{`description: "Where: a \"place\""`, "description: As the gazette writes it", "{property: decimal, value: \".\"}", "physicalType: \"numeric(10,3)\""} {
		if !strings.Contains(draft, part) {
			t.Errorf("the draft lacks %s", part)
		}
	}
	if p, _ := inferDatabase(t, db, facts, "old.pl*", "birth"); len(p.Objects) != 2 || p.Objects[0].PhysicalName != "old.place" {
		t.Errorf("by pattern: got %d objects, want birth and old.place", len(p.Objects))
	}
	_, err := profile.Database(t.Context(), session(t), db, facts, profile.Options{Tables: []string{"birth", "death"}})
	if sen.KindOf(err) != sen.NotFound || !strings.Contains(err.Error(), "death") {
		t.Errorf("a table that is not there: got %v", err)
	}
}

func TestAMariaDBDatabaseIsDraftedAsItDeclaresItself(t *testing.T) {
	s := mytest.New(t, mytest.Options{})
	s.MustExec(t, "mysql", "CREATE DATABASE civil CHARACTER SET utf8mb4", "SET SESSION sql_mode = ''",
		"CREATE TABLE civil.birth (id int unsigned PRIMARY KEY COMMENT 'its number', sex tinyint(1), weight decimal(6,3), ratio double, born date, zero date, seen datetime(3), kind enum('a''b','c') NOT NULL, clock time)",
		"INSERT INTO civil.birth SELECT seq, seq % 2, seq + 0.125, seq / 3, '1990-01-01' + INTERVAL seq DAY, IF(seq = 5, '0000-00-00', '2001-01-01'), '2001-02-03 04:05:06.789', 'c', '01:02:03' FROM seq_1_to_300",
		"CREATE USER reader@'%' IDENTIFIED BY 'made up'", "GRANT SELECT ON civil.* TO reader@'%'")
	t.Setenv("SEN_TEST_PASSWORD", "made up")
	server := live.Server{Name: "live", Type: live.MySQL, Host: "127.0.0.1", Port: s.Port, Database: "civil", User: "reader", Password: "env:SEN_TEST_PASSWORD", TLS: live.TLS{Off: true}}
	p, draft := inferDatabase(t, mysql.Open(server, live.NewGate(server.Budget), nil),
		contract.ServerProfile{Name: "live", Type: "mysql", Facts: map[string]string{"host": "127.0.0.1", "port": "3306", "database": "civil", "user": "reader"}})
	wantTypes(t, objectOf(t, p, "birth"), map[string]string{"id": "integer", "sex": "integer", "weight": "number", "ratio": "number", "born": "date",
		"zero": "date", "seen": "timestamp", "kind": "string", "clock": "time"})
	if !strings.Contains(draft, "description: its number") || !strings.Contains(draft, "primaryKey: true") {
		t.Error("the draft lacks the comment or the key")
	}
}

func TestNamesArePeoplesOnlyBesideWhatSpeaksOfAPerson(t *testing.T) {
	names := []string{"Nguyễn Văn An", "Trần Thị Bình", "Lê Hoà", "Phạm Văn Cường"}
	places, people := strings.Builder{}, strings.Builder{}
	places.WriteString("code,name\n")
	people.WriteString("code,name,ngay_sinh\n")
	for i := range 100 {
		name := names[i%len(names)]
		places.WriteString("A" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + "," + name + "\n")
		people.WriteString("B" + strings.Repeat("y", i%7) + string(rune('a'+i%26)) + "," + name + ",1990-05-0" + string(rune('1'+i%9)) + "\n")
	}
	dir := folder(t, "both", map[string]string{"places.csv": places.String(), "people.csv": people.String()})
	p := infer(t, dir, profile.Options{})
	doubted, sure := columnOf(t, objectOf(t, p, "places.csv"), "name"), columnOf(t, objectOf(t, p, "people.csv"), "name")
	if doubted.Element != "" || doubted.Classification != "personal" || !strings.Contains(doubted.Unsure, "look like names of people") {
		t.Errorf("nothing beside the name: got %q, %q, %q; want no element, personal, and a question", doubted.Element, doubted.Classification, doubted.Unsure)
	}
	if sure.Element != "person-name" || sure.Classification != "personal" {
		t.Errorf("beside a date of birth: got %q, %q", sure.Element, sure.Classification)
	}
}

func TestReferencesAreWrittenAsWhatTheyReferToAndCopiesAreAskedAbout(t *testing.T) {
	s := pgtest.New(t, pgtest.Options{})
	s.MustExec(t, "postgres", "CREATE DATABASE civil")
	s.MustExec(t, "civil", `
CREATE TABLE area (code text PRIMARY KEY, title text, kind text, size integer);
INSERT INTO area SELECT c, 'Area ' || c, 'k', 1 FROM unnest('{01,02,04,06,08,10,11,12,14,15,17,19,20,22,24,25,26,27,30,31}'::text[]) c;
CREATE TABLE office (id integer PRIMARY KEY, province_code text REFERENCES area);
INSERT INTO office SELECT i, ('{01,02,04,06,08,10,11,12,14,15,17,19,20,22,24,25,26,27,30,31}'::text[])[1 + i % 20] FROM generate_series(1, 100) i`)
	server := live.Server{Name: "live", Type: live.PostgreSQL, Host: "127.0.0.1", Port: s.Port, Database: "civil", Schema: "public", User: "postgres", TLS: live.TLS{Off: true}}
	facts := contract.ServerProfile{Name: "live", Type: "postgresql", Facts: map[string]string{"host": "127.0.0.1", "port": "5432", "database": "civil", "schema": "public"}}
	kept := "(SELECT lpad(CAST(range AS VARCHAR), 2, '0') AS code FROM range(1, 64))"
	all, err := profile.Database(t.Context(), session(t), postgres.Open(server, live.NewGate(server.Budget), nil), facts, profile.Options{On: today, Known: []profile.Key{
		{Dataset: "land.area", Column: "code", Columns: []string{"code", "title", "kind", "since"}, Relation: kept},
		{Dataset: "land.other", Column: "code", Columns: []string{"code", "x", "y", "z"}, Relation: kept},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if c := columnOf(t, objectOf(t, all[0], "office"), "province_code"); c.Element != "" || !strings.Contains(strings.Join(c.Notes, " "), "civil.area.code") {
		t.Errorf("a reference to codes that are no provinces: got the element %q, notes %q", c.Element, c.Notes)
	}
	asked := strings.Join(objectOf(t, all[0], "area").Unsure, " ")
	if !strings.Contains(asked, "looks like a copy of land.area: 100.0 % of its values of code") || strings.Contains(asked, "land.other") {
		t.Errorf("got the questions %q", asked)
	}
}
