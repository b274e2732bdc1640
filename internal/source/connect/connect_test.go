package connect

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
)

const registerContract = `apiVersion: v3.1.0
kind: DataContract
id: register
name: register
version: 1.0.0
status: active
servers:
  - server: register
    type: api
    location: ADDRESS/v1
    customProperties: [{property: tls, value: "off"}, {property: paging, value: none}, {property: password, value: "env:SEN_TEST_TOKEN"}]
schema:
  - name: birth
    physicalName: births
    properties: [{name: id, logicalType: integer}]
`

func TestADatasetOfAnAPIIsOpenedAsItsContractSays(t *testing.T) {
	t.Setenv("SEN_TEST_TOKEN", "made-up")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/births" || r.Header.Get("Authorization") != "Bearer made-up" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `[{"id":1},{"id":2}]`)
	}))
	defer server.Close()
	c, problems := contract.Parse("register.odcs.yaml", []byte(strings.Replace(registerContract, "ADDRESS", server.URL, 1)),
		contract.Options{Elements: func(string) bool { return true }})
	if errs := problems.Errors(); len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, gates := range []*live.Gates{nil, {}} {
		r, err := Open(t.Context(), c.Datasets()[0], Options{Gates: gates})
		if err != nil {
			t.Fatal(err)
		}
		at, err := r.Read(t.Context(), source.Mark{}, func(g *source.Range) error { g.Release(); return nil })
		if err != nil || at.Rows != 2 || at.Point == nil {
			t.Errorf("got %+v, %v", at, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
