package contract

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const register = `apiVersion: v3.1.0
kind: DataContract
id: civil-status
version: 1.0.0
status: active
servers:
  - {server: live, type: postgres, host: h, port: 5432, database: d, schema: public}
schema:
  # Births, since 1990.
  - name: birth
    physicalName: births
    properties:
      - name: id # as on the paper
        primaryKey: true
        required: true
        logicalType: string
        physicalType: character varying(20)
      - name: born_on
        physicalName: ngay_sinh
        logicalType: date
        physicalType: date

        required: true
      - name: weight
        description: >
          In grams,
          as weighed.
        physicalName: can_nang
        logicalType: integer
        physicalType: integer
      - name: note
        physicalName: ghi_chu
        logicalType: string
        physicalType: text
  - name: death
    physicalName: deaths
    properties: [{name: id, logicalType: string, physicalType: text}]
`

func asIs() []Column {
	return []Column{{Name: "id", Type: "character varying(20)"}, {Name: "ngay_sinh", Type: "date"}, {Name: "can_nang", Type: "integer"}, {Name: "ghi_chu", Type: "text"}}
}

func with(change func(a *Actual)) Actual {
	c, _ := Parse("civil-status.odcs.yaml", []byte(register), Options{})
	a := Actual{Dataset: c.Datasets()[0], Columns: asIs()}
	change(&a)
	return a
}

// added are the lines that a proposal puts in and takes out.
func changedLines(p Proposal) []string {
	var out []string
	for _, line := range strings.Split(p.Diff(), "\n") {
		if line != "" && line[0] != ' ' && !strings.HasPrefix(line, "@@") && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "+++") {
			out = append(out, strings.Join(strings.Fields(line), " "))
		}
	}
	return out
}

func TestDriftIsProposedAsAContract(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*Actual)
		changes []string
		want    string
		byHand  int
	}{
		{"nothing", func(*Actual) {}, nil, "", 0},
		{"a column of a near name", func(a *Actual) { a.Columns[1].Name = "ngay_sinh_moi" }, []string{"breaking birth.born_on"},
			"- physicalName: ngay_sinh|+ physicalName: ngay_sinh_moi", 0},
		{"another name in the same place", func(a *Actual) { a.Columns[2].Name = "weight_g" }, []string{"compatible birth.weight"},
			"- physicalName: can_nang|+ physicalName: weight_g", 0},
		{"another name and type", func(a *Actual) { a.Columns[1] = Column{Name: "dob", Type: "text"} },
			[]string{"breaking birth.born_on", "compatible birth.dob"},
			"- required: true|+ - name: dob|+ physicalName: dob|+ logicalType: string|+ physicalType: text", 0},
		{"a wider type", func(a *Actual) { a.Columns[2].Type = "bigint" }, []string{"compatible birth.weight"},
			"- physicalType: integer|+ physicalType: bigint", 0},
		{"a column that is gone and required", func(a *Actual) { a.Columns = append(a.Columns[:1], a.Columns[2:]...) }, []string{"breaking birth.born_on"}, "- required: true", 0},
		{"a column that is gone and optional", func(a *Actual) { a.Columns = a.Columns[:3] }, []string{"compatible birth.note"}, "", 0},
		{"the last one gone and another there is no renaming", func(a *Actual) { a.Columns[3].Name = "xyz" },
			[]string{"compatible birth.note", "compatible birth.xyz"}, "+ - name: xyz|+ physicalName: xyz|+ logicalType: string|+ physicalType: text", 0},
		{"a new column", func(a *Actual) {
			a.Columns = append(a.Columns, Column{Name: "Nơi sinh", Type: "text"})
			a.New = ObjectProfile{Sampled: 9, Columns: []ColumnProfile{{PhysicalName: "Nơi sinh", PhysicalType: "text", Optional: true, Classification: "personal"}}}
		}, []string{"compatible birth.Nơi sinh"},
			"+ - name: noi_sinh|+ physicalName: Nơi sinh|+ logicalType: string|+ physicalType: text|+ classification: personal", 0},
		{"another key", func(a *Actual) { a.Key = []string{"ngay_sinh", "can_nang"} }, []string{"breaking birth.key"},
			"- primaryKey: true|+ primaryKey: true|+ primaryKeyPosition: 1|+ primaryKey: true|+ primaryKeyPosition: 2", 0},
		{"a key of a new column", func(a *Actual) {
			a.Key, a.Columns = []string{"so"}, append(a.Columns, Column{Name: "so", Type: "text"})
		}, []string{"compatible birth.so", "breaking birth.key"},
			"- primaryKey: true|+ - name: so|+ physicalName: so|+ logicalType: string|+ physicalType: text", 1},
		{"no key", func(a *Actual) { a.Key = []string{} }, []string{"breaking birth.key"}, "- primaryKey: true", 0},
		{"the table renamed", func(a *Actual) { a.Gone, a.Now = true, "births_2026" }, []string{"breaking birth"},
			"- physicalName: births|+ physicalName: births_2026", 0},
		{"a table that is written in one line", func(a *Actual) {
			a.Dataset = a.Dataset.Contract.Datasets()[1]
			a.Columns = []Column{{Name: "id", Type: "text"}, {Name: "more", Type: "text"}}
		}, []string{"compatible death.more"}, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := with(tt.change)
			sameChanges(t, a.Changes(), tt.changes)
			p := Propose([]byte(register), []Actual{a}, Options{})
			if got := strings.Join(changedLines(p), "|"); got != tt.want || len(p.ByHand) != tt.byHand {
				t.Errorf("got %s, by hand %q\nwant %s\n%s", got, p.ByHand, tt.want, p.Diff())
			}
		})
	}
}

func TestATableThatIsGoneBecomesAComment(t *testing.T) {
	p := Propose([]byte(register), []Actual{with(func(a *Actual) { a.Gone = true })}, Options{})
	for _, want := range []string{"  # gone from the source:\n  # - name: birth\n  #   physicalName: births\n", "  #         as weighed.\n"} {
		if !strings.Contains(p.Text, want) {
			t.Errorf("got\n%s\nwant %q", p.Text, want)
		}
	}
	if c, problems := Parse("x", []byte(p.Text), Options{}); len(problems.Errors()) > 0 || len(c.Objects) != 1 || len(p.ByHand) > 0 {
		t.Errorf("got %v, by hand %q", problems, p.ByHand)
	}
}

func TestWhatIsProposedHasNoDriftLeft(t *testing.T) {
	a := with(func(a *Actual) {
		a.Columns[0].Type, a.Columns[1].Name, a.Columns[2].Type = "text", "ngay_sinhs", "text"
		a.Columns = append(a.Columns, Column{Name: "moi", Type: "numeric(5,2)"}, Column{Name: "Mới", Type: "date"})
		a.Key = []string{"ngay_sinhs"}
	})
	p := Propose([]byte(register), []Actual{a}, Options{})
	// The key's column has another name in the contract as it is: the second
	// proposal sees it.
	for range 2 {
		c, problems := Parse("x", []byte(p.Text), Options{})
		if len(problems.Errors()) > 0 {
			t.Fatalf("%v\n%s", problems, p.Text)
		}
		a.Dataset = c.Datasets()[0]
		p = Propose([]byte(p.Text), []Actual{a}, Options{})
	}
	if left := a.Changes(); len(left) > 0 || p.Diff() != "" {
		t.Errorf("left: %v\n%s\n%s", left, p.Diff(), p.Text)
	}
}

// The diff is one that patch applies.
func TestTheDiffMakesTheProposal(t *testing.T) {
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Skip("patch is not installed")
	}
	p := Propose([]byte(register), []Actual{with(func(a *Actual) {
		a.Columns[0].Type, a.Columns[2].Name, a.Key = "text", "weight_g", []string{}
		a.Columns = append(a.Columns, Column{Name: "moi", Type: "date"})
	})}, Options{})
	file := filepath.Join(t.TempDir(), "civil-status.odcs.yaml")
	if err := os.WriteFile(file, []byte(register), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(patch, "--fuzz=0", file)
	cmd.Stdin = strings.NewReader(p.Diff())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, p.Diff())
	}
	if got, _ := os.ReadFile(file); string(got) != p.Text {
		t.Errorf("got\n%s\nwant\n%s", got, p.Text)
	}
}

func FuzzPropose(f *testing.F) {
	f.Add(register, "ngay_sinh", "date", true)
	f.Add(string(Draft(sampleProfile())), "Họ: tên #", "character varying(3)", false)
	f.Fuzz(func(t *testing.T, src, name, kind string, gone bool) {
		c, problems := Parse("x.odcs.yaml", []byte(src), Options{})
		if c == nil || len(problems.Errors()) > 0 {
			return
		}
		var all []Actual
		for _, d := range c.Datasets() {
			all = append(all, Actual{Dataset: d, Gone: gone, Columns: []Column{{Name: name, Type: kind}}, Key: []string{name}})
		}
		p := Propose([]byte(src), all, Options{})
		if p.Diff() == "" && p.Text != src {
			t.Errorf("changed without a diff:\n%s", p.Text)
		}
	})
}
