package lake

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/object"
)

// describeAll reads the footers of files and describes them for a manifest,
// with the statistics by which readers skip files.
func (t *Table) describeAll(ctx context.Context, files []File) ([]iceberg.DataFile, error) {
	out := make([]iceberg.DataFile, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i, f := range files {
		group.Go(func() (err error) {
			if ctx.Err() != nil {
				return sen.Errorf(sen.Canceled, "commit to %s: %w", t.Dataset(), context.Cause(ctx))
			}
			out[i], err = t.describe(ctx, f)
			return err
		})
	}
	return out, group.Wait()
}

func (t *Table) describe(ctx context.Context, f File) (iceberg.DataFile, error) {
	footer, size, err := t.lake.readFooter(ctx, f.Path)
	if err != nil {
		return nil, err
	}
	if f.Rows != 0 && f.Rows != footer.NumRows || f.Bytes != 0 && f.Bytes != size {
		return nil, sen.Errorf(sen.Corrupt, "%s has %d rows in %d bytes, and %d in %d were written",
			filepath.Base(f.Path), footer.NumRows, size, f.Rows, f.Bytes).
			WithHint("run the sync again; if it happens twice, examine the disk")
	}
	schema := t.seen.Load().meta.CurrentSchema()
	if strings.HasSuffix(f.Path, sourceSuffix) {
		return describeSource(f.Path, footer, size, schema)
	}
	if err := checkIDs(f.Path, footer, schema); err != nil {
		return nil, err
	}
	return dataFile(f.Path, footer, size, schema)
}

// readFooter gives a Parquet file's metadata and length. The error has kind
// Corrupt when it is not a whole Parquet file.
func (l *Lake) readFooter(ctx context.Context, path string) (*metadata.FileMetaData, int64, error) {
	f, err := l.open(ctx, path)
	if err != nil {
		return nil, 0, lost(fmt.Errorf("read a data file: %w", err))
	}
	defer f.Close()
	return footerOf(f, path)
}

func footerOf(f object.File, path string) (_ *metadata.FileMetaData, size int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, sen.Errorf(sen.Unavailable, "read a data file: %w", err)
	}
	defer func() {
		if p := recover(); p != nil { // the library panics on some torn footers
			err = sen.Errorf(sen.Corrupt, "%s is not a whole Parquet file: %v", filepath.Base(path), p)
		}
	}()
	reader, err := file.NewParquetReader(f)
	if err != nil {
		return nil, 0, sen.Errorf(sen.Corrupt, "%s is not a whole Parquet file: %w", filepath.Base(path), err)
	}
	return reader.MetaData(), info.Size(), nil
}

// checkIDs sees that a file's columns are the table's, each under its id.
func checkIDs(path string, footer *metadata.FileMetaData, schema *iceberg.Schema) error {
	root := footer.Schema.Root()
	for i := range root.NumFields() {
		node := root.Field(i)
		field, known := column(schema, node.Name())
		if !known || int(node.FieldID()) != field.ID {
			return sen.Errorf(sen.Invalid, "%s: column %q has field id %d, which is not the table's", filepath.Base(path), node.Name(), node.FieldID()).
				WithHint("write it with the option FIELD_IDS of Table.FieldIDs, after the last change of the table's columns")
		}
	}
	return nil
}

// CheckSource reports (kind Invalid) that a Parquet file cannot land as its
// own bytes: it carries field ids of another system, which a reader would
// take for the table's. Such a file is written anew.
func CheckSource(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return sen.Errorf(sen.Unavailable, "read a data file: %w", err)
	}
	defer f.Close()
	footer, _, err := footerOf(f, path)
	if err != nil {
		return err
	}
	return checkNoIDs(path, footer)
}

func checkNoIDs(path string, footer *metadata.FileMetaData) error {
	root := footer.Schema.Root()
	for i := range root.NumFields() {
		if node := root.Field(i); node.FieldID() >= 0 {
			return sen.Errorf(sen.Invalid, "%s carries field ids of another system (column %q has %d)", filepath.Base(path), node.Name(), node.FieldID()).
				WithHint("write it anew instead of landing its bytes")
		}
	}
	return nil
}

// describeSource describes a source's own bytes. Its columns need not be the
// table's; where the statistics cannot be matched, it goes without.
func describeSource(path string, footer *metadata.FileMetaData, size int64, schema *iceberg.Schema) (iceberg.DataFile, error) {
	if err := checkNoIDs(path, footer); err != nil {
		return nil, err
	}
	if described, err := dataFile(path, footer, size, schema); err == nil {
		return described, nil
	}
	b, err := iceberg.NewDataFileBuilder(*iceberg.UnpartitionedSpec, iceberg.EntryContentData, location(path),
		iceberg.ParquetFile, nil, nil, nil, footer.NumRows, size)
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", filepath.Base(path), err)
	}
	return b.Build(), nil
}

func dataFile(path string, footer *metadata.FileMetaData, size int64, schema *iceberg.Schema) (iceberg.DataFile, error) {
	out, err := table.DataFileFromMetadata(table.DataFileArgs{
		Schema: schema, Spec: *iceberg.UnpartitionedSpec, Format: iceberg.ParquetFile, FormatVersion: 2,
		Metadata: footer, FilePath: location(path), FileSize: size, Content: iceberg.EntryContentData,
	})
	if err != nil {
		return nil, sen.Errorf(sen.Invalid, "describe %s: %w", filepath.Base(path), err)
	}
	return out, nil
}
