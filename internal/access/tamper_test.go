package access

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
)

// tamperer opens the journal behind the door's back.
func tamperer(t *testing.T, h hub) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.folder, "state.db")+"?_pragma=synchronous(0)&_pragma=busy_timeout(5000)")
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func exec1(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	result, err := db.Exec(query, args...)
	must(t, err)
	if n, _ := result.RowsAffected(); n == 0 {
		t.Fatalf("%s changed nothing", query)
	}
}

func TestOneAlteredByteAnywhereInTheJournalIsFound(t *testing.T) {
	h := newHub(t)
	must(t, readOnce(h.Door, person(1)))
	h.verify(t)
	db := tamperer(t, h)
	tables := map[string][]string{
		"entry":         {"at", "kind", "request", "principal", "body", "previous", "hash", "key_id", "signature"},
		"entry_subject": {"subject"},
	}
	tried := 0
	for table, columns := range tables {
		for _, column := range columns {
			tried += alterEach(t, h, db, table, column)
		}
	}
	h.verify(t)
	if tried < 500 {
		t.Errorf("only %d bytes were altered: the test looks in the wrong place", tried)
	}
}

// alterEach changes every third byte of a column of the middle entry, one at a
// time, looks whether Verify finds it, and puts it back.
func alterEach(t *testing.T, h hub, db *sql.DB, table, column string) (tried int) {
	t.Helper()
	var before string
	must(t, db.QueryRow("SELECT "+column+" FROM "+table+" WHERE sequence = 2").Scan(&before))
	update := "UPDATE " + table + " SET " + column + " = ? WHERE sequence = 2"
	for i := 0; i < len(before); i += 3 {
		for _, flip := range []byte{1, 0x20} { // another character; another case
			altered := []byte(before)
			altered[i] ^= flip
			exec1(t, db, update, string(altered))
			_, err := h.Verify(t.Context())
			wantKind(t, fmt.Sprintf("%s.%s with byte %d altered", table, column, i), err, sen.Corrupt)
			tried++
		}
	}
	exec1(t, db, update, before)
	return tried
}

func TestVerifyNamesTheFirstEntryThatIsBroken(t *testing.T) {
	cases := []struct{ name, change, where string }{
		{"an entry taken out", "DELETE FROM entry WHERE sequence = 3", "entry 3"},
		{"the first entry taken out", "DELETE FROM entry WHERE sequence = 1", "entry 1"},
		{"two entries exchanged", "UPDATE entry SET sequence = CASE sequence WHEN 2 THEN -3 ELSE -2 END WHERE sequence IN (2, 3); UPDATE entry SET sequence = -sequence WHERE sequence < 0", "entry 2"},
		{"a purpose rewritten", `UPDATE entry SET body = replace(body, 'quality-control', 'quality-contral') WHERE sequence = 4`, "entry 4"},
		{"a subject taken out of the index", "DELETE FROM entry_subject WHERE sequence = 2", "entry 2"},
		{"a subject put into the index", "INSERT INTO entry_subject VALUES ('00', 1)", "entry 1"},
		{"an index that speaks of no entry", "INSERT INTO entry_subject VALUES ('00', 70)", "entry 7"},
		{"a signature by no key of the hub", "UPDATE entry SET key_id = '0123456789abcdef' WHERE sequence = 6", "entry 6"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t)
			must(t, readOnce(h.Door, person(1)))
			must(t, readOnce(h.Door, person(2)))
			exec1(t, tamperer(t, h), c.change)
			_, err := h.Verify(t.Context())
			wantKind(t, "Verify", err, sen.Corrupt)
			if err != nil && !strings.HasPrefix(err.Error(), c.where+":") {
				t.Errorf("got %q, want it to name %s", err, c.where)
			}
		})
	}
}

func TestAChainWrittenAnewWithoutTheKeyIsFound(t *testing.T) {
	h, stranger := newHub(t), newHub(t)
	must(t, readOnce(h.Door, person(1)))
	exec1(t, tamperer(t, h), "DELETE FROM entry_subject; DELETE FROM entry")
	forged := New(h.state, stranger.keys, Options{}) // somebody with the file, and other keys
	must(t, readOnce(forged, person(2)))
	_, err := h.Verify(t.Context())
	wantKind(t, "Verify", err, sen.Corrupt)
}

func TestTheJournalVerifiesOverARotationOfKeys(t *testing.T) {
	h := newHub(t)
	must(t, readOnce(h.Door, person(1)))
	_, err := h.keys.Rotate()
	must(t, err)
	must(t, readOnce(h.Door, person(1)))
	same(t, "entries", h.verify(t).Entries, int64(6))
	one := person(1)
	same(t, "entries about one, over the rotation", len(h.entries(t, Filter{Subject: &one})), 2)
}

const childPart = "SEN_ACCESS_CHILD"

// TestMain lets this test program be a second process, that reads or waits.
func TestMain(m *testing.M) {
	part := os.Getenv(childPart)
	if part == "" {
		os.Exit(m.Run())
	}
	if err := childReads(os.Args[len(os.Args)-1], part == "hang"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func childReads(folder string, hang bool) error {
	h, err := openHub(folder)
	if err != nil {
		return err
	}
	if hang {
		if _, err := h.Open(context.Background(), request()); err != nil {
			return err
		}
		fmt.Println("open")
		time.Sleep(time.Minute) // the parent kills us before
	}
	for n := range 20 {
		if err := readOnce(h.Door, person(n)); err != nil {
			return err
		}
	}
	fmt.Println("done")
	return nil
}

func child(t *testing.T, part, folder string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	c := exec.Command(os.Args[0], folder)
	c.Env = append(os.Environ(), childPart+"="+part)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	return c, bufio.NewReader(out)
}

func TestAReaderKilledAfterTheDoorOpenedLeavesItsEntry(t *testing.T) {
	h := newHub(t)
	c, out := child(t, "hang", h.folder)
	_, err := out.ReadString('\n')
	must(t, err)
	must(t, c.Process.Kill())
	c.Wait()
	must(t, readOnce(h.Door, person(1)))
	report := h.verify(t)
	same(t, "kinds", kinds(h.entries(t, Filter{})), []Kind{Asked, Asked, Saw, Outcome})
	same(t, "open requests", len(report.Open), 1)
}

func TestTwoProcessesKeepOneChain(t *testing.T) {
	h := newHub(t)
	_, out := child(t, "read", h.folder)
	for n := range 20 {
		must(t, readOnce(h.Door, person(n)))
	}
	_, err := out.ReadString('\n')
	must(t, err)
	same(t, "entries", h.verify(t).Entries, int64(2*20*3))
}

func BenchmarkAReadThroughTheDoor(b *testing.B) {
	h, err := openHub(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer h.state.Close()
	for b.Loop() {
		if err := readOnce(h.Door, person(1)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAThousandSubjects(b *testing.B) {
	h, err := openHub(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer h.state.Close()
	reading, err := h.Open(context.Background(), request())
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		for range chunk {
			n++
			if err := reading.Saw(person(n)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
