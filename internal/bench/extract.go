package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/connect"
	"github.com/sen-hub/sen/internal/source/live"
)

// ExtractOptions say how large a table to make, in which systems, and how
// many connections read it.
type ExtractOptions struct {
	Rows        int64
	Connections int      // of the floor and of the extraction alike; default 4
	Systems     []string // of Systems; default: all
	Dir         string   // for what lands; default: a temporary folder, removed at the end
	Log         io.Writer
	Threads     int   // ranges that are landed side by side; default: the number of CPUs
	Memory      int64 // of the engine, in bytes; default: the engine's
}

// Extracted is what one system's run measured. Times are seconds: of the wall
// clock, or of CPUs where the name says so; each is that of the lap with the
// median wall time, of three.
type Extracted struct {
	System      string  `json:"system"` // its kind and version
	Rows        int64   `json:"rows"`
	Bytes       int64   `json:"bytes"`        // of the values, as text
	Landed      int64   `json:"landed_bytes"` // Parquet
	Connections int     `json:"connections"`
	Seconds     float64 `json:"seconds"`
	Floor       float64 `json:"floor_seconds"`
	Ratio       float64 `json:"ratio"`

	CPU            float64 `json:"cpu_seconds"` // of the hub
	ServerCPU      float64 `json:"server_cpu_seconds"`
	FloorCPU       float64 `json:"floor_cpu_seconds"` // of who reads to nowhere
	FloorServerCPU float64 `json:"floor_server_cpu_seconds"`
	CPURatio       float64 `json:"cpu_ratio"` // all CPUs, of the extraction to the floor

	RowsPerCPU    int64   `json:"rows_per_cpu_second"`     // of the hub
	RowsPerAllCPU int64   `json:"rows_per_all_cpu_second"` // of hub and server together
	PeakRSS       int64   `json:"peak_rss_bytes"`          // of the hub
	Laps          [][]Lap `json:"laps"`                    // floor and extraction, lap by lap
}

// Lap is one measurement.
type Lap struct {
	Wall   float64 `json:"wall"`
	CPU    float64 `json:"cpu"`
	Server float64 `json:"server_cpu"`
}

// Print writes the figures as one line of JSON.
func (x Extracted) Print(w io.Writer) error { return json.NewEncoder(w).Encode(x) }

// extractLaps is odd, so that a median is one of them.
const extractLaps = 3

const defaultConnections = 4

// Extract makes a table in real servers that it starts, reads it to nowhere
// as plainly as the server's own client does (the floor), and lands it as
// flow does: read within the budget, written as Parquet, digested in the same
// statement, made durable. Floor and extraction take turns, since the machine
// may be busy with other work. What landed is held against the server's own
// sum before a figure is handed to print.
func Extract(ctx context.Context, o ExtractOptions, print func(Extracted) error) error {
	if o.Rows < 1 {
		return sen.Errorf(sen.Invalid, "a benchmark of %d rows measures nothing", o.Rows)
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Connections < 1 {
		o.Connections = defaultConnections
	}
	dir, remove, err := folder(Options{Dir: o.Dir})
	if err != nil {
		return err
	}
	defer remove()
	chosen, err := chooseSystems(o.Systems)
	if err != nil {
		return err
	}
	for _, s := range chosen {
		figures, err := extractFrom(ctx, s, o, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if err := print(figures); err != nil {
			return err
		}
	}
	return nil
}

func extractFrom(ctx context.Context, s system, o ExtractOptions, dir string) (out Extracted, err error) {
	server, err := s.start(ctx)
	if err != nil {
		return out, err
	}
	defer func() {
		if closed := server.close(); err == nil {
			err = closed
		}
	}()
	fmt.Fprintf(o.Log, "%s: making a table of %d rows\n", server.version, o.Rows)
	if err := server.fill(ctx, o.Rows); err != nil {
		return out, err
	}
	e, err := engine.Open(ctx, engine.Options{Threads: 1, Memory: o.Memory, Spill: filepath.Join(dir, "tmp"), Functions: []engine.Function{digesting}})
	if err != nil {
		return out, err
	}
	defer e.Close()
	x := &extraction{o: o, dir: dir, engine: e, server: server, writers: o.Threads}
	if x.writers <= 0 {
		x.writers = runtime.NumCPU()
	}
	return x.measure(ctx)
}

// extraction is one system under measurement.
type extraction struct {
	o      ExtractOptions
	dir    string
	engine *engine.Engine
	server *server

	writers int // ranges that are written side by side
	columns []string
	landed  landed // of the newest lap
	text    int64  // bytes of the values, as text
	peak    int64
}

func (x *extraction) measure(ctx context.Context) (out Extracted, err error) {
	var floors, ours []Lap
	for i := range extractLaps {
		fmt.Fprintf(x.o.Log, "%s: lap %d of %d\n", x.server.version, i+1, extractLaps)
		floor, err := x.lap(func() error { return x.server.plain(ctx, x.o.Connections) })
		if err != nil {
			return out, err
		}
		before := x.landed
		mine, err := x.lap(func() error { return x.land(ctx, filepath.Join(x.dir, fmt.Sprintf("lap-%d", i))) })
		if err != nil {
			return out, err
		}
		if i > 0 && (x.landed.sum != before.sum || x.landed.rows != before.rows) {
			return out, sen.Errorf(sen.Corrupt, "two laps over the same table landed different rows")
		}
		if before.dir != "" {
			os.RemoveAll(before.dir)
		}
		floors, ours = append(floors, floor), append(ours, mine)
		out.Laps = append(out.Laps, []Lap{floor, mine})
	}
	fmt.Fprintf(x.o.Log, "%s: holding what landed against the server's own sum\n", x.server.version)
	if err := x.check(ctx); err != nil {
		return out, err
	}
	x.figures(&out, median(floors), median(ours))
	return out, os.RemoveAll(x.landed.dir)
}

func (x *extraction) figures(out *Extracted, floor, ours Lap) {
	out.System, out.Rows, out.Bytes, out.Landed = x.server.version, x.o.Rows, x.text, x.landed.bytes
	out.Connections, out.PeakRSS = x.o.Connections, x.peak
	out.Seconds, out.Floor, out.Ratio = ours.Wall, floor.Wall, ours.Wall/floor.Wall
	out.CPU, out.ServerCPU, out.FloorCPU, out.FloorServerCPU = ours.CPU, ours.Server, floor.CPU, floor.Server
	out.CPURatio = (ours.CPU + ours.Server) / (floor.CPU + floor.Server)
	out.RowsPerCPU = int64(float64(x.o.Rows) / ours.CPU)
	out.RowsPerAllCPU = int64(float64(x.o.Rows) / (ours.CPU + ours.Server))
}

func median(laps []Lap) Lap {
	sorted := slices.SortedFunc(slices.Values(laps), func(a, b Lap) int { return cmp.Compare(a.Wall, b.Wall) })
	return sorted[len(sorted)/2]
}

// lap measures work: its wall time and the CPUs of hub and server.
func (x *extraction) lap(work func() error) (Lap, error) {
	resetPeak()
	begin, mine, theirs := time.Now(), cpu()+clientCPU(), treeCPU(x.server.pid)
	err := work()
	l := Lap{Wall: time.Since(begin).Seconds(), CPU: cpu() + clientCPU() - mine}
	time.Sleep(settle)
	l.Server = treeCPU(x.server.pid) - theirs
	x.peak = peak()
	return l, err
}

// settle is how long a server is given to collect processes that have ended.
const settle = 300 * time.Millisecond

// check holds what landed against the table: its rows, the digest taken in
// the pass against one over the files, and the md5 sums (see live.Sum) against
// those that the server adds up by its own SQL.
func (x *extraction) check(ctx context.Context) error {
	c, err := x.engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	files := "read_parquet(" + engine.Literal(filepath.Join(x.landed.dir, "*.parquet")) + ")"
	var rows int64
	var sum, md5 string
	var lengths []string
	for _, name := range x.columns {
		lengths = append(lengths, "coalesce(strlen("+engine.Ident(name)+"), 0)")
	}
	query := fmt.Sprintf("SELECT count(*), CAST(sum(%s) AS BIGINT), CAST(sum(hash(%s)) %% 18446744073709551616 AS VARCHAR), CAST(sum(%s) %% 18446744073709551616 AS VARCHAR) FROM %s",
		strings.Join(lengths, " + "), engine.Idents(x.columns), md5Of(x.columns), files)
	if err := c.Row(ctx, query, &rows, &x.text, &sum, &md5); err != nil {
		return err
	}
	if rows != x.o.Rows || x.landed.rows != rows {
		return sen.Errorf(sen.Corrupt, "%d rows were made, %d came, %d landed", x.o.Rows, x.landed.rows, rows)
	}
	if want := strconv.FormatUint(x.landed.sum, 10); sum != want {
		return sen.Errorf(sen.Corrupt, "the files have the digest %s, the pass that wrote them %s", sum, want)
	}
	db, err := connect.Database(x.server.live(x.o.Connections), connect.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	theirs, err := db.Sums(ctx, benchTable, x.columns, x.landed.ranges)
	if err != nil {
		return err
	}
	var want live.Sum
	for _, s := range theirs {
		want = live.Sum{Rows: want.Rows + s.Rows, Sum: want.Sum + s.Sum}
	}
	if want.Rows != rows || strconv.FormatUint(want.Sum, 10) != md5 {
		return sen.Errorf(sen.Corrupt, "the server adds %d rows up to %d, what landed is %d rows and %s", want.Rows, want.Sum, rows, md5)
	}
	return nil
}

// md5Of is SQL: the number that live.Sum adds up for a row.
func md5Of(columns []string) string {
	var parts []string
	for _, c := range columns {
		parts = append(parts, fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN '-' ELSE strlen(%[1]s) || ':' || %[1]s END", engine.Ident(c)))
	}
	return "CAST('0x' || left(md5(" + strings.Join(parts, " || ") + "), 16) AS UBIGINT)"
}

// open opens the table as flow opens a dataset's.
func (x *extraction) open(ctx context.Context) (source.Reader, live.Database, error) {
	db, err := connect.Database(x.server.live(x.o.Connections), connect.Options{})
	if err != nil {
		return nil, nil, err
	}
	reader, err := db.Open(ctx, benchTable, source.Options{})
	return reader, db, err
}
