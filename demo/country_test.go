package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// makeCountry generates a country in a folder of the test's own.
func makeCountry(t *testing.T, people int, seed uint64) (Report, string) {
	t.Helper()
	dir := t.TempDir()
	r, err := Generate(context.Background(), Options{People: people, Seed: seed,
		Dir: filepath.Join(dir, "sources"), Truth: filepath.Join(dir, "truth")})
	if err != nil {
		t.Fatalf("Generate(%d people): %v", people, err)
	}
	return r, dir
}

// sums is the SHA-256 of each file below a folder.
func sums(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	out := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[rel] = sha256.Sum256(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheSameSeedGivesTheSameBytesAndAnotherSeedOthers(t *testing.T) {
	_, first := makeCountry(t, 2500, 7)
	_, second := makeCountry(t, 2500, 7)
	_, third := makeCountry(t, 2500, 8)
	want, got, other := sums(t, first), sums(t, second), sums(t, third)
	if len(want) != 43 { // 20 sources, 22 truths, people
		t.Errorf("got %d files, want 43", len(want))
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s differs between two runs with one seed", name)
		}
		if other[name] == want[name] {
			t.Errorf("%s is the same with another seed", name)
		}
	}
}

// rowsInFile counts data rows as the format's own reader finds them.
func rowsInFile(t *testing.T, root string, d DatasetReport) int64 {
	t.Helper()
	path := filepath.Join(root, "sources", d.File)
	switch d.Format {
	case "csv":
		return int64(len(readCSV(t, path, d)) - 1)
	case "json":
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
		for i, line := range lines {
			if !json.Valid(line) {
				t.Fatalf("line %d of %s is no JSON: %s", i+1, d.File, line)
			}
		}
		return int64(len(lines))
	case "sqlite":
		return countSQLite(t, path, d)
	case "xlsx":
		return int64(len(readXLSX(t, path, d)))
	}
	return int64(len(readParquet(t, path)))
}

func readCSV(t *testing.T, path string, d DatasetReport) [][]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma = map[string]rune{"residence": ',', "civil-status": ';', "tax": '\t', "social-insurance": ',', "health": ';', "driving-licences": ',', "businesses": ';', "education": ',', "criminal-record": ';'}[d.Dataset.Agency()]
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", d.File, err)
	}
	return records
}

func countSQLite(t *testing.T, path string, d DatasetReport) (n int64) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	table := dataset{id: d.Dataset}.physicalName()
	err = sqlitex.ExecuteTransient(conn, "SELECT count(*), max(rowid) FROM "+table, &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
		n = s.ColumnInt64(0)
		if last := s.ColumnInt64(1); last != n {
			t.Errorf("%s: last rowid %d of %d rows; want ordinals to follow rowids", table, last, n)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReportFileAndTruthCountTheSameRows(t *testing.T) {
	r, dir := makeCountry(t, 6000, 3)
	var total int64
	for _, d := range r.Datasets {
		total += d.Rows
		if d.Rows != d.Clean+d.Quarantined {
			t.Errorf("%s: %d rows, %d clean and %d quarantined", d.Dataset, d.Rows, d.Clean, d.Quarantined)
		}
		if n := rowsInFile(t, dir, d); n != d.Rows {
			t.Errorf("%s holds %d rows, reported %d", d.File, n, d.Rows)
		}
		checkTruthCounts(t, dir, d)
	}
	if total != r.Rows {
		t.Errorf("datasets sum to %d rows, reported %d", total, r.Rows)
	}
}

func checkTruthCounts(t *testing.T, dir string, d DatasetReport) {
	t.Helper()
	outcomes, kinds := map[string]int64{}, map[string]int64{}
	for i, row := range readParquet(t, filepath.Join(dir, "truth", string(d.Dataset)+".parquet")) {
		if row["_row"] != int64(i) {
			t.Fatalf("%s: truth row %d says it is row %v", d.Dataset, i, row["_row"])
		}
		outcomes[row["_outcome"].(string)]++
		if kind := row["_kind"].(string); kind != "" {
			kinds[kind]++
		}
	}
	if outcomes[outcomeClean] != d.Clean || outcomes[outcomeQuarantined] != d.Quarantined {
		t.Errorf("%s: truth has %v, reported %d clean, %d quarantined", d.Dataset, outcomes, d.Clean, d.Quarantined)
	}
	for kind, n := range d.Planted {
		if kinds[kind] != n {
			t.Errorf("%s: truth has %d rows of %s, reported %d", d.Dataset, kinds[kind], kind, n)
		}
	}
}

func TestTheMixOfFormatsErrorsAndAddressesIsAsPromised(t *testing.T) {
	r, dir := makeCountry(t, 20_000, 11)
	var tabular, planted int64
	for _, d := range r.Datasets {
		if d.Format == "csv" || d.Format == "sqlite" {
			tabular += d.Rows
		}
		of := int64(0)
		for _, n := range d.Planted {
			of += n
		}
		if of*100 < 3*d.Rows && d.Dataset.Agency() != "administrative-units" { // a reference is kept with more care
			t.Errorf("%s: %d of %d rows are faulty, want at least 3 %%", d.Dataset, of, d.Rows)
		}
		planted += of
	}
	if tabular*2 < r.Rows {
		t.Errorf("%d of %d rows are in CSV and SQLite, want at least half", tabular, r.Rows)
	}
	if share := distinctAddresses(t, dir); share < 0.6 {
		t.Errorf("%.0f %% of addresses are distinct, want at least 60 %%", 100*share)
	}
	t.Logf("%.1f %% of %d rows carry a planted error", 100*float64(planted)/float64(r.Rows), r.Rows)
}

func distinctAddresses(t *testing.T, dir string) float64 {
	t.Helper()
	seen, records := map[string]bool{}, 0
	for _, d := range []string{"residence.registration", "vehicles.registration", "tax.taxpayer"} {
		for _, row := range readParquet(t, filepath.Join(dir, "truth", d+".parquet")) {
			if a, ok := row["address"].(string); ok {
				seen[a] = true
				records++
			}
		}
	}
	return float64(len(seen)) / float64(records)
}

// sometimes are kinds that only some values offer a place for; their rate is of those.
var sometimes = map[string]bool{
	"old-number-short": true, "name-tone-placement": true, "name-decomposed": true, "name-mojibake": true, "name-question-marks": true,
	"date-slashes": true, "date-iso": true, "date-single-digits": true, "date-words": true, "date-dots": true, "date-year-only": true,
	"date-impossible": true, "foreign-key-unknown": true, "pin-province-contradicts": true, "pin-sex-contradicts": true,
	"pin-year-contradicts": true, "province-former-name": true, "province-capitals": true, "text-decomposed": true,
	"province-no-marks": true, "pin-leading-zeros-lost": true, "sex-variant": true, "required-missing": true,
}

func TestErrorsArePlantedAtTheirStatedRates(t *testing.T) {
	r, _ := makeCountry(t, 60_000, 5)
	rows := map[sen.Dataset]DatasetReport{}
	for _, d := range r.Datasets {
		rows[d.Dataset] = d
	}
	for i := range faults {
		f := &faults[i]
		want, got := 0.0, 0.0
		for _, file := range agencyFiles() {
			for _, d := range file.datasets {
				got += float64(rows[d.id].Planted[f.kind])
				for c := range d.columns {
					if strikes(f, &d.columns[c]) && (d.columns[c].required || sometimes[f.kind]) {
						want += float64(f.rate) / drawRange * float64(rows[d.id].Rows)
					}
				}
			}
		}
		if got == 0 || got > want+6*math.Sqrt(want)+0.25*want || !sometimes[f.kind] && got < want-6*math.Sqrt(want) {
			t.Errorf("%s: got %.0f, want about %.0f", f.kind, got, want)
		}
	}
}

func TestFaultsLeaveRoomForRowsWithoutAny(t *testing.T) {
	for _, f := range agencyFiles() {
		for _, d := range f.datasets {
			draws := newDraws(d.columns, f.format == "csv")
			if top := draws[len(draws)-1].upTo; top > drawRange*8/10 {
				t.Errorf("%s: rates add up to %d of %d", d.id, top, drawRange)
			}
		}
	}
}

func TestThePlanIsNearTheCountry(t *testing.T) {
	const people = 40_000
	r, _ := makeCountry(t, people, 21)
	plan := Plan(people)
	near := func(what string, got, want int64, tolerance float64) {
		if math.Abs(float64(got-want)) > tolerance*float64(want) {
			t.Errorf("%s: planned %d, made %d", what, got, want)
		}
	}
	near("rows", plan.Rows, r.Rows, 0.02)
	near("bytes", plan.Bytes, r.Bytes, 0.05)
	for i, d := range plan.Datasets {
		if d.Dataset != r.Datasets[i].Dataset {
			t.Fatalf("plan names %s where the country has %s", d.Dataset, r.Datasets[i].Dataset)
		}
		near(string(d.Dataset), d.Rows, r.Datasets[i].Rows, 0.05)
	}
	if n := PeopleFor(plan.Rows); math.Abs(float64(n-people)) > people/100 {
		t.Errorf("PeopleFor(%d) = %d, want about %d", plan.Rows, n, people)
	}
}

func TestProgressGrowsAndEndsAtTheTotal(t *testing.T) {
	var last, total int64
	o := Options{People: 8000, Seed: 1, Dir: t.TempDir(), Progress: func(done, all int64) {
		if done < last || all < done {
			t.Errorf("progress went from %d to %d of %d", last, done, all)
		}
		last, total = done, all
	}}
	r, err := Generate(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if last != r.Rows || total != r.Rows {
		t.Errorf("progress ended at %d of %d, want %d", last, total, r.Rows)
	}
}

func TestACountryOfImpossibleSizeIsRefused(t *testing.T) {
	for _, people := range []int{0, -1, MaxPeople + 1} {
		_, err := Generate(context.Background(), Options{People: people, Dir: t.TempDir()})
		if sen.KindOf(err) != sen.Invalid || sen.HintOf(err) == "" {
			t.Errorf("Generate(%d people) = %v, want an invalid request with a hint", people, err)
		}
	}
}

func TestACancelledCountryLeavesNoFile(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	o := Options{People: 400_000, Seed: 1, Dir: filepath.Join(dir, "sources"), Truth: filepath.Join(dir, "truth"),
		Progress: func(done, _ int64) {
			if done > 50_000 {
				cancel()
			}
		}}
	_, err := Generate(ctx, o)
	if sen.KindOf(err) != sen.Canceled || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a cancelled run", err)
	}
	for name := range sums(t, dir) {
		t.Errorf("%s was left", name)
	}
}

func TestWhatAKilledRunLeftIsReplaced(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "vehicles", "vehicles.sqlite"+partial)
	if err := errors.Join(os.MkdirAll(filepath.Dir(left), 0o755), os.WriteFile(left, []byte("half a database"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(context.Background(), Options{People: 500, Seed: 1, Dir: dir}); err != nil {
		t.Fatalf("a file left by a killed run stopped the next: %v", err)
	}
	for name := range sums(t, dir) {
		if strings.HasSuffix(name, partial) {
			t.Errorf("%s was left", name)
		}
	}
}

func TestAFolderThatCannotBeWrittenIsAnUnavailableDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Generate(context.Background(), Options{People: 500, Seed: 1, Dir: file})
	if sen.KindOf(err) != sen.Unavailable {
		t.Errorf("got %v, want kind unavailable", err)
	}
}

// full is a disk without space, where the system has one to lend.
const full = "/dev/full"

func TestAFullDiskIsReportedByEveryFormat(t *testing.T) {
	if _, err := os.Stat(full); err != nil {
		t.Skipf("this system has no %s", full)
	}
	for _, f := range agencyFiles() {
		if f.format == "sqlite" { // makes its file itself and refuses a device
			continue
		}
		out, err := f.open(&staged{temp: full}, f.datasets)
		if err != nil {
			t.Fatalf("%s: open: %v", f.path, err)
		}
		l := newLand(1)
		tab := newTable(f.datasets[0], f, l, &tally{})
		tab.out = out
		j := &job{land: l, out: out, tables: []*table{tab}}
		ctx, cancel := context.WithCancel(context.Background())
		batches := make(chan *batch, batchesInFlight)
		go func() { _ = makeFamilies(ctx, l, 20_000, []chan *batch{batches}) }() // ends with the context
		if err := j.run(ctx, batches); sen.KindOf(err) != sen.Unavailable {
			t.Errorf("%s: got %v, want kind unavailable", f.path, err)
		}
		cancel()
	}
}

func TestNoDateIsLaterThanTheReferenceDate(t *testing.T) {
	if got := today.in(iso); got != ReferenceDate {
		t.Fatalf("today is %s, the reference date %s", got, ReferenceDate)
	}
	r, dir := makeCountry(t, 3000, 19)
	for _, d := range r.Datasets {
		_, columns := columnsOf(d)
		for i, row := range readParquet(t, filepath.Join(dir, "truth", string(d.Dataset)+".parquet")) {
			for _, c := range columns {
				if v, ok := row[c.name].(string); ok && d.Dataset.Agency() != "administrative-units" && (c.holds == date || c.holds == dateOrYear || c.holds == typedDay) && v > ReferenceDate {
					t.Fatalf("%s row %d: %s is %s", d.Dataset, i, c.name, v)
				}
			}
		}
	}
}
