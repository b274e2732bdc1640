package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/sen-hub/sen/internal/backup"
)

// transfer shows how far a backup or a restore has come: a line that redraws
// itself on a terminal, nothing elsewhere. It writes to standard error.
type transfer struct {
	p    *program
	name string

	mu   sync.Mutex
	at   backup.Progress
	pool *mpb.Progress
	bar  *mpb.Bar
}

func newTransfer(p *program, name string) *transfer {
	t := &transfer{p: p, name: name}
	if !p.notes.Live || p.flags.json {
		return t
	}
	t.pool = mpb.New(mpb.WithOutput(p.notes.Writer), mpb.WithWidth(40), mpb.WithRefreshRate(120*time.Millisecond))
	t.bar = t.pool.New(1, mpb.BarStyle().Lbound("").Rbound("").Filler("━").Tip("━").Padding("─"),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name("  "+name+" ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return t.line() })))
	return t
}

func (t *transfer) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lang := t.p.lang
	return fmt.Sprintf(lang.Pick(" %s trên %s tệp   %s", " %s of %s files   %s"),
		lang.Count(int64(t.at.Files)), lang.Count(int64(t.at.Of)), lang.Bytes(t.at.Bytes))
}

// show takes a report; the bar goes by files, since the bytes of those that
// are read for the first time are not known before.
func (t *transfer) show(at backup.Progress) {
	t.mu.Lock()
	t.at = at
	t.mu.Unlock()
	if t.bar != nil {
		t.bar.SetTotal(int64(at.Of)+1, false)
		t.bar.SetCurrent(int64(at.Files))
	}
}

func (t *transfer) stop() {
	if t.bar == nil {
		return
	}
	t.bar.Abort(true)
	t.pool.Wait()
}
