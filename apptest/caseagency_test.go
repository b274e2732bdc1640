package apptest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAnAgencySeesItsOwnSideOfAConflictAndWhichDatasetsContradictIt(t *testing.T) {
	h, _, _ := country(t)
	var cases []struct{ ID, Dataset, Rule string }
	h.ok("case", "list", "--agency", "civil-status", "--json").json(t, &cases)
	base, seen := h.up().address, 0
	lan, hotich := visit(t, base, "lan"), visit(t, base, "hotich")
	for _, c := range cases {
		if !strings.HasPrefix(c.Rule, "conflict.") {
			continue
		}
		var shown struct {
			Sample []struct {
				Key, Value string
				Against    string `json:"others_say"`
				Evidence   string `json:"others"`
			}
		}
		h.ok("case", "show", c.ID, "--purpose", "correction", "--json").json(t, &shown)
		form := url.Values{"purpose": {"correction"}}
		both := lan.post(http.StatusOK, "/cases/"+c.ID, form)
		own := hotich.post(http.StatusOK, "/cases/"+c.ID, form)
		hotich.wants(own, "only which dataset contradicts them", "The hub has known of this since")
		for _, row := range shown.Sample {
			if row.Against == "" || row.Against == row.Value {
				t.Fatalf("%s: the others say %q of %q", c.ID, row.Against, row.Value)
			}
			seen++
			lan.wants(both, row.Key, row.Value, row.Against, row.Evidence)
			hotich.wants(own, row.Key, row.Value, row.Evidence)
			if strings.Contains(own, row.Against) {
				t.Errorf("%s: the agency is shown what the others say", c.ID)
			}
		}
	}
	if seen == 0 {
		t.Fatal("no record of civil status is contradicted")
	}
}
