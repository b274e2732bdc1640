package bench

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
)

// RelationAccuracy is of the relations between two people of the register.
type RelationAccuracy struct {
	Relationship string  `json:"relationship"`
	Relations    int64   `json:"relations"`
	Precision    float64 `json:"precision"` // of them, those of the truth
	Said         int64   `json:"said"`      // relations of the truth that a clean row names by number
	Recall       float64 `json:"recall"`    // of those, how many are there
}

// kin is a relationship of the truth: who is it in the columns of its people,
// and by which number the rows of a dataset name them.
type kin struct {
	relationship, dataset string
	columns               map[string]string
}

var kinships = []kin{
	{"parent", "civil-status.birth", map[string]string{"mother": "mother_identity_number", "father": "father_identity_number"}},
	{"spouse", "civil-status.marriage", map[string]string{"spouse": "wife_identity_number"}},
}

// checkRelations holds relations between people against the truth's families.
// A golden record is the person of whom the register's record in it is.
func (b *bench) checkRelations(ctx context.Context, f *NationFigures) error {
	c, err := b.engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	people := flow.EntityDataset("person")
	relations, err := b.relation(ctx, lake.Relations, people)
	if err != nil {
		return err
	}
	links, err := b.relation(ctx, lake.Links, people)
	if err != nil {
		return err
	}
	register, err := b.relation(ctx, lake.Clean, "population.person")
	if err != nil {
		return err
	}
	truth := func(name string) string {
		return "read_parquet(" + engine.Literal(filepath.Join(b.dir, "truth", name+".parquet")) + ")"
	}
	if err := c.Exec(ctx, fmt.Sprintf(`CREATE TEMP TABLE known AS SELECT l.entity, min(t._person) AS person
FROM (SELECT * FROM %s WHERE dataset = 'population.person') l JOIN %s k ON k._key = l.record JOIN %s t ON t._row = k._row GROUP BY l.entity`,
		links, register, truth("population.person"))); err != nil {
		return err
	}
	for _, k := range kinships {
		a, err := b.related(ctx, c, k, relations, truth)
		if err != nil {
			return err
		}
		f.Related = append(f.Related, a)
	}
	return nil
}

func (b *bench) related(ctx context.Context, c *engine.Conn, k kin, relations string, truth func(string) string) (RelationAccuracy, error) {
	a := RelationAccuracy{Relationship: k.relationship, Precision: 1, Recall: 1}
	rows, err := b.relation(ctx, lake.Clean, sen.Dataset(k.dataset))
	if err != nil {
		return a, err
	}
	is := "false"
	for column, number := range k.columns {
		is += " OR b.person = p." + column
		var said int64
		if err := c.Row(ctx, fmt.Sprintf(`SELECT count(*) FROM %s k JOIN %s t ON t._row = k._row JOIN %s p ON p.person = t._person JOIN known a ON a.person = p.person JOIN known b ON b.person = p.%s WHERE k.%s IS NOT NULL`,
			rows, truth(k.dataset), truth("people"), column, number), &said); err != nil {
			return a, err
		}
		a.Said += said
	}
	var right int64
	if err := c.Row(ctx, fmt.Sprintf(`SELECT count(*), count(*) FILTER (%s) FROM %s r JOIN known a ON a.entity = r.entity JOIN known b ON b.entity = r.other JOIN %s p ON p.person = a.person WHERE r.relationship = %s`,
		is, relations, truth("people"), engine.Literal(k.relationship)), &a.Relations, &right); err != nil {
		return a, err
	}
	if a.Relations > 0 {
		a.Precision = float64(right) / float64(a.Relations)
	}
	if a.Said > 0 {
		a.Recall = float64(right) / float64(a.Said)
	}
	return a, nil
}
