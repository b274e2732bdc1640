package main

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
)

func (p *program) getCommand() *cobra.Command {
	var why reason
	c := &cobra.Command{
		Use:   "get ENTITY KEY",
		Short: p.lang.Pick("Xem bản ghi vàng của một người, một tổ chức, một vật", "See the golden record of one person, organisation or thing"),
		Long: `Shows the golden record that has a key: an identity number, an old number, a plate, a
tax code, or the record's own identifier. Each field stands with the dataset that
gave it, the day of which it speaks, and what other datasets say instead; then what
others are to it (parents, spouses, owners), each with the dataset that says so and
its days; then the records that speak of it, and how each was linked. To name
somebody is a read of that person too. Nothing is shown before the journal has the
entries.`,
		Example: "  sen get person 001090012345 --purpose \"case 12\"\n  sen get vehicle 30A-123.45 --purpose \"case 12\"",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.get(cmd.Context(), args[0], args[1], why)
		},
		ValidArgsFunction: p.completeEntities,
	}
	why.flags(c)
	return c
}

// goldenRecord is the answer of `sen get`.
type goldenRecord struct {
	Entity    string           `json:"entity"`
	ID        int64            `json:"id,string"`
	Fields    []goldenField    `json:"fields"`
	Relations []goldenRelation `json:"relations,omitempty"`
	Records   []goldenPart     `json:"records"`
}

type goldenField struct {
	Name     string   `json:"name"`
	Value    string   `json:"value"`
	Source   string   `json:"source"`
	AsOf     string   `json:"as_of,omitempty"`
	Rejected []string `json:"rejected,omitempty"` // value · dataset

	Disputed *dispute `json:"disputed,omitempty"` // the value is most likely wrong
}

type goldenPart struct {
	Dataset     string  `json:"dataset"`
	Records     int64   `json:"records"`
	How         string  `json:"how"`
	Probability float64 `json:"probability"`
}

func (p *program) get(ctx context.Context, entity, key string, why reason) error {
	asked := goldenRequest{command: "get", entity: entity, keys: []string{key}, relations: true}
	return p.withGolden(ctx, asked, why, func(_ *hub, _ *link.Entity, found []goldenRecord) error {
		return p.answer(found[0], func() { p.showGolden(found[0]) })
	})
}

// goldenRequest is which golden records a command reads.
type goldenRequest struct {
	command, entity string
	keys            []string
	relations       bool // and what others are to them
}

// withGolden reads the golden records that keys mean, through the door, and
// has them shown when the journal has the entries.
func (p *program) withGolden(ctx context.Context, asked goldenRequest, why reason, show func(*hub, *link.Entity, []goldenRecord) error) error {
	return p.readGolden(ctx, asked, why, func(h *hub, e *link.Entity, found []goldenRecord, _ string) error {
		return show(h, e, found)
	})
}

// readGolden is withGolden for a command that looks for its own entries: show is
// told the request's name in the journal.
func (p *program) readGolden(ctx context.Context, asked goldenRequest, why reason, show func(h *hub, e *link.Entity, found []goldenRecord, request string) error) (err error) {
	h, err := p.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	entities, err := h.readEntities([]string{asked.entity})
	if err != nil {
		return err
	}
	dataset := flow.EntityDataset(asked.entity)
	request := p.request(h.config, why, asked.command)
	request.Dataset = []sen.Dataset{dataset}
	var around *relatives
	if asked.relations {
		if around, err = h.relatives(ctx, asked.entity); err != nil {
			return err
		}
		around.ask(&request)
	}
	reading, err := h.door.Open(ctx, request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	found := make([]goldenRecord, len(asked.keys))
	for i, key := range asked.keys {
		if found[i], err = h.goldenRecord(ctx, entities[0], key); err != nil {
			return err
		}
		if err := reading.Saw(subjectOf(asked.entity, found[i].ID)); err != nil {
			return err
		}
		if around != nil {
			if err := h.findRelations(ctx, around, &found[i], reading); err != nil {
				return err
			}
		}
	}
	if err := reading.Seal(); err != nil {
		return err
	}
	return show(h, entities[0], found, reading.Request())
}

// subjectOf is a golden record, as the journal names it.
func subjectOf(entity string, id int64) access.Subject {
	return access.Subject{Dataset: flow.EntityDataset(entity), Key: binary.BigEndian.AppendUint64(nil, uint64(id))}
}

// goldenRecord finds the one record that a key means, and what speaks of it.
func (h *hub) goldenRecord(ctx context.Context, e *link.Entity, key string) (g goldenRecord, err error) {
	if g, err = h.goldenFields(ctx, e, key); err != nil {
		return g, err
	}
	links, err := h.entityRelation(ctx, lake.Links, flow.EntityDataset(e.Entity))
	if err != nil {
		return g, err
	}
	c, err := h.engine.Conn(ctx)
	if err != nil {
		return g, err
	}
	defer c.Close()
	if err := h.findDisputes(ctx, c, &g); err != nil {
		return g, err
	}
	rows, err := c.Query(ctx, "SELECT dataset, count(*), how, avg(probability) FROM "+links+" WHERE entity = ? GROUP BY dataset, how ORDER BY dataset, how", g.ID)
	if err != nil {
		return g, err
	}
	defer rows.Close()
	for rows.Next() {
		var part goldenPart
		var probability sql.NullFloat64
		if err := rows.Scan(&part.Dataset, &part.Records, &part.How, &probability); err != nil {
			return g, err
		}
		part.Probability = probability.Float64
		g.Records = append(g.Records, part)
	}
	return g, rows.Err()
}

// goldenFields finds the one record that a key means, without what speaks of it.
func (h *hub) goldenFields(ctx context.Context, e *link.Entity, key string) (g goldenRecord, err error) {
	dataset := flow.EntityDataset(e.Entity)
	golden, err := h.entityRelation(ctx, lake.Golden, dataset)
	if err != nil {
		return g, err
	}
	g.Entity = e.Entity
	if indexed, err := h.fromIndex(ctx, &g, e, key); indexed || err != nil {
		return g, err
	}
	c, err := h.engine.Conn(ctx)
	if err != nil {
		return g, err
	}
	defer c.Close()
	err = g.read(ctx, c, e, golden, key)
	if sen.KindOf(err) != sen.NotFound {
		return g, err
	}
	links, unlinked := h.entityRelation(ctx, lake.Links, dataset)
	if unlinked != nil {
		return g, unlinked
	}
	return g, g.readMerged(ctx, c, e, golden, links, key, err)
}

// fromIndex reads the record from the index; false where the index does not
// have what the lake has now.
func (h *hub) fromIndex(ctx context.Context, g *goldenRecord, e *link.Entity, key string) (bool, error) {
	r, err := openIndex(ctx, h.data("index"))
	if kind := sen.KindOf(err); err != nil && (kind == sen.Unavailable || kind == sen.Busy) {
		return false, nil // whoever has it does not answer: the lake has the same
	}
	if err != nil {
		return false, err
	}
	defer r.Close()
	t, err := h.lake.Lookup(ctx, lake.Golden, flow.EntityDataset(e.Entity))
	if err != nil {
		return false, err
	}
	current, _ := t.Current()
	if has, err := r.Position(e.Entity); err != nil || has != current.String() {
		return false, err
	}
	fields := e.Keys()
	if _, err := strconv.ParseInt(key, 10, 64); err == nil {
		fields = append(fields, "")
	}
	for _, field := range fields {
		found, err := r.Get(e.Entity, field, key)
		if sen.KindOf(err) == sen.NotFound {
			continue
		}
		if err != nil {
			return false, err
		}
		g.ID = found.ID
		for _, f := range found.Fields {
			g.Fields = append(g.Fields, goldenField{Name: f.Name, Value: f.Value, Source: f.Source, AsOf: f.AsOf, Rejected: f.Rejected})
		}
		return true, nil
	}
	return false, nil // the lake says why
}

// openIndex opens the index, or asks the process that has it: one that loads it
// answers, one that only looks something up is soon gone.
func openIndex(ctx context.Context, dir string) (index.Reader, error) {
	var err error
	for range indexTries {
		db, busy := index.Open(dir, index.Options{})
		if busy == nil {
			return db, nil
		}
		if sen.KindOf(busy) != sen.Busy {
			return nil, busy
		}
		var c *index.Client
		if c, err = index.Dial(dir); err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		time.Sleep(indexPause)
	}
	return nil, err
}

// How long an index is waited for that another process has open.
const (
	indexTries = 20
	indexPause = 50 * time.Millisecond
)

func (h *hub) entityRelation(ctx context.Context, kind lake.Kind, dataset sen.Dataset) (string, error) {
	t, err := h.lake.Lookup(ctx, kind, dataset)
	if sen.KindOf(err) == sen.NotFound {
		return "", sen.Errorf(sen.NotFound, "there are no golden records of it yet").At("%s", dataset.Object()).WithHint("`sen link run` makes them")
	}
	if err != nil {
		return "", err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	return scan.SQL(), err
}

// read fills in the fields of the record that the key means.
func (g *goldenRecord) read(ctx context.Context, c *engine.Conn, e *link.Entity, golden, key string) error {
	var where, columns []string
	var args []any
	for _, k := range e.Match.Keys {
		if k.Succeeds == "" {
			where, args = append(where, engine.Ident(k.Field)+" = ?"), append(args, key)
			continue
		}
		where, args = append(where, "entity IN (SELECT entity FROM "+flow.KeyValues(golden, k)+" WHERE value = ?)"), append(args, key)
	}
	if id, err := strconv.ParseInt(key, 10, 64); err == nil {
		where, args = append(where, "entity = ?"), append(args, id)
	}
	names := e.Fields.Names()
	for _, f := range names {
		columns = append(columns, engine.Ident(f), engine.Ident(f+"_source"), engine.Ident(f+"_as_of"), engine.Ident(f+"_rejected"))
	}
	rows, err := c.Query(ctx, "SELECT entity, "+strings.Join(columns, ", ")+" FROM "+golden+" WHERE "+strings.Join(where, " OR ")+" LIMIT 2", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]sql.NullString, 4*len(names))
	days := make([]sql.Null[time.Time], len(names))
	into := []any{&g.ID}
	for i := range names {
		into = append(into, &values[4*i], &values[4*i+1], &days[i], &values[4*i+3])
	}
	found := 0
	for rows.Next() {
		if found++; found > 1 {
			return sen.Errorf(sen.Invalid, "the key means several records").WithHint("use another of its keys: %s", strings.Join(e.Keys(), ", "))
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if found == 0 {
		return sen.Errorf(sen.NotFound, "no %s has this key", e.Entity).WithHint("its keys are %s; what stands in the hub is as of the last `sen link run`", strings.Join(e.Keys(), ", "))
	}
	for i, name := range names {
		if !values[4*i].Valid {
			continue
		}
		f := goldenField{Name: name, Value: values[4*i].String, Source: values[4*i+1].String}
		if days[i].Valid {
			f.AsOf = days[i].V.Format(time.DateOnly)
		}
		if values[4*i+3].Valid {
			f.Rejected = strings.Split(values[4*i+3].String, "\n")
		}
		g.Fields = append(g.Fields, f)
	}
	return nil
}

// readMerged fills in the record that people brought together and that had the
// key on one side; unknown is the error where there is none.
func (g *goldenRecord) readMerged(ctx context.Context, c *engine.Conn, e *link.Entity, golden, links, key string, unknown error) error {
	for _, field := range e.Match.Keys {
		var id sql.NullInt64
		if err := c.Row(ctx, "SELECT min(entity) FROM ("+flow.MergedBy(golden, links, field, key)+")", &id); err != nil {
			return err
		}
		if id.Valid {
			return g.read(ctx, c, e, golden, strconv.FormatInt(id.Int64, 10))
		}
	}
	return unknown
}

func (p *program) showGolden(g goldenRecord) {
	fmt.Fprintf(p.screen, "%s %s\n", p.screen.Paint(terminal.Strong, g.Entity), p.screen.Paint(terminal.Quiet, fmt.Sprint(g.ID)))
	t := terminal.Table{Align: "llll", Left: 2, Head: []string{p.lang.Pick("trường", "field"), p.lang.Pick("giá trị", "value"), p.lang.Pick("nguồn", "source"), p.lang.Pick("tính đến", "as of")}}
	for _, f := range g.Fields {
		t.Add(terminal.C(f.Name), valueCell(f.Value), terminal.Cell{Text: f.Source, Style: terminal.Quiet}, terminal.Cell{Text: f.AsOf, Style: terminal.Quiet})
		for _, other := range f.Rejected {
			value, source, _ := strings.Cut(other, " · ")
			t.Add(terminal.C(""), terminal.Cell{Text: "≠ " + terminal.Clean(value), Style: terminal.Warn}, terminal.Cell{Text: source, Style: terminal.Quiet}, terminal.C(""))
		}
		if d := f.Disputed; d != nil {
			t.Add(terminal.C(""), terminal.Cell{Text: "! " + p.lang.Pick("có lẽ sai; đúng là ", "most likely wrong; right is ") + terminal.Clean(d.Against), Style: terminal.Bad},
				terminal.Cell{Text: d.Evidence, Style: terminal.Quiet}, terminal.C(""))
		}
	}
	t.Write(p.screen)
	fmt.Fprintln(p.screen)
	p.showGoldenRelations(g.Relations)
	r := terminal.Table{Align: "lrl", Left: 2, Head: []string{p.lang.Pick("bản ghi của", "records of"), "", p.lang.Pick("nối theo", "linked by")}}
	for _, part := range g.Records {
		how := p.how(part.How)
		if part.How == "probable" {
			how += fmt.Sprintf(" ≥ %.3f", part.Probability)
		}
		r.Add(terminal.C(part.Dataset), p.count(part.Records), terminal.C(how))
	}
	r.Write(p.screen)
}

func (p *program) how(how string) string {
	switch how {
	case "key":
		return p.lang.Pick("khóa", "key")
	case "other-key":
		return p.lang.Pick("khóa khác", "another key")
	case "probable":
		return p.lang.Pick("xác suất", "probability")
	case "decision":
		return p.lang.Pick("người quyết định", "a person's decision")
	}
	return p.lang.Pick("một mình", "alone")
}
