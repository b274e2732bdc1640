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
	cellWidth = 6   // of a figure in the table: mark, three digits, space, bar
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

// RenderTable writes the table of agencies and criteria alone, for a page that
// goes on with something else.
func RenderTable(w io.Writer, lang text.Lang, agencies []AgencyReport, width int, color bool) error {
	p := &page{out: bufio.NewWriter(w), lang: lang, width: min(max(width, narrowest), widest), color: color}
	p.table(agencies)
	return p.out.Flush()
}

func (p *page) agencies(all []AgencyReport) {
	if !p.table(all) {
		return
	}
	var offenders []Offender
	for _, a := range all {
		offenders = append(offenders, a.Offenders...)
	}
	p.legend(all)
	sortOffenders(offenders)
	p.worst(offenders)
}

// table is a line for each agency; where the screen is too narrow for one, a
// page for each, and false.
func (p *page) table(all []AgencyReport) bool {
	name := text.Width(p.say("cơ quan", "agency"))
	for _, a := range all {
		name = max(name, text.Width(a.Agency))
	}
	columns := p.columnWidths()
	room := p.width
	for _, c := range columns {
		room -= c + 2
	}
	if room < 8 {
		for _, a := range all {
			p.agency(a)
			p.line("")
		}
		return false
	}
	name = min(name, room)
	p.tableHead(name, columns)
	for _, a := range all {
		p.tableRow(text.Cut(a.Agency, name), name, columns, a.Scores)
	}
	return true
}

func (p *page) columnWidths() []int {
	var out []int
	for _, c := range Criteria() {
		out = append(out, max(cellWidth, text.Width(c.Name(p.lang))))
	}
	return out
}

func (p *page) tableHead(name int, columns []int) {
	line := text.Left(p.say("cơ quan", "agency"), name)
	for i, c := range Criteria() {
		line += "  " + text.Right(c.Name(p.lang), columns[i])
	}
	p.line("%s", line)
}

func (p *page) tableRow(label string, name int, columns []int, scores Scores) {
	line := text.Left(label, name)
	for i, c := range Criteria() {
		line += "  " + p.cell(scores.Of(c), columns[i])
	}
	p.line("%s", line)
}

// cell is a score in the table: "98 ▇", "~67 ▅" where few values stand behind
// it, "–" where there is none.
func (p *page) cell(s Score, width int) string {
	if !s.Applicable {
		return text.Right("–", width)
	}
	bar := text.Bar(s.Value / 100)
	return text.Right(figure(p.lang, s, 0), width-2) + " " + p.paint(s.Value, bar)
}

// figure writes a score so that only what is perfect reads 100, and only what
// has nothing good reads 0.
func figure(lang text.Lang, s Score, decimals int) string {
	step := math.Pow10(-decimals)
	shown := math.Round(s.Value/step) * step
	if s.Good < s.Total {
		shown = min(shown, 100-step)
	}
	if s.Good > 0 {
		shown = max(shown, step)
	}
	mark := ""
	if s.Few() {
		mark = "~"
	}
	return mark + lang.Decimal(shown, decimals)
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

func (p *page) legend(all []AgencyReport) {
	none, few := false, false
	for _, a := range all {
		for _, s := range a.Scores {
			none = none || !s.Applicable
			few = few || s.Few()
		}
	}
	p.line("")
	notes := p.say("Điểm là phần trăm giá trị đạt, mỗi giá trị nặng như nhau; cơ quan không được xếp hạng.",
		"Scores are the percentage of values that meet the criterion, each weighing the same; agencies are not ranked.")
	if none {
		notes += p.say(" – không áp dụng hoặc chưa đo được.", " – does not apply or cannot be measured yet.")
	}
	if few {
		notes += p.say(" ~ dưới 100 giá trị: một giá trị làm điểm đổi hơn một.", " ~ fewer than 100 values: one value moves the score by more than a point.")
	}
	for _, l := range text.Wrap(notes, p.width) {
		p.line("%s", l)
	}
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
	p.line("%s%s", line, text.Cut(c.question(p.lang), rest))
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
	out := s.Why.sentence(p.lang)
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

func (p *page) datasets(a AgencyReport) {
	columns, name := p.columnWidths(), text.Width(p.say("bộ dữ liệu", "dataset"))
	room := p.width
	for _, c := range columns {
		room -= c + 2
	}
	if room < 8 {
		return
	}
	for _, d := range a.Datasets {
		name = max(name, text.Width(d.Dataset.Object()))
	}
	name = min(name, room)
	p.line("")
	line := text.Left(p.say("bộ dữ liệu", "dataset"), name)
	for i, c := range Criteria() {
		line += "  " + text.Right(c.Name(p.lang), columns[i])
	}
	p.line("%s", line)
	for _, d := range a.Datasets {
		p.tableRow(text.Cut(d.Dataset.Object(), name), name, columns, d.Scores)
	}
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
