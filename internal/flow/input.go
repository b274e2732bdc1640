package flow

import (
	"context"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/connect"
	"github.com/sen-hub/sen/internal/source/live"
)

// Kinds of run.
const (
	kindSync    = "sync"    // reads the source
	kindReclean = "reclean" // reads what has landed
)

// input is where a run's rows come from: the source, or what landed earlier.
type input struct {
	kind     string
	columns  []contract.Column // as they land
	declared []contract.Column // as the source declares them
	live     bool              // in use while it is read
	rows     int64             // estimated; 0 where nothing is known
	key      []string
	encoding string
	ownBytes bool // the source's files land as they are
	bytes    int64
	landed   []rangeDone // what an earlier run landed, for a reclean

	read     func(context.Context, source.Mark, func(*source.Range) error) (source.Position, error)
	position func(context.Context) (source.Position, error)
	close    func() error
}

// openSource opens a dataset's source.
func (f *Flow) openSource(ctx context.Context, d contract.Dataset) (input, error) {
	if err := f.refusePaused(d); err != nil {
		return input{}, err
	}
	options := connect.Options{Base: f.o.Hub, Source: f.o.Source, Gates: &f.gates,
		Say: func(what string) { f.o.Say(string(d.Name) + ": " + what) }}
	for _, p := range d.Object.Properties {
		options.Source.Columns = append(options.Source.Columns, p.Source())
	}
	reader, err := connect.Open(ctx, d, options)
	if err != nil {
		return input{}, f.gone(ctx, d, err)
	}
	facts := reader.Facts()
	in := input{kind: kindSync, key: reader.Key(), encoding: facts.Encoding, ownBytes: facts.Format == source.Parquet,
		live: live.Reads(d.Server), rows: facts.Rows, bytes: facts.Bytes, read: reader.Read, close: reader.Close}
	in.position = func(ctx context.Context) (source.Position, error) {
		if in.live {
			return f.unchanged(ctx, d, reader)
		}
		location, err := source.Locate(f.o.Hub, d)
		if err != nil {
			return source.Position{}, err
		}
		return source.Sum(ctx, location)
	}
	for _, c := range reader.Columns() {
		in.columns = append(in.columns, contract.Column{Name: c.Name, Type: c.Type, Nullable: c.Nullable})
		declared := c.Type
		if in.live {
			declared = facts.Declared[c.Name]
		}
		in.declared = append(in.declared, contract.Column{Name: c.Name, Type: declared, Nullable: c.Nullable})
	}
	return in, nil
}

// unchanged is the position of the last certificate, where the source says that
// it still holds; else the zero Position: what is in use is not known to be the
// same without being read.
func (f *Flow) unchanged(ctx context.Context, d contract.Dataset, reader source.Reader) (source.Position, error) {
	asker, can := reader.(source.Asker)
	last, certified, err := f.LastCertificate(ctx, d.Name)
	if !can || !certified || err != nil {
		return source.Position{}, err
	}
	if same, err := asker.Unchanged(ctx, last.Source); !same || err != nil {
		return source.Position{}, err
	}
	return last.Source, nil
}

// gone makes drift of a live source that was there and is not found now; before
// the first certificate it may have been named wrongly.
func (f *Flow) gone(ctx context.Context, d contract.Dataset, err error) error {
	if sen.KindOf(err) != sen.NotFound || !live.Reads(d.Server) {
		return err
	}
	if _, certified, other := f.LastCertificate(ctx, d.Name); !certified || other != nil {
		return err
	}
	return sen.Errorf(sen.Drift, "what was certified last is gone from its source: %w", err).
		WithHint("this dataset stays as it was; `sen contract drift %s` looks for where it went", d.Name)
}

// Release cleans what has landed again, under the contract as it is now: rows
// whose rule was mended leave quarantine without a new extraction. The source
// is not touched; the new certificate names the same position.
func (f *Flow) Release(ctx context.Context, d contract.Dataset, demand Demand) Outcome {
	return f.one(ctx, d, demand, f.openLanded)
}

// openLanded opens what the last certified run landed.
func (f *Flow) openLanded(ctx context.Context, d contract.Dataset) (input, error) {
	last, ok, err := f.LastCertificate(ctx, d.Name)
	if err != nil {
		return input{}, err
	}
	if !ok {
		return input{}, sen.Errorf(sen.NotFound, "%s has not been synchronised", d.Name).WithHint("run `sen sync %s` first", d.Name)
	}
	t, err := f.o.Lake.Lookup(ctx, lake.Landed, d.Name)
	if err != nil {
		return input{}, err
	}
	in := input{kind: kindReclean, encoding: last.Encoding, ownBytes: true, close: func() error { return nil }}
	for _, field := range t.Fields() {
		switch field.Name {
		case clean.RowColumn, clean.LineColumn, clean.FaultColumn, clean.RawColumn:
			in.ownBytes = false
		default:
			in.columns = append(in.columns, contract.Column{Name: field.Name, Type: field.Type, Nullable: true})
		}
	}
	in.declared = in.columns
	if in.landed, err = f.rangesOf(ctx, last.Run); err != nil {
		return input{}, err
	}
	in.position = func(context.Context) (source.Position, error) { return last.Source, nil }
	in.read = func(_ context.Context, from source.Mark, emit func(*source.Range) error) (source.Position, error) {
		return last.Source, replay(in.landed, from, emit)
	}
	return in, nil
}

// replay emits ranges that landed earlier, from a mark on.
func replay(landed []rangeDone, from source.Mark, emit func(*source.Range) error) error {
	for _, r := range landed {
		if r.Number < from.Next {
			continue
		}
		if err := emit(&source.Range{Number: r.Number, FirstRow: r.FirstRow, FileRow: r.FileRow, Rows: r.In.Rows, Mark: r.mark}); err != nil {
			return err
		}
	}
	return nil
}
