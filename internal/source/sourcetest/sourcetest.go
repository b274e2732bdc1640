// Package sourcetest is the contract of a source, as tests: every format
// passes them. A harness says how a dataset is written in its format; the
// suite writes datasets, reads them through package source, and holds what
// comes out against what went in.
package sourcetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/rows"
)

// Table is a dataset: columns of text, and rows; a nil value is NULL.
type Table struct {
	Columns []string
	Rows    [][]*string
}

// Harness is one format.
type Harness struct {
	// Name is the format's.
	Name string

	// File is the name of the file that Write makes.
	File string

	// Write makes the file at path hold the table.
	Write func(t *testing.T, path string, table Table)

	// Rows reads the rows of a range that has no batches; nil where all have.
	Rows func(t *testing.T, r *source.Range) [][]*string

	// OneFile says that a folder of files is no dataset in this format.
	OneFile bool
}

// Run holds the format against the contract.
func Run(t *testing.T, h Harness) {
	t.Run("RowsComeAsTheyWereWritten", h.rowsComeAsTheyWereWritten)
	t.Run("RangesTileTheRowsWhateverTheirSize", h.rangesTile)
	t.Run("EveryMarkGoesOnWithTheIdenticalRest", h.marksGoOn)
	t.Run("AMarkSurvivesJSON", h.marksAreJSON)
	t.Run("AMarkDoesNotFitAChangedFile", h.changedIsSeen)
	t.Run("TwoReadingsGiveOnePosition", h.positionsRepeat)
	t.Run("SumIsThePositionOfAReading", h.sumAgrees)
	t.Run("AFileThatChangesWhileItIsReadIsDrift", h.changeWhileRead)
	t.Run("AFileThatGoesBeforeItIsReadIsAnError", h.goneBeforeRead)
	t.Run("ACancelledReadingStopsAndLeavesNothingBehind", h.cancelled)
	t.Run("AnErrorOfEmitEndsTheReading", h.emitFails)
	t.Run("EmitIsCalledForOneRangeAtATime", h.oneAtATime)
	t.Run("ATableWithoutRowsHasColumns", h.noRows)
	t.Run("FoldersAreReadFileByFile", h.folders)
	t.Run("ATruncatedFileIsAnErrorOrAFault", h.truncated)
}

// Sample is n rows with what data holds in practice: letters of Vietnamese,
// quotes, commas, line breaks, NULL and the empty text.
func Sample(n int) Table {
	table := Table{Columns: []string{"id", "họ_tên", "note", "amount"}}
	notes := []*string{nil, text(""), text(`she said "no", twice`), text("a\nb"), text("  blanks  "), text(`back\slash`), text("'single'"), text("\t;|,")}
	for i := range n {
		table.Rows = append(table.Rows, []*string{
			text(fmt.Sprintf("k%06d", i)), text(fmt.Sprintf("Nguyễn Thị %d", i%17)), notes[i%len(notes)], text(fmt.Sprint(i * 7)),
		})
	}
	return table
}

func text(s string) *string { return &s }

// small are options that make many ranges and batches of few rows.
var small = source.Options{RangeRows: 7, BatchRows: 3}

func (h Harness) file(t *testing.T, table Table) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), h.File)
	h.Write(t, path, table)
	return path
}

func open(t *testing.T, path string, o source.Options) source.Reader {
	t.Helper()
	r, err := source.Open(t.Context(), source.Location{Path: path}, o)
	if err != nil {
		t.Fatalf("open: %v (%s)", err, sen.HintOf(err))
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// taken is a range as the suite keeps it.
type taken struct {
	source.Range
	cells [][]*string
}

// read takes all ranges after a mark.
func (h Harness) read(t *testing.T, r source.Reader, from source.Mark) (all []taken, position source.Position) {
	t.Helper()
	position, err := r.Read(t.Context(), from, func(g *source.Range) error {
		all = append(all, taken{*g, h.cells(t, g)})
		g.Release()
		return nil
	})
	if err != nil {
		t.Fatalf("read: %v (%s)", err, sen.HintOf(err))
	}
	return all, position
}

// cells are a range's rows; the added columns are checked on the way.
func (h Harness) cells(t *testing.T, g *source.Range) (out [][]*string) {
	t.Helper()
	if g.Batches == nil {
		return h.Rows(t, g)
	}
	for _, b := range g.Batches {
		if b.NumRows() > rows.MaxBatch || b.NumRows() == 0 {
			t.Errorf("a batch has %d rows", b.NumRows())
		}
		own := int(b.NumCols()) - 4
		for i := range int(b.NumRows()) {
			row := make([]*string, own)
			for c := range own {
				if column := b.Column(c).(*array.String); !column.IsNull(i) {
					row[c] = text(strings.Clone(column.Value(i)))
				}
			}
			if got, want := b.Column(own).(*array.Int64).Value(i), g.FirstRow+int64(len(out)); got != want {
				t.Errorf("_row is %d, want %d", got, want)
			}
			if fault := b.Column(own + 2).(*array.String); !fault.IsNull(i) {
				t.Errorf("row %d has a fault: %s", g.FirstRow+int64(len(out)), fault.Value(i))
			}
			out = append(out, row)
		}
	}
	return out
}

func joined(all []taken) (out [][]*string) {
	for _, g := range all {
		out = append(out, g.cells...)
	}
	return out
}

func (h Harness) rowsComeAsTheyWereWritten(t *testing.T) {
	for _, n := range []int{1, 8, 1000} {
		table := Sample(n)
		r := open(t, h.file(t, table), source.Options{})
		all, position := h.read(t, r, source.Mark{})
		equal(t, joined(all), table.Rows)
		if position.Rows != int64(n) || len(position.Files) == 0 || position.Digest == (sen.Digest{}) {
			t.Errorf("the position is %+v, want %d rows", position, n)
		}
		if got := names(r.Columns()); !reflect.DeepEqual(got, table.Columns) {
			t.Errorf("columns are %q, want %q", got, table.Columns)
		}
	}
}

func names(columns []source.Column) (out []string) {
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}

func equal(t *testing.T, got, want [][]*string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d rows came, want %d", len(got), len(want))
		return
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("row %d is %s, want %s", i, show(got[i]), show(want[i]))
			return
		}
	}
}

func show(row []*string) string {
	cells := make([]string, len(row))
	for i, c := range row {
		if cells[i] = "NULL"; c != nil {
			cells[i] = fmt.Sprintf("%q", *c)
		}
	}
	return strings.Join(cells, " ")
}

func (h Harness) rangesTile(t *testing.T) {
	table := Sample(200)
	path := h.file(t, table)
	for _, o := range []source.Options{
		{RangeRows: 1}, {RangeRows: 7, BatchRows: 2}, {RangeRows: 199}, {RangeRows: 200}, {RangeBytes: 1}, {RangeBytes: 500}, {RangeBytes: 1 << 20},
	} {
		all, _ := h.read(t, open(t, path, o), source.Mark{})
		equal(t, joined(all), table.Rows)
		next, end := int64(0), int64(-1)
		for i, g := range all {
			if g.Number != i || g.FirstRow != next || g.FileRow != next || g.Rows != int64(len(g.cells)) {
				t.Errorf("%+v: range %d is number %d and holds rows %d to %d, want it to begin with %d", o, i, g.Number, g.FirstRow, g.FirstRow+g.Rows, next)
			}
			if o.RangeRows > 0 && g.Rows > o.RangeRows {
				t.Errorf("%+v: a range has %d rows", o, g.Rows)
			}
			if end >= 0 && g.Start != end {
				t.Errorf("%+v: range %d starts at %d, the one before ends at %d", o, i, g.Start, end)
			}
			next, end = next+g.Rows, g.End
		}
	}
}

func (h Harness) marksGoOn(t *testing.T) {
	table := Sample(60)
	path := h.file(t, table)
	all, whole := h.read(t, open(t, path, small), source.Mark{})
	for i, g := range all {
		rest, position := h.read(t, open(t, path, small), g.Mark)
		equal(t, joined(rest), joined(all[i+1:]))
		if !reflect.DeepEqual(position, whole) {
			t.Errorf("going on from range %d ends at %+v, want %+v", i, position, whole)
		}
		for j, r := range rest {
			want := all[i+1+j].Range
			r.Batches, want.Batches = nil, nil
			r.Mark.Hashed, want.Mark.Hashed = 0, 0
			r.Mark.Sum, want.Mark.Sum = sen.Digest{}, sen.Digest{}
			if !reflect.DeepEqual(r.Range, want) {
				t.Errorf("going on from range %d: range %+v, want %+v", i, r.Range, want)
			}
		}
	}
}

func (h Harness) marksAreJSON(t *testing.T) {
	all, _ := h.read(t, open(t, h.file(t, Sample(20)), small), source.Mark{})
	for _, g := range all {
		text, err := json.Marshal(g.Mark)
		if err != nil {
			t.Fatal(err)
		}
		var back source.Mark
		if err := json.Unmarshal(text, &back); err != nil || back != g.Mark {
			t.Errorf("%s came back as %+v, %v", text, back, err)
		}
	}
}

func (h Harness) changedIsSeen(t *testing.T) {
	path := h.file(t, Sample(60))
	all, _ := h.read(t, open(t, path, small), source.Mark{})
	other := Sample(60)
	other.Rows[1][3] = text("8")
	h.Write(t, path, other)
	err := readError(t, path, all[3].Mark)
	if sen.KindOf(err) != sen.Drift || sen.HintOf(err) == "" {
		t.Errorf("going on in a changed file: got %v, want drift with a hint", err)
	}
}

// readError opens and reads all; either may fail.
func readError(t *testing.T, path string, from source.Mark) error {
	t.Helper()
	r, err := source.Open(t.Context(), source.Location{Path: path}, small)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = r.Read(t.Context(), from, func(g *source.Range) error { g.Release(); return nil })
	return err
}

func (h Harness) positionsRepeat(t *testing.T) {
	path := h.file(t, Sample(30))
	r := open(t, path, small)
	_, first := h.read(t, r, source.Mark{})
	_, second := h.read(t, r, source.Mark{})
	if !reflect.DeepEqual(first, second) {
		t.Errorf("one reader: first %+v, then %+v", first, second)
	}
	other := Sample(30)
	other.Rows[29][3] = text("x")
	h.Write(t, path, other)
	if _, third := h.read(t, open(t, path, small), source.Mark{}); third.Digest == first.Digest {
		t.Errorf("another table has the same digest")
	}
}

func (h Harness) sumAgrees(t *testing.T) {
	path := h.file(t, Sample(30))
	_, read := h.read(t, open(t, path, small), source.Mark{})
	sum, err := source.Sum(t.Context(), source.Location{Path: path})
	if err != nil || sum.Digest != read.Digest || !reflect.DeepEqual(sum.Files, read.Files) {
		t.Errorf("got %+v, %v, want %+v", sum, err, read)
	}
}

func (h Harness) changeWhileRead(t *testing.T) {
	path := h.file(t, Sample(60))
	r := open(t, path, small)
	_, err := r.Read(t.Context(), source.Mark{}, func(g *source.Range) error {
		g.Release()
		if g.Number == 0 {
			touch(t, path)
		}
		return nil
	})
	if sen.KindOf(err) != sen.Drift || sen.HintOf(err) == "" {
		t.Errorf("got %v, want drift with a hint", err)
	}
}

// touch is the least that a writer does to a file.
func touch(t *testing.T, path string) {
	t.Helper()
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
}

func (h Harness) goneBeforeRead(t *testing.T) {
	path := h.file(t, Sample(5))
	r := open(t, path, small)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(t.Context(), source.Mark{}, func(g *source.Range) error { return nil }); err == nil {
		t.Error("a file that is gone was read")
	}
	_, err := source.Open(t.Context(), source.Location{Path: path}, small)
	if sen.KindOf(err) != sen.NotFound || sen.HintOf(err) == "" {
		t.Errorf("opening a file that is gone: got %v, want not-found with a hint", err)
	}
}

func (h Harness) cancelled(t *testing.T) {
	r := open(t, h.file(t, Sample(500)), small)
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	ranges := 0
	_, err := r.Read(ctx, source.Mark{}, func(g *source.Range) error {
		g.Release()
		if ranges++; ranges == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || ranges > 3 {
		t.Errorf("got %v after %d ranges, want context.Canceled soon after 2", err, ranges)
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
	if _, err := source.Open(ctx, source.Location{Path: filepath.Dir(h.file(t, Sample(1)))}, small); !errors.Is(err, context.Canceled) {
		t.Errorf("opening with a cancelled context: got %v", err)
	}
}

func (h Harness) emitFails(t *testing.T) {
	full := errors.New("the disk is full")
	calls := 0
	r := open(t, h.file(t, Sample(100)), small)
	_, err := r.Read(t.Context(), source.Mark{}, func(g *source.Range) error { calls++; g.Release(); return full })
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("got %v after %d calls, want the emitter's own error after one", err, calls)
	}
	all, _ := h.read(t, r, source.Mark{})
	if len(joined(all)) != 100 {
		t.Errorf("the reader is of no use afterwards: %d rows", len(joined(all)))
	}
}

func (h Harness) oneAtATime(t *testing.T) {
	r := open(t, h.file(t, Sample(200)), small)
	inside := false
	_, err := r.Read(t.Context(), source.Mark{}, func(g *source.Range) error {
		if inside {
			t.Error("emit was called twice at once")
		}
		inside = true
		runtime.Gosched()
		g.Release()
		inside = false
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func (h Harness) noRows(t *testing.T) {
	r := open(t, h.file(t, Table{Columns: Sample(0).Columns}), source.Options{Columns: Sample(0).Columns})
	all, position := h.read(t, r, source.Mark{})
	if len(all) != 0 || position.Rows != 0 || len(position.Files) != 1 {
		t.Errorf("got %d ranges and %+v, want none", len(all), position)
	}
	if got := names(r.Columns()); !reflect.DeepEqual(got, Sample(0).Columns) {
		t.Errorf("columns are %q, want %q", got, Sample(0).Columns)
	}
}

func (h Harness) folders(t *testing.T) {
	folder, table := t.TempDir(), Sample(90)
	for i := range 3 {
		part := Table{Columns: table.Columns, Rows: table.Rows[30*i : 30*i+30]}
		h.Write(t, filepath.Join(folder, fmt.Sprintf("%d-%s", i, h.File)), part)
	}
	if h.OneFile {
		if _, err := source.Open(t.Context(), source.Location{Path: folder}, small); sen.KindOf(err) != sen.Invalid || sen.HintOf(err) == "" {
			t.Errorf("got %v, want invalid with a hint", err)
		}
		return
	}
	for _, path := range []string{folder, filepath.Join(folder, "*"+filepath.Ext(h.File))} {
		all, whole := h.read(t, open(t, path, small), source.Mark{})
		equal(t, joined(all), table.Rows)
		if len(whole.Files) != 3 {
			t.Errorf("%d files, want 3", len(whole.Files))
		}
		for i, g := range all {
			rest, position := h.read(t, open(t, path, small), g.Mark)
			equal(t, joined(rest), joined(all[i+1:]))
			if position.Digest != whole.Digest {
				t.Errorf("going on from range %d: digest %s, want %s", i, position.Digest, whole.Digest)
			}
		}
	}
	h.folderChanges(t, folder)
}

func (h Harness) folderChanges(t *testing.T, folder string) {
	all, _ := h.read(t, open(t, folder, small), source.Mark{})
	r := open(t, folder, small)
	_, err := r.Read(t.Context(), source.Mark{}, func(g *source.Range) error {
		g.Release()
		if g.Number == 0 {
			h.Write(t, filepath.Join(folder, "9-"+h.File), Sample(1))
		}
		return nil
	})
	if sen.KindOf(err) != sen.Drift || sen.HintOf(err) == "" {
		t.Errorf("a file came while the folder was read: got %v, want drift with a hint", err)
	}
	first := Sample(30)
	first.Rows[2][3] = text("other")
	h.Write(t, filepath.Join(folder, "0-"+h.File), first)
	if err := readError(t, folder, all[len(all)-2].Mark); sen.KindOf(err) != sen.Drift {
		t.Errorf("a file read before is another: got %v, want drift", err)
	}
}

// truncated cuts the file in its middle: no row may come that was not written.
func (h Harness) truncated(t *testing.T) {
	table := Sample(300)
	path := h.file(t, table)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()*2/3-1); err != nil {
		t.Fatal(err)
	}
	r, err := source.Open(t.Context(), source.Location{Path: path}, small)
	if err != nil {
		return
	}
	defer r.Close()
	came := 0
	_, err = r.Read(t.Context(), source.Mark{}, func(g *source.Range) error {
		if g.Batches == nil {
			t.Error("rows of a truncated file were promised")
			return nil
		}
		came += wholeRows(t, g, table)
		g.Release()
		return nil
	})
	if err == nil && (came == 0 || came >= 300) {
		t.Errorf("%d whole rows of a truncated file, want some of 300 or an error", came)
	}
}

// wholeRows counts the rows without a fault, but for the last, which may be
// cut where it cannot be seen.
func wholeRows(t *testing.T, g *source.Range, table Table) (n int) {
	t.Helper()
	for _, b := range g.Batches {
		own := int(b.NumCols()) - 4
		for i := range int(b.NumRows()) {
			if !b.Column(own + 2).IsNull(i) {
				continue
			}
			n++
			at := b.Column(own).(*array.Int64).Value(i)
			if got, want := b.Column(0).(*array.String).Value(i), *table.Rows[at][0]; got != want {
				t.Errorf("row %d begins with %q, want %q", at, got, want)
			}
		}
	}
	return n
}
