package contract

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func sampleProfile() Profile {
	return Profile{
		Agency: "civil-status", Name: "Hộ tịch",
		Servers: []ServerProfile{{Name: "files", Type: "local", Facts: map[string]string{"path": "in/births.csv", "format": "csv", "delimiter": ";", "encoding": "TCVN3"}}},
		Objects: []ObjectProfile{
			{
				Name: "birth", PhysicalName: "khai_sinh", PhysicalType: "file", Rows: 31204, Sampled: 20000,
				Reading:       []string{"encoding TCVN3: 97 % of the words", "the first record is a header"},
				Keys:          []KeyProfile{{Columns: []string{"so_gks"}, Evidence: "unique in the sample"}, {Columns: []string{"ten", "ngay"}}},
				Relationships: []RelationshipProfile{{Columns: []string{"so_dd"}, To: "population.person", ToColumns: []string{"identity_number"}, Found: 0.998}},
				Columns: []ColumnProfile{
					{Name: "certificate_number", PhysicalName: "so_gks", LogicalType: "string", Distinct: 31204, MinLength: 13, MaxLength: 13, Samples: []string{"2004-118-0031"}},
					{
						Name: "child_identity_number", PhysicalName: "so_dd", LogicalType: "string", NullShare: 0.01, Distinct: 31000, Classification: "personal-identifier",
						Element: "personal-identity-number", ElementShare: 0.992, ElementEvidence: "0.8 % nine-digit numbers", BornOn: "ngay", Samples: []string{"001303012345"},
					},
					{Name: "child_name", PhysicalName: "ten", Encoding: "TCVN3", EncodingEvidence: "97 % of non-ASCII rows decode to Vietnamese", Element: "person-name", ElementShare: 1, Classification: "personal", Distinct: -1},
					{Name: "born_on", PhysicalName: "ngay", LogicalType: "date", PhysicalType: "varchar(20)", Format: "d/M/yyyy", Element: "date", ElementShare: 0.996, Classification: "personal", Notes: []string{"d/m/yyyy 93 %, yyyy 5 %"}},
					{PhysicalName: "Loại", ValidValues: []string{"1", "2", "no"}, Min: "1", Max: "no", Distinct: 3},
					{PhysicalName: "ghi_chu", NullShare: 0.61, Distinct: -1, Unsure: "free text: left as it is. Say what it means, or leave it out."},
				},
			},
		},
	}
}

func TestTheDraftOfAProfileIsShortCommentedAndValid(t *testing.T) {
	got := Draft(sampleProfile())
	mustParse(t, got)
	golden := filepath.Join("testdata", "draft.odcs.yaml")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got\n%s\nwant\n%s\nrerun with UPDATE_GOLDEN=1 to accept", got, want)
	}
}

func mustParse(t *testing.T, src []byte) *Contract {
	t.Helper()
	c, problems := Parse("draft.odcs.yaml", src, Options{})
	if len(problems) > 0 {
		t.Fatalf("got problems, want none:\n%s\n%s", rendered(problems, src), clip(string(src)))
	}
	return c
}

// hostileNames are what columns and tables are called in the wild, and worse.
var hostileNames = []string{
	"", " ", "null", "true", "no", "~", "-", "- a", "a: b", "a # b", "{", "[", "]", "}", ",", "&a", "*a", "!a", "|", ">", "@", "`", "%", "'", `"`, `\`, "\\n",
	"a\nb", "a\r\nb", "\t", "\x00", "\x1b[31m", "\xff\xfe", "\ufeff", "\u2028", "\u0085", "\U000e0001", "😀", "số định danh", "Họ và tên (bắt buộc)", "1", "1.0", "0x1F", "2026-01-01",
	"1e3", "a.b", "a/b", "${NAME}", "$", "=", "<<", "?", "? a", "a  b", " a", "a ", "name", "NAME", "y", "...", "---", "#", "# Not sure", strings.Repeat("x", 300), ".inf", "+1", "_", "__",
}

// A random profile of hostile names and any figures.
func randomProfile(r *rand.Rand) Profile {
	name := func() string { return hostileNames[r.IntN(len(hostileNames))] }
	list := func() []string { return []string{name(), name()}[:r.IntN(3)] }
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	facts := map[string]string{}
	for range r.IntN(5) {
		facts[pick("path", "format", "port", "host", "location", "encoding", "maxConnections", "table", name())] = pick("csv", "5432", "-1", "NaN", name())
	}
	if facts["format"] != "" {
		facts["format"] = pick("csv", "xlsx") // a draft names what the hub has read
	}
	p := Profile{Agency: name(), Name: name()}
	for range r.IntN(3) {
		p.Servers = append(p.Servers, ServerProfile{Name: name(), Type: pick(append(serverTypes(), name())...), Facts: facts})
	}
	for range r.IntN(4) {
		o := ObjectProfile{
			Name: name(), PhysicalName: name(), PhysicalType: name(), Server: name(), Rows: r.Int64N(1e9) - 1, Sampled: r.Int64N(3),
			Keys: []KeyProfile{{Columns: list(), Evidence: name()}}[:r.IntN(2)], Unsure: list(), Reading: append(append(append(list(), list()...), list()...), list()...),
		}
		for range r.IntN(6) {
			o.Columns = append(o.Columns, ColumnProfile{
				Name: name(), PhysicalName: name(), LogicalType: pick(append(logicalTypes(), name())...), PhysicalType: name(), Format: name(),
				NullShare: r.Float64(), Distinct: r.Int64N(100) - 1, MaxLength: r.IntN(9), Min: name(), Max: name(), Element: name(), ElementShare: r.Float64(),
				ElementEvidence: name(), Encoding: pick("TCVN3", name()), Classification: pick("personal", "", name()), ValidValues: list(), Samples: list(),
				BornOn: name(), Sex: name(), Notes: list(), Unsure: name(),
			})
		}
		for _, c := range o.Columns {
			o.Relationships = append(o.Relationships, RelationshipProfile{Columns: []string{c.PhysicalName}, To: "x.y", ToColumns: list(), Found: r.Float64()})
		}
		p.Objects = append(p.Objects, o)
	}
	return p
}

func TestTheDraftOfAnyProfileParsesWithoutAProblemAndKeepsTheNamesOfTheSource(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 1500 {
		p := randomProfile(r)
		src := Draft(p)
		c := mustParse(t, src)
		for i, o := range p.Objects {
			checkNames(t, c.Objects[i], o)
		}
	}
}

func checkNames(t *testing.T, got *Object, want ObjectProfile) {
	t.Helper()
	var gotNames, wantNames []string
	for _, p := range got.Properties {
		gotNames = append(gotNames, p.PhysicalName)
	}
	for _, c := range want.Columns {
		wantNames = append(wantNames, wellFormed(c.PhysicalName))
	}
	if !slices.Equal(gotNames, wantNames) {
		t.Fatalf("got columns %q, want %q", gotNames, wantNames)
	}
}

// wellFormed is a name as UTF-8 can hold it: one U+FFFD for each bad byte.
func wellFormed(s string) string { return string([]rune(s)) }

func FuzzDraft(f *testing.F) {
	for _, name := range hostileNames {
		f.Add(name, "TCVN3", "person-name", 0.5)
	}
	f.Fuzz(func(t *testing.T, name, encoding, element string, share float64) {
		p := sampleProfile()
		p.Agency, p.Servers[0].Type, p.Servers[0].Facts["path"] = name, encoding, name
		o := &p.Objects[0]
		o.PhysicalName, o.Keys[0].Evidence = name, name
		o.Columns[1] = ColumnProfile{PhysicalName: name, Name: element, Encoding: encoding, Element: element, ElementShare: share, Samples: []string{name}, Unsure: name}
		c := mustParse(t, Draft(p))
		if got, want := c.Objects[0].Properties[1].PhysicalName, wellFormed(name); got != want {
			t.Fatalf("got column %q, want %q", got, want)
		}
	})
}

func TestADraftShowsNoPersonalValue(t *testing.T) {
	p := sampleProfile()
	p.Objects[0].Columns[1].Min = "001303012345"
	p.Objects[0].Columns[1].ValidValues = []string{"001303012345"}
	if src := string(Draft(p)); strings.Contains(src, "001303012345") {
		t.Errorf("the draft shows a personal identity number:\n%s", src)
	}
}

func TestWhatTheProfileFoundIsInTheDraftedContract(t *testing.T) {
	c := mustParse(t, Draft(sampleProfile()))
	d := c.Datasets()[0]
	if d.Name != "civil-status.birth" || d.Object.Source() != "khai_sinh" || d.Path() != "in/births.csv" {
		t.Errorf("got %s from %s at %s", d.Name, d.Object.Source(), d.Path())
	}
	if got := names(d.Key()); !reflect.DeepEqual(got, []string{"certificate_number"}) {
		t.Errorf("got key %v, want certificate_number", got)
	}
	person := d.Object.Property("child_identity_number")
	if person.Element != "personal-identity-number" || person.Custom.Text("bornOn") != "born_on" || person.Classification != "personal-identifier" {
		t.Errorf("got %+v", person)
	}
	if got := person.Relationships[0].To[0]; got != "population.odcs.yaml#schema/person/properties/identity_number" {
		t.Errorf("got relationship to %s", got)
	}
	if got := d.Object.Property("child_name").Custom.Text("encoding"); got != "TCVN3" {
		t.Errorf("got encoding %q, want TCVN3", got)
	}
	if got := d.Server.Fact("delimiter"); got != ";" {
		t.Errorf("got delimiter %q, want ;", got)
	}
}

func TestNamesBecomeSnakeCaseASCII(t *testing.T) {
	tests := []struct{ from, want string }{
		{"Ngày sinh", "ngay_sinh"}, {"bornOn", "born_on"}, {"SO_DINH_DANH", "so_dinh_danh"}, {"Đường/Phố", "duong_pho"}, {"2025", "n2025"},
		{"Ho\u0323\u0302 ti\u0323ch", "ho_tich"}, {"漢字", ""}, {"", ""}, {"isDividedWard", "is_divided_ward"},
	}
	for _, tt := range tests {
		if got := SnakeName(tt.from); got != tt.want {
			t.Errorf("SnakeName(%q) = %q, want %q", tt.from, got, tt.want)
		}
	}
}
