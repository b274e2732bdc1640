package quality

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/sen-hub/sen/internal/text"
)

const (
	narrowest = 40  // cells: below this the page is drawn as if it were this wide
	widest    = 132 // cells: wider lines are hard to read
	shownMost = 5   // offenders on a page
)

// page is where a report is drawn, line by line.
type page struct {
	out   *bufio.Writer
	lang  text.Lang
	width int
	color bool
}

// Render writes one page about the agencies' data: a table of agencies and
// criteria where there are several, one line for each criterion where there is
// one; the worst offenders; and what to do next. width is in terminal cells.
func Render(w io.Writer, lang text.Lang, agencies []AgencyReport, width int, color bool) error {
	p := &page{out: bufio.NewWriter(w), lang: lang, width: min(max(width, narrowest), widest), color: color}
	switch {
	case len(agencies) == 0:
		p.line("%s", lang.Pick("Chưa có dữ liệu nào được đo.", "No data has been measured yet."))
		p.next([][2]string{{"sen sync", lang.Pick("đưa dữ liệu vào và đo", "bring data in and measure it")}})
	case len(agencies) == 1:
		p.agency(agencies[0])
	default:
		p.agencies(agencies)
	}
	return p.out.Flush()
}

func (p *page) line(format string, args ...any) {
	fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

func (p *page) say(vi, en string) string { return p.lang.Pick(vi, en) }

func (p *page) agencies(all []AgencyReport) {
	if !p.table(all) {
		return
	}
	var offenders []Offender
	for _, a := range all {
		offenders = append(offenders, a.Offenders...)
	}
	SortOffenders(offenders)
	p.worst(offenders)
}

const (
	green, yellow, red, reset = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
	good, fair                = 95, 80 // points from which a bar is green, yellow
)

func (p *page) paint(value float64, s string) string {
	switch {
	case !p.color || s == "":
		return s
	case value >= good:
		return green + s + reset
	case value >= fair:
		return yellow + s + reset
	}
	return red + s + reset
}

// agency is one agency's page: a line for each criterion, then its datasets.
func (p *page) agency(a AgencyReport) {
	size := fmt.Sprintf(" · %s %s", p.lang.Count(a.Rows), p.say("bản ghi", "records"))
	p.line("%s%s", text.Cut(a.Agency, p.width-text.Width(size)), size)
	p.line("")
	label := 0
	for _, c := range Criteria() {
		label = max(label, text.Width(c.Name(p.lang)))
	}
	for _, c := range Criteria() {
		p.criterion(a, c, label)
	}
	if len(a.Datasets) > 1 {
		p.datasets(a)
	}
	p.worst(a.Offenders)
}

// criterion is one line: name, value, trend, change, and what it asks or why
// it has no value.
func (p *page) criterion(a AgencyReport, c Criterion, label int) {
	s := a.Scores.Of(c)
	line := "  " + text.Left(c.Name(p.lang), label) + "  "
	if !s.Applicable {
		p.line("%s%s  %s", line, text.Right("–", 6), text.Cut(p.why(a, s), p.width-label-12))
		return
	}
	trend := a.Trend[c]
	spark := text.Left(sparkline(trend), sparkWidth)
	line += text.Right(figure(p.lang, s, 1), 6) + "  " + p.paint(s.Value, spark) + "  " + text.Right(p.change(trend), 6) + "  "
	rest := p.width - label - 4 - 6 - 2 - sparkWidth - 2 - 6 - 2
	if rest < 12 {
		p.line("%s", line)
		return
	}
	p.line("%s%s", line, text.Cut(c.Question(p.lang), rest))
}

const (
	sparkWidth = 8
	sparkRange = 5 // points: a line that moves less looks flat
)

func sparkline(t Trend) string {
	var values []float64
	for _, point := range t[max(len(t)-sparkWidth, 0):] {
		values = append(values, point.Value)
	}
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return text.Spark(values, max(last-sparkRange, 0), last)
}

func (p *page) change(t Trend) string {
	change, ok := t.Change()
	switch {
	case !ok:
		return ""
	case math.Abs(change) < 0.05:
		return "="
	case change > 0:
		return "+" + p.lang.Decimal(change, 1)
	}
	return "−" + p.lang.Decimal(-change, 1)
}

// why says why a criterion has no value; for "shared", also since when the
// data is published.
func (p *page) why(a AgencyReport, s Score) string {
	out := s.Why.Sentence(p.lang)
	if s.Criterion != Shared {
		return out
	}
	for _, d := range a.Datasets {
		if d.PublishedSince != "" {
			return out + p.say("; công bố từ ", "; published since ") + d.PublishedSince
		}
	}
	return out
}

func (p *page) worst(all []Offender) {
	if len(all) == 0 {
		p.line("")
		p.line("%s", p.say("Không thấy gì sai trong những gì đã đo.", "Nothing wrong was found in what was measured."))
		return
	}
	p.line("")
	p.line("%s", p.say("Nặng nhất", "Worst"))
	var commands [][2]string
	seen := map[string]bool{}
	for _, o := range all[:min(len(all), shownMost)] {
		for i, l := range text.Wrap(o.Sentence(p.lang), p.width-4) {
			p.line("%s%s", []string{"  ", "    "}[min(i, 1)], l)
		}
		command, meaning := o.next(p.lang)
		if !seen[command] {
			seen[command] = true
			commands = append(commands, [2]string{command, meaning})
		}
	}
	if more := len(all) - shownMost; more > 0 {
		p.line("  %s", fmt.Sprintf(p.say("… và %s điều nữa (--json để xem hết)", "… and %s more (--json shows all)"), p.lang.Count(int64(more))))
	}
	p.next(commands[:min(len(commands), 3)])
}

// next names the commands that help, with what each does.
func (p *page) next(commands [][2]string) {
	p.line("")
	label, wide := p.say("Tiếp theo", "Next"), 0
	for _, c := range commands {
		wide = max(wide, text.Width(c[0]))
	}
	indent := text.Width(label) + 3
	for i, c := range commands {
		if i > 0 {
			label = ""
		}
		meaning := text.Cut(c[1], p.width-indent-wide-3)
		if p.width-indent-wide-3 < 12 {
			meaning = ""
		}
		p.line("%s%s   %s", text.Left(label, indent), text.Left(c[0], wide), meaning)
	}
}
