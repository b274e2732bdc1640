package apptest

import (
	"path/filepath"
	"strings"
	"testing"
)

const crossHead = `apiVersion: v3.1.0
kind: DataContract
id: AGENCY
version: 1.0.0
status: active
servers: [{server: file, type: local, path: sources/AGENCY.csv, format: csv}]
schema:
  - name: record
    quality:
RULES
    properties:
      - {name: number, logicalType: integer, primaryKey: true, required: true}
      - {name: pin, logicalType: string, required: true}
      - {name: day, logicalType: date, authoritativeDefinitions: [{type: dataElement, url: sen:element/date}]}
      - {name: amount, logicalType: integer}
`

// Rules that need two agencies are run at the end of a sync, on what each of
// them has then; what they find are cases at the agency that owns the datum.
func TestRulesAcrossAgenciesAreRunAtTheEndOfASync(t *testing.T) {
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("contracts/population.odcs.yaml", strings.NewReplacer("AGENCY", "population", "    quality:\nRULES\n", "").Replace(crossHead))
	rule := func(name, implementation string) string {
		return "      - {name: " + name + ", type: custom, engine: sen, dimension: consistency, implementation: " + implementation + "}\n"
	}
	s.write("contracts/death.odcs.yaml", strings.NewReplacer("AGENCY", "death", "RULES\n",
		rule("not-before-birth", "{after: population.record, on: {pin: pin}, columns: {day: day}}")+
			rule("amount-as-population", "{agrees: population.record, on: {pin: pin}, columns: {amount: amount}}")+
			rule("number-in-one-place", "{unique: [population.record], columns: {number: number}}")+
			rule("amounts-add-up", "{sum: population.record, on: {pin: pin}, columns: {amount: amount}}")+
			rule("none-left-out", "{sequence: number}")).Replace(crossHead))
	s.write("sources/population.csv", "number,pin,day,amount\n1,a,01/01/1950,5\n2,b,01/01/1960,6\n3,c,01/01/1970,7\n")
	s.write("sources/death.csv", "number,pin,day,amount\n11,a,01/01/1940,5\n12,b,01/01/2000,9\n3,c,02/01/1970,7\n15,d,02/03/1901,\n")

	s.ok("sync", "death").says(t, "none-left-out", "1 opened").saysNot(t, "amount-as-population") // population has not come in: nothing is known of it
	s.ok("sync").says(t, "not-before-birth", "amount-as-population", "number-in-one-place", "amounts-add-up", "none-left-out", "4 opened")

	var all []caseJSON
	s.ok("case", "list", "--json").json(t, &all)
	got := map[string]string{}
	for _, c := range all {
		got[c.Rule] = c.Kind + " " + c.Owner + " " + string(rune('0'+c.Rows))
	}
	for name, want := range map[string]string{"not-before-birth": "violation death 1", "amount-as-population": "disagreement death 1", "number-in-one-place": "violation death 1",
		"amounts-add-up": "violation death 1", "none-left-out": "violation death 4"} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	for _, c := range all {
		shown := s.ok("case", "show", c.ID, "--purpose", "test")
		switch c.Rule {
		case "not-before-birth":
			shown.says(t, "number=11", "1940-01-01")
		case "amount-as-population":
			shown.says(t, "number=12", "9")
		case "number-in-one-place":
			shown.says(t, "number=3")
		}
	}

	// A column that the other dataset has under its contract and not yet in the
	// store: the rule cannot be run, so nobody knows, and its case stays.
	population, death := s.read("contracts/population.odcs.yaml"), s.read("contracts/death.odcs.yaml")
	s.write("contracts/population.odcs.yaml", strings.Replace(population, "{name: amount,", "{name: total, physicalName: amount,", 1))
	s.write("contracts/death.odcs.yaml", strings.ReplaceAll(death, "columns: {amount: amount}", "columns: {amount: total}"))
	s.ok("sync", "death").says(t, "rules that could not be run", "amount-as-population", "5 stand", "0 closed").saysNot(t, "Binder")
	s.ok("case", "list").says(t, "amount-as-population", "amounts-add-up")
	s.write("contracts/population.odcs.yaml", population)
	s.write("contracts/death.odcs.yaml", death)

	// Mended at one agency, and again without either source having changed.
	s.write("sources/death.csv", "number,pin,day,amount\n11,a,01/01/1990,5\n12,b,01/01/2000,6\n13,c,02/01/1970,7\n14,d,02/03/1901,\n")
	s.ok("sync").says(t, "5 closed; 0 stand")
	s.ok("sync").says(t, "unchanged")

	s.write("contracts/death.odcs.yaml", strings.Replace(s.read("contracts/death.odcs.yaml"), "agrees: population.record", "agrees: population.recrod", 1))
	s.want(2, "contract", "check").says(t, "death.odcs.yaml:11", `no dataset "population.recrod"`, "did you mean population.record?")
}
