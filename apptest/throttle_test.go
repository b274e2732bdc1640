package apptest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// told is what a program has written so far.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *told) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *told) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// A person holds a sync back that is under way: first to a rate, then
// altogether, and lets it go again. Nothing is read meanwhile, nothing is lost.
func TestAPauseReachesASyncUnderWay(t *testing.T) {
	h := newLiveHub(t, rand.New(rand.NewPCG(1, 2)))
	h.hub()
	h.ok("source", "throttle", "live", "64KiB").says(t, "register/live", "64.0 KiB")

	var out, stderr told
	cmd := exec.CommandContext(t.Context(), binary, "sync")
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.dir, &out, &stderr
	cmd.Env = append(os.Environ(), "SEN_LANG=en", "SEN_DIR=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	until := func(what string) {
		t.Helper()
		for !strings.Contains(stderr.String(), what) {
			select {
			case err := <-ended:
				t.Fatalf("the sync ended before it said %q: %v\n%s%s", what, err, &out, &stderr)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	until("reading is held to 65536 bytes a second")
	h.ok("source", "pause", "live").says(t, "paused since", "sen source resume register/live")
	until("reading is paused")
	h.ok("source", "list").says(t, "paused since", "operator:")
	h.ok("source", "throttle", "live", "off").says(t, "paused since")
	select {
	case err := <-ended:
		t.Fatalf("the sync went on while it was paused: %v\n%s%s", err, &out, &stderr)
	case <-time.After(3 * time.Second):
	}
	h.ok("source", "resume", "live").says(t, "is read as its contract allows")
	if err := <-ended; err != nil {
		t.Fatalf("%v\n%s%s", err, &out, &stderr)
	}
	if got := out.String(); !strings.Contains(got, "30,000") {
		t.Errorf("not all 30,000 rows came in:\n%s", got)
	}
	h.ok("verify", "--in-source").says(t, "agree")

	h.ok("source", "pause", "live")
	h.want(6, "sync").says(t, "reading server live is paused", "sen source resume register/live")
	h.ok("source", "resume", "live")
	h.ok("sync")
}

func TestARateIsASizeOrOff(t *testing.T) {
	h := newLiveHub(t, rand.New(rand.NewPCG(1, 2)))
	h.hub()
	for _, rate := range []string{"fast", "0", "-3", "4 MB"} {
		h.want(2, "source", "throttle", "live", "--", rate).says(t, "is not a size like 4MiB, nor off")
	}
}
