package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/link/resolve"
)

// NationFigures are of the whole job: from sources to golden records.
type NationFigures struct {
	Records  int64              `json:"records"`
	Stages   map[string]float64 `json:"stages"` // seconds: sync, then each entity
	Seconds  float64            `json:"seconds"`
	Floor    float64            `json:"floor_seconds"`
	Ratio    float64            `json:"ratio"`
	PeakRSS  int64              `json:"peak_rss_bytes"`
	Entities []resolve.Report   `json:"entities"`
	Accuracy []LinkAccuracy     `json:"accuracy"`
	Merged   int64              `json:"register_merged"` // people of the register that stand with another of it

	Relations map[string][]flow.Related `json:"relations"` // by entity
	Related   []RelationAccuracy        `json:"related"`
	Blame     []BlameAccuracy           `json:"blame"`
}

// LinkAccuracy is of the pairs of records of people.
type LinkAccuracy struct {
	Of        string  `json:"of"`
	Records   int64   `json:"records"`
	Pairs     int64   `json:"true_pairs"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

// Print writes the figures as one line of JSON.
func (f NationFigures) Print(w io.Writer) error { return json.NewEncoder(w).Encode(f) }

// Nation makes a country of about so many records, and then does the whole job
// in a fresh folder: sync, links, golden records, index. After the clock it
// holds the records of people against the truth.
func Nation(ctx context.Context, o Options) (NationFigures, error) {
	b, done, err := begin(ctx, o, linkedPerSource)
	if err != nil {
		return NationFigures{}, err
	}
	defer done()
	f := NationFigures{Records: b.made.Rows, Stages: map[string]float64{}}
	resetPeak()
	b.stage.start()
	begun := time.Now()
	for _, outcome := range b.flow.Sync(ctx, b.datasets, flow.Demand{}) {
		if outcome.Err != nil {
			return f, outcome.Err
		}
	}
	f.Stages["sync"] = time.Since(begun).Seconds()
	fmt.Fprintf(b.o.Log, "synchronised in %.1f s\n", f.Stages["sync"])
	people, err := b.link(ctx, &f)
	if err != nil {
		return f, err
	}
	f.Seconds, f.PeakRSS = time.Since(begun).Seconds(), peak()
	fmt.Fprintf(b.o.Log, "done in %.1f s; holding the records of people against the truth\n", f.Seconds)
	if err := b.checkLinks(ctx, people, &f); err != nil {
		return f, err
	}
	if err := b.checkRelations(ctx, &f); err != nil {
		return f, err
	}
	if err := b.checkBlame(ctx, people, &f); err != nil {
		return f, err
	}
	fmt.Fprintln(b.o.Log, "held; copying what landed plainly")
	if f.Floor, _, err = b.floor(ctx); err != nil {
		return f, err
	}
	f.Ratio = f.Seconds / f.Floor
	return f, nil
}

// link makes links, golden records and index of every entity; while it does,
// this process has no file of the truth open.
func (b *bench) link(ctx context.Context, f *NationFigures) (people *link.Entity, err error) {
	data := filepath.Join(b.dir, "hub", "data")
	e, err := engine.Open(ctx, engine.Options{Spill: filepath.Join(data, "tmp", "link"), Memory: b.o.Memory, Threads: b.o.Threads})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	db, err := index.Open(filepath.Join(data, "index"), index.Options{})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	files, err := fs.Glob(demo.Entities(), "*.yaml")
	if err != nil {
		return nil, err
	}
	var entities []*link.Entity
	for _, name := range files {
		text, err := fs.ReadFile(demo.Entities(), name)
		if err != nil {
			return nil, err
		}
		entity, err := link.ParseEntity(name, text)
		if err != nil {
			return nil, err
		}
		if entity.Entity == "person" {
			people = entity
		}
		entities = append(entities, entity)
		begun := time.Now()
		linked, err := b.flow.Link(ctx, e, db, entity)
		if err != nil {
			return nil, err
		}
		f.Stages[entity.Entity] = time.Since(begun).Seconds()
		f.Entities = append(f.Entities, linked.Report)
		fmt.Fprintf(b.o.Log, "%s: %d records, %d things, in %.1f s\n", entity.Entity, linked.Records, linked.Things, f.Stages[entity.Entity])
		if err := b.blind(); err != nil {
			return nil, err
		}
	}
	begun := time.Now()
	f.Relations, err = b.flow.Relate(ctx, e, db, entities)
	f.Stages["relations"] = time.Since(begun).Seconds()
	return people, err
}

// blind reports an open file of the truth.
func (b *bench) blind() error {
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		return err
	}
	for _, fd := range open {
		if at, err := os.Readlink(fd); err == nil && strings.HasPrefix(at, filepath.Join(b.dir, "truth")) {
			return sen.Errorf(sen.Internal, "the process that links has %s open", at)
		}
	}
	return nil
}

// mainPart are the sources whose records are about the person that the truth
// names; the other parts of a dataset speak of others.
func mainPart(name string) bool {
	_, part, parted := strings.Cut(name, "/")
	return !parted || part == "owner" || part == "representative" || part == "seller" || name == "health.birth-notice/mother"
}

// checkLinks counts, of all pairs of records about people, those that stand
// together and should. It folds the records of each source before it counts:
// pairs are counted from how many records of whom stand where.
func (b *bench) checkLinks(ctx context.Context, people *link.Entity, f *NationFigures) error {
	e, err := engine.Open(ctx, engine.Options{Spill: filepath.Join(b.dir, "hub", "data", "tmp", "check"), Memory: b.o.Memory, Threads: b.o.Threads})
	if err != nil {
		return err
	}
	defer e.Close()
	c, err := e.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, statement := range []string{
		"CREATE TYPE planted AS ENUM (SELECT kind FROM (VALUES ('no number'), ('a number of nobody'), ('a number, no planted error')) v(kind) UNION SELECT 'a number, ' || _kind FROM read_parquet(" +
			engine.Literal(filepath.Join(b.dir, "truth", "*.parquet")) + ", union_by_name = true) WHERE _kind <> '')",
		"CREATE TEMP TABLE judged (person UBIGINT, entity BIGINT, registered BOOLEAN, numbered BOOLEAN, kind planted, n BIGINT)",
	} {
		if err := c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	for _, name := range people.Records.Names() {
		if !mainPart(name) {
			continue
		}
		part, err := b.judged(ctx, people, name)
		if err != nil {
			return err
		}
		if err := c.Exec(ctx, "INSERT INTO judged SELECT hash(person), entity, dataset = 'population.person', numbered, CAST(kind AS planted), count(*) FROM ("+part+") GROUP BY ALL"); err != nil {
			return err
		}
	}
	return b.judgeAll(ctx, c, f)
}

func (b *bench) judgeAll(ctx context.Context, c *engine.Conn, f *NationFigures) error {
	classes := [][2]string{{"all", "true"}, {"without a valid number", "NOT numbered"}}
	rows, err := c.Query(ctx, "SELECT kind FROM judged GROUP BY kind ORDER BY CAST(kind AS VARCHAR)")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			return err
		}
		classes = append(classes, [2]string{kind, "kind = " + engine.Literal(kind)})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := judge(ctx, c, classes, f); err != nil {
		return err
	}
	return c.Row(ctx, "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM (SELECT sum(n) AS n FROM judged WHERE registered GROUP BY entity HAVING min(person) <> max(person))", &f.Merged)
}

// judged is SQL: of each clean record of a source, whom it is about, what it was
// linked to, whether its number is one of the register, and what was planted.
func (b *bench) judged(ctx context.Context, people *link.Entity, name string) (string, error) {
	dataset, _, _ := strings.Cut(name, "/")
	links, err := b.relation(ctx, lake.Links, flow.EntityDataset("person"))
	if err != nil {
		return "", err
	}
	register, err := b.relation(ctx, lake.Clean, "population.person")
	if err != nil {
		return "", err
	}
	kept, err := b.relation(ctx, lake.Clean, sen.Dataset(dataset))
	if err != nil {
		return "", err
	}
	record, _ := people.Records.Get(name)
	number := "k." + engine.Ident(record.Fields["identity_number"])
	known := number + " IN (SELECT identity_number FROM " + register + ")"
	return fmt.Sprintf(`SELECT t._person AS person, l.entity, '%[1]s' AS dataset, %[2]s IS NOT NULL AND %[3]s AS numbered,
 CASE WHEN %[2]s IS NULL THEN 'no number' WHEN NOT %[3]s THEN 'a number of nobody' WHEN t._kind = '' THEN 'a number, no planted error' ELSE 'a number, ' || t._kind END AS kind
FROM %[4]s k JOIN read_parquet(%[5]s) t ON k._row = t._row JOIN (SELECT * FROM %[6]s WHERE dataset = '%[1]s') l ON l.record = k._key WHERE t._person IS NOT NULL`,
		name, number, known, kept, engine.Literal(filepath.Join(b.dir, "truth", dataset+".parquet")), links), nil
}

// relation is a table as it stands.
func (b *bench) relation(ctx context.Context, kind lake.Kind, dataset sen.Dataset) (string, error) {
	t, err := b.lake.Lookup(ctx, kind, dataset)
	if err != nil {
		return "", err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	return scan.SQL(), err
}

// judge counts, for every class, the pairs of which at least one record is of
// it: all pairs but those of the other records alone. Each way of standing
// together is gone through once, for all classes.
func judge(ctx context.Context, c *engine.Conn, classes [][2]string, f *NationFigures) error {
	of := make([]LinkAccuracy, len(classes))
	var together, right, records []int64
	for _, count := range []struct {
		group, where string
		into         *[]int64
	}{{"person", "true", nil}, {"entity", "entity IS NOT NULL", &together}, {"person, entity", "entity IS NOT NULL", &right}, {"", "true", &records}} {
		found, err := involving(ctx, c, classes, count.group, count.where)
		if err != nil {
			return err
		}
		if count.into != nil {
			*count.into = found
			continue
		}
		for i := range of {
			of[i].Pairs = found[i]
		}
	}
	for i, class := range classes {
		a := &of[i]
		a.Of, a.Records, a.Precision, a.Recall = class[0], records[i], 1, 1
		if together[i] > 0 {
			a.Precision = float64(right[i]) / float64(together[i])
		}
		if a.Pairs > 0 {
			a.Recall = float64(right[i]) / float64(a.Pairs)
		}
	}
	f.Accuracy = append(f.Accuracy, of...)
	return nil
}

// involving counts, of each class, the pairs within the groups of which a record
// is of it; with no group, its records. It goes through the groups in parts, since
// an aggregate keeps a sum for each class of each of them.
func involving(ctx context.Context, c *engine.Conn, classes [][2]string, group, where string) ([]int64, error) {
	sums, own := make([]string, len(classes)), make([]string, len(classes))
	out, some := make([]int64, len(classes)), make([]int64, len(classes))
	into := make([]any, len(classes))
	for i, class := range classes {
		own[i] = fmt.Sprintf("CAST(coalesce(sum(n) FILTER (%s), 0) AS BIGINT) AS c%d", class[1], i)
		sums[i] = fmt.Sprintf("CAST(coalesce(sum(n * (n - 1) // 2 - (n - c%[1]d) * (n - c%[1]d - 1) // 2), 0) AS BIGINT)", i)
		into[i] = &some[i]
	}
	if group == "" {
		return some, c.Row(ctx, "SELECT "+strings.Join(own, ", ")+" FROM judged", into...)
	}
	var rows int64
	if err := c.Row(ctx, "SELECT count(*) FROM judged", &rows); err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(group, ",")
	parts := rows/judgedAtOnce + 1
	for part := range parts {
		if err := c.Row(ctx, fmt.Sprintf("SELECT %s FROM (SELECT CAST(sum(n) AS BIGINT) AS n, %s FROM judged WHERE %s AND %s %% %d = %d GROUP BY %s)",
			strings.Join(sums, ", "), strings.Join(own, ", "), where, first, parts, part, group), into...); err != nil {
			return nil, err
		}
		for i, n := range some {
			out[i] += n
		}
	}
	return out, nil
}

// judgedAtOnce is of about how many rows the groups are made at a time.
const judgedAtOnce = 10_000_000
