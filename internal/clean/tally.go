package clean

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"github.com/sen-hub/sen/internal/engine"
)

// Sum adds up the engine's 64-bit hashes of rows, in 128 bits, so without
// overflow; order does not matter, and sums of ranges add up to the sum of
// the dataset.
type Sum struct{ hi, lo uint64 }

// String is the sum in decimal digits.
func (s Sum) String() string {
	n := new(big.Int).SetUint64(s.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(s.lo)).String()
}

// MarshalText writes decimal digits.
func (s Sum) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads decimal digits.
func (s *Sum) UnmarshalText(b []byte) error {
	n, ok := new(big.Int).SetString(string(b), 10)
	if !ok || n.Sign() < 0 || n.BitLen() > 128 {
		return fmt.Errorf("sum %q is not a decimal number of 128 bits", b)
	}
	s.lo = new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	s.hi = n.Rsh(n, 64).Uint64()
	return nil
}

// Scan reads decimal digits from the engine (sql.Scanner).
func (s *Sum) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("the engine answered %T for a sum", v)
	}
	return s.UnmarshalText([]byte(text))
}

func (s Sum) plus(other Sum) Sum {
	lo, carry := bits.Add64(s.lo, other.lo, 0)
	hi, _ := bits.Add64(s.hi, other.hi, carry)
	return Sum{hi, lo}
}

// Digest is the content of a set of rows: how many, and the sum of their hashes.
type Digest struct {
	Rows int64 `json:"rows"`
	Sum  Sum   `json:"sum"`
}

// Add joins two disjoint sets of rows.
func (d *Digest) Add(other Digest) {
	d.Rows += other.Rows
	d.Sum = d.Sum.plus(other.Sum)
}

// Less is the set without some of its rows.
func (d Digest) Less(other Digest) Digest {
	lo, borrow := bits.Sub64(d.Sum.lo, other.Sum.lo, 0)
	hi, _ := bits.Sub64(d.Sum.hi, other.Sum.hi, borrow)
	return Digest{Rows: d.Rows - other.Rows, Sum: Sum{hi, lo}}
}

// Equal reports whether both have the same content.
func (d Digest) Equal(other Digest) bool { return d == other }

// Tally is what the cleaning of some rows saw. Tallies of disjoint sets of
// rows merge.
type Tally struct {
	Clean       Digest  `json:"clean"`       // by the rows as they landed
	Quarantined Digest  `json:"quarantined"` // by the rows as they landed
	Content     Digest  `json:"content"`     // the clean rows, by what is kept of them
	Facts       []int64 `json:"facts"`       // rows with each fact of the plan
	Repeated    int64   `json:"repeated"`    // of the quarantined, those set apart because an earlier row of their range has their key
}

// In is the digest of all rows: in = clean + quarantined.
func (t Tally) In() Digest {
	var in Digest
	in.Add(t.Clean)
	in.Add(t.Quarantined)
	return in
}

// Merge adds what another set of rows showed.
func (t *Tally) Merge(other Tally) {
	t.Clean.Add(other.Clean)
	t.Quarantined.Add(other.Quarantined)
	t.Content.Add(other.Content)
	t.Repeated += other.Repeated
	if t.Facts == nil {
		t.Facts = make([]int64, len(other.Facts))
	}
	for i, n := range other.Facts {
		t.Facts[i] += n
	}
}

// Count runs Plan.Tally over the relation cleaned.
func (p *Plan) Count(ctx context.Context, c *engine.Conn, cleaned string) (Tally, error) {
	t := Tally{Facts: make([]int64, len(p.Facts))}
	rows, err := c.Query(ctx, p.Tally(cleaned))
	if err != nil {
		return t, fmt.Errorf("count %s: %w", p.Dataset.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := p.scanGroup(rows, &t); err != nil {
			return t, fmt.Errorf("count %s: %w", p.Dataset.Name, err)
		}
	}
	return t, rows.Err()
}

func (p *Plan) scanGroup(rows *sql.Rows, t *Tally) error {
	words := make([]int64, p.words())
	var group, content Digest
	into := make([]any, 0, len(words)+3)
	for i := range words {
		into = append(into, &words[i])
	}
	if err := rows.Scan(append(into, &group.Rows, &group.Sum, &content.Sum)...); err != nil {
		return err
	}
	content.Rows = group.Rows
	held := false
	for i, f := range p.Facts {
		if words[i/bitsPerWord]&(1<<(i%bitsPerWord)) != 0 {
			t.Facts[i] += group.Rows
			held = held || f.holdsBack()
		}
	}
	if held {
		t.Quarantined.Add(group)
	} else {
		t.Clean.Add(group)
		t.Content.Add(content)
	}
	return nil
}

// SourceDigest is the query for the digest of landed rows, comparable with
// the In of their Tally.
func (p *Plan) SourceDigest(raw string) string {
	return fmt.Sprintf("SELECT count(*), CAST(coalesce(sum(hash(%s)), 0) AS VARCHAR) FROM %s", p.sourceColumns(), raw)
}

// ContentDigest is the query for the digest of rows of the clean table by
// what they say, whichever run brought them.
func (p *Plan) ContentDigest(clean string) string {
	return fmt.Sprintf("SELECT count(*), CAST(coalesce(sum(hash(%s)), 0) AS VARCHAR) FROM %s", p.cleanColumns(), clean)
}

// ScanDigest reads what SourceDigest or ContentDigest answer.
func ScanDigest(ctx context.Context, c *engine.Conn, query string) (Digest, error) {
	var d Digest
	err := c.Row(ctx, query, &d.Rows, &d.Sum)
	return d, err
}

// Identity is the SELECT that names each row of the relation clean (with
// _file and _pos): k, the hash of its key, and h, the hash of what it says.
func (p *Plan) Identity(clean string) string {
	var key []string
	for _, c := range p.key() {
		key = append(key, c.Property.Name)
	}
	return fmt.Sprintf("SELECT _file, _pos, hash(%s) AS k, hash(%s) AS h FROM %s", engine.Idents(key), p.cleanColumns(), clean)
}
