package mysql

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/rows"
)

// Sums implements live.Database. Along a key a range has the rows between its
// mark's keys, and the last range of the table all that come behind, so that
// each row that is there now belongs to one. Without a key the server sends
// the digest of each row in the order in which it stores them, and ranges are
// told apart by their numbers of rows. Without ranges the whole table is one.
func (d *Database) Sums(ctx context.Context, name string, columns []string, ranges []source.Range) (out []live.Sum, err error) {
	if ranges == nil {
		ranges = []source.Range{whole}
	}
	err = d.retry(ctx, "sums of "+name, func(ctx context.Context) error {
		out = make([]live.Sum, len(ranges))
		return d.sums(ctx, name, columns, ranges, out)
	})
	return out, err
}

// sums has the connections of one snapshot sum up ranges side by side.
func (d *Database) sums(ctx context.Context, name string, columns []string, ranges []source.Range, out []live.Sum) error {
	t, err := d.find(ctx, name)
	if err != nil {
		return err
	}
	digest, err := t.digest(columns)
	if err != nil {
		return err
	}
	want := min(d.budget.Connections, len(ranges))
	if t.index == "" {
		want = 1
	}
	s, err := d.snapshot(ctx, t, want)
	if err != nil {
		return err
	}
	defer s.close()
	if t.index == "" {
		return s.conns[0].sumsInOrder(ctx, t, digest, ranges, out)
	}
	var next atomic.Int64
	return s.each(func(_ int, c *conn) error {
		for i := next.Add(1) - 1; i < int64(len(ranges)); i = next.Add(1) - 1 {
			var err error
			if out[i], err = c.sum(ctx, t, digest, ranges[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// find describes a table in a connection of its own.
func (d *Database) find(ctx context.Context, name string) (t *table, err error) {
	c, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.close()
	return d.describe(ctx, c, name)
}

// whole is the range of all rows.
var whole = source.Range{Mark: source.Mark{State: `{"ends":true}`}}

// digest is SQL for the first 64 bits of the md5 of a row's text. A row whose
// text is longer than the server's packets has NULL.
func (t *table) digest(columns []string) (string, error) {
	names := rows.Unique(t.names())
	if columns == nil {
		columns = names
	}
	var parts []string
	for _, name := range columns {
		i := slices.Index(names, name)
		if i < 0 {
			return "", sen.Errorf(sen.Drift, "%s has no column %s any more", t.title(), name).WithHint("compare the contract with the source")
		}
		text := t.columns[i].text()
		parts = append(parts, fmt.Sprintf("IF(%s IS NULL, '-', CONCAT(LENGTH(%s), ':', %[2]s))", ident(t.columns[i].name), text))
	}
	return "CAST(CONV(LEFT(MD5(CONCAT(" + strings.Join(parts, ", ") + ")), 16), 16, 10) AS UNSIGNED)", nil
}

// tooLarge stands for a row without a digest: no sum of those that have one
// reaches it.
var tooLarge = new(big.Int).Exp(big.NewInt(10), big.NewInt(31), nil)

func (c *conn) sum(ctx context.Context, t *table, digest string, g source.Range) (live.Sum, error) {
	where, err := t.between(g)
	if err != nil {
		return live.Sum{}, err
	}
	r, err := c.one(ctx, fmt.Sprintf("SELECT COUNT(*), SUM(COALESCE(%s, %s)) FROM %s FORCE INDEX (%s) WHERE %s",
		digest, tooLarge, t.quoted(), ident(t.index), where))
	if err != nil {
		return live.Sum{}, err
	}
	out := live.Sum{Rows: r.number(0)}
	if out.Rows == 0 {
		return out, nil
	}
	sum, ok := new(big.Int).SetString(r.text(1), 10)
	if !ok || sum.Cmp(tooLarge) >= 0 {
		return out, t.undigested()
	}
	out.Sum = sum.And(sum, new(big.Int).SetUint64(^uint64(0))).Uint64()
	return out, nil
}

func (t *table) undigested() error {
	return sen.Errorf(sen.Unavailable, "%s has a row that is longer than the server's packets: it cannot sum it up", t.title()).
		WithHint("raise max_allowed_packet on the server")
}

// between is the condition of a range's rows.
func (t *table) between(g source.Range) (string, error) {
	m, err := markOf(g.Mark)
	if err != nil {
		return "", err
	}
	from, err := fromHex(m.From)
	if err != nil {
		return "", err
	}
	to, err := fromHex(m.To)
	if err != nil {
		return "", err
	}
	if len(from) != 0 && len(from) != len(t.order) || len(to) != 0 && len(to) != len(t.order) || len(to) == 0 && !m.Ends {
		return "", sen.Errorf(sen.Drift, "%s has another key than when it was read", t.title()).WithHint("read it again")
	}
	where := []string{"TRUE"}
	if len(from) > 0 {
		where = append(where, t.beyond(from, ">"))
	}
	if !m.Ends {
		where = append(where, t.beyond(to, "<")+" OR "+t.at(to))
		where[len(where)-1] = "(" + where[len(where)-1] + ")"
		first := t.columns[t.order[0]]
		where = append(where, ident(first.name)+" <= "+first.literal(to[0])) // for the index
	}
	return strings.Join(where, " AND "), nil
}

// beyond is the condition of keys on one side of a key, in the index's order.
func (t *table) beyond(key []string, side string) string {
	var any []string
	for n := range key {
		all := []string{}
		for i := range n {
			all = append(all, t.equal(key, i))
		}
		c := t.columns[t.order[n]]
		all = append(all, ident(c.name)+" "+side+" "+c.literal(key[n]))
		any = append(any, "("+strings.Join(all, " AND ")+")")
	}
	first := t.columns[t.order[0]]
	return "(" + ident(first.name) + " " + side + "= " + first.literal(key[0]) + " AND (" + strings.Join(any, " OR ") + "))"
}

func (t *table) equal(key []string, i int) string {
	c := t.columns[t.order[i]]
	return ident(c.name) + " = " + c.literal(key[i])
}

func (t *table) at(key []string) string {
	var all []string
	for i := range key {
		all = append(all, t.equal(key, i))
	}
	return "(" + strings.Join(all, " AND ") + ")"
}

// sumsInOrder sums up the digests of rows in the order in which they come;
// what comes behind the last range counts as its own.
func (c *conn) sumsInOrder(ctx context.Context, t *table, digest string, ranges []source.Range, out []live.Sum) error {
	sql := "SELECT " + digest + " FROM " + t.quoted()
	if t.kind != "view" {
		sql += " USE INDEX ()"
	}
	at, row := 0, int64(0)
	return c.query(ctx, sql, nil, func(p []byte) error {
		defer func() { row++ }()
		for at < len(ranges)-1 && row >= ranges[at+1].FirstRow {
			at++
		}
		if len(ranges) == 0 || row < ranges[at].FirstRow {
			return nil
		}
		v, _, null, ok := value(p)
		if !ok {
			return errProtocol
		}
		if null {
			return t.undigested()
		}
		n, err := strconv.ParseUint(string(v), 10, 64)
		if err != nil {
			return errProtocol
		}
		out[at].Rows, out[at].Sum = out[at].Rows+1, out[at].Sum+n
		return nil
	})
}
