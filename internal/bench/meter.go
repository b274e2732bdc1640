package bench

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/flow"
)

// stopwatch adds up the wall time that each dataset spends in each stage.
// Two datasets run side by side, so the stages add up to more than the run.
type stopwatch struct {
	mu    sync.Mutex
	under map[sen.Dataset]lap
	spent map[string]float64
}

// lap is a stage that a dataset is in.
type lap struct {
	stage string
	since time.Time
}

func (s *stopwatch) start() {
	s.under, s.spent = map[sen.Dataset]lap{}, map[string]float64{}
}

func (s *stopwatch) progress(p flow.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if at, ok := s.under[p.Dataset]; ok {
		s.spent[at.stage] += now.Sub(at.since).Seconds()
	}
	s.under[p.Dataset] = lap{p.Stage, now}
}

// resetPeak makes the kernel forget the peak so far (Linux, proc(5), clear_refs).
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peak is the largest resident size since resetPeak, in bytes; 0 where the
// kernel does not tell.
func peak() int64 { return 1024 * procField("/proc/self/status", "VmHWM:") }

type bytes struct{ read, written int64 }

// counters are the bytes that this process has asked the kernel to read and
// write so far, through any file.
func counters() bytes {
	return bytes{procField("/proc/self/io", "rchar:"), procField("/proc/self/io", "wchar:")}
}

// cpu is the time that all threads of this process have run so far, in seconds.
func cpu() float64 { return usage(unix.RUSAGE_SELF) }

// clientCPU is that of the processes that it started and that have ended.
func clientCPU() float64 { return usage(unix.RUSAGE_CHILDREN) }

func usage(who int) float64 {
	var u unix.Rusage
	if err := unix.Getrusage(who, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// treeCPU is the time that a process, its children, and those of them that
// have ended have run so far, in seconds (proc(5), /proc/pid/stat).
func treeCPU(pid int) float64 {
	ticks := int64(0)
	for _, of := range append(children(pid), pid) {
		fields := statOf(of)
		for i, field := range fields {
			own := i == 11 || i == 12                  // utime, stime
			ended := of == pid && (i == 13 || i == 14) // cutime, cstime
			if own || ended {
				n, _ := strconv.ParseInt(field, 10, 64)
				ticks += n
			}
		}
	}
	return float64(ticks) / clockTicks
}

// clockTicks a second is what Linux counts in for programs, on every machine.
const clockTicks = 100

// children are the processes whose parent is pid.
func children(pid int) (out []int) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if fields := statOf(child); len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			out = append(out, child)
		}
	}
	return out
}

// statOf are the fields of a process behind its name: state, parent, ….
func statOf(pid int) []string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

func procField(path, field string) int64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), field); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}
