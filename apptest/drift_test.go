package apptest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/source/postgres/pgtest"
)

const registerSQL = `
CREATE TABLE place (code text PRIMARY KEY, title text NOT NULL);
INSERT INTO place SELECT 'P' || i, 'Place ' || i FROM generate_series(1, 40) i;
CREATE TABLE parcel (number integer PRIMARY KEY, place_code text REFERENCES place, area numeric(9,2), surveyed date NOT NULL, remark varchar(20));
INSERT INTO parcel SELECT i, 'P' || 1 + i % 40, i * 1.25, DATE '1990-01-01' + i, 'none' FROM generate_series(1, 1500) i;
CREATE TABLE gone (id integer PRIMARY KEY);
INSERT INTO gone SELECT generate_series(1, 30);
CREATE TABLE moved (id integer PRIMARY KEY, what text);
INSERT INTO moved SELECT i, 'x' FROM generate_series(1, 30) i;
CREATE TABLE loose (id integer PRIMARY KEY, what text);
INSERT INTO loose SELECT i, 'x' FROM generate_series(1, 30) i;
ANALYZE`

const driftSQL = `
ALTER TABLE parcel RENAME COLUMN surveyed TO measured_at;
ALTER TABLE parcel ALTER COLUMN remark TYPE varchar(10);
ALTER TABLE parcel ADD COLUMN owner_kind text;
UPDATE parcel SET owner_kind = CASE WHEN number % 2 = 0 THEN 'state' ELSE 'private' END;
ALTER TABLE place DROP COLUMN title;
DROP TABLE gone;
ALTER TABLE loose DROP CONSTRAINT loose_pkey;
ALTER TABLE moved RENAME TO moved_2026`

// hubOfDatabase is a hub with a contract drafted from a database of a real
// server.
func hubOfDatabase(t *testing.T, sql string) (*shell, *pgtest.Server) {
	server := pgtest.New(t, pgtest.Options{})
	server.MustExec(t, "postgres", "CREATE DATABASE land")
	server.MustExec(t, "land", sql)
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.ok("contract", "infer", fmt.Sprintf("postgres://postgres@127.0.0.1:%d/land", server.Port), "--tls", "off", "--agency", "land", "-o", "contracts/land.odcs.yaml")
	return s, server
}

func TestADriftedDatabaseProposesItsContract(t *testing.T) {
	s, server := hubOfDatabase(t, registerSQL)
	s.ok("sync").says(t, "land.parcel", "1,500")
	s.ok("contract", "drift").says(t, "5 datasets are as their contracts say")
	server.MustExec(t, "land", driftSQL)
	s.want(9, "contract", "drift").says(t, "land.parcel", "it seems to be called moved_2026 now", "the column seems to be called measured_at now",
		"values may have been cut", "owner_kind", "+ ", "--write")
	var a struct {
		Datasets []struct {
			Dataset string
			Changes []struct{ Class, Path string }
		}
		Proposals []struct {
			File, Diff, Written string
			ByHand              []string `json:"by_hand"`
		}
	}
	s.want(9, "contract", "drift", "--write", "--json").json(t, &a)
	got := map[string]bool{}
	for _, d := range a.Datasets {
		for _, c := range d.Changes {
			got[c.Class+" "+c.Path] = true
		}
	}
	for _, want := range []string{"breaking gone", "breaking moved", "breaking parcel.surveyed", "breaking parcel.remark", "compatible parcel.owner_kind", "breaking place.title", "breaking loose.key"} {
		if !got[want] {
			t.Errorf("no change %q in %v", want, got)
		}
	}
	file := filepath.Join(s.dir, "contracts/land.odcs.yaml")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Proposals) != 1 || a.Proposals[0].Written != file+".proposed" || len(a.Proposals[0].ByHand) != 0 {
		t.Fatalf("got %+v", a.Proposals)
	}
	if !strings.Contains(a.Proposals[0].Diff, "-         physicalName: surveyed\n+         physicalName: measured_at") &&
		!strings.Contains(a.Proposals[0].Diff, "-        physicalName: surveyed\n+        physicalName: measured_at") {
		t.Errorf("got\n%s", a.Proposals[0].Diff)
	}
	// The sync stops what is broken and says where to look; the contract is as
	// it was until somebody takes the proposal.
	s.want(9, "sync", "land.parcel").says(t, "contract drift land.parcel")
	s.want(9, "sync", "land.loose").says(t, "the source dropped its key", "contract drift land.loose")
	s.want(9, "sync", "land.gone").says(t, "gone", "contract drift land.gone")
	if now, _ := os.ReadFile(file); string(now) != string(before) {
		t.Error("the contract was changed")
	}
	if err := os.Rename(file+".proposed", file); err != nil {
		t.Fatal(err)
	}
	s.ok("contract", "check").says(t, "no errors")
	s.ok("contract", "drift").says(t, "3 datasets are as their contracts say", "it comes empty")
	s.ok("sync").says(t, "land.parcel", "1,500")
	s.ok("query", "SELECT owner_kind, count(*) AS n FROM land.parcel GROUP BY 1 ORDER BY 1", "--purpose", "test").says(t, "private", "750")
}

func TestADatabaseThatCannotBeAskedIsSaidByDrift(t *testing.T) {
	s, server := hubOfDatabase(t, registerSQL)
	if err := server.Stop(t.Context(), "fast"); err != nil {
		t.Fatal(err)
	}
	s.write("contracts/land.odcs.yaml", strings.Replace(read(t, filepath.Join(s.dir, "contracts/land.odcs.yaml")),
		"customProperties:\n", "customProperties:\n      - {property: attempts, value: 1}\n", 1))
	s.want(7, "contract", "drift", "land.parcel").says(t, "land.parcel")
}

func read(t *testing.T, file string) string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}
