package apptest

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the source that is a database
)

// killsPerStep is how often a sync is killed at each of its four steps.
const killsPerStep = 5

// moment is one kill: the nth passing of a step, in the first sync of a hub
// or in a later one, of sources that have changed.
type moment struct {
	step  string
	nth   int
	later bool
}

func (m moment) String() string {
	sync := "first"
	if m.later {
		sync = "later"
	}
	return fmt.Sprintf("%s sync, %s %d", sync, m.step, m.nth)
}

// loss is what a kill cost.
type loss struct {
	moment
	read, kept int64 // rows that the killed process had read; those of them in checkpointed ranges
	resumed    int   // ranges that the next process took over
}

// TestASyncKilledAtTwentyRandomMomentsEndsAsOneThatWasNot kills with SIGKILL
// at moments drawn from SEN_KILL_SEED (the clock, when unset). Whatever was
// killed, one more `sen sync` must lead to the reference's digests and rows.
func TestASyncKilledAtTwentyRandomMomentsEndsAsOneThatWasNot(t *testing.T) {
	seed := killSeed(t)
	t.Logf("go on with the same moments: SEN_KILL_SEED=%d scripts/kill-test", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	k := newKillHub(t)
	whole := map[bool]ending{}
	for _, later := range []bool{false, true} {
		k.restore(later)
		k.ok("sync")
		whole[later] = k.ending(later)
	}
	var losses []loss
	for i := range killsPerStep {
		for _, step := range []string{"extract", "clean", "commit", "certify"} {
			m := moment{step: step, later: i%2 == 1}
			m.nth = 1 + random.IntN(whole[m.later].passings(step))
			losses = append(losses, k.killed(m))
			if got, want := k.ending(m.later), whole[m.later]; !got.same(want) {
				t.Errorf("killed at %s:\ngot  %s\nwant %s", m, got, want)
			}
		}
	}
	t.Log("\n" + table(losses, whole))
}

func killSeed(t *testing.T) uint64 {
	text := os.Getenv("SEN_KILL_SEED")
	if text == "" {
		return uint64(time.Now().UnixNano())
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// killHub is a hub of two datasets, always in the same folder (tables name
// their files by absolute paths), as it stood before each sync.
type killHub struct {
	*shell
	before map[bool]string // folder with the hub before the first, before a later sync
}

func newKillHub(t *testing.T) *killHub {
	s := newShell(t)
	k := &killHub{shell: s, before: map[bool]string{false: filepath.Join(s.dir, "first"), true: filepath.Join(s.dir, "later")}}
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("sen.yaml", "source.range_rows: 1000\n")
	s.write("contracts/civil.odcs.yaml", killContract("civil", "birth", "csv", "births.csv", "births.csv"))
	s.write("contracts/vital.odcs.yaml", killContract("vital", "death", "sqlite", "vital.db", "death"))
	k.sources(false)
	k.copy(s.dir, k.before[false])
	s.ok("sync")
	k.sources(true)
	k.copy(s.dir, k.before[true])
	return k
}

func killContract(agency, object, format, file, place string) string {
	return fmt.Sprintf(`apiVersion: v3.1.0
kind: DataContract
id: %s
version: 1.0.0
status: active
servers:
  - {server: files, type: local, path: sources/%s, format: %s}
schema:
  - name: %s
    physicalName: %s
    properties:
      - {name: number, physicalName: so, logicalType: string, primaryKey: true, required: true}
      - {name: mark, physicalName: dau, logicalType: integer, required: true}
      - {name: full_name, physicalName: ho_ten, logicalType: string, authoritativeDefinitions: [{type: dataElement, url: "sen:element/person-name"}]}
      - {name: born_on, physicalName: ngay_sinh, logicalType: date}
`, agency, file, format, object, place)
}

// killRow is a made-up record; mark is its own in the whole source.
type killRow struct {
	number, name, day string
	mark              int
}

// killRows are rows of which some are wrong and some repeat the key of one
// two ranges before. Later, some are gone, some have changed, some are new.
func killRows(n int, later bool) []killRow {
	var out []killRow
	if later {
		n += 700
	}
	for i := range n {
		r := killRow{number: fmt.Sprintf("S%05d", i), mark: i, day: fmt.Sprintf("%d/%d/1990", 1+i%28, 1+i%12),
			name: []string{"NGUYỄN VĂN AN", "Trần Thị  Bình", "Lê Hoà"}[i%3]}
		switch {
		case i%17 == 5:
			r.day = "31/02/1990"
		case i%400 == 399 && i > 2000:
			r.number = fmt.Sprintf("S%05d", i-2000)
		case later && i%13 == 0:
			continue
		case later && i%11 == 0:
			r.name = "Phạm Thị Lan"
		}
		out = append(out, r)
	}
	return out
}

// killSizes are the rows of each dataset before a later sync adds some.
var killSizes = map[string]int{"civil.birth": 6400, "vital.death": 4300}

func (k *killHub) sources(later bool) {
	k.t.Helper()
	var csv strings.Builder
	csv.WriteString("so,dau,ho_ten,ngay_sinh\n")
	for _, r := range killRows(killSizes["civil.birth"], later) {
		fmt.Fprintf(&csv, "%s,%d,%s,%s\n", r.number, r.mark, r.name, r.day)
	}
	k.write("sources/births.csv", csv.String())
	db, err := sql.Open("sqlite", filepath.Join(k.dir, "sources/vital.db"))
	if err != nil {
		k.t.Fatal(err)
	}
	defer db.Close()
	var insert strings.Builder
	for i, r := range killRows(killSizes["vital.death"], later) {
		fmt.Fprintf(&insert, "%s('%s',%d,'%s','%s')", map[bool]string{true: ", "}[i > 0], r.number, r.mark, r.name, r.day)
	}
	_, err = db.Exec("DROP TABLE IF EXISTS death; CREATE TABLE death (so TEXT, dau INTEGER, ho_ten TEXT, ngay_sinh TEXT);" +
		"INSERT INTO death VALUES " + insert.String())
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *killHub) copy(from, to string) {
	k.t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		k.t.Fatalf("%v: %s", err, out)
	}
}

func (k *killHub) restore(later bool) {
	k.t.Helper()
	if err := os.RemoveAll(k.dir); err != nil {
		k.t.Fatal(err)
	}
	k.copy(k.before[later], k.dir)
}

// killed kills a sync at a moment and lets a second one finish it.
func (k *killHub) killed(m moment) loss {
	k.t.Helper()
	k.restore(m.later)
	k.env = []string{fmt.Sprintf("SEN_KILL_AT=%s:%d", m.step, m.nth)}
	r := k.want(-1, "sync") // -1: a signal ended it
	k.env = nil
	l := loss{moment: m}
	_, said, _ := strings.Cut(r.err, "killed at "+m.step+", ")
	if _, err := fmt.Sscanf(said, "%d rows read", &l.read); err != nil {
		k.t.Fatalf("killed at %s, it said %q", m, r.err)
	}
	l.kept, l.resumed = k.goOn()
	k.t.Logf("killed at %-24s %6d rows read, %6d of them again", m.String()+":", l.read, l.read-l.kept)
	if l.kept > l.read {
		k.t.Errorf("killed at %s: %d rows read, %d of them checkpointed", m, l.read, l.kept)
	}
	return l
}

// goOn synchronises after a kill, and counts the rows and ranges that need
// not be read again: all of a dataset that the killed process certified, the
// checkpointed ranges of the one that was under way.
func (k *killHub) goOn() (rows int64, ranges int) {
	k.t.Helper()
	for _, d := range k.synced() {
		done := d.Resumed
		if d.Unchanged {
			done = len(d.Certificate.Ranges)
		}
		for _, r := range d.Certificate.Ranges[:done] {
			rows += r.In.Rows
		}
		ranges += d.Resumed
	}
	return rows, ranges
}

// killSynced is what `sen sync --json` says of one dataset.
type killSynced struct {
	Dataset     string
	Unchanged   bool
	Resumed     int `json:"resumed_ranges"`
	Clean       int64
	Quarantined int64
	Certificate struct {
		Tally   struct{ Clean, Quarantined, Content rowDigest }
		Delta   map[string]int64
		Content rowDigest
		Ranges  []struct {
			Number                 int
			Source                 string
			First                  int64 `json:"first_row"`
			In, Clean, Quarantined rowDigest
		}
	}
}

type rowDigest struct {
	Rows int64
	Sum  json.Number
}

func (k *killHub) synced() []killSynced {
	k.t.Helper()
	var answer struct{ Datasets []killSynced }
	k.ok("sync", "--json").json(k.t, &answer)
	return answer.Datasets
}

// ending is where a sync led: what certificates, tables and a second look say.
type ending struct {
	datasets []killSynced
	proofs   string // the certificates' counts and digests
	clean    string // every clean row, sorted
	held     string // every row of the quarantine
	verified string
	landed   int // files of the landed tables: none is left of ranges that were written twice
}

func (k *killHub) ending(later bool) ending {
	k.t.Helper()
	e := ending{datasets: k.synced()}
	marks := map[string][]int{}
	for i := range e.datasets {
		d := &e.datasets[i]
		if !d.Unchanged {
			k.t.Errorf("%s: the sync after a whole sync read the source again", d.Dataset)
		}
		d.Unchanged, d.Resumed = false, 0
		e.held += k.held(d.Dataset, d.Quarantined, marks)
	}
	proofs, err := json.Marshal(e.datasets)
	if err != nil {
		k.t.Fatal(err)
	}
	e.proofs, e.clean = string(proofs), k.clean(marks)
	for dataset, n := range killSizes {
		k.tiles(dataset, marks[dataset], killRows(n, later))
	}
	e.verified = k.verified()
	files, err := filepath.Glob(filepath.Join(k.dir, "data/lake/landed/*/*/data/*"))
	if err != nil {
		k.t.Fatal(err)
	}
	e.landed = len(files)
	return e
}

// clean reads the clean rows of all datasets, and notes their marks.
func (k *killHub) clean(marks map[string][]int) string {
	k.t.Helper()
	var parts []string
	for dataset := range killSizes {
		parts = append(parts, fmt.Sprintf("SELECT '%s' AS d, mark, number, full_name, born_on FROM %s", dataset, dataset))
	}
	var answer struct{ Rows [][]any }
	query := "SELECT * FROM (" + strings.Join(parts, " UNION ALL ") + ") ORDER BY ALL"
	k.ok("query", query, "--purpose", "test", "--limit", "0", "--json").json(k.t, &answer)
	for _, row := range answer.Rows {
		dataset := fmt.Sprint(row[0])
		marks[dataset] = append(marks[dataset], int(row[1].(float64)))
	}
	return fmt.Sprint(answer.Rows)
}

// held reads the quarantine of a dataset, and notes the marks of its rows.
func (k *killHub) held(dataset string, rows int64, marks map[string][]int) string {
	k.t.Helper()
	var answer struct {
		Rows []struct {
			Rule, Column, Value string
			Row, Line           int64
			Source              map[string]string
		}
	}
	k.ok("quarantine", "show", dataset, "--purpose", "test", "--limit", fmt.Sprint(rows+1), "--json").json(k.t, &answer)
	for _, r := range answer.Rows {
		mark, err := strconv.Atoi(r.Source["dau"])
		if err != nil {
			k.t.Fatal(err)
		}
		marks[dataset] = append(marks[dataset], mark)
	}
	return fmt.Sprint(answer.Rows)
}

// tiles wants each row of the source once: in the clean table or in the
// quarantine.
func (k *killHub) tiles(dataset string, got []int, source []killRow) {
	k.t.Helper()
	want := make([]int, len(source))
	for i, r := range source {
		want[i] = r.mark
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		k.t.Errorf("%s: %d rows in clean and quarantine (%d without repeats), want each of %d once",
			dataset, len(got), len(slices.Compact(slices.Clone(got))), len(want))
	}
}

func (k *killHub) verified() string {
	k.t.Helper()
	var lines []struct {
		Dataset string
		Ranges  int
		Of      int
		Rows    int64
		Agree   bool
	}
	k.ok("verify", "--json").json(k.t, &lines)
	return fmt.Sprint(lines)
}

// Passings that no certificate tells: a table's commit has five (flow before
// and after, the lake's three), a dataset commits three tables; certify has two.
const (
	passingsOfCommit  = 5 * 3
	passingsOfCertify = 2
)

// passings is how often a whole sync passes a step.
func (e ending) passings(step string) int {
	switch step {
	case "commit":
		return passingsOfCommit * len(e.datasets)
	case "certify":
		return passingsOfCertify * len(e.datasets)
	}
	return e.ranges()
}

func (e ending) ranges() (n int) {
	for _, d := range e.datasets {
		n += len(d.Certificate.Ranges)
	}
	return n
}

func (e ending) same(o ending) bool {
	return e.proofs == o.proofs && e.clean == o.clean && e.held == o.held && e.verified == o.verified && e.landed == o.landed
}

// String leaves the rows out.
func (e ending) String() string {
	return fmt.Sprintf("%s\nclean %d bytes, quarantine %d bytes, %d landed files, verify %s", e.proofs, len(e.clean), len(e.held), e.landed, e.verified)
}

// table is what the note shows: each kill, and what it cost.
func table(losses []loss, whole map[bool]ending) string {
	var b strings.Builder
	for _, later := range []bool{false, true} {
		var in, held int64
		for _, d := range whole[later].datasets {
			in, held = in+d.Clean+d.Quarantined, held+d.Quarantined
		}
		fmt.Fprintf(&b, "%s sync, not killed: %d ranges, %d rows in, %d quarantined\n",
			map[bool]string{false: "first", true: "later"}[later], whole[later].ranges(), in, held)
	}
	fmt.Fprintf(&b, "\n%-26s %10s %14s %12s %15s\n", "killed at", "rows read", "checkpointed", "read again", "ranges resumed")
	var read, kept int64
	for _, l := range losses {
		fmt.Fprintf(&b, "%-26s %10d %14d %12d %15d\n", l.moment, l.read, l.kept, l.read-l.kept, l.resumed)
		read, kept = read+l.read, kept+l.kept
	}
	fmt.Fprintf(&b, "%-26s %10d %14d %12d\n", fmt.Sprintf("%d kills", len(losses)), read, kept, read-kept)
	return b.String()
}

// TestALinkageKilledAnywhereEndsAsOneThatWasNot kills with SIGKILL in the steps
// and commits of a linkage; one more `sen link run` leads to the same things,
// links and conflicts, in the lake and in the index.
func TestALinkageKilledAnywhereEndsAsOneThatWasNot(t *testing.T) {
	s := newShell(t)
	s.ok("demo", "--people", "1500", "--seed", "4", "--dir", "land")
	s.dir = filepath.Join(s.dir, "land")
	var numbers struct{ Rows [][]any }
	s.ok("query", `SELECT identity_number FROM "population"."person" WHERE old_identity_number IS NOT NULL ORDER BY 1 LIMIT 1`, "--json").json(t, &numbers)
	file := filepath.Join(s.dir, "entities", "person.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	person := func() string {
		var one any
		s.ok("get", "person", numbers.Rows[0][0].(string), "--json").json(t, &one)
		return fmt.Sprint(withoutRequest(one))
	}
	ending := func() string {
		var linked []struct {
			Entity           string
			Records, Things  int64
			Linked, Disputed any
		}
		s.ok("link", "run", "--json").json(t, &linked)
		return fmt.Sprintf("%+v %s", linked, person())
	}
	anew := func(n int) { // another entity file is another linkage
		s.write("entities/person.yaml", string(text)+fmt.Sprintf("\n# %d\n", n))
	}
	anew(0)
	want, before := ending(), person()
	places := []string{"link:2", "link:5", "link:9", "link:12", "link:13", "commit:1", "commit:2", "commit:5", "commit:9", "commit:13"}
	for n, place := range places {
		anew(n + 1)
		k := *s
		k.env = append(slices.Clone(s.env), "SEN_KILL_AT="+place)
		k.want(-1, "link", "run") // -1: a signal ended it
		if got := person(); got != before {
			t.Errorf("killed at %s: got %s\nwant %s", place, got, before)
		}
		if got := ending(); got != want {
			t.Errorf("killed at %s:\ngot  %s\nwant %s", place, got, want)
		}
	}
	s.ok("retention").says(t, "entity.person")
}

// withoutRequest is an answer without what no two readings share.
func withoutRequest(answer any) any {
	if fields, ok := answer.(map[string]any); ok {
		delete(fields, "request")
	}
	return answer
}
