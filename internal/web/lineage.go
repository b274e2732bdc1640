package web

import (
	"cmp"
	"net/http"

	"github.com/sen-hub/sen/internal/desk"
)

// lineageData is what the page of an entity's lineage shows: declarations, and
// nobody's values.
type lineageData struct {
	Kind   string
	Fields []desk.FieldLineage
}

func (q *request) lineage() error {
	e, fields, err := q.o.Desk.Lineage(q.r.PathValue("entity"))
	if err != nil {
		return err
	}
	d := lineageData{cmp.Or(q.called(e.Name), e.Entity), fields}
	return q.render(http.StatusOK, "lineage", q.lang.Pick("Nguồn của bản ghi vàng: ", "Where golden records come from: ")+d.Kind, d)
}

// golden are the kinds of golden records, for those who look for where they come
// from; none while the entity files cannot be read.
func (q *request) golden() (out []choice) {
	entities, err := q.o.Desk.Entities()
	if err != nil {
		return nil
	}
	for _, e := range entities {
		out = append(out, choice{e.Entity, cmp.Or(q.called(e.Name), e.Entity)})
	}
	return out
}
