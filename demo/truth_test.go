package demo

import (
	"archive/zip"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Inverse tables, written apart from the encoders: the visible form that the
// bytes take when they are read as Windows-1252, as everybody has seen it.
var (
	vniSeen = strings.Fields(`aù=á aø=à aû=ả aõ=ã aï=ạ aâ=â aá=ấ aà=ầ aå=ẩ aã=ẫ aä=ậ aê=ă aé=ắ aè=ằ aú=ẳ aü=ẵ aë=ặ
		eù=é eø=è eû=ẻ eõ=ẽ eï=ẹ eâ=ê eá=ế eà=ề eå=ể eã=ễ eä=ệ í=í ì=ì æ=ỉ ó=ĩ ò=ị
		où=ó oø=ò oû=ỏ oõ=õ oï=ọ oâ=ô oá=ố oà=ồ oå=ổ oã=ỗ oä=ộ ôù=ớ ôø=ờ ôû=ở ôõ=ỡ ôï=ợ ô=ơ
		uù=ú uø=ù uû=ủ uõ=ũ uï=ụ öù=ứ öø=ừ öû=ử öõ=ữ öï=ự ö=ư yù=ý yø=ỳ yû=ỷ yõ=ỹ î=ỵ ñ=đ`)
	tcvn3Seen = strings.Fields(`¸=á µ=à ¶=ả ·=ã ¹=ạ ©=â Ê=ấ Ç=ầ È=ẩ É=ẫ Ë=ậ ¨=ă ¾=ắ »=ằ ¼=ẳ ½=ẵ Æ=ặ Ð=é Ì=è Î=ẻ Ï=ẽ Ñ=ẹ ª=ê Õ=ế Ò=ề
		Ó=ể Ô=ễ Ö=ệ Ý=í ×=ì Ø=ỉ Ü=ĩ Þ=ị ã=ó ß=ò á=ỏ â=õ ä=ọ «=ô è=ố å=ồ æ=ổ ç=ỗ é=ộ ¬=ơ í=ớ ê=ờ ë=ở ì=ỡ î=ợ ó=ú ï=ù ñ=ủ ò=ũ
		ô=ụ ø=ứ õ=ừ ö=ử ÷=ữ ù=ự ý=ý ú=ỳ û=ỷ ü=ỹ þ=ỵ ®=đ §=Đ ¡=Ă ¢=Â £=Ê ¤=Ô ¥=Ơ ¦=Ư ` + "\u00ad=ư")  // the soft hyphen, unseen
)

// decodeSeen reads bytes by the longest match in a table of visible forms.
func decodeSeen(raw string, seen []string, capitals bool) string {
	table := map[string]string{}
	for _, pair := range seen {
		from, to, _ := strings.Cut(pair, "=")
		table[from] = to
		if capitals {
			table[strings.ToUpper(from)] = strings.ToUpper(to)
		}
	}
	letters := []rune{}
	for _, b := range []byte(raw) {
		letters = append(letters, rune(b)) // Latin-1 is the first page of Unicode
	}
	var out strings.Builder
	for i := 0; i < len(letters); i++ {
		if i+1 < len(letters) {
			if to, ok := table[string(letters[i:i+2])]; ok {
				out.WriteString(to)
				i++
				continue
			}
		}
		if to, ok := table[string(letters[i])]; ok {
			out.WriteString(to)
			continue
		}
		out.WriteRune(letters[i])
	}
	return out.String()
}

func TestOldEncodingsAreThoseThatPeopleHaveSeen(t *testing.T) {
	const all = "Đặng Ngọc Ánh, ngõ 5 phố Ỷ Lan: àảãáạ ằẳẵắặă ầẩẫấậâ èẻẽéẹ ềểễếệê ìỉĩíị òỏõóọ ồổỗốộô ờởỡớợơ ùủũúụ ừửữứựư ỳỷỹýỵ đ"
	if got := decodeSeen(string(toVNI(nil, all)), vniSeen, true); got != all {
		t.Errorf("VNI reads\n%s, want\n%s", got, all)
	}
	upper := strings.ToUpper(all)
	if got := decodeSeen(string(toVNI(nil, upper)), vniSeen, true); got != upper {
		t.Errorf("VNI reads\n%s, want\n%s", got, upper)
	}
	small := strings.NewReplacer("Á", "á", "Ỷ", "ỷ").Replace(all) // no such capitals there
	if got := decodeSeen(string(toTCVN3(nil, all)), tcvn3Seen, false); got != small {
		t.Errorf("TCVN3 reads\n%s, want\n%s", got, small)
	}
}

// sourceRows reads a dataset's file as rows of the columns' text, decoded.
func sourceRows(t *testing.T, dir string, d DatasetReport) [][]string {
	t.Helper()
	path := filepath.Join(dir, "sources", d.File)
	switch d.Format {
	case "csv":
		rows := readCSV(t, path, d)[1:]
		for _, row := range rows {
			for i := range row {
				switch d.Encoding {
				case "VNI":
					row[i] = decodeSeen(row[i], vniSeen, true)
				case "TCVN3":
					row[i] = decodeSeen(row[i], tcvn3Seen, false)
				}
			}
		}
		return rows
	case "sqlite":
		return readSQLite(t, path, dataset{id: d.Dataset}.physicalName())
	case "json":
		return readJSONLines(t, path, d)
	case "xlsx":
		return readXLSX(t, path, d)
	}
	var rows [][]string
	_, columns := columnsOf(d)
	for _, values := range readParquet(t, path) {
		row := make([]string, len(columns))
		for i, c := range columns {
			if v := values[c.physical]; v != nil {
				row[i] = fmt.Sprint(v)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// readXLSX gives the rows below the header of the one sheet, days as
// yyyy-mm-dd, with a reader of its own.
func readXLSX(t *testing.T, path string, d DatasetReport) (rows [][]string) {
	t.Helper()
	book, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	f, err := book.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var sheet struct {
		Rows []struct {
			Cells []struct {
				Place string `xml:"r,attr"`
				Style string `xml:"s,attr"`
				Value string `xml:"v"`
				Text  string `xml:"is>t"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	if err := xml.NewDecoder(f).Decode(&sheet); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	_, columns := columnsOf(d)
	for _, r := range sheet.Rows[1:] {
		row := make([]string, len(columns))
		for _, c := range r.Cells {
			value := c.Text + c.Value
			if c.Style == "1" {
				serial, err := strconv.Atoi(c.Value)
				if err != nil {
					t.Fatal(err)
				}
				value = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, serial).Format(time.DateOnly)
			}
			row[c.Place[0]-'A'] = value
		}
		rows = append(rows, row)
	}
	return rows
}

// readJSONLines gives texts without quotes, everything else as JSON.
func readJSONLines(t *testing.T, path string, d DatasetReport) (rows [][]string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, columns := columnsOf(d)
	for line := range strings.Lines(string(b)) {
		var values map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &values); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(columns))
		for i, c := range columns {
			if json.Unmarshal(values[c.physical], &row[i]) != nil {
				row[i] = string(values[c.physical])
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func readSQLite(t *testing.T, path, table string) (rows [][]string) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = sqlitex.ExecuteTransient(conn, "SELECT * FROM "+table+" ORDER BY rowid", &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
		row := make([]string, s.ColumnCount())
		for i := range row {
			row[i] = s.ColumnText(i)
		}
		rows = append(rows, row)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// plain undoes only what the file's own norm says: names of provinces, dates
// day first, sexes in words. Everything else must stand as the truth has it.
func plain(c column, v, truth string) string {
	switch c.holds {
	case provinceName:
		for _, p := range provinces {
			if v == p.name || v == p.fullName() {
				return p.code
			}
		}
	case sex:
		return map[string]string{"Nam": "male", "Nữ": "female", "1": "male", "2": "female"}[v]
	case date, dateOrYear:
		if p := strings.Split(v, "/"); len(p) == 3 {
			return p[2] + "-" + p[1] + "-" + p[0]
		}
	case personName:
		if strings.EqualFold(v, truth) { // TCVN3 has no marked capitals
			return truth
		}
	}
	return v
}

func TestRowsWithoutAnErrorSayWhatTheTruthSays(t *testing.T) {
	r, dir := makeCountry(t, 4000, 13)
	for _, d := range r.Datasets {
		_, columns := columnsOf(d)
		truth := readParquet(t, filepath.Join(dir, "truth", string(d.Dataset)+".parquet"))
		for i, row := range sourceRows(t, dir, d) {
			if kind := truth[i]["_kind"]; kind != "" {
				continue
			}
			for c, col := range columns {
				if col.derived || col.holds == postalText { // the truth puts addresses into order: see place_test.go
					continue
				}
				want := ""
				if v := truth[i][col.name]; v != nil {
					want = fmt.Sprint(v)
				}
				if got := plain(col, row[c], want); got != want {
					t.Fatalf("%s row %d, %s: the file says %q (%q), the truth %q", d.Dataset, i, col.name, row[c], got, want)
				}
			}
		}
	}
}

var standardName = regexp.MustCompile(`^\S+( \S+)+$`)

func TestTheTruthIsInStandardForm(t *testing.T) {
	r, dir := makeCountry(t, 3000, 17)
	for _, d := range r.Datasets {
		keys := map[string]bool{}
		key, columns := columnsOf(d)
		for i, row := range readParquet(t, filepath.Join(dir, "truth", string(d.Dataset)+".parquet")) {
			if row["_outcome"] == outcomeClean {
				if v := fmt.Sprint(row[key]); keys[v] {
					t.Fatalf("%s row %d: key %s stands in an earlier clean row", d.Dataset, i, key)
				} else {
					keys[v] = true
				}
			}
			for _, c := range columns {
				if v, ok := row[c.name].(string); ok && !inStandardForm(c, v) {
					t.Fatalf("%s row %d: %s is %q in the truth", d.Dataset, i, c.name, v)
				}
			}
		}
	}
}

func columnsOf(d DatasetReport) (key string, columns []column) {
	for _, f := range agencyFiles() {
		for _, x := range f.datasets {
			if x.id == d.Dataset {
				columns = x.columns
			}
		}
	}
	for _, c := range columns {
		if c.key {
			key = c.name
		}
	}
	return key, columns
}

func inStandardForm(c column, v string) bool {
	if v != strings.TrimSpace(v) || !norm.NFC.IsNormalString(v) {
		return false
	}
	switch c.holds {
	case pin:
		return len(v) == 12 && allDigits(v)
	case sex:
		return v == "male" || v == "female"
	case provinceName:
		return provinceOf(v) != nil
	case personName:
		return standardName.MatchString(v) && modernTones(modernTones(v)) == modernTones(v) && capitalised(v)
	case date, typedDay:
		return len(v) == 10
	case dateOrYear:
		return len(v) == 10 || len(v) == 4 && allDigits(v)
	}
	return true
}

func capitalised(v string) bool {
	for _, syllable := range strings.Fields(v) {
		for i, c := range syllable {
			if (i == 0) != unicode.IsUpper(c) {
				return false
			}
		}
	}
	return true
}

func TestContractsDeclareTheColumnsThatTheFilesHave(t *testing.T) {
	objects := contractObjects(t)
	for _, f := range agencyFiles() {
		for _, d := range f.datasets {
			properties := objects[string(d.id)]
			if len(properties) != len(d.columns) {
				t.Errorf("%s: %d properties for %d columns", d.id, len(properties), len(d.columns))
				continue
			}
			for i, c := range d.columns {
				p := properties[i].(map[string]any)
				required, _ := p["required"].(bool)
				key, _ := p["primaryKey"].(bool)
				if p["name"] != c.name || p["physicalName"] != c.physical || required != c.required || key != c.key {
					t.Errorf("%s: property %v (%v, required %v, key %v) for column %s (%s, required %v, key %v)",
						d.id, p["name"], p["physicalName"], required, key, c.name, c.physical, c.required, c.key)
				}
				if elements := elementOf(p); elements != elementNames[c.holds] {
					t.Errorf("%s.%s: element %q, want %q", d.id, c.name, elements, elementNames[c.holds])
				}
				for custom, want := range map[string]string{"bornOn": c.born, "sex": c.sex, "bornAt": c.bornAt} {
					if got := customOf(p, custom); got != want {
						t.Errorf("%s.%s: %s is %q, want %q", d.id, c.name, custom, got, want)
					}
				}
			}
		}
	}
}

var elementNames = map[content]string{pin: "personal-identity-number", oldPIN: "identity-number-old", personName: "person-name",
	date: "date", dateOrYear: "date", sex: "sex", code: "code", provinceName: "province", freeText: "text", postalText: "address", wardOf: "administrative-unit",
	taxCode: "tax-code", socialNumber: "social-insurance-number"}

func elementOf(p map[string]any) string {
	list, _ := p["authoritativeDefinitions"].([]any)
	for _, d := range list {
		if m := d.(map[string]any); m["type"] == "dataElement" {
			return strings.TrimPrefix(m["url"].(string), "sen:element/")
		}
	}
	return ""
}

func customOf(p map[string]any, name string) string {
	list, _ := p["customProperties"].([]any)
	for _, d := range list {
		if m := d.(map[string]any); m["property"] == name {
			s, _ := m["value"].(string)
			return s
		}
	}
	return ""
}

func TestThereAreSixteenContracts(t *testing.T) {
	files, err := fs.Glob(Contracts(), "*.odcs.yaml")
	if err != nil || len(files) != 16 {
		t.Errorf("got %v (%v), want sixteen contracts", files, err)
	}
}
