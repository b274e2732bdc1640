package contract

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const crossContract = `apiVersion: v3.1.0
kind: DataContract
id: %s
version: 1.0.0
status: active
servers: [{server: file, type: local, path: x.csv, format: csv}]
schema:
  - name: record
    quality:
      - name: held
        type: custom
        engine: sen
        implementation: %s
    properties:
      - {name: id, logicalType: string}
      - {name: day, logicalType: date}
      - {name: office, logicalType: string}
      - {name: amount, logicalType: integer}
`

// crossSet is a set of two contracts, the first with a rule.
func crossSet(t *testing.T, implementation string) (*Set, Problems) {
	t.Helper()
	dir := t.TempDir()
	for id, rule := range map[string]string{"a": implementation, "b": "{sequence: id}"} {
		if err := os.WriteFile(filepath.Join(dir, id+".odcs.yaml"), fmt.Appendf(nil, crossContract, id, rule), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return LoadDir(dir, Options{})
}

func TestARuleAcrossSourcesSaysWhatItHoldsAgainstWhat(t *testing.T) {
	for _, c := range []struct{ implementation, want string }{
		{"{agrees: b.record, on: {id: id}, columns: {day: day, office: office}}", "agrees [b.record] [{id id}] [{day day} {office office}] []"},
		{"{unique: [b.record], columns: {id: office}}", "unique [b.record] [] [{id office}] []"},
		{"{unique: b.record, columns: {id: id}}", "unique [b.record] [] [{id id}] []"},
		{"{after: b.record, on: {id: id}, columns: {day: day}}", "after [b.record] [{id id}] [{day day}] []"},
		{"{sum: b.record, on: {office: office}, columns: {amount: amount}}", "sum [b.record] [{office office}] [{amount amount}] []"},
		{"{agrees: b.record, on: {id: id}, columns: {day: office}}", "agrees [b.record] [{id id}] [{day office}] []"},
		{"{sequence: id, by: [office]}", "sequence [] [] [{id }] [office]"},
	} {
		s, problems := crossSet(t, c.implementation)
		if errs := problems.Errors(); len(errs) > 0 {
			t.Errorf("%s: %v", c.implementation, errs)
			continue
		}
		d, _ := s.Lookup("a.record")
		if len(d.CrossRules()) != 1 {
			t.Errorf("%s: %d rules", c.implementation, len(d.CrossRules()))
			continue
		}
		r := d.CrossRules()[0]
		if got := fmt.Sprint(r.Kind, " ", r.With, " ", r.On, " ", r.Columns, " ", r.By); got != c.want || r.Rule.Label() != "held" {
			t.Errorf("%s: got %s, want %s", c.implementation, got, c.want)
		}
	}
}

func TestAWrongRuleAcrossSourcesNamesTheLine(t *testing.T) {
	for _, c := range []struct{ implementation, says string }{
		{"look at b", "says what it holds against what"},
		{"{on: {id: id}}", "does not say what it holds"},
		{"{agrees: b.recrod, on: {id: id}, columns: {day: day}}", `no dataset "b.recrod"`},
		{"{agrees: b.record, on: {id: nr}, columns: {day: day}}", `no property "nr"`},
		{"{agrees: b.record, on: {nr: id}, columns: {day: day}}", `no property "nr"`},
		{"{agrees: b.record, columns: {day: day}}", "agrees and on do not fit"},
		{"{agrees: b.record, on: {id: id}}", "names no columns"},
		{"{agrees: [b.record, b.record], on: {id: id}, columns: {day: day}}", "takes one dataset"},
		{"{agrees: b.record, after: b.record, on: {id: id}, columns: {day: day}}", "both after and agrees"},
		{"{agrees: b.record, onn: {id: id}, columns: {day: day}}", `knows no "onn"`},
		{"{unique: b.record, on: {id: id}, columns: {day: day}}", "unique and on do not fit"},
		{"{agrees: b.record, on: id, columns: {day: day}}", "on pairs columns"},
		{"{after: b.record, on: {id: id}, columns: {day: office}}", "day is of type date, and office of b.record is of type string"},
		{"{agrees: b.record, on: {id: amount}, columns: {day: day}}", "id is of type string, and amount of b.record is of type number"},
		{"{sum: b.record, on: {id: id}, columns: {office: office}}", "office is no number"},
		{"{sequence: nr}", `no property "nr"`},
	} {
		_, problems := crossSet(t, c.implementation)
		errs := problems.Errors()
		if len(errs) == 0 || !strings.Contains(errs[0].Msg, c.says) || errs[0].Line != 13 || !strings.HasSuffix(errs[0].File, "a.odcs.yaml") {
			t.Errorf("%s: got %v, want %q at a.odcs.yaml:13", c.implementation, errs, c.says)
		}
	}
}
