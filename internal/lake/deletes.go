package lake

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"

	"github.com/sen-hub/sen"
)

const positionsPerGroup = 1 << 17

// writeDeletes writes one file with all positions that a commit deletes,
// sorted by file and position (Iceberg spec, "Position Delete Files"), and
// describes it. One a commit, not one a data file: an update of a few rows in
// each of a hundred files stays one small file.
func (t *Table) writeDeletes(ctx context.Context, deleted map[string][]int64) (iceberg.DataFile, error) {
	name := fmt.Sprintf("%s/data/deletes-%s.parquet", t.folder, uuid.New())
	paths := slices.Sorted(maps.Keys(deleted))
	path, _, err := t.lake.write(ctx, name, func(to io.Writer) error { return writePositions(to, paths, deleted) })
	if err != nil {
		return nil, err
	}
	footer, size, err := t.lake.readFooter(ctx, path)
	if err != nil {
		return nil, err
	}
	return describeDeletes(path, footer, size, paths)
}

func writePositions(to io.Writer, paths []string, deleted map[string][]int64) error {
	schema, err := table.SchemaToArrowSchema(iceberg.PositionalDeleteSchema, nil, true, false)
	if err != nil {
		return fmt.Errorf("schema of deleted positions: %w", err)
	}
	props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd), parquet.WithStats(true))
	out, err := pqarrow.NewFileWriter(schema, keepOpen{to}, props, pqarrow.DefaultWriterProps())
	if err != nil {
		return fmt.Errorf("write deleted positions: %w", err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	files, rows := b.Field(0).(*array.StringBuilder), b.Field(1).(*array.Int64Builder)
	flush := func() error {
		batch := b.NewRecordBatch()
		defer batch.Release()
		return out.WriteBuffered(batch)
	}
	for _, path := range paths {
		positions := slices.Compact(slices.Sorted(slices.Values(deleted[path])))
		for _, p := range positions {
			files.Append(location(path))
			rows.Append(p)
			if rows.Len() == positionsPerGroup {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return out.Close()
}

// keepOpen hides Close from the Parquet writer: who made the file closes it,
// after its bytes are on the disk.
type keepOpen struct{ io.Writer }

func describeDeletes(path string, footer *metadata.FileMetaData, size int64, paths []string) (iceberg.DataFile, error) {
	args := table.DataFileArgs{
		Schema: iceberg.PositionalDeleteSchema, Spec: *iceberg.UnpartitionedSpec, Format: iceberg.ParquetFile, FormatVersion: 2,
		Metadata: footer, FilePath: location(path), FileSize: size, Content: iceberg.EntryContentPosDeletes,
		// whole bounds: by them a reader knows which data files are concerned
		Properties: iceberg.Properties{table.DefaultWriteMetricsModeKey: "full"},
	}
	if len(paths) == 1 {
		only := location(paths[0])
		args.ReferencedDataFile = &only
	}
	out, err := table.DataFileFromMetadata(args)
	if err != nil {
		return nil, sen.Errorf(sen.Internal, "describe deleted positions: %w", err)
	}
	return out, nil
}
