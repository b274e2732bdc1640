package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
)

// BlameAccuracy is of the values of people's records that are called most
// likely wrong, held against the lives from which the records were written.
type BlameAccuracy struct {
	Field     string  `json:"field"` // or "all"
	Blamed    int64   `json:"blamed"`
	Precision float64 `json:"precision"` // of them, that are wrong
	Wrong     int64   `json:"wrong"`     // values of linked records that are not so
	Recall    float64 `json:"recall"`    // of them, that are blamed
}

// lifeOf is the column of the truth about people of a field of theirs.
var lifeOf = map[string]string{"identity_number": "identity_number", "name": "full_name", "born_on": "born_on", "sex": "sex"}

// blameSample is from how many records on only some of the people are looked at.
const blameSample = 5_000_000

// checkBlame holds what is called most likely wrong against what is.
func (b *bench) checkBlame(ctx context.Context, people *link.Entity, f *NationFigures) error {
	c, err := b.engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	var parts []string
	for _, name := range people.Records.Names() {
		record, _ := people.Records.Get(name)
		if record.Role == link.Mentioning || !mainPart(name) {
			continue
		}
		part, err := b.values(ctx, name, record, 1+f.Records/blameSample)
		if err != nil {
			return err
		}
		parts = append(parts, part)
	}
	conflicts, err := b.relation(ctx, lake.Conflicts, flow.EntityDataset(people.Entity))
	if err != nil {
		return err
	}
	if err := c.Exec(ctx, "CREATE OR REPLACE TEMP TABLE lives AS SELECT v.*, c.record IS NOT NULL AS blamed FROM ("+strings.Join(parts, "\nUNION ALL\n")+
		") v LEFT JOIN "+conflicts+" c USING (dataset, field, record) WHERE wrong OR c.record IS NOT NULL"); err != nil {
		return err
	}
	rows, err := c.Query(ctx, `SELECT coalesce(field, 'all'), count(*) FILTER (blamed), count(*) FILTER (wrong), count(*) FILTER (wrong AND blamed)
FROM lives GROUP BY GROUPING SETS ((), (field)) ORDER BY field NULLS FIRST`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		a, right := BlameAccuracy{Precision: 1, Recall: 1}, int64(0)
		if err := rows.Scan(&a.Field, &a.Blamed, &a.Wrong, &right); err != nil {
			return err
		}
		if a.Blamed > 0 {
			a.Precision = float64(right) / float64(a.Blamed)
		}
		if a.Wrong > 0 {
			a.Recall = float64(right) / float64(a.Wrong)
		}
		f.Blame = append(f.Blame, a)
	}
	return rows.Err()
}

// values is SQL: of each linked record of a source, of one person in so many,
// and each field, whether it says other than the life (a year is right for a
// day in it).
func (b *bench) values(ctx context.Context, name string, record link.Record, every int64) (string, error) {
	dataset, _, _ := strings.Cut(name, "/")
	links, err := b.relation(ctx, lake.Links, flow.EntityDataset("person"))
	if err != nil {
		return "", err
	}
	kept, err := b.relation(ctx, lake.Clean, sen.Dataset(dataset))
	if err != nil {
		return "", err
	}
	var fields []string
	for field, column := range lifeOf {
		if given := record.Fields[field]; given != "" {
			said, life := "lower(strip_accents(CAST(k."+engine.Ident(given)+" AS VARCHAR)))", "lower(strip_accents(CAST(p."+column+" AS VARCHAR)))"
			fields = append(fields, fmt.Sprintf("{field: %s, wrong: coalesce(NOT (%s = %s OR %s AND starts_with(%[3]s, %[2]s)), false)}", engine.Literal(field), said, life, fmt.Sprint(field == "born_on")))
		}
	}
	return fmt.Sprintf(`SELECT %[1]s AS dataset, record, v.field AS field, v.wrong AS wrong FROM (SELECT k._key AS record, unnest([%[2]s]) AS v
FROM %[3]s k JOIN read_parquet(%[4]s) t ON k._row = t._row JOIN read_parquet(%[5]s) p ON p.person = t._person
WHERE t._person %% %[6]d = 0 AND k._key IN (SELECT record FROM %[7]s WHERE dataset = %[1]s AND entity IS NOT NULL AND how <> 'alone'))`,
		engine.Literal(name), strings.Join(fields, ", "), kept, engine.Literal(filepath.Join(b.dir, "truth", dataset+".parquet")),
		engine.Literal(filepath.Join(b.dir, "truth", "people.parquet")), every, links), nil
}
