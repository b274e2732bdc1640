package flow_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/state"
)

const people = `apiVersion: v3.1.0
kind: DataContract
id: people
version: 1.0.0
status: active
servers:
  - {server: files, type: local, path: sources/person.csv, format: csv}
schema:
  - name: person
    physicalName: person.csv
    properties:
      - name: id
        physicalName: ma
        logicalType: string
        primaryKey: true
        required: true
      - name: full_name
        physicalName: ho_ten
        logicalType: string
        required: true
        authoritativeDefinitions: [{type: dataElement, url: "sen:element/person-name"}]
      - name: born_on
        physicalName: ngay_sinh
        logicalType: date
      - name: score
        physicalName: diem
        logicalType: integer
        logicalTypeOptions: {maximum: 10}
`

// hub is a hub folder with one dataset, and the rooms that flow works with.
type hub struct {
	t        *testing.T
	dir      string
	contract string
	lake     *lake.Lake
	engine   *engine.Engine
	options  flow.Options
	flow     *flow.Flow
}

func newHub(t *testing.T, contractText, csv string) *hub {
	t.Helper()
	h := &hub{t: t, dir: t.TempDir(), contract: contractText}
	h.write("sources/person.csv", csv)
	h.open()
	return h
}

func (h *hub) open() {
	h.t.Helper()
	var err error
	data := filepath.Join(h.dir, "data")
	if h.engine, err = engine.Open(h.t.Context(), engine.Options{Functions: clean.Functions(), Threads: 1, Spill: filepath.Join(data, "tmp")}); err != nil {
		h.t.Fatal(err)
	}
	if h.lake, err = lake.Open(h.t.Context(), lake.Options{Dir: filepath.Join(data, "lake")}); err != nil {
		h.t.Fatal(err)
	}
	kept, err := state.Open(h.t.Context(), filepath.Join(data, "state.db"), state.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	ring, err := keys.Open(filepath.Join(data, "keys"))
	if err != nil {
		h.t.Fatal(err)
	}
	confined, err := engine.Open(h.t.Context(), engine.Options{Threads: 1, Only: []string{filepath.Join(data, "lake")}})
	if err != nil {
		h.t.Fatal(err)
	}
	h.options = flow.Options{Hub: h.dir, Engine: h.engine, Lake: h.lake, State: kept, Keys: ring,
		Rules:  clean.Rules{Engine: func(context.Context) (*engine.Engine, error) { return confined, nil }, Timeout: time.Second},
		Source: source.Options{RangeRows: 100, BatchRows: 30}, Principal: sen.Principal{ID: "operator:test"},
		Now: func() time.Time { return time.Date(2025, 7, 1, 9, 0, 0, 0, time.UTC) }}
	h.flow = flow.New(h.options)
	h.t.Cleanup(func() { confined.Close(); h.engine.Close(); h.lake.Close(); kept.Close() })
}

func (h *hub) write(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hub) dataset() contract.Dataset {
	h.t.Helper()
	c, problems := contract.Parse("people.odcs.yaml", []byte(h.contract), contract.Options{Elements: func(n string) bool {
		_, ok := dictionary.Lookup(n)
		return ok
	}})
	if errs := problems.Errors(); len(errs) > 0 {
		h.t.Fatal(errs)
	}
	return c.Datasets()[0]
}

func (h *hub) sync() flow.Outcome {
	h.t.Helper()
	return h.flow.Sync(h.t.Context(), []contract.Dataset{h.dataset()}, flow.Demand{})[0]
}

func (h *hub) mustSync() flow.Certificate {
	h.t.Helper()
	out := h.sync()
	if out.Err != nil {
		h.t.Fatal(out.Err)
	}
	return *out.Certificate
}

// rows answers a query over a table of the dataset, as text.
func (h *hub) rows(kind lake.Kind, as lake.AsOf, what string) string {
	h.t.Helper()
	t, err := h.lake.Lookup(h.t.Context(), kind, "people.person")
	if err != nil {
		h.t.Fatal(err)
	}
	scan, err := t.Scan(h.t.Context(), as)
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := h.engine.Conn(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	var got string
	query := fmt.Sprintf("SELECT coalesce(string_agg(x, ' | ' ORDER BY x), '') FROM (SELECT concat_ws(',', %s) AS x FROM (%s))", what, scan.SQL())
	if err := c.Row(h.t.Context(), query, &got); err != nil {
		h.t.Fatal(err)
	}
	return got
}

func (h *hub) want(kind lake.Kind, what, want string) {
	h.t.Helper()
	if got := h.rows(kind, lake.AsOf{}, what); got != want {
		h.t.Errorf("%s:\ngot  %s\nwant %s", kind, got, want)
	}
}

const three = "ma,ho_ten,ngay_sinh,diem\n1,NGUYỄN VĂN AN,3/5/1987,7\n2,Trần Thị Bình,31/02/1990,8\n3,Lê Cường,1991-12-01,11\n"

func TestASyncStandardisesQuarantinesAndCertifies(t *testing.T) {
	h := newHub(t, people, three)
	cert := h.mustSync()
	if cert.In() != 3 || cert.Clean() != 1 || cert.Quarantined() != 2 {
		t.Errorf("got %d in, %d clean, %d quarantined; want 3, 1, 2", cert.In(), cert.Clean(), cert.Quarantined())
	}
	h.want(lake.Clean, "id, full_name, born_on, score, _row", "1,Nguyễn Văn An,1987-05-03,7,0")
	h.want(lake.Quarantine, "ma, _rule, _column, _value, _line", "2,born_on.impossible,born_on,31/02/1990,3 | 3,score.maximum,score,11,4")
	h.want(lake.Landed, "ma, ho_ten", "1,NGUYỄN VĂN AN | 2,Trần Thị Bình | 3,Lê Cường")
}

func TestAnUnchangedSourceIsNotReadAgain(t *testing.T) {
	h := newHub(t, people, three)
	first := h.mustSync()
	again := h.sync()
	if again.Err != nil {
		t.Fatal(again.Err)
	}
	if !again.Unchanged || again.Certificate.Run != first.Run {
		t.Errorf("got unchanged %v, run %s; want the run %s again", again.Unchanged, again.Certificate.Run, first.Run)
	}
}

func TestAChangedFileIsMergedByKeyAndThePastStaysReadable(t *testing.T) {
	h := newHub(t, people, "ma,ho_ten,ngay_sinh,diem\n1,An,,1\n2,Bình,,2\n3,Chi,,3\n")
	h.mustSync()
	before := h.rows(lake.Clean, lake.AsOf{}, "id, full_name, score")
	table, err := h.lake.Lookup(t.Context(), lake.Clean, "people.person")
	if err != nil {
		t.Fatal(err)
	}
	then, _ := table.Current()
	h.write("sources/person.csv", "ma,ho_ten,ngay_sinh,diem\n4,Dũng,,4\n2,Bình,,9\n1,An,,1\n")
	cert := h.mustSync()
	want := flow.Delta{New: 1, Changed: 1, Missing: 1, Unchanged: 1}
	if cert.Delta != want {
		t.Errorf("got %+v, want %+v", cert.Delta, want)
	}
	h.want(lake.Clean, "id, full_name, score, _position", "1,An,1,1 | 2,Bình,9,2 | 4,Dũng,4,2")
	if got := h.rows(lake.Clean, lake.AsOf{Snapshot: then.ID}, "id, full_name, score"); got != before {
		t.Errorf("as of then: got %s, want %s", got, before)
	}
}

func TestWithoutAKeyTheDatasetIsReplaced(t *testing.T) {
	h := newHub(t, strings.Replace(people, "        primaryKey: true\n", "", 1), "ma,ho_ten,ngay_sinh,diem\n1,An,,1\n1,An,,1\n")
	h.mustSync()
	h.want(lake.Clean, "id, full_name", "1,An | 1,An")
	h.write("sources/person.csv", "ma,ho_ten,ngay_sinh,diem\n5,Em,,1\n")
	h.mustSync()
	h.want(lake.Clean, "id, full_name", "5,Em")
}

func TestTheFirstOfTwoRowsWithOneKeyStays(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("ma,ho_ten,ngay_sinh,diem\n")
	for i := range 250 {
		fmt.Fprintf(&csv, "%d,An,,1\n", i)
	}
	csv.WriteString("7,Bình,,2\n249,Chi,,3\n")
	h := newHub(t, people, csv.String())
	cert := h.mustSync()
	if cert.In() != 252 || cert.Clean() != 250 || cert.Quarantined() != 2 || cert.Tally.Repeated+cert.Delta.Duplicates != 2 {
		t.Errorf("got %d in, %d clean, %d quarantined, %d duplicates", cert.In(), cert.Clean(), cert.Quarantined(), cert.Delta.Duplicates)
	}
	h.want(lake.Quarantine, "ma, ho_ten, _rule", "249,Chi,id.duplicate-key | 7,Bình,id.duplicate-key")
	if again := h.flow.Sync(t.Context(), []contract.Dataset{h.dataset()}, flow.Demand{Force: true})[0]; again.Err != nil || again.Certificate.Delta.Unchanged != 250 {
		t.Errorf("forced again: %+v, %v; want 250 unchanged", again.Certificate, again.Err)
	}
}

func TestAMendedRuleReleasesRowsWithoutTheSource(t *testing.T) {
	h := newHub(t, people, three)
	h.mustSync()
	h.contract = strings.Replace(people, "maximum: 10", "maximum: 20", 1)
	if err := os.Remove(filepath.Join(h.dir, "sources/person.csv")); err != nil {
		t.Fatal(err)
	}
	out := h.flow.Release(t.Context(), h.dataset(), flow.Demand{})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	if c := out.Certificate; c.Clean() != 2 || c.Quarantined() != 1 || c.Delta.New != 1 {
		t.Errorf("got %d clean, %d quarantined, %+v; want 2, 1, one new", c.Clean(), c.Quarantined(), c.Delta)
	}
	h.want(lake.Clean, "id, score", "1,7 | 3,11")
	h.want(lake.Quarantine, "ma", "2")
}

// many is a file of several ranges, some of its rows wrong.
func many(rows int) string {
	var csv strings.Builder
	csv.WriteString("ma,ho_ten,ngay_sinh,diem\n")
	for i := range rows {
		fmt.Fprintf(&csv, "%d,\"Nguyễn\nThị %cinh\",%d/%d/1990,%d\n", i, 'A'+rune(i%20), i%33, i%12+1, i%12)
	}
	return csv.String()
}

func TestAKilledSyncGoesOnAndEndsTheSame(t *testing.T) {
	whole := newHub(t, people, many(450))
	want := whole.mustSync()
	for _, point := range []string{flow.HookExtract, flow.HookClean, flow.HookCommit, flow.HookCertify} {
		for nth := 1; nth <= 6; nth++ {
			h := newHub(t, people, many(450))
			ctx, cancel := context.WithCancelCause(t.Context())
			stopped := errors.New("killed")
			var count atomic.Int64
			options := h.options
			options.Hook = func(at string, _ int64) {
				if at != point {
					return
				}
				if count.Add(1) == int64(nth) {
					cancel(stopped)
				}
			}
			first := flow.New(options).Sync(ctx, []contract.Dataset{h.dataset()}, flow.Demand{})[0]
			got := h.mustSync()
			if got.Content != want.Content || !got.Tally.In().Equal(want.Tally.In()) ||
				got.Clean() != want.Clean() || got.Quarantined() != want.Quarantined() || got.Delta != want.Delta {
				t.Errorf("stopped at %s %d (%v): got %d/%d %+v, want %d/%d %+v", point, nth, first.Err,
					got.Clean(), got.Quarantined(), got.Delta, want.Clean(), want.Quarantined(), want.Delta)
			}
		}
	}
}

func TestASourceThatLostNearlyAllOfItsRowsStopsUntilTheLossIsAccepted(t *testing.T) {
	h := newHub(t, people, many(2000))
	before := h.mustSync()
	for _, left := range []int{0, 5} {
		h.write("sources/person.csv", many(left))
		for range 2 { // the second finds no run to go on with that would let it through
			out := h.sync()
			if sen.KindOf(out.Err) != sen.Drift || !strings.Contains(sen.HintOf(out.Err), "--accept-loss") {
				t.Fatalf("%d rows left: got %v (%s); want it stopped", left, out.Err, sen.HintOf(out.Err))
			}
		}
		if cert, _, err := h.flow.LastCertificate(t.Context(), h.dataset().Name); err != nil || cert.Run != before.Run {
			t.Fatalf("%d rows left: certified %s, %v; want the run before", left, cert.Run, err)
		}
	}
	h.write("sources/person.csv", many(2000))
	if again := h.mustSync(); again.Content != before.Content {
		t.Errorf("the rows are back: got %+v, want %+v", again.Content, before.Content)
	}
	h.write("sources/person.csv", many(5))
	if out := h.flow.Sync(t.Context(), []contract.Dataset{h.dataset()}, flow.Demand{AcceptLoss: true})[0]; out.Err != nil || out.Certificate.In() != 5 {
		t.Errorf("accepted: got %+v, %v", out.Certificate, out.Err)
	}
}

func TestVerifyNamesTheRowOfOneChangedByteOnEitherSide(t *testing.T) {
	h := newHub(t, people, many(250))
	cert := h.mustSync()
	v, err := h.flow.Verify(t.Context(), h.dataset())
	if err != nil || !v.OK() || v.Ranges != 3 || v.Rows != 250 {
		t.Fatalf("untouched: %+v, %v", v, err)
	}
	path := filepath.Join(h.dir, "sources/person.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h.write("sources/person.csv", strings.Replace(string(text), "\n155,\"Nguyễn", "\n155,\"Nguyện", 1))
	v, err = h.flow.Verify(t.Context(), h.dataset())
	if err != nil || len(v.Differences) != 1 || v.Differences[0].Range != 1 || v.Differences[0].Row != 155 ||
		fmt.Sprint(v.Differences[0].Column) != "[ho_ten]" || v.Differences[0].Side != flow.SideSource {
		t.Errorf("one byte of the source: %+v, %v; want row 155, column ho_ten", v, err)
	}
	h.write("sources/person.csv", string(text))
	for _, file := range cert.Ranges[2].Files {
		file.Path = h.lake.Path(file.Path)
		h.flipEachSide(file)
	}
}

// flipEachSide changes one byte in the middle of a file of range 2.
func (h *hub) flipEachSide(file state.File) {
	h.t.Helper()
	whole, err := os.ReadFile(file.Path)
	if err != nil {
		h.t.Fatal(err)
	}
	broken := append([]byte(nil), whole...)
	broken[len(broken)/3] ^= 0x10
	if err := os.WriteFile(file.Path, broken, 0o644); err != nil {
		h.t.Fatal(err)
	}
	v, err := h.flow.Verify(h.t.Context(), h.dataset())
	if err != nil || v.OK() {
		h.t.Errorf("one byte of the %s file: %+v, %v; want a difference", file.Kind, v, err)
	}
	for _, d := range v.Differences {
		if d.Side != file.Kind && d.Side != flow.SideClean {
			h.t.Errorf("one byte of the %s file: told of %s", file.Kind, d.Side)
		}
	}
	if err := os.WriteFile(file.Path, whole, 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// edit rewrites the quarantine file that holds the row, with one column set.
func (h *hub) edit(row int, column, value string) (restore func()) {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.dir, "data/lake/quarantine/people/person/data/*.parquet"))
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := h.engine.Conn(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	for _, path := range files {
		before, err := os.ReadFile(path)
		if err != nil {
			h.t.Fatal(err)
		}
		t, err := h.lake.Lookup(h.t.Context(), lake.Quarantine, "people.person")
		if err != nil {
			h.t.Fatal(err)
		}
		query := fmt.Sprintf("SELECT * REPLACE (CASE WHEN _row = %d THEN %s ELSE %s END AS %[3]s) FROM read_parquet(%s) ORDER BY file_row_number",
			row, engine.Literal(value), column, engine.Literal(path))
		var there bool
		if err := c.Row(h.t.Context(), fmt.Sprintf("SELECT count(*) FILTER (_row = %d) > 0 FROM read_parquet(%s)", row, engine.Literal(path)), &there); err != nil {
			h.t.Fatal(err)
		}
		if !there {
			continue
		}
		if _, err := c.Copy(h.t.Context(), query, path, t.FieldIDs()); err != nil {
			h.t.Fatal(err)
		}
		return func() {
			if err := os.WriteFile(path, before, 0o644); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	h.t.Fatalf("row %d is in no file of the quarantine", row)
	return nil
}

func TestVerifyNamesTheRowOfAChangedValueInTheQuarantine(t *testing.T) {
	h := newHub(t, people, many(250)+"7,An,,1\n8,Bình,,99\n")
	h.mustSync()
	for _, c := range []struct {
		row           int
		column, value string
		side, changed string
		rng           int
	}{
		{155, "diem", "13", flow.SideQuarantine, "[diem]", 1},
		{155, "_rule", "born_on.impossible", flow.SideQuarantine, "[_rule]", 1},
		{251, "ho_ten", "Chi", flow.SideQuarantine, "[ho_ten]", 2},
		{250, "ho_ten", "Chi", flow.SideQuarantine, "[ho_ten]", 2}, // repeats a key of the first range
	} {
		restore := h.edit(c.row, c.column, c.value)
		v, err := h.flow.Verify(t.Context(), h.dataset())
		if err != nil || len(v.Differences) != 1 || v.Differences[0].Row != int64(c.row) || v.Differences[0].Range != c.rng ||
			fmt.Sprint(v.Differences[0].Column) != c.changed || v.Differences[0].Side != c.side {
			t.Errorf("%s of row %d: got %+v, %v; want that row of range %d", c.column, c.row, v.Differences, err, c.rng)
		}
		restore()
	}
	if v, err := h.flow.Verify(t.Context(), h.dataset()); err != nil || !v.OK() {
		t.Errorf("put back: %+v, %v", v.Differences, err)
	}
}

func TestASecondSyncOfOneDatasetIsTurnedAway(t *testing.T) {
	h := newHub(t, people, many(450))
	options := h.options
	var second flow.Outcome
	once := false
	options.Hook = func(string, int64) {
		if !once {
			once = true
			second = h.sync()
		}
	}
	first := flow.New(options).Sync(t.Context(), []contract.Dataset{h.dataset()}, flow.Demand{})[0]
	if first.Err != nil || sen.KindOf(second.Err) != sen.Busy {
		t.Errorf("got first %v, second %v; want the second busy", first.Err, second.Err)
	}
	if kind, err := h.options.State.Trouble(t.Context(), h.dataset().Name); err != nil || kind != "" {
		t.Errorf("who was turned away left %q, %v: another sync is no trouble", kind, err)
	}
}

func TestALostColumnStopsTheDatasetAndKeepsItsRows(t *testing.T) {
	h := newHub(t, people, three)
	h.mustSync()
	h.write("sources/person.csv", "ma,ngay_sinh,diem\n1,3/5/1987,7\n")
	out := h.sync()
	if sen.KindOf(out.Err) != sen.Drift || sen.HintOf(out.Err) == "" {
		t.Errorf("got %v (hint %q), want drift with a hint", out.Err, sen.HintOf(out.Err))
	}
	h.want(lake.Clean, "id", "1")
}

func TestAnAttemptThatNeverComesToARunIsSeenUntilOneEndsWell(t *testing.T) {
	h := newHub(t, people, three)
	h.mustSync()
	trouble := func() string {
		kind, err := h.options.State.Trouble(t.Context(), h.dataset().Name)
		if err != nil {
			t.Fatal(err)
		}
		return kind
	}
	h.write("sources/person.csv", "ma,ngay_sinh,diem\n1,3/5/1987,7\n")
	if h.sync(); trouble() != "drift" {
		t.Errorf("after a column was lost: got %q, want drift", trouble())
	}
	h.write("sources/person.csv", three)
	if h.mustSync(); trouble() != "" {
		t.Errorf("after a sync that ended well: got %q", trouble())
	}
}

func TestAStateSecretIsNeverOpened(t *testing.T) {
	h := newHub(t, people+"customProperties:\n  - {property: classification, value: state-secret}\n", three)
	if err := os.Remove(filepath.Join(h.dir, "sources/person.csv")); err != nil {
		t.Fatal(err)
	}
	if out := h.sync(); sen.KindOf(out.Err) != sen.Denied {
		t.Errorf("got %v, want denied before the source is looked for", out.Err)
	}
	if out := h.flow.Release(t.Context(), h.dataset(), flow.Demand{}); sen.KindOf(out.Err) != sen.Denied {
		t.Errorf("release: got %v, want denied", out.Err)
	}
}

func TestAnEmptyFileBecomesAnEmptyCertifiedTable(t *testing.T) {
	h := newHub(t, people, "ma,ho_ten,ngay_sinh,diem\n")
	if cert := h.mustSync(); cert.In() != 0 || cert.Clean() != 0 {
		t.Errorf("got %d in", cert.In())
	}
	h.want(lake.Clean, "id", "")
	v, err := h.flow.Verify(t.Context(), h.dataset())
	if err != nil || !v.OK() {
		t.Errorf("verify: %+v, %v", v, err)
	}
}
