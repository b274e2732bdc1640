package web

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/indicator"
)

// figureData is an indicator as pages show it.
type figureData struct {
	desk.Measured
	Title, Unit, Owner, Legal string
	Number                    string
	Change                    change
	Spark                     line
	FreshFor                  time.Duration
}

// change is how far a figure has moved, in words, with a shape and a colour.
type change struct {
	Text  string
	Class string // ok, need or none
	Icon  string // up or down; none: it has not moved, or nobody knows
	Since time.Time
}

// line is a chart of one figure over time; without a path there is nothing to
// draw.
type line struct {
	Path string
	Alt  string // what the chart says, in words
}

// bar is a group of a breakdown.
type bar struct {
	Group, Number, Share string
	Width                string // of the longest, as an SVG length
	Withheld             bool
}

func (q *request) say(t indicator.Text) string { return q.lang.Pick(t.VI, t.EN) }

func (q *request) figure(m desk.Measured) figureData {
	d := figureData{Measured: m, Title: q.say(m.Title), Unit: q.say(m.Unit), Owner: q.owner(m.Owner), Legal: q.say(m.Legal),
		Number: "–", FreshFor: m.Freshness.Duration()}
	if m.Percent() {
		d.Unit = ""
	}
	if m.Last != nil {
		d.Number = q.number(m, m.Last.Total)
		d.Change = q.change(m)
		d.Spark = q.spark(m)
	}
	return d
}

// owner is what the agency is called that answers for a figure.
func (q *request) owner(agency string) string {
	if agency == "hub" {
		return q.lang.Pick("Trung tâm", "The hub")
	}
	return q.o.Desk.Catalogue().AgencyName(agency)
}

func (q *request) number(m desk.Measured, c indicator.Cell) string {
	said := c.Say(q.lang, m.Percent(), m.Below())
	if _, shown := c.Number(); shown && m.Percent() {
		said += " %"
	}
	return said
}

// change says a move; one of fewer than the smallest count is not said.
func (q *request) change(m desk.Measured) change {
	by, known := m.Move()
	if !known {
		return change{}
	}
	c := change{Since: m.Before.At}
	switch size := math.Abs(by); {
	case by == 0:
		c.Text = q.lang.Pick("không đổi", "unchanged")
		return c
	case m.Percent():
		c.Text = q.lang.Decimal(100*size, 1)
	case size < float64(m.Below()):
		c.Text = fmt.Sprintf("< %d", m.Below())
		return c
	default:
		c.Text = q.lang.Decimal(size, 0)
	}
	c.Icon, c.Text = "up", "+"+c.Text
	if by < 0 {
		c.Icon, c.Text = "down", "−"+c.Text[1:]
	}
	switch m.Good {
	case "":
	case c.Icon:
		c.Class = "ok"
	default:
		c.Class = "need"
	}
	return c
}

// Size of a chart's own coordinates; pages stretch it.
const (
	chartWidth  = 120
	chartHeight = 28
)

// spark draws the figures that are known, by their times.
func (q *request) spark(m desk.Measured) line {
	var times []time.Time
	var values []float64
	for _, f := range m.History {
		if v, shown := f.Total.Number(); shown {
			times, values = append(times, f.At), append(values, v)
		}
	}
	if len(values) < 2 {
		return line{}
	}
	first, last := indicator.Cell{Value: &values[0]}, indicator.Cell{Value: &values[len(values)-1]}
	return line{Path: linePath(times, values), Alt: fmt.Sprintf(q.lang.Pick("%d lần tính: từ %s đến %s", "found %d times: from %s to %s"), len(values),
		first.Say(q.lang, m.Percent(), 0), last.Say(q.lang, m.Percent(), 0))}
}

// linePath is the line of values over times in a box of chartWidth × chartHeight.
func linePath(times []time.Time, values []float64) string {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	span := times[len(times)-1].Sub(times[0]).Seconds()
	var b strings.Builder
	for i, v := range values {
		x, y := 0.0, float64(chartHeight)/2
		if span > 0 {
			x = chartWidth * times[i].Sub(times[0]).Seconds() / span
		}
		if high > low {
			y = 1 + (chartHeight-2)*(high-v)/(high-low)
		}
		command := " L"
		if i == 0 {
			command = "M"
		}
		b.WriteString(command + strconv.FormatFloat(x, 'f', 1, 64) + " " + strconv.FormatFloat(y, 'f', 1, 64))
	}
	return b.String()
}

// bars are the groups of a figure, at most so many; 0: all.
func (q *request) bars(m desk.Measured, most int) []bar {
	if m.Last == nil {
		return nil
	}
	longest := 0.0
	for _, c := range m.Last.Cells {
		if v, shown := c.Number(); shown {
			longest = max(longest, v)
		}
	}
	total, totalShown := m.Last.Total.Number()
	var out []bar
	for _, c := range m.Last.Cells {
		if most > 0 && len(out) == most {
			break
		}
		one := bar{Group: q.group(m, c.Group), Number: q.number(m, c), Width: "0%", Withheld: c.Withheld != ""}
		if v, shown := c.Number(); shown && longest > 0 {
			one.Width = strconv.FormatFloat(100*v/longest, 'f', 1, 64) + "%"
			if totalShown && total > 0 && !m.Percent() {
				one.Share = q.lang.Decimal(100*v/total, 1) + " %"
			}
		}
		out = append(out, one)
	}
	return out
}

// group is what a group is called.
func (q *request) group(m desk.Measured, value string) string {
	switch m.Labels {
	case "province":
		if name, known := dictionary.ProvinceName(value, time.Time{}); known {
			return name
		}
	case "agency":
		return q.owner(value)
	case "sex":
		if _, known := sexWords[value]; known {
			return wordOf(q.lang, sexWords, value).Text
		}
	}
	if value == "" {
		return q.lang.Pick("không rõ", "not known")
	}
	return value
}

// leaderData is the country on one page.
type leaderData struct {
	Figures []figureData
	Moved   []figureData
	Blocked []desk.System
	Cases   desk.CasesThisWeek
	Late    []lateData
	Largest figureData // whose groups are shown
	Bars    []bar
	Rest    int // groups that are not
}

// lateData is an agency's overdue cases.
type lateData struct {
	desk.Late
	Agency string
}

// Most lines of a column, so that the page stays one screen.
const (
	mostMoved   = 5
	mostBlocked = 4
	mostLate    = 3
	mostBars    = 6
)

func (q *request) leader() error {
	all, err := q.o.Desk.Figures(q.ctx())
	if err != nil {
		return err
	}
	d := leaderData{}
	for _, m := range all {
		d.Figures = append(d.Figures, q.figure(m))
		if m.Breakdown && d.Bars == nil {
			d.Largest, d.Bars = q.figure(m), q.bars(m, mostBars)
			if m.Last != nil {
				d.Rest = max(0, len(m.Last.Cells)-mostBars)
			}
		}
	}
	for _, m := range firstOf(desk.Moved(all), mostMoved) {
		d.Moved = append(d.Moved, q.figure(m))
	}
	systems, err := q.o.Desk.Systems(q.ctx(), q.seen())
	if err != nil {
		return err
	}
	for _, one := range systems.Datasets {
		if one.Blocks != "" && len(d.Blocked) < mostBlocked {
			d.Blocked = append(d.Blocked, one)
		}
	}
	if d.Cases, err = q.o.Desk.CasesThisWeek(q.ctx()); err != nil {
		return err
	}
	for _, one := range firstOf(d.Cases.Late, mostLate) {
		d.Late = append(d.Late, lateData{one, q.owner(one.Owner)})
	}
	return q.render(http.StatusOK, "leader", q.lang.Pick("Đất nước tuần này", "The country this week"), d)
}

func firstOf[T any](all []T, n int) []T { return all[:min(n, len(all))] }

// indicatorsData is the list of all indicators.
type indicatorsData struct{ Figures []figureData }

func (q *request) indicators() error {
	all, err := q.o.Desk.Figures(q.ctx())
	if err != nil {
		return err
	}
	d := indicatorsData{}
	for _, m := range all {
		d.Figures = append(d.Figures, q.figure(m))
	}
	return q.render(http.StatusOK, "indicators", q.lang.Pick("Chỉ tiêu", "Indicators"), d)
}

// indicatorData is what the page of one indicator shows.
type indicatorData struct {
	Figure    figureData
	Groups    string
	Bars      []bar
	Snapshots []snapshotData
	History   []pastData // the newest first
	Hidden    bool       // a group is withheld
}

// snapshotData is a table that a figure was found in.
type snapshotData struct {
	Dataset  sen.Dataset
	Snapshot int64
	Link     string // none: the hub has no page of it for this person
}

// pastData is an earlier figure.
type pastData struct {
	At     time.Time
	Number string
}

// mostPast is how many earlier figures are listed.
const mostPast = 60

func (q *request) indicator() error {
	m, err := q.o.Desk.Figure(q.ctx(), q.r.PathValue("name"))
	if err != nil {
		return err
	}
	d := indicatorData{Figure: q.figure(m), Groups: q.say(m.Groups), Bars: q.bars(m, 0)}
	for _, b := range d.Bars {
		d.Hidden = d.Hidden || b.Withheld
	}
	if m.Last != nil {
		for _, name := range slices.Sorted(maps.Keys(m.Last.Snapshots)) {
			one := snapshotData{Dataset: name, Snapshot: m.Last.Snapshots[name]}
			if _, err := q.o.Desk.Dataset(name); err == nil {
				one.Link = q.datasetLink(name)
			}
			d.Snapshots = append(d.Snapshots, one)
		}
	}
	for at := len(m.History) - 1; at >= 0 && len(d.History) < mostPast; at-- {
		d.History = append(d.History, pastData{m.History[at].At, q.number(m, m.History[at].Total)})
	}
	return q.render(http.StatusOK, "indicator", q.say(m.Title), d)
}
