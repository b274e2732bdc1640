package apptest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/source/mysql/mytest"
	"github.com/sen-hub/sen/internal/source/postgres/pgtest"
)

// unitsData reads a file of the administrative units, which lie beside the
// checkout; the test says so and is skipped where they do not.
func unitsData(t *testing.T, names ...string) []string {
	t.Helper()
	folder := filepath.Join("..", "..", "shared")
	if at := os.Getenv("SEN_SHARED"); at != "" {
		folder = at
	}
	var out []string
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(folder, "data", "admin-units", name))
		if err != nil {
			t.Skipf("no administrative units beside the checkout (set SEN_SHARED to the folder): %v", err)
		}
		out = append(out, string(text))
	}
	return out
}

const readerPassword = "made up for a test"

// units is a hub and a database of administrative units, with an administrator
// who runs what they are given.
type units struct {
	*shell
	kind, address, ca string
	run               func(sql string)
}

func newUnits(t *testing.T, kind string, port int, ca string) *units {
	t.Helper()
	u := &units{shell: newShell(t), kind: kind, address: fmt.Sprintf("%s://sen_reader@localhost:%d/units", kind, port), ca: ca}
	u.env = []string{"UNITS_PASSWORD=" + readerPassword}
	u.ok("init", "hub")
	u.dir = filepath.Join(u.dir, "hub")
	schema := ""
	if kind == "postgresql" {
		schema = "\n    schema: public"
	}
	objects := ""
	for _, table := range []string{"administrative_regions", "administrative_units", "provinces", "wards"} {
		objects += fmt.Sprintf("  - {name: %s, properties: [{name: name, logicalType: string}]}\n", table)
	}
	u.write("contracts/units.odcs.yaml", fmt.Sprintf(`apiVersion: v3.1.0
kind: DataContract
id: units
version: 0.1.0
status: draft
servers:
  - server: live
    type: %s
    host: localhost
    port: %d
    database: units%s
    customProperties:
      - {property: user, value: sen_reader}
      - {property: password, value: "env:UNITS_PASSWORD"}
      - {property: ca, value: "%s"}
schema:
%s`, kind, port, schema, ca, objects))
	return u
}

// connected makes the reader by the grants that the hub prints, drafts the
// contract anew, syncs and verifies; nobody edits anything.
func (u *units) connected() {
	t := u.t
	t.Helper()
	u.ok("source", "list").says(t, "units/live", u.kind)
	u.refusedBefore()
	u.run(u.ok("source", "grants", "live").says(t, "sen_reader", "GRANT SELECT").out)
	u.ok("source", "test", "units/live").says(t, "✓  tls", "✓  select provinces", "✓  select wards", "sen sync units").saysNot(t, "✗", readerPassword)
	u.want(2, "contract", "infer", strings.Replace(u.address, "@", ":hunter2@", 1), "--ca", u.ca).says(t, "--password env:NAME").saysNot(t, "hunter2")
	u.ok("contract", "infer", u.address, "--password", "env:UNITS_PASSWORD", "--ca", u.ca, "--force", "-o", "contracts/units.odcs.yaml").saysNot(t, readerPassword)
	u.ok("contract", "check").says(t, "no errors")
	for _, part := range []string{"{property: password, value: \"env:UNITS_PASSWORD\"}", "to: \"provinces.code\"", "the source's own key", "primaryKey: true"} {
		if !strings.Contains(u.read("contracts/units.odcs.yaml"), part) {
			t.Errorf("the draft has no %s", part)
		}
	}
	u.synced()
	u.ok("verify", "--in-source").says(t, "units.provinces", "units.wards", "source and store agree").saysNot(t, "✗")
	u.run("UPDATE wards SET name_en = 'A name made up' WHERE code = '00004'")
	u.want(8, "verify", "units.wards", "--in-source").says(t, "0 new rows, 1 changed, 0 gone")
	u.ok("sync", "--verbose").says(t, "4 of 4").saysNot(t, readerPassword)
	u.ok("verify", "units.wards", "--in-source").says(t, "source and store agree").saysNot(t, "changed")
}

// refusedBefore wants the test to fail in words while there is no reader.
func (u *units) refusedBefore() {
	u.t.Helper()
	var found []struct {
		What, Says, Next string
		OK, Must         bool
	}
	u.want(5, "source", "test", "live", "--json").saysNot(u.t, readerPassword).json(u.t, &found)
	if len(found) != 1 || found[0].OK || !found[0].Must || found[0].What != "sign-in" {
		u.t.Errorf("before there is a reader: got %+v, want one finding: sign-in", found)
	}
	u.want(3, "source", "test", "liv").says(u.t, "did you mean live?")
}

func (u *units) synced() {
	u.t.Helper()
	var run struct{ In, Clean, Quarantined int64 }
	u.ok("sync", "--json").json(u.t, &run)
	if want := int64(34 + 3321 + 8 + 5); run.In != want || run.Clean != want || run.Quarantined != 0 {
		u.t.Errorf("got %+v, want %d in and clean, none quarantined", run, want)
	}
	u.ok("status").says(u.t, "synchronised")
	for table, want := range map[string]string{"provinces": "34", "wards": "3321"} {
		u.ok("query", "SELECT count(*) AS n FROM units."+table, "--purpose", "test", "--json").says(u.t, want)
	}
}

func TestAPostgreSQLDatabaseIsGrantedDraftedSyncedAndVerified(t *testing.T) {
	data := unitsData(t, "units-2026-postgres-schema.sql", "units-2026-postgres-data.sql")
	s := pgtest.New(t, pgtest.Options{TLS: true})
	s.MustExec(t, "postgres", "CREATE DATABASE units")
	for _, sql := range data {
		s.MustExec(t, "units", sql)
	}
	if err := s.AllowOnly(t.Context(), "hostssl all all 127.0.0.1/32 scram-sha-256"); err != nil {
		t.Fatal(err)
	}
	u := newUnits(t, "postgresql", s.Port, s.CA)
	u.run = func(sql string) {
		s.MustExec(t, "units", sql)
		s.MustExec(t, "units", "ALTER ROLE sen_reader PASSWORD '"+readerPassword+"'")
	}
	u.connected()
}

func TestAMariaDBDatabaseIsGrantedDraftedSyncedAndVerified(t *testing.T) {
	data := unitsData(t, "units-2026-mysql-schema.sql", "units-2026-mysql-data.sql")
	s := mytest.New(t, mytest.Options{TLS: true})
	s.MustExec(t, "mysql", "CREATE DATABASE units CHARACTER SET utf8mb4")
	for _, sql := range data {
		s.MustExec(t, "units", sql)
	}
	u := newUnits(t, "mysql", s.Port, s.CA)
	u.run = func(sql string) {
		s.MustExec(t, "units", strings.ReplaceAll(sql, "<password>", "'"+readerPassword+"'"))
	}
	u.connected()
}
