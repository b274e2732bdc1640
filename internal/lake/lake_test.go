package lake_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/lake/laketest"
)

const birth = sen.Dataset("civil-status.birth")

// bench is a lake with an engine beside it.
type bench struct {
	testing.TB
	lake *lake.Lake
	sql  *engine.Conn
	dir  string

	options lake.Options
}

// remote, when set, has newBench make lakes at its servers: see TestTheSuite….
var remote *laketest.Servers

func newBench(t testing.TB) *bench {
	t.Helper()
	if remote == nil {
		return openBench(t, filepath.Join(t.TempDir(), "lake"), nil)
	}
	return openRemote(t, remote.Options(t, fmt.Sprintf("lake-%08x", rand.Uint32())))
}

func openBench(t testing.TB, dir string, hook func(string)) *bench {
	t.Helper()
	return open(t, lake.Options{Dir: dir, Hook: hook}, engine.Options{Threads: 1})
}

func openRemote(t testing.TB, o lake.Options) *bench {
	t.Helper()
	return open(t, o, engine.Options{Threads: 1, Remote: remote.Remote(t)})
}

func open(t testing.TB, o lake.Options, settings engine.Options) *bench {
	t.Helper()
	l, err := lake.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Open(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); e.Close(); l.Close() })
	return &bench{TB: t, lake: l, sql: c, dir: o.Dir, options: o}
}

func (b *bench) table(fields ...lake.Field) *lake.Table {
	b.Helper()
	t, err := b.lake.Table(b.Context(), lake.Clean, birth, fields)
	if err != nil {
		b.Fatal(err)
	}
	return t
}

// write makes a data file of a query, with the table's field ids.
func (b *bench) write(t *lake.Table, query string) lake.File {
	b.Helper()
	path, err := t.NewFile("run-1", 0, 0)
	if err != nil {
		b.Fatal(err)
	}
	rows, err := b.sql.Copy(b.Context(), query, path, t.FieldIDs())
	if err != nil {
		b.Fatal(err)
	}
	return lake.File{Path: path, Rows: rows}
}

func (b *bench) commit(t *lake.Table, c lake.Change) lake.Snapshot {
	b.Helper()
	s, err := t.Commit(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// add writes and commits the rows of queries, a file each.
func (b *bench) add(t *lake.Table, queries ...string) lake.Snapshot {
	b.Helper()
	var c lake.Change
	for _, q := range queries {
		c.Add = append(c.Add, b.write(t, q))
	}
	return b.commit(t, c)
}

func (b *bench) scan(t *lake.Table, as lake.AsOf) lake.Scan {
	b.Helper()
	s, err := t.Scan(b.Context(), as)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// rows is the relation as text, one row after the other, sorted.
func (b *bench) rows(relation string) string {
	b.Helper()
	var out string
	err := b.sql.Row(b.Context(), `SELECT coalesce(string_agg(r, ' ' ORDER BY r), '') FROM (SELECT row(*COLUMNS(*))::VARCHAR AS r FROM `+relation+`)`, &out)
	if err != nil {
		b.Fatalf("%v\n%s", err, relation)
	}
	return out
}

func (b *bench) want(t *lake.Table, as lake.AsOf, want string) {
	b.Helper()
	if got := b.rows(b.scan(t, as).SQL()); got != want {
		b.Errorf("as of %+v got %s\nwant %s", as, got, want)
	}
}

// positions are the rows for which a condition holds, as Change.Delete wants
// them.
func (b *bench) positions(t *lake.Table, condition string) map[string][]int64 {
	b.Helper()
	rows, err := b.sql.Query(b.Context(), `SELECT _file, _pos FROM `+b.scan(t, lake.AsOf{}).SQLWithPosition()+` WHERE `+condition)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	out := map[string][]int64{}
	for rows.Next() {
		var file string
		var pos int64
		if err := rows.Scan(&file, &pos); err != nil {
			b.Fatal(err)
		}
		out[file] = append(out[file], pos)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return out
}

func ab() []lake.Field {
	return []lake.Field{{Name: "a", Type: "BIGINT"}, {Name: "b", Type: "VARCHAR"}}
}

func TestAnEmptyTableHasItsColumnsAndNoRows(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	if _, ok := tbl.Current(); ok {
		t.Error("a table without a commit has a current snapshot")
	}
	b.want(tbl, lake.AsOf{}, "")
	var types string
	err := b.sql.Row(t.Context(), `SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE `+b.scan(tbl, lake.AsOf{}).SQLWithPosition()+`)`, &types)
	if want := "a BIGINT, b VARCHAR, _file VARCHAR, _pos BIGINT"; err != nil || types != want {
		t.Errorf("got %q, %v; want %q", types, err, want)
	}
}

func TestOneCommitAddsAndDeletesAtOnce(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	first := b.add(tbl, "SELECT 1::BIGINT AS a, 'x' AS b UNION ALL SELECT 2, 'y'", "SELECT 3::BIGINT AS a, 'z' AS b")
	gone := b.positions(tbl, "a IN (2, 3)")
	second := b.commit(tbl, lake.Change{
		Add: []lake.File{b.write(tbl, "SELECT 2::BIGINT AS a, 'new' AS b")}, Delete: gone,
		Summary: map[string]string{"sen.run": "r2"},
	})
	b.want(tbl, lake.AsOf{}, "(1, x) (2, new)")
	b.want(tbl, lake.AsOf{Snapshot: first.ID}, "(1, x) (2, y) (3, z)")
	b.want(tbl, lake.AsOf{Time: first.At}, "(1, x) (2, y) (3, z)")
	if second.Rows != 2 || second.Summary["sen.run"] != "r2" {
		t.Errorf("got %d rows and summary %v, want 2 and the run", second.Rows, second.Summary)
	}
	if got := len(tbl.Snapshots()); got != 2 {
		t.Errorf("got %d snapshots, want 2", got)
	}
}

func TestReplaceKeepsWhatWasBeforeReadable(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	b.add(tbl, "SELECT 1::BIGINT AS a, 'x' AS b", "SELECT 2::BIGINT AS a, 'y' AS b")
	old := b.commit(tbl, lake.Change{Delete: b.positions(tbl, "a = 1")})
	b.commit(tbl, lake.Change{Replace: true, Add: []lake.File{b.write(tbl, "SELECT 9::BIGINT AS a, 'n' AS b")}})
	b.want(tbl, lake.AsOf{}, "(9, n)")
	b.want(tbl, lake.AsOf{Snapshot: old.ID}, "(2, y)")
	empty := b.commit(tbl, lake.Change{Replace: true, Summary: map[string]string{"sen.position": "7"}})
	b.want(tbl, lake.AsOf{}, "")
	if empty.Rows != 0 || empty.Summary["total-delete-files"] != "0" {
		t.Errorf("an emptied table: got %d rows and summary %v", empty.Rows, empty.Summary)
	}
}

func TestHundredsOfFilesAreOneCommit(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	var c lake.Change
	for i := range 200 {
		c.Add = append(c.Add, b.write(tbl, fmt.Sprintf("SELECT %d::BIGINT AS a, 'x' AS b", i)))
	}
	if s := b.commit(tbl, c); s.Rows != 200 {
		t.Errorf("got %d rows, want 200", s.Rows)
	}
	var sum int64
	if err := b.sql.Row(t.Context(), "SELECT sum(a)::BIGINT FROM "+b.scan(tbl, lake.AsOf{}).SQL(), &sum); err != nil || sum != 19900 {
		t.Errorf("got %d, %v; want 19900", sum, err)
	}
}

// After any sequence of commits, each snapshot still shows what was true when
// it was made.
func TestEverySnapshotStaysWhatItWas(t *testing.T) {
	b := newBench(t)
	tbl := b.table(lake.Field{Name: "a", Type: "BIGINT"})
	random := rand.New(rand.NewPCG(3, 3))
	live, next := []int{}, 0
	remembered := map[int64]string{}
	for range 30 {
		var c lake.Change
		var stay []int
		switch random.IntN(4) {
		case 0:
			c.Replace = true
		case 1:
			stay = live
		default:
			modulus := 2 + random.IntN(3)
			c.Delete = b.positions(tbl, fmt.Sprintf("a %% %d = 0", modulus))
			stay = slices.DeleteFunc(slices.Clone(live), func(a int) bool { return a%modulus == 0 })
		}
		live = stay
		for range random.IntN(3) {
			n := random.IntN(5)
			c.Add = append(c.Add, b.write(tbl, fmt.Sprintf("SELECT range AS a FROM range(%d, %d)", next, next+n)))
			for range n {
				live = append(live, next)
				next++
			}
		}
		s := b.commit(tbl, c)
		if s.Rows != int64(len(live)) {
			t.Errorf("snapshot %d counts %d rows, want %d", s.Sequence, s.Rows, len(live))
		}
		remembered[s.ID] = rowsOf(live)
	}
	for id, want := range remembered {
		b.want(tbl, lake.AsOf{Snapshot: id}, want)
	}
	b.outside(tbl, 0)
}

func rowsOf(live []int) string {
	rows := make([]string, len(live))
	for i, a := range live {
		rows[i] = fmt.Sprintf("(%d)", a)
	}
	slices.Sort(rows)
	return strings.Join(rows, " ")
}

func TestAFolderThatIsNoLakeOfOursIsRefused(t *testing.T) {
	if _, err := lake.Open(t.Context(), lake.Options{Dir: filepath.Join(t.TempDir(), "a[b]")}); sen.KindOf(err) != sen.Invalid || err == nil {
		t.Errorf("a folder that the engine would take for a pattern: got %v, want kind invalid", err)
	}
	b := newBench(t)
	b.add(b.table(ab()...), "SELECT 1::BIGINT AS a, 'x' AS b")
	db, err := sql.Open("sqlite", filepath.Join(b.dir, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE iceberg_tables SET metadata_location = metadata_location || 'x'"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.lake.Lookup(t.Context(), lake.Clean, birth); sen.KindOf(err) != sen.Corrupt {
		t.Errorf("metadata that is gone: got %v, want kind corrupt", err)
	}
	if _, err := b.lake.Lookup(t.Context(), lake.Landed, birth); sen.KindOf(err) != sen.NotFound {
		t.Errorf("a table that never was: got %v, want kind not-found", err)
	}
	if _, err := db.Exec("UPDATE sen_lake SET layout = 99"); err != nil {
		t.Fatal(err)
	}
	if _, err := lake.Open(t.Context(), lake.Options{Dir: b.dir}); sen.KindOf(err) != sen.Unavailable || !strings.Contains(sen.HintOf(err), "newer") {
		t.Errorf("a newer lake: got %v, want kind unavailable and a hint", err)
	}
}
