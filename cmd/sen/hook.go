package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// hook lets a test kill the program at the nth passing of one of flow's
// points: SEN_KILL_AT=commit:2. It is how apptest shows that a sync can be
// killed anywhere; without the variable it is nil.
func (p *program) hook() func(point string) {
	point, count, ok := strings.Cut(p.env("SEN_KILL_AT"), ":")
	left, err := strconv.Atoi(count)
	if !ok || err != nil {
		return nil
	}
	return func(at string) {
		if at != point {
			return
		}
		if left--; left > 0 {
			return
		}
		fmt.Fprintf(p.err, "killed at %s\n", at)
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			panic(err)
		}
	}
}
