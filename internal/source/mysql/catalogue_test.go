package mysql_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/mysql/mytest"
)

func TestTablesSayWhatTheServerKnows(t *testing.T) {
	s := shared(t)
	db := database(t, s, "CREATE TABLE ward (code char(5) PRIMARY KEY, name varchar(50) NOT NULL COMMENT 'tên', UNIQUE KEY (name)) COMMENT 'phường, xã'",
		"CREATE TABLE person (id int PRIMARY KEY AUTO_INCREMENT, ward char(5), born date, year int AS (year(born)) VIRTUAL, FOREIGN KEY (ward) REFERENCES ward (code))",
		"CREATE VIEW names AS SELECT name FROM ward")
	tables, err := connect(t, at(s, db)).Tables(t.Context())
	if err != nil || len(tables) != 3 {
		t.Fatal(tables, err)
	}
	view, person, ward := tables[0], tables[1], tables[2]
	if view.Kind != "view" || view.Name != "names" {
		t.Errorf("%+v", view)
	}
	if !reflect.DeepEqual(person.Key, []string{"id"}) || !person.Columns[3].Generated || person.Columns[0].Nullable || !person.Columns[0].Unique ||
		!reflect.DeepEqual(person.Foreign, []live.Foreign{{Columns: []string{"ward"}, ToSchema: db, ToTable: "ward", ToColumns: []string{"code"}}}) {
		t.Errorf("%+v", person)
	}
	if ward.Comment != "phường, xã" || ward.Columns[1].Comment != "tên" || ward.Columns[1].Type != "varchar(50)" || !ward.Columns[1].Unique {
		t.Errorf("%+v", ward)
	}
}

func TestASampleIsSpreadOverTheTable(t *testing.T) {
	s := shared(t)
	db := filled(t, s, 20000)
	columns, values, err := connect(t, at(s, db)).Sample(t.Context(), "t", 200)
	if err != nil || len(values) == 0 || len(values) > 200 || !reflect.DeepEqual(columns, []string{"id", "n", "name", "note", "version"}) {
		t.Fatal(len(values), columns, err)
	}
	seen, last := map[string]bool{}, 0
	for _, row := range values {
		seen[*row[0]] = true
		fmt.Sscan(*row[0], &last)
	}
	if len(seen) != len(values) || last < 50000 || (values[2][3] == nil) != true {
		t.Errorf("%d of %d rows differ, the last is %d", len(seen), len(values), last)
	}
}

// granted makes the reader that Grants describes.
func granted(t *testing.T, s *mytest.Server, server live.Server, tables ...string) live.Server {
	t.Helper()
	server.User = "reader"
	s.MustExec(t, "", "DROP USER IF EXISTS reader@'%'")
	sql := strings.ReplaceAll(connect(t, server).Grants(tables), "<password>", "'it''s; secret'")
	s.MustExec(t, "", strings.Split(strings.TrimSuffix(strings.TrimSpace(sql), ";"), ";\n")...)
	t.Setenv("SEN_TEST_READER", "it's; secret")
	server.Password = "env:SEN_TEST_READER"
	return server
}

func TestAReaderWithTheLeastGrantsReadsSideBySideAndNothingElse(t *testing.T) {
	s := shared(t)
	db := filled(t, s, 5000)
	s.MustExec(t, db, "CREATE TABLE secret (id int PRIMARY KEY)", "CREATE TABLE old (id int) ENGINE=MyISAM")
	server := granted(t, s, at(s, db), "t", "old")
	d := connect(t, server)
	r, err := d.Open(t.Context(), "t", small)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, r, source.Mark{}); len(got.rows) != 5000 || !strings.Contains(got.position.Point.Snapshot, "4 connections") {
		t.Errorf("%d rows, %s", len(got.rows), got.position.Point.Snapshot)
	}
	if _, err := d.Open(t.Context(), "secret", small); sen.KindOf(err) != sen.NotFound {
		t.Errorf("a table that is not granted: %v", err)
	}
	found, err := d.Test(t.Context(), []string{"t", "secret", "old"})
	if err != nil {
		t.Fatal(err)
	}
	ok := map[string]bool{}
	for _, f := range found {
		ok[f.What] = f.OK
		if !f.OK && f.Next == "" {
			t.Errorf("%+v says not what to do", f)
		}
	}
	want := map[string]bool{"reach": true, "tls": false, "read-only": true, "log": true, "connections": true, "select t": true, "select secret": false,
		"select old": true, "key old": false, "engine old": false}
	if !reflect.DeepEqual(ok, want) {
		t.Errorf("found %v, want %v", ok, want)
	}
	t.Setenv("SEN_TEST_READER", "wrong")
	found, err = d.Test(t.Context(), nil)
	if err != nil || len(found) != 1 || found[0].What != "sign-in" || found[0].OK {
		t.Errorf("with a wrong password: %+v, %v", found, err)
	}
}

func TestAColumnThatIsNotGrantedIsNotRead(t *testing.T) {
	s := shared(t)
	db := filled(t, s, 10)
	s.MustExec(t, "", "CREATE USER part@'%'", "GRANT SELECT (id, name) ON "+quote(db)+".t TO part@'%'")
	server := at(s, db)
	server.User = "part"
	got := read(t, open(t, server, "t", small), source.Mark{})
	if !reflect.DeepEqual(got.columns, []string{"id", "name"}) || len(got.rows) != 10 {
		t.Errorf("%d rows of %q", len(got.rows), got.columns)
	}
	if !strings.Contains(got.position.Point.Snapshot, "one connection") {
		t.Errorf("a log that cannot be seen whole was taken for a proof: %+v", got.position.Point)
	}
	if _, err := readAll(t, open(t, server, "t", small), got.ranges[0].Mark, nil); err == nil {
		t.Log("went on by the table's own time of its last change")
	}
}

func TestTheServersCertificateIsVerified(t *testing.T) {
	s := mytest.New(t, mytest.Options{TLS: true})
	db := database(t, s, "CREATE TABLE t (id int PRIMARY KEY)")
	server := at(s, db)
	server.TLS = live.TLS{CA: s.CA}
	server = granted(t, s, server, "t")
	if found, err := connect(t, server).Test(t.Context(), nil); err != nil || !found[1].OK || found[1].What != "tls" {
		t.Errorf("%+v, %v", found, err)
	}
	stranger := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(stranger, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, tls := range map[string]live.TLS{"an unknown authority": {}, "another name": {CA: s.CA, Name: "elsewhere"}, "no authority": {CA: stranger}, "no TLS": {Off: true}} {
		other := server
		other.TLS = tls
		_, err := connect(t, other).Open(t.Context(), "t", small)
		if k := sen.KindOf(err); k != sen.Denied && k != sen.Invalid || err == nil {
			t.Errorf("%s: %v (%v)", what, err, k)
		}
	}
	plain := shared(t)
	other := at(plain, "mysql")
	other.TLS = live.TLS{}
	if _, err := connect(t, other).Open(t.Context(), "db", small); sen.KindOf(err) != sen.Denied || !strings.Contains(err.Error(), "TLS") {
		t.Errorf("a server without TLS: %v", err)
	}
}

func TestATableThatIsAlteredWhileItIsReadIsDrift(t *testing.T) {
	s := shared(t)
	db := filled(t, s, 60000)
	r := open(t, at(s, db), "t", small)
	s.MustExec(t, db, "ALTER TABLE t DROP COLUMN note")
	if _, err := readAll(t, r, source.Mark{}, nil); sen.KindOf(err) != sen.Drift || sen.HintOf(err) == "" {
		t.Errorf("got %v (%s)", err, sen.HintOf(err))
	}
}

func TestNoErrorCarriesAValue(t *testing.T) {
	s := shared(t)
	db := database(t, s, "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)",
		"DELIMITER //\nCREATE FUNCTION boom(x int) RETURNS int DETERMINISTIC BEGIN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Nguyễn Văn An'; RETURN 1; END//\nDELIMITER ;\nCREATE VIEW w AS SELECT boom(id) AS x FROM t")
	_, err := readAll(t, open(t, at(s, db), "w", small), source.Mark{}, nil)
	if err == nil || strings.Contains(err.Error(), "Nguyễn") {
		t.Errorf("got %v", err)
	}
}
