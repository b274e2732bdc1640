package clean

import (
	"fmt"
	"strings"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
)

// CrossRows is SQL behind SELECT …: the rows s of the relation own that break a
// rule, held against the relations of the rule's other datasets. A row that
// meets several records there breaks it once. A sequence has no rows to show:
// see Gaps.
func CrossRows(r contract.CrossRule, own string, others []string) string {
	from := "FROM " + own + " s WHERE "
	switch r.Kind {
	case contract.CrossUnique:
		var stands []string
		for _, other := range others {
			stands = append(stands, fmt.Sprintf("EXISTS (SELECT 1 FROM %s t WHERE %s)", other, meet(r.Columns)))
		}
		return from + present("s", r.Columns) + " AND (" + strings.Join(stands, " OR ") + ")"
	case contract.CrossSum:
		c := r.Columns[0]
		return from + fmt.Sprintf("%s AND s.%s <> coalesce((SELECT sum(t.%s) FROM %s t WHERE %s), 0)", present("s", append(r.On, c)), engine.Ident(c.Own), engine.Ident(c.Theirs), others[0], meet(r.On))
	}
	// What agrees is written alike, whatever each calls its type.
	form := map[string]string{contract.CrossAgrees: "CAST(s.%s AS VARCHAR) <> CAST(t.%s AS VARCHAR)", contract.CrossAfter: "s.%s < t.%s", contract.CrossBefore: "s.%s > t.%s"}[r.Kind]
	var broken []string
	for _, c := range r.Columns {
		broken = append(broken, fmt.Sprintf(form, engine.Ident(c.Own), engine.Ident(c.Theirs)))
	}
	return from + fmt.Sprintf("EXISTS (SELECT 1 FROM %s t WHERE %s AND (%s))", others[0], meet(r.On), strings.Join(broken, " OR "))
}

// Gaps is SQL for the whole numbers that a sequence leaves out, within each of
// the columns that it goes by.
func Gaps(r contract.CrossRule, own string) string {
	number := "TRY_CAST(" + engine.Ident(r.Columns[0].Own) + " AS BIGINT)"
	group := ""
	if len(r.By) > 0 {
		group = " GROUP BY " + engine.Idents(r.By)
	}
	return fmt.Sprintf("SELECT coalesce(sum(n), 0) FROM (SELECT max(%[1]s) - min(%[1]s) + 1 - count(DISTINCT %[1]s) AS n FROM %[2]s%[3]s)", number, own, group)
}

// meet is the condition that s and t have the same in each pair.
func meet(pairs []contract.Pair) string {
	var all []string
	for _, p := range pairs {
		all = append(all, fmt.Sprintf("s.%s = t.%s", engine.Ident(p.Own), engine.Ident(p.Theirs)))
	}
	return strings.Join(all, " AND ")
}

func present(alias string, pairs []contract.Pair) string {
	var all []string
	for _, p := range pairs {
		all = append(all, alias+"."+engine.Ident(p.Own)+" IS NOT NULL")
	}
	return strings.Join(all, " AND ")
}
