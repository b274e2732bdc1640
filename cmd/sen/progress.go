package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/flow"
)

// progress shows how far a sync has come: one line that redraws itself on a
// terminal, a plain line for each finished dataset elsewhere, nothing beside
// JSON. It writes to standard error: it is no part of the answer.
type progress struct {
	p  *program
	mu sync.Mutex

	datasets int
	begun    time.Time
	at       map[sen.Dataset]flow.Progress // the last report of each
	finished int

	pool *mpb.Progress
	bar  *mpb.Bar
}

func newProgress(p *program) *progress {
	return &progress{p: p, at: map[sen.Dataset]flow.Progress{}}
}

// barSteps is how finely the bar divides all datasets; each has an equal
// share, since the size of those to come is not known.
const barSteps = 1000

func (v *progress) start(datasets int) {
	v.datasets, v.begun = datasets, v.p.now()
	if !v.p.notes.Live || v.p.flags.json {
		return
	}
	v.pool = mpb.New(mpb.WithOutput(v.p.notes.Writer), mpb.WithWidth(40), mpb.WithRefreshRate(120*time.Millisecond))
	v.p.beside = v.pool
	v.bar = v.pool.New(int64(datasets)*barSteps, mpb.BarStyle().Lbound("").Rbound("").Filler("━").Tip("━").Padding("─"),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name("  sync ")),
		mpb.AppendDecorators(
			decor.Any(func(decor.Statistics) string { return v.line() })))
}

// line is what stands behind the bar: rows, datasets, rate, and, once that can
// be told, the time left.
func (v *progress) line() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var rows int64
	for _, at := range v.at {
		rows += at.Rows
	}
	passed := v.p.now().Sub(v.begun)
	lang := v.p.lang
	out := fmt.Sprintf(lang.Pick(" %s bản ghi   %d trên %d   %s", " %s records   %d of %d   %s"),
		lang.Count(rows), v.finished, v.datasets, lang.Rate(float64(rows)/max(passed.Seconds(), 0.001)))
	if share := float64(v.position()) / float64(v.datasets*barSteps); share > 0.02 && share < 1 {
		out += v.left(time.Duration(float64(passed) * (1 - share) / share))
	}
	return out
}

// left says how long the rest will take, by the time that the beginning took.
func (v *progress) left(d time.Duration) string {
	lang := v.p.lang
	words := lang.Duration(d.Round(time.Second))
	if d < time.Minute {
		words = fmt.Sprintf(lang.Pick("%d giây", "%d s"), max(int(d.Round(time.Second).Seconds()), 1))
	}
	return fmt.Sprintf(lang.Pick("   còn %s", "   %s left"), words)
}

// show takes one report of flow.
func (v *progress) show(at flow.Progress) {
	v.mu.Lock()
	v.at[at.Dataset] = at
	done := at.Stage == "done"
	if done {
		v.finished++
	}
	position := v.position()
	finished := v.finished
	v.mu.Unlock()
	switch {
	case v.bar != nil:
		v.bar.SetCurrent(position)
	case done && !v.p.flags.json && v.datasets > 0:
		fmt.Fprintf(v.p.notes, v.p.lang.Pick("  sync  %d trên %d  %s  %s bản ghi\n", "  sync  %d of %d  %s  %s records\n"),
			finished, v.datasets, at.Dataset, v.p.lang.Count(at.Rows))
	}
}

// position adds up the datasets' shares of the bar. Reading is nearly all of
// the work; the last tenth is left for what comes after.
func (v *progress) position() int64 {
	var sum float64
	for _, at := range v.at {
		switch {
		case at.Stage == "done":
			sum++
		case at.TotalBytes > 0:
			sum += 0.9 * min(1, float64(at.Bytes)/float64(at.TotalBytes))
		}
	}
	return int64(sum * barSteps)
}

func (v *progress) stop() {
	if v.bar == nil {
		return
	}
	v.p.beside = v.p.notes
	v.bar.SetCurrent(int64(v.datasets) * barSteps)
	v.bar.Abort(true)
	v.pool.Wait()
	v.bar = nil
}

// linkSteps are the steps of a linkage in words.
var linkSteps = map[string]struct{ vi, en string }{
	"mentions":         {"xem bản ghi", "looking at the records"},
	"succession":       {"số cũ, số mới", "old and new numbers"},
	"register":         {"sổ gốc", "the register"},
	"keys":             {"nối theo khóa", "linking by keys"},
	"compare":          {"so sánh", "comparing"},
	"alone":            {"bản ghi lẻ", "records on their own"},
	"decide":           {"quyết định nhóm", "deciding who is one"},
	"identifiers":      {"giữ mã định danh", "keeping identifiers"},
	"decided":          {"theo người quyết định", "what people decided"},
	"review":           {"cặp cần người xem", "pairs for people"},
	"count":            {"đếm", "counting"},
	"golden":           {"lập bản ghi vàng", "making golden records"},
	flow.StepConflicts: {"tìm mâu thuẫn, nạp chỉ mục", "contradictions, index"},
}

// showLinking shows on a terminal the step that a linkage is in, in a line
// that redraws itself and is gone at the end.
func (p *program) showLinking(at flow.Linking) {
	if p.meanwhile != nil {
		p.meanwhile(told{Linking: &at})
		return
	}
	if !p.notes.Live || p.flags.json {
		return
	}
	line := "\r\x1b[K"
	if at.Step != "" {
		words := linkSteps[at.Step]
		line += p.notes.Paint(terminal.Quiet, fmt.Sprintf("  link  %s  %d/%d  %s", at.Entity, at.Number, at.Last, p.lang.Pick(words.vi, words.en)))
	}
	fmt.Fprint(p.notes, line)
}
