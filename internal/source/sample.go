package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// How much of a file's beginning is looked at before it is read. JSON lines
// name their columns as they go, so that more of them is looked at.
const (
	csvSample  = 256 << 10
	jsonSample = 1 << 20
)

const utf8Name = "UTF-8"

// sample is the beginning of a text file.
type sample struct {
	text     []byte // as UTF-8, without a byte order mark
	end      bool   // it is the whole file
	encoding string
	bom      int64 // bytes of the byte order mark in the text's own encoding
	evidence []string
}

// takeSample reads a file's first bytes and finds its encoding.
func takeSample(ctx context.Context, f file, bytesWanted int64, encoding string) (sample, error) {
	if err := ctx.Err(); err != nil {
		return sample{}, err
	}
	r, err := f.open()
	if err != nil {
		return sample{}, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, bytesWanted))
	if err != nil {
		return sample{}, f.unreadable(err)
	}
	s := sample{text: raw, end: int64(len(raw)) == f.info.Size(), encoding: utf8Name}
	if mark := []byte("\xEF\xBB\xBF"); bytes.HasPrefix(raw, mark) {
		s.text, s.bom = raw[3:], 3
		s.evidence = append(s.evidence, "a byte order mark says UTF-8")
	}
	return s, nil
}

// estimate is the number of rows, by the size of those in the sample.
func (f *Facts) estimate(sampleBytes, sampleRows int64) {
	if sampleBytes > 0 {
		f.Rows = int64(float64(f.Bytes) / float64(sampleBytes) * float64(sampleRows))
	}
}

// sayOf adds what was found in a file, unless it was found in another.
func (t *textReader) sayOf(f file, sentences []string) {
	for _, s := range sentences {
		if t.said == nil {
			t.said = map[string]bool{}
		}
		if t.said[s] {
			continue
		}
		t.said[s] = true
		if len(t.set.list) > 1 {
			s = f.name + ": " + s
		}
		t.facts.Evidence = append(t.facts.Evidence, s)
	}
}

func (t *textReader) say(ignored []string) {
	for _, name := range ignored {
		t.facts.Evidence = append(t.facts.Evidence, fmt.Sprintf("passed over %s", name))
	}
}
