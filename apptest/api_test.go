package apptest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const apiContract = `apiVersion: v3.1.0
kind: DataContract
id: cards
version: 1.0.0
status: active
servers:
  - server: live
    type: api
    location: %s/v1
    customProperties:
      - {property: tls, value: "off"}
      - {property: password, value: "env:SEN_TEST_TOKEN"}
      - {property: paging, value: offset}
      - {property: pageSize, value: 100}
      - {property: rows, value: /rows}
      - {property: total, value: /total}
      - {property: changes, value: /at}
      - {property: changesParameter, value: since}
      - {property: patience, value: 2s}
schema:
  - name: card
    physicalName: cards
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - {name: holder, logicalType: string, required: true}
`

// cardsAPI is an agency's API: pages, a token, a change cursor, and now and
// then an answer that says to come back later.
type cardsAPI struct {
	mu       sync.Mutex
	rows     []map[string]any // each with the version that changed it
	version  int
	asked    []string
	answered int
}

func (a *cardsAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer made-up" || r.URL.Path != "/v1/cards" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if a.answered++; a.answered%7 == 3 {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	a.asked = append(a.asked, r.URL.RawQuery)
	since, _ := strconv.Atoi(r.URL.Query().Get("since"))
	from, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	rows := []map[string]any{}
	for _, row := range a.rows {
		if row["changed"].(int) > since {
			rows = append(rows, map[string]any{"id": row["id"], "holder": row["holder"]})
		}
	}
	total := len(rows)
	rows = rows[min(from, total):min(from+100, total)]
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"rows": rows, "total": total, "at": strconv.Itoa(a.version)})
}

// since is what was asked since the last call.
func (a *cardsAPI) since() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	asked := a.asked
	a.asked = nil
	return asked
}

func TestAnAPIIsReadPageByPageAndAskedForWhatChanged(t *testing.T) {
	api := &cardsAPI{version: 1}
	for i := range 950 {
		api.rows = append(api.rows, map[string]any{"id": i, "holder": fmt.Sprintf("Người %d", i), "changed": 1})
	}
	server := httptest.NewServer(api)
	defer server.Close()
	t.Setenv("SEN_TEST_TOKEN", "made-up")
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("contracts/cards.odcs.yaml", fmt.Sprintf(apiContract, server.URL))
	s.ok("source", "test", "live").says(t, "read cards")
	api.since()

	s.ok("sync").says(t, "cards.card", "950")
	if asked := api.since(); len(asked) != 10 {
		t.Errorf("950 rows in pages of 100 were asked for in %d requests: %v", len(asked), asked)
	}
	s.ok("sync").says(t, "950", "unchanged")
	if asked := api.since(); len(asked) != 2 || !strings.Contains(asked[1], "since=1") {
		t.Errorf("nothing has changed, and this was asked for: %v", asked)
	}

	api.mu.Lock()
	api.version = 2
	api.rows[17]["holder"], api.rows[17]["changed"] = "Người khác", 2
	api.rows = append(api.rows, map[string]any{"id": 950, "holder": "Người 950", "changed": 2})
	api.mu.Unlock()
	s.ok("sync").says(t, "951")
	s.ok("query", "SELECT holder FROM cards.card WHERE id = 17", "--purpose", "test").says(t, "Người khác")
	s.ok("verify").says(t, "agree")

	// A row goes, and the cursor says nothing of it: the total does.
	api.mu.Lock()
	api.rows = api.rows[1:]
	api.mu.Unlock()
	s.ok("sync").says(t, "950").saysNot(t, "unchanged")

	t.Setenv("SEN_TEST_TOKEN", "another")
	s.want(5, "sync").says(t, "cards.card", "401")
	log, _ := os.ReadFile(filepath.Join(s.dir, "data", "state.db"))
	if strings.Contains(string(log), "made-up") {
		t.Error("the token stands in the state")
	}
}
