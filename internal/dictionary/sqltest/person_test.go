package sqltest

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/dictionary/charset"
)

func TestPersonChecksAgreeInSQLAndGo(t *testing.T) {
	db, g := open(t), newGenerator(3)
	if _, err := db.Exec("CREATE TABLE p (pin VARCHAR, sex VARCHAR, born VARCHAR, province VARCHAR)"); err != nil {
		t.Fatal(err)
	}
	for range 3000 {
		_, err := db.Exec("INSERT INTO p VALUES (nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''))",
			pick(g, g.clean("personal-identity-number"), "", "001187", "x"), pick(g, "male", "female", "other", ""),
			pick(g, "1987-05-03", "1999", "2001-02", "", "20"), pick(g, "01", "79", ""))
		if err != nil {
			t.Fatal(err)
		}
	}
	rows, err := db.Query("SELECT coalesce(pin, ''), coalesce(sex, ''), coalesce(born, ''), coalesce(province, ''), coalesce(" +
		dictionary.PersonSQL("pin", "sex", "born", "province") + ", '') FROM p")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var pin, sex, born, province, got string
		if err := rows.Scan(&pin, &sex, &born, &province, &got); err != nil {
			t.Fatal(err)
		}
		if want := dictionary.CheckPerson(pin, sex, born, province); got != want {
			t.Errorf("%q %q %q %q: SQL %q, Go %q", pin, sex, born, province, got, want)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestRepairsAgreeInSQLAndGo(t *testing.T) {
	db, g := open(t), newGenerator(4)
	for _, name := range []string{charset.TCVN3, charset.VNI, charset.NFD, charset.TCVN3Upper, charset.UTF8} {
		values := append(corners(), g.mutated("person-name", 3000)...)
		for _, v := range g.mutated("person-name", 10_000) {
			values = append(values, misread(g, name, v))
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
	if changed == 0 && name != charset.UTF8 {
		t.Errorf("%s: no value was changed, so nothing was tested", name)
	}
}
