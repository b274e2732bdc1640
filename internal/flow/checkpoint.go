package flow

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

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
	Place   *Place      `json:"place,omitempty"`
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
	sealing, sealCtx := errgroup.WithContext(ctx)
	for i := range w.files {
		sealing.Go(func() error { return x.seal(sealCtx, &w.files[i]) })
	}
	if err := sealing.Wait(); err != nil {
		return err
	}
	done := rangeDone{tally: w.tally, mark: w.rng.Mark, RangeProof: RangeProof{
		Number: w.rng.Number, Source: x.span(w.rng), FirstRow: w.rng.FirstRow, FileRow: w.rng.FileRow, In: w.tally.In(),
		Clean: w.tally.Clean, Quarantined: w.tally.Quarantined, Files: w.files}}
	if x.in.live {
		done.Place = &Place{Part: w.rng.File, Start: w.rng.Start, End: w.rng.End}
	}
	kept, err := done.state(x.o.Lake)
	if err != nil {
		return err
	}
	if err := x.o.State.AddRange(ctx, x.record.ID, kept); err != nil {
		return err
	}
	x.ranges = append(x.ranges, done)
	x.progress("extract", w.rng.Rows, x.share(w.rng))
	return nil
}

// share is how many of the source's bytes a range is: of a live source by its
// rows, as far as those are known.
func (x *extraction) share(r *source.Range) int64 {
	switch {
	case !x.in.live:
		return r.End - r.Start
	case x.in.rows > 0:
		return int64(float64(x.in.bytes) * min(1, float64(r.Rows)/float64(x.in.rows)))
	}
	return 0
}

// span says where a range stands in its source.
func (x *extraction) span(r *source.Range) string {
	if x.in.kind == kindReclean {
		return x.in.landed[r.Number].Source
	}
	if x.in.live {
		return fmt.Sprintf("%s, rows %d–%d", r.File, r.FileRow, r.FileRow+r.Rows)
	}
	unit := "bytes"
	if r.Batches == nil {
		unit = "rows"
	}
	return fmt.Sprintf("%s, %s %d–%d", filepath.Base(r.File), unit, r.Start, r.End)
}

// seal makes a file durable, at the lake's own place, and takes its sum. What
// landed earlier has both.
func (f *Flow) seal(ctx context.Context, file *state.File) error {
	if file.SHA256 != (sen.Digest{}) {
		return nil
	}
	sealed, err := f.o.Lake.Seal(ctx, file.Path)
	if err != nil {
		return err
	}
	file.Path, file.Bytes, file.SHA256 = sealed.Path, sealed.Bytes, sealed.SHA256
	return nil
}

// state is the range as the state keeps it: files by their names in the lake,
// wherever that is.
func (r rangeDone) state(l *lake.Lake) (state.Range, error) {
	mark, err := json.Marshal(r.mark)
	if err != nil {
		return state.Range{}, err
	}
	states, err := json.Marshal(seen{Source: r.Source, Place: r.Place, FileRow: r.FileRow, Tally: r.tally})
	if err != nil {
		return state.Range{}, err
	}
	out := state.Range{Number: r.Number, FirstRow: r.FirstRow, Rows: r.In.Rows, Clean: r.Clean.Rows, Quarantined: r.Quarantined.Rows,
		Source: rowDigest(r.In), CleanDigest: rowDigest(r.Clean), QuarantineDigest: rowDigest(r.Quarantined), Mark: mark, States: states}
	for _, f := range r.Files {
		if f.Path, err = l.Name(f.Path); err != nil {
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
		out[i].RangeProof = RangeProof{Number: k.Number, Source: s.Source, Place: s.Place, FirstRow: k.FirstRow, FileRow: s.FileRow, In: s.Tally.In(),
			Clean: s.Tally.Clean, Quarantined: s.Tally.Quarantined, Files: k.Files}
		for j := range k.Files {
			out[i].Files[j].Path = f.o.Lake.Path(k.Files[j].Path)
		}
	}
	return out, nil
}

// tidy removes what an earlier process of the run wrote and did not
// checkpoint: nothing names it, and its ranges are written again. It must not
// be called once the run commits.
func (r *run) tidy(ctx context.Context) error {
	kept := map[string]bool{}
	for _, rng := range r.ranges {
		for _, f := range rng.Files {
			kept[filepath.Base(f.Path)] = true
		}
	}
	for _, t := range []*lake.Table{r.tables.landed, r.tables.quarantine, r.tables.clean} {
		if err := t.Discard(ctx, r.record.ID, kept); err != nil {
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
