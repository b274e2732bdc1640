package clean_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/source/rows"
)

// named compiles a dataset of one column of text, which declares an encoding.
func named(t *testing.T, encoding string) (*clean.Plan, error) {
	t.Helper()
	src := strings.Split(people, "    properties:")[0] +
		"    properties:\n      - {name: full_name, physicalName: mail, logicalType: string, customProperties: [{property: encoding, value: \"" + encoding + "\"}]}\n"
	c, problems := contract.Parse("people.odcs.yaml", []byte(src), contract.Options{})
	if errs := problems.Errors(); len(errs) > 0 {
		t.Fatal(errs)
	}
	var source []contract.Column
	for _, name := range columns {
		source = append(source, contract.Column{Name: name, Type: "VARCHAR", Nullable: true})
	}
	return clean.Compile(c.Datasets()[0], source, clean.Options{})
}

func TestAMixedColumnIsMendedAndWhatIsInDoubtIsKeptAndFlagged(t *testing.T) {
	plan, err := named(t, "UTF-8+TCVN3+UTF-8-twice+VIQR")
	if err != nil {
		t.Fatal(err)
	}
	_, c := open(t)
	var table [][]string
	var want []string
	for _, row := range []struct{ came, kept string }{
		{"Nguyễn Văn An", "Nguyễn Văn An"}, {"NguyÔn V¨n An", "Nguyễn Văn An"}, {"Nguyá»…n VÄƒn An", "Nguyễn Văn An"},
		{"Nguye^~n Va(n An", "Nguyễn Văn An"}, {"Hïng", "Hïng"}, {"Zoë", "Zoë"}, {"Hà", "Hà"}, {"An", "An"}, {"Is it so?", "Is it so?"},
	} {
		table, want = append(table, []string{"", "", row.came, "", ""}), append(want, row.kept)
	}
	pass := plan.Begin(int64(len(table)))
	defer pass.End()
	err = c.Over(rows.Without(batches(table, 4), clean.LineColumn, clean.RawColumn), func(raw string) error {
		return c.Exec(t.Context(), "CREATE OR REPLACE TEMP TABLE good AS "+pass.Through(raw, 1, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(t, c, "SELECT full_name FROM good ORDER BY _row"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for i, f := range plan.Facts {
		if f.Rule == "full_name.encoding" && (pass.Tally.Facts[i] != 1 || f.Severity != clean.SeverityWarning) {
			t.Errorf("%d rows are in doubt (%s), want 1, as a warning", pass.Tally.Facts[i], f.Severity)
		}
	}
}

func texts(t *testing.T, c *engine.Conn, query string) (out []string) {
	t.Helper()
	found, err := c.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var s string
		if err := found.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryEncodingOfAColumnCanBeDeclared(t *testing.T) {
	for _, name := range charset.ColumnNames() {
		if name == charset.NFD { // elements compose what they are given: nothing is to be declared
			continue
		}
		if _, err := named(t, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := named(t, "UTF-8+"+name); err != nil {
			t.Errorf("UTF-8+%s: %v", name, err)
		}
	}
}
