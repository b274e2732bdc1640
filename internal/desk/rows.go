package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/quality"
)

// Cause is one thing that is wrong with rows of a dataset.
type Cause struct {
	Dataset sen.Dataset
	Kind    string // as package correction names it
	Rule    string
	Column  string
}

// Row is one row that is wrong, in the keys and words of its agency.
type Row struct {
	Key    string `json:"key"`            // of the record: "id=12"
	Line   int64  `json:"line,omitempty"` // of the source, where it has lines
	Column string `json:"column,omitempty"`
	Value  string `json:"value"` // as it came

	Against  string `json:"others_say,omitempty"` // what other datasets say instead; not for whoever sees their own agency's alone
	Evidence string `json:"others,omitempty"`     // which datasets those are, or where nothing is found that should be
}

// Rows are some of the rows of a cause.
type Rows struct {
	Request string `json:"request"` // the id under which the journal has it
	Rows    []Row  `json:"rows"`
	Total   int64  `json:"total,omitempty"` // 0: not counted
	Next    int64  `json:"next,omitempty"`  // where the rows after these begin, to be asked for; 0: no place is known
	More    bool   `json:"more"`            // there are others

	Since  *time.Time `json:"since,omitempty"`  // the hub has known that other datasets say otherwise; nil: no case says since when
	Hidden bool       `json:"hidden,omitempty"` // what the others say is not for who asks
}

// Contradicted reports whether other datasets say otherwise of these rows.
func (r Rows) Contradicted() bool {
	return slices.ContainsFunc(r.Rows, func(one Row) bool { return one.Evidence != "" })
}

// Contested reports whether it is said what others say of these rows.
func (r Rows) Contested() bool {
	return slices.ContainsFunc(r.Rows, func(one Row) bool { return one.Against != "" })
}

// Part is which of many rows are meant.
type Part struct {
	From  int64 // the ordinal in the source of the first
	Limit int
}

// RowsOf reads rows of a cause through the door; request says who asks and why.
// There are none of a cause that no single row has, or whose contract is gone.
// Who sees their own agency's data alone gets their own rows in full, and of the
// datasets that contradict them the names.
func (d *Desk) RowsOf(ctx context.Context, request access.Request, c Cause, part Part) (Rows, error) {
	one, ok := d.dataset(c.Dataset)
	if !ok {
		return Rows{}, nil
	}
	if asked, contradicted, err := d.contradicted(ctx, one, c); contradicted || err != nil {
		if err != nil {
			return Rows{}, err
		}
		return d.contradictedRows(ctx, request, one, c, asked, part)
	}
	rules, err := d.heldRules(ctx, one, c)
	if err != nil {
		return Rows{}, err
	}
	held, err := d.Held(ctx, access.HeldQuery{Request: request, Of: one.Name, Rules: rules, Column: c.Column, From: part.From, Limit: part.Limit})
	if err != nil {
		return Rows{}, err
	}
	out := Rows{Request: held.Request, Total: held.Total, Next: held.Next, More: held.Next > 0}
	for _, row := range held.Rows {
		out.Rows = append(out.Rows, heldRow(one, row, c.Column))
	}
	return out, nil
}

// heldRules are the rules under which a cause's rows are kept back: its own, or,
// of values that have no standard form, what is wrong with each of them.
func (d *Desk) heldRules(ctx context.Context, one contract.Dataset, c Cause) ([]string, error) {
	report, ok, err := d.Report(ctx, one)
	if err != nil || !ok {
		return []string{c.Rule}, err
	}
	held, err := d.o.State.Quarantine(ctx, report.Run)
	if err != nil {
		return nil, err
	}
	var unnamed []string
	for _, q := range held {
		if q.Rule == c.Rule || c.Column == "" && strings.HasSuffix(q.Rule, "."+c.Rule) { // "id.duplicate-key" is a rule of the dataset
			return []string{q.Rule}, nil
		}
		byName := func(o quality.Offender) bool { return o.Rule == q.Rule }
		if q.Column == c.Column && !slices.ContainsFunc(report.Offenders, byName) {
			unnamed = append(unnamed, q.Rule)
		}
	}
	if len(unnamed) == 0 {
		return []string{c.Rule}, nil
	}
	return unnamed, nil
}

// Held reads rows of a quarantine through the door.
func (d *Desk) Held(ctx context.Context, q access.HeldQuery) (access.Held, error) {
	held, err := d.o.Door.Held(ctx, d.o.Engine, d.o.Lake, q)
	for _, row := range held.Rows {
		for column, v := range row.Source {
			row.Source[column] = Plain(v, "")
		}
	}
	return held, err
}

// heldRow is a row of a quarantine by its key, else by its place in the source.
func heldRow(one contract.Dataset, row access.HeldRow, column string) Row {
	out := Row{Line: row.Line, Column: column}
	var key []string
	for _, k := range one.Key() {
		key = append(key, fmt.Sprintf("%s=%v", k.Source(), orDash(row.Source[k.Source()])))
	}
	if out.Key = strings.Join(key, "; "); out.Key == "" {
		out.Key = fmt.Sprintf("row=%d", row.Row)
	}
	if row.Value != nil {
		out.Value = *row.Value
	}
	return out
}

func orDash(v any) any {
	if v == nil {
		return "–"
	}
	return v
}

// dataset is one that the contracts declare.
func (d *Desk) dataset(name sen.Dataset) (contract.Dataset, bool) {
	all := d.Datasets()
	i := slices.IndexFunc(all, func(one contract.Dataset) bool { return one.Name == name })
	if i < 0 {
		return contract.Dataset{}, false
	}
	return all[i], true
}

// CrossOf is the dataset's rule of a name that needs other datasets.
func CrossOf(d contract.Dataset, name string) (contract.CrossRule, bool) {
	all := d.CrossRules()
	i := slices.IndexFunc(all, func(r contract.CrossRule) bool { return r.Rule.Label() == name })
	if i < 0 {
		return contract.CrossRule{}, false
	}
	return all[i], true
}

// ReferenceOf is the relationship of a dataset's columns, as "a, b".
func ReferenceOf(d contract.Dataset, columns string) (contract.Reference, bool) {
	all := d.References()
	i := slices.IndexFunc(all, func(r contract.Reference) bool { return strings.Join(r.Columns, ", ") == columns })
	if i < 0 {
		return contract.Reference{}, false
	}
	return all[i], true
}

// Plain is a value of the engine as JSON and people write it; kind is the
// engine's name of its type, where that is known.
func Plain(v any, kind string) any {
	switch v := v.(type) {
	case nil, bool, string, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64:
		return v
	case time.Time:
		switch kind {
		case "DATE":
			return v.Format(time.DateOnly)
		case "TIME":
			return v.Format("15:04:05.999999")
		case "TIMESTAMP":
			return v.Format("2006-01-02T15:04:05.999999")
		}
		return v.Format(time.RFC3339Nano)
	case []byte:
		return fmt.Sprintf("%x", v)
	}
	return fmt.Sprint(v)
}
