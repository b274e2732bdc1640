package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
)

// hook lets a test kill the program at the nth passing of one of flow's
// points (SEN_KILL_AT=commit:2), or stop it there until it is told to go on
// (SEN_STOP_AT). The points within a commit of the lake count as passings of
// commit. It is how apptest shows that a sync can be killed anywhere, and
// what another meets meanwhile; without the variables nothing is called.
type hook struct {
	flow func(point string, rows int64)
	lake func(point string)
	pass func(point string) // of backup and restore
}

func (p *program) hook() hook {
	for variable, signal := range map[string]syscall.Signal{"SEN_KILL_AT": syscall.SIGKILL, "SEN_STOP_AT": syscall.SIGSTOP} {
		point, count, ok := strings.Cut(p.env(variable), ":")
		left, err := strconv.Atoi(count)
		if ok && err == nil {
			s := &signaller{point: point, left: left, signal: signal, say: p.err}
			return hook{flow: s.pass, lake: s.passLake, pass: func(point string) { s.pass(point, 0) }}
		}
	}
	return hook{}
}

// signaller counts what the program passes, side by side as it works, and
// sends it a signal, once.
type signaller struct {
	mu     sync.Mutex
	point  string
	left   int
	read   int64 // rows of the ranges that were read
	signal syscall.Signal
	say    io.Writer
}

func (s *signaller) passLake(point string) {
	if point == lake.PointExpired || point == lake.PointSwept {
		s.pass(flow.HookRetain, 0)
		return
	}
	s.pass(flow.HookCommit, 0)
}

func (s *signaller) pass(point string, rows int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if point == flow.HookExtract {
		s.read += rows
	}
	if point != s.point {
		return
	}
	if s.left--; s.left != 0 {
		return
	}
	fmt.Fprintf(s.say, "%s at %s, %d rows read\n", s.signal, point, s.read)
	if err := syscall.Kill(os.Getpid(), s.signal); err != nil {
		panic(err)
	}
}
