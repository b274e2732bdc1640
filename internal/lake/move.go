package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/twmb/avro/ocf"

	"github.com/sen-hub/sen"
)

// Mover writes the files of a lake anew for another address: Iceberg's
// metadata names files absolutely, so a lake that changes its place changes
// them. Snapshot ids, sequence numbers, times, statistics and every row stay
// what they were. Files come in the order of Roles; data files are not
// changed and do not come at all.
type Mover struct {
	From, To string // Lake.Root of both

	bytes map[string]int64     // of what was written, by new location
	spans map[string][2]string // first and last data file that a file of deletes names
}

// Rewrite writes one file for the new address. text is the whole file; name
// is its name in the lake.
func (m *Mover) Rewrite(ctx context.Context, role Role, name string, text []byte) ([]byte, error) {
	if m.bytes == nil {
		m.bytes, m.spans = map[string]int64{}, map[string][2]string{}
	}
	var out bytes.Buffer
	var err error
	switch role {
	case RoleDeletes:
		err = m.deletes(ctx, name, text, &out)
	case RoleManifest, RoleList:
		err = m.avro(name, text, &out)
	case RoleMetadata:
		err = m.json(text, &out)
	default:
		out.Write(text)
	}
	if err != nil {
		return nil, sen.Errorf(sen.Corrupt, "write %s for its new place: %w", path.Base(name), err)
	}
	m.bytes[location(m.To+"/"+name)] = int64(out.Len())
	return out.Bytes(), nil
}

// moved is a location at the new address; others stay as they are.
func (m *Mover) moved(at string) string {
	from := strings.TrimPrefix(location(m.From), scheme)
	for _, prefix := range []string{scheme, "file:", ""} {
		rest, ok := strings.CutPrefix(at, prefix+from)
		if ok && (rest == "" || rest[0] == '/') {
			return location(m.To) + rest
		}
	}
	return at
}

// json is a table's metadata.
func (m *Mover) json(text []byte, out io.Writer) error {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // snapshot ids have more digits than a float64 keeps
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(m.each(value))
}

// each moves every location in a decoded value.
func (m *Mover) each(value any) any {
	switch v := value.(type) {
	case string:
		return m.moved(v)
	case []any:
		for i := range v {
			v[i] = m.each(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = m.each(v[key])
		}
	}
	return value
}

// avro is a manifest or a list of manifests: object container files whose own
// schema is kept, so that fields which other programs added stay as well.
func (m *Mover) avro(name string, text []byte, out io.Writer) error {
	reader, err := ocf.NewReader(bytes.NewReader(text))
	if err != nil {
		return err
	}
	meta := map[string][]byte{}
	for key, value := range reader.Metadata() {
		if !strings.HasPrefix(key, "avro.") {
			meta[key] = value
		}
	}
	mark := sha256.Sum256([]byte(name)) // so that a second attempt writes the same bytes
	writer, err := ocf.NewWriter(out, reader.Schema(), ocf.WithSchema(string(reader.Metadata()["avro.schema"])),
		ocf.WithMetadata(meta), ocf.WithCodec(ocf.DeflateCodec(-1)), ocf.WithSyncMarker([16]byte(mark[:16])))
	if err != nil {
		return err
	}
	for {
		var record any
		err := reader.Decode(&record)
		if errors.Is(err, io.EOF) {
			return writer.Close()
		}
		if err != nil {
			return err
		}
		fields, ok := m.each(record).(map[string]any)
		if !ok {
			return fmt.Errorf("it holds %T, not records", record)
		}
		m.lengths(fields)
		if err := writer.Encode(fields); err != nil {
			return err
		}
	}
}

// lengths puts the lengths of files that were written anew in their places,
// and the bounds by which a reader finds which data files deletes concern.
func (m *Mover) lengths(record map[string]any) {
	if at, ok := record["manifest_path"].(string); ok {
		if n, known := m.bytes[at]; known {
			record["manifest_length"] = n
		}
		return
	}
	data, ok := record["data_file"].(map[string]any)
	if !ok {
		return
	}
	at, _ := data["file_path"].(string)
	if n, known := m.bytes[at]; known {
		data["file_size_in_bytes"] = n
	}
	if span, known := m.spans[at]; known {
		setBound(data["lower_bounds"], span[0])
		setBound(data["upper_bounds"], span[1])
	}
}

// setBound sets the bound of the column file_path in a list of key and value.
func setBound(bounds any, to string) {
	list, _ := bounds.([]any)
	for _, item := range list {
		if pair, ok := item.(map[string]any); ok && fmt.Sprint(pair["key"]) == fmt.Sprint(pathFieldID) {
			pair["value"] = []byte(to)
		}
	}
}

// deletes is a file of deleted positions.
func (m *Mover) deletes(ctx context.Context, name string, text []byte, out io.Writer) error {
	deleted, err := readPositions(ctx, text)
	if err != nil {
		return err
	}
	moved := map[string][]int64{}
	for at, positions := range deleted {
		moved[local(m.moved(at))] = positions
	}
	paths := make([]string, 0, len(moved))
	for at := range moved {
		paths = append(paths, at)
	}
	slices.Sort(paths)
	if len(paths) > 0 {
		m.spans[location(m.To+"/"+name)] = [2]string{location(paths[0]), location(paths[len(paths)-1])}
	}
	return writePositions(out, paths, moved)
}

// readPositions reads deleted positions by the location of their data file.
func readPositions(ctx context.Context, text []byte) (map[string][]int64, error) {
	reader, err := file.NewParquetReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	columns, err := pqarrow.NewFileReader(reader, pqarrow.ArrowReadProperties{BatchSize: positionsPerGroup}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	batches, err := columns.GetRecordReader(ctx, nil, nil)
	if err != nil {
		return nil, err
	}
	defer batches.Release()
	out := map[string][]int64{}
	for batches.Next() {
		batch := batches.RecordBatch()
		at, pos := batch.Schema().FieldIndices("file_path"), batch.Schema().FieldIndices("pos")
		if len(at) != 1 || len(pos) != 1 {
			return nil, fmt.Errorf("it has no columns file_path and pos")
		}
		files, ok := batch.Column(at[0]).(*array.String)
		rows, numbers := batch.Column(pos[0]).(*array.Int64)
		if !ok || !numbers {
			return nil, fmt.Errorf("its columns are %s and %s", batch.Column(at[0]).DataType(), batch.Column(pos[0]).DataType())
		}
		for i := range int(batch.NumRows()) {
			where := strings.Clone(files.Value(i))
			out[where] = append(out[where], rows.Value(i))
		}
	}
	if err := batches.Err(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return out, nil
}
