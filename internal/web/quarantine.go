package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
)

// quarantineData is what the page of all quarantined rows shows.
type quarantineData struct {
	Rules    []heldRule
	Count    int           // of all rules by which rows are kept back
	Fewer    int           // of those that stand on the datasets' pages alone
	Datasets []heldDataset // that have rows kept back, the most first
	Of       int           // how many have
	All      bool          // all are shown, and not the most frequent alone
	Held, In int64
}

// Folded reports whether something more can be shown.
func (d quarantineData) Folded() bool {
	return len(d.Datasets) < d.Of || len(d.Rules) < d.Count-d.Fewer || slices.ContainsFunc(d.Rules, func(r heldRule) bool { return r.More > 0 })
}

// fold keeps what the page shows: at first the most frequent alone.
func (d *quarantineData) fold(rules []desk.HeldRule, all bool) {
	d.Of, d.Count, d.Fewer, d.All = len(d.Datasets), len(rules), max(0, len(rules)-mostRules), all
	rules = rules[:d.Count-d.Fewer]
	if !all {
		d.Datasets, rules = d.Datasets[:min(d.Of, firstDatasets)], rules[:min(len(rules), firstRules)]
	}
	for _, r := range rules {
		line := heldRule{HeldRule: r}
		if named := min(len(r.Datasets), firstOfRule); !all {
			line.Datasets, line.More = r.Datasets[:named], len(r.Datasets)-named
		}
		d.Rules = append(d.Rules, line)
	}
}

// heldRule is a reason, with the datasets that the page names.
type heldRule struct {
	desk.HeldRule
	More int // datasets that are not named
}

func (q *request) quarantine() error {
	datasets := q.seen()
	all, err := q.o.Desk.Systems(q.ctx(), datasets)
	if err != nil {
		return err
	}
	var d quarantineData
	for _, one := range all.Datasets {
		if d.Held, d.In = d.Held+one.Held, d.In+one.In; one.Held > 0 {
			d.Datasets = append(d.Datasets, heldDataset{one, heldShare(one)})
		}
	}
	slices.SortStableFunc(d.Datasets, func(a, b heldDataset) int { return cmp.Compare(b.Held, a.Held) })
	rules, err := q.o.Desk.HeldBack(q.ctx(), q.lang, datasets)
	if err != nil {
		return err
	}
	d.fold(rules, q.r.URL.Query().Has("all"))
	return q.render(http.StatusOK, "quarantine", q.lang.Pick("Những dòng bị giữ lại", "Rows that were kept back"), d)
}

// How much the page of all datasets names: at most, and before all is asked for.
// A telephone shows a dozen lines at a time.
const (
	mostRules     = 40
	firstRules    = 10
	firstDatasets = 10
	firstOfRule   = 3
)

// heldDataset is a dataset with the part of its rows that is kept back, in
// percent.
type heldDataset struct {
	desk.System
	Share float64
}

func heldShare(one desk.System) float64 {
	if one.In == 0 {
		return 0
	}
	return 100 * float64(one.Held) / float64(one.In)
}

// heldData is what the page of one dataset's quarantine shows.
type heldData struct {
	Dataset  contract.Dataset
	System   desk.System
	Share    float64
	Rules    []desk.HeldRule
	Rule     string // whose rows are asked for; "" for all
	Ask      *asking
	Held     *access.Held
	Lines    []heldRow
	Released *desk.Released
	Same     bool // a release had nothing to do
	TooLarge bool // to be released while one waits

	MayRelease bool
	Wrong      string
	Hint       string
}

func (q *request) heldOf(rule string) (d heldData, err error) {
	if d.Dataset, err = q.dataset(); err != nil {
		return d, err
	}
	if d.System, err = q.o.Desk.System(q.ctx(), d.Dataset); err != nil {
		return d, err
	}
	if d.Rules, err = q.o.Desk.HeldBack(q.ctx(), q.lang, []contract.Dataset{d.Dataset}); err != nil {
		return d, err
	}
	if slices.ContainsFunc(d.Rules, func(r desk.HeldRule) bool { return r.Rule == rule }) {
		d.Rule = rule
	}
	d.Share, d.TooLarge, d.MayRelease = heldShare(d.System), d.System.In > desk.MostReleased, q.may(access.Release)
	if len(d.Rules) > 0 {
		d.Ask = q.ask("/quarantine/"+string(d.Dataset.Name), access.QualityControl, queryValue{"rule", d.Rule})
	}
	return d, nil
}

func (q *request) quarantineOf() error {
	query := q.r.URL.Query()
	d, err := q.heldOf(query.Get("rule"))
	if err != nil {
		return err
	}
	if run := query.Get("released"); run == unchanged {
		d.Same = true
	} else if run != "" {
		released, ok, err := q.o.Desk.ReleasedBy(q.ctx(), d.Dataset.Name, run)
		if err != nil {
			return err
		}
		if ok {
			d.Released = &released
		}
	}
	return q.render(http.StatusOK, "quarantine-dataset", string(d.Dataset.Name), d)
}

// unchanged stands in the address where a release had nothing to do.
const unchanged = "unchanged"

// quarantineRows shows rows that were kept back, once a purpose is stated.
func (q *request) quarantineRows() error {
	if err := q.form(); err != nil {
		return err
	}
	d, err := q.heldOf(q.r.PostForm.Get("rule"))
	if err != nil {
		return err
	}
	q.here = q.r.URL.Path
	if d.Ask == nil {
		return sen.Errorf(sen.NotFound, "no row of this dataset is kept back")
	}
	var rules []string
	if d.Rule != "" {
		rules = []string{d.Rule}
	}
	if asked, ok := d.Ask.request(q, "quarantine show"); ok {
		held, err := q.o.Desk.Held(q.ctx(), access.HeldQuery{Request: asked, Of: d.Dataset.Name, Rules: rules, From: q.fromRow(), Limit: rowsShown})
		if err := q.refused(d.Ask, err); err != nil {
			return err
		}
		if err == nil {
			d.Held, d.Lines, d.Ask.Next = &held, q.heldRows(d.Dataset, held), held.Next
		}
	}
	return q.render(d.Ask.status(), "quarantine-dataset", string(d.Dataset.Name), d)
}

// heldRow is a row that was kept back, as the page shows it.
type heldRow struct {
	access.HeldRow
	Meaning string
	Cells   []heldCell // of the held's columns
}

type heldCell struct {
	Text string
	Bad  bool // the rule is about this one
}

func (q *request) heldRows(one contract.Dataset, held access.Held) (out []heldRow) {
	for _, row := range held.Rows {
		line := heldRow{HeldRow: row, Meaning: q.o.Desk.Meaning(q.lang, one, row.Rule, row.Column)}
		about := ""
		if p := one.Object.Property(row.Column); p != nil {
			about = p.Source()
		}
		for _, name := range held.Columns {
			cell := heldCell{Text: "–", Bad: name == about}
			if v := row.Source[name]; v != nil {
				cell.Text = fmt.Sprint(v)
			}
			line.Cells = append(line.Cells, cell)
		}
		out = append(out, line)
	}
	return out
}

// release cleans a dataset again under its mended contract.
func (q *request) release() error {
	one, err := q.dataset()
	if err != nil {
		return err
	}
	q.here = "/quarantine/" + string(one.Name)
	released, err := q.o.Desk.Release(q.ctx(), q.principal(), one.Name)
	if kind := sen.KindOf(err); err != nil && (kind == sen.Invalid || kind == sen.Busy || kind == sen.NotFound) {
		return q.notReleased(err)
	}
	if err != nil {
		return err
	}
	q.o.Log.Info("released", "dataset", one.Name, "run", released.Run, "by", q.principal().ID)
	q.redirect(q.here + "?released=" + cmp.Or(released.Run, unchanged))
	return nil
}

// notReleased shows the page again, with what stood in the way.
func (q *request) notReleased(err error) error {
	d, again := q.heldOf("")
	if again != nil {
		return again
	}
	d.Wrong, d.Hint = err.Error(), sen.HintOf(err)
	return q.render(statusOf(err), "quarantine-dataset", string(d.Dataset.Name), d)
}
