package sqltest

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/dictionary/charset"
)

// person is what a record says of somebody, in standard forms; "" is nothing.
type person struct{ pin, sex, born, province string }

// people are records of which about half agree with their number.
func (g generator) people(n int) []person {
	out := make([]person, n)
	for i := range out {
		p := person{pin: fmt.Sprintf("%03d%d%02d%06d", pick(g, 1, 2, 4, 79, 96, 0, 100, 101, 999), g.IntN(10), g.IntN(100), g.IntN(1e6)),
			sex: pick(g, "male", "female"), born: fmt.Sprintf("%d-%02d-%02d", 1900+g.IntN(500), 1+g.IntN(12), 1+g.IntN(28)), province: fmt.Sprintf("%02d", g.IntN(97))}
		digit := int(p.pin[3] - '0')
		if g.IntN(4) > 0 {
			p.sex = []string{"male", "female"}[digit%2]
		}
		if g.IntN(4) > 0 {
			p.born = fmt.Sprint(1900 + digit/2*100)[:2] + p.pin[4:6] + p.born[4:]
		}
		if g.IntN(4) > 0 {
			p.province = p.pin[1:3]
		}
		p.born = p.born[:pick(g, 10, 10, 10, 7, 4)]
		for _, field := range []*string{&p.pin, &p.sex, &p.born, &p.province} {
			if g.IntN(12) == 0 {
				*field = ""
			}
		}
		if g.IntN(12) == 0 {
			p.sex = "other"
		}
		out[i] = p
	}
	return out
}

// Both SQL forms of CheckPerson, over every choice of columns that a record
// may have: PersonSQL names what contradicts, ContradictsSQL, which costs a few
// integer operations, says whether anything does.
func TestPersonChecksAgreeInSQLAndGo(t *testing.T) {
	db, g := open(t), newGenerator(3)
	if _, err := db.Exec("CREATE TABLE p (n INTEGER, pin VARCHAR, sex VARCHAR, born VARCHAR, province VARCHAR)"); err != nil {
		t.Fatal(err)
	}
	all := g.people(20_000)
	var rows strings.Builder
	for i, p := range all {
		fmt.Fprintf(&rows, "%s(%d, nullif('%s', ''), nullif('%s', ''), nullif('%s', ''), nullif('%s', ''))", map[bool]string{true: ", "}[i > 0], i, p.pin, p.sex, p.born, p.province)
	}
	if _, err := db.Exec("INSERT INTO p VALUES " + rows.String()); err != nil {
		t.Fatal(err)
	}
	for columns := range 8 {
		comparePeople(t, db, all, columns&1 > 0, columns&2 > 0, columns&4 > 0)
	}
}

// comparePeople compares where a record has these columns.
func comparePeople(t *testing.T, db *sql.DB, all []person, hasSex, hasBorn, hasProvince bool) {
	t.Helper()
	column := func(there bool, x string) string {
		if there {
			return x
		}
		return ""
	}
	text := dictionary.PersonSQL("pin", column(hasSex, "sex"), column(hasBorn, "born"), column(hasProvince, "province"))
	fast := dictionary.ContradictsSQL("number", column(hasSex, "sex"), column(hasBorn, "year"), column(hasProvince, "province"))
	rows, err := db.Query(fmt.Sprintf(`SELECT n, coalesce(%s, ''), coalesce(%s, false)
FROM (SELECT *, CAST(pin AS BIGINT) AS number, TRY_CAST(left(born, 4) AS SMALLINT) AS year FROM p)`, text, fast))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found, wrong := map[string]int{}, 0
	for rows.Next() && wrong < 10 {
		var n int
		var named string
		var any bool
		if err := rows.Scan(&n, &named, &any); err != nil {
			t.Fatal(err)
		}
		p := all[n]
		want := dictionary.CheckPerson(p.pin, column(hasSex, p.sex), column(hasBorn, p.born), column(hasProvince, p.province))
		found[want]++
		if named != want || any != (want != "") {
			wrong++
			t.Errorf("%+v with sex %v, born %v, province %v: Go %q, SQL %q, fast SQL %v", p, hasSex, hasBorn, hasProvince, want, named, any)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for problem, asked := range map[string]bool{"sex": hasSex, "birth-year": hasBorn, "birth-province": hasProvince, "": true} {
		if asked != (found[problem] > 100) {
			t.Errorf("with sex %v, born %v, province %v: %d records answer %q, so too little was tested", hasSex, hasBorn, hasProvince, found[problem], problem)
		}
	}
}

func TestRepairsAgreeInSQLAndGo(t *testing.T) {
	db, g := open(t), newGenerator(4)
	for _, name := range append(charset.ColumnNames(), "UTF-8+TCVN3+VNI", "VISCII+UTF-8-twice", "UTF-8+VIQR") {
		values := append(corners(), g.mutated("person-name", 800)...)
		for _, v := range g.mutated("person-name", 3000) {
			values = append(values, misread(g, pick(g, strings.Split(name, "+")...), v))
		}
		load(t, db, "v", values)
		rows, err := db.Query(fmt.Sprintf("SELECT x, %s FROM v", charset.SQL(name, "x")))
		if err != nil {
			t.Fatal(err)
		}
		compareRepairs(t, rows, name)
	}
}

// misread is v as a program shows it that took its bytes for Latin-1.
func misread(g generator, name, v string) string {
	if name == charset.UTF8Twice {
		name = charset.UTF8
	}
	raw, err := charset.Encode(name, v)
	if err != nil { // not among the encoding's letters
		return v
	}
	shown, _ := charset.Decode(charset.Latin1, raw)
	if g.IntN(5) == 0 {
		shown = g.mutate(shown)
	}
	return strings.ToValidUTF8(shown, "")
}

func compareRepairs(t *testing.T, rows *sql.Rows, name string) {
	t.Helper()
	defer rows.Close()
	changed, wrong := 0, 0
	for rows.Next() && wrong < 10 {
		var x, got string
		if err := rows.Scan(&x, &got); err != nil {
			t.Fatal(err)
		}
		want, repaired := charset.Repair(name, x)
		if repaired {
			changed++
		}
		if got != want {
			wrong++
			t.Errorf("%s(%+q): SQL %+q, Go %+q", name, x, got, want)
		}
	}
	if idle := charset.SQL(name, "x") == "x"; idle != (changed == 0) {
		t.Errorf("%s: %d values were changed", name, changed)
	}
}
