package source_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/source"
)

func TestDiscoverPutsFilesOfTheSameColumnsTogether(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"births-1.csv": "id,born\n1,2000\n", "births-2.csv": "born;id\n2000;1\n2001;2\n", "deaths.csv": "id,died\n1,2000\n",
		"moves.jsonl": "{\"id\":1}\n", "empty.csv": "", ".hidden": "x", "notes/readme.txt": "x",
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		save(t, path, []byte(text))
	}
	found, evidence, err := source.Discover(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	want := []source.Location{
		{Path: filepath.Join(folder, "births-*.csv"), Format: source.CSV},
		{Path: filepath.Join(folder, "deaths.csv"), Format: source.CSV},
		{Path: filepath.Join(folder, "moves.jsonl"), Format: source.JSONL},
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("got %+v, want %+v", found, want)
	}
	for _, words := range []string{"2 csv files with the same 2 columns", "left out", ".hidden", "notes (a folder within)"} {
		if !contains(evidence, words) {
			t.Errorf("no evidence says %q: %+v", words, evidence)
		}
	}
}

func contains(all []source.Evidence, words string) bool {
	for _, e := range all {
		if strings.Contains(e.Found, words) {
			return true
		}
	}
	return false
}

func TestDiscoverFindsTheTablesOfASQLiteFile(t *testing.T) {
	path := database(t, "CREATE TABLE b (x)", "CREATE TABLE a (x)", "CREATE VIEW v AS SELECT 1 AS y")
	found, _, err := source.Discover(t.Context(), path)
	want := []source.Location{{Path: path, Format: source.SQLite, Table: "a"}, {Path: path, Format: source.SQLite, Table: "b"}}
	if err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("got %+v, %v, want %+v", found, err, want)
	}
}

func TestLocateReadsTheContractsServer(t *testing.T) {
	base := t.TempDir()
	for _, name := range []string{"data/births.csv", "data/deaths.csv", "hub.db"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(base, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		save(t, filepath.Join(base, name), []byte("a\n1\n"))
	}
	no := false
	for _, c := range []struct {
		about, server string
		want          source.Location
		kind          sen.Kind
	}{
		{"a file", "type: local, path: data/births.csv, format: csv", source.Location{Path: filepath.Join(base, "data/births.csv"), Format: "csv", Table: "births"}, 0},
		{"a folder with the object's file", "type: local, path: ./data, format: csv", source.Location{Path: filepath.Join(base, "data/births.csv"), Format: "csv", Table: "births"}, 0},
		{"a glob", "type: local, path: 'data/*.csv', format: csv", source.Location{Path: filepath.Join(base, "data/*.csv"), Format: "csv", Table: "births"}, 0},
		{"a dialect", "type: local, path: data/births.csv, format: tsv, customProperties: [{property: header, value: false}, {property: encoding, value: TCVN3}]",
			source.Location{Path: filepath.Join(base, "data/births.csv"), Format: "csv", Table: "births", Delimiter: "tab", Encoding: "TCVN3", Header: &no}, 0},
		{"SQLite", "type: local, path: hub.db, format: sqlite", source.Location{Path: filepath.Join(base, "hub.db"), Format: "sqlite", Table: "births"}, 0},
		{"a format that cannot be read", "type: local, path: x, format: delta", source.Location{}, sen.Invalid},
		{"a server that cannot be read", "type: postgres, host: h, port: 1, database: d, schema: s", source.Location{}, sen.Invalid},
	} {
		text := "apiVersion: v3.1.0\nkind: DataContract\nid: civil-status\nversion: 1.0.0\nstatus: active\nservers:\n  - {server: live, " + c.server +
			"}\nschema:\n  - name: birth\n    physicalName: births\n    properties:\n      - {name: a, logicalType: string}\n"
		parsed, problems := contract.Parse("x.odcs.yaml", []byte(text), contract.Options{})
		if parsed == nil {
			t.Fatalf("%s: %v", c.about, problems)
		}
		got, err := source.Locate(base, parsed.Datasets()[0])
		if c.kind != 0 {
			if sen.KindOf(err) != c.kind || sen.HintOf(err) == "" {
				t.Errorf("%s: got %v, want %v with a hint", c.about, err, c.kind)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", c.about, got, err, c.want)
		}
	}
}
