package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/dictionary/charset"
)

// How much of a file's beginning is looked at before it is read. JSON lines
// name their columns as they go, so that more of them is looked at.
const (
	csvSample      = 256 << 10
	jsonSample     = 1 << 20
	encodingSample = 64 << 10 // and seven windows from further on
)

// sample is the beginning of a text file.
type sample struct {
	text     []byte // as UTF-8, without a byte order mark
	end      bool   // it is the whole file
	encoding string
	bom      int64 // bytes of a UTF-8 byte order mark before the text
	evidence []string
}

// takeSample reads a file's first bytes and finds its encoding, unless it is
// known.
func takeSample(ctx context.Context, f file, size int64, encoding string) (sample, error) {
	if err := ctx.Err(); err != nil {
		return sample{}, err
	}
	known, err := knownEncoding(encoding)
	if err != nil {
		return sample{}, err
	}
	r, err := f.open()
	if err != nil {
		return sample{}, err
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, size))
	if err != nil {
		return sample{}, f.unreadable(err)
	}
	s := sample{end: int64(len(head)) == f.info.Size(), encoding: known}
	if known == "" {
		first := head[:min(len(head), encodingSample)]
		guess, _ := charset.Detect(append(first[:len(first):len(first)], windows(r, encodingSample, f.info.Size())...))
		s.encoding = guess.Name
		s.evidence = append(s.evidence, fmt.Sprintf("encoding %s: %s", guess.Name, guess.Evidence))
	}
	return s.decode(head)
}

// decode makes the sample's text.
func (s sample) decode(head []byte) (sample, error) {
	if s.encoding == charset.UTF8 {
		s.text = bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
		s.bom = int64(len(head) - len(s.text))
		return s, nil
	}
	text, err := charset.Decode(s.encoding, head)
	s.text = []byte(text)
	return s, err
}

// windows are a few pieces from further on in a file, whole lines, so that
// letters are seen that its beginning may not have.
func windows(r io.ReaderAt, from, size int64) (out []byte) {
	const count, length = 7, 8 << 10
	if size < from+count*length {
		return nil
	}
	piece := make([]byte, length)
	for i := range int64(count) {
		n, _ := r.ReadAt(piece, from+(size-from-length)*(i+1)/count)
		first, last := bytes.IndexByte(piece[:n], '\n'), bytes.LastIndexByte(piece[:n], '\n')
		if first < last {
			out = append(out, piece[first+1:last+1]...)
		}
	}
	return out
}

// knownEncoding is charset's name of an encoding that a contract names.
func knownEncoding(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	if known, ok := charset.Known(name); ok {
		return known, nil
	}
	return "", sen.Errorf(sen.Invalid, "encoding %q cannot be read", name).
		WithHint("encodings are %s; leave it empty to find it by evidence", strings.Join(charset.Names(), ", "))
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
