package profile_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/profile"
)

var update = flag.Bool("update", false, "write the golden drafts anew")

func session(t *testing.T) *engine.Conn {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Options{Functions: clean.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

var today = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func infer(t *testing.T, path string, o profile.Options) contract.Profile {
	t.Helper()
	o.On = today
	all, err := profile.Source(t.Context(), session(t), path, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("got %d profiles, want 1", len(all))
	}
	return all[0]
}

// folder writes files into a folder of its own.
func folder(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, content := range files {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// registry is made-up people with cards: a key, a reference, a code list, a
// code that lost its padding, a note, dates in order.
func registry() map[string]string {
	var people, cards strings.Builder
	people.WriteString("Mã số,Số định danh,họTên,Ngày sinh,Giới tính,Ghi chú\n")
	cards.WriteString("card_id;ma_so;loai;khu_vuc;issued_on;expires_on;fee\n")
	for i := range 120 {
		year, sex, digit := 1950+i%45, "Nam", 0
		if i%2 == 1 {
			sex, digit = "Nữ", 1
		}
		note := ""
		if i%10 == 0 {
			note = strings.Repeat("một ghi chú dài về hồ sơ này ", 4) + fmt.Sprint(i)
		}
		fmt.Fprintf(&people, "P%05d, 001%d%02d%06d,Nguyễn Văn %cinh,%02d/%02d/%d,%s,%s\n", i, digit, year%100, i*7919%1000000, 'A'+i%26, 1+i%28, 1+i%12, year, sex, note)
		fmt.Fprintf(&cards, "%d;P%05d;%s;%d.0;2020-01-%02d;2030-01-%02d;%d.5\n", 9000+i, i*7%120, []string{"A", "B", "C"}[i%3], 1+i*7%90, 1+i%28, 1+i%28, i)
	}
	return map[string]string{"people.csv": people.String(), "cards.csv": cards.String()}
}

func object(t *testing.T, p contract.Profile, name string) contract.ObjectProfile {
	t.Helper()
	for _, o := range p.Objects {
		if o.Name == name {
			return o
		}
	}
	t.Fatalf("no object %q in %+v", name, p.Objects)
	return contract.ObjectProfile{}
}

func column(t *testing.T, o contract.ObjectProfile, physical string) contract.ColumnProfile {
	t.Helper()
	for _, c := range o.Columns {
		if c.PhysicalName == physical {
			return c
		}
	}
	t.Fatalf("no column %q in %s", physical, o.Name)
	return contract.ColumnProfile{}
}

func TestTheDraftOfASmallRegistry(t *testing.T) {
	dir := folder(t, "registry", registry())
	p := infer(t, dir, profile.Options{})
	got := strings.ReplaceAll(string(contract.Draft(p)), dir, "DIR")
	path := filepath.Join("testdata", "registry.odcs.yaml")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s\nIf it should be so: go test ./internal/profile -update", got, want)
	}
}

func TestDraftsParseWithoutErrors(t *testing.T) {
	sources := map[string]map[string]string{
		"registry":   registry(),
		"odd names":  {"x.csv": " a,a ,,1st,Ă Â!,select\n1,2,3,4,5,6\n7,8,9,10,11,12\n"},
		"nested":     {"n.jsonl": `{"id":"1.10","m":{"tên":"x"},"l":[1,2]}` + "\n" + `{"id":"1.20","m":{"tên":"y"},"l":[]}` + "\n"},
		"one row":    {"o.csv": "id,name\n1,x\n"},
		"one column": {"c.csv": "code\n" + strings.Repeat("A\nB\n", 60)},
	}
	for name, files := range sources {
		t.Run(name, func(t *testing.T) {
			draft := contract.Draft(infer(t, folder(t, "made-up", files), profile.Options{}))
			known := func(name string) bool { _, ok := dictionary.Lookup(name); return ok }
			_, problems := contract.Parse("draft.odcs.yaml", draft, contract.Options{Elements: known})
			if len(problems) > 0 {
				t.Errorf("the draft has problems: %v\n%s", problems, draft)
			}
		})
	}
}

func TestKeysReferencesAndPeopleAreFound(t *testing.T) {
	p := infer(t, folder(t, "registry", registry()), profile.Options{})
	people, cards := object(t, p, "people"), object(t, p, "cards")
	if len(people.Keys) == 0 || people.Keys[0].Columns[0] != "Mã số" {
		t.Errorf("people's key: got %+v, want Mã số", people.Keys)
	}
	if len(cards.Keys) == 0 || cards.Keys[0].Columns[0] != "card_id" {
		t.Errorf("cards' key: got %+v, want card_id", cards.Keys)
	}
	if len(cards.Relationships) != 1 || cards.Relationships[0].To != "registry.people" || cards.Relationships[0].ToColumns[0] != "ma_so" {
		t.Errorf("cards' references: got %+v, want registry.people.ma_so", cards.Relationships)
	}
	number := column(t, people, "Số định danh")
	if number.Element != "personal-identity-number" || number.BornOn != "Ngày sinh" || number.Sex != "Giới tính" {
		t.Errorf("the identity number: got element %q, bornOn %q, sex %q", number.Element, number.BornOn, number.Sex)
	}
}

func TestValuesOfPeopleAreNeverShown(t *testing.T) {
	draft := string(contract.Draft(infer(t, folder(t, "registry", registry()), profile.Options{})))
	for _, secret := range []string{"0010", "Nguyễn Văn", "/1950", "P00001"} {
		if strings.Contains(draft, secret) {
			t.Errorf("the draft shows %q, which is a person's:\n%s", secret, draft)
		}
	}
}

func TestTypesAreThoseThatAllValuesHave(t *testing.T) {
	p := infer(t, folder(t, "types", map[string]string{"t.csv": "a,b,c,d,e,f,ward_code,h\n" + strings.Repeat(
		"1,1.5,true,2020-01-02,2020-01-02 10:00:00,007,1.0,12\n2,2,False,2021-12-31,2021-12-31T00:00:00,012,12.0,x\n", 30)}), profile.Options{})
	o := object(t, p, "t")
	for name, want := range map[string]string{"a": "integer", "b": "number", "c": "boolean", "e": "timestamp", "f": "string", "ward_code": "string", "h": "string"} {
		if got := column(t, o, name).LogicalType; got != want {
			t.Errorf("column %s: got %s, want %s", name, got, want)
		}
	}
	if c := column(t, o, "ward_code"); !strings.Contains(c.Unsure, "leading zeros") {
		t.Errorf("codes like 1.0: got the question %q, want one about their leading zeros", c.Unsure)
	}
	if c := column(t, o, "h"); !strings.Contains(c.Unsure, "50.0 %") {
		t.Errorf("mixed types: got the question %q, want the share", c.Unsure)
	}
}

func TestAKeyThatTheRestOfTheSourceBeliesIsDropped(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,v\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "%d,%d\n", i%2900, i) // the first rows are unique, the last repeat them
	}
	p := infer(t, folder(t, "late", map[string]string{"t.csv": b.String()}), profile.Options{Rows: 100})
	for _, k := range object(t, p, "t").Keys {
		if k.Columns[0] == "id" {
			t.Errorf("got the key id (%s), though 100 of 3,000 rows repeat it", k.Evidence)
		}
	}
	if o := object(t, p, "t"); o.Sampled > 100 || o.Rows != 3000 || o.Estimated {
		t.Errorf("got %d sampled of %d (estimated %v), want about 100 of 3,000 counted", o.Sampled, o.Rows, o.Estimated)
	}
}

func TestNearlyUniqueNumbersAreKeysWithErrors(t *testing.T) {
	var b strings.Builder
	b.WriteString("so_gks,v\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "G%04d,%d\n", max(i, 5), i%7)
	}
	p := infer(t, folder(t, "near", map[string]string{"t.csv": b.String()}), profile.Options{})
	keys := object(t, p, "t").Keys
	if len(keys) == 0 || keys[0].Columns[0] != "so_gks" || !strings.Contains(keys[0].Evidence, "5 rows that repeat it") {
		t.Errorf("got %+v, want so_gks, unique but for 5 rows", keys)
	}
}

func TestCompositeKeysAreFoundWhereNoColumnIsOne(t *testing.T) {
	var b strings.Builder
	b.WriteString("ward_code,year,people\n")
	for i := range 400 {
		fmt.Fprintf(&b, "W%03d,%d,%d\n", i%100, 2000+i/100, i%13)
	}
	p := infer(t, folder(t, "pairs", map[string]string{"t.csv": b.String()}), profile.Options{})
	keys := object(t, p, "t").Keys
	if len(keys) == 0 || strings.Join(keys[0].Columns, "+") != "ward_code+year" {
		t.Errorf("got %+v, want ward_code + year", keys)
	}
}

func TestASourceWithoutRowsIsProfiledWithAQuestion(t *testing.T) {
	p := infer(t, folder(t, "empty", map[string]string{"t.csv": "id,name\n"}), profile.Options{})
	o := object(t, p, "t")
	if len(o.Columns) != 2 || len(o.Unsure) == 0 {
		t.Errorf("got %d columns, questions %q; want 2 columns and a question", len(o.Columns), o.Unsure)
	}
}
