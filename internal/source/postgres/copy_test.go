package postgres

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// binaryCopy is a COPY of tuples of fields; nil is NULL.
func binaryCopy(tuples ...[][]byte) []byte {
	b := append(bytes.Clone(signature), make([]byte, 8)...)
	for _, t := range tuples {
		b = binary.BigEndian.AppendUint16(b, uint16(len(t)))
		for _, f := range t {
			if f == nil {
				b = binary.BigEndian.AppendUint32(b, 0xFFFFFFFF)
				continue
			}
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(f))), f...)
		}
	}
	return append(b, 0xFF, 0xFF)
}

var fuzzForms = []form{asText, asInt4, asNumeric, asTimestampTZ, asJSONB, asBytea, asDate}

// FuzzCopy feeds any bytes in any two cuts: what is answered does not depend
// on the cut, and text is always valid.
func FuzzCopy(f *testing.F) {
	f.Add(binaryCopy([][]byte{[]byte("Huế"), {0, 0, 0, 7}, {0, 1, 0, 0, 0, 0, 0, 2, 0, 1}, make([]byte, 8), []byte("\x01{}"), {0xFF}, {0, 0, 0, 1}}), 30)
	f.Add(binaryCopy([][]byte{nil, nil, nil, nil, nil, nil, nil}), 5)
	f.Add(binaryCopy([][]byte{{0xFF}, {0, 0, 0, 7}, {0, 0, 0, 0, 0xC0, 0, 0, 0}, {0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, []byte("\x01\xC3"), {}, {0x80, 0, 0, 0}}), 21)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = min(max(cut, 0), len(data))
		whole, failed := receive(t, data)
		parts, failedToo := receive(t, data[:cut], data[cut:])
		if (failed == nil) != (failedToo == nil) || whole != parts {
			t.Errorf("whole: %q %v; cut at %d: %q %v", whole, failed, cut, parts, failedToo)
		}
	})
}

func receive(t *testing.T, chunks ...[]byte) (string, error) {
	names := []string{"a", "b", "c", "d", "e", "f", "g"}
	r := newReceiver(names, fuzzForms, 2, 1<<20, true)
	for _, c := range chunks {
		if _, err := r.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	p, err := r.finish()
	var out bytes.Buffer
	for _, b := range p.batches {
		for c := range names {
			column := b.Column(c).(*array.String)
			for i := range column.Len() {
				if v := column.Value(i); !bytes.Equal([]byte(v), bytes.ToValidUTF8([]byte(v), nil)) {
					t.Errorf("column %d holds %q", c, v)
				}
				out.WriteString(column.Value(i) + "\x00")
			}
		}
	}
	p.release()
	return out.String(), err
}
