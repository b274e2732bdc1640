package flow_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/quality"
)

// withRule is the contract with a rule of its own SQL, which must answer 0.
func withRule(query string) string {
	rule := "    quality:\n      - {type: sql, id: own, query: \"" + strings.ReplaceAll(query, `"`, `\"`) + "\", mustBe: 0}\n    properties:\n"
	return strings.Replace(people, "    properties:\n", rule, 1)
}

// ruleLine is where the rule stands in withRule's contract.
const ruleLine = "people.odcs.yaml:12"

func TestAContractsOwnSQLSeesItsDatasetAndNothingElse(t *testing.T) {
	written := filepath.Join(t.TempDir(), "written.csv")
	h := newHub(t, people, three)
	h.mustSync()
	table, err := filepath.Glob(filepath.Join(h.dir, "data/lake/landed/people/person/data/*.parquet"))
	if err != nil || len(table) == 0 {
		t.Fatalf("no landed file: %v", err)
	}
	for query, says := range map[string]string{
		`SELECT count(*) FROM read_text('/etc/passwd')`:                              "function read_text reads what is no dataset",
		`SELECT count(*) FROM '/etc/passwd'`:                                         "a rule may read its own dataset only",
		`SELECT count(*) FROM '` + table[0] + `'`:                                    "a rule may read its own dataset only",
		`SELECT count(*) FROM population.person`:                                     "a rule may read its own dataset only",
		`WITH x AS (FROM glob('/**')) SELECT count(*) FROM x`:                        "function glob reads",
		`SELECT count(*) FROM query('SELECT 1')`:                                     "function query reads",
		`COPY (SELECT 1) TO '` + written + `'`:                                       "cannot be read",
		`SELECT 0; COPY (SELECT 1) TO '` + written + `'`:                             "cannot be read",
		`0) AS DOUBLE); COPY (SELECT 1) TO '` + written + `'; SELECT CAST((0`:        "cannot be read",
		`SET enable_external_access = true`:                                          "cannot be read",
		`ATTACH '` + written + `'`:                                                   "cannot be read",
		`SELECT nothing FROM ${object}`:                                              `"nothing" not found`,
		`SELECT score FROM ${object}, range(2)`:                                      "it fails over the data",
		`SELECT max(CAST(full_name AS INTEGER)) FROM ${object}`:                      "it fails over the data: conversion error",
		`SELECT max(score) FROM ${object} WHERE false`:                               "answers no value",
		`SELECT count(*) FROM range(100000000000) a WHERE hash(a.range) = 7`:         "took longer than 1s",
		`SELECT sum(length(repeat('x', 1000000000))) FROM ${object}, range(1000000)`: "",
	} {
		h.contract = withRule(query)
		out := h.sync()
		if out.Err != nil {
			t.Errorf("%s: the dataset stopped: %v", query, out.Err)
			continue
		}
		got := out.Results[0]
		if got.Status != clean.StatusBroken || !strings.Contains(got.Fault, says) || !strings.HasSuffix(got.Where, ruleLine) {
			t.Errorf("%s:\ngot  %s at %s: %s\nwant broken at %s: …%s…", query, got.Status, got.Where, got.Fault, ruleLine, says)
		}
		if strings.Contains(got.Fault, "Nguyễn") {
			t.Errorf("%s: the fault holds a person's value: %s", query, got.Fault)
		}
	}
	if _, err := os.Stat(written); err == nil {
		t.Errorf("a rule wrote %s", written)
	}
	h.want("clean", "id", "1")
}

func TestAContractsOwnSQLMayCallItsDatasetByAnyOfItsNames(t *testing.T) {
	h := newHub(t, people, "ma,ho_ten,ngay_sinh,diem\n1,An,,3\n2,Bình,,4\n")
	h.mustSync()
	for _, query := range []string{
		`SELECT count(*) - 2 FROM ${object}`,
		`SELECT count(*) - 2 FROM person`,
		`SELECT count(*) - 2 FROM "person.csv"`,
		`WITH high AS (FROM ${object} WHERE score > 3) SELECT count(*) - 1 FROM high, range(1)`,
	} {
		h.contract = withRule(query)
		out := h.sync()
		if out.Err != nil || len(out.Results) != 1 || out.Results[0].Status != clean.StatusOK {
			t.Errorf("%s: got %+v, %v; want ok", query, out.Results, out.Err)
		}
	}
}

func TestAMendedRuleIsMeasuredThoughTheSourceHasNotChanged(t *testing.T) {
	h := newHub(t, withRule("SELECT nothing FROM ${object}"), three)
	h.mustSync()
	report := func() quality.DatasetReport {
		r, ok, err := quality.Load(t.Context(), h.options.State, "people.person", 1)
		if err != nil || !ok {
			t.Fatal(err)
		}
		return r
	}
	broken := func(o quality.Offender) bool { return o.Finding == quality.FoundBroken && o.Rule == "own" }
	if r := report(); !slices.ContainsFunc(r.Offenders, broken) || r.Checks[0].Status != clean.StatusNotRun {
		t.Errorf("got %+v, want the broken rule among what is worst, and %+v not-run", r.Offenders, r.Checks)
	}
	if again := h.sync(); !again.Unchanged || again.Results[0].Fault == "" {
		t.Errorf("again: got %+v, want its fault told again", again.Results)
	}
	h.contract = withRule("SELECT count(*) FROM ${object} WHERE score > 5")
	out := h.flow.Sync(t.Context(), []contract.Dataset{h.dataset()}, flow.Demand{})[0]
	if !out.Unchanged || out.Results[0].Status != clean.StatusFailed || out.Results[0].Value != 1 {
		t.Errorf("got unchanged %v, %+v; want the mended rule failed with 1", out.Unchanged, out.Results)
	}
	if r := report(); slices.ContainsFunc(r.Offenders, broken) || r.Checks[0].Status != clean.StatusFailed {
		t.Errorf("got %+v, want the mended rule's result kept", r.Checks)
	}
}

// A source that has a header and no row has nothing that breaks a rule.
func TestRulesOfRowsHoldWhereThereIsNoRow(t *testing.T) {
	h := newHub(t, strings.Replace(people, "        logicalType: date\n", `        logicalType: date
        quality:
          - {metric: nullValues, mustBe: 0}
          - {metric: duplicateValues, mustBe: 0, unit: percent}
          - {metric: invalidValues, arguments: {validValues: ["2001-02-03"]}, mustBeLessThan: 5, unit: percent}
`, 1), "ma,ho_ten,ngay_sinh,diem\n")
	out := h.sync()
	if out.Err != nil || len(out.Results) != 3 {
		t.Fatalf("got %+v, %v", out.Results, out.Err)
	}
	for _, r := range out.Results {
		if r.Status != clean.StatusOK || r.Value != 0 {
			t.Errorf("%s: %s, %v", r.Rule, r.Status, r.Value)
		}
	}
}
