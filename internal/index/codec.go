package index

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
)

// A group is stored as text, which the engine writes by itself: its fields in
// order, each ended by the record separator of ASCII, and in each the value, its
// source, its day, and what else was said, parted by the unit separator.
const (
	RecordSeparator = "\x1e"
	UnitSeparator   = "\x1f"
)

// decode appends the fields of a stored group that hold something.
func decode(out []Field, names []string, raw string) ([]Field, error) {
	for _, name := range names {
		one, rest, ended := strings.Cut(raw, RecordSeparator)
		if !ended {
			return out, fmt.Errorf("the field %s is cut off", name)
		}
		raw = rest
		value, more, parted := strings.Cut(one, UnitSeparator)
		source, more, parted2 := strings.Cut(more, UnitSeparator)
		asOf, rejected, parted3 := strings.Cut(more, UnitSeparator)
		if !parted || !parted2 || !parted3 {
			return out, fmt.Errorf("the field %s has not four parts", name)
		}
		if value == "" {
			continue
		}
		f := Field{Name: name, Value: strings.Clone(value), Source: strings.Clone(source), AsOf: strings.Clone(asOf)}
		if rejected != "" {
			f.Rejected = strings.Split(strings.Clone(rejected), "\n")
		}
		out = append(out, f)
	}
	if raw != "" {
		return out, fmt.Errorf("%d bytes stand behind the last field", len(raw))
	}
	return out, nil
}

func parseID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, sen.Errorf(sen.Invalid, "an identifier is a whole number")
	}
	return id, nil
}
