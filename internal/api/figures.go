package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/indicator"
)

// Indicator is a figure for those who govern, and the query behind it.
type Indicator struct {
	Name   string  `json:"name"`
	Title  Text    `json:"title"`
	Unit   Text    `json:"unit"`
	Owner  string  `json:"owner" doc:"the agency that answers for it"`
	Query  string  `json:"query" doc:"SQL that finds it"`
	Stale  bool    `json:"stale" doc:"the newest figure is older than it may be"`
	Latest *Figure `json:"latest,omitempty"`
}

// Figure is what was found of an indicator.
type Figure struct {
	At    time.Time `json:"at"`
	Total Cell      `json:"total"`
	Cells []Cell    `json:"cells,omitempty" nullable:"false" doc:"by groups"`
}

// Cell is one number: a count, or a share as its two counts.
type Cell struct {
	Group    string   `json:"group,omitempty"`
	Value    *float64 `json:"value,omitempty"`
	Of       *float64 `json:"of,omitempty" doc:"of a share: what value is a part of"`
	Withheld string   `json:"withheld,omitempty" doc:"why there is no value: small, beside"`
}

func showFigure(f *indicator.Figure) *Figure {
	if f == nil {
		return nil
	}
	out := Figure{At: f.At, Total: Cell(f.Total)}
	for _, c := range f.Cells {
		out.Cells = append(out.Cells, Cell(c))
	}
	return &out
}

func showIndicator(m desk.Measured) Indicator {
	return Indicator{Name: m.Name, Title: Text{m.Title.VI, m.Title.EN}, Unit: Text{m.Unit.VI, m.Unit.EN}, Owner: m.Owner, Query: m.Query, Stale: m.Stale, Latest: showFigure(m.Last)}
}

func (a *API) registerFigures() {
	answer(a, route{id: "list-indicators", method: http.MethodGet, path: "/indicators", summary: "Indicators and their newest figures", tag: "indicators", scopes: reading, act: access.SeeFigures}, a.indicators)
	answer(a, route{id: "get-indicator", method: http.MethodGet, path: "/indicators/{name}", summary: "An indicator and its figures of the last three months, the oldest first", tag: "indicators", scopes: reading, act: access.SeeFigures}, a.indicator)
}

func (a *API) indicators(ctx context.Context, _ sen.Principal, in *PageInput) (Page[Indicator], error) {
	all, err := a.o.Desk.Figures(ctx)
	if err != nil {
		return Page[Indicator]{}, err
	}
	return paged(*in, "indicators", all, func(m desk.Measured) string { return m.Name }, showIndicator)
}

// IndicatorHistory is an indicator with its figures.
type IndicatorHistory struct {
	Indicator
	History []Figure `json:"history" nullable:"false"`
}

type indicatorInput struct {
	Name string `path:"name" maxLength:"100"`
}

func (a *API) indicator(ctx context.Context, _ sen.Principal, in *indicatorInput) (IndicatorHistory, error) {
	m, err := a.o.Desk.Figure(ctx, in.Name)
	if err != nil {
		return IndicatorHistory{}, err
	}
	out := IndicatorHistory{Indicator: showIndicator(m), History: []Figure{}}
	for i := range m.History {
		out.History = append(out.History, *showFigure(&m.History[i]))
	}
	return out, nil
}
