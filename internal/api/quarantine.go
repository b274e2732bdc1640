package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
)

// HeldDataset is a dataset of which rows are kept back.
type HeldDataset struct {
	Dataset string `json:"dataset" example:"civil-status.birth"`
	Held    int64  `json:"held" doc:"rows in quarantine"`
	In      int64  `json:"in" doc:"rows of the source"`
}

// HeldRule is a reason for which rows are kept back: a count, no values.
type HeldRule struct {
	Rule    string `json:"rule" example:"citizen_id.wrong-length"`
	Column  string `json:"column,omitempty" example:"citizen_id"`
	Meaning string `json:"meaning,omitempty" doc:"what is wrong, in the language that is asked for"`
	Rows    int64  `json:"rows"`
}

// HeldRow is a row in quarantine, as it came.
type HeldRow struct {
	Rule    string         `json:"rule"`
	Column  string         `json:"column,omitempty"`
	Meaning string         `json:"meaning,omitempty"`
	Value   *string        `json:"value" doc:"that broke the rule; null where there was none"`
	Row     int64          `json:"row" doc:"its place in the source, from 0"`
	Line    int64          `json:"line,omitempty"`
	Source  map[string]any `json:"source" doc:"all its columns, as the source calls them"`
}

// HeldRows are a part of a quarantine.
type HeldRows struct {
	Page[HeldRow]
	Request string `json:"request" doc:"under which the journal has this look"`
	Total   int64  `json:"total" doc:"rows that are meant"`
}

// Released is what came of a release.
type Released struct {
	Run    string `json:"run,omitempty" doc:"that cleaned again; absent: the contract says what it said, and nothing was done"`
	Before int64  `json:"before" doc:"rows kept back"`
	After  int64  `json:"after"`
}

func (a *API) registerQuarantine() {
	const tag = "quarantine"
	answer(a, route{id: "list-quarantine", method: http.MethodGet, path: "/quarantine", summary: "Datasets of which rows are kept back, the most first", tag: tag, scopes: reading, act: access.SeeRows}, a.quarantine)
	answer(a, route{id: "list-held-rules", method: http.MethodGet, path: "/quarantine/{dataset}/rules", summary: "Why a dataset's rows are kept back, the most frequent reason first", tag: tag, scopes: reading, act: access.SeeRows}, a.heldRules)
	answer(a, route{id: "read-held-rows", method: http.MethodPost, path: "/quarantine/{dataset}/rows", summary: "Rows that are kept back, as they came", tag: tag, scopes: ofPeople, act: access.SeeRows,
		about: "In the order of the source. One look."}, a.heldRows)
	answer(a, route{id: "release", method: http.MethodPost, path: "/quarantine/{dataset}/release", summary: "Clean a dataset again under its mended contract", tag: tag, scopes: changing, act: access.Release,
		about: "What has landed is read anew by the contract as it is in the hub's folder now, and rows that fit leave the quarantine. The answer comes when it is done; of more than 200,000 rows `sen quarantine release` does it."}, a.release)
}

func (a *API) quarantine(ctx context.Context, who sen.Principal, in *PageInput) (Page[HeldDataset], error) {
	all, err := a.o.Desk.Systems(ctx, a.seen(who))
	if err != nil {
		return Page[HeldDataset]{}, err
	}
	held := slices.DeleteFunc(all.Datasets, func(s desk.System) bool { return s.Held == 0 })
	slices.SortStableFunc(held, func(a, b desk.System) int { return cmp.Compare(b.Held, a.Held) })
	return paged(*in, "quarantine", held, func(s desk.System) string { return string(s.Dataset) }, func(s desk.System) HeldDataset {
		return HeldDataset{string(s.Dataset), s.Held, s.In}
	})
}

func (a *API) heldRules(ctx context.Context, who sen.Principal, in *datasetPageInput) (Page[HeldRule], error) {
	one, err := a.dataset(who, in.Dataset)
	if err != nil {
		return Page[HeldRule]{}, err
	}
	all, err := a.o.Desk.HeldBack(ctx, languageOf(ctx), []contract.Dataset{one})
	if err != nil {
		return Page[HeldRule]{}, err
	}
	return paged(in.PageInput, "held "+in.Dataset, all, func(r desk.HeldRule) string { return r.Rule }, func(r desk.HeldRule) HeldRule {
		return HeldRule{r.Rule, r.Column, r.Meaning, r.Rows}
	})
}

type heldRowsInput struct {
	DatasetInput
	Body struct {
		Rule string `json:"rule,omitempty" nullable:"true" maxLength:"200" example:"citizen_id.wrong-length" doc:"as list-held-rules names it; absent: all"`
		Stated
		PageBody
	}
}

func (a *API) heldRows(ctx context.Context, who sen.Principal, in *heldRowsInput) (HeldRows, error) {
	out, list := HeldRows{Page: Page[HeldRow]{Items: []HeldRow{}}}, "held rows "+in.Dataset
	one, err := a.dataset(who, in.Dataset)
	if err != nil {
		return out, err
	}
	part, err := in.Body.rows(list)
	if err != nil {
		return out, err
	}
	q := access.HeldQuery{Request: in.Body.asks(who, "api quarantine"), Of: one.Name, From: part.From, Limit: part.Limit}
	if in.Body.Rule != "" {
		q.Rules = []string{in.Body.Rule}
	}
	held, err := a.o.Desk.Held(ctx, q)
	if err != nil {
		return out, err
	}
	for _, r := range held.Rows {
		out.Items = append(out.Items, HeldRow{r.Rule, r.Column, a.o.Desk.Meaning(languageOf(ctx), one, r.Rule, r.Column), r.Value, r.Row, r.Line, r.Source})
	}
	if out.Request, out.Total = held.Request, held.Total; held.Next > 0 {
		out.Next = cursor(list, strconv.FormatInt(held.Next, 10))
	}
	return out, nil
}

func (a *API) release(ctx context.Context, who sen.Principal, in *DatasetInput) (Released, error) {
	one, err := a.dataset(who, in.Dataset)
	if err != nil {
		return Released{}, err
	}
	done, err := a.o.Desk.Release(ctx, who, one.Name)
	if err != nil {
		return Released{}, standing(ctx, err)
	}
	a.o.Log.Info("released", "dataset", one.Name, "run", done.Run, "by", who.ID)
	return Released(done), nil
}
