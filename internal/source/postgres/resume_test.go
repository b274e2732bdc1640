package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
)

const registerSQL = `
CREATE TYPE mood AS ENUM ('vui', 'buồn');
CREATE TABLE register (id int, v text, m mood) PARTITION BY RANGE (id);
CREATE TABLE register_1 PARTITION OF register FOR VALUES FROM (0) TO (6000);
CREATE TABLE register_2 PARTITION OF register FOR VALUES FROM (6000) TO (1000000);
CREATE TABLE other (a int);
INSERT INTO register SELECT g, repeat('x', 100), 'vui' FROM generate_series(1, 12000) g;`

// interrupted reads until some rows have been taken and answers the mark, as a
// killed hub finds it again.
func interrupted(t *testing.T, r source.Reader, rows int64) (taken, source.Mark) {
	t.Helper()
	stop := errors.New("killed")
	got, err := readAll(t, r, source.Mark{}, func(g *source.Range) error {
		if g.Mark.Row >= rows {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	return got, reopen(t, got.ranges[len(got.ranges)-1].Mark)
}

func TestAReadingGoesOnFromEveryMark(t *testing.T) {
	s, db := database(t, registerSQL)
	r, err := connect(t, at(s, db)).Open(t.Context(), "register", small)
	if err != nil {
		t.Fatal(err)
	}
	all := read(t, r, source.Mark{})
	if len(all.ranges) < 10 {
		t.Fatalf("%d ranges", len(all.ranges))
	}
	for i, g := range all.ranges {
		rest := read(t, r, reopen(t, g.Mark))
		if len(rest.ranges) != len(all.ranges)-i-1 {
			t.Errorf("%d ranges after range %d", len(rest.ranges), i)
		}
		same(t, all.columns, rest.rows, all.rows[g.Mark.Row:])
		if rest.position.Rows != all.position.Rows {
			t.Errorf("after range %d: %d rows in all", i, rest.position.Rows)
		}
	}
}

// TestAReadingGoesOnOnlyOverWhatIsShownToBeTheSame changes the source between
// a kill and the next start, when 8,000 of 12,000 rows have been read.
func TestAReadingGoesOnOnlyOverWhatIsShownToBeTheSame(t *testing.T) {
	for _, c := range []struct {
		name, change string
		drift        string // part of the reason; empty where it goes on
	}{
		{"nothing", "", ""},
		{"another table is written", "INSERT INTO other SELECT generate_series(1, 1000)", ""},
		{"rows are appended", "INSERT INTO register SELECT g, 'y', 'vui' FROM generate_series(12001, 12500) g", ""},
		{"unread rows are changed", "UPDATE register SET v = 'y' WHERE id > 11000", ""},
		{"unread rows are deleted", "DELETE FROM register WHERE id > 11000", ""},
		{"it is vacuumed and analysed", "VACUUM ANALYZE register", ""},
		{"a row that was read is changed", "UPDATE register SET v = 'y' WHERE id = 17", "written"},
		{"and another put in its place", "DELETE FROM register WHERE id = 17; INSERT INTO register VALUES (5999, 'z', 'vui')", "written"},
		{"a row that was read is deleted", "DELETE FROM register WHERE id = 17", "are there"},
		{"it is deleted in a savepoint and one inserted", "BEGIN; SAVEPOINT a; DELETE FROM register WHERE id = 17; INSERT INTO register VALUES (17, 'z', 'vui'); RELEASE a; COMMIT", "written"},
		{"a partition is emptied", "TRUNCATE register_1", "files"},
		{"a partition is rewritten", "VACUUM FULL register_1", "files"},
		{"a partition comes", "CREATE TABLE register_3 PARTITION OF register FOR VALUES FROM (1000000) TO (2000000)", "partitions"},
		{"a label is renamed", "ALTER TYPE mood RENAME VALUE 'vui' TO 'VUI'", "columns"},
		{"a column comes", "ALTER TABLE register ADD COLUMN n int DEFAULT 5", "columns"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			s, db := database(t, registerSQL)
			d := connect(t, at(s, db))
			r, err := d.Open(t.Context(), "register", small)
			if err != nil {
				t.Fatal(err)
			}
			before, mark := interrupted(t, r, 8000)
			if c.change != "" {
				s.MustExec(t, db, c.change)
			}
			if r, err = d.Open(t.Context(), "register", small); err != nil {
				t.Fatal(err)
			}
			rest, err := readAll(t, r, mark, nil)
			if c.drift != "" {
				if sen.KindOf(err) != sen.Drift || !strings.Contains(err.Error(), c.drift) {
					t.Errorf("error %v, want drift with %q", err, c.drift)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, want := sorted(append(before.rows, rest.rows...)), sorted(serverTexts(t, s, db, "SELECT * FROM register"))
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%d rows, the server has %d, or others", len(got), len(want))
			}
		})
	}
}

// TestATransactionThatWasOpenAtTheSnapshotIsNotOverlooked has one whose rows
// stand where the reading has been, and that commits after the kill.
func TestATransactionThatWasOpenAtTheSnapshotIsNotOverlooked(t *testing.T) {
	for _, inner := range []string{"", "SAVEPOINT a;"} {
		s, db := database(t, registerSQL)
		s.MustExec(t, db, "DELETE FROM register WHERE id % 2 = 0")
		s.MustExec(t, db, "VACUUM register_1")
		open, err := s.Connect(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		defer open.Close(t.Context())
		// One row goes and one comes: the count alone would not show it.
		if _, err := open.Exec(t.Context(), "BEGIN; SELECT txid_current(); "+inner+" DELETE FROM register WHERE id = 1; INSERT INTO register VALUES (2, 'z', 'vui')").ReadAll(); err != nil {
			t.Fatal(err)
		}
		server := at(s, db)
		server.Budget.Statement = time.Second // a slot would wait for the transaction
		r, err := connect(t, server).Open(t.Context(), "register", small)
		if err != nil {
			t.Fatal(err)
		}
		_, mark := interrupted(t, r, 4000)
		if _, err := open.Exec(t.Context(), "COMMIT").ReadAll(); err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(t, r, mark, nil); sen.KindOf(err) != sen.Drift {
			t.Errorf("with %q: error %v, want drift", inner, err)
		}
	}
}

func TestAViewIsReadInOnePieceAndStartsAgain(t *testing.T) {
	s, db := database(t, registerSQL+"CREATE VIEW seen AS SELECT * FROM register")
	r, err := connect(t, at(s, db)).Open(t.Context(), "seen", small)
	if err != nil {
		t.Fatal(err)
	}
	_, mark := interrupted(t, r, 4000)
	if _, err := readAll(t, r, mark, nil); sen.KindOf(err) != sen.Drift || !strings.Contains(fmt.Sprint(err), "one piece") {
		t.Errorf("error %v", err)
	}
}
