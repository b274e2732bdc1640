package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/text"
)

// Score is one of the seven criteria, measured.
type Score struct {
	Criterion string   `json:"criterion" enum:"dung,du,sach,song,thong-nhat,ket-noi,dung-chung"`
	Title     Text     `json:"title"`
	Value     *float64 `json:"value,omitempty" example:"97.5" doc:"in percent: good of total; absent where the criterion does not apply"`
	Good      int64    `json:"good" doc:"values or records that meet it"`
	Total     int64    `json:"total" doc:"values or records that it was asked of"`
	Why       string   `json:"why,omitempty" example:"no-sla" doc:"why it does not apply; of one that does, what it leaves out"`
	Change    *float64 `json:"change,omitempty" doc:"against the sync before, in points"`
}

// AgencyQuality is the quality of an agency's datasets together.
type AgencyQuality struct {
	Agency   string   `json:"agency" example:"civil-status"`
	Datasets []string `json:"datasets" nullable:"false"`
	Rows     int64    `json:"rows"`
	Scores   []Score  `json:"scores" nullable:"false" doc:"always the seven, in one order"`
}

// DatasetQuality is what the last sync of a dataset measured.
type DatasetQuality struct {
	Dataset string    `json:"dataset" example:"civil-status.birth"`
	Run     string    `json:"run"`
	At      time.Time `json:"at"`
	Rows    int64     `json:"rows"`
	Scores  []Score   `json:"scores" nullable:"false" doc:"always the seven, in one order"`
}

// Measurement is what one sync measured.
type Measurement struct {
	Run    string             `json:"run"`
	At     time.Time          `json:"at"`
	Values map[string]float64 `json:"values" doc:"by criterion, those that apply; in percent"`
}

// QualityDetail is a dataset's quality and how it came there.
type QualityDetail struct {
	DatasetQuality
	Runs []Measurement `json:"runs" nullable:"false" doc:"the newest first"`
}

// Offence is a rule that rows of a dataset break: a count, and nobody's values.
type Offence struct {
	Rule      string `json:"rule" example:"citizen_id.wrong-length"`
	Column    string `json:"column,omitempty" example:"citizen_id"`
	Meaning   string `json:"meaning" doc:"what is wrong, in the language that is asked for"`
	Criterion string `json:"criterion" enum:"dung,du,sach,song,thong-nhat,ket-noi,dung-chung"`
	Severity  string `json:"severity" enum:"error,warning,info"`
	Rows      int64  `json:"rows"`
	Of        int64  `json:"of" doc:"rows that it was asked of"`
	Readable  bool   `json:"readable" doc:"read-faulty-rows tells which rows these are"`
}

// FaultyRow is one row that is wrong, in the keys and words of its agency.
type FaultyRow struct {
	Key     string `json:"key" example:"so_khai_sinh=12/2019" doc:"of the record, as the source calls it"`
	Line    int64  `json:"line,omitempty" doc:"of the source, where it has lines"`
	Column  string `json:"column,omitempty"`
	Value   string `json:"value" doc:"as it came"`
	Against string `json:"others_say,omitempty" doc:"what other datasets say; not for whoever sees their own agency's alone"`
	Others  string `json:"others,omitempty" doc:"which datasets those are"`
}

// FaultyRows are a part of the rows of one fault.
type FaultyRows struct {
	Page[FaultyRow]
	Request string     `json:"request" doc:"under which the journal has this look"`
	Total   int64      `json:"total,omitempty" doc:"absent: not counted"`
	More    bool       `json:"more" doc:"there are others; where next is absent nobody can go on behind these"`
	Since   *time.Time `json:"since,omitempty" doc:"the hub has known that other datasets say otherwise"`
	Hidden  bool       `json:"hidden,omitempty" doc:"what the others say is not for who asks"`
}

func (a *API) registerQuality() {
	const tag = "quality"
	answer(a, route{id: "list-agency-quality", method: http.MethodGet, path: "/quality/agencies", summary: "The seven criteria, agency by agency", tag: tag, scopes: reading, act: access.SeeQuality,
		about: "Each is a sum of good over a sum of total, so that a value weighs the same wherever it stands."}, a.agencyQuality)
	answer(a, route{id: "list-quality", method: http.MethodGet, path: "/quality/datasets", summary: "The seven criteria, dataset by dataset", tag: tag, scopes: reading, act: access.SeeQuality}, a.qualities)
	answer(a, route{id: "get-quality", method: http.MethodGet, path: "/quality/datasets/{dataset}", summary: "A dataset's quality, and that of its last syncs", tag: tag, scopes: reading, act: access.SeeQuality}, a.quality)
	answer(a, route{id: "list-offences", method: http.MethodGet, path: "/quality/datasets/{dataset}/offences", summary: "The rules that a dataset's rows break, the worst first", tag: tag, scopes: reading, act: access.SeeQuality}, a.offences)
	answer(a, route{id: "read-faulty-rows", method: http.MethodPost, path: "/quality/datasets/{dataset}/rows", summary: "Rows that break a rule", tag: tag, scopes: ofPeople, act: access.SeeRows,
		about: "Of an offence that is readable. One look."}, a.faultyRows)
}

func titleOf(c quality.Criterion) Text { return Text{c.Name(text.Vietnamese), c.Name(text.English)} }

func showScores(scores quality.Scores, trend map[quality.Criterion]quality.Trend) []Score {
	out := []Score{}
	for _, c := range quality.Criteria() {
		s := scores.Of(c)
		one := Score{Criterion: string(c), Title: titleOf(c), Good: s.Good, Total: s.Total, Why: string(s.Why)}
		if s.Applicable {
			one.Value = &s.Value
			if change, is := trend[c].Change(); is {
				one.Change = &change
			}
		}
		out = append(out, one)
	}
	return out
}

func showQuality(r quality.DatasetReport) DatasetQuality {
	return DatasetQuality{string(r.Dataset), r.Run, r.At, r.Rows, showScores(r.Scores, r.Trend)}
}

func (a *API) agencyQuality(ctx context.Context, who sen.Principal, in *PageInput) (Page[AgencyQuality], error) {
	all, err := a.o.Desk.Quality(ctx, a.seen(who))
	if err != nil {
		return Page[AgencyQuality]{}, err
	}
	return paged(*in, "agency quality", all, func(r quality.AgencyReport) string { return r.Agency }, func(r quality.AgencyReport) AgencyQuality {
		out := AgencyQuality{Agency: r.Agency, Datasets: []string{}, Rows: r.Rows, Scores: showScores(r.Scores, r.Trend)}
		for _, one := range r.Datasets {
			out.Datasets = append(out.Datasets, string(one.Dataset))
		}
		return out
	})
}

type qualitiesInput struct {
	PageInput
	Agency string `query:"agency" maxLength:"100" example:"civil-status"`
}

func (a *API) qualities(ctx context.Context, who sen.Principal, in *qualitiesInput) (Page[DatasetQuality], error) {
	datasets := slices.DeleteFunc(a.seen(who), func(one contract.Dataset) bool { return in.Agency != "" && one.Name.Agency() != in.Agency })
	agencies, err := a.o.Desk.Quality(ctx, datasets)
	if err != nil {
		return Page[DatasetQuality]{}, err
	}
	var all []quality.DatasetReport
	for _, agency := range agencies {
		all = append(all, agency.Datasets...)
	}
	return paged(in.PageInput, "quality "+in.Agency, all, func(r quality.DatasetReport) string { return string(r.Dataset) }, showQuality)
}

// report is what the last sync of a dataset in a path measured.
func (a *API) report(ctx context.Context, who sen.Principal, in DatasetInput) (contract.Dataset, quality.DatasetReport, error) {
	one, err := a.dataset(who, in.Dataset)
	if err != nil {
		return one, quality.DatasetReport{}, err
	}
	r, measured, err := a.o.Desk.Report(ctx, one)
	if err == nil && !measured {
		err = sen.Errorf(sen.NotFound, "no sync of this dataset has been measured").InVietnamese("chưa lượt đồng bộ nào của bộ dữ liệu này được đo", "")
	}
	return one, r, err
}

func (a *API) quality(ctx context.Context, who sen.Principal, in *DatasetInput) (QualityDetail, error) {
	_, r, err := a.report(ctx, who, *in)
	if err != nil {
		return QualityDetail{}, err
	}
	out := QualityDetail{DatasetQuality: showQuality(r), Runs: []Measurement{}}
	for _, m := range desk.Measurements(r) {
		one := Measurement{m.Run, m.At, map[string]float64{}}
		for c, v := range m.Values {
			one.Values[string(c)] = v
		}
		out.Runs = append(out.Runs, one)
	}
	return out, nil
}

type datasetPageInput struct {
	DatasetInput
	PageInput
}

func (a *API) offences(ctx context.Context, who sen.Principal, in *datasetPageInput) (Page[Offence], error) {
	one, r, err := a.report(ctx, who, in.DatasetInput)
	if err != nil {
		return Page[Offence]{}, err
	}
	l := languageOf(ctx)
	key := func(o quality.Offender) string { return o.Rule + "\x00" + o.Column + "\x00" + string(o.Criterion) }
	return paged(in.PageInput, "offences "+in.Dataset, r.Offenders, key, func(o quality.Offender) Offence {
		return Offence{o.Rule, o.Column, a.o.Desk.OffenceMeaning(l, one, o), string(o.Criterion), o.Severity, o.Rows, o.Of, desk.HasRows(one, o)}
	})
}

// rowsPage is which part of some rows is asked for.
func (p PageBody) rows(list string) (desk.Part, error) {
	in := p.input()
	from, err := in.before(list) // a number, like those of lists that go down
	return desk.Part{From: from, Limit: in.Limit}, err
}

func showRows(rows desk.Rows, list string) FaultyRows {
	out := FaultyRows{Page: Page[FaultyRow]{Items: []FaultyRow{}}, Request: rows.Request, Total: rows.Total, More: rows.More, Since: rows.Since, Hidden: rows.Hidden}
	for _, r := range rows.Rows {
		out.Items = append(out.Items, FaultyRow{r.Key, r.Line, r.Column, r.Value, r.Against, r.Evidence})
	}
	if rows.Next > 0 {
		out.Next = cursor(list, strconv.FormatInt(rows.Next, 10))
	}
	return out
}

type faultyRowsInput struct {
	DatasetInput
	Body struct {
		Rule   string `json:"rule" minLength:"1" maxLength:"200" example:"citizen_id.wrong-length" doc:"as list-offences names it"`
		Column string `json:"column,omitempty" nullable:"true" maxLength:"200" example:"citizen_id" doc:"of the offence, where it has one"`
		Stated
		PageBody
	}
}

func (a *API) faultyRows(ctx context.Context, who sen.Principal, in *faultyRowsInput) (FaultyRows, error) {
	one, r, err := a.report(ctx, who, in.DatasetInput)
	if err != nil {
		return FaultyRows{}, err
	}
	at := slices.IndexFunc(r.Offenders, func(o quality.Offender) bool {
		return o.Rule == in.Body.Rule && o.Column == in.Body.Column && desk.HasRows(one, o)
	})
	if at < 0 {
		return FaultyRows{}, sen.Errorf(sen.NotFound, "no row of this dataset that can be told breaks such a rule").WithHint("list-offences names the rules that are broken").
			InVietnamese("không có dòng nào kể ra được vi phạm quy tắc như thế", "list-offences kể các quy tắc bị vi phạm")
	}
	list := "rows " + in.Dataset
	part, err := in.Body.rows(list)
	if err != nil {
		return FaultyRows{}, err
	}
	rows, err := a.o.Desk.RowsOf(ctx, in.Body.asks(who, "api quality rows"), desk.CauseOf(r.Offenders[at]), part)
	return showRows(rows, list), err
}
