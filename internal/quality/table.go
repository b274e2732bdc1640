package quality

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/text"
)

const (
	figureWidth = 5   // cells: "~99.8"
	barMost     = 6   // cells of a bar
	nameLeast   = 8   // cells that a name keeps
	between     = 2   // cells between columns
	apart       = 0.2 // points: scores of a criterion that lie closer have no worst
)

// grid is a table of things and criteria. Its bars share one scale, which
// begins just below the lowest score, so that they tell apart what is alike
// to the first digit; its notes name the scale.
type grid struct {
	*page
	head   string
	labels []string
	scores []Scores
	shown  []Criterion // that apply to any of them
	bar    int         // cells of a bar
	floor  float64     // where bars begin
	name   int
	widths []int
}

// newGrid lays the table out; false where the page is too narrow for one.
func (p *page) newGrid(head string, labels []string, scores []Scores) (*grid, bool) {
	g := &grid{page: p, head: head, labels: labels, scores: scores}
	lowest := 100.0
	for _, c := range Criteria() {
		if applies := g.of(c); len(applies) > 0 {
			g.shown = append(g.shown, c)
			lowest = min(lowest, slices.Min(applies))
		}
	}
	for _, floor := range []float64{0, 50, 80, 90, 95, 98, 99} {
		if floor < lowest {
			g.floor = floor
		}
	}
	for g.bar = barMost; g.bar > 0; g.bar-- {
		if g.fits() {
			return g, true
		}
	}
	return g, g.fits()
}

// of are the scores of a criterion, where it applies.
func (g *grid) of(c Criterion) []float64 {
	var out []float64
	for _, s := range g.scores {
		if one := s.Of(c); one.Applicable {
			out = append(out, one.Value)
		}
	}
	return out
}

// fits works out the widths for bars of g.bar cells. Longer bars are worth
// having only while no name is cut for them.
func (g *grid) fits() bool {
	g.name, g.widths = text.Width(g.head), nil
	for _, l := range g.labels {
		g.name = max(g.name, text.Width(l))
	}
	room := g.width
	for _, c := range g.shown {
		w := max(figureWidth+2+g.bar, text.Width(c.Name(g.lang)))
		g.widths = append(g.widths, w)
		room -= w + between
	}
	if g.bar > 1 {
		return g.name <= room
	}
	g.name = min(g.name, room)
	return room >= nameLeast
}

func (g *grid) draw() {
	gap := strings.Repeat(" ", between)
	line := text.Left(g.head, g.name)
	for i, c := range g.shown {
		line += gap + text.Left(strings.Repeat(" ", max(figureWidth-text.Width(c.Name(g.lang)), 0))+c.Name(g.lang), g.widths[i])
	}
	g.line("%s", line)
	for i, label := range g.labels {
		line := text.Left(text.Cut(label, g.name), g.name)
		for j, c := range g.shown {
			line += gap + g.cell(g.scores[i].Of(c), c, g.widths[j])
		}
		g.line("%s", line)
	}
}

// cell is a score: "99.8 ████▊", "~67.0 ▏" where few values stand behind it,
// with ◂ where it is the lowest of its criterion, "–" where there is none.
func (g *grid) cell(s Score, c Criterion, width int) string {
	if !s.Applicable {
		return text.Left(text.Right("–", figureWidth), width)
	}
	out := text.Right(figure(g.lang, s, 1), figureWidth) + " " + g.paint(s.Value, text.Bars((s.Value-g.floor)/(100-g.floor), g.bar))
	used := figureWidth + 1 + g.bar
	if g.lowest(s, c) {
		out, used = out+g.paint(0, "◂"), used+1
	}
	return out + strings.Repeat(" ", max(width-used, 0))
}

// lowest reports whether a score is the lowest of its criterion, where they
// differ enough to speak of one.
func (g *grid) lowest(s Score, c Criterion) bool {
	all := g.of(c)
	return len(all) > 1 && s.Value == slices.Min(all) && slices.Max(all)-slices.Min(all) >= apart
}

// notes say how to read the table, and what is not in it.
func (g *grid) notes() {
	notes := []string{g.say("Điểm là phần trăm giá trị đạt, mỗi giá trị nặng như nhau; cơ quan không được xếp hạng.",
		"Scores are the percentage of values that meet the criterion, each weighing the same; agencies are not ranked.")}
	if len(g.shown) > 0 && g.bar > 0 {
		notes = append(notes, fmt.Sprintf(g.say("Thanh vẽ từ %s (rỗng) đến 100 (đầy).", "Bars run from %s (empty) to 100 (full)."), g.lang.Decimal(g.floor, 0)))
	}
	notes = append(notes, g.marks()...)
	for _, c := range Criteria() {
		if !slices.Contains(g.shown, c) {
			notes = append(notes, fmt.Sprintf(g.say("%s: không áp dụng, %s.", "%s: not applicable, %s."), sentenceCase(c.Name(g.lang)), g.scores[0].Of(c).Why.Sentence(g.lang)))
		}
	}
	g.line("")
	for _, l := range text.Wrap(strings.Join(notes, " "), g.width) {
		g.line("%s", l)
	}
}

// marks explain the signs that stand in the table.
func (g *grid) marks() []string {
	lowest, none, few, partly := false, false, false, false
	for _, scores := range g.scores {
		for _, c := range g.shown {
			s := scores.Of(c)
			lowest = lowest || s.Applicable && g.lowest(s, c)
			none, few = none || !s.Applicable, few || s.Few()
			partly = partly || s.Applicable && s.Why == OnlyReferences
		}
	}
	var out []string
	for _, note := range []struct {
		there  bool
		vi, en string
	}{
		{lowest, "◂ chỗ thấp nhất của tiêu chí: nơi nên bắt đầu.", "◂ where a criterion is lowest: where to begin."},
		{none, "– không áp dụng hoặc chưa đo được.", "– does not apply or cannot be measured yet."},
		{few, "~ dưới 100 giá trị: một giá trị làm điểm đổi hơn một.", "~ fewer than 100 values: one value moves the score by more than a point."},
		{partly, "Kết nối: mới tính phần tham chiếu có đích trong dữ liệu đã chứng thực; bản ghi được nối theo người hay vật thì `sen link run` kể riêng.",
			"Connected: so far the references that lead somewhere in certified data; records linked to people and things are told by `sen link run`."},
	} {
		if note.there {
			out = append(out, g.say(note.vi, note.en))
		}
	}
	return out
}

// sentenceCase begins a name with a capital.
func sentenceCase(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// figure writes a score so that only what is perfect reads 100, and only what
// has nothing good reads 0.
func figure(lang text.Lang, s Score, decimals int) string {
	mark := ""
	if s.Few() {
		mark = "~"
	}
	if s.Good == s.Total {
		return mark + "100"
	}
	step := math.Pow10(-decimals)
	shown := min(math.Round(s.Value/step)*step, 100-step)
	if s.Good > 0 {
		shown = max(shown, step)
	}
	return mark + lang.Decimal(shown, decimals)
}

// RenderTable writes the table of agencies and criteria with its notes, for a
// page that goes on with something else.
func RenderTable(w io.Writer, lang text.Lang, agencies []AgencyReport, width int, color bool) error {
	p := &page{out: bufio.NewWriter(w), lang: lang, width: min(max(width, narrowest), widest), color: color}
	if p.table(agencies) {
		p.behind(agencies)
	}
	return p.out.Flush()
}

// behind says what costs the lowest scores the most points.
func (p *page) behind(all []AgencyReport) {
	g, _ := p.newGrid("", nil, scoresOf(all))
	var lines []string
	for _, c := range g.shown {
		for _, a := range all {
			s := a.Scores.Of(c)
			if worst, found := costliest(a.Offenders, c); found && s.Applicable && g.lowest(s, c) {
				lines = append(lines, fmt.Sprintf("%s %s · %s", sentenceCase(c.Name(p.lang)), figure(p.lang, s, 1), worst.Sentence(p.lang)))
			}
		}
	}
	if len(lines) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.say("Vì sao thấp nhất", "Behind the lowest"))
	for _, line := range lines {
		for i, l := range text.Wrap(line, p.width-4) {
			p.line("%s%s", []string{"  ", "    "}[min(i, 1)], l)
		}
	}
}

// costliest is the offender that concerns the most rows of a criterion.
func costliest(all []Offender, c Criterion) (worst Offender, found bool) {
	for _, o := range all {
		if o.Criterion == c && o.Rows > worst.Rows {
			worst, found = o, true
		}
	}
	return worst, found
}

func scoresOf(all []AgencyReport) []Scores {
	var out []Scores
	for _, a := range all {
		out = append(out, a.Scores)
	}
	return out
}

// table is a line for each agency, with notes; where the screen is too narrow
// for one, a page for each, and false.
func (p *page) table(all []AgencyReport) bool {
	var labels []string
	for _, a := range all {
		labels = append(labels, a.Agency)
	}
	g, ok := p.newGrid(p.say("cơ quan", "agency"), labels, scoresOf(all))
	if !ok {
		for _, a := range all {
			p.agency(a)
			p.line("")
		}
		return false
	}
	g.draw()
	g.notes()
	return true
}

// datasets is a line for each of an agency's datasets.
func (p *page) datasets(a AgencyReport) {
	var labels []string
	var scores []Scores
	for _, d := range a.Datasets {
		labels, scores = append(labels, d.Dataset.Object()), append(scores, d.Scores)
	}
	g, ok := p.newGrid(p.say("bộ dữ liệu", "dataset"), labels, scores)
	if !ok {
		return
	}
	p.line("")
	g.draw()
	p.line("")
	if g.bar > 0 {
		p.line(p.say("Thanh vẽ từ %s (rỗng) đến 100 (đầy).", "Bars run from %s (empty) to 100 (full)."), p.lang.Decimal(g.floor, 0))
	}
}
