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
)

// hook lets a test kill the program at the nth passing of one of flow's
// points: SEN_KILL_AT=commit:2. The points within a commit of the lake count
// as passings of commit. It is how apptest shows that a sync can be killed
// anywhere; without the variable nothing is called.
type hook struct {
	flow func(point string, rows int64)
	lake func(point string)
}

func (p *program) hook() hook {
	point, count, ok := strings.Cut(p.env("SEN_KILL_AT"), ":")
	left, err := strconv.Atoi(count)
	if !ok || err != nil {
		return hook{}
	}
	k := &killer{point: point, left: left, say: p.err}
	return hook{flow: k.pass, lake: func(string) { k.pass(flow.HookCommit, 0) }}
}

// killer counts what the program passes, side by side as it works.
type killer struct {
	mu    sync.Mutex
	point string
	left  int
	read  int64 // rows of the ranges that were read
	say   io.Writer
}

func (k *killer) pass(point string, rows int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if point == flow.HookExtract {
		k.read += rows
	}
	if point != k.point {
		return
	}
	if k.left--; k.left > 0 {
		return
	}
	fmt.Fprintf(k.say, "killed at %s, %d rows read\n", point, k.read)
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		panic(err)
	}
}
