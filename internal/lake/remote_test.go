package lake_test

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/lake/laketest"
	"github.com/sen-hub/sen/internal/object/s3test"
)

// suite is what every address of a lake promises. Each runs by itself on a
// local folder, and here on S3 with the catalogue in PostgreSQL.
var suite = []func(*testing.T){
	TestAnEmptyTableHasItsColumnsAndNoRows, TestOneCommitAddsAndDeletesAtOnce, TestReplaceKeepsWhatWasBeforeReadable,
	TestEverySnapshotStaysWhatItWas, TestARunMayReplaceATableAndDropItsOwnRepeats,
	TestAFileMayBeCommittedAgain, TestRowsChosenFromAnOvertakenSnapshotAreNotDeleted,
	TestRetainTakesOnlyWhatNothingNames, TestDiscardTakesTheRunsOwnFilesButThoseThatAreKept, TestOldMetadataIsSwept,
	TestRetainKeepsWhatWasCurrentThen,
	TestPyicebergSeesAnEvolvedSchema, TestPyicebergFindsTheColumnsOfASourceFileByName, TestPyicebergReadsTheTypesOfOtherWriters,
	TestPyicebergReadsUnusualColumnNames, TestPyicebergSkipsNoFileThatItNeeds,
}

func TestTheSuiteOnS3WithTheCatalogueInPostgreSQL(t *testing.T) {
	remote = laketest.Start(t)
	defer func() { remote = nil }()
	for _, test := range suite {
		name := runtime.FuncForPC(reflect.ValueOf(test).Pointer()).Name()
		t.Run(name[strings.LastIndex(name, ".Test")+5:], test)
	}
}

// atServers runs a test with servers of its own.
func atServers(t *testing.T) {
	remote = laketest.Start(t)
	t.Cleanup(func() { remote = nil })
}

func TestTwoHubsOnOneAddressSeeEachOtherAndLoseNoRace(t *testing.T) {
	atServers(t)
	first := openRemote(t, remote.Options(t, "shared"))
	o := first.options
	o.Dir = t.TempDir()
	second := openRemote(t, o)
	one, other := first.table(ab()...), second.table(ab()...)
	first.add(one, "SELECT 0::BIGINT AS a, 'first' AS b")
	second.want(other, lake.AsOf{}, "(0, first)")

	const commits = 8
	var group sync.WaitGroup
	for i, b := range []*bench{first, second} {
		tbl := []*lake.Table{one, other}[i]
		group.Go(func() {
			for n := range commits {
				b.add(tbl, fmt.Sprintf("SELECT %d::BIGINT AS a, 'x' AS b", 100*(i+1)+n))
			}
		})
	}
	group.Wait()
	for _, b := range []*bench{first, second} {
		tbl := b.table(ab()...)
		if got := b.count("FROM " + b.scan(tbl, lake.AsOf{}).SQL()); got != 2*commits+1 {
			t.Errorf("got %d rows, want %d", got, 2*commits+1)
		}
		if got := len(tbl.Snapshots()); got != 2*commits+1 {
			t.Errorf("got %d snapshots, want %d", got, 2*commits+1)
		}
	}
	first.outside(one, 0)
}

func TestAServerThatRestartsInMidCommitLosesNothing(t *testing.T) {
	for name, restart := range map[string]func(){
		"S3":         func() { remote.S3.Kill(); time.Sleep(300 * time.Millisecond); remote.S3.Restart() },
		"PostgreSQL": func() { remote.Postgres.Kill(); remote.Postgres.Restart() },
	} {
		for _, point := range []string{lake.PointFiles, lake.PointMetadata} {
			t.Run(name+" at "+point, func(t *testing.T) {
				atServers(t)
				o := remote.Options(t, "lake")
				var armed atomic.Bool
				o.Hook = func(at string) {
					if at == point && armed.Swap(false) {
						restart()
					}
				}
				b := openRemote(t, o)
				tbl := b.table(ab()...)
				b.add(tbl, "SELECT 1::BIGINT AS a, 'x' AS b")
				armed.Store(true)
				b.add(tbl, "SELECT 2::BIGINT AS a, 'y' AS b")
				b.want(tbl, lake.AsOf{}, "(1, x) (2, y)")
				if got := len(tbl.Snapshots()); got != 2 {
					t.Errorf("got %d snapshots, want 2", got)
				}
			})
		}
	}
}

func TestAnUploadThatNeverEndedLeavesNoTraceInTheTable(t *testing.T) {
	atServers(t)
	o := remote.Options(t, "lake")
	o.Bucket.Patience, o.Catalogue.Patience = time.Second, time.Second
	b := openRemote(t, o)
	tbl := b.table(ab()...)
	b.add(tbl, "SELECT 1::BIGINT AS a, 'x' AS b")
	lost := b.write(tbl, "SELECT 2::BIGINT AS a, 'y' AS b")
	remote.S3.Kill()
	_, err := tbl.Commit(t.Context(), lake.Change{Add: []lake.File{lost}})
	if sen.KindOf(err) != sen.Unavailable || sen.HintOf(err) == "" {
		t.Fatalf("got %v, want unavailable", err)
	}
	remote.S3.Restart()
	b.want(tbl, lake.AsOf{}, "(1, x)")
	if freed := b.retain(tbl, lake.Retention{}); freed.Files != 1 {
		t.Errorf("swept %+v; want the draft", freed)
	}
}

func TestAnAddressNeedsARegionAPasswordOfItsOwnAndItsOwnCatalogue(t *testing.T) {
	atServers(t)
	b := openRemote(t, remote.Options(t, "lake"))
	elsewhere := b.options
	bucket := *elsewhere.Bucket
	bucket.Address += "-2"
	elsewhere.Bucket = &bucket
	if _, err := lake.Open(t.Context(), elsewhere); sen.KindOf(err) != sen.Unavailable || !strings.Contains(err.Error(), "was made in s3://hub/lake,") {
		t.Errorf("another lake's catalogue: got %v", err)
	}
	nowhere := b.options
	bucket.Region = ""
	nowhere.Bucket = &bucket
	if _, err := lake.Open(t.Context(), nowhere); sen.KindOf(err) != sen.Invalid {
		t.Errorf("no region: got %v", err)
	}
	wrong := b.options
	wrong.Catalogue = remote.Postgres.Open("lake")
	wrong.Catalogue.Password = "another"
	_, err := lake.Open(t.Context(), wrong)
	if sen.KindOf(err) != sen.Denied || strings.Contains(err.Error(), "another") {
		t.Errorf("a wrong password: got %v", err)
	}
	wrong.Catalogue = &lake.Postgres{URL: strings.Replace(remote.Postgres.Open("lake").URL, "sen@", "sen:"+laketest.Password+"@", 1)}
	_, err = lake.Open(t.Context(), wrong)
	if sen.KindOf(err) != sen.Invalid || strings.Contains(err.Error(), laketest.Password) {
		t.Errorf("a password in the address: got %v", err)
	}
	wrong.Catalogue = remote.Postgres.Open("no-such-database")
	if _, err = lake.Open(t.Context(), wrong); sen.KindOf(err) != sen.NotFound {
		t.Errorf("no database: got %v", err)
	}
}

func TestTheEngineNamesNoSecret(t *testing.T) {
	atServers(t)
	b := openRemote(t, remote.Options(t, "lake"))
	var shown string
	if err := b.sql.Row(t.Context(), "SELECT string_agg(duckdb_secrets::VARCHAR, ' ') FROM duckdb_secrets()", &shown); err != nil {
		t.Fatal(err)
	}
	if shown == "" || strings.Contains(shown, s3test.Secret) {
		t.Errorf("the engine shows %s", shown)
	}
}

func TestAConfinedEngineReadsOnlyTheLakeOnS3(t *testing.T) {
	atServers(t)
	mine, other := openRemote(t, remote.Options(t, "lake")), openRemote(t, remote.Options(t, "lake-2"))
	var paths []string
	for _, b := range []*bench{mine, other} {
		tbl := b.table(ab()...)
		b.add(tbl, "SELECT 1::BIGINT AS a, 'x' AS b")
		paths = append(paths, b.scan(tbl, lake.AsOf{}).Files[0].Path)
	}
	at := remote.Remote(t)
	at.Scope = mine.lake.Root()
	e, err := engine.Open(t.Context(), engine.Options{Remote: at, Only: []string{mine.lake.Root()}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for statement, want := range map[string]bool{
		"SELECT * FROM read_parquet('" + paths[0] + "')": true,
		"SELECT * FROM read_parquet('" + paths[1] + "')": false,
		"SELECT * FROM read_text('/etc/hostname')":       false,
		"COPY (SELECT 1) TO '/tmp/sen-escaped.csv'":      false,
		"CREATE SECRET mine (TYPE s3, KEY_ID 'x')":       true, // it opens nothing that the folders above do not
		"SET enable_external_access = true":              false,
	} {
		if err := c.Exec(t.Context(), statement); (err == nil) != want {
			t.Errorf("%s: got %v", statement, err)
		}
	}
}
