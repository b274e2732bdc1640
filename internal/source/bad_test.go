package source_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/sourcetest"
)

// tryAll opens and reads everything; either may fail.
func tryAll(t *testing.T, at source.Location, o source.Options) error {
	t.Helper()
	r, err := source.Open(t.Context(), at, o)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = r.Read(t.Context(), source.Mark{}, func(g *source.Range) error { g.Release(); return nil })
	return err
}

// wants checks an error's kind, that it has a hint, and words of it.
func wants(t *testing.T, about string, err error, kind sen.Kind, words string) {
	t.Helper()
	if err == nil || sen.KindOf(err) != kind || sen.HintOf(err) == "" || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: got %v (%v, hint %q), want kind %v, a hint, and %q", about, err, sen.KindOf(err), sen.HintOf(err), kind, words)
	}
}

func TestWhatIsNoDatasetIsAnErrorWithTheNextStep(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	for name, text := range map[string]string{
		"empty.csv": "", "bom.csv": "\xEF\xBB\xBF", "blank.csv": "\n\n", "empty.jsonl": "", "short.parquet": "PAR1", "mixed/a.csv": "a,b\n1,2\n",
		"mixed/b.jsonl": "{}\n", "other/a.csv": "a,b\n1,2\n", "other/b.csv": "a,c\n1,2\n", "nothing/_SUCCESS": "", "noise.db": "SQLite format 3\x00 and noise",
		"notext.jsonl": "nonsense\n",
	} {
		if err := os.MkdirAll(filepath.Dir(in(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		save(t, in(name), []byte(text))
	}
	if err := syscall.Mkfifo(in("pipe.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(in("empty.csv"), in("nothing/link.csv")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path  string
		kind  sen.Kind
		words string
	}{
		{"empty.csv", sen.Invalid, "is empty"}, {"bom.csv", sen.Invalid, "is empty"}, {"blank.csv", sen.Invalid, "is empty"},
		{"empty.jsonl", sen.Invalid, "shows no column"}, {"notext.jsonl", sen.Invalid, "shows no column"},
		{"short.parquet", sen.Corrupt, "no sound Parquet file"}, {"mixed", sen.Invalid, "more than one format"},
		{"other", sen.Drift, "b.csv has the columns a, c"}, {"nothing", sen.Invalid, "symbolic link"},
		{"gone.csv", sen.NotFound, "does not exist"}, {"*.tsv", sen.NotFound, "no data file"}, {"pipe.csv", sen.Invalid, "a pipe"},
		{"noise.db", sen.Corrupt, "damaged"},
	} {
		wants(t, c.path, tryAll(t, source.Location{Path: in(c.path)}, source.Options{}), c.kind, c.words)
	}
	wants(t, "a device", tryAll(t, source.Location{Path: "/dev/zero"}, source.Options{}), sen.Invalid, "a device")
}

func TestAHeaderAloneIsADatasetWithoutRows(t *testing.T) {
	for _, text := range []string{"a,b\n", "a,b", "\xEF\xBB\xBFa,b\r\n"} {
		r, rows, position := read(t, source.Location{Path: write(t, "x.csv", text)}, source.Options{})
		if len(r.Columns()) != 2 || len(rows) != 0 || position.Rows != 0 {
			t.Errorf("%q: %d columns, %d rows", text, len(r.Columns()), len(rows))
		}
	}
}

func TestAnEndlessFieldNamesTheLineWhereItsQuoteOpens(t *testing.T) {
	text := "a,b\n1,x\n2,\"y" + strings.Repeat("z\n", 1<<20) + "\n"
	err := tryAll(t, source.Location{Path: write(t, "x.csv", text), Quote: `"`}, source.Options{FieldLimit: 1 << 20})
	wants(t, "an open quote", err, sen.Invalid, "line 3, column b: the field is longer than the limit of 1048576 bytes")
	if hint := sen.HintOf(err); !strings.Contains(hint, "is a quote left open at line 3?") {
		t.Errorf("the hint is %q", hint)
	}
	long := `{"a":"` + strings.Repeat("z", 1<<20+1) + `"}`
	err = tryAll(t, source.Location{Path: write(t, "x.jsonl", "{\"a\":1}\n"+long+"\n")}, source.Options{FieldLimit: 1 << 20})
	wants(t, "a long JSON value", err, sen.Invalid, "line 2, column a")
}

func TestAFileThatGrowsWhileItIsReadIsDrift(t *testing.T) {
	path := write(t, "x.csv", "a,b\n"+strings.Repeat("1,2\n", 1000))
	r, err := source.Open(t.Context(), source.Location{Path: path}, source.Options{RangeRows: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = r.Read(t.Context(), source.Mark{}, func(g *source.Range) error {
		g.Release()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteString("3,4\n")
		return err
	})
	wants(t, "a growing file", err, sen.Drift, "changed while it was read")
}

func TestFilesOfAFolderMayDifferInDialectAndOrder(t *testing.T) {
	folder := t.TempDir()
	save(t, filepath.Join(folder, "1.csv"), []byte("a,b\n1,x\n"))
	save(t, filepath.Join(folder, "2.csv"), []byte("\xEF\xBB\xBFb;a\r\ny;2\r\nz;\r\nw\r\n"))
	save(t, filepath.Join(folder, "3.csv"), nil)
	_, rows, position := read(t, source.Location{Path: folder}, source.Options{})
	want := "1|x|0|2|·|·\n2|y|1|2|·|·\n·|z|2|3|·|·\n·|w|3|4|1 fields, 2 expected|w"
	if got := strings.Join(rows, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(position.Files) != 3 {
		t.Errorf("%d files, want 3", len(position.Files))
	}
}

func TestAKeyThatNoSampleShowedIsKept(t *testing.T) {
	text := "{\"a\":1}\n" + strings.Repeat("{\"a\":\""+strings.Repeat("x", 1000)+"\"}\n", 1100) + "{\"a\":2,\"late\":3}\n"
	r, rows, _ := read(t, source.Location{Path: write(t, "x.jsonl", text)}, source.Options{Columns: []string{"promised"}})
	if got, want := rows[len(rows)-1], `2|·|1101|1102|·|{"a":2,"late":3}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := r.Facts().Unknown; n != 1 {
		t.Errorf("%d rows with unknown names, want 1", n)
	}
}

// database makes a SQLite file.
func database(t *testing.T, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	conn := connect(t, path)
	defer conn.Close()
	for _, s := range statements {
		if err := sqlitex.ExecuteTransient(conn, s, nil); err != nil {
			t.Fatal(s, err)
		}
	}
	return path
}

func connect(t *testing.T, path string) *sqlite.Conn {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestSQLiteValuesComeAsTextExactly(t *testing.T) {
	for _, encoding := range []string{"UTF-8", "UTF-16le"} {
		path := database(t, "PRAGMA encoding = '"+encoding+"'",
			`CREATE TABLE t (id INTEGER PRIMARY KEY, v, "Tên dài" VARCHAR(20) NOT NULL DEFAULT '')`,
			`INSERT INTO t (id, v) VALUES (-5, -9223372036854775808), (1, 0.1), (2, 1.0), (3, 1e300), (4, 1e-7), (7, 'ế'), (9, x'00ff'), (10, NULL), (11, ''), (12, 9e999), (13, 123456789.125)`)
		r, rows, _ := read(t, source.Location{Path: path}, source.Options{})
		want := "-5|-9223372036854775808||0|-5|·|·\n1|0.1||1|1|·|·\n2|1.0||2|2|·|·\n3|1e+300||3|3|·|·\n4|1e-07||4|4|·|·\n7|ế||5|7|·|·\n" +
			"9|\\x00ff||6|9|·|·\n10|·||7|10|·|·\n11|||8|11|·|·\n12|+Inf||9|12|·|·\n13|123456789.125||10|13|·|·"
		if got := strings.Join(rows, "\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", encoding, got, want)
		}
		if key := r.Key(); len(key) != 1 || key[0] != "id" {
			t.Errorf("the key is %q", key)
		}
		if declared := r.Facts().Declared["Tên dài"]; declared != "VARCHAR(20)" {
			t.Errorf("declared %q", declared)
		}
		if columns := r.Columns(); !columns[1].Nullable || columns[2].Nullable {
			t.Errorf("nullable: %+v", columns)
		}
	}
}

func TestSQLiteTextThatIsNoneIsAFault(t *testing.T) {
	path := database(t, "CREATE TABLE t (v TEXT)", "INSERT INTO t VALUES (CAST(x'4eff' AS TEXT)), (CAST(x'410042' AS TEXT))")
	_, rows, _ := read(t, source.Location{Path: path}, source.Options{})
	want := "N\uf7ff|0|1|undecodable byte 0xFF in column v|·\nA\uf700B|1|2|NUL byte in column v|·"
	if got := strings.Join(rows, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSQLiteTablesAreNamed(t *testing.T) {
	path := database(t, "CREATE TABLE a (x)", "CREATE TABLE b (x, PRIMARY KEY (x)) WITHOUT ROWID", "CREATE VIEW c AS SELECT x FROM a")
	wants(t, "no table named", tryAll(t, source.Location{Path: path}, source.Options{}), sen.Invalid, "3 tables: a, b, c")
	wants(t, "no such table", tryAll(t, source.Location{Path: path, Table: "d"}, source.Options{}), sen.NotFound, "no table d")
	for _, table := range []string{"A", "b", "c"} {
		if err := tryAll(t, source.Location{Path: path, Table: table}, source.Options{}); err != nil {
			t.Errorf("%s: %v", table, err)
		}
	}
}

func TestALockedSQLiteFileIsBusy(t *testing.T) {
	path := database(t, "CREATE TABLE t (v)")
	writer := connect(t, path)
	defer writer.Close()
	if err := sqlitex.ExecuteTransient(writer, "BEGIN EXCLUSIVE", nil); err != nil {
		t.Fatal(err)
	}
	wants(t, "locked", tryAll(t, source.Location{Path: path}, source.Options{Wait: time.Millisecond}), sen.Busy, "locked by another program")
}

func TestAWriteAheadLogIsPartOfThePosition(t *testing.T) {
	path := database(t, "PRAGMA journal_mode = WAL", "CREATE TABLE t (v)")
	_, _, empty := read(t, source.Location{Path: path}, source.Options{})
	writer := connect(t, path)
	defer writer.Close()
	if err := sqlitex.ExecuteTransient(writer, "INSERT INTO t VALUES (1), (2), (3), (4)", nil); err != nil {
		t.Fatal(err)
	}
	_, rows, one := read(t, source.Location{Path: path}, source.Options{})
	if len(rows) != 4 || len(one.Files) != 2 || one.Files[1].Name != "x.db-wal" || one.Digest == empty.Digest {
		t.Errorf("%d rows, position %+v", len(rows), one)
	}
	r, err := source.Open(t.Context(), source.Location{Path: path}, source.Options{RangeRows: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Read(t.Context(), source.Mark{}, func(g *source.Range) error {
		return sqlitex.ExecuteTransient(writer, "INSERT INTO t VALUES (2)", nil)
	})
	wants(t, "written while it is read", err, sen.Drift, "write-ahead log")
}

func TestADamagedSQLitePageIsCorrupt(t *testing.T) {
	path := database(t, "CREATE TABLE t (v)", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT printf('%100d', i) FROM n")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(text) / 2; i < len(text)/2+8192; i++ {
		text[i] = 0xEE
	}
	save(t, path, text)
	wants(t, "damaged", tryAll(t, source.Location{Path: path}, source.Options{}), sen.Corrupt, "table t")
}

func TestAParquetFooterThatPromisesWhatIsNotThereIsCorrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	writeGroups(t, path, sourcetest.Sample(61), 61)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := int(binary.LittleEndian.Uint32(whole[len(whole)-8:]))
	try := func(about string, content []byte) {
		save(t, path, content)
		wants(t, about, tryAll(t, source.Location{Path: path, Format: source.Parquet}, source.Options{}), sen.Corrupt, "no sound Parquet file")
	}
	try("cut off", whole[:len(whole)-3])
	try("a footer alone", append([]byte("PAR1"), whole[len(whole)-size-8:]...))
	huge := append([]byte(nil), whole...)
	binary.LittleEndian.PutUint32(huge[len(huge)-8:], 1<<31-1)
	try("a footer larger than the file", huge)
	// The footer's numbers are zigzag varints: 61 is 0x7A. One row more
	// everywhere is a lie that only the pages tell.
	lie := append([]byte(nil), whole...)
	footer := lie[len(lie)-size-8 : len(lie)-8]
	copy(footer, bytes.ReplaceAll(footer, []byte{0x7A}, []byte{0x7C}))
	save(t, path, lie)
	wants(t, "a consistent lie", tryAll(t, source.Location{Path: path}, source.Options{}), sen.Corrupt, "it promises 62 rows, its pages hold 61")
}

// A hostile footer is refused or read, and never brings the program down.
func FuzzParquetFooter(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.parquet")
	t := &testing.T{}
	writeGroups(t, path, sourcetest.Sample(20), 13)
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "x.parquet")
		save(t, path, content)
		tryAll(t, source.Location{Path: path, Format: source.Parquet}, source.Options{})
	})
}
