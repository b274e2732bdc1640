package clean

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
)

// Rules is where the SQL of contracts' own quality rules runs. A contract is
// written by people of another house: their SQL is read before it is run, may
// be one SELECT over its own dataset and nothing else, and runs in an engine
// that sees the lake's folder only, for a bounded time.
type Rules struct {
	Engine  func(context.Context) (*engine.Engine, error) // confined (engine.Options.Only); asked for where a contract has such a rule
	Timeout time.Duration                                 // of one rule; default 5 minutes

	conn *engine.Conn
}

const ruleTimeout = 5 * time.Minute

func (r *Rules) close() {
	if r.conn != nil {
		r.conn.Close()
	}
}

// run answers the one number that a rule's query gives. The error never holds
// a value of the data.
func (r *Rules) run(ctx context.Context, p *Plan, clean string, check Check) (float64, error) {
	if err := r.open(ctx); err != nil {
		return 0, err
	}
	query, err := r.read(ctx, p, check)
	if err != nil {
		return 0, err
	}
	for _, name := range p.ruleNames() {
		if err := r.conn.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT * FROM %s", engine.Ident(name), clean)); err != nil {
			return 0, err
		}
	}
	limit := cmp.Or(r.Timeout, ruleTimeout)
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var value sql.NullFloat64
	err = r.conn.Row(bounded, "SELECT CAST(("+query+") AS DOUBLE)", &value)
	switch {
	case errors.Is(bounded.Err(), context.DeadlineExceeded) && ctx.Err() == nil:
		return 0, sen.Errorf(sen.Unavailable, "the query took longer than %s and was stopped", limit).WithHint("make it simpler, or raise rules.timeout in sen.yaml")
	case err != nil:
		return 0, engine.WithoutValues(err)
	case !value.Valid:
		return 0, sen.Errorf(sen.Invalid, "the query answers no value")
	}
	return value.Float64, nil
}

func (r *Rules) open(ctx context.Context) error {
	if r.conn != nil {
		return nil
	}
	if r.Engine == nil {
		return sen.Errorf(sen.Internal, "no engine was given for the SQL of contracts")
	}
	e, err := r.Engine(ctx)
	if err != nil {
		return err
	}
	r.conn, err = e.Conn(ctx)
	return err
}

// ruleNames are the names by which a rule's query may call its dataset.
func (p *Plan) ruleNames() []string {
	object := p.Dataset.Object
	return slices.Compact([]string{object.Name, object.Source()})
}

// read fills in the standard's placeholders and refuses what is not one
// SELECT over the dataset. It returns the statement as it was understood.
func (r *Rules) read(ctx context.Context, p *Plan, check Check) (string, error) {
	query := strings.TrimRight(strings.TrimSpace(check.Rule.Query), ";")
	for placeholder, name := range map[string]string{"object": p.Dataset.Object.Name, "table": p.Dataset.Object.Name, "column": check.Column, "property": check.Column} {
		query = strings.ReplaceAll(query, "${"+placeholder+"}", engine.Ident(name))
	}
	s, err := r.conn.Parse(ctx, query)
	if err != nil {
		return "", err
	}
	tables, err := s.Tables()
	if err != nil {
		return "", err
	}
	for _, t := range tables {
		known := slices.ContainsFunc(p.ruleNames(), func(name string) bool { return strings.EqualFold(name, t.Name) })
		if !known || t.Schema != "" || t.Catalogue != "" {
			return "", sen.Errorf(sen.Denied, "the query reads %q, and a rule may read its own dataset only", t.Name).
				WithHint("call the dataset ${object}")
		}
	}
	return s.Text(ctx, r.conn)
}

// RulesDigest identifies what is measured over the whole dataset: with
// another digest, what an earlier run measured is not the answer.
func (p *Plan) RulesDigest() sen.Digest {
	h := sha256.New()
	for _, c := range p.Checks {
		fmt.Fprintf(h, "%q\n", []string{c.ID, c.Column, c.Rule.Type, c.Rule.Metric, c.Rule.Query, c.Rule.Operator.String(), c.Rule.Unit, c.Rule.Severity, c.Rule.Dimension, fmt.Sprint(c.Rule.Arguments)})
	}
	return sen.Digest(h.Sum(nil))
}
