package web

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/state"
)

const birthContract = `apiVersion: v3.1.0
kind: DataContract
id: civil-status
version: 1.0.0
status: active
servers:
  - {server: files, type: local, path: sources/birth.csv, format: csv}
schema:
  - name: birth
    physicalName: birth.csv
    properties:
      - {name: id, logicalType: string, primaryKey: true, required: true}
      - {name: name, logicalType: string, required: true}
      - {name: score, logicalType: integer, logicalTypeOptions: {maximum: 10}}
      - name: mother
        logicalType: string
        relationships: [{to: "population.odcs.yaml#schema/person/properties/id"}]
`

const personContract = `apiVersion: v3.1.0
kind: DataContract
id: population
version: 1.0.0
status: active
servers:
  - {server: files, type: local, path: sources/person.csv, format: csv}
schema:
  - name: person
    physicalName: person.csv
    properties:
      - {name: id, logicalType: string, primaryKey: true, required: true}
      - {name: name, logicalType: string, required: true}
      - {name: score, logicalType: integer, logicalTypeOptions: {maximum: 10}}
`

// realHub is a console over a small hub that has data.
type realHub struct {
	http.Handler
	t      *testing.T
	dir    string
	desk   desk.Options
	flow   *flow.Flow
	state  *state.State
	door   *access.Door
	server *Server
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// must gives what something made, or ends the test.
func must[T any](t *testing.T, made T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// newRealHub synchronises births and people, and serves the console over them
// with an account for each role; the agency's is civil-status's.
func newRealHub(t *testing.T, births, people string) *realHub {
	t.Helper()
	h := &realHub{t: t, dir: t.TempDir()}
	put(t, filepath.Join(h.dir, "contracts", "civil-status.odcs.yaml"), birthContract)
	put(t, filepath.Join(h.dir, "contracts", "population.odcs.yaml"), personContract)
	put(t, filepath.Join(h.dir, "sources", "birth.csv"), births)
	put(t, filepath.Join(h.dir, "sources", "person.csv"), people)
	h.open()
	h.sync()
	return h
}

func (h *realHub) open() {
	t, data := h.t, filepath.Join(h.dir, "data")
	ctx := t.Context()
	set, problems := contract.LoadDir(filepath.Join(h.dir, "contracts"), contract.Options{})
	if errs := problems.Errors(); len(errs) > 0 {
		t.Fatal(errs)
	}
	made, err := engine.Open(ctx, engine.Options{Functions: clean.Functions(), Threads: 1, Spill: filepath.Join(data, "tmp")})
	e := must(t, made, err)
	opened, err := lake.Open(ctx, lake.Options{Dir: filepath.Join(data, "lake")})
	l := must(t, opened, err)
	kept, err := state.Open(ctx, filepath.Join(data, "state.db"), state.Options{})
	h.state = must(t, kept, err)
	rings, err := keys.Open(filepath.Join(data, "keys"))
	ring := must(t, rings, err)
	other, err := engine.Open(ctx, engine.Options{Threads: 1, Only: []string{l.Root()}})
	confined := must(t, other, err)
	own := func(context.Context) (*engine.Engine, error) { return confined, nil }
	h.flow = flow.New(flow.Options{Hub: h.dir, Engine: e, Lake: l, State: h.state, Keys: ring,
		Rules: clean.Rules{Engine: own, Timeout: time.Second}, Principal: sen.Principal{ID: "operator:test"}})
	t.Cleanup(func() { confined.Close(); e.Close(); l.Close(); h.state.Close() })
	h.door = access.New(h.state, ring, access.Options{})
	h.desk = desk.Options{Dir: h.dir, Country: "Sen", Contracts: set, State: h.state, Lake: l, Engine: e, Door: h.door, Flow: h.flow,
		Reread: func() (*contract.Set, contract.Problems) {
			return contract.LoadDir(filepath.Join(h.dir, "contracts"), contract.Options{})
		},
		Settle: func(context.Context) error { return nil }}
	accounts := account.New(h.state, account.Options{})
	addAccounts(t, h.state)
	server, err := New(Options{Desk: desk.New(h.desk), Accounts: accounts, Country: "Sen"})
	h.server = must(t, server, err)
	h.Handler = h.server.Handler()
}

func (h *realHub) sync() {
	h.t.Helper()
	for _, out := range h.flow.Sync(h.t.Context(), h.desk.Contracts.Datasets(), flow.Demand{}) {
		if out.Err != nil {
			h.t.Fatal(out.Err)
		}
	}
}

// entries are the journal's, the newest first.
func (h *realHub) entries() []access.Entry {
	h.t.Helper()
	found, err := h.door.Entries(h.t.Context(), access.Filter{}, 1000)
	return must(h.t, found, err)
}
