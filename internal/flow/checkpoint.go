package flow

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/state"
)

// rangeDone is a range whose files are durable, as a run holds it.
type rangeDone struct {
	RangeProof
	tally clean.Tally
	mark  source.Mark
}

// seen is what the state keeps of a range beside its digests.
type seen struct {
	Source  string      `json:"source"`
	FileRow int64       `json:"file_row"`
	Tally   clean.Tally `json:"tally"`
}

// checkpoints makes ranges durable in the order of their numbers, whatever
// the order in which they were cleaned, so that what is done is always a
// beginning of the source.
func (x *extraction) checkpoints(ctx context.Context, cleaned <-chan *rangeWork) error {
	next, early := 0, map[int]*rangeWork{}
	if n := len(x.ranges); n > 0 {
		next = x.ranges[n-1].Number + 1
	}
	for w := range cleaned {
		early[w.rng.Number] = w
		for ; early[next] != nil; next++ {
			if err := x.checkpoint(ctx, early[next]); err != nil {
				return err
			}
			delete(early, next)
		}
	}
	return nil
}

// checkpoint makes a range's files durable, then the range itself.
func (x *extraction) checkpoint(ctx context.Context, w *rangeWork) error {
	for i := range w.files {
		if err := seal(&w.files[i]); err != nil {
			return err
		}
	}
	done := rangeDone{tally: w.tally, mark: w.rng.Mark, RangeProof: RangeProof{
		Number: w.rng.Number, Source: x.span(w.rng), FirstRow: w.rng.FirstRow, FileRow: w.rng.FileRow, In: w.tally.In(),
		Clean: w.tally.Clean, Quarantined: w.tally.Quarantined, Files: w.files}}
	kept, err := done.state(x.o.Hub)
	if err != nil {
		return err
	}
	if err := x.o.State.AddRange(ctx, x.record.ID, kept); err != nil {
		return err
	}
	x.ranges = append(x.ranges, done)
	x.progress("extract", w.rng.Rows, w.rng.End-w.rng.Start)
	return nil
}

// span says where a range stands in its source.
func (x *extraction) span(r *source.Range) string {
	if x.in.kind == kindReclean {
		return x.in.landed[r.Number].Source
	}
	unit := "bytes"
	if r.Batches == nil {
		unit = "rows"
	}
	return fmt.Sprintf("%s, %s %d–%d", filepath.Base(r.File), unit, r.Start, r.End)
}

// seal makes a file durable and takes its sum. What landed earlier has both.
func seal(file *state.File) error {
	if file.SHA256 != (sen.Digest{}) {
		return nil
	}
	f, err := os.Open(file.Path)
	if err != nil {
		return sen.Errorf(sen.Unavailable, "%w", err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return sen.Errorf(sen.Unavailable, "sync %s: %w", filepath.Base(file.Path), err)
	}
	hash := sha256.New()
	if file.Bytes, err = io.Copy(hash, f); err != nil {
		return sen.Errorf(sen.Unavailable, "read back %s: %w", filepath.Base(file.Path), err)
	}
	hash.Sum(file.SHA256[:0])
	return nil
}

// state is the range as the state keeps it: with paths below the hub.
func (r rangeDone) state(hub string) (state.Range, error) {
	mark, err := json.Marshal(r.mark)
	if err != nil {
		return state.Range{}, err
	}
	states, err := json.Marshal(seen{Source: r.Source, FileRow: r.FileRow, Tally: r.tally})
	if err != nil {
		return state.Range{}, err
	}
	out := state.Range{Number: r.Number, FirstRow: r.FirstRow, Rows: r.In.Rows, Clean: r.Clean.Rows, Quarantined: r.Quarantined.Rows,
		Source: rowDigest(r.In), CleanDigest: rowDigest(r.Clean), QuarantineDigest: rowDigest(r.Quarantined), Mark: mark, States: states}
	for _, f := range r.Files {
		if f.Path, err = filepath.Rel(hub, f.Path); err != nil {
			return state.Range{}, err
		}
		out.Files = append(out.Files, f)
	}
	return out, nil
}

func rowDigest(d clean.Digest) state.RowDigest {
	return state.RowDigest{Rows: d.Rows, Sum: d.Sum.String()}
}

// rangesOf reads the checkpointed ranges of a run.
func (f *Flow) rangesOf(ctx context.Context, run string) ([]rangeDone, error) {
	kept, err := f.o.State.Ranges(ctx, run)
	if err != nil {
		return nil, err
	}
	out := make([]rangeDone, len(kept))
	for i, k := range kept {
		var s seen
		if err := json.Unmarshal(k.States, &s); err != nil {
			return nil, sen.Errorf(sen.Corrupt, "range %d of run %s in the hub's state: %w", k.Number, run, err)
		}
		if err := json.Unmarshal(k.Mark, &out[i].mark); err != nil {
			return nil, sen.Errorf(sen.Corrupt, "range %d of run %s in the hub's state: %w", k.Number, run, err)
		}
		out[i].tally = s.Tally
		out[i].RangeProof = RangeProof{Number: k.Number, Source: s.Source, FirstRow: k.FirstRow, FileRow: s.FileRow, In: s.Tally.In(),
			Clean: s.Tally.Clean, Quarantined: s.Tally.Quarantined, Files: k.Files}
		for j := range k.Files {
			out[i].Files[j].Path = filepath.Join(f.o.Hub, k.Files[j].Path)
		}
	}
	return out, nil
}

// tidy removes what an earlier process of the run wrote and did not
// checkpoint: nothing names it, and its ranges are written again. It must not
// be called once the run commits.
func (r *run) tidy() error {
	kept := map[string]bool{}
	for _, rng := range r.ranges {
		for _, f := range rng.Files {
			kept[filepath.Base(f.Path)] = true
		}
	}
	for _, t := range []*lake.Table{r.tables.landed, r.tables.quarantine, r.tables.clean} {
		if err := t.Discard(r.record.ID, kept); err != nil {
			return err
		}
	}
	return nil
}

// ofKind are the files of one kind.
func ofKind(kind lake.Kind, files []state.File) []state.File {
	var out []state.File
	for _, f := range files {
		if f.Kind == string(kind) {
			out = append(out, f)
		}
	}
	return out
}

// copyFile copies a source's file as it is, under a name that nobody reads
// until it is whole.
func copyFile(from, to string) (int64, sen.Digest, error) {
	var sum sen.Digest
	in, err := os.Open(from)
	if err != nil {
		return 0, sum, sen.Errorf(sen.Unavailable, "%w", err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return 0, sum, sen.Errorf(sen.Unavailable, "%w", err)
	}
	defer out.Close()
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(out, hash), in)
	if err != nil {
		return 0, sum, sen.Errorf(sen.Unavailable, "copy %s: %w", filepath.Base(from), err)
	}
	if err := out.Sync(); err != nil {
		return 0, sum, sen.Errorf(sen.Unavailable, "sync %s: %w", filepath.Base(to), err)
	}
	hash.Sum(sum[:0])
	return size, sum, nil
}
