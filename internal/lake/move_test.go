package lake_test

import (
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/object"
)

// moveTo brings a lake to another address, as a restore does.
func (b *bench) moveTo(other *bench) {
	b.Helper()
	inventory := b.inventory()
	mover := lake.Mover{From: b.lake.Root(), To: other.lake.Root()}
	for _, role := range lake.Roles {
		for name, is := range inventory.Files {
			if is != role {
				continue
			}
			text, err := object.ReadAll(b.Context(), b.lake.Place(), name)
			if err == nil && role != lake.RoleData {
				text, err = mover.Rewrite(b.Context(), role, name, text)
			}
			if err == nil {
				_, err = other.lake.Place().Write(b.Context(), name, func(w io.Writer) error { _, err := w.Write(text); return err })
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	for range 2 { // the second time nothing is left to do
		if err := other.lake.Adopt(b.Context(), inventory.Tables); err != nil {
			b.Fatal(err)
		}
	}
}

func (b *bench) inventory() lake.Inventory {
	b.Helper()
	at, err := b.lake.Moment(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	out, err := b.lake.Inventory(b.Context(), at)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// empty takes every file away, so that nobody reads where they were.
func (b *bench) empty() {
	b.Helper()
	var names []string
	if err := b.lake.Place().List(b.Context(), "", func(i object.Info) error { names = append(names, i.Name); return nil }); err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		if err := b.lake.Place().Remove(b.Context(), name); err != nil {
			b.Fatal(err)
		}
	}
}

// full is a table with deleted rows in several files and snapshots.
func (b *bench) full() *lake.Table {
	b.Helper()
	tbl := b.table(everyType()...)
	b.add(tbl, fmt.Sprintf(everyValue, 0, 500), fmt.Sprintf(everyValue, 500, 1000))
	b.commit(tbl, lake.Change{Delete: b.positions(tbl, "id % 10 = 3")})
	b.commit(tbl, lake.Change{Delete: b.positions(tbl, "id IN (4, 600)"), Add: []lake.File{b.write(tbl, fmt.Sprintf(everyValue, 2000, 2001))}})
	b.commit(tbl, lake.Change{Replace: true, Add: []lake.File{b.write(tbl, fmt.Sprintf(everyValue, 5, 9))}})
	return tbl
}

func TestALakeIsBroughtToAnotherAddressWithAllItsSnapshots(t *testing.T) {
	atServers(t)
	local := func(t *testing.T) *bench {
		return open(t, lake.Options{Dir: filepath.Join(t.TempDir(), "Dữ liệu")}, engine.Options{Threads: 1})
	}
	bucket := func(name string) func(t *testing.T) *bench {
		return func(t *testing.T) *bench { return openRemote(t, remote.Options(t, name)) }
	}
	for name, pair := range map[string][2]func(*testing.T) *bench{
		"folder to folder": {local, local},
		"folder to S3":     {local, bucket("one")},
		"S3 to folder":     {bucket("two"), local},
		"S3 to S3":         {bucket("three"), bucket("four")},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := pair[0](t), pair[1](t)
			tbl := from.full()
			from.moveTo(to)
			again, err := to.lake.Lookup(t.Context(), lake.Clean, birth)
			if err != nil {
				t.Fatal(err)
			}
			var ids []int64
			var wants []string
			for _, s := range tbl.Snapshots() {
				ids = append(ids, s.ID)
				wants = append(wants, from.rows(from.scan(tbl, lake.AsOf{Snapshot: s.ID}).SQL()))
			}
			from.empty()
			for i, s := range tbl.Snapshots() {
				if got := to.rows(to.scan(again, lake.AsOf{Snapshot: s.ID}).SQL()); got != wants[i] {
					t.Errorf("snapshot %d: got other rows", i)
				}
				if after := again.Snapshots()[i]; after.ID != s.ID || after.Sequence != s.Sequence || !after.At.Equal(s.At) || after.Rows != s.Rows {
					t.Errorf("got %+v, want %+v", after, s)
				}
			}
			to.outside(again, append(ids, 0)...)
			to.commit(again, lake.Change{Delete: to.positions(again, "id = 6")})
			to.outside(again, 0)
		})
	}
}

func TestALakeWithTablesTakesInNoOthers(t *testing.T) {
	from, to := newBench(t), newBench(t)
	from.add(from.table(ab()...), "SELECT 1::BIGINT AS a, 'x' AS b")
	to.add(to.table(ab()...), "SELECT 2::BIGINT AS a, 'y' AS b")
	inventory := from.inventory()
	if err := to.lake.Adopt(t.Context(), inventory.Tables); sen.KindOf(err) != sen.Exists {
		t.Errorf("got %v, want kind exists", err)
	}
}
