package web

import (
	"math"
	"net/http"
	"slices"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/quality"
)

// qualityData is what the page of all agencies' quality shows.
type qualityData struct {
	ByDataset bool
	Agency    string // of whose datasets it is; "" for all
	Criteria  []quality.Criterion
	Lines     []qualityLine
	Low       float64 // where the scale of all cells begins; it ends at 100
	Worst     []offenderLine
}

// qualityLine is an agency or a dataset, criterion by criterion.
type qualityLine struct {
	Name, Path string
	Datasets   []sen.Dataset // of an agency
	Rows       int64
	Cells      []qualityCell
}

// qualityCell is one criterion of one thing.
type qualityCell struct {
	quality.Score
	Line    string // SVG path of the last runs; "" where there is one run
	Bar     string // width, where there is no line
	Runs    int
	Change  float64 // against the run before, in points
	Changed bool    // there is a run before
}

// lowestScale is where the scale begins, where no score is lower.
const lowestScale = 60

func (q *request) qualityPage() error {
	query := q.r.URL.Query()
	d := qualityData{ByDataset: query.Get("by") == "dataset", Agency: query.Get("agency"), Criteria: quality.Criteria(), Low: lowestScale}
	datasets := slices.DeleteFunc(q.seen(), func(one contract.Dataset) bool { return d.Agency != "" && one.Name.Agency() != d.Agency })
	if d.Agency != "" && len(datasets) == 0 {
		return sen.Errorf(sen.NotFound, "there is no such agency")
	}
	agencies, err := q.o.Desk.Quality(q.ctx(), datasets)
	if err != nil {
		return err
	}
	for _, a := range agencies {
		d.Low = min(d.Low, lowest(a))
	}
	var offenders []quality.Offender
	for _, a := range agencies {
		offenders = append(offenders, a.Offenders...)
		line := qualityLine{Name: a.Agency, Path: "/quality?by=dataset&agency=" + escapeQuery(a.Agency), Rows: a.Rows, Cells: cells(a.Scores, a.Trend, d.Low)}
		for _, one := range a.Datasets {
			line.Datasets = append(line.Datasets, one.Dataset)
			if d.ByDataset {
				d.Lines = append(d.Lines, qualityLine{Name: string(one.Dataset), Path: "/quality/" + string(one.Dataset), Rows: one.Rows, Cells: cells(one.Scores, one.Trend, d.Low)})
			}
		}
		if !d.ByDataset {
			d.Lines = append(d.Lines, line)
		}
	}
	quality.SortOffenders(offenders)
	d.Worst = q.offenderLines(offenders[:min(len(offenders), mostWorst)])
	return q.render(http.StatusOK, "quality", q.lang.Pick("Chất lượng theo bảy tiêu chí", "Quality by the seven criteria"), d)
}

// mostWorst is how many rules the page of all agencies names.
const mostWorst = 12

// lowest is the lowest figure of an agency and its datasets, down to a ten.
func lowest(a quality.AgencyReport) float64 {
	low := 100.0
	for _, d := range a.Datasets {
		for _, t := range d.Trend {
			for _, point := range t {
				low = min(low, point.Value)
			}
		}
	}
	return math.Floor(low/10) * 10
}

// cells are the criteria of one thing, on the scale from low to 100.
func cells(scores quality.Scores, trend map[quality.Criterion]quality.Trend, low float64) (out []qualityCell) {
	for _, c := range quality.Criteria() {
		cell := qualityCell{Score: scores.Of(c), Runs: len(trend[c])}
		if cell.Applicable {
			var values []float64
			for _, point := range trend[c] {
				values = append(values, point.Value)
			}
			cell.Line, cell.Bar = trendLine(values, low, 100), share(cell.Value, low, 100)
			cell.Change, cell.Changed = trend[c].Change()
		}
		out = append(out, cell)
	}
	return out
}

// Direction is the symbol of the change; changes that nobody would see are none.
func (c qualityCell) Direction() string {
	switch {
	case c.Change >= visible:
		return "up"
	case c.Change <= -visible:
		return "down"
	}
	return "flat"
}

// visible is the smallest change, in points, that one decimal shows.
const visible = 0.05

// offenderLine is what costs a dataset points, in words.
type offenderLine struct {
	quality.Offender
	Meaning string
	HasRows bool // and this person may ask for them
	Chosen  bool
}

func (q *request) offenderLines(of []quality.Offender) (out []offenderLine) {
	for _, o := range of {
		line := offenderLine{Offender: o, Meaning: o.Finding.Clause(q.lang)}
		if one, ok := q.seesDataset(o.Dataset); ok {
			line.Meaning = q.o.Desk.OffenceMeaning(q.lang, one, o)
			line.HasRows = q.may(access.SeeRows) && desk.HasRows(one, o)
		}
		out = append(out, line)
	}
	return out
}

func (q *request) seesDataset(name sen.Dataset) (contract.Dataset, bool) {
	for _, one := range q.seen() {
		if one.Name == name {
			return one, true
		}
	}
	return contract.Dataset{}, false
}

// datasetQuality is what the page of one dataset's quality shows.
type datasetQuality struct {
	Dataset   contract.Dataset
	Report    quality.DatasetReport
	Measured  bool
	Criteria  []quality.Criterion
	Cells     []qualityCell
	Low       float64
	Runs      []desk.Measurement
	Offenders []offenderLine
	Chosen    *offenderLine // whose rows are asked for
	Ask       *asking
	Rows      *desk.Rows
}

func (q *request) datasetQuality() (d datasetQuality, err error) {
	if d.Dataset, err = q.dataset(); err != nil {
		return d, err
	}
	if d.Report, d.Measured, err = q.o.Desk.Report(q.ctx(), d.Dataset); err != nil {
		return d, err
	}
	d.Criteria = quality.Criteria()
	d.Low = min(lowestScale, lowest(quality.Agency([]quality.DatasetReport{d.Report})))
	d.Cells = cells(d.Report.Scores, d.Report.Trend, d.Low)
	d.Runs = desk.Measurements(d.Report)
	d.Offenders = q.offenderLines(d.Report.Offenders)
	return d, nil
}

// choose finds the rule whose rows are asked for, and makes the form.
func (d *datasetQuality) choose(q *request, rule, column string) {
	for i := range d.Offenders {
		if o := &d.Offenders[i]; o.Rule == rule && o.Column == column && o.HasRows {
			o.Chosen, d.Chosen = true, o
			d.Ask = q.ask("/quality/"+string(d.Dataset.Name), access.QualityControl, queryValue{"rule", rule}, queryValue{"column", column})
		}
	}
}

func (q *request) qualityOf() error {
	d, err := q.datasetQuality()
	if err != nil {
		return err
	}
	if query := q.r.URL.Query(); query.Has("rule") {
		d.choose(q, query.Get("rule"), query.Get("column"))
	}
	return q.render(http.StatusOK, "quality-dataset", string(d.Dataset.Name), d)
}

// qualityRows shows rows that break a rule, once a purpose is stated.
func (q *request) qualityRows() error {
	if err := q.form(); err != nil {
		return err
	}
	d, err := q.datasetQuality()
	if err != nil {
		return err
	}
	q.here = q.r.URL.Path
	d.choose(q, q.r.PostForm.Get("rule"), q.r.PostForm.Get("column"))
	if d.Ask == nil {
		return sen.Errorf(sen.NotFound, "no row of this dataset breaks such a rule").WithHint("the data have changed since the page was made: open it again")
	}
	if asked, ok := d.Ask.request(q, "quality rows"); ok {
		rows, err := q.o.Desk.RowsOf(q.ctx(), asked, desk.CauseOf(d.Chosen.Offender), desk.Part{From: q.fromRow(), Limit: rowsShown})
		if err := q.refused(d.Ask, err); err != nil {
			return err
		}
		if err == nil {
			d.Rows, d.Ask.Next = &rows, rows.Next
		}
	}
	return q.render(d.Ask.status(), "quality-dataset", string(d.Dataset.Name), d)
}
