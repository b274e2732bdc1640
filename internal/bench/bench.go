// Package bench measures the main job on made-up data: what a whole sync
// costs, as a ratio to a floor measured in the same run, with its answer held
// row by row against the truth. What comes in is a number of records; what
// goes out is one line of figures. A wrong answer is an error, not a figure.
package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/state"
)

// Options say how large a country to make, and where.
type Options struct {
	Records int64
	Seed    uint64
	Dir     string    // default: a temporary folder, removed at the end
	Log     io.Writer // what is under way, for a person
	Threads int       // ranges cleaned side by side; default: the number of CPUs
	Memory  int64     // of the engine, in bytes; default: the engine's
	Reuse   bool      // takes the country that an earlier run made in Dir; the hub is made anew
	Resume  bool      // takes the hub of an earlier run too, and goes on where it stopped
}

// Figures is the line that a run prints. Times are seconds of the wall clock;
// generating and checking are outside of them.
type Figures struct {
	Records       int64              `json:"records"`
	Sources       int                `json:"sources"`
	Faulty        int64              `json:"faulty"`
	Quarantined   int64              `json:"quarantined"`
	Stages        map[string]float64 `json:"stages"`
	Seconds       float64            `json:"seconds"`
	RowsPerSecond int64              `json:"rows_per_second"`
	FloorSeconds  float64            `json:"floor_seconds"`
	FloorRows     int64              `json:"floor_rows_per_second"`
	Ratio         float64            `json:"ratio"`
	CPUSeconds    float64            `json:"cpu_seconds"`       // of the sync, all threads
	FloorCPU      float64            `json:"floor_cpu_seconds"` // of the median copy: a ratio that other work on the machine disturbs less
	PeakRSS       int64              `json:"peak_rss_bytes"`
	BytesRead     int64              `json:"bytes_read"`
	BytesWritten  int64              `json:"bytes_written"`
	Threads       int                `json:"threads,omitempty"`
	Engine        string             `json:"engine"`
}

// Sync makes a country of about so many records, synchronises it, holds the
// answer against the truth, and measures the floor.
func Sync(ctx context.Context, o Options) (Figures, error) {
	b, done, err := begin(ctx, o, lakePerSource)
	if err != nil {
		return Figures{}, err
	}
	defer done()
	return b.measure(ctx)
}

// begin makes a country and opens a hub over it.
func begin(ctx context.Context, o Options, perSource int64) (_ *bench, done func(), err error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Records < 1 {
		return nil, nil, sen.Errorf(sen.Invalid, "a benchmark of %d records measures nothing", o.Records)
	}
	dir, remove, err := folder(o)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			remove()
		}
	}()
	people := demo.PeopleFor(o.Records)
	if !o.Reuse && !o.Resume {
		if err := planDisk(o.Log, dir, people, perSource); err != nil {
			return nil, nil, err
		}
	}
	made, err := country(ctx, o, dir, people)
	if err != nil {
		return nil, nil, err
	}
	b := &bench{o: o, dir: dir, made: made}
	if err := b.open(ctx); err != nil {
		return nil, nil, err
	}
	return b, func() { b.close(); remove() }, nil
}

// madeFile says which country lies in a folder.
const madeFile = "made.json"

type madeCountry struct {
	People int         `json:"people"`
	Seed   uint64      `json:"seed"`
	Report demo.Report `json:"report"`
}

// country makes the sources and their truth, or takes those that lie there; of
// an earlier run's hub nothing stays.
func country(ctx context.Context, o Options, dir string, people int) (demo.Report, error) {
	hub, seed := filepath.Join(dir, "hub"), max(o.Seed, 1)
	if o.Reuse || o.Resume {
		text, err := os.ReadFile(filepath.Join(dir, madeFile))
		if err != nil {
			return demo.Report{}, sen.Errorf(sen.NotFound, "no country lies in %s: %w", dir, err).WithHint("run once without --reuse")
		}
		var there madeCountry
		if err := json.Unmarshal(text, &there); err != nil || there.People != people || there.Seed != seed {
			return demo.Report{}, sen.Errorf(sen.Invalid, "the country in %s is of %d people and seed %d, not of %d and %d", dir, there.People, there.Seed, people, seed)
		}
		for _, part := range []string{"data", "contracts"} {
			if o.Resume {
				break
			}
			if err := os.RemoveAll(filepath.Join(hub, part)); err != nil {
				return demo.Report{}, sen.Errorf(sen.Unavailable, "remove the earlier hub: %w", err)
			}
		}
		fmt.Fprintf(o.Log, "took the country that lies in %s: %d records\n", dir, there.Report.Rows)
		return there.Report, nil
	}
	begun := time.Now()
	made, err := demo.Generate(ctx, demo.Options{People: people, Seed: seed, Dir: filepath.Join(hub, "sources"), Truth: filepath.Join(dir, "truth")})
	if err != nil {
		return made, err
	}
	fmt.Fprintf(o.Log, "made %d records in %d datasets, %d MB, in %.0f s\n", made.Rows, len(made.Datasets), made.Bytes>>20, time.Since(begun).Seconds())
	text, err := json.Marshal(madeCountry{people, seed, made})
	if err != nil {
		return made, err
	}
	return made, os.WriteFile(filepath.Join(dir, madeFile), text, 0o644)
}

func folder(o Options) (string, func(), error) {
	if o.Dir != "" {
		return o.Dir, func() {}, os.MkdirAll(o.Dir, 0o755)
	}
	dir, err := os.MkdirTemp("", "sen-bench-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// What the lake, the floor's copy and what the engine spills take beside the
// sources, in hundredths of the sources' bytes (measured), and the same with
// links, golden records and index.
const (
	lakePerSource   = 150
	linkedPerSource = 190
)

// planDisk says what the run needs before it begins, and stops where that is
// not there.
func planDisk(log io.Writer, dir string, people int, perSource int64) error {
	source, truth := demo.Plan(people).Bytes, demo.TruthBytes(people)
	own := source * perSource / 100
	need := source + own + truth
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return sen.Errorf(sen.Unavailable, "look at the disk below %s: %w", dir, err)
	}
	free := int64(disk.Bavail) * disk.Bsize
	fmt.Fprintf(log, "disk plan: sources %d MB, truth %d MB, lake and floor up to %d MB; needed %d MB, free %d MB in %s\n",
		source>>20, truth>>20, own>>20, need>>20, free>>20, dir)
	if free < need {
		return sen.Errorf(sen.Unavailable, "the disk has %d MB free, and the run may need %d MB", free>>20, need>>20).
			WithHint("name a folder on a larger disk with --dir, or ask for fewer records")
	}
	return nil
}

type bench struct {
	o        Options
	dir      string
	made     demo.Report
	engine   *engine.Engine
	rules    *engine.Engine // for the contracts' own SQL, as the program has it
	lake     *lake.Lake
	state    *state.State
	datasets []contract.Dataset

	references []contract.Dataset // of them, those that others are read by
	flow       *flow.Flow
	stage      stopwatch
}

func (b *bench) open(ctx context.Context) error {
	hub := filepath.Join(b.dir, "hub")
	data := filepath.Join(hub, "data")
	if err := os.CopyFS(filepath.Join(hub, "contracts"), demo.Contracts()); err != nil && !os.IsExist(err) {
		return err
	}
	set, problems := contract.LoadDir(filepath.Join(hub, "contracts"), contract.Options{Elements: known})
	if errs := problems.Errors(); len(errs) > 0 {
		return errs
	}
	b.datasets, b.references = set.Datasets(), set.ReferenceData()
	var err error
	if b.engine, err = engine.Open(ctx, engine.Options{Functions: clean.Functions(), Spill: filepath.Join(data, "tmp"), Threads: 1, Memory: b.o.Memory}); err != nil {
		return err
	}
	if b.lake, err = lake.Open(ctx, lake.Options{Dir: filepath.Join(data, "lake")}); err != nil {
		return err
	}
	if b.rules, err = engine.Open(ctx, engine.Options{Threads: b.o.Threads, Memory: ruleMemory, Only: []string{filepath.Join(data, "lake")}}); err != nil {
		return err
	}
	if b.state, err = state.Open(ctx, filepath.Join(data, "state.db"), state.Options{}); err != nil {
		return err
	}
	ring, err := keys.Open(filepath.Join(data, "keys"))
	if err != nil {
		return err
	}
	b.flow = flow.New(flow.Options{Hub: hub, References: b.references, Cleaners: b.o.Threads, Engine: b.engine, Lake: b.lake, State: b.state, Keys: ring,
		Principal: sen.Principal{ID: "operator:bench", Role: "operator"}, Progress: b.stage.progress,
		Rules: clean.Rules{Engine: func(context.Context) (*engine.Engine, error) { return b.rules, nil }},
		Now:   func() time.Time { return time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC) }})
	return nil
}

// ruleMemory is what an empty sen.yaml gives them.
const ruleMemory = 768 << 20

func known(name string) bool { _, ok := dictionary.Lookup(name); return ok }

func (b *bench) close() {
	b.state.Close()
	b.lake.Close()
	b.rules.Close()
	b.engine.Close()
}

func (b *bench) measure(ctx context.Context) (Figures, error) {
	f := Figures{Records: b.made.Rows, Sources: len(b.made.Datasets), Engine: b.engine.Version(), Threads: b.o.Threads}
	before := counters()
	resetPeak()
	b.stage.start()
	begin, spent := time.Now(), cpu()
	outcomes := b.flow.Sync(ctx, b.datasets, flow.Demand{})
	f.Seconds = time.Since(begin).Seconds()
	f.CPUSeconds = cpu() - spent
	f.Stages = b.stage.spent
	f.PeakRSS = peak()
	after := counters()
	f.BytesRead, f.BytesWritten = after.read-before.read, after.written-before.written
	for _, outcome := range outcomes {
		if outcome.Err != nil {
			return f, outcome.Err
		}
		f.Quarantined += outcome.Certificate.Quarantined()
	}
	fmt.Fprintf(b.o.Log, "synchronised in %.1f s; holding every row against the truth\n", f.Seconds)
	if err := b.check(ctx); err != nil {
		return f, err
	}
	for _, d := range b.made.Datasets {
		for _, n := range d.Planted {
			f.Faulty += n
		}
	}
	fmt.Fprintln(b.o.Log, "every row is as the truth says; copying them plainly")
	floor, floorCPU, err := b.floor(ctx)
	if err != nil {
		return f, err
	}
	f.FloorSeconds, f.FloorCPU = floor, floorCPU
	f.RowsPerSecond, f.FloorRows = int64(float64(f.Records)/f.Seconds), int64(float64(f.Records)/floor)
	f.Ratio = f.Seconds / floor
	return f, nil
}

// floor is the median of three plain copies of the landed rows, Parquet to
// Parquet, by the same engine with the same options, each file made durable;
// in seconds of the wall clock and of the CPUs.
func (b *bench) floor(ctx context.Context) (seconds, cpuSeconds float64, err error) {
	all, err := engine.Open(ctx, engine.Options{Spill: filepath.Join(b.dir, "hub", "data", "tmp"), Memory: b.o.Memory})
	if err != nil {
		return 0, 0, err
	}
	defer all.Close()
	c, err := all.Conn(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	type copied struct{ wall, cpu float64 }
	var laps []copied
	for range 3 {
		out, err := os.MkdirTemp(b.dir, "floor-")
		if err != nil {
			return 0, 0, err
		}
		begin, spent := time.Now(), cpu()
		rows, err := b.copyLanded(ctx, c, out)
		laps = append(laps, copied{time.Since(begin).Seconds(), cpu() - spent})
		os.RemoveAll(out)
		if err != nil {
			return 0, 0, err
		}
		if rows != b.made.Rows {
			return 0, 0, sen.Errorf(sen.Internal, "the floor copied %d rows of %d", rows, b.made.Rows)
		}
	}
	slices.SortFunc(laps, func(a, b copied) int { return cmp.Compare(a.wall, b.wall) })
	return laps[1].wall, laps[1].cpu, nil
}

func (b *bench) copyLanded(ctx context.Context, c *engine.Conn, out string) (rows int64, err error) {
	for _, d := range b.datasets {
		t, err := b.lake.Lookup(ctx, lake.Landed, d.Name)
		if err != nil {
			return rows, err
		}
		scan, err := t.Scan(ctx, lake.AsOf{})
		if err != nil {
			return rows, err
		}
		for i, file := range scan.Files {
			to := filepath.Join(out, fmt.Sprintf("%s-%d.parquet", d.Name, i))
			n, err := c.Copy(ctx, "SELECT * FROM read_parquet("+engine.Literal(file.Path)+")", to, "")
			if err != nil {
				return rows, err
			}
			rows += n
			if err := fsync(to); err != nil {
				return rows, err
			}
		}
	}
	return rows, nil
}

func fsync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Print writes the figures as one line of JSON.
func (f Figures) Print(w io.Writer) error { return json.NewEncoder(w).Encode(f) }
