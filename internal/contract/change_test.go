package contract

import (
	"slices"
	"strings"
	"testing"
)

func TestDriftIsClassifiedAgainstTheContract(t *testing.T) {
	c := parsed(t, property(`{name: id, physicalName: ma, logicalType: string, primaryKey: true, required: true}, {name: note, physicalName: ghi_chu, logicalType: string},
    {name: age, physicalName: tuoi, logicalType: integer, physicalType: INTEGER}, {name: born, physicalName: ngay, logicalType: date}, {name: name, physicalName: ten, logicalType: string, physicalType: varchar(40)}`))
	d := c.Datasets()[0]
	whole := []Column{{Name: "ma", Type: "VARCHAR"}, {Name: "ghi_chu", Type: "TEXT"}, {Name: "tuoi", Type: "int4"}, {Name: "ngay", Type: "varchar"}, {Name: "ten", Type: "character varying(40)"}}
	with := func(i int, col Column) []Column { cols := slices.Clone(whole); cols[i] = col; return cols }
	without := func(i int) []Column { return slices.Delete(slices.Clone(whole), i, i+1) }
	tests := []struct {
		name string
		cols []Column
		key  []string
		want []string
	}{
		{"nothing", whole, nil, nil},
		{"the same key", whole, []string{"MA"}, nil},
		{"untyped source", []Column{{Name: "ma"}, {Name: "GHI_CHU"}, {Name: "tuoi"}, {Name: "ngay"}, {Name: "ten"}}, nil, nil},
		{"required column missing", without(0), nil, []string{"breaking o.id"}},
		{"optional column missing", without(1), nil, []string{"compatible o.note"}},
		{"new column", append(slices.Clone(whole), Column{Name: "moi", Type: "int"}), nil, []string{"compatible o.moi"}},
		{"renamed", with(1, Column{Name: "ghi_chus", Type: "text"}), nil, []string{"compatible o.note", "compatible o.ghi_chus"}},
		{"wider", with(2, Column{Name: "tuoi", Type: "BIGINT"}), nil, []string{"compatible o.age"}},
		{"narrower", with(2, Column{Name: "tuoi", Type: "smallint"}), nil, []string{"breaking o.age"}},
		{"longer text", with(4, Column{Name: "ten", Type: "VARCHAR(80)"}), nil, []string{"compatible o.name"}},
		{"shorter text", with(4, Column{Name: "ten", Type: "VARCHAR(20)"}), nil, []string{"breaking o.name"}},
		{"number became text", with(2, Column{Name: "tuoi", Type: "text"}), nil, []string{"breaking o.age"}},
		{"date became a number", with(3, Column{Name: "ngay", Type: "bigint"}), nil, []string{"breaking o.born"}},
		{"code became a number", with(0, Column{Name: "ma", Type: "BIGINT"}), nil, []string{"note o.id"}},
		{"key lost", whole, []string{}, []string{"breaking o.key"}},
		{"another key", whole, []string{"ma", "ten"}, []string{"breaking o.key"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { sameChanges(t, d.Drift(tt.cols, tt.key), tt.want) })
	}
}

func sameChanges(t *testing.T, changes []Change, want []string) {
	t.Helper()
	var got []string
	for _, c := range changes {
		got = append(got, string(c.Class)+" "+c.Path)
		if c.Reason == "" {
			t.Errorf("%v gives no reason", c)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v\n%v", got, want, changes)
	}
}

const base = head + `tags: [a]
servers: [{server: live, type: postgres, host: h, port: 1, database: d, schema: s}]
schema:
  - name: birth
    physicalName: khai_sinh
    quality: [{name: some, metric: rowCount, mustBeGreaterThan: 0}]
    properties:
      - {name: number, logicalType: string, primaryKey: true, required: true, logicalTypeOptions: {maxLength: 12}}
      - {name: born_on, logicalType: date, classification: personal, quality: [{metric: invalidValues, mustBeLessThan: 1, unit: percent}]}
      - {name: weight, logicalType: integer}
slaProperties: [{property: latency, value: 60, unit: s}, {property: retention, value: 10, unit: y}]
`

func TestDifferencesOfContractsAreClassifiedByWhatTheyMean(t *testing.T) {
	tests := []struct {
		name, from, to string
		want           []string
	}{
		{"order and wording of the file", "tags: [a]\n", "# a comment\ntags: [\"a\"]\n", nil},
		{"version", "version: 1.0.0", "version: 1.0.1", []string{"note version"}},
		{"id", "id: civil-status", "id: civil", []string{"breaking id"}},
		{"column gone", "      - {name: weight, logicalType: integer}\n", "", []string{"breaking birth.weight"}},
		{"new optional column", "slaP", "      - {name: x}\nslaP", []string{"compatible birth.x"}},
		{"new required column", "slaP", "      - {name: x, required: true}\nslaP", []string{"breaking birth.x"}},
		{"type", "weight, logicalType: integer", "weight, logicalType: string", []string{"breaking birth.weight.logicalType"}},
		{"wider type", "weight, logicalType: integer", "weight, logicalType: number", []string{"compatible birth.weight.logicalType"}},
		{"key", "primaryKey: true", "primaryKey: false", []string{"breaking birth.key"}},
		{"no longer required", "required: true", "required: false", []string{"breaking birth.number.required"}},
		{"longer", "maxLength: 12", "maxLength: 13", []string{"compatible birth.number.maxLength"}},
		{"shorter", "maxLength: 12", "maxLength: 9", []string{"breaking birth.number.maxLength"}},
		{"rule tightened", "mustBeLessThan: 1,", "mustBeLessThan: 0.5,", []string{"breaking birth.born_on.quality.born_on.invalidValues"}},
		{"rule loosened", "mustBeLessThan: 1,", "mustBeLessThan: 5,", []string{"compatible birth.born_on.quality.born_on.invalidValues"}},
		{"rule gone", "{name: some, metric: rowCount, mustBeGreaterThan: 0}", "", []string{"compatible birth.quality.some"}},
		{"rule is a warning now", "{name: some, ", "{name: some, severity: warning, ", []string{"compatible birth.quality.some.severity"}},
		{"new rule", "quality: [{name: some", "quality: [{metric: rowCount, mustBe: 5}, {name: some", []string{"breaking birth.quality.rowCount"}},
		{"classification", "classification: personal", "classification: secret", []string{"breaking birth.born_on.classification"}},
		{"state secret", "classification: personal", "classification: state-secret", []string{"breaking birth.born_on.classification", "breaking birth.classification"}},
		{"fresher", "value: 60", "value: 30", []string{"compatible slaProperties.latency"}},
		{"staler", "value: 60", "value: 90", []string{"breaking slaProperties.latency"}},
		{"the same in other words", "value: 60, unit: s", "value: 1, unit: min", []string{"note slaProperties.latency"}},
		{"kept for less", "value: 10", "value: 9", []string{"breaking slaProperties.retention"}},
		{"promise gone", ", {property: retention, value: 10, unit: y}", "", []string{"breaking slaProperties.retention"}},
		{"host", "host: h", "host: i", []string{"compatible servers.live.host"}},
		{"server", "server: live", "server: new", []string{"breaking servers.live", "compatible servers.new"}},
		{"encoding", "{name: weight, ", "{name: weight, customProperties: [{property: encoding, value: VNI}], ", []string{"breaking birth.weight.customProperties.encoding"}},
		{"relationship", "{name: weight, ", "{name: weight, relationships: [{to: birth.number}], ", []string{"breaking birth.weight.relationships"}},
		{"dataset", "  - name: birth", "  - name: death", []string{"breaking birth", "compatible death"}},
	}
	before := parsed(t, base)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := strings.Replace(base, tt.from, tt.to, 1)
			if src == base {
				t.Fatalf("%q is not in the contract", tt.from)
			}
			changes := Diff(before, parsed(t, src))
			sameChanges(t, changes, tt.want)
			if got, want := IsBreaking(changes), len(tt.want) > 0 && strings.HasPrefix(tt.want[0], "breaking"); got != want {
				t.Errorf("IsBreaking is %v, want %v", got, want)
			}
		})
	}
}
