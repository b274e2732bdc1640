package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/index"
)

// LookupOptions steer the benchmark of the index.
type LookupOptions struct {
	Records int64  // golden records
	Lookups int    // keys that are asked for
	Dir     string // where it works; default: a temporary folder
	Log     io.Writer
}

// LookupFigures are of records found by random keys.
type LookupFigures struct {
	Records    int64   `json:"records"`
	Bytes      int64   `json:"index_bytes"`
	Cache      int64   `json:"cache_bytes"`
	LoadSecond float64 `json:"load_records_per_second"`
	Lookups    int     `json:"lookups"`
	Missing    int     `json:"missing"`
	Second     float64 `json:"lookups_per_second"` // by one goroutine, while a load goes on
	P50        float64 `json:"p50_us"`
	P99        float64 `json:"p99_us"`
	Slowest    float64 `json:"slowest_us"`
}

// Print writes the figures as one line of JSON.
func (f LookupFigures) Print(w io.Writer) error { return json.NewEncoder(w).Encode(f) }

// lookupCache is a quarter of what an installation has, so that the data is
// larger than it by far.
const lookupCache = 32 << 20

// Lookup loads made-up golden records and asks for them by random keys, one in
// ten of which nobody has, while the next load goes on. Each answer is held
// against what was loaded; a wrong one is an error.
func Lookup(ctx context.Context, o LookupOptions) (f LookupFigures, err error) {
	if o.Records < 1000 || o.Lookups < 1 {
		return f, sen.Errorf(sen.Invalid, "a lookup among %d records measures nothing", o.Records)
	}
	dir, remove, err := folder(Options{Dir: o.Dir})
	if err != nil {
		return f, err
	}
	defer remove()
	db, err := index.Open(filepath.Join(dir, "index"), index.Options{Cache: lookupCache})
	if err != nil {
		return f, err
	}
	defer db.Close()
	begun := time.Now()
	if err := loadLookup(ctx, db, o.Records, "1", nil); err != nil {
		return f, err
	}
	f = LookupFigures{Records: o.Records, Cache: lookupCache, Lookups: o.Lookups, LoadSecond: float64(o.Records) / time.Since(begun).Seconds()}
	if f.Bytes, err = folderBytes(dir); err != nil {
		return f, err
	}
	fmt.Fprintf(o.Log, "loaded %d records, %d MB, %.0f a second\n", o.Records, f.Bytes>>20, f.LoadSecond)
	if f.Bytes < 2*lookupCache {
		return f, sen.Errorf(sen.Invalid, "the index of %d records has %d bytes, less than twice the cache of %d", o.Records, f.Bytes, int64(lookupCache)).WithHint("ask for more --records")
	}
	stop, loaded := make(chan struct{}), make(chan error, 1)
	go func() { loaded <- loadLookup(ctx, db, o.Records, "2", stop) }()
	err = f.ask(ctx, db)
	close(stop)
	if fault := <-loaded; err == nil {
		err = fault
	}
	return f, err
}

// ask looks random keys up and holds each answer against what was loaded.
func (f *LookupFigures) ask(ctx context.Context, db *index.DB) error {
	random := rand.New(rand.NewPCG(7, 7))
	took := make([]float64, f.Lookups)
	begun := time.Now()
	for i := range took {
		n := random.Int64N(f.Records)
		miss := i%10 == 9
		if miss {
			n += f.Records
		}
		asked := time.Now()
		r, err := db.Get("person", "number", lookupKey(n))
		took[i] = float64(time.Since(asked).Nanoseconds()) / 1000
		switch {
		case miss && sen.KindOf(err) == sen.NotFound:
			f.Missing++
		case miss || err != nil:
			return sen.Errorf(sen.Corrupt, "the key of record %d: got identifier %d, %v", n, r.ID, err)
		case r.ID != lookupID(n) || len(r.Fields) != 2 || r.Fields[0].Value != lookupName(n):
			return sen.Errorf(sen.Corrupt, "record %d: another was answered", n)
		}
		if i%10_000 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	f.Second = float64(f.Lookups) / time.Since(begun).Seconds()
	slices.Sort(took)
	f.P50, f.P99, f.Slowest = took[len(took)/2], took[len(took)*99/100], took[len(took)-1]
	return nil
}

func lookupKey(n int64) string  { return fmt.Sprintf("%012d", n*6364136223846793005&0xffffffffff) }
func lookupName(n int64) string { return fmt.Sprintf("Nguyễn Văn %d", n) }
func lookupID(n int64) int64    { return n*2 + 1 }

// loadLookup loads so many records; where stop is closed it gives up.
func loadLookup(ctx context.Context, db *index.DB, records int64, position string, stop <-chan struct{}) error {
	load, err := db.Begin("person", []string{"number"}, []index.Group{{Name: "core", Fields: []string{"name", "residence"}}})
	if err != nil {
		return err
	}
	defer load.Abort()
	type pair struct {
		key string
		id  int64
	}
	keys := make([]pair, records)
	for n := range records {
		keys[n] = pair{lookupKey(n), lookupID(n)}
	}
	slices.SortFunc(keys, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	for _, k := range keys {
		if err := load.Key(0, k.key, k.id); err != nil {
			return err
		}
	}
	for n := range records {
		if n%10_000 == 0 {
			select {
			case <-stop:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			default:
			}
		}
		text := lookupName(n) + "\x1fpopulation.person\x1f2024-01-01\x1f\x1esố " + fmt.Sprint(n) + ", Phường Phúc Xá, Quận Ba Đình, Thành phố Hà Nội\x1fresidence.registration\x1f2021-05-06\x1f\x1e"
		if err := load.Group(lookupID(n), 0, []byte(text)); err != nil {
			return err
		}
	}
	return load.Commit(position)
}

func folderBytes(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		bytes += info.Size()
		return err
	})
	return bytes, err
}
