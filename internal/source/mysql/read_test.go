package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
)

// small makes many ranges of little tables.
var small = source.Options{RangeBytes: 64 << 10, BatchRows: 1000}

// people fills a table with made-up rows from a sequence.
func people(table, columns, values string, n int) string {
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM seq_1_to_%d", table, columns, values, n)
}

const wide = "n int, name varchar(60), note varchar(200) NULL"
const wideValues = "seq, concat('Nguyễn Văn ', seq), if(seq % 3 = 0, NULL, repeat('ghi chú ', seq % 9))"

// shapes are tables by what they can be read along.
var shapes = []struct {
	name, table  string
	columns, sql string // of the key, and what fills them
	parallel     bool
}{
	{"a whole number", "CREATE TABLE t (id bigint PRIMARY KEY, " + wide + ")", "id", "seq * 7", true},
	{"an unsigned number at its end", "CREATE TABLE t (id bigint unsigned PRIMARY KEY, " + wide + ")", "id", "18446744073709551615 - seq * 3", true},
	{"a negative number", "CREATE TABLE t (id int PRIMARY KEY, " + wide + ")", "id", "cast(seq AS signed) - 3000", true},
	{"a decimal", "CREATE TABLE t (id decimal(20,5) PRIMARY KEY, " + wide + ")", "id", "seq * 1.25", true},
	{"an identity number", "CREATE TABLE t (id char(12) CHARACTER SET ascii PRIMARY KEY, " + wide + ")", "id", "lpad(seq * 7919 % 96000000, 12, '0')", true},
	{"letters without case", "CREATE TABLE t (id varchar(40) COLLATE utf8mb4_unicode_ci PRIMARY KEY, " + wide + ")", "id", "concat(char(65 + seq % 26), 'é', seq)", true},
	{"latin letters", "CREATE TABLE t (id varchar(40) CHARACTER SET latin1 PRIMARY KEY, " + wide + ")", "id", "concat(char(65 + seq % 26), 'é', seq)", true},
	{"bytes", "CREATE TABLE t (id binary(16) PRIMARY KEY, " + wide + ")", "id", "unhex(md5(seq))", true},
	{"a date and a number", "CREATE TABLE t (d date, id int, " + wide + ", PRIMARY KEY (d, id))", "d, id", "date '2020-01-01' + interval seq % 50 day, seq", false},
	{"two numbers", "CREATE TABLE t (a int, id int, " + wide + ", PRIMARY KEY (a, id))", "a, id", "seq % 7, seq", true},
	{"a number and letters", "CREATE TABLE t (a int, id varchar(20), " + wide + ", PRIMARY KEY (a, id))", "a, id", "seq DIV 100, concat('x', seq)", true},
	{"a unique index", "CREATE TABLE t (id int NOT NULL, " + wide + ", UNIQUE KEY k (id), KEY (name))", "id", "seq", true},
	{"partitions", "CREATE TABLE t (id int PRIMARY KEY, " + wide + ") PARTITION BY HASH (id) PARTITIONS 5", "id", "seq", true},
	{"nothing", "CREATE TABLE t (id int, " + wide + ", KEY (name, n, note, id))", "id", "seq", false},
	{"a unique index with NULL", "CREATE TABLE t (id int NULL, " + wide + ", UNIQUE KEY (id))", "id", "nullif(seq, 7)", false},
	{"an enumeration", "CREATE TABLE t (g enum('nữ','nam'), id int, " + wide + ", PRIMARY KEY (g, id))", "g, id", "1 + seq % 2, seq", false},
}

func TestEveryRowComesOnceInWholeRangesWhateverTheKey(t *testing.T) {
	s := shared(t)
	const n = 6000
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			db := database(t, s, shape.table, people("t", shape.columns+", n, name, note", shape.sql+", "+wideValues, n), "ANALYZE TABLE t")
			d := connect(t, at(s, db))
			r, err := d.Open(t.Context(), "t", small)
			if err != nil {
				t.Fatal(err)
			}
			before := s.MustExec(t, "", "SHOW GLOBAL STATUS WHERE Variable_name IN ('Sort_rows', 'Sort_scan', 'Created_tmp_disk_tables')")
			got := read(t, r, source.Mark{})
			if after := s.MustExec(t, "", "SHOW GLOBAL STATUS WHERE Variable_name IN ('Sort_rows', 'Sort_scan', 'Created_tmp_disk_tables')"); sorts(before, after) {
				t.Errorf("the server sorted: %v, then %v", before, after)
			}
			if len(got.rows) != n || len(got.ranges) < 5 {
				t.Fatalf("%d rows in %d ranges, want %d in several", len(got.rows), len(got.ranges), n)
			}
			at, seen := len(strings.Split(shape.columns, ",")), map[string]bool{}
			for i, row := range got.rows {
				k, _ := strconv.Atoi(show(row[at]))
				if seen[show(row[at])] || show(row[at+1]) != fmt.Sprintf("Nguyễn Văn %d", k) || (row[at+2] == nil) != (k%3 == 0) {
					t.Fatalf("row %d: %s %s %s", i, show(row[at]), show(row[at+1]), show(row[at+2]))
				}
				seen[show(row[at])] = true
			}
			sameSums(t, d, "t", got)
			if parallel := strings.Contains(got.position.Point.Snapshot, "4 connections"); parallel != shape.parallel {
				t.Errorf("read %s", got.position.Point.Snapshot)
			}
			if got.position.Point.Log == "" || got.position.Rows != n {
				t.Errorf("position %+v", got.position)
			}
			goesOn(t, r, got)
		})
	}
}

func sorts(before, after [][]string) bool {
	for i := range before {
		x, _ := strconv.Atoi(before[i][1])
		y, _ := strconv.Atoi(after[i][1])
		if y-x > 100 { // the hub's own questions sort a few names
			return true
		}
	}
	return false
}

// goesOn reads again from several marks: the rest must be the same.
func goesOn(t *testing.T, r source.Reader, got taken) {
	t.Helper()
	for _, i := range []int{0, len(got.ranges) / 2, len(got.ranges) - 2, len(got.ranges) - 1} {
		g := got.ranges[i]
		rest := read(t, r, g.Mark)
		if want := got.rows[g.FirstRow+g.Rows:]; len(rest.rows)+len(want) > 0 && !reflect.DeepEqual(rest.rows, want) {
			t.Errorf("behind range %d of %d: %d rows, want %d, the same", i, len(got.ranges), len(rest.rows), int64(len(got.rows))-g.FirstRow-g.Rows)
		}
		if i+1 < len(got.ranges) && (len(rest.ranges) == 0 || !reflect.DeepEqual(cut(rest.ranges[0]), cut(got.ranges[i+1]))) {
			t.Errorf("the range behind %d is another: %+v, want %+v", i, rest.ranges, got.ranges[i+1])
		}
		if rest.position.Rows != got.position.Rows {
			t.Errorf("%d rows in all, want %d", rest.position.Rows, got.position.Rows)
		}
	}
}

func cut(g source.Range) [4]int64 { return [4]int64{int64(g.Number), g.FirstRow, g.Rows, g.End} }

func TestAViewIsReadInOnePiece(t *testing.T) {
	s := shared(t)
	db := database(t, s, "CREATE TABLE t (id int PRIMARY KEY, "+wide+")", people("t", "id, n, name, note", "seq, "+wideValues, 3000),
		"CREATE VIEW v AS SELECT id, upper(name) AS name FROM t WHERE id > 1000")
	got := read(t, open(t, at(s, db), "v", small), source.Mark{})
	if len(got.rows) != 2000 || got.rows[0][1] == nil {
		t.Errorf("%d rows", len(got.rows))
	}
	sameSums(t, connect(t, at(s, db)), "v", got)
}

func TestATableOfAnotherDatabaseAndOddNamesAreFound(t *testing.T) {
	s := shared(t)
	db := database(t, s, "CREATE TABLE `Hộ khẩu; DROP`(`a``b` int PRIMARY KEY, `select` int, `_row` int, `ngày sinh` date)", "INSERT INTO `Hộ khẩu; DROP` VALUES (1, 2, 3, '1990-01-01')",
		"CREATE TABLE `a.b` (id int PRIMARY KEY)", "INSERT INTO `a.b` VALUES (5)", "CREATE TABLE Both_ (id int)", "CREATE TABLE both_ (other int)")
	d := connect(t, at(s, db))
	for table, want := range map[string][]string{
		"Hộ khẩu; DROP": {"a`b", "select", "_row_2", "ngày sinh"}, "a.b": {"id"}, db + ".a.b": {"id"}, "Both_": {"id"}, "both_": {"other"}, "mysql.db": nil,
	} {
		r, err := d.Open(t.Context(), table, small)
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		got := read(t, r, source.Mark{})
		if want != nil && !reflect.DeepEqual(got.columns, want) {
			t.Errorf("%s has columns %q, want %q", table, got.columns, want)
		}
	}
	if _, err := d.Open(t.Context(), "none", small); sen.KindOf(err) != sen.NotFound || sen.HintOf(err) == "" {
		t.Errorf("a table that is not there: %v", err)
	}
}

func TestAnEmptyTableHasNoRangesAndAPosition(t *testing.T) {
	s := shared(t)
	db := database(t, s, "CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE u (id int)")
	for _, table := range []string{"t", "u"} {
		got := read(t, open(t, at(s, db), table, small), source.Mark{})
		if len(got.ranges) != 0 || got.position.Point == nil || got.position.Rows != 0 {
			t.Errorf("%s: %+v", table, got)
		}
	}
}

func TestAnErrorOfTheTakerOrTheEndOfItsContextEndsTheReading(t *testing.T) {
	s := shared(t)
	db := database(t, s, shapes[0].table, people("t", "id, n, name, note", "seq, "+wideValues, 6000))
	r := open(t, at(s, db), "t", small)
	full := errors.New("the disk is full")
	calls := 0
	if _, err := r.Read(t.Context(), source.Mark{}, func(g *source.Range) error { calls++; g.Release(); return full }); !errors.Is(err, full) || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := r.Read(ctx, source.Mark{}, func(g *source.Range) error { g.Release(); cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := read(t, r, source.Mark{}); len(got.rows) != 6000 {
		t.Errorf("the reader is of no use afterwards: %d rows", len(got.rows))
	}
}

func TestBytesThatAreNoTextAreKeptAndReported(t *testing.T) {
	s := shared(t)
	// A program that says utf8 and sends latin1 leaves bytes that the server
	// would refuse today: here they get there with a file under the table.
	db := database(t, s, "CREATE TABLE t (id int PRIMARY KEY, u varchar(20) CHARACTER SET utf8mb3, a varchar(20) CHARACTER SET ascii) ENGINE=MyISAM",
		"CREATE TABLE b (id int PRIMARY KEY, u varbinary(60), a varbinary(20)) ENGINE=MyISAM",
		"INSERT INTO b VALUES (1, 'plain?', 'x'), (2, X'636166e9', X'61'), (3, X'610062', 'x'), (4, 'Huế', X'c3a9ff')", "FLUSH TABLES")
	for _, file := range []string{"MYD", "MYI"} {
		content, err := os.ReadFile(filepath.Join(s.Dir, "data", db, "b."+file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.Dir, "data", db, "t."+file), content, 0o660); err != nil {
			t.Fatal(err)
		}
	}
	s.MustExec(t, db, "FLUSH TABLES")
	got := read(t, open(t, at(s, db), "t", small), source.Mark{})
	for i, want := range [][3]string{{"plain?", "x", ""}, {"caf\uf7e9", "a", "undecodable byte 0xE9 in column u"}, {"a\uf700b", "x", "NUL byte in column u"}, {"Huế", "é\uf7ff", "undecodable byte 0xFF in column a"}} {
		if row := got.rows[i]; show(row[1]) != want[0] || show(row[2]) != want[1] || got.faults[i] != want[2] {
			t.Errorf("row %d came as %q, %q with the fault %q; want %q", i, show(row[1]), show(row[2]), got.faults[i], want)
		}
	}
}

func TestWhatTheServerCannotWriteAsUTF8IsKeptAndReported(t *testing.T) {
	s := shared(t)
	db := database(t, s, "CREATE TABLE t (id int PRIMARY KEY, c varchar(20) CHARACTER SET cp1250)",
		"INSERT INTO t VALUES (1, 'é?'), (2, _cp1250 X'8161'), (3, 'x'), (4, _cp1250 X'3f8183')")
	got := read(t, open(t, at(s, db), "t", small), source.Mark{})
	fault := "bytes that are no cp1250 in column c"
	for i, want := range [][2]string{{"é?", ""}, {"\uf781a", fault}, {"x", ""}, {"?\uf781\uf783", fault}} {
		if show(got.rows[i][1]) != want[0] || got.faults[i] != want[1] {
			t.Errorf("row %d came as %q with the fault %q, want %q", i, show(got.rows[i][1]), got.faults[i], want)
		}
	}
}

func TestAllBytesOfLatin1ComeAsTheServerConvertsThem(t *testing.T) {
	s := shared(t)
	db := database(t, s, "CREATE TABLE t (id int PRIMARY KEY, c char(1) CHARACTER SET latin1)", "INSERT INTO t SELECT seq, char(seq USING latin1) FROM seq_1_to_255")
	got := read(t, open(t, at(s, db), "t", small), source.Mark{})
	for i, want := range s.MustExec(t, db, "SELECT hex(convert(c USING utf8mb4)) FROM t ORDER BY id") {
		if v := fmt.Sprintf("%X", show(got.rows[i][1])); v != want[0] {
			t.Errorf("byte %d came as %s, want %s", i+1, v, want[0])
		}
	}
}

func TestFloatsReadBackAsTheSameNumbers(t *testing.T) {
	s := shared(t)
	db := database(t, s, "CREATE TABLE t (id int PRIMARY KEY, f float, d double)",
		"INSERT INTO t SELECT seq, (rand(7) - 0.5) * pow(10, rand() * 60 - 30), (rand(8) - 0.5) * pow(10, rand() * 500 - 250) FROM seq_1_to_20000")
	d := connect(t, at(s, db))
	r, err := d.Open(t.Context(), "t", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, r, source.Mark{})
	back := []string{"CREATE TABLE u (id int PRIMARY KEY, f float, d double)"}
	for i := 0; i < len(got.rows); i += 1000 {
		var list []string
		for _, row := range got.rows[i : i+1000] {
			list = append(list, fmt.Sprintf("(%s, '%s', '%s')", show(row[0]), show(row[1]), show(row[2])))
		}
		back = append(back, "INSERT INTO u VALUES "+strings.Join(list, ","))
	}
	s.MustExec(t, db, back...)
	if lost := s.MustExec(t, db, "SELECT count(*), sum(t.f <> u.f), sum(t.d <> u.d) FROM t JOIN u USING (id)"); lost[0][1] != "0" || lost[0][2] != "0" {
		t.Errorf("of %s numbers %s floats and %s doubles read back as others", lost[0][0], lost[0][1], lost[0][2])
	}
	sameSums(t, d, "t", got)
}

func TestTheRealAdministrativeUnitsAreReadWhole(t *testing.T) {
	folder := filepath.Join(sharedFolder(t), "data", "admin-units")
	s := shared(t)
	db := database(t, s)
	for _, file := range []string{"units-2026-mysql-schema.sql", "units-2026-mysql-data.sql"} {
		dump, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Exec(t.Context(), db, string(dump)); err != nil {
			t.Fatalf("%s: %.300v", file, err)
		}
	}
	d := connect(t, at(s, db))
	for table, want := range map[string]int{"provinces": 34, "wards": 3321} {
		r, err := d.Open(t.Context(), table, small)
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, r, source.Mark{})
		if len(got.rows) != want || len(r.Key()) != 1 {
			t.Errorf("%s: %d rows by %q, want %d", table, len(got.rows), r.Key(), want)
		}
		sameSums(t, d, table, got)
	}
}

// sharedFolder is the folder of data beside the checkout; the test is skipped
// where there is none.
func sharedFolder(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("SEN_SHARED"); path != "" {
		return path
	}
	at, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		path := filepath.Join(at, "shared")
		if _, err := os.Stat(filepath.Join(path, "data", "admin-units")); err == nil {
			return path
		}
	}
	t.Skip("no folder shared/data beside the checkout: set SEN_SHARED to where it is")
	return ""
}
