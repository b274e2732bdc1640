package rows

import (
	"fmt"
	"strings"
)

// reserved are the columns that the hub adds to a source's own.
var reserved = []string{
	RowColumn, LineColumn, FaultColumn, RawColumn,
	"_key", "_position", "_range", "_rule", "_column", "_value", "_violations",
}

// Unique makes names that one table can hold: not empty, valid UTF-8 without
// NUL, unlike each other and the hub's own whatever their case. What need not
// change stays as it is: a, (empty), a becomes a, column_2, a_2.
func Unique(names []string) []string {
	out := make([]string, len(names))
	used, wanted := map[string]bool{}, map[string]bool{}
	for _, name := range reserved {
		used[name] = true
	}
	for _, name := range names {
		wanted[strings.ToLower(name)] = true
	}
	for i, name := range names {
		if name == "" {
			name = fmt.Sprintf("column_%d", i+1)
		}
		name = strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", "?"), "?")
		out[i] = name
		for n := 2; used[strings.ToLower(out[i])] || out[i] != names[i] && wanted[strings.ToLower(out[i])]; n++ {
			out[i] = fmt.Sprintf("%s_%d", name, n)
		}
		used[strings.ToLower(out[i])] = true
	}
	return out
}
