package apptest

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/xlsx"
)

const caseContracts = `apiVersion: v3.1.0
kind: DataContract
id: AGENCY
version: 1.0.0
status: active
servers: [{server: file, type: local, path: sources/AGENCY.csv, format: csv}]
schema:
  - name: OBJECT
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - {name: born_on, logicalType: date, authoritativeDefinitions: [{type: dataElement, url: sen:element/date}]}
      - {name: mother, logicalType: integer, relationships: [{type: foreignKey, to: "people.odcs.yaml#schema/person/properties/id"}]}
`

type caseJSON struct {
	ID, Owner, Dataset, Kind, Rule, State string
	Rows                                  int64
	Reopened                              int
}

// A fault at the source is a case until it is mended there, and the same case
// again when it comes back; the agency's replies come in by the file that went
// out.
func TestACaseIsOpenUntilTheSourceIsMended(t *testing.T) {
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("contracts/people.odcs.yaml", strings.NewReplacer("AGENCY", "people", "OBJECT", "person").Replace(caseContracts))
	s.write("contracts/births.odcs.yaml", strings.NewReplacer("AGENCY", "births", "OBJECT", "birth").Replace(caseContracts))
	s.write("sources/people.csv", "id,born_on,mother\n1,01/02/1980,\n2,03/04/2001,1\n")
	wrong, right := "id,born_on,mother\n7,30/02/2001,1\n8,31/02/2001,1\n9,05/06/2003,55\n", "id,born_on,mother\n7,28/02/2001,1\n8,28/02/2001,1\n9,05/06/2003,2\n"
	s.write("sources/births.csv", wrong)
	s.ok("sync").says(t, "2 opened")

	list := func(args ...string) (out []caseJSON) {
		s.ok(append([]string{"case", "list", "--json"}, args...)...).json(t, &out)
		return out
	}
	all := list()
	if len(all) != 2 || all[0] != (caseJSON{"C-000001", "births", "births.birth", "violation", "born_on.impossible", "open", 2, 0}) ||
		all[1].Kind != "missing" || all[1].Owner != "people" || all[1].Rows != 1 {
		t.Fatalf("got %+v", all)
	}
	s.ok("sync").says(t, "0 opened, 0 reopened, 0 closed; 2 stand")

	// Rows want a purpose; the state holds none of them.
	s.ok("case", "show", "C-000001").saysNot(t, "30/02/2001")
	s.want(5, "case", "export", "-o", "cases.csv").says(t, "purpose")
	s.ok("case", "show", "1", "--purpose", "test").says(t, "30/02/2001", "id=7", "opened")
	if strings.Contains(s.read("data/state.db"), "30/02/2001") {
		t.Error("the state holds a value of a case")
	}
	s.ok("case", "export", "-o", "cases.csv", "--purpose", "test").says(t, "2 cases, 3 rows")
	if info, err := os.Stat(filepath.Join(s.dir, "cases.csv")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is open to others: %v %v", info.Mode(), err)
	}
	rows, err := csv.NewReader(strings.NewReader(s.read("cases.csv"))).ReadAll()
	if err != nil || len(rows) != 4 || strings.Join(rows[3][:9], "|") != "C-000002|births.birth|id=9||mother|55||people.person|refers to a record that is not there" {
		t.Fatalf("got %q, %v", rows, err)
	}

	// The agency fills in its replies.
	reply := func(at int, reply, note, to, until string) {
		copy(rows[at][10:], []string{reply, note, to, until})
		var b strings.Builder
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		s.write("cases.csv", b.String())
	}
	reply(1, "accept", "", "", "")
	reply(2, "reject", "look at the register", "", "")
	s.want(2, "case", "import", "cases.csv").says(t, "cases.csv:3", "line 2 says another thing of C-000001")
	reply(2, "", "", "", "")
	reply(3, "hand-over", "", "nobody", "")
	s.want(2, "case", "import", "cases.csv").says(t, "cases.csv:4", "no agency of this hub", "no reply was taken")
	if got := list("--state", "accepted"); len(got) != 0 {
		t.Errorf("half of a file was taken: %+v", got)
	}
	reply(3, "hand-over", "", "births", "")
	s.ok("case", "import", "cases.csv", "--dry-run").says(t, "2 would change")
	s.ok("case", "import", "cases.csv").says(t, "2 changed")
	s.ok("case", "import", "cases.csv").says(t, "0 changed")
	if got := list("--agency", "births"); len(got) != 2 || got[0].State != "accepted" || got[1].State != "open" {
		t.Errorf("got %+v", got)
	}

	// The official table has a sheet for agencies, one for datasets with what bad
	// data cost, and one for what is wrong.
	s.ok("quality", "--output", "quality.xlsx").says(t, "2 agencies")
	book := s.read("quality.xlsx")
	sheets, err := xlsx.Read(strings.NewReader(book), int64(len(book)))
	if err != nil || len(sheets) != 3 || len(sheets[0].Rows) != 5 || sheets[1].Rows[1][0].Text != "births.birth" || sheets[1].Rows[1][2].Text != "2" || sheets[1].Rows[1][3].Text != "1" {
		t.Errorf("got %+v, %v", sheets, err)
	}

	// A rule that only warns makes a case too.
	contract := s.read("contracts/births.odcs.yaml")
	s.write("contracts/births.odcs.yaml", strings.Replace(contract, "{name: mother, logicalType: integer,",
		"{name: mother, logicalType: integer, quality: [{metric: invalidValues, arguments: {validValues: [1]}, mustBe: 0, severity: warning}],", 1))
	s.ok("sync")
	if got := len(list()); got != 3 {
		t.Errorf("%d cases with a rule that warns", got)
	}
	s.write("contracts/births.odcs.yaml", contract)

	// A case whose contract is gone holds up no export.
	s.ok("sync")
	s.write("contracts/births.odcs.yaml", strings.Replace(contract, "name: birth", "name: other", 1))
	s.ok("case", "export", "-o", "orphans.csv", "--purpose", "test").says(t, "2 cases")
	s.write("contracts/births.odcs.yaml", contract)

	// Mended at the source, both close.
	s.write("sources/births.csv", right)
	s.ok("sync").says(t, "2 closed; 0 stand")
	s.ok("case", "list").says(t, "There is no case")
}

func TestACaseClosesAndComesBack(t *testing.T) {
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("contracts/people.odcs.yaml", strings.NewReplacer("AGENCY", "people", "OBJECT", "person", ", relationships: [{type: foreignKey, to: \"people.odcs.yaml#schema/person/properties/id\"}]", "").Replace(caseContracts))
	for _, step := range []struct{ day, says string }{
		{"30/02/2001", "1 opened, 0 reopened, 0 closed; 1 stand"}, {"28/02/2001", "0 opened, 0 reopened, 1 closed; 0 stand"}, {"29/02/2001", "0 opened, 1 reopened, 0 closed; 1 stand"},
	} {
		s.write("sources/people.csv", "id,born_on,mother\n1,"+step.day+",\n2,01/01/1990,\n")
		s.ok("sync").says(t, step.says)
	}
	s.ok("case", "show", "1").says(t, "opened", "the data are right", "the fault came back")
	s.ok("case", "reply", "1", "reject", "--note", "a leap year by the old calendar")
	s.want(2, "case", "reply", "1", "reject").says(t, "needs its evidence")
	s.ok("case", "reply", "1", "insist")
	s.want(3, "case", "reply", "9", "accept").says(t, "there is no case C-000009")
}

// One rule on two columns is two cases, each with its own rows; and an export
// that leaves rows out says so.
func TestACaseShowsItsOwnRowsAndAnExportSaysWhatItCuts(t *testing.T) {
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	rule := "quality: [{name: known, metric: invalidValues, arguments: {validValues: [a]}, mustBe: 0, severity: error}]"
	s.write("contracts/people.odcs.yaml", `apiVersion: v3.1.0
kind: DataContract
id: people
version: 1.0.0
status: active
servers: [{server: file, type: local, path: sources/people.csv, format: csv}]
schema:
  - name: person
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - {name: one, logicalType: string, `+rule+`}
      - {name: two, logicalType: string, `+rule+`}
`)
	s.write("sources/people.csv", "id,one,two\n1,x,a\n2,y,a\n3,a,z\n")
	s.ok("sync")
	s.ok("case", "export", "-o", "cases.csv", "--purpose", "test").says(t, "2 cases, 3 rows").saysNot(t, "more rows than")
	s.ok("case", "export", "-o", "cases.csv", "--limit", "1", "--purpose", "test").says(t, "2 cases, 2 rows", "1 cases have more rows than --limit 1: C-00000")
	if left, _ := filepath.Glob(filepath.Join(s.dir, "*.part")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
