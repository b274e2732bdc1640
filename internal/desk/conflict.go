package desk

import (
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
)

// ConflictRule begins the rule of a case of conflicts: "conflict.person".
const ConflictRule = "conflict."

// DatasetOf is the dataset of a name that may have a part: "land.parcel/owner".
func DatasetOf(source string) sen.Dataset {
	name, _, _ := strings.Cut(source, "/")
	return sen.Dataset(name)
}

// saidIn is SQL: the sources and fields of an entity that a dataset's column gives.
func saidIn(e *link.Entity, dataset sen.Dataset, column string) string {
	pairs := []string{"('', '')"}
	for _, name := range e.Records.Names() {
		record, _ := e.Records.Get(name)
		for field, of := range record.Fields {
			if DatasetOf(name) == dataset && of == column {
				pairs = append(pairs, "("+engine.Literal(name)+", "+engine.Literal(field)+")")
			}
		}
	}
	return strings.Join(pairs, ", ")
}
