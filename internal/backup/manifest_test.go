package backup

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
)

const aList = `{"format": 1, "id": "20260301T080000Z-00ab", "hub": "H", "root": "/hub/data/lake", "schema": 1,
 "tables": [{"namespace": "clean_a", "table": "b", "metadata": "clean/a/b/metadata/0.metadata.json"}],
 "files": [{"path": "state.db", "bytes": 1, "sha256": "` + zeros + `"},
  {"path": "lake/clean/a/b/metadata/0.metadata.json", "role": "metadata", "bytes": 1, "sha256": "` + zeros + `"}]}`

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

func TestAListLeadsNowhereButIntoAHub(t *testing.T) {
	if _, err := parseManifest([]byte(aList)); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"a path that leads out":       {"state.db", "keys/../../etc/passwd"},
		"an absolute path":            {"state.db", "/etc/passwd"},
		"another part of a hub":       {"state.db", "locks/x"},
		"no state":                    {"state.db", "keys/x"},
		"a role that is none":         {`"role": "metadata"`, `"role": "x"`},
		"a lake file without a role":  {`"role": "metadata", `, ``},
		"a negative length":           {`"bytes": 1`, `"bytes": -1`},
		"a table without metadata":    {"clean/a/b/metadata/0.metadata.json\"}]", "clean/a/b/metadata/1.metadata.json\"}]"},
		"an id that names a file":     {"20260301T080000Z-00ab", "../x"},
		"no format":                   {`"format": 1`, `"format": 0`},
		"not JSON":                    {`{"format"`, `{format`},
		"a digest that is none":       {zeros, "00"},
		"a path with a NUL":           {"state.db", `keys/a\u0000b`},
		"a path with a reverse slash": {"state.db", `keys/..\\..\\x`},
	} {
		text := strings.Replace(aList, change[0], change[1], 1)
		if _, err := parseManifest([]byte(text)); sen.KindOf(err) != sen.Corrupt || err == nil {
			t.Errorf("%s: got %v, want corrupt", what, err)
		}
	}
	if _, err := parseManifest([]byte(strings.Replace(aList, `"format": 1`, `"format": 2`, 1))); sen.KindOf(err) != sen.Unavailable {
		t.Errorf("a newer format: got %v", err)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(aList))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseManifest(text)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if strings.Contains(file.Path, "..") && file.check() != nil {
				t.Errorf("accepted %q", file.Path)
			}
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseManifest(again); err != nil {
			t.Errorf("written again it is refused: %v", err)
		}
	})
}
