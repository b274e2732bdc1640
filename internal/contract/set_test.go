package contract

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	sen "github.com/sen-hub/sen"
)

const population = `apiVersion: v3.1.0
kind: DataContract
id: population
version: 1.0.0
status: active
servers: [{server: files, type: local, path: "in/${object}.csv", format: csv}]
schema:
  - name: person
    physicalName: nguoi
    properties:
      - {name: identity_number, logicalType: string, primaryKey: true}
      - {name: household, logicalType: string, relationships: [{to: household.code}]}
  - name: household
    properties: [{name: code, logicalType: string, primaryKey: true}]
`

const births = head + `servers: [{server: s, type: kinesis}]
schema:
  - name: birth
    properties:
      - {name: number, logicalType: string, relationships: [{type: foreignKey, to: "population.odcs.yaml#schema/person/properties/identity_number"}]}
      - {name: mother, logicalType: string, relationships: [{to: person.identity_number}]}
    relationships: [{from: [birth.number], to: [person.identity_number]}]
`

func loadSet(t *testing.T, files map[string]string) (*Set, Problems) {
	t.Helper()
	dir := t.TempDir()
	for name, src := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return LoadDir(dir, Options{})
}

func TestAFolderOfContractsGivesItsDatasetsAndTheirResolvedRelationships(t *testing.T) {
	s, problems := loadSet(t, map[string]string{"population.odcs.yaml": population, "civil-status.odcs.yaml": births, "notes.yaml": "x"})
	if len(problems) > 0 {
		t.Fatalf("got %v, want none", problems)
	}
	var got []string
	for _, d := range s.Datasets() {
		got = append(got, string(d.Name))
	}
	if want := []string{"civil-status.birth", "population.household", "population.person"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	birth, _ := s.Lookup("civil-status.birth")
	person := sen.Dataset("population.person")
	want := [][]string{{"number"}, {"number"}, {"mother"}}
	for i, ref := range birth.References() {
		if ref.To != person || !slices.Equal(ref.Columns, want[i]) || !slices.Equal(ref.ToColumns, []string{"identity_number"}) {
			t.Errorf("reference %d: got %+v", i, ref)
		}
	}
	if len(birth.References()) != 3 {
		t.Errorf("got %d references, want 3", len(birth.References()))
	}
	if d, _ := s.Lookup(person); d.Path() != "in/nguoi.csv" {
		t.Errorf("got path %q, want in/nguoi.csv", d.Path())
	}
}

func TestABadFileDoesNotHideTheOthers(t *testing.T) {
	s, problems := loadSet(t, map[string]string{"population.odcs.yaml": "id: [", "civil-status.odcs.yaml": births, "a.odcs.yaml": strings.Replace(head, "civil-status", "a", 1)})
	errs := problems.Errors()
	if len(errs) != 1 || filepath.Base(errs[0].File) != "population.odcs.yaml" {
		t.Errorf("got %v, want the one error of population.odcs.yaml", errs)
	}
	if len(s.Datasets()) != 1 || len(s.Contracts()) != 2 {
		t.Errorf("got %d datasets of %d contracts, want 1 of 2", len(s.Datasets()), len(s.Contracts()))
	}
}

func TestFaultsBetweenContractsAreFound(t *testing.T) {
	tests := []struct{ name, src, want, hint string }{
		{"dataset twice", population, "dataset population.household is declared twice", "first in"},
		{"unknown object", strings.ReplaceAll(births, "schema/person", "schema/persn"), "no contract has that object", "did you mean person?"},
		{"unknown file", strings.ReplaceAll(births, "population.odcs", "x.odcs"), "no contract has that object", ""},
		{"unknown property", strings.ReplaceAll(births, "identity_number", "identity_no"), `has no property "identity_no"`, "identity_number"},
		{"no dataset name", head + "schema: [{name: birth of a child}]\n", "cannot name a dataset", "letters"},
		{"external", strings.Replace(births, "population.odcs", "https://x.example/population.odcs", 1), "is not checked", "this folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := loadSet(t, map[string]string{"population.odcs.yaml": population, "z.odcs.yaml": tt.src})
			for _, p := range problems {
				if strings.Contains(p.Msg, tt.want) && strings.Contains(p.Hint, tt.hint) {
					return
				}
			}
			t.Errorf("got %v, want %q with hint %q", problems, tt.want, tt.hint)
		})
	}
}

func TestAMissingFolderIsAProblemWithANextStep(t *testing.T) {
	s, problems := LoadDir(filepath.Join(t.TempDir(), "nowhere"), Options{})
	if s == nil || len(problems) != 1 || problems[0].Hint == "" {
		t.Errorf("got %v, want one problem with a hint", problems)
	}
}

func TestDatasetsAreMatchedByPrefix(t *testing.T) {
	s, _ := loadSet(t, map[string]string{"population.odcs.yaml": population, "civil-status.odcs.yaml": births})
	tests := []struct {
		prefixes []string
		want     int
	}{{nil, 3}, {[]string{"population"}, 2}, {[]string{"population.person", "population"}, 2}, {[]string{"civil-status.birth"}, 1}}
	for _, tt := range tests {
		got, err := s.Match(tt.prefixes...)
		if err != nil || len(got) != tt.want {
			t.Errorf("Match(%v) gave %d datasets and %v, want %d", tt.prefixes, len(got), err, tt.want)
		}
	}
	for _, prefix := range []string{"populaton", "popul", ""} {
		_, err := s.Match(prefix)
		if sen.KindOf(err) != sen.NotFound || sen.HintOf(err) == "" {
			t.Errorf("Match(%q) gave %v, want NotFound with a hint", prefix, err)
		}
	}
}

func TestTheExampleHubIsValid(t *testing.T) {
	file := filepath.Join(sharedFolder(t), "examples/hub/contracts/civil-status.odcs.yaml")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("the example hub is not here: %v", err)
	}
	c, problems := Parse(file, src, Options{})
	if len(problems) > 0 {
		t.Fatalf("got %v, want none", problems)
	}
	d := c.Datasets()[0]
	within, element, ok := d.Freshness()
	if !ok || within != time.Minute || element != "birth.registered_on" {
		t.Errorf("got freshness %v of %q, want 1m of birth.registered_on", within, element)
	}
	if got := d.Server.Custom.Int("maxConnections", 1); got != 4 {
		t.Errorf("got %d connections, want 4", got)
	}
	if p := d.Object.Property("child_name"); p.Element != "person-name" || p.Custom.Text("encoding") != "TCVN3" || p.Source() != "ho_ten_con" {
		t.Errorf("got %+v", p)
	}
	if got := c.Custom.Texts("replacesPaper"); !reflect.DeepEqual(got, []string{"giay-khai-sinh"}) {
		t.Errorf("got %v", got)
	}
	if q := d.Object.Property("born_on").Quality[0]; q.Type != "library" || q.Column != "born_on" || !q.Percent() || !q.Operator.Holds(0.9) || q.Operator.Holds(1) {
		t.Errorf("got %+v", q)
	}
}

func TestTheScheduleIsThatOfTheDatasetElseOfTheContractElseItsFrequency(t *testing.T) {
	for _, c := range []struct {
		sla, line string
		every     time.Duration
	}{
		{"", "", 0},
		{"{property: latency, value: 1, unit: d}", "", 0},
		{"{property: frequency, value: 6, unit: h}", "", 6 * time.Hour},
		{"{property: frequency, value: 0, unit: h}", "", 0},
		{"{property: frequency, value: 1, unit: d, schedule: 0 2 * * *, scheduler: cron}", "0 2 * * *", 0},
		{"{property: frequency, value: 1, unit: d, schedule: whenever, scheduler: airflow}", "", 24 * time.Hour},
		{"{property: latency, value: 1, unit: d, schedule: 0 2 * * *}, {property: latency, value: 1, unit: h, element: o.a, schedule: 5 * * * *}", "5 * * * *", 0},
		{"{property: latency, value: 1, unit: h, element: other.a, schedule: 5 * * * *}", "", 0},
	} {
		src := property("{name: a}")
		if c.sla != "" {
			src += "\nslaProperties: [" + c.sla + "]\n"
		}
		line, every, ok := parsed(t, src).Datasets()[0].Schedule()
		if line != c.line || every != c.every && c.line == "" || ok != (c.line != "" || c.every > 0) {
			t.Errorf("%s: got %q, %s, %v", c.sla, line, every, ok)
		}
	}
}

func TestTheKeyFollowsItsPositions(t *testing.T) {
	c := parsed(t, property("{name: a, primaryKey: true, primaryKeyPosition: 2}, {name: b}, {name: c, primaryKey: true, primaryKeyPosition: 1}, {name: d, primaryKey: false, primaryKeyPosition: 1}"))
	if got := names(c.Datasets()[0].Key()); !slices.Equal(got, []string{"c", "a"}) {
		t.Errorf("got key %v, want c, a", got)
	}
}

func parsed(t *testing.T, src string) *Contract {
	t.Helper()
	c, problems := Parse("x", []byte(src), Options{})
	if c == nil {
		t.Fatalf("got %v, want a contract", problems)
	}
	return c
}

func TestAStateSecretIsSeenAtEveryLevel(t *testing.T) {
	mark := "customProperties: [{property: classification, value: State Secret}]"
	tests := []struct {
		name, src string
		want      bool
	}{
		{"property", property("{name: a, classification: state-secret}"), true},
		{"nested property", property("{name: a, logicalType: object, properties: [{name: b, classification: STATE_SECRET}]}"), true},
		{"item", property("{name: a, logicalType: array, items: {classification: state-secret}}"), true},
		{"object", head + "schema: [{name: o, " + mark + "}]\n", true},
		{"contract", head + "schema: [{name: o}]\n" + mark + "\n", true},
		{"server", head + "schema: [{name: o}]\nservers: [{server: s, type: kinesis, " + mark + "}]\n", true},
		{"tag", head + "schema: [{name: o, tags: [\"classification:state-secret\"]}]\n", true},
		{"tag of the contract", head + "schema: [{name: o}]\ntags: [state-secret]\n", true},
		{"personal", property("{name: a, classification: personal}"), false},
		{"a word in a description", property("{name: a, description: state-secret}"), false},
	}
	for _, tt := range tests {
		if got := parsed(t, tt.src).Datasets()[0].StateSecret(); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestPromisesAreReadInEveryUnit(t *testing.T) {
	day := 24 * time.Hour
	tests := []struct {
		sla     string
		want    time.Duration
		element string
		ok      bool
	}{
		{"{property: latency, value: 60, unit: s}", time.Minute, "", true},
		{"{property: latency, value: 5, unit: m}", 5 * time.Minute, "", true},
		{"{property: latency, value: \"2\", unit: Hours}", 2 * time.Hour, "", true},
		{"{property: latency, value: 1.5, unit: days}", 36 * time.Hour, "", true},
		{"{property: latency, value: 1, unit: yr}", 365 * day, "", true},
		{"{property: frequency, value: 1, unit: d}, {property: latency, value: 2, unit: d}", 2 * day, "", true},
		{"{property: frequency, value: 1, unit: d}", day, "", true},
		{"{property: latency, value: 3, unit: d}, {property: latency, value: 1, unit: d, element: o.a}", day, "o.a", true},
		{"{property: latency, value: 3, unit: d, element: z.a}", 0, "", false},
		{"{property: latency, value: 1e300, unit: y}", 0, "", false},
		{"{property: latency, value: soon, unit: d}", 0, "", false},
		{"{property: retention, value: 3, unit: y}", 0, "", false},
	}
	for _, tt := range tests {
		d := parsed(t, property("{name: a}")+"slaProperties: ["+tt.sla+"]\n").Datasets()[0]
		within, element, ok := d.Freshness()
		if within != tt.want || element != tt.element || ok != tt.ok {
			t.Errorf("%s: got %v, %q, %v; want %v, %q, %v", tt.sla, within, element, ok, tt.want, tt.element, tt.ok)
		}
	}
}

func TestEveryOperatorHoldsWhereItShould(t *testing.T) {
	tests := []struct {
		yaml         string
		holds, fails []float64
		reads        string
	}{
		{"mustBe: 2", []float64{2}, []float64{1, 3}, "= 2"},
		{"mustBe: \"2\"", []float64{2}, []float64{1}, "= 2"},
		{"mustNotBe: 2", []float64{1, 3}, []float64{2}, "≠ 2"},
		{"mustBeGreaterThan: 2", []float64{2.1}, []float64{2}, "> 2"},
		{"mustBeGreaterOrEqualTo: 2", []float64{2}, []float64{1.9}, "≥ 2"},
		{"mustBeLessThan: 2", []float64{1.9}, []float64{2}, "< 2"},
		{"mustBeLessOrEqualTo: 2", []float64{2}, []float64{2.1}, "≤ 2"},
		{"mustBeBetween: [1, 2.5]", []float64{1, 2.5}, []float64{0.9, 2.6}, "between 1 and 2.5"},
		{"mustNotBeBetween: [1, 2]", []float64{0.9, 2.1}, []float64{1, 1.5, 2}, "not between 1 and 2"},
	}
	for _, tt := range tests {
		o := parsed(t, rule("{metric: rowCount, "+tt.yaml+"}")).Objects[0].Quality[0].Operator
		for _, v := range tt.holds {
			if !o.Holds(v) {
				t.Errorf("%s does not hold for %g, want it to", tt.yaml, v)
			}
		}
		for _, v := range tt.fails {
			if o.Holds(v) {
				t.Errorf("%s holds for %g, want it not to", tt.yaml, v)
			}
		}
		if o.String() != tt.reads {
			t.Errorf("%s reads %q, want %q", tt.yaml, o, tt.reads)
		}
	}
	if !(Operator{}).Holds(7) {
		t.Error("no operator: got a failure, want none")
	}
}
