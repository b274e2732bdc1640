package link

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
)

// Label is what somebody found of two records: whether they are one thing.
type Label struct {
	A, B int32
	Same bool
}

var labelHeader = []string{"id_a", "id_b", "same"}

// ReadLabels reads labelled pairs: CSV with the columns id_a, id_b and same (1
// or 0). find gives the record that an id names. The error is Invalid and says
// file, line and reason: an id that no record has, or labels that contradict one
// another, by themselves or through others (A is B, B is C, A is not C). It
// shows no id.
func ReadLabels(file string, src io.Reader, find func(id string) (record int32, known bool)) ([]Label, error) {
	r := csv.NewReader(src)
	r.FieldsPerRecord = len(labelHeader)
	wrong := func(format string, args ...any) *sen.Error {
		line, _ := r.FieldPos(0)
		return sen.Errorf(sen.Invalid, format, args...).At("%s:%d", file, line)
	}
	var labels []Label
	var lines []int
	for first := true; ; first = false {
		row, err := r.Read()
		var malformed *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if len(labels) == 0 {
				return nil, sen.Errorf(sen.Invalid, "there is no labelled pair in it").At("%s", file).WithHint("its lines are %s, as a17,b4,1", strings.Join(labelHeader, ","))
			}
			return labels, consistent(file, labels, lines)
		case errors.As(err, &malformed):
			return nil, sen.Errorf(sen.Invalid, "%w", malformed.Err).At("%s:%d", file, malformed.Line).WithHint("its columns are %s", strings.Join(labelHeader, ", "))
		case err != nil:
			return nil, sen.Errorf(sen.Unavailable, "the labels cannot be read: %w", err).At("%s", file)
		case first:
			row[0] = strings.TrimPrefix(row[0], "\ufeff")
			if !slices.Equal(row, labelHeader) {
				return nil, wrong("the first line does not name the columns").WithHint("write %s", strings.Join(labelHeader, ","))
			}
			continue
		}
		l := Label{Same: row[2] == "1"}
		if row[2] != "0" && row[2] != "1" {
			return nil, wrong("same is neither 1 nor 0")
		}
		var known bool
		for i, at := range []*int32{&l.A, &l.B} {
			if *at, known = find(row[i]); !known {
				return nil, wrong("no record has this %s", labelHeader[i])
			}
		}
		if l.A == l.B {
			return nil, wrong("a record is labelled beside itself")
		}
		line, _ := r.FieldPos(0)
		labels, lines = append(labels, l), append(lines, line)
	}
}

// consistent finds labels that say of two records that they are one thing and
// that they are not.
func consistent(file string, labels []Label, lines []int) error {
	place := map[int32]int32{}
	number := func(record int32) int32 {
		n, known := place[record]
		if !known {
			n = int32(len(place))
			place[record] = n
		}
		return n
	}
	u := newForest(2 * len(labels))
	for _, l := range labels {
		if l.Same {
			u.join(number(l.A), number(l.B))
		}
	}
	for i, l := range labels {
		if !l.Same && u.find(number(l.A)) == u.find(number(l.B)) {
			return sen.Errorf(sen.Invalid, "the two are not the same here, and are the same by other lines").At("%s:%d", file, lines[i]).
				WithHint("labels of 1 make all records that they connect one thing: mend this line or one of those")
		}
	}
	return nil
}
