package http

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/jsonl"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/rows"
)

// samplePages is the most pages that a sample asks for.
const samplePages = 10

// Sample is the first n rows of an object as text, or those that ten pages
// have; nil is null, or a member that the row does not have.
func (a *API) Sample(ctx context.Context, name string, n int) (columns []string, values [][]*string, err error) {
	o, err := a.of(name, "")
	if err != nil {
		return nil, nil, named(a.server.Name, err)
	}
	var pages []*page
	var keys []string
	seen := progress{object: o}
	seen.begin()
	at, count := &step{}, 0
	for at != nil && count < n && len(pages) < samplePages {
		p, err := o.page(ctx, *at)
		if err != nil {
			return nil, nil, err
		}
		if at, err = seen.check(*at, p, int64(count)); err != nil {
			return nil, nil, named(address(o.url), err)
		}
		for _, key := range jsonl.Sniff(p.rows, true).Names {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		pages, count = append(pages, p), count+p.count
	}
	columns = rows.Unique(keys)
	out := rows.NewBuilder(columns, 0)
	for _, p := range pages {
		parse := jsonl.NewParser(keys, jsonl.Options{Layout: jsonl.Array, FieldLimit: math.MaxInt, Line: 1})
		if _, err := parse.Parse(p.rows[1:], true, out, math.MaxInt, n-out.Rows()); err != nil {
			return nil, nil, named(address(o.url), err)
		}
	}
	return columns, texts(out.Flush(), len(columns)), nil
}

// texts are the first columns of a batch.
func texts(b arrow.RecordBatch, columns int) [][]*string {
	if b == nil {
		return nil
	}
	defer b.Release()
	out := make([][]*string, b.NumRows())
	for i := range out {
		out[i] = make([]*string, columns)
		for c := range columns {
			if column := b.Column(c).(*array.String); !column.IsNull(i) {
				text := strings.Clone(column.Value(i))
				out[i][c] = &text
			}
		}
	}
	return out
}

// Test looks at what reading the objects needs, by asking for the first page
// of each. An error is that of a context that ended.
func (a *API) Test(ctx context.Context, objects []string) (out []live.Finding, err error) {
	tls := live.Finding{What: "tls", OK: a.d.base.Scheme == "https", Says: "the connection is encrypted and the server's certificate is verified"}
	if !tls.OK {
		tls.Says, tls.Next = "the connection is not encrypted, as the contract says", "have the API served by https and take the exception out of the contract"
	}
	out = append(out, tls)
	for _, name := range objects {
		finding := live.Finding{What: "read " + name, OK: true, Must: true}
		o, err := a.of(name, "")
		var p *page
		if err == nil {
			p, err = o.page(ctx, step{})
		}
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		if err != nil {
			finding.OK, finding.Says, finding.Next = false, err.Error(), sen.HintOf(err)
			out = append(out, finding)
			continue
		}
		finding.Says = strings.Join(o.describe(p).Evidence, "; ")
		out = append(out, finding, o.changeFinding(p))
	}
	return out, nil
}

func (o *object) changeFinding(p *page) live.Finding {
	f := live.Finding{What: "changes " + o.name, OK: p.changes != "", Says: "the first page shows a change cursor"}
	switch {
	case f.OK:
	case o.d.changes == nil:
		f.Says, f.Next = "no change cursor is declared: every sync reads all rows", "where the API has one, say so with the custom properties changes and changesParameter"
	default:
		f.Says, f.Next = "the first page shows no change cursor at "+o.d.changes.String(), "some APIs show it on the last page alone; else correct the custom property changes"
	}
	return f
}
